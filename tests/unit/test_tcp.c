#include "unit.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/oddity.h"
#include "decode/tcp.h"

static const struct hash_seed SEED = {9, 10};
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16, STREAM = 20000 };

/* What a callback saw of one direction, and how it consumes. */
struct sink {
    char got[800000];
    size_t n;
    unsigned calls, gaps, starts, ends, cuts, stable;
    size_t bite; /* bytes consumed per call at most; 0: all */
    size_t least; /* consumes nothing while fewer bytes are offered, unless it is the last chance */
    uint64_t first_packet;
};

struct kit {
    struct tcp_table t;
    struct sink sink[2]; /* by direction: [0] goes to port 5060 */
    uint64_t number;
    int64_t now_ns;
    struct packet last;
};

static size_t deliver(void *ctx, struct tcp_half *h, const struct packet *p, const char *data, size_t n,
                      unsigned events)
{
    struct sink *s = &((struct kit *)ctx)->sink[h->dst.port != 5060];
    s->calls++;
    s->gaps += !!(events & TCP_GAP);
    s->starts += !!(events & TCP_START);
    s->ends += !!(events & TCP_END);
    s->cuts += !!(events & TCP_CUT);
    s->stable += !!(events & TCP_STABLE);
    if (n < s->least && !(events & (TCP_END | TCP_CUT)))
        return 0;
    if (s->bite && n > s->bite)
        n = s->bite;
    assert_true(s->n + n <= sizeof s->got);
    if (n)
        memcpy(s->got + s->n, data, n);
    s->n += n;
    if (n)
        s->first_packet = h->first_packet;
    return n;
}

static struct kit *kit_open(size_t limit, uint32_t connections)
{
    struct kit *k = calloc(1, sizeof *k);
    assert_non_null(k);
    assert_true(tcp_table_init(&k->t, limit, connections, &SEED));
    k->now_ns = NS_PER_S;
    return k;
}

static void kit_close(struct kit *k)
{
    tcp_finish(&k->t, deliver, k);
    assert_int_equal(k->t.blocks.used, 0);
    assert_int_equal(k->t.connections, 0);
    tcp_table_release(&k->t);
    free(k);
}

/* The byte of the stream with this sequence number. */
static uint8_t content(uint32_t seq)
{
    return (uint8_t)(seq * 2654435761u >> 21);
}

static struct packet segment(struct kit *k, int direction, uint16_t client, unsigned flags, uint32_t seq, uint32_t n)
{
    static uint8_t bytes[70000];
    struct packet p = {.ts_ns = k->now_ns, .number = ++k->number, .l4 = L4_TCP, .ip_version = 4, .ip_proto = 6,
                       .tcp_flags = (uint8_t)flags, .tcp_seq = seq, .payload = bytes, .payload_len = n};
    p.src.b[15] = (uint8_t)(1 + direction);
    p.dst.b[15] = (uint8_t)(2 - direction);
    p.src_port = direction ? 5060 : client;
    p.dst_port = direction ? client : 5060;
    p.flow_hash = decode_flow_hash(&p, &SEED);
    for (uint32_t i = 0; i < n; i++)
        bytes[i] = content(seq + i);
    return p;
}

static void input(struct kit *k, struct packet p)
{
    tcp_input(&k->t, &p, deliver, k);
    k->last = p;
    assert_true(k->t.blocks.held <= k->t.blocks.limit);
}

static void send(struct kit *k, int direction, unsigned flags, uint32_t seq, uint32_t n)
{
    input(k, segment(k, direction, 40000, flags, seq, n));
}

static void send_ack(struct kit *k, int direction, uint32_t ack)
{
    struct packet p = segment(k, direction, 40000, ACK, 0, 0);
    p.tcp_ack = ack;
    input(k, p);
}

static void check_content(const struct sink *s, size_t from, uint32_t seq, size_t n)
{
    assert_true(from + n <= s->n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal((uint8_t)s->got[from + i], content(seq + (uint32_t)i));
}

static void a_segment_in_order_is_delivered_from_the_packet_itself(void **state)
{
    struct kit *k = kit_open(1 << 20, 16);
    send(k, 0, SYN, 999, 0);
    send(k, 1, SYN | ACK, 4999, 0);
    send(k, 0, ACK, 1000, 700);
    send(k, 1, ACK, 5000, 300);
    send(k, 0, ACK | FIN, 1700, 10);
    send(k, 1, ACK | FIN, 5300, 0);
    check_content(&k->sink[0], 0, 1000, 710);
    check_content(&k->sink[1], 0, 5000, 300);
    assert_int_equal(k->sink[0].n, 710);
    assert_int_equal(k->sink[0].stable, 2);
    assert_int_equal(k->sink[0].starts + k->sink[0].gaps, 0);
    assert_int_equal(k->sink[0].ends, 1);
    assert_int_equal(k->sink[1].ends, 1);
    assert_int_equal(k->t.count.in_order, 3);
    assert_int_equal(k->t.blocks.held, 0);
    kit_close(k);
}

static uint32_t next_random(uint32_t *x)
{
    *x = *x * 1664525 + 1013904223;
    return *x >> 8;
}

/* Cuts the stream anywhere, sends it in bounded disorder with copies and overlaps; all bytes have to come out once. */
static void shuffle_stream(uint32_t seed, uint32_t base, size_t bite, size_t least)
{
    struct kit *k = kit_open(4 << 20, 16);
    uint32_t x = seed, at = 0, n = 0;
    static struct {
        uint32_t at, n;
    } piece[2 * STREAM];
    k->sink[0].bite = bite;
    k->sink[0].least = least;
    while (at < STREAM) {
        uint32_t len = 1 + next_random(&x) % (seed % 3 ? 900 : 9);
        uint32_t early = next_random(&x) % 4 ? 0 : next_random(&x) % 50;
        early = early < at ? early : at;
        len = len < STREAM - at ? len : STREAM - at;
        piece[n].at = at - early;
        piece[n++].n = len + early;
        if (next_random(&x) % 5 == 0) {
            piece[n] = piece[n - 1];
            n++;
        }
        at += len;
    }
    for (uint32_t i = 0; i + 1 < n; i++) {
        uint32_t other = i + next_random(&x) % (n - i < 20 ? n - i : 20), a = piece[i].at, b = piece[i].n;
        piece[i] = piece[other];
        piece[other].at = a;
        piece[other].n = b;
    }
    send(k, 0, SYN, base - 1, 0);
    for (uint32_t i = 0; i < n; i++)
        send(k, 0, ACK, base + piece[i].at, piece[i].n);
    send(k, 0, FIN | ACK, base + STREAM, 0);
    struct sink *s = &k->sink[0];
    if (!bite) {
        assert_int_equal(s->n, STREAM);
        check_content(s, 0, base, STREAM);
    }
    assert_int_equal(s->gaps, 0);
    assert_int_equal(s->ends, 1);
    assert_int_equal(k->t.count.overlaps, 0);
    kit_close(k);
}

static void any_cutting_order_and_repetition_delivers_the_bytes_once(void **state)
{
    for (uint32_t seed = 1; seed < 60; seed++) {
        shuffle_stream(seed, 1000, 0, 0);
        shuffle_stream(seed, 0xfffff000u, 0, 1000); /* sequence numbers wrap; the callback waits */
    }
}

static void a_callback_may_take_little_at_a_time(void **state)
{
    struct kit *k = kit_open(1 << 20, 16);
    k->sink[0].bite = 7;
    send(k, 0, SYN, 999, 0);
    for (uint32_t i = 0; i < 50; i++)
        send(k, 0, ACK, 1000 + i * 100, 100);
    assert_int_equal(k->sink[0].n, 5000);
    check_content(&k->sink[0], 0, 1000, 5000);
    kit_close(k);
}

static void segments_of_one_byte_are_a_stream_too(void **state)
{
    struct kit *k = kit_open(1 << 20, 16);
    k->sink[0].least = 3000;
    send(k, 0, SYN, 999, 0);
    for (uint32_t i = 0; i < 6000; i++)
        send(k, 0, ACK, 1000 + i, 1);
    assert_int_equal(k->sink[0].n, 6000);
    check_content(&k->sink[0], 0, 1000, 6000);
    assert_int_equal(k->t.blocks.used, 0);
    kit_close(k);
}

static void the_packet_of_the_first_byte_is_known(void **state)
{
    struct kit *k = kit_open(1 << 20, 16);
    send(k, 0, SYN, 999, 0);
    k->sink[0].least = 250;
    send(k, 0, ACK, 1000, 100); /* packet 2 */
    send(k, 0, ACK, 1100, 100);
    k->sink[0].bite = 150;
    send(k, 0, ACK, 1200, 100); /* 300 are there: takes 150, the rest begins in packet 3 */
    assert_int_equal(k->sink[0].first_packet, 2);
    assert_int_equal(k->sink[0].n, 150);
    k->sink[0].least = 0;
    k->sink[0].bite = 0;
    send(k, 0, ACK, 1300, 10);
    assert_int_equal(k->sink[0].first_packet, 3);
    send(k, 0, ACK, 1320, 10);
    send(k, 0, ACK, 1310, 10);
    assert_int_equal(k->sink[0].first_packet, 6); /* the held one, delivered after the one that filled the hole */
    check_content(&k->sink[0], 0, 1000, 330);
    kit_close(k);
}

static void a_stream_without_its_syn_begins_at_its_first_data(void **state)
{
    struct kit *k = kit_open(1 << 20, 16);
    send(k, 0, ACK, 500, 0);
    assert_int_equal(k->t.connections, 0);
    send(k, 0, ACK, 500, 100);
    send(k, 0, ACK, 600, 100);
    assert_int_equal(k->sink[0].starts, 1);
    check_content(&k->sink[0], 0, 500, 200);
    kit_close(k);
}

static void lost_bytes_are_a_gap_once_the_peer_has_acknowledged_them(void **state)
{
    struct kit *k = kit_open(1 << 20, 16);
    k->sink[0].least = 1000; /* keeps what comes before the gap */
    send(k, 0, SYN, 999, 0);
    send(k, 0, ACK, 1000, 100);
    send(k, 0, ACK, 1200, 100);
    send(k, 0, ACK, 1300, 100);
    assert_int_equal(k->sink[0].gaps, 0);
    send_ack(k, 1, 1400);
    send(k, 0, ACK, 1400, 100);
    send(k, 0, ACK, 1500, 100);
    assert_int_equal(k->sink[0].gaps, 0);
    k->sink[0].least = 0;
    send(k, 0, ACK, 1600, 100);
    assert_int_equal(k->sink[0].cuts, 1);
    assert_int_equal(k->sink[0].gaps, 1);
    assert_true(k->last.oddities >> ODD_TCP_GAP & 1);
    assert_int_equal(k->t.count.gap_bytes, 100);
    check_content(&k->sink[0], 0, 1000, 100);
    check_content(&k->sink[0], 100, 1200, 500);
    kit_close(k);
}

static void time_turns_a_hole_into_a_gap(void **state)
{
    for (int acknowledged = 0; acknowledged < 2; acknowledged++) {
        struct kit *k = kit_open(1 << 20, 16);
        send(k, 0, SYN, 999, 0);
        send(k, 0, ACK, 1100, 100);
        if (acknowledged)
            send_ack(k, 1, 1200);
        tcp_expire(&k->t, k->now_ns + (acknowledged ? 1 : 29) * NS_PER_S, deliver, k);
        assert_int_equal(k->sink[0].gaps, 0);
        tcp_expire(&k->t, k->now_ns + (acknowledged ? 3 : 31) * NS_PER_S, deliver, k);
        assert_int_equal(k->sink[0].gaps, 1);
        check_content(&k->sink[0], 0, 1100, 100);
        kit_close(k);
    }
}

static void too_much_out_of_order_is_a_gap(void **state)
{
    struct kit *k = kit_open(4 << 20, 16);
    send(k, 0, SYN, 999, 0);
    for (uint32_t i = 1; i < 1000; i++)
        send(k, 0, ACK, 1000 + i * 100, 100);
    assert_int_equal(k->sink[0].gaps, 1);
    check_content(&k->sink[0], 0, 1100, 99900);
    for (uint32_t i = 1; i < 9; i++)
        send(k, 0, ACK, 200000 + i * 60000, 60000);
    assert_int_equal(k->sink[0].gaps, 2);
    kit_close(k);
}

static void the_end_delivers_what_was_held(void **state)
{
    for (int how = 0; how < 3; how++) {
        struct kit *k = kit_open(1 << 20, 16);
        send(k, 0, SYN, 999, 0);
        send(k, 0, ACK, 1000, 10);
        send(k, 0, ACK, 1020, 10);
        if (how == 0)
            send(k, 0, RST, 1030, 0);
        else if (how == 1)
            tcp_expire(&k->t, k->now_ns + 3601 * NS_PER_S, deliver, k);
        else
            tcp_finish(&k->t, deliver, k);
        assert_int_equal(k->sink[0].n, 20);
        assert_int_equal(k->sink[0].gaps, 1);
        assert_int_equal(k->sink[0].ends, 1);
        assert_int_equal(k->t.count.timeouts, how == 1);
        kit_close(k);
    }
}

static void a_fin_before_missing_bytes_waits_for_them(void **state)
{
    struct kit *k = kit_open(1 << 20, 16);
    send(k, 0, SYN, 999, 0);
    send(k, 0, ACK | FIN, 1010, 10);
    assert_int_equal(k->sink[0].ends, 0);
    send(k, 0, ACK, 1000, 10);
    assert_int_equal(k->sink[0].ends, 1);
    check_content(&k->sink[0], 0, 1000, 20);
    send(k, 0, ACK, 1000, 20); /* a late copy begins nothing new */
    send(k, 0, ACK | FIN, 1020, 0);
    assert_int_equal(k->sink[0].n, 20);
    assert_int_equal(k->sink[0].starts, 0);
    kit_close(k);
}

static void a_segment_cut_by_the_capture_leaves_a_gap_of_its_size(void **state)
{
    struct kit *k = kit_open(1 << 20, 16);
    send(k, 0, SYN, 999, 0);
    struct packet p = segment(k, 0, 40000, ACK, 1000, 60);
    p.payload_missing = 40;
    input(k, p);
    assert_int_equal(k->sink[0].cuts, 1);
    send(k, 0, ACK, 1100, 50);
    assert_int_equal(k->sink[0].gaps, 1);
    check_content(&k->sink[0], 0, 1000, 60);
    check_content(&k->sink[0], 60, 1100, 50);
    assert_int_equal(k->t.count.gap_bytes, 40);
    kit_close(k);
}

static void conflicting_copies_are_named_and_the_first_wins(void **state)
{
    struct kit *k = kit_open(1 << 20, 16);
    static uint8_t other[100];
    send(k, 0, SYN, 999, 0);
    send(k, 0, ACK, 1100, 100);
    struct packet p = segment(k, 0, 40000, ACK, 1100, 100);
    p.payload = other;
    input(k, p);
    assert_true(k->last.oddities >> ODD_TCP_OVERLAP & 1);
    send(k, 0, ACK, 1000, 100);
    check_content(&k->sink[0], 0, 1000, 200);
    k->sink[0].least = 500; /* delivered but kept: still compared */
    send(k, 0, ACK, 1200, 100);
    p = segment(k, 0, 40000, ACK, 1150, 100);
    p.payload = other;
    input(k, p);
    assert_true(k->last.oddities >> ODD_TCP_OVERLAP & 1);
    assert_int_equal(k->t.count.overlaps, 2);
    k->sink[0].least = 0;
    send(k, 0, ACK, 1300, 1);
    check_content(&k->sink[0], 0, 1000, 301);
    kit_close(k);
}

static void keep_alive_probes_are_nothing(void **state)
{
    struct kit *k = kit_open(1 << 20, 16);
    static uint8_t zero;
    k->sink[0].least = 500;
    send(k, 0, SYN, 999, 0);
    send(k, 0, ACK, 1000, 100);
    struct packet p = segment(k, 0, 40000, ACK, 1099, 1);
    p.payload = &zero;
    input(k, p);
    assert_int_equal(k->last.oddities, 0);
    assert_int_equal(k->t.count.retransmitted, 1);
    kit_close(k);
}

static void ports_used_again_are_a_new_stream(void **state)
{
    struct kit *k = kit_open(1 << 20, 16);
    send(k, 0, SYN, 999, 0);
    send(k, 1, SYN | ACK, 4999, 0);
    send(k, 0, SYN, 999, 0); /* the same SYN again is not */
    send(k, 0, ACK, 1000, 10);
    assert_int_equal(k->sink[0].ends, 0);
    send(k, 0, SYN, 70000999, 0);
    assert_int_equal(k->sink[0].ends, 1);
    assert_int_equal(k->sink[1].ends, 1);
    send(k, 1, SYN | ACK, 999, 0);
    send(k, 0, ACK, 70001000, 10);
    send(k, 1, ACK, 1000, 10);
    check_content(&k->sink[0], 10, 70001000, 10);
    check_content(&k->sink[1], 0, 1000, 10);
    assert_int_equal(k->sink[0].starts + k->sink[1].starts, 0);
    for (uint32_t i = 0; i < 3; i++) /* once more, and the SYN was not captured */
        send(k, 0, ACK, 1000 + i * 10, 10);
    assert_int_equal(k->sink[0].starts, 1);
    check_content(&k->sink[0], 20, 1020, 10);
    kit_close(k);
}

static void both_sides_may_send_a_syn_at_once(void **state)
{
    struct kit *k = kit_open(1 << 20, 16);
    send(k, 0, SYN, 999, 0);
    send(k, 1, SYN, 1999, 0);
    send(k, 0, SYN | ACK, 999, 0);
    send(k, 1, SYN | ACK, 1999, 0);
    send(k, 0, ACK, 1000, 10);
    send(k, 1, ACK, 2000, 10);
    assert_int_equal(k->sink[0].n + k->sink[1].n, 20);
    assert_int_equal(k->sink[0].ends + k->sink[1].ends + k->sink[0].starts + k->sink[1].starts, 0);
    kit_close(k);
}

static void a_flood_of_connections_stays_within_the_cap(void **state)
{
    struct kit *k = kit_open(256 << 10, 100);
    k->sink[0].least = 1 << 20; /* every connection keeps its bytes */
    for (uint32_t i = 0; i < 30000; i++) {
        input(k, segment(k, 0, (uint16_t)(1024 + i), i % 3 ? ACK : SYN, i * 77, i % 5 ? 500 : 0));
        assert_true(k->t.connections <= 100);
        k->sink[0].n = 0;
    }
    assert_true(k->t.count.evicted > 10000);
    assert_int_equal(k->t.count.connections, k->t.count.evicted + k->t.connections);
    kit_close(k);
}

static void what_a_callback_never_takes_is_dropped_at_a_limit(void **state)
{
    struct kit *k = kit_open(4 << 20, 16);
    k->sink[0].least = 1 << 30;
    send(k, 0, SYN, 999, 0);
    for (uint32_t i = 0; i < 600; i++) {
        send(k, 0, ACK, 1000 + i * 1000, 1000);
        assert_true(k->t.blocks.used <= 1 << 20);
        k->sink[0].n = 0;
    }
    assert_int_equal(k->sink[0].cuts, 1);
    assert_int_equal(k->sink[0].gaps, 1);
    kit_close(k);
}

static void no_memory_is_survived_at_every_step(void **state)
{
    for (int fail = 0; fail < 20; fail++) {
        struct kit *k = kit_open(4 << 20, 400);
        k->sink[0].least = 900;
        mem_fail_after(fail);
        for (uint32_t i = 0; i < 300; i++) {
            uint16_t client = (uint16_t)(2000 + i % 150);
            input(k, segment(k, 0, client, i < 150 ? SYN : ACK, i * 100, i % 7 ? 100 + i * 7 : 0));
            input(k, segment(k, 0, client, ACK, i * 100 + 5000, 100));
            k->sink[0].n = 0;
        }
        mem_fail_after(-1);
        kit_close(k);
    }
    struct tcp_table t;
    for (int fail = 0; fail < 2; fail++) {
        mem_fail_after(fail);
        assert_false(tcp_table_init(&t, 4096, 100, &SEED));
        mem_fail_after(-1);
    }
}

static void steady_traffic_takes_no_more_memory(void **state)
{
    struct kit *k = kit_open(1 << 20, 1000);
    uint64_t before = 0;
    for (uint32_t i = 0; i < 5000; i++) {
        uint16_t client = (uint16_t)(1024 + i);
        if (i == 2000)
            before = mem_count();
        k->sink[0].least = 150;
        input(k, segment(k, 0, client, SYN, 999, 0));
        input(k, segment(k, 0, client, ACK, 1100, 100));
        input(k, segment(k, 0, client, ACK, 1000, 100));
        input(k, segment(k, 0, client, ACK | FIN, 1200, 0));
        k->sink[0].n = 0;
    }
    assert_true(mem_count() == before);
    kit_close(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_in_order_is_delivered_from_the_packet_itself),
        cmocka_unit_test(any_cutting_order_and_repetition_delivers_the_bytes_once),
        cmocka_unit_test(a_callback_may_take_little_at_a_time),
        cmocka_unit_test(segments_of_one_byte_are_a_stream_too),
        cmocka_unit_test(the_packet_of_the_first_byte_is_known),
        cmocka_unit_test(a_stream_without_its_syn_begins_at_its_first_data),
        cmocka_unit_test(lost_bytes_are_a_gap_once_the_peer_has_acknowledged_them),
        cmocka_unit_test(time_turns_a_hole_into_a_gap),
        cmocka_unit_test(too_much_out_of_order_is_a_gap),
        cmocka_unit_test(the_end_delivers_what_was_held),
        cmocka_unit_test(a_fin_before_missing_bytes_waits_for_them),
        cmocka_unit_test(a_segment_cut_by_the_capture_leaves_a_gap_of_its_size),
        cmocka_unit_test(conflicting_copies_are_named_and_the_first_wins),
        cmocka_unit_test(keep_alive_probes_are_nothing),
        cmocka_unit_test(ports_used_again_are_a_new_stream),
        cmocka_unit_test(both_sides_may_send_a_syn_at_once),
        cmocka_unit_test(a_flood_of_connections_stays_within_the_cap),
        cmocka_unit_test(what_a_callback_never_takes_is_dropped_at_a_limit),
        cmocka_unit_test(no_memory_is_survived_at_every_step),
        cmocka_unit_test(steady_traffic_takes_no_more_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
