/* The command line: one table of options drives parsing, --help and the test that the manual names each of them. */
#pragma once
#include "base/err.h"
#include "base/view.h"

enum option_kind {
    OPTION_END = 0, /* ends a table */
    OPTION_FLAG,    /* bool: true when given */
    OPTION_TEXT,    /* const char *: the last one counts */
    OPTION_LIST,    /* struct texts: every one counts */
    OPTION_COUNT,   /* uint64_t */
    OPTION_SIZE,    /* uint64_t bytes; 64M and 1G are understood */
    OPTION_SECONDS, /* double; 90, 1.5, 10m, 1h are understood */
    OPTION_NUMBER,  /* double */
    OPTION_PORTS,   /* struct ports: 5060,5080-5090 */
    OPTION_FIXED,   /* const char *: set to `value` when given, takes no argument (--json) */
};

struct option {
    const char *name; /* long name without dashes */
    char letter;      /* short name or 0 */
    char letter2;     /* another short name or 0 */
    unsigned char kind;
    size_t offset;    /* of the variable in the group's struct */
    const char *arg;  /* what --help calls the argument; NULL without */
    const char *help;
    const char *value; /* OPTION_FIXED */
};

struct texts {
    const char **v;
    size_t n, cap;
};

struct ports {
    uint16_t *v;
    size_t n;
};

/* A table and the struct its offsets point into. */
struct option_group {
    const char *title; /* heading in --help */
    const struct option *option;
    void *into;
};

/* Adds a borrowed text. False when there is no memory. */
bool texts_add(struct texts *t, const char *s);
void texts_release(struct texts *t);

/* Reads argv[0..argc) into the groups (ends with a group whose option is NULL); what is no option goes to `rest`, in
 * order; everything behind "--" too. Long options as --name value or --name=value and by any unambiguous beginning, short
 * ones in clusters (-qr FILE). False and e (EXIT_USAGE) naming what is wrong and the nearest option. */
bool options_parse(const struct option_group *group, int argc, char **argv, struct texts *rest, struct err *e);

/* Gives back what the parser took for lists. */
void options_release(const struct option_group *group);

/* Bytes from "65536", "64K", "64M", "1G", "1.5GiB". False for anything else. */
bool option_size(const char *text, uint64_t *out);

/* Seconds from "90", "1.5s", "10m", "2h". False for anything else. */
bool option_seconds(const char *text, double *out);

/* How far two words are apart: letters added, taken away, changed or swapped. Words above 31 letters are never near. */
unsigned word_distance(const char *a, const char *b);
