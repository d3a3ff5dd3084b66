#include "store/sqlite.h"

#include <stdio.h>

enum { VALUE_MAX = 16 << 20, STATEMENT_MAX = 1 << 20 };

sqlite3 *sqlite_open_private(bool file, struct err *e)
{
    sqlite3 *db = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    /* An empty name is a temporary file that SQLite deletes by itself. */
    if (sqlite3_open_v2(file ? "" : ":memory:", &db, flags, NULL) != SQLITE_OK) {
        err_set(e, EXIT_IO, "cannot open a temporary database: %s", db ? sqlite3_errmsg(db) : "out of memory");
        sqlite3_close(db);
        return NULL;
    }
    int off = 0;
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, &off);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0, &off);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, &off);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, &off);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
    sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, STATEMENT_MAX);
    /* Connects the table functions of lists now: that needs rights which are taken away later. */
    sqlite3_exec(db, "SELECT 1 FROM json_each('[]'), json_tree('[]')", NULL, NULL, NULL);
    return db;
}

int sqlite_only_reading(void *ctx, int action, const char *a, const char *b, const char *c, const char *d)
{
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return sqlite3_stricmp(b, "load_extension") == 0 || sqlite3_stricmp(b, "fts3_tokenizer") == 0 ? SQLITE_DENY : SQLITE_OK;
    default:
        return SQLITE_DENY;
    }
}

/* Everything that is held as text, put into scratch. */
static bool as_text(const struct cell *c, struct cell_style *s, struct buf *scratch, struct view *out)
{
    if (c->type == FIELD_TEXT) {
        *out = c->as.text;
        return true;
    }
    buf_reset(scratch);
    if (c->type == FIELD_LIST)
        cell_print_json(c, s, scratch);
    else
        cell_print(c, s, scratch);
    *out = view_of(scratch->p, scratch->n);
    return !scratch->failed;
}

static bool as_number(const struct cell *c, int64_t *out)
{
    switch (c->type) {
    case FIELD_COUNT:
        *out = c->as.u > INT64_MAX ? INT64_MAX : (int64_t)c->as.u;
        return true;
    case FIELD_INT:
        *out = c->as.i;
        return true;
    case FIELD_BOOL:
        *out = c->as.b;
        return true;
    default:
        return false;
    }
}

void sqlite_result_cell(sqlite3_context *ctx, const struct cell *c, struct cell_style *s, struct buf *scratch)
{
    int64_t number;
    struct view text;
    if (!c->type)
        sqlite3_result_null(ctx);
    else if (as_number(c, &number))
        sqlite3_result_int64(ctx, number);
    else if (c->type == FIELD_REAL)
        sqlite3_result_double(ctx, c->as.d);
    else if (as_text(c, s, scratch, &text))
        sqlite3_result_text64(ctx, text.n ? text.p : "", text.n, SQLITE_TRANSIENT, SQLITE_UTF8);
    else
        sqlite3_result_error_nomem(ctx);
}

int sqlite_bind_cell(sqlite3_stmt *stmt, int i, const struct cell *c, struct cell_style *s, struct buf *scratch)
{
    int64_t number;
    struct view text;
    if (!c->type)
        return sqlite3_bind_null(stmt, i);
    if (as_number(c, &number))
        return sqlite3_bind_int64(stmt, i, number);
    if (c->type == FIELD_REAL)
        return sqlite3_bind_double(stmt, i, c->as.d);
    if (!as_text(c, s, scratch, &text))
        return SQLITE_NOMEM;
    /* The record's own bytes outlive the statement's step; those in scratch are overwritten by the next value. */
    return sqlite3_bind_text64(stmt, i, text.n ? text.p : "", text.n,
                               c->type == FIELD_TEXT ? SQLITE_STATIC : SQLITE_TRANSIENT, SQLITE_UTF8);
}

struct cell sqlite_column_cell(sqlite3_stmt *stmt, int i)
{
    struct cell c = {0};
    switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_INTEGER:
        c.type = FIELD_INT;
        c.as.i = sqlite3_column_int64(stmt, i);
        break;
    case SQLITE_FLOAT:
        c.type = FIELD_REAL;
        c.digits = CELL_DIGITS_ALL;
        c.as.d = sqlite3_column_double(stmt, i);
        break;
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
        const char *p = (const char *)sqlite3_column_text(stmt, i);
        c.type = FIELD_TEXT;
        c.as.text = view_of(p ? p : "", (size_t)sqlite3_column_bytes(stmt, i));
        break;
    }
    default:
        break;
    }
    return c;
}
