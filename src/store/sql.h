/* The records as SQL tables: a temporary database with one table for each kind of record, and statements over it. */
#pragma once
#include "base/err.h"
#include "record/cell.h"
#include "record/records.h"

struct sql_store;

/* An empty database with all tables and no rows. It lives in a temporary file (SQLITE_TMPDIR, TMPDIR, /var/tmp), so that
 * memory stays bounded. NULL and e (EXIT_IO). */
struct sql_store *sql_store_new(struct err *e);

/* Checks the statements and learns which tables they read: only those are filled from then on. False and e (EXIT_USAGE)
 * with SQLite's words and *at the byte in text (-1 not known): a statement that is wrong or that does more than read. */
bool sql_store_plan(struct sql_store *s, const char *text, int *at, struct err *e);

/* True when a plan reads the table of this type (without a plan: always). */
bool sql_store_wants(const struct sql_store *s, const struct record_type *type);

/* Digits of the second in times of rows added from now on; 6 when never called. */
void sql_store_set_ts_digits(struct sql_store *s, unsigned digits);

/* A sink that adds each record as a row. Failures are kept and told by sql_store_ready. */
struct record_sink sql_store_sink(struct sql_store *s);

/* Ends filling: builds the indexes. False and e (EXIT_IO) when a row did not get in: disk full. */
bool sql_store_ready(struct sql_store *s, struct err *e);

/* Takes the answers. */
struct sql_answer {
    void *ctx;
    bool (*begin)(void *ctx, const char *const *name, size_t n); /* of each statement; false ends */
    bool (*row)(void *ctx, const struct cell *cell, size_t n);   /* false ends */
    void (*end)(void *ctx);
};

/* Runs the statements one after the other. Stops early when *stop becomes true (may be NULL). False and e when a
 * statement fails while it runs. */
bool sql_store_query(struct sql_store *s, const char *text, const struct sql_answer *a, const volatile bool *stop, struct err *e);

/* SQL type of a field: TEXT, INTEGER or REAL. */
const char *sql_type(const struct field *f);

/* NULL is fine. */
void sql_store_free(struct sql_store *s);
