/* extract: the packets of chosen calls, media included. Three readings: which Call-IDs and which streams; which packets
 * (only the end of a message tells whose it is, and a message over TCP or in fragments has packets before); writing, in
 * the order of the capture. */
#include "cmd/callset.h"
#include "cmd/own.h"
#include "cmd/packetset.h"
#include "cmd/run.h"
#include "capture/writer.h"
#include "store/where.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define E(member) offsetof(struct extract_own, member)
const struct option extract_options[] = {
    {"where", 0, 0, OPTION_TEXT, E(where), "EXPR",
     "calls for which this SQL expression over the fields of calls holds; if it names fields of messages only, the dialogs "
     "with such a message", NULL},
    {"call-id", 0, 0, OPTION_LIST, E(call_id), "ID", "this Call-ID; may be given several times", NULL},
    {"output", 'w', 'o', OPTION_TEXT, E(output), "FILE", "the capture to write; .pcap makes pcap, else pcapng; .gz and .zst compress", NULL},
    {0},
};

struct extract {
    struct invocation *v;
    const struct extract_own *own;
    struct callset calls;
    struct where *call_where, *message_where;
    struct packetset packets;
    struct capture_writer *writer;
    uint64_t messages, written;
    struct err e;  /* of writing */
    bool failed;   /* no memory */
    bool broken;   /* writing */
};

static void keep(struct extract *x, struct view call_id)
{
    if (call_id.n && !callset_add(&x->calls, call_id)) {
        x->failed = true;
        stop_raise();
    }
}

static void choose_call(void *ctx, const struct record_call *r)
{
    struct extract *x = ctx;
    if (where_matches_record(x->call_where, r))
        keep(x, r->call_id);
}

static void choose_message(void *ctx, const struct record_message *r)
{
    struct extract *x = ctx;
    if (where_matches_record(x->message_where, r))
        keep(x, r->call_id);
}

/* Streams are told after calls, so the Call-IDs are known by now. */
static void choose_stream(void *ctx, const struct record_stream *r)
{
    struct extract *x = ctx;
    if (r->call_id.n && callset_find(&x->calls, r->call_id) && !packetset_add_stream(&x->packets, r)) {
        x->failed = true;
        stop_raise();
    }
}

/* Fields of calls first; what only messages know is asked of messages. */
static bool prepare_where(struct extract *x, int *code)
{
    struct where_place place, other;
    struct err e, ignored;
    const char *where = x->own->where;
    if (!where || (x->call_where = where_new_record(&record_call_type, where, &place, &e)))
        return true;
    if (e.code == EXIT_USAGE && (x->message_where = where_new_record(&record_message_type, where, &other, &ignored)))
        return true;
    *code = complain_at(x->v->command, &e, where, place.at);
    fprintf(stderr, "'siptap help --fields calls' and 'siptap help --fields messages' tell the fields.\n");
    return false;
}

static bool choose(struct extract *x, int *code)
{
    for (size_t i = 0; i < x->own->call_id.n; i++)
        keep(x, view_str(x->own->call_id.v[i]));
    struct record_sink sink = {.ctx = x, .stream = choose_stream, .call = x->call_where ? choose_call : NULL,
                               .message = x->message_where ? choose_message : NULL};
    struct analysis_options o = {.sink = &sink};
    struct analysis *a = run_make_rereadable(x->v) ? run_analysis(x->v, &o, code) : NULL;
    analysis_free(a);
    return a && !x->failed;
}

static void on_message(void *ctx, const struct packet *p, const struct sip_message *m)
{
    struct extract *x = ctx;
    if (!m->call_id.n || !callset_find(&x->calls, m->call_id))
        return;
    x->messages++;
    if (!packetset_add_message(&x->packets, p, m->first_packet))
        x->failed = true;
}

/* A packet comes after its messages. */
static void on_packet(void *ctx, const struct packet *p)
{
    struct extract *x = ctx;
    if (!packetset_see(&x->packets, p))
        x->failed = true;
}

static bool find_packets(struct extract *x, int *code)
{
    struct analysis_options o = {.on_message = on_message, .on_packet = on_packet, .ctx = x};
    struct analysis *a = run_analysis(x->v, &o, code);
    packetset_finish(&x->packets);
    analysis_free(a);
    return a && !x->failed;
}

static void copy_packet(void *ctx, const struct packet *p)
{
    struct extract *x = ctx;
    if (x->broken || !packetset_has(&x->packets, p))
        return;
    x->written++;
    if (!capture_write(x->writer, p, &x->e)) {
        x->broken = true;
        stop_raise();
    }
}

/* Answers the run, whose partial line is told at the end. */
static struct analysis *write_packets(struct extract *x, int *code)
{
    struct analysis_options o = {.on_packet = copy_packet, .ctx = x};
    struct err closing;
    x->writer = capture_create(x->own->output, CAPTURE_BY_NAME, &x->e);
    if (!x->writer) {
        *code = complain(x->v->command, &x->e);
        return NULL;
    }
    struct analysis *a = run_analysis(x->v, &o, code);
    bool whole = capture_finish(x->writer, x->broken ? &closing : &x->e) && !x->broken;
    if (a)
        *code = whole ? EXIT_DONE : complain(x->v->command, &x->e);
    return a;
}

static int extract(struct extract *x)
{
    int code = EXIT_IO;
    struct analysis *a = choose(x, &code) && find_packets(x, &code) ? write_packets(x, &code) : NULL;
    if (x->failed) {
        err_set(&x->e, EXIT_IO, "out of memory");
        code = complain(x->v->command, &x->e);
    }
    if (!a)
        return code;
    if (code == EXIT_DONE && !x->v->traffic.quiet)
        fprintf(stderr, "siptap extract: %" PRIu64 " packets with %" PRIu64 " messages of %u Call-IDs and %zu RTP streams written to %s\n",
                x->written, x->messages, x->calls.n, x->packets.nstream, x->own->output);
    code = run_finish(x->v, a, NULL, code);
    analysis_free(a);
    return code;
}

static bool check(struct extract *x, int *code)
{
    struct err e;
    const char *to = x->own->output;
    bool ok = true;
    if (!to)
        ok = err_set(&e, EXIT_USAGE, "-w FILE is missing: where do the packets go?");
    else if (!x->own->where && !x->own->call_id.n)
        ok = err_set(&e, EXIT_USAGE, "which calls? Give --where EXPR or --call-id ID");
    else if (run_is_being_read(x->v, to))
        ok = err_set(&e, EXIT_USAGE, "%s is being read; it cannot be written as well", to);
    if (!ok)
        *code = complain(x->v->command, &e);
    return ok;
}

int command_extract(struct invocation *v)
{
    struct extract x = {.v = v, .own = v->own};
    struct err e;
    int code = EXIT_IO;
    if (!callset_init(&x.calls) || !packetset_init(&x.packets)) {
        err_set(&e, EXIT_IO, "out of memory");
        code = complain(v->command, &e);
    } else if (check(&x, &code) && prepare_where(&x, &code)) {
        code = extract(&x);
    }
    where_free(x.call_where);
    where_free(x.message_where);
    packetset_release(&x.packets);
    callset_release(&x.calls);
    return code;
}
