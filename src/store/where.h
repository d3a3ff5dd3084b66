/* Conditions typed by a person: an SQL expression over one row of values, judged by the embedded SQLite. */
#pragma once
#include "base/err.h"
#include "record/cell.h"

struct where;

/* A function of one text argument that expressions may call: answers a number. */
struct where_function {
    const char *name;
    double (*call)(void *ctx, struct view arg);
};

struct where_table {
    const char *what;        /* what the names belong to, for messages: "calls" */
    const char *const *name; /* of the values; n */
    size_t n;
    struct cell (*value)(void *ctx, size_t i); /* value i of the row that is being judged */
    const struct where_function *function;     /* NULL for none */
    void *ctx;
};

/* Where in the expression something is wrong: bytes from its beginning, -1 when it is not known. */
struct where_place {
    int at;
};

/* Prepares expr. Times compare as the text they are printed as (RFC 3339), addresses as text, booleans as 1 and 0, lists
 * as JSON text. Only the row can be read: no tables, no files. NULL and e (EXIT_USAGE) with SQLite's words and the nearest
 * name; *place may be NULL. The table is copied, the strings in it are borrowed. */
struct where *where_new(const struct where_table *t, const char *expr, struct where_place *place, struct err *e);

/* The same over the fields of a record. */
struct where *where_new_record(const struct record_type *type, const char *expr, struct where_place *place, struct err *e);

/* Digits of the second in times; 6 when never called. */
void where_set_ts_digits(struct where *w, unsigned digits);

/* True when the expression holds for the row; false too when it is NULL or cannot be evaluated (see where_failed). The
 * second form is for where_new_record. */
bool where_matches(struct where *w);
bool where_matches_record(struct where *w, const void *record);

/* Words on the first row that could not be evaluated (an endless expression, a value too big), or NULL. */
const char *where_failed(const struct where *w);

/* NULL is fine. */
void where_free(struct where *w);
