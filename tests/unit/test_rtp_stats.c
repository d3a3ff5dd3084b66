/* Sequence and jitter arithmetic over a stream: truth tables of loss, duplication, reordering and wraps. */
#include "unit.h"

#include <math.h>

#include "rtp/stats.h"

static const int64_t MS = 1000000;

/* Feeds packets of 20 ms at 8 kHz with these sequence numbers, in time for their place in the list. */
static struct rtp_report run(const int *seq, size_t n)
{
    struct rtp_stats s;
    struct rtp_report r;
    rtp_stats_init(&s);
    for (size_t i = 0; i < n; i++)
        rtp_stats_update(&s, (int64_t)i * 20 * MS, (uint16_t)seq[i], (uint32_t)i * 160, 0, false, 8000);
    rtp_stats_report(&s, &r);
    return r;
}

static void sequences_are_counted_as_the_table_says(void **state)
{
    static const struct {
        int seq[12];
        size_t n;
        uint64_t expected, duplicates, reordered, gaps, restarts, strays, cycles;
        int64_t lost;
    } rows[] = {
        {.seq = {5}, 1, .expected = 1},
        {.seq = {5, 6, 7, 8}, 4, .expected = 4},
        {.seq = {5, 7}, 2, .expected = 3, .lost = 1, .gaps = 1},
        {.seq = {5, 9, 12}, 3, .expected = 8, .lost = 5, .gaps = 2},
        {.seq = {5, 5, 6, 6, 6}, 5, .expected = 2, .duplicates = 3},
        {.seq = {5, 7, 6, 8}, 4, .expected = 4, .reordered = 1},
        {.seq = {5, 8, 7, 6}, 4, .expected = 4, .reordered = 2},
        {.seq = {5, 8, 6, 7, 7}, 5, .expected = 4, .reordered = 2, .duplicates = 1},
        {.seq = {5, 9, 7}, 3, .expected = 5, .lost = 2, .gaps = 2, .reordered = 1}, /* one hole split in two */
        {.seq = {5, 9, 7, 6, 8}, 5, .expected = 5, .reordered = 3},
        {.seq = {6, 5, 7}, 3, .expected = 3, .reordered = 1},                       /* late from before the first */
        {.seq = {8, 5, 9}, 3, .expected = 5, .lost = 2, .gaps = 1, .reordered = 1},
        {.seq = {5, 6, 5, 7}, 4, .expected = 3, .duplicates = 1},
        {.seq = {65534, 65535, 0, 1}, 4, .expected = 4, .cycles = 1},
        {.seq = {65534, 1}, 2, .expected = 4, .lost = 2, .gaps = 1, .cycles = 1},
        {.seq = {65535, 1, 0, 2}, 4, .expected = 4, .reordered = 1, .cycles = 1},
        {.seq = {0, 65535, 1}, 3, .expected = 3, .reordered = 1, .cycles = 1},
        {.seq = {65535, 0, 65535}, 3, .expected = 2, .duplicates = 1, .cycles = 1},
        {.seq = {1, 2, 30000, 3, 4}, 5, .expected = 4, .strays = 1},
        {.seq = {1, 2, 30000, 30001, 30002}, 5, .expected = 5, .restarts = 1},
        {.seq = {1, 2, 30000, 3, 30001, 4}, 6, .expected = 4, .strays = 2},
        {.seq = {1, 3000}, 2, .expected = 3000, .lost = 2998, .gaps = 1},
        {.seq = {1, 3001}, 2, .expected = 1, .strays = 1},
        {.seq = {1000, 1001, 900, 901}, 4, .expected = 4, .restarts = 1},
        {.seq = {1000, 901}, 2, .expected = 100, .lost = 98, .gaps = 1, .reordered = 1},
        {.seq = {1, 65, 2, 64, 66}, 5, .expected = 66, .lost = 61, .gaps = 1, .reordered = 2},
        {.seq = {1, 80, 81, 2, 3}, 5, .expected = 81, .lost = 76, .gaps = 1, .reordered = 2},
        {.seq = {1, 200, 101, 300}, 4, .expected = 300, .lost = 296, .gaps = 3, .reordered = 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rtp_report r = run(rows[i].seq, rows[i].n);
        assert_int_equal(r.packets, rows[i].n);
        assert_int_equal(r.expected, rows[i].expected);
        assert_int_equal(r.lost, rows[i].lost);
        assert_int_equal(r.duplicates, rows[i].duplicates);
        assert_int_equal(r.reordered, rows[i].reordered);
        assert_int_equal(r.gaps, rows[i].gaps);
        assert_int_equal(r.restarts, rows[i].restarts);
        assert_int_equal(r.strays, rows[i].strays);
        assert_int_equal(r.cycles, rows[i].cycles);
    }
}

static void an_empty_stream_reports_nothing(void **state)
{
    struct rtp_report r = run(NULL, 0);
    assert_int_equal(r.packets, 0);
    assert_int_equal(r.expected, 0);
    assert_int_equal(r.lost, 0);
    assert_true(isnan(r.jitter_ms) && isnan(r.max_jitter_ms) && isnan(r.mean_jitter_ms) && isnan(r.max_delta_ms));
    assert_true(r.burst_ratio == 1 && r.loss_percent == 0);
}

static void many_cycles_keep_the_count(void **state)
{
    struct rtp_stats s;
    struct rtp_report r;
    rtp_stats_init(&s);
    for (uint32_t i = 0; i < 300000; i++)
        if (i % 100 != 99)
            rtp_stats_update(&s, (int64_t)i * 20 * MS, (uint16_t)(i + 60000), i * 160, 8, false, 8000);
    rtp_stats_report(&s, &r);
    assert_int_equal(r.expected, 299999);
    assert_int_equal(r.lost, 2999);
    assert_int_equal(r.gaps, 2999);
    assert_int_equal(r.cycles, 5);
    assert_true(fabs(r.burst_ratio - 0.99) < 1e-3);
    assert_true(r.jitter_ms < 1e-9);
}

static void holes_of_several_packets_raise_the_burst_ratio(void **state)
{
    struct rtp_stats s;
    struct rtp_report r;
    rtp_stats_init(&s);
    for (uint32_t i = 0; i < 1000; i++)
        if (i % 100 < 90)
            rtp_stats_update(&s, (int64_t)i * 20 * MS, (uint16_t)i, i * 160, 8, false, 8000);
    rtp_stats_report(&s, &r);
    assert_int_equal(r.gaps, 9);
    assert_true(fabs(r.burst_ratio - 10 * (1 - 90.0 / 990)) < 1e-9);
}

/* 20 ms of speech, the second packet 16 ms late: skews 16 and 16, so jitter 1 and then 1 + 15/16. */
static void jitter_follows_rfc_3550_a_8(void **state)
{
    struct rtp_stats s;
    struct rtp_report r;
    rtp_stats_init(&s);
    rtp_stats_update(&s, 0, 1, 0xffffff80u, 0, true, 8000);
    rtp_stats_update(&s, 36 * MS, 2, 0x20, 0, false, 8000); /* the timestamp wraps */
    rtp_stats_update(&s, 40 * MS, 3, 0xc0, 0, false, 8000);
    rtp_stats_report(&s, &r);
    assert_true(fabs(r.jitter_ms - 1.9375) < 1e-12);
    assert_true(fabs(r.max_jitter_ms - 1.9375) < 1e-6);
    assert_true(fabs(r.mean_jitter_ms - 1.46875) < 1e-12);
    assert_true(fabs(r.max_delta_ms - 36) < 1e-9);
}

static void silence_is_neither_delta_nor_jitter(void **state)
{
    struct rtp_stats s;
    struct rtp_report r;
    rtp_stats_init(&s);
    rtp_stats_update(&s, 0, 1, 0, 0, true, 8000);
    rtp_stats_update(&s, 20 * MS, 2, 160, 0, false, 8000);
    rtp_stats_update(&s, 900 * MS, 3, 7200, 0, true, 8000); /* a talkspurt begins */
    rtp_stats_update(&s, 920 * MS, 4, 7360, 13, false, 8000);
    rtp_stats_update(&s, 2920 * MS, 5, 23360, 0, false, 8000); /* speech after comfort noise */
    rtp_stats_report(&s, &r);
    assert_true(fabs(r.max_delta_ms - 20) < 1e-9);
    assert_true(r.jitter_ms < 1e-9);
}

static void events_leave_the_jitter_alone(void **state)
{
    struct rtp_stats s;
    struct rtp_report r;
    rtp_stats_init(&s);
    for (uint32_t i = 0; i < 30; i++) {
        bool event = i >= 10 && i < 20;
        rtp_stats_update(&s, (int64_t)i * 20 * MS, (uint16_t)i, event ? 1600 : i * 160, event ? 101 : 0, false, event ? 0 : 8000);
    }
    rtp_stats_report(&s, &r);
    assert_true(r.jitter_ms < 1e-9);
    assert_true(fabs(r.max_delta_ms - 20) < 1e-9);
    assert_int_equal(r.lost, 0);
}

static void an_unknown_clock_has_no_jitter_but_a_delta(void **state)
{
    struct rtp_stats s;
    struct rtp_report r;
    rtp_stats_init(&s);
    for (uint32_t i = 0; i < 3; i++)
        rtp_stats_update(&s, (int64_t)i * 20 * MS, (uint16_t)i, i * 160, 96, false, 0);
    rtp_stats_report(&s, &r);
    assert_true(isnan(r.jitter_ms) && isnan(r.mean_jitter_ms));
    assert_true(fabs(r.max_delta_ms - 20) < 1e-9);
}

static void a_jump_of_the_timestamp_is_no_jitter(void **state)
{
    struct rtp_stats s;
    struct rtp_report r;
    rtp_stats_init(&s);
    for (uint32_t i = 0; i < 10; i++)
        rtp_stats_update(&s, (int64_t)i * 20 * MS, (uint16_t)i, i * 160 + (i >= 5 ? 0x40000000u : 0), 0, false, 8000);
    rtp_stats_report(&s, &r);
    assert_int_equal(r.ts_jumps, 1);
    assert_true(r.max_jitter_ms < 1e-6);
}

static void a_restart_begins_a_new_timestamp(void **state)
{
    struct rtp_stats s;
    struct rtp_report r;
    rtp_stats_init(&s);
    for (uint32_t i = 0; i < 10; i++)
        rtp_stats_update(&s, (int64_t)i * 20 * MS, (uint16_t)(i < 5 ? i : i + 40000), i < 5 ? i * 160 : i * 160 + 80000, 0, false, 8000);
    rtp_stats_report(&s, &r);
    assert_int_equal(r.restarts, 1);
    assert_int_equal(r.lost, 0);
    assert_int_equal(r.expected, 10);
    assert_true(r.max_jitter_ms < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_are_counted_as_the_table_says),
        cmocka_unit_test(an_empty_stream_reports_nothing),
        cmocka_unit_test(many_cycles_keep_the_count),
        cmocka_unit_test(holes_of_several_packets_raise_the_burst_ratio),
        cmocka_unit_test(jitter_follows_rfc_3550_a_8),
        cmocka_unit_test(silence_is_neither_delta_nor_jitter),
        cmocka_unit_test(events_leave_the_jitter_alone),
        cmocka_unit_test(an_unknown_clock_has_no_jitter_but_a_delta),
        cmocka_unit_test(a_jump_of_the_timestamp_is_no_jitter),
        cmocka_unit_test(a_restart_begins_a_new_timestamp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
