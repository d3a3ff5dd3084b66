#include "store/sql.h"

#include "base/mem.h"
#include "store/sqlite.h"

#include <stdio.h>

enum { KINDS = 6, STEPS_PER_LOOK = 10000 };

struct sql_store {
    sqlite3 *db;
    sqlite3_stmt *insert[KINDS]; /* in the order of record_types */
    bool wanted[KINDS];
    int root[KINDS]; /* page at which the table begins: its name in a compiled statement */
    bool planned;
    struct cell_style style;
    struct buf scratch;
    int failed; /* first SQLite code that was not OK while filling */
    const volatile bool *stop;
};

const char *sql_type(const struct field *f)
{
    switch (f->type) {
    case FIELD_COUNT:
    case FIELD_INT:
    case FIELD_BOOL:
        return "INTEGER";
    case FIELD_REAL:
        return "REAL";
    default:
        return "TEXT";
    }
}

static bool run(sqlite3 *db, const char *sql, struct err *e)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    return err_set(e, EXIT_IO, "temporary database: %s", sqlite3_errmsg(db));
}

static bool create_table(struct sql_store *s, size_t kind, struct err *e)
{
    const struct record_type *t = record_types[kind];
    struct buf create, insert;
    buf_init(&create, 0);
    buf_init(&insert, 0);
    buf_printf(&create, "CREATE TABLE %s(", t->name);
    buf_printf(&insert, "INSERT INTO %s VALUES(", t->name);
    for (size_t i = 0; i < t->nfield; i++) {
        buf_printf(&create, "%s\"%s\" %s", i ? "," : "", t->field[i].name, sql_type(&t->field[i]));
        buf_str(&insert, i ? ",?" : "?");
    }
    buf_add(&create, ")", 2);
    buf_add(&insert, ")", 2);
    bool ok = !create.failed && !insert.failed;
    if (!ok)
        err_set(e, EXIT_IO, "out of memory");
    ok = ok && run(s->db, create.p, e);
    if (ok && sqlite3_prepare_v3(s->db, insert.p, -1, SQLITE_PREPARE_PERSISTENT, &s->insert[kind], NULL) != SQLITE_OK)
        ok = err_set(e, EXIT_IO, "temporary database: %s", sqlite3_errmsg(s->db));
    buf_release(&create);
    buf_release(&insert);
    return ok;
}

static bool find_root(struct sql_store *s, size_t kind)
{
    sqlite3_stmt *stmt;
    if (sqlite3_prepare_v2(s->db, "SELECT rootpage FROM sqlite_schema WHERE name = ?", -1, &stmt, NULL) != SQLITE_OK)
        return false;
    sqlite3_bind_text(stmt, 1, record_types[kind]->name, -1, SQLITE_STATIC);
    bool found = sqlite3_step(stmt) == SQLITE_ROW;
    s->root[kind] = found ? sqlite3_column_int(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    return found;
}

struct sql_store *sql_store_new(struct err *e)
{
    struct sql_store *s = mem_calloc(1, sizeof *s);
    if (!s) {
        err_set(e, EXIT_IO, "out of memory");
        return NULL;
    }
    cell_style_init(&s->style, 6);
    buf_init(&s->scratch, 0);
    s->db = sqlite_open_private(true, e);
    /* Nobody will ever open this file again: nothing of it needs to survive a crash. */
    bool ok = s->db && run(s->db, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;"
                                  "PRAGMA cache_size=-32768; PRAGMA temp_store=FILE;", e);
    for (size_t i = 0; ok && i < KINDS && record_types[i]; i++)
        ok = create_table(s, i, e) && (find_root(s, i) || err_set(e, EXIT_IO, "temporary database: out of memory"));
    if (ok && run(s->db, "BEGIN", e))
        return s;
    sql_store_free(s);
    return NULL;
}

/* False at the end: only white space, comments and semicolons are left (SQLite prepares them to no statement), or *rc tells
 * what is wrong. The authorizer does not see all that writes (VACUUM INTO), the prepared statement does. */
static bool next_statement(sqlite3 *db, const char **text, sqlite3_stmt **stmt, int *rc)
{
    *stmt = NULL;
    *rc = SQLITE_OK;
    while (**text && !*stmt && *rc == SQLITE_OK)
        *rc = sqlite3_prepare_v2(db, *text, -1, stmt, text);
    if (*rc == SQLITE_OK && *stmt && !sqlite3_stmt_readonly(*stmt)) {
        sqlite3_finalize(*stmt);
        *rc = SQLITE_AUTH;
    }
    return *rc == SQLITE_OK && *stmt;
}

static bool explain(struct sql_store *s, int rc, struct err *e)
{
    if (rc == SQLITE_AUTH)
        return err_set(e, EXIT_USAGE, "a query can only read the tables of records");
    return err_set(e, EXIT_USAGE, "%s", sqlite3_errmsg(s->db));
}

static void want_page(struct sql_store *s, int page)
{
    for (size_t i = 0; i < KINDS; i++)
        s->wanted[i] |= s->root[i] == page;
}

/* The tables that the compiled statement opens. (The authorizer is not told of a table that only a USING clause reads.) */
static void want_tables(struct sql_store *s, sqlite3_stmt *stmt)
{
    enum { OPCODE = 1, P2 = 3 }; /* columns of EXPLAIN, https://www.sqlite.org/opcode.html */
    sqlite3_stmt *explain = NULL;
    char *sql = sqlite3_mprintf("EXPLAIN %s", sqlite3_sql(stmt));
    int rc = sql && !sqlite3_stmt_isexplain(stmt) ? sqlite3_prepare_v2(s->db, sql, -1, &explain, NULL) : SQLITE_NOMEM;
    while (rc == SQLITE_OK && sqlite3_step(explain) == SQLITE_ROW) {
        const char *opcode = (const char *)sqlite3_column_text(explain, OPCODE);
        if (opcode && strcmp(opcode, "OpenRead") == 0)
            want_page(s, sqlite3_column_int(explain, P2));
    }
    for (size_t i = 0; rc != SQLITE_OK && i < KINDS; i++)
        s->wanted[i] = true;
    sqlite3_finalize(explain);
    sqlite3_free(sql);
}

bool sql_store_plan(struct sql_store *s, const char *text, int *at, struct err *e)
{
    const char *rest = text;
    sqlite3_stmt *stmt;
    int rc, n = 0;
    *at = -1;
    s->planned = true;
    sqlite3_set_authorizer(s->db, sqlite_only_reading, NULL);
    for (; next_statement(s->db, &rest, &stmt, &rc); n++) {
        want_tables(s, stmt);
        sqlite3_finalize(stmt);
    }
    if (rc != SQLITE_OK) {
        int offset = sqlite3_error_offset(s->db);
        explain(s, rc, e);
        if (offset >= 0 && n == 0)
            *at = offset;
    } else if (!n) {
        rc = SQLITE_ERROR;
        err_set(e, EXIT_USAGE, "the query is empty");
    }
    sqlite3_set_authorizer(s->db, NULL, NULL);
    return rc == SQLITE_OK;
}

bool sql_store_wants(const struct sql_store *s, const struct record_type *type)
{
    for (size_t i = 0; i < KINDS && record_types[i]; i++)
        if (record_types[i] == type)
            return !s->planned || s->wanted[i];
    return false;
}

void sql_store_set_ts_digits(struct sql_store *s, unsigned digits)
{
    s->style.ts_digits = digits > 9 ? 9 : digits;
}

static void insert(struct sql_store *s, const struct record_type *t, const void *record)
{
    size_t kind = 0;
    while (record_types[kind] != t)
        kind++;
    if (s->failed || (s->planned && !s->wanted[kind]))
        return;
    sqlite3_stmt *stmt = s->insert[kind];
    for (int i = 0; i < t->nfield && !s->failed; i++) {
        struct cell c = record_cell(&t->field[i], record);
        s->failed = sqlite_bind_cell(stmt, i + 1, &c, &s->style, &s->scratch);
    }
    if (!s->failed && sqlite3_step(stmt) != SQLITE_DONE)
        s->failed = sqlite3_errcode(s->db);
    sqlite3_reset(stmt);
}

static void add_message(void *ctx, const struct record_message *r)
{
    insert(ctx, &record_message_type, r);
}

static void add_call(void *ctx, const struct record_call *r)
{
    insert(ctx, &record_call_type, r);
}

static void add_registration(void *ctx, const struct record_registration *r)
{
    insert(ctx, &record_registration_type, r);
}

static void add_stream(void *ctx, const struct record_stream *r)
{
    insert(ctx, &record_stream_type, r);
}

static void add_user(void *ctx, const struct record_user *r)
{
    insert(ctx, &record_user_type, r);
}

static void add_server(void *ctx, const struct record_server *r)
{
    insert(ctx, &record_server_type, r);
}

struct record_sink sql_store_sink(struct sql_store *s)
{
    struct record_sink sink = {.ctx = s};
    if (sql_store_wants(s, &record_message_type))
        sink.message = add_message;
    if (sql_store_wants(s, &record_call_type))
        sink.call = add_call;
    if (sql_store_wants(s, &record_registration_type))
        sink.registration = add_registration;
    if (sql_store_wants(s, &record_stream_type))
        sink.stream = add_stream;
    if (sql_store_wants(s, &record_user_type))
        sink.user = add_user;
    if (sql_store_wants(s, &record_server_type))
        sink.server = add_server;
    return sink;
}

bool sql_store_ready(struct sql_store *s, struct err *e)
{
    if (s->failed)
        return err_set(e, EXIT_IO, "temporary database: %s", sqlite3_errstr(s->failed));
    if (!run(s->db, "COMMIT", e))
        return false;
    for (size_t i = 0; i < KINDS && record_types[i]; i++) {
        char sql[128];
        const struct record_type *t = record_types[i];
        if (!sql_store_wants(s, t) || !record_field(t, V("call_id")))
            continue;
        snprintf(sql, sizeof sql, "CREATE INDEX %s_call_id ON %s(call_id)", t->name, t->name);
        if (!run(s->db, sql, e))
            return false;
    }
    return true;
}

static int look_at_stop(void *ctx)
{
    const struct sql_store *s = ctx;
    return s->stop && *s->stop;
}

/* Steps through one statement; answers SQLite's code. */
static int answer(sqlite3_stmt *stmt, const struct sql_answer *a)
{
    size_t n = (size_t)sqlite3_column_count(stmt);
    const char **name = mem_calloc(n ? n : 1, sizeof *name);
    struct cell *cell = mem_calloc(n ? n : 1, sizeof *cell);
    int rc = name && cell ? SQLITE_OK : SQLITE_NOMEM;
    for (size_t i = 0; rc == SQLITE_OK && i < n; i++)
        name[i] = sqlite3_column_name(stmt, (int)i);
    if (rc == SQLITE_OK && a->begin(a->ctx, name, n)) {
        bool more = true;
        while (more && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
            for (size_t i = 0; i < n; i++)
                cell[i] = sqlite_column_cell(stmt, (int)i);
            more = a->row(a->ctx, cell, n);
        }
        a->end(a->ctx);
    }
    mem_free(name);
    mem_free(cell);
    return rc;
}

bool sql_store_query(struct sql_store *s, const char *text, const struct sql_answer *a, const volatile bool *stop, struct err *e)
{
    sqlite3_stmt *stmt;
    int rc;
    s->stop = stop;
    sqlite3_set_authorizer(s->db, sqlite_only_reading, NULL);
    sqlite3_progress_handler(s->db, STEPS_PER_LOOK, look_at_stop, s);
    while (next_statement(s->db, &text, &stmt, &rc)) {
        rc = answer(stmt, a);
        if (rc != SQLITE_ROW && rc != SQLITE_DONE && rc != SQLITE_OK && rc != SQLITE_INTERRUPT)
            err_set(e, EXIT_IO, "%s", sqlite3_errmsg(s->db));
        sqlite3_finalize(stmt);
        if (rc != SQLITE_DONE)
            return rc == SQLITE_ROW || rc == SQLITE_OK || rc == SQLITE_INTERRUPT;
    }
    if (rc != SQLITE_OK)
        return explain(s, rc, e);
    return true;
}

void sql_store_free(struct sql_store *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < KINDS; i++)
        sqlite3_finalize(s->insert[i]);
    sqlite3_close(s->db);
    buf_release(&s->scratch);
    mem_free(s);
}
