#include "unit.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/oddity.h"
#include "decode/defrag.h"
#include "frame_bytes.h"

static const struct hash_seed SEED = {7, 8};
enum { WHOLE = 8 + 3000 }; /* a UDP datagram with its header */

struct kit {
    struct defrag d;
    struct arena arena;
    uint8_t whole[WHOLE];
};

static void kit_open(struct kit *k, size_t limit)
{
    static struct frame f;
    arena_init(&k->arena);
    assert_true(defrag_init(&k->d, limit, &SEED));
    for (size_t i = 0; i < WHOLE - 8; i++)
        f.b[i] = (uint8_t)(i * 7 + (i >> 8));
    f.n = WHOLE - 8;
    frame_udp(&f, 5060, 5062);
    memcpy(k->whole, f.b, WHOLE);
}

static void kit_close(struct kit *k)
{
    defrag_release(&k->d);
    arena_release(&k->arena);
}

/* Bytes [from, to) of the datagram as an IP packet of this version, decoded. */
static struct packet cut(const struct kit *k, int version, uint32_t id, uint32_t from, uint32_t to, struct frame *f)
{
    frame_set(f, k->whole + from, to - from);
    if (version == 4) {
        frame_ip4(f, 17, 1, 2);
        put16(f->b + 4, id);
        put16(f->b + 6, (to < WHOLE ? 0x2000u : 0u) | from / 8);
    } else {
        uint8_t *h = frame_wrap(f, 8);
        h[0] = 17;
        put16(h + 2, from | (to < WHOLE));
        put32(h + 4, id);
        frame_ip6(f, 44, 1, 2);
    }
    struct packet p = frame_packet(f, 101);
    decode_packet(&p, &SEED);
    return p;
}

static bool feed(struct kit *k, int version, uint32_t id, uint32_t from, uint32_t to, int64_t ts_ns, struct packet *p)
{
    static struct frame f;
    *p = cut(k, version, id, from, to, &f);
    p->ts_ns = ts_ns;
    assert_true(p->flags & PACKET_FRAGMENT);
    return defrag_input(&k->d, p, &k->arena);
}

static void check_whole(const struct kit *k, const struct packet *p)
{
    assert_int_equal(p->flags, PACKET_REASSEMBLED);
    assert_int_equal(p->l4, L4_UDP);
    assert_int_equal(p->src_port, 5060);
    assert_int_equal(p->payload_len, WHOLE - 8);
    assert_memory_equal(p->payload, k->whole + 8, WHOLE - 8);
    assert_true(p->flow_hash == decode_flow_hash(p, &SEED));
}

static void every_order_of_three_fragments_gives_the_datagram(void **state)
{
    static const uint8_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const uint32_t edge[4] = {0, 1480, 2960, WHOLE};
    struct kit k;
    struct packet p;
    kit_open(&k, 1 << 20);
    for (uint32_t i = 0; i < 12; i++)
        for (int j = 0; j < 3; j++) {
            unsigned piece = orders[i % 6][j];
            bool done = feed(&k, i < 6 ? 4 : 6, 0x1000 + i, edge[piece], edge[piece + 1], 0, &p);
            assert_int_equal(done, j == 2);
            if (done)
                check_whole(&k, &p);
            else
                assert_true(p.flags & PACKET_FRAGMENT);
        }
    assert_int_equal(k.d.count.datagrams, 12);
    assert_int_equal(k.d.count.fragments, 36);
    assert_int_equal(k.d.blocks.used, 0);
    kit_close(&k);
}

static void duplicates_and_overlaps_that_agree_do_no_harm(void **state)
{
    struct kit k;
    struct packet p;
    kit_open(&k, 1 << 20);
    assert_false(feed(&k, 4, 1, 0, 1480, 0, &p));
    assert_false(feed(&k, 4, 1, 0, 1480, 0, &p));
    assert_false(feed(&k, 4, 1, 2000, 2800, 0, &p));
    assert_false(feed(&k, 4, 1, 800, 2400, 0, &p));
    assert_true(feed(&k, 4, 1, 1600, WHOLE, 0, &p));
    check_whole(&k, &p);
    assert_int_equal(p.oddities, 0);
    kit_close(&k);
}

static void the_first_copy_of_a_byte_wins_and_a_conflict_is_named(void **state)
{
    struct kit k;
    struct packet p;
    static struct frame f;
    kit_open(&k, 1 << 20);
    assert_false(feed(&k, 4, 1, 0, 1480, 0, &p));
    p = cut(&k, 4, 1, 800, 2400, &f);
    f.b[20] ^= 0xff; /* byte 800, which is there already */
    assert_false(defrag_input(&k.d, &p, &k.arena));
    assert_true(feed(&k, 4, 1, 2400, WHOLE, 0, &p));
    check_whole(&k, &p);
    assert_true(p.oddities >> ODD_FRAGMENT_OVERLAP & 1);
    assert_int_equal(k.d.count.overlaps, 1);
    kit_close(&k);
}

static void fragments_of_different_datagrams_do_not_mix(void **state)
{
    struct kit k;
    struct packet p;
    kit_open(&k, 1 << 20);
    assert_false(feed(&k, 4, 1, 0, 1480, 0, &p));
    assert_false(feed(&k, 4, 2, 1480, WHOLE, 0, &p));
    assert_false(feed(&k, 6, 1, 1480, WHOLE, 0, &p));
    assert_true(feed(&k, 4, 1, 1480, WHOLE, 0, &p));
    kit_close(&k);
}

static void what_is_not_complete_in_time_is_given_up(void **state)
{
    struct kit k;
    struct packet p;
    kit_open(&k, 1 << 20);
    assert_false(feed(&k, 4, 1, 0, 1480, 0, &p));
    assert_false(feed(&k, 4, 1, 1480, WHOLE, 31 * NS_PER_S, &p));
    assert_true(p.oddities >> ODD_FRAGMENT_TIMEOUT & 1);
    assert_int_equal(k.d.count.timeouts, 1);
    assert_true(feed(&k, 4, 1, 0, 1480, 32 * NS_PER_S, &p));
    assert_false(feed(&k, 4, 2, 0, 1480, 40 * NS_PER_S, &p));
    defrag_expire(&k.d, 60 * NS_PER_S);
    assert_int_not_equal(k.d.blocks.used, 0);
    defrag_expire(&k.d, 71 * NS_PER_S);
    assert_int_equal(k.d.blocks.used, 0);
    assert_int_equal(k.d.count.timeouts, 2);
    kit_close(&k);
}

static void a_flood_stays_within_the_limit_and_the_newest_survive(void **state)
{
    struct kit k;
    struct packet p;
    kit_open(&k, 256 << 10);
    for (uint32_t id = 0; id < 5000; id++) {
        assert_false(feed(&k, 6, id, 0, 1480, 0, &p));
        assert_true(k.d.blocks.held <= 256 << 10);
    }
    assert_true(k.d.count.evicted > 4000);
    assert_true(feed(&k, 6, 4999, 1480, WHOLE, 0, &p));
    check_whole(&k, &p);
    kit_close(&k);
}

static void a_datagram_of_too_many_pieces_is_given_up(void **state)
{
    struct kit k;
    struct packet p;
    memset(&p, 0, sizeof p);
    kit_open(&k, 8 << 20);
    for (uint32_t i = 0; i <= DEFRAG_FRAGMENTS_MAX; i++) {
        p = (struct packet){.ip_version = 4, .flags = PACKET_FRAGMENT, .frag_offset = i * 16, .frag_more = true,
                            .payload = k.whole, .payload_len = 8};
        assert_false(defrag_input(&k.d, &p, &k.arena));
    }
    assert_int_equal(k.d.count.evicted, 1);
    assert_int_equal(k.d.blocks.used, 0);
    kit_close(&k);
}

static void bad_fragments_are_refused(void **state)
{
    struct kit k;
    struct packet p;
    kit_open(&k, 1 << 20);
    assert_false(feed(&k, 4, 1, 0, 1480, 0, &p));
    assert_false(feed(&k, 4, 1, 1480, 1481, 0, &p)); /* more follow, but it is no multiple of 8 */
    assert_int_equal(k.d.count.bad, 1);
    assert_true(feed(&k, 4, 1, 1480, WHOLE, 0, &p));
    check_whole(&k, &p);
    kit_close(&k);
}

static void a_fragment_that_contradicts_the_end_is_refused(void **state)
{
    struct kit k;
    struct packet p;
    kit_open(&k, 1 << 20);
    assert_false(feed(&k, 4, 1, 0, 1480, 0, &p));
    p = (struct packet){.ip_version = 4, .ip_proto = 17, .flags = PACKET_FRAGMENT, .src = p.src, .dst = p.dst,
                        .frag_id = 1, .frag_offset = 800, .payload = k.whole, .payload_len = 8};
    assert_false(defrag_input(&k.d, &p, &k.arena)); /* "the last", and it ends within the first */
    assert_true(p.oddities >> ODD_FRAGMENT_OVERLAP & 1);
    assert_true(feed(&k, 4, 1, 1480, WHOLE, 0, &p));
    check_whole(&k, &p);
    kit_close(&k);
}

static void a_fragment_cut_by_the_capture_never_completes_a_datagram(void **state)
{
    struct kit k;
    struct packet p;
    static struct frame f;
    kit_open(&k, 1 << 20);
    p = cut(&k, 4, 1, 0, 1480, &f);
    p.payload_len -= 100;
    p.payload_missing = 100;
    assert_false(defrag_input(&k.d, &p, &k.arena));
    assert_false(feed(&k, 4, 1, 1480, WHOLE, 0, &p));
    assert_true(feed(&k, 4, 1, 1320, 1480, 0, &p) || feed(&k, 4, 1, 0, 1480, 0, &p));
    check_whole(&k, &p);
    kit_close(&k);
}

/* A tunnel packet that is itself a fragment, cut up once more on its way. */
static void fragments_within_fragments_are_put_together(void **state)
{
    struct kit k;
    struct packet p;
    static struct frame inner, outer;
    bool done = false;
    kit_open(&k, 1 << 20);
    for (uint32_t half = 0; half < 2; half++) {
        cut(&k, 4, 9, half ? 1480 : 0, half ? WHOLE : 1480, &inner);
        for (uint32_t at = 0; at < inner.n; at += 800) {
            size_t n = inner.n - at < 800 ? inner.n - at : 800;
            frame_set(&outer, inner.b + at, n);
            frame_ip4(&outer, 4, 7, 8);
            put16(outer.b + 4, 100 + half);
            put16(outer.b + 6, (at + n < inner.n ? 0x2000u : 0u) | at / 8);
            p = frame_packet(&outer, 101);
            decode_packet(&p, &SEED);
            done = defrag_input(&k.d, &p, &k.arena);
        }
        assert_int_equal(done, half);
    }
    check_whole(&k, &p);
    assert_int_equal(p.tunnels, 1);
    assert_int_equal(p.src.b[15], 1);
    kit_close(&k);
}

static void no_memory_is_survived_at_every_step(void **state)
{
    for (int fail = 0; fail < 12; fail++) {
        struct kit k;
        struct packet p;
        kit_open(&k, 1 << 20);
        mem_fail_after(fail);
        for (uint32_t id = 0; id < 100; id++) {
            feed(&k, 4, id, 0, 1480, 0, &p);
            if (feed(&k, 4, id, 1480, WHOLE, 0, &p))
                check_whole(&k, &p);
            if (id % 2)
                feed(&k, 4, 1000 + id, 0, 1480, 0, &p);
        }
        mem_fail_after(-1);
        kit_close(&k);
        mem_fail_after(0);
        assert_false(defrag_init(&k.d, 4096, &SEED));
        mem_fail_after(-1);
    }
}

static void steady_traffic_takes_no_more_memory(void **state)
{
    struct kit k;
    struct packet p;
    uint64_t before = 0;
    kit_open(&k, 1 << 20);
    for (uint32_t id = 0; id < 2000; id++) {
        if (id == 100)
            before = mem_count();
        assert_false(feed(&k, 4, id, 1480, WHOLE, 0, &p));
        assert_true(feed(&k, 4, id, 0, 1480, 0, &p));
        arena_reset(&k.arena);
    }
    assert_true(mem_count() - before == 0);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_of_three_fragments_gives_the_datagram),
        cmocka_unit_test(duplicates_and_overlaps_that_agree_do_no_harm),
        cmocka_unit_test(the_first_copy_of_a_byte_wins_and_a_conflict_is_named),
        cmocka_unit_test(fragments_of_different_datagrams_do_not_mix),
        cmocka_unit_test(what_is_not_complete_in_time_is_given_up),
        cmocka_unit_test(a_flood_stays_within_the_limit_and_the_newest_survive),
        cmocka_unit_test(a_datagram_of_too_many_pieces_is_given_up),
        cmocka_unit_test(bad_fragments_are_refused),
        cmocka_unit_test(a_fragment_that_contradicts_the_end_is_refused),
        cmocka_unit_test(a_fragment_cut_by_the_capture_never_completes_a_datagram),
        cmocka_unit_test(fragments_within_fragments_are_put_together),
        cmocka_unit_test(no_memory_is_survived_at_every_step),
        cmocka_unit_test(steady_traffic_takes_no_more_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
