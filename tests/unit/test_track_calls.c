/* Calls: little stories, and what the tracker makes of them. */
#include "unit.h"

#include "track_story.h"

#define TALK "0 A>B INVITE 1; 0.1 B>A 100 1 INVITE; 1 B>A 180 1 INVITE; 3 B>A 200 1 INVITE; 3.1 A>B ACK 1;"
#define HANGUP "63 A>B BYE 2; 63.1 B>A 200 2 BYE;"
#define CHALLENGE "0 A>B INVITE 1; 0.1 B>A 407 1 INVITE; 0.2 A>B ACK 1 br=z9hG4bK-A-INVITE-1;"

struct scenario {
    const char *name, *story;
    double end_s;
    const char *want;     /* rows */
    const char *problems; /* NULL: not looked at */
};

static const struct scenario SCENARIOS[] = {
    {"a completed call", TALK HANGUP, 64,
     "completed 200 ring=1000 setup=3000 duration=60 by=caller legs=1 forks=1 messages=7", ""},
    {"BYE from the callee", TALK "63 B>A BYE 7 back; 63.1 A>B 200 7 BYE back", 64,
     "completed 200 ring=1000 setup=3000 duration=60 by=callee legs=1 forks=1 messages=7", ""},
    {"cancelled while ringing",
     "0 A>B INVITE 1; 1 B>A 180 1 INVITE; 9 A>B CANCEL 1; 9.1 B>A 200 1 CANCEL; 9.2 B>A 487 1 INVITE;"
     "9.3 A>B ACK 1 br=z9hG4bK-A-INVITE-1", 10,
     "cancelled 487 ring=1000 by=caller legs=1 forks=1 messages=6", ""},
    {"CANCEL crosses the 200: answered",
     "0 A>B INVITE 1; 1 B>A 180 1 INVITE; 9 A>B CANCEL 1; 9.01 B>A 200 1 INVITE; 9.1 A>B ACK 1; 9.2 B>A 481 1 CANCEL;" HANGUP, 64,
     "completed 200 ring=1000 setup=9010 duration=53.99 by=caller legs=1 forks=1 messages=8", ""},
    {"CANCEL behind the 200 changes nothing",
     TALK "3.2 A>B CANCEL 1; 3.3 B>A 481 1 CANCEL;" HANGUP, 64,
     "completed 200 ring=1000 setup=3000 duration=60 by=caller legs=1 forks=1 messages=9", ""},
    {"busy", "0 A>B INVITE 1; 1 B>A 486 1 INVITE; 1.1 A>B ACK 1 br=z9hG4bK-A-INVITE-1", 2,
     "rejected 486 legs=1 forks=1 messages=3", ""},
    {"declined", "0 A>B INVITE 1; 1 B>A 603 1 INVITE; 1.1 A>B ACK 1 br=z9hG4bK-A-INVITE-1", 2,
     "rejected 603 legs=1 forks=1 messages=3", "call.global_error=1"},
    {"nobody there", "0 A>B INVITE 1; 1 B>A 180 1 INVITE; 20 B>A 480 1 INVITE; 20.1 A>B ACK 1 br=z9hG4bK-A-INVITE-1", 21,
     "rejected 480 ring=1000 legs=1 forks=1 messages=4", ""},
    {"not found", "0 A>B INVITE 1; 1 B>A 404 1 INVITE; 1.1 A>B ACK 1 br=z9hG4bK-A-INVITE-1", 2,
     "failed 404 legs=1 forks=1 messages=3", "call.client_error=1"},
    {"service unavailable", "0 A>B INVITE 1; 1 B>A 503 1 INVITE; 1.1 A>B ACK 1 br=z9hG4bK-A-INVITE-1", 2,
     "failed 503 legs=1 forks=1 messages=3", "call.server_error=1"},
    {"487 without a CANCEL", "0 A>B INVITE 1; 1 B>A 180 1 INVITE; 2 B>A 487 1 INVITE", 3,
     "failed 487 ring=1000 legs=1 forks=1 messages=3", ""},
    {"moved", "0 A>B INVITE 1; 1 B>A 302 1 INVITE; 1.1 A>B ACK 1 br=z9hG4bK-A-INVITE-1", 2,
     "redirected 302 legs=1 forks=1 messages=3", ""},
    {"moved, and tried again elsewhere",
     "0 A>B INVITE 1; 1 B>A 302 1 INVITE; 1.1 A>B ACK 1 br=z9hG4bK-A-INVITE-1; 1.2 A>C INVITE 2; 2.2 C>A 200 2 INVITE tt=u;"
     "2.3 A>C ACK 2 tt=u; 12.2 A>C BYE 3 tt=u", 13,
     "completed 200 ring=2200 setup=2200 duration=10 by=caller legs=2 forks=2 messages=7", ""},
    {"no response at all, capture longer than timer B",
     "0 A>B INVITE 1; 0.5 A>B INVITE 1; 1.5 A>B INVITE 1; 3.5 A>B INVITE 1; 7.5 A>B INVITE 1", 300,
     "unanswered legs=1 forks=0 messages=5 again=4", "call.no_answer=1 capture.one_way_signalling=1 retransmission.storm=1"},
    {"no response at all, capture ends behind timer B", "0 A>B INVITE 1", 33, "unanswered legs=1 forks=0 messages=1",
     "call.no_answer=1"},
    {"no response yet", "0 A>B INVITE 1; 0.5 A>B INVITE 1", 1, "ringing legs=1 forks=0 messages=2 again=1", ""},
    {"only 100 so far", "0 A>B INVITE 1; 0.1 B>A 100 1 INVITE", 5, "ringing 100 legs=1 forks=0 messages=2", ""},
    {"ringing at the end", "0 A>B INVITE 1; 0.1 B>A 100 1 INVITE; 1 B>A 180 1 INVITE", 60,
     "ringing 180 ring=1000 legs=1 forks=1 messages=3", ""},
    {"rang without end", "0 A>B INVITE 1; 1 B>A 180 1 INVITE", 600, "unanswered 180 ring=1000 legs=1 forks=1 messages=2",
     "call.ring_timeout=1"},
    {"rang for a long time, then answered",
     "0 A>B INVITE 1; 1 B>A 180 1 INVITE; 61 B>A 180 1 INVITE; 121 B>A 180 1 INVITE; 181 B>A 180 1 INVITE; 230 B>A 200 1 INVITE;"
     "230.1 A>B ACK 1; 240 A>B BYE 2; 240.1 B>A 200 2 BYE", 241,
     "completed 200 ring=1000 setup=230000 duration=10 by=caller legs=1 forks=1 messages=9 again=3", ""},
    {"ongoing at the end", TALK, 1000, "ongoing 200 ring=1000 setup=3000 legs=1 forks=1 messages=5", ""},
    {"answered without ACK at the end", "0 A>B INVITE 1; 3 B>A 200 1 INVITE; 3.5 B>A 200 1 INVITE", 5,
     "answered 200 ring=3000 setup=3000 legs=1 forks=1 messages=3 again=1", ""},
    {"the 200 again and again, never an ACK",
     "0 A>B INVITE 1; 3 B>A 200 1 INVITE; 3.5 B>A 200 1 INVITE; 4.5 B>A 200 1 INVITE; 6.5 B>A 200 1 INVITE", 8,
     "answered 200 ring=3000 setup=3000 legs=1 forks=1 messages=5 again=3", "call.no_ack=1"},
    {"answered, then silence for hours", TALK, 20000, "expired 200 ring=1000 setup=3000 legs=1 forks=1 messages=5", "call.expired=1"},
    {"answered, silence, and the capture goes on", TALK "10000 C>D OPTIONS 1 id=other", 10001,
     "expired 200 ring=1000 setup=3000 legs=1 forks=1 messages=5", NULL},
    {"the session timer runs out",
     "0 A>B INVITE 1; 3 B>A 200 1 INVITE +Session-Expires:~90; 3.1 A>B ACK 1", 300,
     "expired 200 ring=3000 setup=3000 legs=1 forks=1 messages=3", "call.expired=1"},
    {"407, then the same with credentials: one attempt",
     CHALLENGE "0.3 A>B INVITE 2 +Proxy-Authorization:~Digest~username=\"alice\"; 1 B>A 180 2 INVITE tt=u; 3 B>A 200 2 INVITE tt=u;"
     "3.1 A>B ACK 2 tt=u; 63 A>B BYE 3 tt=u; 63.1 B>A 200 3 BYE tt=u", 64,
     "completed 200 ring=1000 setup=3000 duration=60 by=caller legs=1 forks=2 messages=9", ""},
    {"407 that nobody came back from", CHALLENGE, 100, "failed 407 legs=1 forks=1 messages=3", "call.unauthorized=1"},
    {"407 twice, wrong password",
     CHALLENGE "0.3 A>B INVITE 2 +Proxy-Authorization:~Digest~username=\"alice\"; 0.4 B>A 403 2 INVITE", 100,
     "failed 403 legs=1 forks=1 messages=5", "call.client_error=1"},
    {"only a BYE", "0 A>B BYE 2; 0.1 B>A 200 2 BYE", 5, "unknown by=caller legs=0 forks=0 messages=2", NULL},
    {"only a 200", "0 B>A 200 1 INVITE; 0.1 A>B ACK 1; 9 A>B BYE 2; 9.1 B>A 200 2 BYE", 10,
     "unknown 200 duration=9 by=caller legs=0 forks=1 messages=4", NULL},
    {"the capture began late: ringing, then answered",
     "0 B>A 180 1 INVITE; 2 B>A 200 1 INVITE; 2.1 A>B ACK 1; 12 B>A BYE 9 back; 12.1 A>B 200 9 BYE back", 13,
     "unknown 200 duration=10 by=callee legs=0 forks=1 messages=4", NULL},
    {"BYE in the early dialog",
     "0 A>B INVITE 1; 1 B>A 180 1 INVITE; 5 A>B BYE 2; 5.1 B>A 200 2 BYE; 5.2 B>A 487 1 INVITE; 5.3 A>B ACK 1 br=z9hG4bK-A-INVITE-1",
     6, "cancelled 487 ring=1000 by=caller legs=1 forks=1 messages=6", ""},
    {"BYE in the early dialog, the INVITE stays open", "0 A>B INVITE 1; 1 B>A 180 1 INVITE; 5 A>B BYE 2; 5.1 B>A 200 2 BYE", 6,
     "cancelled 180 ring=1000 by=caller legs=1 forks=1 messages=4", ""},
    {"PRACK and UPDATE inside",
     "0 A>B INVITE 1; 1 B>A 183 1 INVITE; 1.1 A>B PRACK 2; 1.2 B>A 200 2 PRACK; 1.3 A>B UPDATE 3; 1.4 B>A 200 3 UPDATE;"
     "2 B>A 180 1 INVITE; 3 B>A 200 1 INVITE; 3.1 A>B ACK 1; 13 A>B BYE 4; 13.1 B>A 200 4 BYE", 14,
     "completed 200 ring=1000 setup=3000 duration=10 by=caller legs=1 forks=1 messages=11", ""},
    {"re-INVITE, answered and refused, does not disturb",
     TALK "20 A>B INVITE 2 tt=t; 20.1 B>A 200 2 INVITE; 20.2 A>B ACK 2; 30 B>A INVITE 5 back; 30.1 A>B 488 5 INVITE back;"
     "30.2 B>A ACK 5 back br=z9hG4bK-B-INVITE-5;" HANGUP, 64,
     "completed 200 ring=1000 setup=3000 duration=60 by=caller legs=1 forks=2 messages=13", ""},
    {"zero length", "0 A>B INVITE 1; 3 B>A 200 1 INVITE; 3.1 A>B ACK 1; 3.5 A>B BYE 2; 3.6 B>A 200 2 BYE", 4,
     "completed 200 ring=3000 setup=3000 duration=0.5 by=caller legs=1 forks=1 messages=5", "call.zero_length=1"},
    {"INVITE, 200 and ACK repeated",
     "0 A>B INVITE 1; 0.5 A>B INVITE 1; 3 B>A 200 1 INVITE; 3.5 B>A 200 1 INVITE; 3.6 A>B ACK 1; 3.7 A>B ACK 1;" HANGUP, 64,
     "completed 200 ring=3000 setup=3000 duration=60 by=caller legs=1 forks=1 messages=8 again=3", ""},
    {"two branches: busy and answered",
     "0 P>B INVITE 1 br=z9hG4bK-x; 0 P>C INVITE 1 br=z9hG4bK-y; 1 B>P 486 1 INVITE br=z9hG4bK-x tt=x; 1 C>P 180 1 INVITE br=z9hG4bK-y tt=y;"
     "4 C>P 200 1 INVITE br=z9hG4bK-y tt=y; 4.1 P>C ACK 1 tt=y; 14 P>C BYE 2 tt=y; 14.1 C>P 200 2 BYE tt=y", 15,
     "completed 200 ring=1000 setup=4000 duration=10 by=caller legs=2 forks=2 messages=8", ""},
    {"two branches behind a proxy: one busy, one cancelled, and the caller hears 480",
     "0 A>P INVITE 1; 0.1 P>B INVITE 1 br=z9hG4bK-x vias=2; 0.1 P>C INVITE 1 br=z9hG4bK-y vias=2;"
     "1 B>P 486 1 INVITE br=z9hG4bK-x vias=2 tt=x; 1 C>P 180 1 INVITE br=z9hG4bK-y vias=2 tt=y; 1.1 P>A 180 1 INVITE tt=y;"
     "20 P>C CANCEL 1 br=z9hG4bK-y; 20.1 C>P 487 1 INVITE br=z9hG4bK-y vias=2 tt=y; 20.2 P>A 480 1 INVITE tt=p", 21,
     "rejected 480 ring=1000 legs=3 forks=3 messages=9", ""},
    {"a proxy in the middle: one call, two legs, the outcome of the caller's hop",
     "0 A>P INVITE 1; 0.01 P>A 100 1 INVITE; 0.1 P>B INVITE 1 vias=2; 1 B>P 180 1 INVITE vias=2; 1.1 P>A 180 1 INVITE;"
     "3 B>P 200 1 INVITE vias=2; 3.1 P>A 200 1 INVITE; 3.2 A>P ACK 1; 3.3 P>B ACK 1 vias=2; 63 B>P BYE 5 back; 63.1 P>A BYE 5 back vias=2;"
     "63.2 A>P 200 5 BYE back vias=2; 63.3 P>B 200 5 BYE back", 64,
     "completed 200 ring=1000 setup=3000 duration=60 by=callee legs=2 forks=1 messages=13", ""},
    {"a proxy that tries two servers: only the last word counts",
     "0 A>P INVITE 1; 0.1 P>B INVITE 1 br=z9hG4bK-x vias=2; 0.2 B>P 503 1 INVITE br=z9hG4bK-x vias=2; 0.3 P>C INVITE 1 br=z9hG4bK-y vias=2;"
     "0.4 C>P 404 1 INVITE br=z9hG4bK-y vias=2; 0.5 P>A 404 1 INVITE", 1,
     "failed 404 legs=3 forks=1 messages=6", "call.client_error=1"},
    {"the failure of a lower hop is none while the caller waits",
     "0 A>P INVITE 1; 0.1 P>A 100 1 INVITE; 0.2 P>B INVITE 1 vias=2; 0.3 B>P 503 1 INVITE vias=2", 1,
     "ringing 100 legs=2 forks=1 messages=4", ""},
    {"the same Call-ID used again after the end: two calls",
     TALK "13 A>B BYE 2; 13.1 B>A 200 2 BYE; 15 A>B INVITE 3; 16 B>A 486 3 INVITE tt=u", 20,
     "completed 200 ring=1000 setup=3000 duration=10 by=caller legs=1 forks=1 messages=7 / rejected 486 legs=1 forks=1 messages=2", ""},
    {"the same Call-ID used again after a CANCEL: two calls",
     "0 A>B INVITE 1; 1 A>B CANCEL 1; 1.1 B>A 487 1 INVITE; 5 A>B INVITE 2; 6 B>A 486 2 INVITE", 20,
     "cancelled 487 by=caller legs=1 forks=1 messages=3 / rejected 486 legs=1 forks=1 messages=2", ""},
    {"the same Call-ID used again a minute after busy: two calls",
     "0 A>B INVITE 1; 1 B>A 486 1 INVITE; 60 A>B INVITE 2; 61 B>A 486 2 INVITE", 70,
     "rejected 486 legs=1 forks=1 messages=2 / rejected 486 legs=1 forks=1 messages=2", ""},
    {"one Call-ID, two callers: two calls",
     "0 A>B INVITE 1 ft=f1; 0 C>B INVITE 1 ft=f2; 1 B>A 486 1 INVITE ft=f1; 1 B>C 404 1 INVITE ft=f2", 2,
     "rejected 486 legs=1 forks=1 messages=2 / failed 404 legs=1 forks=1 messages=2", NULL},
    {"no From tag (RFC 2543)", "0 A>B INVITE 1 ft=-; 1 B>A 200 1 INVITE ft=-; 1.1 A>B ACK 1 ft=-; 11 A>B BYE 2 ft=-", 12,
     "completed 200 ring=1000 setup=1000 duration=10 by=caller legs=1 forks=1 messages=4", NULL},
    {"the response was captured before the request",
     "0 B>A 100 1 INVITE; 0 A>B INVITE 1; 1 B>A 180 1 INVITE; 3 B>A 200 1 INVITE; 3.1 A>B ACK 1;" HANGUP, 64,
     "completed 200 ring=1000 setup=3000 duration=60 by=caller legs=1 forks=1 messages=6", NULL},
    {"codecs of the answer", "0 A>B INVITE 1 sdp=192.0.2.1:4000:8; 3 B>A 200 1 INVITE sdp=192.0.2.2:4000:0; 3.1 A>B ACK 1;" HANGUP, 64,
     "completed 200 ring=3000 setup=3000 duration=60 by=caller legs=1 forks=1 messages=5 codec=PCMU", ""},
};

static void every_story_ends_as_told(void **state)
{
    (void)state;
    static struct story s;
    char problems[512];
    int wrong = 0;
    for (size_t i = 0; i < sizeof SCENARIOS / sizeof *SCENARIOS; i++) {
        const struct scenario *x = &SCENARIOS[i];
        story_begin(&s, 16 << 20);
        story_tell(&s, x->story);
        story_finish(&s, x->end_s);
        story_problems(&s, problems, sizeof problems);
        if (strcmp(s.calls, x->want) != 0 || (x->problems && strcmp(problems, x->problems) != 0)) {
            print_error("%s:\n  want %s\n  got  %s\n  problems: want %s, got %s\n", x->name, x->want, s.calls,
                        x->problems ? x->problems : "any", problems);
            wrong++;
        }
        story_free(&s);
    }
    assert_int_equal(wrong, 0);
}

static void ratios_are_those_of_the_standards(void **state)
{
    (void)state;
    static struct story s;
    story_begin(&s, 16 << 20);
    story_tell(&s, TALK HANGUP); /* completed */
    story_tell(&s, "70 A>B INVITE 1 id=2; 71 B>A 486 1 INVITE id=2; 72 A>B INVITE 1 id=3; 73 B>A 503 1 INVITE id=3;"
                   "74 A>B INVITE 1 id=4; 75 B>A 302 1 INVITE id=4; 76 A>B INVITE 1 id=5; 77 A>B CANCEL 1 id=5; 78 B>A 487 1 INVITE id=5;"
                   "80 A>B INVITE 1 id=6; 81 B>A 404 1 INVITE id=6; 82 A>B INVITE 1 id=7; 83 B>A 200 1 INVITE id=7; 83.1 A>B ACK 1 id=7;"
                   "84 A>B INVITE 1 id=8; 84.1 B>A 407 1 INVITE id=8; 85 A>B BYE 9 id=9; 86 A>B INVITE 1 id=10");
    story_finish(&s, 200);
    const struct summary *n = &s.summary;
    assert_int_equal(n->calls.attempts, 8);
    assert_int_equal(n->calls.answered, 2);
    assert_int_equal(n->calls.completed, 1);
    assert_int_equal(n->calls.ongoing, 1);
    assert_int_equal(n->calls.ringing, 0);
    assert_int_equal(n->calls.cancelled, 1);
    assert_int_equal(n->calls.redirected, 1);
    assert_int_equal(n->calls.failed, 3);
    assert_int_equal(n->calls.rejected, 1);
    assert_int_equal(n->calls.unanswered, 1);
    assert_int_equal(n->calls.challenged, 1);
    assert_int_equal(n->calls.unknown, 1);
    assert_float_equal(n->calls.asr, 100.0 * 2 / 8, 1e-9);
    assert_float_equal(n->calls.ner, 100.0 * 4 / 8, 1e-9); /* two answered, busy, cancelled */
    assert_float_equal(n->calls.ser, 100.0 * 2 / 7, 1e-9); /* redirected calls are none */
    assert_float_equal(n->calls.seer, 100.0 * 3 / 7, 1e-9);
    assert_float_equal(n->calls.isa, 100.0 * 1 / 8, 1e-9);
    assert_float_equal(n->calls.scr, 100.0 * 1 / 8, 1e-9);
    assert_int_equal(n->calls.by_failure_status[486], 1);
    assert_int_equal(n->calls.by_failure_status[503], 1);
    assert_int_equal(n->calls.by_failure_status[407], 0);
    assert_int_equal(n->calls.duration_s.n, 1);
    assert_float_equal(n->calls.duration_s.max, 60, 1e-9);
    assert_int_equal(n->calls.disconnect_delay_ms.n, 1);
    assert_float_equal(n->calls.disconnect_delay_ms.max, 100, 1e-6);
    assert_int_equal(n->messages.by_status[487], 1);
    assert_int_equal(n->transactions.total, 12);
    story_free(&s);
}

static void without_calls_there_are_no_ratios(void **state)
{
    (void)state;
    static struct story s;
    story_begin(&s, 16 << 20);
    story_tell(&s, CHALLENGE "1 A>B BYE 9 id=9");
    story_finish(&s, 100);
    assert_int_equal(s.summary.calls.attempts, 0);
    assert_true(isnan(s.summary.calls.asr) && isnan(s.summary.calls.ner) && isnan(s.summary.calls.ser) &&
                isnan(s.summary.calls.seer) && isnan(s.summary.calls.isa) && isnan(s.summary.calls.scr));
    assert_int_equal(s.summary.calls.duration_s.n, 0);
    assert_true(isnan(s.summary.calls.duration_s.mean) && isnan(s.summary.calls.pdd_ms.p95));
    story_free(&s);
}

static void a_response_to_an_ack_answers_nothing(void **state)
{
    (void)state;
    static struct story s;
    story_begin(&s, 16 << 20);
    story_tell(&s, "0 A>B ACK 1; 1 B>A 200 1 ACK");
    story_finish(&s, 2);
    assert_int_equal(s.summary.transactions.total, 0);
    assert_int_equal(s.summary.transactions.answered, 0);
    story_free(&s);
}

/* Whoever captured what, in whatever order: no state is lost and no sum is wrong. */
static void any_order_of_the_messages_keeps_the_sums(void **state)
{
    (void)state;
    static struct story s;
    static const char *const step[] = {"INVITE 1", "CANCEL 1", "ACK 1", "BYE 2", "INVITE 3 tt=t"};
    static const char *const reply[] = {"180 1 INVITE", "200 1 INVITE", "486 1 INVITE", "407 1 INVITE", "487 1 INVITE",
                                        "200 1 CANCEL", "200 2 BYE", "200 3 INVITE", "200 1 ACK"};
    uint32_t r = 12345;
    for (int round = 0; round < 2000; round++) {
        story_begin(&s, 1 << 20);
        for (int k = 0; k < 10; k++) {
            char line[128];
            r = r * 1664525 + 1013904223;
            unsigned pick = r >> 16, at = (unsigned)k * (pick % 3 ? 1 : 40);
            if (pick & 1)
                snprintf(line, sizeof line, "%u %s %s", at, pick & 2 ? "A>B" : "B>C", step[(pick >> 3) % 5]);
            else
                snprintf(line, sizeof line, "%u %s %s", at, pick & 2 ? "B>A" : "C>B", reply[(pick >> 3) % 9]);
            story_tell(&s, line);
        }
        story_finish(&s, 500);
        story_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_story_ends_as_told),
        cmocka_unit_test(ratios_are_those_of_the_standards),
        cmocka_unit_test(without_calls_there_are_no_ratios),
        cmocka_unit_test(a_response_to_an_ack_answers_nothing),
        cmocka_unit_test(any_order_of_the_messages_keeps_the_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
