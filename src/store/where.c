/* The row is an eponymous virtual table of one row, so plain column names work and only the values that an expression
 * uses are ever converted (https://www.sqlite.org/vtab.html, 2.1.1). */
#include "store/where.h"

#include "base/mem.h"
#include "store/sqlite.h"

#include <stdio.h>

enum {
    STEPS_PER_CALL = 1000,  /* virtual machine steps between two looks at the budget */
    CALLS_PER_ROW = 20000,  /* so an expression may take 20 million steps for one row */
};

struct where {
    struct where_table table;
    const struct record_type *type; /* where_new_record; else NULL */
    const void *record;
    const char **name; /* of where_new_record: owned */
    sqlite3 *db;
    sqlite3_stmt *stmt;
    struct cell_style style;
    struct buf scratch;
    unsigned calls;
    char failed[128];
};

/* One row: the cursor is before or behind it. */
struct cursor {
    sqlite3_vtab_cursor base;
    bool done;
};

struct vtab {
    sqlite3_vtab base;
    struct where *where;
};

static int vtab_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out, char **why)
{
    struct where *w = aux;
    struct buf sql;
    buf_init(&sql, 0);
    buf_str(&sql, "CREATE TABLE x(");
    for (size_t i = 0; i < w->table.n; i++)
        buf_printf(&sql, "%s\"%s\"", i ? "," : "", w->table.name[i]);
    buf_add(&sql, ")", 2);
    int rc = sql.failed ? SQLITE_NOMEM : sqlite3_declare_vtab(db, sql.p);
    buf_release(&sql);
    struct vtab *v = rc == SQLITE_OK ? sqlite3_malloc(sizeof *v) : NULL;
    if (!v)
        return rc == SQLITE_OK ? SQLITE_NOMEM : rc;
    *v = (struct vtab){.where = w};
    *out = &v->base;
    return SQLITE_OK;
}

static int vtab_disconnect(sqlite3_vtab *v)
{
    sqlite3_free(v);
    return SQLITE_OK;
}

static int vtab_best_index(sqlite3_vtab *v, sqlite3_index_info *info)
{
    info->estimatedCost = 1;
    info->estimatedRows = 1;
    return SQLITE_OK;
}

static int vtab_open(sqlite3_vtab *v, sqlite3_vtab_cursor **out)
{
    struct cursor *c = sqlite3_malloc(sizeof *c);
    if (!c)
        return SQLITE_NOMEM;
    *c = (struct cursor){.done = false};
    *out = &c->base;
    return SQLITE_OK;
}

static int vtab_close(sqlite3_vtab_cursor *c)
{
    sqlite3_free(c);
    return SQLITE_OK;
}

static int vtab_filter(sqlite3_vtab_cursor *c, int index, const char *name, int argc, sqlite3_value **argv)
{
    ((struct cursor *)c)->done = false;
    return SQLITE_OK;
}

static int vtab_next(sqlite3_vtab_cursor *c)
{
    ((struct cursor *)c)->done = true;
    return SQLITE_OK;
}

static int vtab_eof(sqlite3_vtab_cursor *c)
{
    return ((struct cursor *)c)->done;
}

static int vtab_column(sqlite3_vtab_cursor *c, sqlite3_context *ctx, int i)
{
    struct where *w = ((struct vtab *)c->pVtab)->where;
    struct cell cell = {0};
    if (w->type)
        cell = record_cell(&w->type->field[i], w->record);
    else
        cell = w->table.value(w->table.ctx, (size_t)i);
    sqlite_result_cell(ctx, &cell, &w->style, &w->scratch);
    return SQLITE_OK;
}

static int vtab_rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *out)
{
    *out = 1;
    return SQLITE_OK;
}

static const sqlite3_module module = {
    .xConnect = vtab_connect,
    .xBestIndex = vtab_best_index,
    .xDisconnect = vtab_disconnect,
    .xOpen = vtab_open,
    .xClose = vtab_close,
    .xFilter = vtab_filter,
    .xNext = vtab_next,
    .xEof = vtab_eof,
    .xColumn = vtab_column,
    .xRowid = vtab_rowid,
};

struct called {
    struct where *where;
    const struct where_function *function;
};

static void call_function(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    const struct called *c = sqlite3_user_data(ctx);
    const char *p = (const char *)sqlite3_value_text(argv[0]);
    struct view arg = view_of(p, p ? (size_t)sqlite3_value_bytes(argv[0]) : 0);
    sqlite3_result_double(ctx, c->function->call(c->where->table.ctx, arg));
}

static int spend(void *ctx)
{
    struct where *w = ctx;
    return ++w->calls > CALLS_PER_ROW;
}

static bool add_functions(struct where *w)
{
    for (const struct where_function *f = w->table.function; f && f->name; f++) {
        struct called *c = sqlite3_malloc(sizeof *c);
        if (!c)
            return false;
        *c = (struct called){w, f};
        int rc = sqlite3_create_function_v2(w->db, f->name, 1, SQLITE_UTF8, c, call_function, NULL, NULL, sqlite3_free);
        if (rc != SQLITE_OK)
            return false;
    }
    return true;
}

/* How far two words are apart, as far as a hint needs it: the longest common beginning and end. */
static size_t likeness(struct view a, const char *b)
{
    size_t n = strlen(b), head = 0, tail = 0;
    while (head < a.n && head < n && ascii_lower((unsigned char)a.p[head]) == (unsigned char)b[head])
        head++;
    while (tail + head < a.n && tail + head < n && ascii_lower((unsigned char)a.p[a.n - 1 - tail]) == (unsigned char)b[n - 1 - tail])
        tail++;
    return head + tail;
}

/* "no such column: staus": the name that is most like it, or NULL. */
static const char *hint(const struct where *w, const char *words)
{
    static const char no_such[] = "no such column: ";
    if (strncmp(words, no_such, sizeof no_such - 1) != 0)
        return NULL;
    struct view asked = view_str(words + sizeof no_such - 1);
    const char *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < w->table.n; i++) {
        size_t like = likeness(asked, w->table.name[i]);
        if (like > most && like * 2 > asked.n) {
            most = like;
            best = w->table.name[i];
        }
    }
    return best;
}

static const char prefix[] = "SELECT 1 FROM record WHERE (";

static bool explain(struct where *w, const char *expr, struct where_place *place, struct err *e)
{
    int at = sqlite3_error_offset(w->db) - (int)(sizeof prefix - 1);
    const char *words = sqlite3_errmsg(w->db), *near = hint(w, words);
    if (place)
        place->at = at >= 0 && (size_t)at < strlen(expr) ? at : -1;
    if (sqlite3_errcode(w->db) == SQLITE_AUTH)
        return err_set(e, EXIT_USAGE, "an expression can only look at the fields of %s", w->table.what);
    if (near)
        return err_set(e, EXIT_USAGE, "%s (did you mean %s?)", words, near);
    return err_set(e, EXIT_USAGE, "%s", words);
}

static bool prepare(struct where *w, const char *expr, struct where_place *place, struct err *e)
{
    struct buf sql;
    const char *tail = "";
    buf_init(&sql, 0);
    buf_str(&sql, prefix);
    buf_str(&sql, expr);
    buf_add(&sql, "\n)", 3); /* a comment at its end must not swallow the bracket */
    int rc = sql.failed ? SQLITE_NOMEM : sqlite3_prepare_v2(w->db, sql.p, -1, &w->stmt, &tail);
    bool rest = rc == SQLITE_OK && *tail;
    if (rc != SQLITE_OK)
        explain(w, expr, place, e);
    else if (rest || !w->stmt)
        err_set(e, EXIT_USAGE, "more than one expression");
    buf_release(&sql);
    return rc == SQLITE_OK && !rest && w->stmt;
}

static bool is_blank(const char *s)
{
    return view_trim(view_str(s)).n == 0;
}

static bool open_row(struct where *w, struct err *e)
{
    w->db = sqlite_open_private(false, e);
    if (!w->db)
        return false;
    if (sqlite3_create_module_v2(w->db, "record", &module, w, NULL) != SQLITE_OK || !add_functions(w))
        return err_set(e, EXIT_IO, "out of memory");
    /* Connects the table now: declaring it needs rights that the expression must not have. */
    if (sqlite3_exec(w->db, "SELECT 1 FROM record WHERE 0", NULL, NULL, NULL) != SQLITE_OK)
        return err_set(e, EXIT_IO, "embedded database: %s", sqlite3_errmsg(w->db));
    sqlite3_progress_handler(w->db, STEPS_PER_CALL, spend, w);
    sqlite3_set_authorizer(w->db, sqlite_only_reading, NULL);
    return true;
}

struct where *where_new(const struct where_table *t, const char *expr, struct where_place *place, struct err *e)
{
    if (place)
        place->at = -1;
    struct where *w = mem_calloc(1, sizeof *w);
    if (!w) {
        err_set(e, EXIT_IO, "out of memory");
        return NULL;
    }
    w->table = *t;
    cell_style_init(&w->style, 6);
    buf_init(&w->scratch, 0);
    bool ok = is_blank(expr) ? err_set(e, EXIT_USAGE, "the expression is empty") : open_row(w, e) && prepare(w, expr, place, e);
    if (ok)
        return w;
    where_free(w);
    return NULL;
}

struct where *where_new_record(const struct record_type *type, const char *expr, struct where_place *place, struct err *e)
{
    const char **name = mem_calloc(type->nfield, sizeof *name);
    if (!name) {
        err_set(e, EXIT_IO, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < type->nfield; i++)
        name[i] = type->field[i].name;
    struct where *w = where_new(&(struct where_table){.what = type->name, .name = name, .n = type->nfield}, expr, place, e);
    if (!w) {
        mem_free(name);
        return NULL;
    }
    w->type = type;
    w->name = name;
    return w;
}

void where_set_ts_digits(struct where *w, unsigned digits)
{
    w->style.ts_digits = digits > 9 ? 9 : digits;
}

bool where_matches(struct where *w)
{
    w->calls = 0;
    int rc = sqlite3_step(w->stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE && !w->failed[0])
        snprintf(w->failed, sizeof w->failed, "%s",
                 rc == SQLITE_INTERRUPT ? "the expression takes too long" : sqlite3_errmsg(w->db));
    sqlite3_reset(w->stmt);
    return rc == SQLITE_ROW;
}

bool where_matches_record(struct where *w, const void *record)
{
    w->record = record;
    bool yes = where_matches(w);
    w->record = NULL;
    return yes;
}

const char *where_failed(const struct where *w)
{
    return w->failed[0] ? w->failed : NULL;
}

void where_free(struct where *w)
{
    if (!w)
        return;
    sqlite3_finalize(w->stmt);
    sqlite3_close(w->db);
    buf_release(&w->scratch);
    mem_free(w->name);
    mem_free(w);
}
