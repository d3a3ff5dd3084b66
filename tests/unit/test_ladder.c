/* The message ladder as text: src/export/ladder.c. */
#include "unit.h"

#include <math.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "export/ladder.h"

/* 2026-01-31T12:00:00Z */
#define BEGIN 1769860800000000000ll

static struct ip_addr ip(unsigned last)
{
    return ip_from_v4((const uint8_t[]){192, 0, 2, (uint8_t)last});
}

static struct record_message message(int64_t ms, unsigned from, unsigned to, const char *method, int status, const char *reason)
{
    return (struct record_message){
        .ts = BEGIN + ms * NS_PER_MS,
        .src = ip(from),
        .dst = ip(to),
        .src_port = 5060,
        .dst_port = 5060,
        .method = view_str(method),
        .status = status ? status : INT64_MIN,
        .reason = view_str(reason),
    };
}

static struct ladder *small_call(void)
{
    struct ladder *l = ladder_new();
    struct record_message m = message(0, 1, 2, "INVITE", 0, NULL);
    m.content_type = V("application/sdp");
    ladder_add_message(l, &m, 0);
    m.ts += 500 * NS_PER_MS;
    m.retransmission = true;
    ladder_add_message(l, &m, 0);
    m = message(620, 2, 1, "INVITE", 200, "OK");
    ladder_add_message(l, &m, 0);
    m = message(1000, 2, 2, "OPTIONS", 0, NULL);
    ladder_add_message(l, &m, 0);
    /* A stream is told at the end but began before. */
    struct record_stream s = {.src = ip(2), .dst = ip(1), .src_port = 20000, .dst_port = 30000, .codec = V("PCMU"), .packets = 1346,
                              .lost_percent = 0.1, .mos = 4.4, .start_ts = BEGIN + 700 * NS_PER_MS};
    ladder_add_stream(l, &s, 0);
    return l;
}

static void expect(struct ladder *l, const struct ladder_options *o, const char *want)
{
    struct buf out;
    buf_init(&out, 0);
    ladder_print(l, o, &out);
    buf_char(&out, 0);
    assert_string_equal(out.p, want);
    buf_release(&out);
    ladder_free(l);
}

static void a_ladder_in_ascii(void **state)
{
    expect(small_call(), &(struct ladder_options){.width = 100, .utf8 = false},
           "2026-01-31 UTC                     192.0.2.1:5060                        192.0.2.2:5060\n"
           "                                          |                                     |\n"
           "12:00:00.000                              |----------- INVITE (SDP) ----------->|\n"
           "12:00:00.500    +0.500                    |~~~ INVITE (SDP) (retransmission) ~~>|\n"
           "12:00:00.620    +0.120                    |<------------- 200 OK ---------------|\n"
           "12:00:00.700    +0.080                    |< RTP PCMU 1346 pkts, 0.1 % lost,. ==|\n"
           "12:00:01.000    +0.300                    |                                     |<-. OPTIONS\n"
           "                                          |                                     |\n");
}

static void nothing_added_draws_nothing(void **state)
{
    expect(ladder_new(), &(struct ladder_options){.width = 80}, "");
}

static void many_participants_share_the_last_column(void **state)
{
    struct ladder *l = ladder_new();
    struct buf out;
    for (unsigned i = 1; i < 200; i++) {
        struct record_message m = message(i, i, i + 1, "INVITE", 0, NULL);
        assert_true(ladder_add_message(l, &m, i));
    }
    buf_init(&out, 0);
    ladder_print(l, &(struct ladder_options){.width = 80, .utf8 = true}, &out);
    buf_char(&out, 0);
    assert_non_null(strstr(out.p, "others"));
    assert_non_null(strstr(out.p, "[199]"));
    assert_null(strstr(out.p, "192.0.2.150"));
    buf_release(&out);
    ladder_free(l);
}

static void hostile_names_stay_in_their_line(void **state)
{
    struct ladder *l = ladder_new();
    struct buf out;
    char big[5000];
    memset(big, 'x', sizeof big);
    memcpy(big, "\x1b[2J\n\xe2\x80\xae\xff", 9);
    struct record_message m = message(0, 1, 2, "INVITE", 0, NULL);
    m.method = view_of(big, sizeof big);
    ladder_add_message(l, &m, 0);
    m = message(-5000, 2, 1, "INVITE", 699, NULL);
    m.reason = V("\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac");
    ladder_add_message(l, &m, 0);
    m.ts = INT64_MAX;
    ladder_add_message(l, &m, 0);
    m.ts = INT64_MIN + 1;
    ladder_add_message(l, &m, 0);
    for (unsigned utf8 = 0; utf8 < 2; utf8++) {
        buf_init(&out, 0);
        ladder_print(l, &(struct ladder_options){.width = utf8 ? 0 : 80, .utf8 = utf8}, &out);
        unsigned lines = 0;
        for (size_t i = 0; i < out.n;) {
            uint32_t code;
            size_t n = utf8_decode(view_of(out.p, out.n), i, &code);
            assert_true(n > 0);
            lines += code == '\n';
            assert_true(code == '\n' || !utf8_steers(code));
            i += n;
        }
        assert_in_range(lines, 7, 8);
        buf_release(&out);
    }
    ladder_free(l);
}

static void more_events_than_the_limit_are_counted(void **state)
{
    struct ladder *l = ladder_new();
    for (unsigned i = 0; i < LADDER_EVENTS_MAX + 5; i++) {
        struct record_message m = message(i, 1, 2, "INVITE", 0, NULL);
        assert_true(ladder_add_message(l, &m, 0) == (i < LADDER_EVENTS_MAX));
    }
    assert_int_equal(ladder_dropped(l), 5);
    ladder_free(l);
}

static void lack_of_memory_is_noticed(void **state)
{
    for (int64_t n = 0; n < 8; n++) {
        mem_fail_after(n);
        struct ladder *l = ladder_new();
        struct buf out;
        buf_init(&out, 0);
        if (l) {
            struct record_message m = message(0, 1, 2, "INVITE", 0, NULL);
            ladder_add_message(l, &m, 0);
            ladder_print(l, &(struct ladder_options){.width = 80}, &out);
        }
        mem_fail_after(-1);
        buf_release(&out);
        ladder_free(l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ladder_in_ascii),
        cmocka_unit_test(nothing_added_draws_nothing),
        cmocka_unit_test(many_participants_share_the_last_column),
        cmocka_unit_test(hostile_names_stay_in_their_line),
        cmocka_unit_test(more_events_than_the_limit_are_counted),
        cmocka_unit_test(lack_of_memory_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
