/* messages, calls, registrations, streams, users, servers: one row per record. */
#include "cmd/run.h"
#include "store/where.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS_MAX = 64 };

/* What a table shows when nobody asks for columns: what fits a screen and answers the first question. */
static const struct {
    const struct record_type *type;
    const char *columns;
} list_types[] = {
    {&record_message_type, "ts,src,src_port,dst,dst_port,transport,method,status,reason,from_uri,to_uri,call_id"},
    {&record_call_type, "start_ts,from_uri,to_uri,state,status,duration_s,pdd_ms,ended_by,legs,retransmissions,mos,call_id"},
    {&record_registration_type, "aor,contact,registrar,state,expires_s,registrations,refresh_interval_s,failures,last_status,user_agent"},
    {&record_stream_type, "ssrc,src,src_port,dst,dst_port,codec,packets,lost,lost_percent,jitter_ms,jitter_max_ms,mos,duration_s,call_id"},
    {&record_user_type, "user,calls_made,calls_received,callees,callers,registrations,messages,sources,user_agents"},
    {&record_server_type, "ip,port,roles,requests_in,requests_out,responses_in,responses_out,users"},
};

struct list {
    const struct invocation *v;
    const struct record_type *type;
    const struct field *field[COLUMNS_MAX];
    struct column column[COLUMNS_MAX];
    size_t n;
    struct exporter exporter;
    struct where *where;
    struct output out;
};

static void add_column(struct list *l, const struct field *f)
{
    l->field[l->n] = f;
    l->column[l->n++] = (struct column){.name = f->name, .number = cell_type_is_number(f->type),
                                       .whole = f->type != FIELD_TEXT && f->type != FIELD_LIST};
}

static bool no_such_column(const struct list *l, struct view name, struct err *e)
{
    char word[32] = "", list[400] = "";
    const char *near = NULL;
    unsigned best = (unsigned)name.n / 3 + 2;
    size_t used = 0;
    memcpy(word, name.p, name.n < sizeof word ? name.n : sizeof word - 1);
    for (uint16_t i = 0; i < l->type->nfield; i++) {
        const char *field = l->type->field[i].name;
        unsigned d = word_distance(field, word);
        near = d < best ? field : near;
        best = d < best ? d : best;
        used += (size_t)snprintf(list + used, sizeof list - used, " %s", field);
        if (used >= sizeof list)
            used = sizeof list - 1;
    }
    if (near)
        return err_set(e, EXIT_USAGE, "--columns: %s have no field '%.*s' (did you mean %s?)", l->type->name, (int)name.n, name.p, near);
    return err_set(e, EXIT_USAGE, "--columns: %s have no field '%.*s'; there are%s", l->type->name, (int)name.n, name.p, list);
}

static bool choose_columns(struct list *l, const char *text, struct err *e)
{
    if (strcmp(text, "all") == 0) {
        for (uint16_t i = 0; i < l->type->nfield && l->n < COLUMNS_MAX; i++)
            add_column(l, &l->type->field[i]);
        return true;
    }
    for (struct view rest = view_str(text);;) {
        size_t comma = view_find(rest, ',');
        struct view name = view_trim(view_of(rest.p, comma));
        const struct field *f = record_field(l->type, name);
        if (!f)
            return no_such_column(l, name, e);
        if (l->n == COLUMNS_MAX)
            return err_set(e, EXIT_USAGE, "--columns: more than %d columns", COLUMNS_MAX);
        add_column(l, f);
        if (comma == rest.n)
            return true;
        rest = view_of(rest.p + comma + 1, rest.n - comma - 1);
    }
}

static void add_row(struct list *l, const void *record)
{
    struct cell cell[COLUMNS_MAX];
    if (l->where && !where_matches_record(l->where, record))
        return;
    for (size_t i = 0; i < l->n; i++)
        cell[i] = record_cell(l->field[i], record);
    exporter_row(&l->exporter, cell);
    if (!output_open_still(&l->out))
        stop_raise();
}

static void on_message(void *ctx, const struct record_message *r)
{
    add_row(ctx, r);
}

static void on_call(void *ctx, const struct record_call *r)
{
    add_row(ctx, r);
}

static void on_registration(void *ctx, const struct record_registration *r)
{
    add_row(ctx, r);
}

static void on_stream(void *ctx, const struct record_stream *r)
{
    add_row(ctx, r);
}

static void on_user(void *ctx, const struct record_user *r)
{
    add_row(ctx, r);
}

static void on_server(void *ctx, const struct record_server *r)
{
    add_row(ctx, r);
}

/* Times have the resolution of the capture; the finest when files differ. */
static void learn_digits(void *ctx, const struct packet *p, const struct sip_message *m)
{
    struct list *l = ctx;
    if (p->ts_digits <= l->exporter.style.ts_digits)
        return;
    l->exporter.style.ts_digits = p->ts_digits;
    if (l->where)
        where_set_ts_digits(l->where, p->ts_digits);
}

static void learn_digits_of_packet(void *ctx, const struct packet *p)
{
    learn_digits(ctx, p, NULL);
}

static struct record_sink sink_of(struct list *l)
{
    struct record_sink s = {.ctx = l};
    if (l->type == &record_message_type)
        s.message = on_message;
    else if (l->type == &record_call_type)
        s.call = on_call;
    else if (l->type == &record_registration_type)
        s.registration = on_registration;
    else if (l->type == &record_stream_type)
        s.stream = on_stream;
    else if (l->type == &record_user_type)
        s.user = on_user;
    else
        s.server = on_server;
    return s;
}

/* Everything that can be wrong with the command line is found before anything is read or written. */
static bool prepare(struct list *l, const struct export_format *format, int *code)
{
    const struct listing *o = &l->v->listing;
    const char *columns = "all";
    struct where_place place;
    struct err e;
    for (size_t i = 0; i < sizeof list_types / sizeof *list_types; i++) {
        if (strcmp(list_types[i].type->name, l->v->command->name) == 0) {
            l->type = list_types[i].type;
            columns = strcmp(format->name, "table") == 0 ? list_types[i].columns : "all";
        }
    }
    if (!choose_columns(l, o->columns ? o->columns : columns, &e)) {
        *code = complain(l->v->command, &e);
        return false;
    }
    if (o->where && !(l->where = where_new_record(l->type, o->where, &place, &e))) {
        *code = complain_at(l->v->command, &e, o->where, place.at);
        if (e.code == EXIT_USAGE)
            fprintf(stderr, "'siptap help --fields %s' tells the fields.\n", l->type->name);
        return false;
    }
    return true;
}

static int list_run(struct list *l, const struct export_format *format)
{
    struct err e;
    int code = EXIT_IO;
    if (!run_open_output(l->v, l->v->listing.output, &l->out, &code))
        return code;
    l->out.live = l->v->traffic.interfaces != NULL;
    if (!exporter_init(&l->exporter, format, l->column, l->n, &l->out, &e))
        return run_close_output(l->v, &l->out, complain(l->v->command, &e));
    l->exporter.width = l->v->listing.output ? 0 : terminal_width();
    l->exporter.utf8 = terminal_is_utf8();
    struct record_sink sink = sink_of(l);
    struct analysis_options o = {.sink = &sink, .on_message = learn_digits, .ctx = l, .want_users = l->type == &record_user_type};
    if (l->type == &record_stream_type)
        o.on_packet = learn_digits_of_packet;
    struct analysis *a = run_analysis(l->v, &o, &code);
    if (a) {
        exporter_finish(&l->exporter);
        code = run_close_output(l->v, &l->out, EXIT_DONE);
        const char *failed = l->where ? where_failed(l->where) : NULL;
        if (failed) {
            fprintf(stderr, "siptap %s: --where: %s\n", l->v->command->name, failed);
            code = EXIT_PARTIAL;
        }
        code = run_finish(l->v, a, &l->out, code);
    } else {
        struct output nothing = l->out; /* an error leaves no half document behind */
        nothing.text.n = 0;
        output_init_memory(&l->out);
        exporter_finish(&l->exporter);
        buf_release(&l->out.text);
        run_close_output(l->v, &nothing, code);
    }
    analysis_free(a);
    return code;
}

int command_list(struct invocation *v)
{
    struct list l = {.v = v};
    int code = EXIT_USAGE;
    const struct export_format *format = run_format(v, v->listing.format);
    if (format && prepare(&l, format, &code))
        code = list_run(&l, format);
    where_free(l.where);
    return code;
}
