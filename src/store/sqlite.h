/* What every use of SQLite here shares: a private database without doors to files, and values to and fro. */
#pragma once
#include "base/err.h"
#include "record/cell.h"

#include <sqlite3.h>

/* An empty database that only this process sees, in memory or (file) in a temporary file, so that memory stays bounded.
 * No extensions; strings in double quotes are names and never texts; values and statements are limited in size. NULL and
 * e when it cannot be. */
sqlite3 *sqlite_open_private(bool file, struct err *e);

/* An authorizer that lets pass only SELECT, reading and functions: no writing, no ATTACH, no PRAGMA, no extensions. */
int sqlite_only_reading(void *ctx, int action, const char *a, const char *b, const char *c, const char *d);

/* Hands a value to SQLite, as the result of a column or bound to a parameter (1 is the first). Times and addresses are
 * text, booleans 1 and 0, lists JSON text, all copied; scratch is emptied and used. */
void sqlite_result_cell(sqlite3_context *ctx, const struct cell *c, struct cell_style *s, struct buf *scratch);
int sqlite_bind_cell(sqlite3_stmt *stmt, int i, const struct cell *c, struct cell_style *s, struct buf *scratch);

/* The value of a result column; texts are alive until the next step. */
struct cell sqlite_column_cell(sqlite3_stmt *stmt, int i);
