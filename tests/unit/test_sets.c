/* Which calls and which packets a command has chosen: src/cmd/callset.c, packetset.c, and the expressions of --fail-on. */
#include "unit.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "cmd/callset.h"
#include "cmd/fail_on.h"
#include "cmd/packetset.h"

static void a_call_id_is_found_after_it_was_added(void **state)
{
    struct callset s;
    char id[32];
    assert_true(callset_init(&s));
    for (int i = 0; i < 5000; i++) {
        snprintf(id, sizeof id, "%d@example.com", i);
        assert_int_equal(callset_find(&s, view_str(id)), 0);
        assert_true(callset_add(&s, view_str(id)));
        assert_true(callset_add(&s, view_str(id)));
        assert_int_equal(callset_find(&s, view_str(id)), i + 1);
    }
    assert_int_equal(s.n, 5000);
    callset_release(&s);
}

static struct endpoint at(unsigned last, unsigned port)
{
    return (struct endpoint){ip_from_v4((const uint8_t[]){192, 0, 2, (uint8_t)last}), (uint16_t)port};
}

static struct packet packet(uint64_t number, uint8_t l4, struct endpoint from, struct endpoint to)
{
    return (struct packet){.number = number, .ts_ns = (int64_t)number * NS_PER_S, .l4 = l4, .src = from.ip, .dst = to.ip,
                           .src_port = from.port, .dst_port = to.port, .payload_len = 100};
}

static void media_is_rtp_and_rtcp_both_ways_while_it_lasts(void **state)
{
    static const struct {
        unsigned second, from, from_port, to, to_port;
        bool want;
    } row[] = {
        {100, 1, 20000, 2, 30000, true},  /* the stream itself */
        {100, 2, 30000, 1, 20000, true},  /* the other way: RTCP on the same ports */
        {100, 1, 20001, 2, 30001, true},  /* RTCP */
        {96, 2, 30001, 1, 20001, true},   /* RTCP, a little early */
        {100, 1, 20000, 3, 30000, false}, /* somebody else */
        {100, 1, 20002, 2, 30002, false},
        {90, 1, 20000, 2, 30000, false},  /* another call used the ports before */
        {120, 1, 20000, 2, 30000, false}, /* and after */
        {100, 0, 0, 0, 0, false},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct packetset s;
        struct record_stream r = {.src = at(1, 0).ip, .src_port = 20000, .dst = at(2, 0).ip, .dst_port = 30000,
                                  .start_ts = 100 * NS_PER_S, .duration_s = 10};
        assert_true(packetset_init(&s));
        assert_true(packetset_add_stream(&s, &r));
        r.src_port = 1;
        assert_true(packetset_add_stream(&s, &r));
        struct packet p = packet(row[i].second, L4_UDP, at(row[i].from, row[i].from_port), at(row[i].to, row[i].to_port));
        assert_true(packetset_see(&s, &p));
        assert_true(packetset_has(&s, &p) == row[i].want);
        packetset_release(&s);
    }
}

static void streams_at_the_end_of_time_are_fine(void **state)
{
    static const int64_t start[] = {INT64_MIN, INT64_MAX, 0};
    struct packetset s;
    assert_true(packetset_init(&s));
    for (size_t i = 0; i < 3; i++) {
        struct record_stream r = {.src_port = 1, .dst_port = 2, .start_ts = start[i], .duration_s = i == 2 ? 1e300 : NAN};
        assert_true(packetset_add_stream(&s, &r));
        struct packet p = {.number = i, .l4 = L4_UDP, .src_port = 1, .dst_port = 2, .ts_ns = start[i]};
        assert_true(packetset_see(&s, &p));
        assert_true(packetset_has(&s, &p));
    }
    packetset_release(&s);
}

static void a_connection_belongs_from_the_first_chosen_message_to_the_last(void **state)
{
    struct packetset s;
    assert_true(packetset_init(&s));
    for (unsigned i = 1; i <= 20; i++) {
        struct packet p = packet(i, L4_TCP, at(i % 2 ? 1 : 2, 5060), at(i % 2 ? 2 : 1, 5060));
        if (i == 9 || i == 14)
            assert_true(packetset_add_message(&s, &p, i - 2));
        assert_true(packetset_see(&s, &p));
    }
    for (unsigned i = 1; i <= 20; i++) {
        struct packet p = packet(i, L4_TCP, at(i % 2 ? 1 : 2, 5060), at(i % 2 ? 2 : 1, 5060));
        assert_true(packetset_has(&s, &p) == (i >= 7 && i <= 14));
        p.src_port++;
        assert_true(packetset_has(&s, &p) == (i == 9 || i == 14));
    }
    packetset_release(&s);
}

static void a_message_takes_the_fragments_of_its_datagram_with_it(void **state)
{
    struct packetset s;
    assert_true(packetset_init(&s));
    for (unsigned i = 1; i <= 4; i++) {
        struct packet p = packet(i, i == 4 ? L4_UDP : L4_NONE, at(1, 0), at(2, 0));
        p.frag_id = i == 2 ? 8 : 7;
        p.flags = i == 4 ? PACKET_REASSEMBLED : PACKET_FRAGMENT;
        if (i == 4)
            assert_true(packetset_add_message(&s, &p, 4));
        assert_true(packetset_see(&s, &p));
    }
    for (unsigned i = 1; i <= 4; i++) {
        struct packet p = packet(i, L4_UDP, at(1, 0), at(2, 0));
        assert_true(packetset_has(&s, &p) == (i != 2));
    }
    packetset_release(&s);
}

static void the_window_of_undecided_fragments_does_not_grow(void **state)
{
    struct packetset s;
    size_t n = 0;
    assert_true(packetset_init(&s));
    struct packet p = packet(1, L4_NONE, at(1, 0), at(2, 0));
    p.flags = PACKET_FRAGMENT;
    for (p.number = 1; p.number <= PACKETSET_WINDOW + 100; p.number++)
        assert_true(packetset_see(&s, &p));
    p.flags = PACKET_REASSEMBLED;
    assert_true(packetset_add_message(&s, &p, 0));
    for (p.number = 1; p.number <= PACKETSET_WINDOW + 101; p.number++)
        n += packetset_has(&s, &p);
    assert_int_equal(n, PACKETSET_WINDOW + 1);
    packetset_release(&s);
}

static void fail_on_sees_the_numbers_of_the_report(void **state)
{
    static const struct {
        const char *expr;
        bool want;
    } row[] = {
        {"asr < 95", true},
        {"asr < 50", false},
        {"ner < 100", false}, /* undefined */
        {"calls_failed > 2 AND calls = 10", true},
        {"problem('call.no_answer') >= 3", true},
        {"problem('nothing.such') > 0", false},
        {"failed_with(486) = 2", true},
        {"failed_with('486') = 2", true},
        {"failed_with(9999) + failed_with(-1) + failed_with(NULL) = 0", true},
        {"rtp_lost < 0", true},
    };
    struct summary *s = mem_calloc(1, sizeof *s);
    const struct summary_problem problem = {.id = "call.no_answer", .count = 3};
    s->calls.asr = 90;
    s->calls.ner = NAN;
    s->calls.attempts = 10;
    s->calls.failed = 3;
    s->calls.by_failure_status[486] = 2;
    s->streams.lost = -4;
    s->problem = &problem;
    s->nproblem = 1;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct fail_on f;
        struct err e;
        assert_true(fail_on_init(&f, row[i].expr, NULL, &e));
        if (fail_on_holds(&f, s) != row[i].want)
            fail_msg("%s", row[i].expr);
        fail_on_release(&f);
    }
    mem_free(s);
}

static void lack_of_memory_is_noticed(void **state)
{
    for (int64_t n = 0; n < 10; n++) {
        struct callset c;
        struct packetset p;
        struct packet one = packet(1, L4_UDP, at(1, 5060), at(2, 5060));
        mem_fail_after(n);
        if (callset_init(&c))
            callset_add(&c, V("a@example.com"));
        if (packetset_init(&p)) {
            packetset_add_stream(&p, &(struct record_stream){.packets = 1});
            packetset_add_message(&p, &one, 1);
            packetset_see(&p, &one);
        }
        mem_fail_after(-1);
        packetset_release(&p);
        callset_release(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_id_is_found_after_it_was_added),
        cmocka_unit_test(media_is_rtp_and_rtcp_both_ways_while_it_lasts),
        cmocka_unit_test(streams_at_the_end_of_time_are_fine),
        cmocka_unit_test(a_connection_belongs_from_the_first_chosen_message_to_the_last),
        cmocka_unit_test(a_message_takes_the_fragments_of_its_datagram_with_it),
        cmocka_unit_test(the_window_of_undecided_fragments_does_not_grow),
        cmocka_unit_test(fail_on_sees_the_numbers_of_the_report),
        cmocka_unit_test(lack_of_memory_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
