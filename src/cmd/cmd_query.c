/* query: the records as SQL tables. */
#include "base/mem.h"
#include "cmd/own.h"
#include "cmd/run.h"
#include "store/sql.h"

#include <stdio.h>
#include <unistd.h>

#define Q(member) offsetof(struct query_own, member)
const struct option query_options[] = {
    {"format", 0, 0, OPTION_TEXT, Q(format), "FORMAT", "table, json, ndjson or csv; default: table", NULL},
    {"json", 0, 0, OPTION_FIXED, Q(format), NULL, "same as --format json", "json"},
    {"ndjson", 0, 0, OPTION_FIXED, Q(format), NULL, "same as --format ndjson", "ndjson"},
    {"csv", 0, 0, OPTION_FIXED, Q(format), NULL, "same as --format csv", "csv"},
    {"output", 'o', 0, OPTION_TEXT, Q(output), "FILE", "write to FILE instead of standard output", NULL},
    {"schema", 0, 0, OPTION_FLAG, Q(schema), NULL, "print the tables and what their columns mean", NULL},
    {0},
};

struct query {
    struct invocation *v;
    const struct query_own *own;
    const struct export_format *format;
    struct sql_store *store;
    unsigned ts_digits;
    struct output out;
    struct exporter exporter;
    struct column *column;
    bool failed;
};

static int print_schema(void)
{
    for (const struct record_type *const *t = record_types; *t; t++) {
        printf("%sCREATE TABLE %s ( -- %s\n", t == record_types ? "" : "\n", (*t)->name, (*t)->row);
        for (uint16_t i = 0; i < (*t)->nfield; i++) {
            const struct field *f = &(*t)->field[i];
            bool last = i + 1 == (*t)->nfield;
            printf("    %-20s %s%s%*s -- %s%s%s%s\n", f->name, sql_type(f), last ? "" : ",", last ? 1 : 0, "", f->meaning,
                   f->type == FIELD_LIST ? " (JSON array)" : "", *f->unit ? ", in " : "", f->unit);
        }
        printf(");\n");
    }
    return EXIT_DONE;
}

static bool begin(void *ctx, const char *const *name, size_t n)
{
    struct query *q = ctx;
    struct err e;
    q->column = mem_calloc(n ? n : 1, sizeof *q->column);
    for (size_t i = 0; q->column && i < n; i++)
        q->column[i] = (struct column){.name = name[i]};
    if (!q->column || !exporter_init(&q->exporter, q->format, q->column, n, &q->out, &e)) {
        q->failed = true;
        q->out.text.failed = true;
        mem_free(q->column);
        q->column = NULL;
        return false;
    }
    q->exporter.width = q->own->output ? 0 : terminal_width();
    q->exporter.utf8 = terminal_is_utf8();
    return true;
}

/* A column of SQL has no type of its own: the first row that has a value decides on which side it stands. */
static bool add_row(void *ctx, const struct cell *cell, size_t n)
{
    struct query *q = ctx;
    for (size_t i = 0; q->exporter.rows == 0 && i < n; i++)
        q->column[i].number = cell_type_is_number(cell[i].type);
    exporter_row(&q->exporter, cell);
    return output_open_still(&q->out);
}

static void end(void *ctx)
{
    struct query *q = ctx;
    exporter_finish(&q->exporter);
    mem_free(q->column);
    q->column = NULL;
}

static void learn_digits(void *ctx, const struct packet *p)
{
    struct query *q = ctx;
    if (p->ts_digits <= q->ts_digits)
        return;
    q->ts_digits = p->ts_digits;
    sql_store_set_ts_digits(q->store, q->ts_digits);
}

static void learn_digits_of_message(void *ctx, const struct packet *p, const struct sip_message *m)
{
    learn_digits(ctx, p);
}

static int ask(struct query *q, const char *sql)
{
    struct err e;
    const struct sql_answer answer = {.ctx = q, .begin = begin, .row = add_row, .end = end};
    if (!sql_store_ready(q->store, &e))
        return complain(q->v->command, &e);
    int code = EXIT_IO;
    if (!run_open_output(q->v, q->own->output, &q->out, &code))
        return code;
    code = sql_store_query(q->store, sql, &answer, stop_flag(), &e) ? EXIT_DONE : complain(q->v->command, &e);
    return run_close_output(q->v, &q->out, code);
}

static int query_run(struct query *q, const char *sql)
{
    struct err e;
    int at, code = EXIT_IO;
    q->store = sql_store_new(&e);
    if (!q->store)
        return complain(q->v->command, &e);
    if (!sql_store_plan(q->store, sql, &at, &e)) {
        complain_at(q->v->command, &e, sql, at);
        if (e.code == EXIT_USAGE)
            fprintf(stderr, "'siptap query --schema' tells the tables.\n");
        return e.code;
    }
    struct record_sink sink = sql_store_sink(q->store);
    struct analysis_options o = {.sink = &sink, .ctx = q, .on_message = learn_digits_of_message,
                                 .want_users = sql_store_wants(q->store, &record_user_type)};
    if (sql_store_wants(q->store, &record_stream_type))
        o.on_packet = learn_digits;
    struct analysis *a = run_analysis(q->v, &o, &code);
    if (!a)
        return code;
    code = ask(q, sql);
    code = run_finish(q->v, a, &q->out, code);
    analysis_free(a);
    return code;
}

int command_query(struct invocation *v)
{
    struct query q = {.v = v, .own = v->own, .ts_digits = 6};
    struct err e;
    if (q.own->schema)
        return print_schema();
    bool only_file = v->rest.n == 1 && !v->traffic.file.n && access(v->rest.v[0], F_OK) == 0;
    if (!v->rest.n || only_file) {
        err_set(&e, EXIT_USAGE, "no query; it is the last argument, after the files");
        return complain(v->command, &e);
    }
    q.format = run_format(v, q.own->format);
    if (!q.format)
        return EXIT_USAGE;
    int code = query_run(&q, v->rest.v[v->rest.n - 1]);
    sql_store_free(q.store);
    return code;
}
