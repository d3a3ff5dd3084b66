/* ladder: the messages of calls, drawn. */
#include "cmd/callset.h"
#include "cmd/own.h"
#include "cmd/run.h"
#include "export/ladder.h"
#include "export/printable.h"
#include "store/where.h"

#include <stdio.h>

#define L(member) offsetof(struct ladder_own, member)
const struct option ladder_options[] = {
    {"call-id", 0, 0, OPTION_LIST, L(call_id), "ID", "this Call-ID; may be given several times", NULL},
    {"where", 0, 0, OPTION_TEXT, L(where), "EXPR", "calls for which this SQL expression over the fields of calls holds", NULL},
    {"user", 0, 0, OPTION_TEXT, L(user), "USER", "everything from or to this user (alice or alice@example.com)", NULL},
    {"width", 0, 0, OPTION_COUNT, L(width), "N", "columns to fill; default: the terminal's, else 100", NULL},
    {"ascii", 0, 0, OPTION_FLAG, L(ascii), NULL, "draw with ASCII only", NULL},
    {"output", 'o', 0, OPTION_TEXT, L(output), "FILE", "write to FILE instead of standard output", NULL},
    {0},
};

struct draw {
    struct invocation *v;
    const struct ladder_own *own;
    struct callset calls;
    struct where *where;
    struct ladder *ladder;
    bool everything, failed;
};

/* True when the user part of a URI, or user@host, is what was asked for: "alice" is in "sip:alice@example.com;x". */
static bool is_user(struct view uri, struct view user)
{
    size_t colon = view_find(uri, ':');
    if (colon == uri.n)
        return false;
    struct view rest = view_of(uri.p + colon + 1, uri.n - colon - 1);
    if (rest.n < user.n || !view_eq(view_of(rest.p, user.n), user))
        return false;
    return rest.n == user.n || (rest.p[user.n] != '\0' && strchr("@;?:>", rest.p[user.n]));
}

static void keep(struct draw *d, struct view call_id)
{
    if (call_id.n && !callset_add(&d->calls, call_id)) {
        d->failed = true;
        stop_raise();
    }
}

static void choose_call(void *ctx, const struct record_call *r)
{
    struct draw *d = ctx;
    if (where_matches_record(d->where, r))
        keep(d, r->call_id);
}

static void choose_message(void *ctx, const struct record_message *r)
{
    struct draw *d = ctx;
    struct view user = view_str(d->own->user);
    if (is_user(r->from_uri, user) || is_user(r->to_uri, user))
        keep(d, r->call_id);
}

static void draw_message(void *ctx, const struct record_message *r)
{
    struct draw *d = ctx;
    if (d->everything)
        keep(d, r->call_id);
    uint32_t call = callset_find(&d->calls, r->call_id);
    if (call || d->everything)
        ladder_add_message(d->ladder, r, call);
}

static void draw_stream(void *ctx, const struct record_stream *r)
{
    struct draw *d = ctx;
    uint32_t call = r->call_id.n ? callset_find(&d->calls, r->call_id) : 0;
    if (call)
        ladder_add_stream(d->ladder, r, call);
}

/* First reading: which Call-IDs. */
static bool choose(struct draw *d, int *code)
{
    struct where_place place;
    struct err e;
    for (size_t i = 0; i < d->own->call_id.n; i++)
        keep(d, view_str(d->own->call_id.v[i]));
    d->everything = !d->own->call_id.n && !d->own->where && !d->own->user;
    if (!d->own->where && !d->own->user)
        return true;
    if (d->own->where && !(d->where = where_new_record(&record_call_type, d->own->where, &place, &e))) {
        *code = complain_at(d->v->command, &e, d->own->where, place.at);
        fprintf(stderr, "'siptap help --fields calls' tells the fields.\n");
        return false;
    }
    struct record_sink sink = {.ctx = d, .call = d->where ? choose_call : NULL, .message = d->own->user ? choose_message : NULL};
    struct analysis_options o = {.sink = &sink};
    struct analysis *a = run_make_rereadable(d->v) ? run_analysis(d->v, &o, code) : NULL;
    analysis_free(a);
    return a != NULL;
}

static void print_legend(const struct draw *d, struct buf *out, bool utf8)
{
    for (uint32_t i = 0; d->calls.n > 1 && i < d->calls.n; i++) {
        buf_printf(out, "[%u] ", i + 1);
        printable_add(out, d->calls.id[i], utf8);
        buf_char(out, '\n');
    }
}

static int print_ladder(struct draw *d)
{
    struct output out;
    unsigned width = d->own->width ? (unsigned)(d->own->width < 4000 ? d->own->width : 4000) : terminal_width();
    struct ladder_options o = {.width = width ? width : 100, .utf8 = terminal_is_utf8() && !d->own->ascii};
    int code = EXIT_IO;
    if (!run_open_output(d->v, d->own->output, &out, &code))
        return code;
    print_legend(d, &out.text, o.utf8);
    ladder_print(d->ladder, &o, &out.text);
    code = run_close_output(d->v, &out, EXIT_DONE);
    if (ladder_dropped(d->ladder) && code == EXIT_DONE) {
        fprintf(stderr, "siptap ladder: %llu more messages are not drawn\n", (unsigned long long)ladder_dropped(d->ladder));
        code = EXIT_PARTIAL;
    }
    return code;
}

/* Second reading: what they sent. */
static int draw(struct draw *d)
{
    struct record_sink sink = {.ctx = d, .message = draw_message, .stream = draw_stream};
    struct analysis_options o = {.sink = &sink};
    int code = EXIT_IO;
    struct analysis *a = run_analysis(d->v, &o, &code);
    if (!a)
        return code;
    code = print_ladder(d);
    if (!d->calls.n)
        fprintf(stderr, "siptap ladder: no call matches\n");
    code = run_finish(d->v, a, NULL, code);
    analysis_free(a);
    return code;
}

int command_ladder(struct invocation *v)
{
    struct draw d = {.v = v, .own = v->own, .ladder = ladder_new()};
    struct err e;
    int code = EXIT_IO;
    bool ok = callset_init(&d.calls) && d.ladder;
    if (ok && choose(&d, &code) && !d.failed)
        code = draw(&d);
    if (!ok || d.failed) {
        err_set(&e, EXIT_IO, "out of memory");
        code = complain(v->command, &e);
    }
    where_free(d.where);
    ladder_free(d.ladder);
    callset_release(&d.calls);
    return code;
}
