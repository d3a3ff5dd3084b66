/* The synthesiser: what it says it did is compared with an independent look at the packets. */
#include "unit.h"

#include "base/clock.h"
#include "base/mem.h"
#include "synth/rng.h"
#include "synth/synth.h"

#include <stdio.h>

enum { STREAMS_MAX = 8192, SSRC_MAX = 1024 };

/* One direction of a TCP connection, put together by sequence number. */
struct half {
    uint8_t key[12];
    uint32_t first;
    uint8_t *p;
    size_t n, cap;
};

struct ssrc {
    uint32_t ssrc;
    uint64_t packets;
    uint32_t first, last;
};

struct look {
    uint64_t hash, packets, bytes;
    int64_t last_ts;
    bool backwards, bad_checksum, bad_address, bad_mac, bad_length;
    uint64_t messages, requests, responses, crlf, bad_content_length, invites, registers, ok, unauthorized;
    struct half *half;
    size_t nhalf;
    struct ssrc ssrc[SSRC_MAX];
    size_t nssrc;
    uint64_t rtp, rtcp, refuse_after, crlf_bytes;
};

static unsigned get16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* Sum of 16-bit words in network order: 0xffff when a checksum within is right. */
static uint32_t sum16(uint32_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static bool address_allowed(const uint8_t *a, bool v4)
{
    if (!v4)
        return get32(a) == 0x20010db8;
    uint32_t x = get32(a);
    return x >> 8 == 0xc00002 || x >> 8 == 0xc63364 || x >> 8 == 0xcb0071 || x >> 17 == 0xc612 >> 1;
}

static const char *find(const char *p, size_t n, const char *what)
{
    return memmem(p, n, what, strlen(what));
}

/* Length of the message at p: header, empty line, body; 0 when there is none. *lies: Content-Length goes beyond n. */
static size_t message_length(const char *p, size_t n, bool *lies)
{
    const char *end = find(p, n, "\r\n\r\n");
    if (!end)
        return 0;
    size_t head = (size_t)(end - p) + 4;
    const char *length = find(p, head, "\r\nContent-Length: ");
    const char *compact = find(p, head, "\r\nl: ");
    size_t body = length ? strtoul(length + 18, NULL, 10) : compact ? strtoul(compact + 5, NULL, 10) : 0;
    *lies = (!length && !compact) || body > n - head;
    return *lies ? n : head + body;
}

static void look_at_message(struct look *l, const char *p, size_t n)
{
    l->messages++;
    if (n > 12 && memcmp(p, "SIP/2.0 ", 8) == 0) {
        l->responses++;
        l->ok += memcmp(p + 8, "200", 3) == 0;
        l->unauthorized += memcmp(p + 8, "401", 3) == 0;
        return;
    }
    l->requests++;
    l->invites += memcmp(p, "INVITE ", 7) == 0;
    l->registers += memcmp(p, "REGISTER ", 9) == 0;
}

static void look_at_stream(struct look *l, const char *p, size_t n)
{
    while (n) {
        if (n >= 2 && memcmp(p, "\r\n", 2) == 0) {
            l->crlf_bytes += 2;
            p += 2;
            n -= 2;
        } else {
            bool lies = false;
            size_t length = message_length(p, n, &lies);
            if (!length || lies) {
                l->bad_content_length++;
                return;
            }
            look_at_message(l, p, length);
            p += length;
            n -= length;
        }
    }
}

static void look_at_rtp(struct look *l, const uint8_t *p)
{
    uint32_t ssrc = get32(p + 8), seq = get16(p + 2);
    size_t i = 0;
    while (i < l->nssrc && l->ssrc[i].ssrc != ssrc)
        i++;
    assert_true(i < SSRC_MAX);
    struct ssrc *s = &l->ssrc[i];
    if (i == l->nssrc) {
        l->nssrc++;
        *s = (struct ssrc){ssrc, 0, seq, seq};
    }
    s->packets++;
    s->last += (seq - s->last) & 0xffff; /* no reordering within a stream: an extended sequence number */
    l->rtp++;
}

static void look_at_udp(struct look *l, const uint8_t *p, size_t n)
{
    if (n >= 2 && p[0] >> 6 == 2) {
        if ((p[1] & 0x7f) >= 72 && (p[1] & 0x7f) <= 76)
            l->rtcp++;
        else
            look_at_rtp(l, p);
    } else if (n <= 4) {
        l->crlf++;
    } else {
        bool lies = false;
        size_t length = message_length((const char *)p, n, &lies);
        l->bad_content_length += lies || length != n;
        look_at_message(l, (const char *)p, n);
    }
}

static void look_at_tcp(struct look *l, const uint8_t key[12], const uint8_t *tcp, const uint8_t *p, size_t n)
{
    size_t i = 0;
    while (i < l->nhalf && memcmp(l->half[i].key, key, 12) != 0)
        i++;
    assert_true(i < STREAMS_MAX);
    struct half *h = &l->half[i];
    uint32_t seq = get32(tcp + 4);
    if (i == l->nhalf) {
        l->nhalf++;
        memcpy(h->key, key, 12);
        assert_true(tcp[13] & 2); /* every connection begins with its SYN */
        h->first = seq + 1;
    }
    size_t at = seq - h->first;
    if (!n)
        return;
    if (at + n > h->cap) {
        h->cap = (at + n) * 2;
        h->p = realloc(h->p, h->cap);
    }
    memcpy(h->p + at, p, n);
    h->n = at + n > h->n ? at + n : h->n;
}

static void look_at_ip(struct look *l, const uint8_t *f, size_t n)
{
    bool v4 = get16(f + 12) == 0x0800;
    const uint8_t *ip = f + 14, *l4 = ip + (v4 ? 20 : 40);
    size_t l4_n = v4 ? get16(ip + 2) - 20 : get16(ip + 4);
    unsigned proto = v4 ? ip[9] : ip[6];
    l->bad_length |= (size_t)(l4 - f) + l4_n != n;
    if (l->bad_length)
        return;
    const uint8_t *src = v4 ? ip + 12 : ip + 8;
    size_t address_n = v4 ? 4 : 16;
    l->bad_address |= !address_allowed(src, v4) || !address_allowed(src + address_n, v4);
    l->bad_mac |= memcmp(f, "\0\0\x5e\0\x53", 5) != 0 || memcmp(f + 6, "\0\0\x5e\0\x53", 5) != 0;
    uint32_t sum = sum16((uint32_t)l4_n + proto, src, address_n * 2);
    l->bad_checksum |= sum16(sum, l4, l4_n) != 0xffff || (v4 && sum16(0, ip, 20) != 0xffff);
    if (proto == 17) {
        l->bad_length |= get16(l4 + 4) != l4_n;
        look_at_udp(l, l4 + 8, l4_n - 8);
    } else {
        uint8_t key[12];
        memcpy(key, v4 ? src : src + 12, 4);
        memcpy(key + 4, v4 ? src + 4 : src + 28, 4);
        memcpy(key + 8, l4, 4);
        size_t head = (size_t)(l4[12] >> 4) * 4;
        look_at_tcp(l, key, l4, l4 + head, l4_n - head);
    }
}

static bool look_emit(void *ctx, int64_t ts_ns, const uint8_t *p, size_t n)
{
    struct look *l = ctx;
    if (l->refuse_after && l->packets == l->refuse_after)
        return false;
    l->packets++;
    l->bytes += n;
    l->backwards |= ts_ns < l->last_ts;
    l->last_ts = ts_ns;
    l->hash = (l->hash ^ (uint64_t)ts_ns) * 0x100000001b3u;
    for (size_t i = 0; i < n; i++)
        l->hash = (l->hash ^ p[i]) * 0x100000001b3u;
    look_at_ip(l, p, n);
    return true;
}

static void look_free(struct look *l)
{
    for (size_t i = 0; i < l->nhalf; i++)
        free(l->half[i].p);
    free(l->half);
    free(l);
}

static struct look *run(const char *workload, uint64_t seed, uint64_t count, bool tcp, struct synth_truth *truth)
{
    struct look *l = calloc(1, sizeof *l);
    l->half = calloc(STREAMS_MAX, sizeof *l->half);
    struct synth_options o = {
        .workload = workload, .seed = seed, .count = count, .tcp = tcp, .emit = look_emit, .ctx = l};
    struct err e;
    if (!synth_run(&o, truth, &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < l->nhalf; i++)
        look_at_stream(l, (const char *)l->half[i].p, l->half[i].n);
    l->crlf += l->crlf_bytes / 3; /* CR LF CR LF and its answer CR LF are two */
    return l;
}

static const struct {
    const char *workload;
    uint64_t count;
    bool tcp;
    unsigned crooked; /* messages whose Content-Length does not fit on purpose */
} runs[] = {{"sample", 0, false, 1},
            {"open-server", 30000, false, 0},
            {"open-server", 12000, true, 0},
            {"rtp", 60000, false, 0},
            {"rtp", 60000, true, 0}};

enum { RUNS = sizeof runs / sizeof *runs };

static void same_seed_gives_the_same_bytes_and_another_seed_others(void **state)
{
    struct synth_truth t;
    for (size_t i = 0; i < RUNS; i++) {
        struct look *a = run(runs[i].workload, 7, runs[i].count / 4, runs[i].tcp, &t);
        struct look *b = run(runs[i].workload, 7, runs[i].count / 4, runs[i].tcp, &t);
        struct look *c = run(runs[i].workload, 8, runs[i].count / 4, runs[i].tcp, &t);
        assert_true(a->hash == b->hash && a->bytes == b->bytes);
        assert_true(a->hash != c->hash);
        look_free(a);
        look_free(b);
        look_free(c);
    }
}

static void packets_are_well_formed_in_order_and_from_reserved_ranges(void **state)
{
    struct synth_truth t;
    for (size_t i = 0; i < RUNS; i++) {
        struct look *l = run(runs[i].workload, 3, runs[i].count, runs[i].tcp, &t);
        assert_false(l->backwards);
        assert_false(l->bad_length);
        assert_false(l->bad_checksum);
        assert_false(l->bad_address);
        assert_false(l->bad_mac);
        look_free(l);
    }
}

static void truth_agrees_with_what_the_packets_say(void **state)
{
    struct synth_truth t;
    for (size_t i = 0; i < RUNS; i++) {
        struct look *l = run(runs[i].workload, 11, runs[i].count, runs[i].tcp, &t);
        assert_int_equal(l->packets, t.packets);
        assert_int_equal(l->bytes, t.bytes);
        assert_int_equal(l->last_ts, t.last_ts_ns);
        assert_int_equal(l->messages, t.messages);
        assert_int_equal(l->requests, t.requests);
        assert_int_equal(l->responses, t.responses);
        assert_int_equal(l->invites, t.by_method[SIP_M_INVITE]);
        assert_int_equal(l->registers, t.by_method[SIP_M_REGISTER]);
        assert_int_equal(l->ok, t.by_status[200]);
        assert_int_equal(l->unauthorized, t.by_status[401]);
        assert_int_equal(l->crlf, t.crlf);
        assert_int_equal(l->bad_content_length, runs[i].crooked);
        assert_int_equal(l->rtp, t.stream_packets);
        assert_int_equal(l->rtcp, t.rtcp_packets);
        assert_int_equal(l->nssrc, t.streams);
        if (strcmp(runs[i].workload, "open-server") == 0)
            assert_int_equal(t.messages, runs[i].count);
        if (strcmp(runs[i].workload, "rtp") == 0)
            assert_int_equal(t.packets, runs[i].count);
        look_free(l);
    }
}

static void lost_packets_are_the_gaps_in_the_sequence_numbers(void **state)
{
    struct synth_truth t;
    struct look *l = run("rtp", 5, 200000, false, &t);
    uint64_t gaps = 0;
    for (size_t i = 0; i < l->nssrc; i++)
        gaps += (uint64_t)(l->ssrc[i].last - l->ssrc[i].first) + 1 - l->ssrc[i].packets;
    assert_int_equal(t.streams, 400);
    assert_true(gaps > 0);
    assert_int_equal(gaps, t.stream_lost);
    assert_true(t.stream_lost * 1000 > t.stream_packets * 8 / 10 && t.stream_lost * 1000 < t.stream_packets * 12 / 10);
    look_free(l);
}

static void the_open_server_has_the_mix_it_is_made_for(void **state)
{
    struct synth_truth t;
    struct look *l = run("open-server", 1, 200000, false, &t);
    double n = (double)t.messages, seconds = (double)(t.last_ts_ns - t.first_ts_ns) / (double)NS_PER_S;
    assert_true(n / seconds > 420 && n / seconds < 460);
    assert_true((double)t.challenges / n > 0.08 && (double)t.challenges / n < 0.10);
    assert_true((double)t.credentials / n > 0.155 && (double)t.credentials / n < 0.185);
    assert_true((double)t.retransmissions / n > 0.003 && (double)t.retransmissions / n < 0.005);
    assert_true((double)t.crlf / (double)t.packets > 0.018 && (double)t.crlf / (double)t.packets < 0.028);
    assert_true(t.bytes / t.packets > 500 && t.bytes / t.packets < 650);
    assert_int_equal(t.users_registered, 3000);
    look_free(l);
}

static void every_call_of_the_truth_has_exactly_one_state(void **state)
{
    struct synth_truth t;
    for (size_t i = 0; i < RUNS; i++) {
        look_free(run(runs[i].workload, 2, runs[i].count, runs[i].tcp, &t));
        uint64_t sum = 0, failed = 0;
        for (unsigned k = 0; k < SYNTH_CALL_STATES; k++)
            sum += k == SYNTH_CALL_CHALLENGED ? 0 : t.calls[k];
        for (unsigned k = 0; k < 700; k++)
            failed += t.calls_by_failure[k];
        assert_int_equal(sum, t.call_attempts);
        assert_int_equal(failed, t.calls[SYNTH_CALL_FAILED]);
        assert_int_equal(t.requests + t.responses, t.messages);
        assert_int_equal(t.udp + t.tcp, t.messages);
    }
}

static void the_sample_plants_its_troubles(void **state)
{
    static const char *const ids[] = {"call.no_response",
                                      "call.ack_missing",
                                      "call.forked",
                                      "call.gateway_503",
                                      "call.timeout",
                                      "call.redirected",
                                      "call.zero_length",
                                      "call.ongoing",
                                      "media.one_way",
                                      "media.loss",
                                      "register.wrong_password",
                                      "register.no_response",
                                      "register.slow_server",
                                      "scan",
                                      "message.malformed",
                                      "call.hold",
                                      "call.transfer"};
    struct synth_truth t;
    struct look *l = run("sample", 1, 0, false, &t);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        uint32_t k = 0;
        while (k < t.nplanted && strcmp(t.planted[k].id, ids[i]) != 0)
            k++;
        if (k == t.nplanted)
            fail_msg("%s is not there", ids[i]);
        assert_true(t.planted[k].nexample > 0 && t.planted[k].example[0][0]);
    }
    assert_true(t.bytes + t.packets * 16 < 2100000);
    look_free(l);
}

static bool count_emit(void *ctx, int64_t ts_ns, const uint8_t *p, size_t n)
{
    return true;
}

static uint64_t allocations(uint64_t count, bool tcp)
{
    struct synth_truth t;
    struct err e;
    struct synth_options o = {.workload = "open-server", .seed = 1, .count = count, .tcp = tcp, .emit = count_emit};
    uint64_t before = mem_count();
    assert_true(synth_run(&o, &t, &e));
    return mem_count() - before;
}

static void memory_does_not_grow_with_the_length(void **state)
{
    assert_true(allocations(600000, false) <= allocations(200000, false) + 2);
    assert_true(allocations(600000, true) <= allocations(200000, true) + 2);
}

static void running_out_of_memory_is_an_error_at_every_point(void **state)
{
    static const char *const workloads[] = {"sample", "open-server", "rtp"};
    for (size_t w = 1; w < 6; w++) {
        bool ok = false;
        for (int64_t after = 0; !ok; after += after < 12 ? 1 : 7) {
            struct synth_truth t;
            struct err e;
            struct synth_options o = {
                .workload = workloads[w / 2], .seed = 1, .count = 3000, .tcp = w > 1 && w % 2, .emit = count_emit};
            mem_fail_after(after);
            ok = synth_run(&o, &t, &e);
            mem_fail_after(-1);
            if (!ok)
                assert_int_equal(e.code, EXIT_IO);
        }
    }
}

static void a_refused_packet_ends_the_run(void **state)
{
    struct look *l = calloc(1, sizeof *l);
    l->half = calloc(STREAMS_MAX, sizeof *l->half);
    l->refuse_after = 100;
    struct synth_truth t;
    struct err e;
    struct synth_options o = {.workload = "sample", .seed = 1, .emit = look_emit, .ctx = l};
    assert_false(synth_run(&o, &t, &e));
    assert_int_equal(e.code, EXIT_IO);
    assert_int_equal(l->packets, 100);
    look_free(l);
}

static void an_unknown_workload_is_a_usage_error(void **state)
{
    struct synth_truth t;
    struct err e;
    struct synth_options o = {.workload = "no-such-thing", .emit = count_emit};
    assert_false(synth_run(&o, &t, &e));
    assert_int_equal(e.code, EXIT_USAGE);
    o.workload = "sample";
    o.tcp = true; /* it has both transports already */
    assert_false(synth_run(&o, &t, &e));
    assert_int_equal(e.code, EXIT_USAGE);
    size_t n;
    const struct synth_workload *w = synth_workloads(&n);
    assert_true(n >= 3 && w[0].name && w[0].meaning);
}

static void the_truth_prints_as_json(void **state)
{
    struct synth_truth t;
    look_free(run("sample", 1, 0, false, &t));
    struct buf b;
    buf_init(&b, 0);
    synth_truth_print(&t, &b);
    assert_false(b.failed);
    assert_non_null(find(b.p, b.n, "\"schema\": \"siptap/truth/1\""));
    assert_non_null(find(b.p, b.n, "\"planted\": ["));
    assert_int_equal(b.p[b.n - 1], '\n');
    buf_release(&b);
}

static void exponential_numbers_have_their_mean_and_spread(void **state)
{
    struct rng r;
    rng_init(&r, 42);
    double sum = 0, above = 0;
    enum { N = 200000, MEAN = 1000000 };
    for (int i = 0; i < N; i++) {
        int64_t x = rng_exponential(&r, MEAN);
        assert_true(x >= 0);
        sum += (double)x;
        above += x > MEAN;
    }
    assert_true(sum / N > MEAN * 0.99 && sum / N < MEAN * 1.01);
    assert_true(above / N > 0.3629 && above / N < 0.3729); /* 1/e */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_gives_the_same_bytes_and_another_seed_others),
        cmocka_unit_test(packets_are_well_formed_in_order_and_from_reserved_ranges),
        cmocka_unit_test(truth_agrees_with_what_the_packets_say),
        cmocka_unit_test(lost_packets_are_the_gaps_in_the_sequence_numbers),
        cmocka_unit_test(the_open_server_has_the_mix_it_is_made_for),
        cmocka_unit_test(every_call_of_the_truth_has_exactly_one_state),
        cmocka_unit_test(the_sample_plants_its_troubles),
        cmocka_unit_test(memory_does_not_grow_with_the_length),
        cmocka_unit_test(running_out_of_memory_is_an_error_at_every_point),
        cmocka_unit_test(a_refused_packet_ends_the_run),
        cmocka_unit_test(an_unknown_workload_is_a_usage_error),
        cmocka_unit_test(the_truth_prints_as_json),
        cmocka_unit_test(exponential_numbers_have_their_mean_and_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
