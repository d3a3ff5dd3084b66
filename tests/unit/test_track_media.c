/* Media: RTP finds the calls whose SDP announced it. */
#include "unit.h"

#include "track_story.h"

/* n packets of a stream, one each 20 ms from at on. */
struct rtp {
    double at;
    const char *src, *dst; /* IP:PORT */
    uint32_t ssrc;
    unsigned n;
    uint16_t seq;
    uint8_t payload_type;
    unsigned lose;      /* each lose-th packet is not there */
    unsigned late_ms;   /* each second packet comes this much later */
};

static struct endpoint endpoint_of(const char *text)
{
    struct endpoint e;
    size_t colon = view_find(view_str(text), ':');
    assert_true(ip_parse(view_of(text, colon), &e.ip));
    e.port = (uint16_t)atoi(text + colon + 1);
    return e;
}

static void rtp_packet(struct story *s, const struct rtp *r, unsigned i, double at)
{
    uint8_t b[172] = {0x80, r->payload_type};
    uint16_t seq = (uint16_t)(r->seq + i);
    uint32_t ts = i * 160 + 5000;
    b[2] = (uint8_t)(seq >> 8);
    b[3] = (uint8_t)seq;
    for (int k = 0; k < 4; k++) {
        b[4 + k] = (uint8_t)(ts >> (24 - 8 * k));
        b[8 + k] = (uint8_t)(r->ssrc >> (24 - 8 * k));
    }
    struct packet p = story_packet(s, at, endpoint_of(r->src), endpoint_of(r->dst), b, sizeof b);
    tracker_rtp(s->t, s->media, &p);
}

static void play(struct story *s, const struct rtp *r)
{
    for (unsigned i = 0; i < r->n; i++)
        if (!r->lose || (i + 1) % r->lose)
            rtp_packet(s, r, i, r->at + i * 0.02 + (i % 2 ? r->late_ms / 1000.0 : 0));
    if (!s->one_round)
        story_exchange(s);
}

#define A_PORT "192.0.2.1:4000"
#define B_PORT "192.0.2.2:5000"
#define SDP_CALL "0 A>B INVITE 1 sdp=" A_PORT "; 1 B>A 200 1 INVITE sdp=" B_PORT "; 1.1 A>B ACK 1;"

static const struct rtp THERE = {.at = 1.2, .src = A_PORT, .dst = B_PORT, .ssrc = 1, .n = 100};
static const struct rtp BACK = {.at = 1.2, .src = B_PORT, .dst = A_PORT, .ssrc = 2, .n = 100};

static void both_directions_find_their_call(void **state)
{
    (void)state;
    static struct story s;
    for (int one_round = 0; one_round < 2; one_round++) {
        story_begin(&s, 16 << 20);
        s.one_round = one_round;
        story_tell(&s, SDP_CALL);
        if (one_round)
            media_prepare(s.media, &s.t, 1);
        play(&s, &THERE);
        play(&s, &BACK);
        story_tell(&s, "61 A>B BYE 2; 61.1 B>A 200 2 BYE");
        story_finish(&s, 62);
        assert_string_equal(s.streams, "1 call=one@example.com codec=PCMU packets=100 lost=0 jitter=0 duration=1.98 / "
                                       "2 call=one@example.com codec=PCMU packets=100 lost=0 jitter=0 duration=1.98");
        assert_int_equal(s.summary.streams.total, 2);
        assert_int_equal(s.summary.streams.with_call, 2);
        assert_int_equal(s.summary.streams.packets, 200);
        assert_int_equal(media_result(s.media)->one_way, 0);
        assert_true(s.summary.streams.mos.mean > 4);
        story_free(&s);
    }
}

static void one_direction_is_told(void **state)
{
    (void)state;
    static struct story s;
    story_begin(&s, 16 << 20);
    story_tell(&s, SDP_CALL);
    play(&s, &THERE);
    story_tell(&s, "61 A>B BYE 2; 61.1 B>A 200 2 BYE");
    story_finish(&s, 62);
    assert_int_equal(media_result(s.media)->one_way, 1);
    assert_int_equal(media_result(s.media)->nexample, 1);
    assert_true(view_eq(media_result(s.media)->example[0], V("one@example.com")));
    story_free(&s);
}

static void a_call_that_was_not_answered_is_not_one_way(void **state)
{
    (void)state;
    static struct story s;
    story_begin(&s, 16 << 20);
    story_tell(&s, "0 A>B INVITE 1 sdp=" A_PORT "; 1 B>A 183 1 INVITE sdp=" B_PORT);
    play(&s, &BACK); /* an announcement before the answer */
    story_tell(&s, "61 B>A 486 1 INVITE");
    story_finish(&s, 62);
    assert_int_equal(media_result(s.media)->one_way, 0);
    assert_int_equal(s.summary.streams.with_call, 1);
    story_free(&s);
}

static void a_call_without_media_in_the_capture_is_not_one_way(void **state)
{
    (void)state;
    static struct story s;
    story_begin(&s, 16 << 20);
    story_tell(&s, SDP_CALL "61 A>B BYE 2; 61.1 B>A 200 2 BYE");
    story_finish(&s, 62);
    assert_int_equal(media_result(s.media)->one_way, 0);
    assert_int_equal(s.summary.streams.total, 0);
    assert_true(isnan(s.summary.streams.mos.mean));
    story_free(&s);
}

static void a_port_used_again_belongs_to_the_next_call(void **state)
{
    (void)state;
    static struct story s;
    struct rtp again = THERE, back = BACK;
    again.at = back.at = 71.2;
    again.ssrc = 3;
    back.ssrc = 4;
    story_begin(&s, 16 << 20);
    story_tell(&s, SDP_CALL);
    play(&s, &THERE);
    play(&s, &BACK);
    story_tell(&s, "61 A>B BYE 2; 61.1 B>A 200 2 BYE; 70 A>B INVITE 1 id=two sdp=" A_PORT "; 71 B>A 200 1 INVITE id=two sdp=" B_PORT
                   "; 71.1 A>B ACK 1 id=two");
    play(&s, &again);
    play(&s, &back);
    story_finish(&s, 80);
    assert_string_equal(s.streams, "1 call=one@example.com codec=PCMU packets=100 lost=0 jitter=0 duration=1.98 / "
                                   "2 call=one@example.com codec=PCMU packets=100 lost=0 jitter=0 duration=1.98 / "
                                   "3 call=two codec=PCMU packets=100 lost=0 jitter=0 duration=1.98 / "
                                   "4 call=two codec=PCMU packets=100 lost=0 jitter=0 duration=1.98");
    assert_int_equal(media_result(s.media)->one_way, 0);
    story_free(&s);
}

/* Early media often runs before the SDP of the answer was captured. */
static void sdp_may_come_behind_the_media(void **state)
{
    (void)state;
    static struct story s;
    struct rtp early = {.at = 0.5, .src = "203.0.113.7:9000", .dst = B_PORT, .ssrc = 1, .n = 10};
    story_begin(&s, 16 << 20);
    play(&s, &early);
    story_tell(&s, SDP_CALL);
    story_finish(&s, 30);
    assert_string_equal(s.streams, "1 call=one@example.com codec=PCMU packets=10 lost=0 jitter=0 duration=0.18");
    story_free(&s);
}

/* Behind a NAT the address in the SDP is where the stream comes from only. */
static void symmetric_rtp_is_found_by_its_source(void **state)
{
    (void)state;
    static struct story s;
    struct rtp r = {.at = 1.2, .src = A_PORT, .dst = "203.0.113.7:9000", .ssrc = 1, .n = 10};
    story_begin(&s, 16 << 20);
    story_tell(&s, SDP_CALL);
    play(&s, &r);
    story_finish(&s, 30);
    assert_string_equal(s.streams, "1 call=one@example.com codec=PCMU packets=10 lost=0 jitter=0 duration=0.18");
    story_free(&s);
}

static void loss_and_jitter_are_those_of_the_stream(void **state)
{
    (void)state;
    static struct story s;
    struct rtp lossy = THERE, shaky = BACK;
    lossy.n = 1000;
    lossy.lose = 20;
    shaky.n = 1000;
    shaky.late_ms = 8;
    story_begin(&s, 16 << 20);
    story_tell(&s, SDP_CALL);
    play(&s, &lossy);
    play(&s, &shaky);
    story_finish(&s, 60);
    /* the last of 1000 packets is one of those lost: 999 are expected */
    assert_non_null(strstr(s.streams, "1 call=one@example.com codec=PCMU packets=950 lost=49 jitter=0 "));
    /* |D| is 8 ms for each packet: J rises to 8 (RFC 3550 6.4.1) */
    const char *jitter = strstr(strstr(s.streams, "2 call=one@example.com"), "jitter=");
    assert_in_range((int)(atof(jitter + 7) * 1000), 7800, 8000);
    assert_int_equal(s.summary.streams.lost, 49);
    assert_float_equal(s.summary.streams.lost_percent.max, 100.0 * 49 / 999, 1e-6);
    char text[256];
    assert_non_null(strstr(story_problems(&s, text, sizeof text), "media.loss=1"));
    story_free(&s);
}

static void a_minute_of_silence_splits_a_stream(void **state)
{
    (void)state;
    static struct story s;
    struct rtp later = THERE;
    later.at = 70;
    later.seq = 100;
    for (int one_round = 0; one_round < 2; one_round++) {
        story_begin(&s, 16 << 20);
        s.one_round = one_round;
        story_tell(&s, SDP_CALL);
        media_prepare(s.media, &s.t, 1);
        play(&s, &THERE);
        if (!one_round)
            tracker_settle(s.t, s.media, STORY_BEGIN + 69 * NS_PER_S);
        play(&s, &later);
        story_finish(&s, 80);
        assert_string_equal(s.streams, "1 call=one@example.com codec=PCMU packets=100 lost=0 jitter=0 duration=1.98 / "
                                       "1 call=one@example.com codec=PCMU packets=100 lost=0 jitter=0 duration=1.98");
        story_free(&s);
    }
    later.at = 50; /* less than a minute: one stream with a pause */
    story_begin(&s, 16 << 20);
    story_tell(&s, SDP_CALL);
    play(&s, &THERE);
    play(&s, &later);
    story_finish(&s, 80);
    assert_int_equal(s.summary.streams.total, 1);
    assert_int_equal(s.summary.streams.packets, 200);
    story_free(&s);
}

static void what_only_looks_like_rtp_is_no_stream(void **state)
{
    (void)state;
    static struct story s;
    story_begin(&s, 16 << 20);
    for (unsigned i = 0; i < 200; i++) { /* sequence numbers that do not follow each other, sources that change */
        struct rtp r = {.src = "203.0.113.7:9000", .dst = "203.0.113.8:9000", .ssrc = i / 10, .seq = (uint16_t)(i * 77)};
        rtp_packet(&s, &r, i, i * 0.02);
    }
    story_finish(&s, 30);
    assert_int_equal(s.summary.streams.total, 0);
    assert_string_equal(s.streams, "");
    story_free(&s);
}

static void announced_packets_need_no_run(void **state)
{
    (void)state;
    static struct story s;
    struct rtp two = THERE;
    two.n = 2;
    story_begin(&s, 16 << 20);
    story_tell(&s, SDP_CALL);
    play(&s, &two);
    story_finish(&s, 30);
    assert_string_equal(s.streams, "1 call=one@example.com codec=PCMU packets=2 lost=0 jitter=0 duration=0.02");
    story_free(&s);
}

static void dynamic_payload_types_have_the_clock_of_the_sdp(void **state)
{
    (void)state;
    static struct story s;
    struct rtp r = THERE;
    r.payload_type = 96; /* no rtpmap: no clock, no codec */
    story_begin(&s, 16 << 20);
    story_tell(&s, SDP_CALL);
    play(&s, &r);
    story_finish(&s, 30);
    assert_string_equal(s.streams, "1 call=one@example.com packets=100 lost=0 duration=1.98");
    story_free(&s);
}

/* A call that names more addresses than are kept takes none away from others, and leaves nothing behind. */
static void a_call_with_many_addresses_harms_no_other(void **state)
{
    (void)state;
    static struct story s;
    story_begin(&s, 16 << 20);
    story_tell(&s, "0 A>B INVITE 1 id=two sdp=192.0.2.1:4020; 0.1 B>A 200 1 INVITE id=two sdp=192.0.2.2:5020; 0.2 A>B ACK 1 id=two;"
                   "0.3 A>B INVITE 1; 0.4 B>A 200 1 INVITE; 0.5 A>B ACK 1");
    for (int i = 0; i < 30; i++) { /* re-INVITEs over the ports of the other call */
        char line[128];
        snprintf(line, sizeof line, "%d A>B INVITE %d tt=t sdp=192.0.2.1:%d; %d.5 B>A 200 %d INVITE", 1 + i, 2 + i, 4000 + i, 1 + i, 2 + i);
        story_tell(&s, line);
    }
    story_tell(&s, "40 A>B BYE 90; 40.1 B>A 200 90 BYE; 300 C>D OPTIONS 1 id=x");
    struct rtp r = {.at = 301, .src = "203.0.113.7:9000", .dst = "192.0.2.1:4020", .ssrc = 1, .n = 10};
    play(&s, &r);
    story_tell(&s, "310 A>B BYE 2 id=two; 310.1 B>A 200 2 BYE id=two; 800 C>D OPTIONS 2 id=x; 900 C>D OPTIONS 3 id=x");
    play(&s, &(struct rtp){.at = 901, .src = "203.0.113.7:9000", .dst = "192.0.2.1:4020", .ssrc = 2, .n = 10});
    story_finish(&s, 920);
    assert_string_equal(s.streams, "1 call=two codec=PCMU packets=10 lost=0 jitter=0 duration=0.18 / "
                                   "2 codec=PCMU packets=10 lost=0 jitter=0 duration=0.18");
    assert_int_equal(s.summary.streams.with_call, 1);
    story_free(&s);
}

/* More calls than the table holds: the oldest leave, and are counted. */
static void many_calls_are_bounded(void **state)
{
    (void)state;
    static struct story s;
    story_begin(&s, 64 << 20);
    media_free(s.media);
    s.media = media_new(&STORY_SEED, 100);
    for (int i = 0; i < 2000; i++) {
        char line[256];
        snprintf(line, sizeof line, "%f A>B INVITE 1 id=%d sdp=192.0.2.1:%d; %f B>A 200 1 INVITE id=%d sdp=192.0.2.2:%d", i / 100.0, i, 2000 + 2 * i,
                 i / 100.0, i, 2000 + 2 * i);
        story_tell(&s, line);
    }
    struct rtp r = {.at = 21, .src = "203.0.113.7:9000", .dst = "192.0.2.1:5998", .ssrc = 1, .n = 10};
    play(&s, &r);
    story_finish(&s, 22);
    assert_string_equal(s.streams, "1 call=1999 codec=PCMU packets=10 lost=0 jitter=0 duration=0.18");
    assert_in_range(media_result(s.media)->evicted, 1900, 2000);
    story_free(&s);
}

static void a_flood_of_streams_is_bounded(void **state)
{
    (void)state;
    static struct story s;
    story_begin(&s, 1 << 20);
    for (unsigned i = 0; i < 100000; i++) {
        struct rtp r = {.src = "203.0.113.7:9000", .dst = "203.0.113.8:9000", .ssrc = i};
        rtp_packet(&s, &r, 0, i / 1000.0);
        if (i % 1000 == 999) {
            story_exchange(&s);
            tracker_settle(s.t, s.media, STORY_BEGIN + (int64_t)i * NS_PER_MS);
        }
    }
    play(&s, &(struct rtp){.at = 120, .src = "203.0.113.7:9002", .dst = "203.0.113.8:9000", .ssrc = 7, .n = 10});
    story_finish(&s, 130);
    assert_true(s.summary.input.evicted > 0);
    assert_int_equal(s.summary.streams.total, 0); /* the table is full of the others: nobody settled since */
    story_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_directions_find_their_call),
        cmocka_unit_test(one_direction_is_told),
        cmocka_unit_test(a_call_that_was_not_answered_is_not_one_way),
        cmocka_unit_test(a_call_without_media_in_the_capture_is_not_one_way),
        cmocka_unit_test(a_port_used_again_belongs_to_the_next_call),
        cmocka_unit_test(sdp_may_come_behind_the_media),
        cmocka_unit_test(symmetric_rtp_is_found_by_its_source),
        cmocka_unit_test(loss_and_jitter_are_those_of_the_stream),
        cmocka_unit_test(a_minute_of_silence_splits_a_stream),
        cmocka_unit_test(what_only_looks_like_rtp_is_no_stream),
        cmocka_unit_test(announced_packets_need_no_run),
        cmocka_unit_test(dynamic_payload_types_have_the_clock_of_the_sdp),
        cmocka_unit_test(a_call_with_many_addresses_harms_no_other),
        cmocka_unit_test(many_calls_are_bounded),
        cmocka_unit_test(a_flood_of_streams_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
