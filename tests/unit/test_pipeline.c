/* The whole run: captures made in memory, and what comes out whatever the number of workers, the memory and the damage. */
#include "unit.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "frame_bytes.h"
#include "pipeline/analysis.h"
#include "record/cell.h"
#include "synth/synth.h"

#include <inttypes.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>

/* ---- captures in memory: classic pcap with microseconds ---- */

struct file {
    uint8_t *p;
    size_t n, cap;
    int64_t now_us;
};

static void file_put(struct file *f, const void *p, size_t n)
{
    if (f->n + n > f->cap) {
        f->cap = (f->n + n) * 2 + 65536;
        f->p = realloc(f->p, f->cap);
        assert_non_null(f->p);
    }
    memcpy(f->p + f->n, p, n);
    f->n += n;
}

static void file_begin(struct file *f)
{
    const uint32_t header[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1};
    *f = (struct file){.now_us = 1700000000ll * 1000000};
    file_put(f, header, sizeof header);
}

static void file_packet(struct file *f, int64_t us, const uint8_t *p, size_t n)
{
    const uint32_t header[4] = {(uint32_t)(us / 1000000), (uint32_t)(us % 1000000), (uint32_t)n, (uint32_t)n};
    file_put(f, header, sizeof header);
    file_put(f, p, n);
}

static void file_frame(struct file *f, struct frame *x)
{
    frame_ethernet(x, 0x0800);
    f->now_us += 1000;
    file_packet(f, f->now_us, x->b, x->n);
}

static void file_udp(struct file *f, const char *text, unsigned src, unsigned dst)
{
    static struct frame x;
    frame_set(&x, text, strlen(text));
    frame_udp(&x, src, dst);
    frame_ip4(&x, 17, (uint8_t)(src % 250 + 1), (uint8_t)(dst % 250 + 1));
    file_frame(f, &x);
}

static bool emit(void *ctx, int64_t ts_ns, const uint8_t *packet, size_t n)
{
    file_packet(ctx, ts_ns / 1000, packet, n);
    return true;
}

static void file_synth(struct file *f, const char *workload, uint64_t count, bool tcp)
{
    static struct synth_truth truth;
    struct err e;
    struct synth_options o = {.workload = workload, .seed = 3, .count = count, .tcp = tcp, .emit = emit, .ctx = f};
    file_begin(f);
    assert_true(synth_run(&o, &truth, &e));
}

/* ---- what a run gives ---- */

struct result {
    struct buf text; /* all records, one line each */
    uint64_t messages, packets, last_number;
    size_t most; /* heap in use at most, sampled at each message */
    bool order_bad, stop;
    uint64_t stop_after;
    const struct packet *current;
    uint64_t seen_of_packet;
};

static void print_record(struct result *r, const struct record_type *t, const void *record)
{
    struct cell_style style;
    cell_style_init(&style, 9);
    buf_str(&r->text, t->name);
    for (unsigned i = 0; i < t->nfield; i++) {
        struct cell c = record_cell(&t->field[i], record);
        buf_str(&r->text, " ");
        cell_print_json(&c, &style, &r->text);
    }
    buf_str(&r->text, "\n");
}

static void on_message_record(void *ctx, const struct record_message *m) { print_record(ctx, &record_message_type, m); }
static void on_call(void *ctx, const struct record_call *m) { print_record(ctx, &record_call_type, m); }
static void on_registration(void *ctx, const struct record_registration *m) { print_record(ctx, &record_registration_type, m); }
static void on_stream(void *ctx, const struct record_stream *m) { print_record(ctx, &record_stream_type, m); }
static void on_user(void *ctx, const struct record_user *m) { print_record(ctx, &record_user_type, m); }
static void on_server(void *ctx, const struct record_server *m) { print_record(ctx, &record_server_type, m); }

static size_t heap_bytes(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

static void on_message(void *ctx, const struct packet *p, const struct sip_message *m)
{
    struct result *r = ctx;
    r->messages++;
    r->order_bad |= p->number <= r->last_number; /* after on_packet of that packet */
    r->stop |= r->stop_after && r->messages >= r->stop_after;
    if (r->messages % 256 == 1 && heap_bytes() > r->most)
        r->most = heap_bytes();
    assert_true(m->len > 0);
}

static void on_packet(void *ctx, const struct packet *p)
{
    struct result *r = ctx;
    r->packets++;
    r->order_bad |= p->number <= r->last_number;
    r->last_number = p->number;
}

static struct analysis *run(const struct file *f, unsigned jobs, uint64_t memory, struct result *r, bool records)
{
    struct record_sink sink = {r, on_message_record, on_call, on_registration, on_stream, on_user, on_server};
    struct analysis_options o = {.bytes = f->p, .nbytes = f->n, .jobs = jobs, .memory = memory, .sink = records ? &sink : NULL,
                                 .on_message = on_message, .on_packet = on_packet, .ctx = r};
    struct err e;
    memset(r, 0, sizeof *r);
    buf_init(&r->text, (size_t)1 << 30);
    return analysis_run(&o, &e);
}

static void add_quantity(struct buf *out, const char *name, const struct summary_quantity *q)
{
    buf_printf(out, "%s %" PRIu64 " %.6g %.6g %.6g %.6g %.6g\n", name, q->n, q->mean, q->min, q->p50, q->p95, q->max);
}

static void print_summary(const struct summary *s, struct buf *out)
{
    buf_printf(out, "%" PRIu64 " packets %" PRIu64 " not sip %" PRIu64 " gaps %" PRIu64 "\n", s->input.packets, s->input.not_sip_packets,
               s->input.reassembly_gaps, s->input.ip_fragments);
    buf_printf(out, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", s->messages.total, s->messages.requests,
               s->messages.retransmissions, s->messages.malformed, s->messages.tcp);
    for (uint32_t i = 0; i < s->messages.nby_method; i++)
        buf_printf(out, "%.*s %" PRIu64 "\n", (int)s->messages.by_method[i].name.n, s->messages.by_method[i].name.p, s->messages.by_method[i].n);
    for (int i = 0; i < 700; i++)
        if (s->messages.by_status[i] || s->calls.by_failure_status[i])
            buf_printf(out, "%d %" PRIu64 " %" PRIu64 "\n", i, s->messages.by_status[i], s->calls.by_failure_status[i]);
    for (int i = 0; i < ODDITY_COUNT; i++)
        buf_printf(out, "%" PRIu64 " ", s->messages.oddity[i]);
    const uint64_t number[] = {s->transactions.total, s->transactions.answered, s->transactions.unanswered, s->transactions.orphan_responses,
                               s->calls.attempts, s->calls.answered, s->calls.completed, s->calls.cancelled, s->calls.redirected,
                               s->calls.unanswered, s->calls.expired, s->calls.failed, s->calls.rejected, s->calls.ongoing, s->calls.ringing,
                               s->calls.unknown, s->calls.challenged, s->registrations.users, s->registrations.bindings_active,
                               s->registrations.registered, s->registrations.refreshed, s->registrations.removed, s->registrations.failed,
                               s->registrations.challenged, s->registrations.unanswered, s->registrations.attempts, s->streams.total,
                               s->streams.packets, s->streams.one_way_calls, s->streams.with_call, s->keepalives.crlf, s->keepalives.stun,
                               s->keepalives.options, s->keepalives.notify, s->keepalives.register_refresh, s->users};
    for (size_t i = 0; i < sizeof number / sizeof *number; i++)
        buf_printf(out, "%zu=%" PRIu64 " ", i, number[i]);
    add_quantity(out, "\nduration", &s->calls.duration_s);
    add_quantity(out, "pdd", &s->calls.pdd_ms);
    add_quantity(out, "setup", &s->calls.setup_ms);
    add_quantity(out, "expires", &s->registrations.expires_s);
    add_quantity(out, "interval", &s->registrations.interval_s);
    add_quantity(out, "jitter", &s->streams.jitter_ms);
    add_quantity(out, "mos", &s->streams.mos);
    for (uint32_t i = 0; i < s->nuser_agent; i++)
        buf_printf(out, "%.*s %" PRIu64 " %" PRIu64 "\n", (int)s->user_agent[i].name.n, s->user_agent[i].name.p, s->user_agent[i].messages,
                   s->user_agent[i].users);
    for (uint32_t i = 0; i < s->nproblem; i++) {
        buf_printf(out, "%s %" PRIu64, s->problem[i].id, s->problem[i].count);
        for (uint32_t k = 0; k < s->problem[i].nexample; k++)
            buf_printf(out, " %.*s", (int)s->problem[i].example[k].n, s->problem[i].example[k].p);
        buf_printf(out, "\n");
    }
}

/* ---- tests ---- */

static void expect_same_text(const char *what, unsigned jobs, const struct buf *a, const struct buf *b)
{
    size_t i = 0;
    while (i < a->n && i < b->n && a->p[i] == b->p[i])
        i++;
    if (i == a->n && i == b->n)
        return;
    while (i && a->p[i - 1] != '\n')
        i--;
    fail_msg("%s, %u workers:\n%.*s\n---\n%.*s", what, jobs, (int)strcspn(a->p + i, "\n"), a->p + i, (int)strcspn(b->p + i, "\n"), b->p + i);
}

static void the_number_of_workers_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *workload;
        uint64_t count;
        bool tcp;
    } row[] = {{"sample", 0, false}, {"open-server", 30000, false}, {"open-server", 20000, true}, {"rtp", 30000, false}};
    static const unsigned jobs[] = {2, 3, 8};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct file f;
        struct result one, many;
        file_synth(&f, row[i].workload, row[i].count, row[i].tcp);
        struct analysis *a = run(&f, 1, 0, &one, true);
        assert_non_null(a);
        assert_string_equal(analysis_partial(a), "");
        print_summary(analysis_summary(a), &one.text);
        assert_int_equal(one.messages, analysis_summary(a)->messages.total);
        assert_false(one.order_bad);
        analysis_free(a);
        for (size_t k = 0; k < sizeof jobs / sizeof *jobs; k++) {
            a = run(&f, jobs[k], 0, &many, true);
            assert_non_null(a);
            print_summary(analysis_summary(a), &many.text);
            assert_false(many.order_bad);
            assert_int_equal(many.packets, one.packets);
            analysis_free(a);
            expect_same_text(row[i].workload, jobs[k], &one.text, &many.text);
            buf_release(&many.text);
        }
        buf_release(&one.text);
        free(f.p);
    }
}

#define MESSAGE(start, branch, id, cseq, method)                                                                               \
    start "\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK" branch "\r\nFrom: <sip:u%u@example.com>;tag=f\r\nTo: <sip:u%u@example.com>" \
          "\r\nCall-ID: " id "\r\nCSeq: " cseq " " method "\r\nMax-Forwards: 70\r\nContact: <sip:u%u@192.0.2.9>\r\n"               \
          "User-Agent: phone\r\nContent-Length: 0\r\n\r\n"

/* The same 50 phones, n requests and their answers. */
static void file_phones(struct file *f, unsigned n)
{
    char text[1024];
    file_begin(f);
    for (unsigned i = 0; i < n / 2; i++) {
        unsigned u = i % 50;
        f->now_us += 20000;
        if (i % 2) {
            snprintf(text, sizeof text, MESSAGE("OPTIONS sip:example.com SIP/2.0", "%u", "o%u", "%u", "OPTIONS"), i, u, u, u, i, u);
            file_udp(f, text, 5060 + u, 5060);
            snprintf(text, sizeof text, MESSAGE("SIP/2.0 200 OK", "%u", "o%u", "%u", "OPTIONS"), i, u, u, u, i, u);
        } else {
            snprintf(text, sizeof text, MESSAGE("REGISTER sip:example.com SIP/2.0", "%u", "r%u", "%u", "REGISTER"), i, u, u, u, i, u);
            file_udp(f, text, 5060 + u, 5060);
            snprintf(text, sizeof text, MESSAGE("SIP/2.0 200 OK", "%u", "r%u", "%u", "REGISTER"), i, u, u, u, i, u);
        }
        file_udp(f, text, 5060, 5060 + u);
    }
}

/* Several interfaces in one file, a clock that was set: times go back and forth. */
static void a_clock_that_jumps_is_the_same_for_all_workers(void **state)
{
    (void)state;
    struct file f;
    struct result one, many;
    uint32_t r = 7;
    file_phones(&f, 20000);
    for (size_t at = 24; at + 16 <= f.n;) {
        uint32_t h[4];
        memcpy(h, f.p + at, sizeof h);
        r = r * 1664525 + 1013904223;
        h[0] += (r >> 24 < 40) ? (uint32_t)-1 : r >> 24 == 99 ? 40 : r >> 24 == 98 ? 400 : 0;
        memcpy(f.p + at, h, sizeof h);
        at += 16 + h[2];
    }
    struct analysis *a = run(&f, 1, 0, &one, true);
    assert_non_null(a);
    print_summary(analysis_summary(a), &one.text);
    analysis_free(a);
    for (unsigned jobs = 2; jobs <= 5; jobs++) {
        a = run(&f, jobs, 0, &many, true);
        assert_non_null(a);
        print_summary(analysis_summary(a), &many.text);
        analysis_free(a);
        expect_same_text("jumps", jobs, &one.text, &many.text);
        buf_release(&many.text);
    }
    buf_release(&one.text);
    free(f.p);
}

static void a_message_costs_no_allocation(void **state)
{
    (void)state;
    uint64_t count[2];
    for (int i = 0; i < 2; i++) {
        struct file f;
        struct result r;
        file_phones(&f, i ? 80000 : 40000);
        uint64_t before = mem_count();
        struct analysis *a = run(&f, 1, 0, &r, false);
        count[i] = mem_count() - before;
        assert_int_equal(analysis_summary(a)->messages.total, i ? 80000 : 40000);
        analysis_free(a);
        buf_release(&r.text);
        free(f.p);
    }
    if (count[1] > count[0] + 8)
        fail_msg("40,000 messages: %d allocations, 80,000: %d", (int)count[0], (int)count[1]);
}

static void allocation_may_fail_anywhere(void **state)
{
    (void)state;
    struct file f;
    struct result r;
    file_synth(&f, "open-server", 3000, true);
    for (unsigned jobs = 1; jobs <= 2; jobs++)
        for (int after = 0; after < 4000; after += after < 150 ? 1 : after / 8) {
            mem_fail_after(after);
            struct analysis *a = run(&f, jobs, 64 << 20, &r, true);
            mem_fail_after(-1);
            if (a)
                assert_true(analysis_summary(a)->messages.total <= 3000);
            analysis_free(a);
            buf_release(&r.text);
        }
    free(f.p);
}

static void the_ceiling_holds(void **state)
{
    (void)state;
    struct file f;
    struct result r;
    file_synth(&f, "open-server", 200000, false);
    for (unsigned jobs = 1; jobs <= 2; jobs++) {
        size_t before = heap_bytes();
        struct analysis *a = run(&f, jobs, 8 << 20, &r, false);
        assert_non_null(a);
        assert_true(analysis_summary(a)->input.evicted > 0);
        assert_non_null(strstr(analysis_partial(a), "--memory"));
        /* besides the tables: two rounds of batches of at most 1.5 MiB each, and the reader */
        size_t fixed = (2u << 20) + (jobs == 1 ? 3u << 20 : jobs * 4 * 2 * (3u << 19));
        if (r.most - before > (8u << 20) + fixed)
            fail_msg("%u workers: %.1f MiB", jobs, (double)(r.most - before) / (1 << 20));
        analysis_free(a);
        buf_release(&r.text);
    }
    free(f.p);
}

static const char INVITE[] = "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKx\r\n"
                             "From: <sip:alice@example.com>;tag=f\r\nTo: <sip:bob@example.com>\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\n"
                             "Max-Forwards: 70\r\nContact: <sip:alice@192.0.2.9>\r\nContent-Length: 4\r\n\r\nbody";

static void expect_invites(const struct file *f, unsigned n, bool tcp, const char *what)
{
    for (unsigned jobs = 1; jobs <= 3; jobs++) {
        struct result r;
        struct analysis *a = run(f, jobs, 0, &r, true);
        assert_non_null(a);
        const struct summary *s = analysis_summary(a);
        if (s->messages.total != n || s->messages.malformed || s->calls.attempts + s->calls.unknown != (n > 0))
            fail_msg("%s, %u workers: %d messages, %d malformed, %d calls", what, jobs, (int)s->messages.total, (int)s->messages.malformed,
                     (int)s->calls.attempts);
        assert_int_equal(tcp ? s->messages.tcp : s->messages.udp, n);
        analysis_free(a);
        buf_release(&r.text);
    }
}

static void tcp_segments_and_fragments_give_the_same_messages(void **state)
{
    (void)state;
    static struct frame x;
    static const size_t step[] = {1, 2, 7, 100, 5000};
    char two[2 * sizeof INVITE];
    size_t n = (size_t)snprintf(two, sizeof two, "%s%s", INVITE, INVITE);
    struct file f;
    for (size_t i = 0; i < sizeof step / sizeof *step; i++) { /* TCP, cut anywhere */
        file_begin(&f);
        for (size_t at = 0; at < n; at += step[i]) {
            frame_set(&x, two + at, n - at < step[i] ? n - at : step[i]);
            frame_tcp(&x, 40000, 5060, 1000 + (uint32_t)at, 24);
            frame_ip4(&x, 6, 1, 2);
            file_frame(&f, &x);
        }
        expect_invites(&f, 2, true, "TCP");
        free(f.p);
    }
    file_begin(&f); /* UDP in three fragments, the last one first */
    for (int part = 2; part >= 0; part--) {
        frame_set(&x, INVITE, sizeof INVITE - 1);
        frame_udp(&x, 5060, 5060);
        size_t from = (size_t)part * 96, to = part == 2 ? x.n : from + 96;
        memmove(x.b, x.b + from, to - from);
        x.n = to - from;
        frame_ip4(&x, 17, 1, 2);
        put16(x.b + 4, 77);
        put16(x.b + 6, (unsigned)(from / 8) | (part < 2 ? 0x2000 : 0));
        file_frame(&f, &x);
    }
    expect_invites(&f, 1, false, "fragments");
    free(f.p);
    file_begin(&f);
    file_udp(&f, INVITE, 5060, 5060);
    expect_invites(&f, 1, false, "UDP");
    free(f.p);
}

static void damage_keeps_what_came_before(void **state)
{
    (void)state;
    struct file f;
    struct result r;
    file_phones(&f, 2000);
    f.n -= 10; /* cut inside of the last packet */
    struct analysis *a = run(&f, 1, 0, &r, false);
    assert_non_null(a);
    assert_int_equal(analysis_summary(a)->messages.total, 1999);
    assert_int_equal(analysis_summary(a)->input.ndamage, 1);
    assert_non_null(strstr(analysis_partial(a), "damaged"));
    analysis_free(a);
    buf_release(&r.text);
    f.n = 24; /* nothing but the header */
    a = run(&f, 2, 0, &r, true);
    assert_non_null(a);
    assert_int_equal(analysis_summary(a)->input.packets, 0);
    assert_true(isnan(analysis_summary(a)->calls.asr));
    analysis_free(a);
    buf_release(&r.text);
    f.n = 10; /* not even that */
    assert_null(run(&f, 1, 0, &r, true));
    buf_release(&r.text);
    free(f.p);
}

static void a_flag_stops_the_run(void **state)
{
    (void)state;
    struct file f;
    file_phones(&f, 60000);
    for (unsigned jobs = 1; jobs <= 2; jobs++) {
        struct result r = {.stop_after = 100};
        struct err e;
        buf_init(&r.text, 1 << 20);
        struct analysis_options o = {.bytes = f.p, .nbytes = f.n, .jobs = jobs, .on_message = on_message, .ctx = &r, .stop = &r.stop};
        struct analysis *a = analysis_run(&o, &e);
        assert_non_null(a);
        assert_in_range(analysis_summary(a)->messages.total, 100, 59999);
        assert_true(analysis_summary(a)->input.interrupted);
        assert_non_null(strstr(analysis_partial(a), "interrupted"));
        analysis_free(a);
        buf_release(&r.text);
    }
    free(f.p);
}

static void only_the_ports_asked_for_are_looked_at(void **state)
{
    (void)state;
    static const struct {
        uint16_t port[2];
        size_t nport;
        unsigned want;
    } row[] = {{{0}, 0, 3}, {{5060}, 1, 2}, {{5080}, 1, 1}, {{9999}, 1, 0}, {{5080, 6060}, 2, 3}};
    struct file f;
    file_begin(&f);
    file_udp(&f, INVITE, 6060, 5060);
    file_udp(&f, INVITE, 5060, 6060);
    file_udp(&f, INVITE, 5080, 5081);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct err e;
        struct analysis_options o = {.bytes = f.p, .nbytes = f.n, .jobs = 1, .port = row[i].port, .nport = row[i].nport};
        struct analysis *a = analysis_run(&o, &e);
        assert_non_null(a);
        assert_int_equal(analysis_summary(a)->messages.total, row[i].want);
        analysis_free(a);
    }
    free(f.p);
}

static void a_filter_leaves_packets_out(void **state)
{
    (void)state;
    struct file f;
    struct err e;
    file_begin(&f);
    file_udp(&f, INVITE, 6060, 5060);
    file_udp(&f, INVITE, 5080, 5081);
    struct analysis_options o = {.bytes = f.p, .nbytes = f.n, .jobs = 1, .bpf = "udp port 5080"};
    struct analysis *a = analysis_run(&o, &e);
    assert_non_null(a);
    assert_int_equal(analysis_summary(a)->messages.total, 1);
    assert_int_equal(analysis_summary(a)->input.packets, 1);
    analysis_free(a);
    o.bpf = "no such words";
    assert_null(analysis_run(&o, &e));
    assert_int_equal(e.code, EXIT_USAGE);
    free(f.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_of_workers_changes_nothing),
        cmocka_unit_test(a_clock_that_jumps_is_the_same_for_all_workers),
        cmocka_unit_test(a_message_costs_no_allocation),
        cmocka_unit_test(allocation_may_fail_anywhere),
        cmocka_unit_test(the_ceiling_holds),
        cmocka_unit_test(tcp_segments_and_fragments_give_the_same_messages),
        cmocka_unit_test(damage_keeps_what_came_before),
        cmocka_unit_test(a_flag_stops_the_run),
        cmocka_unit_test(only_the_ports_asked_for_are_looked_at),
        cmocka_unit_test(a_filter_leaves_packets_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
