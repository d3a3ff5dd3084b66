/* What a subcommand is: a row of the table in commands.c, and what the command line gave it. */
#pragma once
#include "cmd/options.h"

/* Options of every command. */
struct general {
    bool help, no_color;
};

/* Options of every command that reads traffic. */
struct traffic {
    struct texts file; /* -r, then the positional ones */
    const char *interfaces, *bpf;
    double duration_s;
    struct ports port;
    uint64_t jobs, memory;
    bool quiet;
};

/* Options of every command that lists records. */
struct listing {
    const char *where, *format, *columns, *output;
};

struct command;

struct invocation {
    const struct command *command;
    struct general general;
    struct traffic traffic;
    struct listing listing;
    void *own;         /* command->own_size zeroed bytes that the command's own options point into */
    struct texts rest; /* what is no option (files are in traffic.file already when the command takes traffic) */
    struct option_group group[5];
};

enum command_takes {
    TAKES_TRAFFIC = 1, /* options of struct traffic; positional arguments are files */
    TAKES_LISTING = 2, /* options of struct listing */
    LAST_IS_OWN = 4,   /* the last positional argument is no file but stays in rest */
    IN_MANUAL_1 = 8,   /* has a manual page of its own */
};

struct command {
    const char *name, *line; /* one line, no full stop */
    const char *usage;       /* what follows the name */
    unsigned takes;
    const struct option *own;
    size_t own_size;
    int (*run)(struct invocation *v); /* answers the exit code; has told what is wrong */
    const char *examples;             /* lines for --help */
};

/* All commands; ends with a row whose name is NULL. */
extern const struct command commands[];

extern const struct option general_options[], traffic_options[], listing_options[];

/* The command of this name, or NULL. */
const struct command *command_find(const char *name);

/* The command whose name is nearest to a mistyped one, or NULL when none is near. */
const struct command *command_nearest(const char *name);

/* Parses the words behind the command's name into v, which invocation_release gives back. False and e (EXIT_USAGE). */
bool invocation_parse(struct invocation *v, const struct command *c, int argc, char **argv, struct err *e);
void invocation_release(struct invocation *v);

/* "siptap: text" or "siptap COMMAND: text" on stderr; answers e->code. */
int complain(const struct command *c, const struct err *e);

/* Complains about an expression or a query and shows the place under it when at is not negative. */
int complain_at(const struct command *c, const struct err *e, const char *text, int at);

/* --help of the program and of a command, on stdout. */
void help_print(void);
void help_print_command(const struct command *c);

/* Names of the commands' functions. */
int command_list(struct invocation *v); /* messages, calls, registrations, streams, users, servers */
int command_report(struct invocation *v);
int command_show(struct invocation *v);
int command_ladder(struct invocation *v);
int command_query(struct invocation *v);
int command_extract(struct invocation *v);
int command_synth(struct invocation *v);
int command_help(struct invocation *v);

extern const struct option report_options[], show_options[], ladder_options[], query_options[], extract_options[], synth_options[],
    help_options[];
