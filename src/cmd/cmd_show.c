/* show: messages as they were on the wire. */
#include "cmd/callset.h"
#include "cmd/own.h"
#include "cmd/run.h"
#include "export/printable.h"
#include "store/where.h"

#include <stdio.h>
#include <string.h>

#define S(member) offsetof(struct show_own, member)
const struct option show_options[] = {
    {"call-id", 0, 0, OPTION_LIST, S(call_id), "ID", "messages with this Call-ID; may be given several times", NULL},
    {"where", 0, 0, OPTION_TEXT, S(where), "EXPR", "messages for which this SQL expression over the fields of messages holds", NULL},
    {"format", 0, 0, OPTION_TEXT, S(format), "FORMAT", "text, json, ndjson or csv; default: text", NULL},
    {"json", 0, 0, OPTION_FIXED, S(format), NULL, "same as --format json", "json"},
    {"output", 'o', 0, OPTION_TEXT, S(output), "FILE", "write to FILE instead of standard output", NULL},
    {0},
};

static const struct column columns[] = {{.name = "ts"}, {.name = "src"}, {.name = "src_port"}, {.name = "dst"}, {.name = "dst_port"},
                                        {.name = "transport"}, {.name = "packet"}, {.name = "size"}, {.name = "text"}};
enum { NCOLUMNS = sizeof columns / sizeof *columns };

struct show {
    struct invocation *v;
    const struct show_own *own;
    struct callset calls;
    struct where *where;
    const struct packet *packet; /* the message whose record follows */
    const struct sip_message *message;
    const struct export_format *format; /* NULL: text */
    struct exporter exporter;
    struct output out;
    struct cell_style style;
    uint64_t shown;
    bool utf8;
};

static void print_text(struct show *s, const struct packet *p, const struct sip_message *m)
{
    struct buf *out = &s->out.text;
    struct endpoint src = {p->src, p->src_port}, dst = {p->dst, p->dst_port};
    struct cell ts = {.type = FIELD_TS, .as.i = p->ts_ns}, from = {.type = FIELD_ENDPOINT, .as.endpoint = src},
                to = {.type = FIELD_ENDPOINT, .as.endpoint = dst};
    s->style.ts_digits = p->ts_digits > 6 ? p->ts_digits : 6;
    buf_str(out, s->shown ? "\n--- " : "--- ");
    cell_print(&ts, &s->style, out);
    buf_char(out, ' ');
    cell_print(&from, &s->style, out);
    buf_str(out, " -> ");
    cell_print(&to, &s->style, out);
    buf_printf(out, " %s, packet %llu, %u bytes\n", analysis_transport(m), (unsigned long long)p->number, m->len);
    printable_add_lines(out, view_of(m->buf, m->len), s->utf8);
    if (m->len && m->buf[m->len - 1] != '\n')
        buf_char(out, '\n');
    output_flow(&s->out);
}

static void print_row(struct show *s, const struct packet *p, const struct sip_message *m)
{
    struct cell cell[NCOLUMNS] = {
        {.type = FIELD_TS, .as.i = p->ts_ns},
        {.type = FIELD_IP, .as.ip = p->src},
        {.type = FIELD_COUNT, .as.u = p->src_port},
        {.type = FIELD_IP, .as.ip = p->dst},
        {.type = FIELD_COUNT, .as.u = p->dst_port},
        {.type = FIELD_TEXT, .as.text = view_str(analysis_transport(m))},
        {.type = FIELD_COUNT, .as.u = p->number},
        {.type = FIELD_COUNT, .as.u = m->len},
        {.type = FIELD_TEXT, .as.text = view_of(m->buf, m->len)},
    };
    if (p->ts_digits > s->exporter.style.ts_digits)
        s->exporter.style.ts_digits = p->ts_digits;
    exporter_row(&s->exporter, cell);
}

static void print_message(struct show *s, const struct packet *p, const struct sip_message *m)
{
    if (s->format)
        print_row(s, p, m);
    else
        print_text(s, p, m);
    s->shown++;
    if (!output_open_still(&s->out))
        stop_raise();
}

/* The record of a message comes right behind the message itself; an expression needs the one and prints the other. */
static void on_message(void *ctx, const struct packet *p, const struct sip_message *m)
{
    struct show *s = ctx;
    s->packet = p;
    s->message = m;
    if (!s->where && callset_find(&s->calls, m->call_id))
        print_message(s, p, m);
}

static void on_record(void *ctx, const struct record_message *r)
{
    struct show *s = ctx;
    if (where_matches_record(s->where, r))
        print_message(s, s->packet, s->message);
}

static bool prepare_where(struct show *s, int *code)
{
    struct where_place place;
    struct err e;
    s->where = where_new_record(&record_message_type, s->own->where, &place, &e);
    if (s->where)
        return true;
    *code = complain_at(s->v->command, &e, s->own->where, place.at);
    if (e.code == EXIT_USAGE)
        fprintf(stderr, "'siptap help --fields messages' tells the fields.\n");
    return false;
}

static bool prepare(struct show *s, int *code)
{
    const char *format = s->own->format;
    struct err e;
    if ((s->own->call_id.n == 0) == (s->own->where == NULL)) {
        err_set(&e, EXIT_USAGE, "which messages? Give either --call-id ID or --where EXPR");
        *code = complain(s->v->command, &e);
        return false;
    }
    if (format && strcmp(format, "text") != 0) {
        s->format = run_format(s->v, format);
        *code = EXIT_USAGE;
        if (!s->format)
            return false;
    }
    if (s->own->where && !prepare_where(s, code))
        return false;
    bool ok = callset_init(&s->calls);
    for (size_t i = 0; ok && i < s->own->call_id.n; i++)
        ok = callset_add(&s->calls, view_str(s->own->call_id.v[i]));
    if (!ok) {
        err_set(&e, EXIT_IO, "out of memory");
        *code = complain(s->v->command, &e);
    }
    return ok;
}

static int print_chosen(struct show *s)
{
    struct err e;
    int code = EXIT_IO;
    if (!run_open_output(s->v, s->own->output, &s->out, &code))
        return code;
    s->out.live = s->v->traffic.interfaces != NULL;
    s->utf8 = terminal_is_utf8();
    if (s->format && !exporter_init(&s->exporter, s->format, columns, NCOLUMNS, &s->out, &e))
        return run_close_output(s->v, &s->out, complain(s->v->command, &e));
    struct record_sink sink = {.ctx = s, .message = on_record};
    struct analysis_options o = {.on_message = on_message, .ctx = s, .sink = s->where ? &sink : NULL};
    struct analysis *a = run_analysis(s->v, &o, &code);
    if (s->format)
        exporter_finish(&s->exporter);
    code = run_close_output(s->v, &s->out, a ? EXIT_DONE : code);
    if (a && !s->shown)
        fprintf(stderr, "siptap show: no message matches\n");
    if (a)
        code = run_finish(s->v, a, &s->out, code);
    analysis_free(a);
    return code;
}

int command_show(struct invocation *v)
{
    struct show s = {.v = v, .own = v->own};
    int code = EXIT_DONE;
    cell_style_init(&s.style, 6);
    if (prepare(&s, &code))
        code = print_chosen(&s);
    where_free(s.where);
    callset_release(&s.calls);
    return code;
}
