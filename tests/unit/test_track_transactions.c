/* Transactions as they stand on the wire, and the tables under a flood and a low ceiling. */
#include "unit.h"

#include "base/mem.h"
#include "track_story.h"

#include <malloc.h>
#include <time.h>

struct scenario {
    const char *name, *story;
    double end_s;
    unsigned total, answered, unanswered, orphans, again;
};

static const struct scenario SCENARIOS[] = {
    {"request and response", "0 A>B OPTIONS 1; 0.1 B>A 200 1 OPTIONS", 1, 1, 1, 0, 0, 0},
    {"a branch used again with another CSeq", "0 A>B OPTIONS 1 br=z9hG4bK-x; 0.1 B>A 200 1 OPTIONS br=z9hG4bK-x; 1 A>B OPTIONS 2 br=z9hG4bK-x;"
     "1.1 B>A 200 2 OPTIONS br=z9hG4bK-x", 2, 2, 2, 0, 0, 0},
    {"a branch used again with another method", "0 A>B OPTIONS 1 br=z9hG4bK-x; 1 A>B MESSAGE 1 br=z9hG4bK-x", 2, 2, 0, 0, 0, 0},
    {"a branch used again with another Call-ID", "0 A>B OPTIONS 1 br=z9hG4bK-x; 1 A>B OPTIONS 1 br=z9hG4bK-x id=two", 2, 2, 0, 0, 0, 0},
    {"one branch of RFC 2543, two senders", "0 A>B OPTIONS 1 br=x; 1 C>B OPTIONS 1 br=x", 2, 2, 0, 0, 0, 0},
    {"a sender whose name changes on the way back", "0 A>B OPTIONS 1 br=z9hG4bK-x by=a; 1 B>A 200 1 OPTIONS br=z9hG4bK-x by=b", 2, 1, 1, 0, 0, 0},
    {"long ringing, a final response, and 40 s later a copy of it", "0 A>B INVITE 1; 1 B>A 180 1 INVITE; 100 B>A 486 1 INVITE; 140 B>A 486 1 INVITE", 141,
     1, 1, 0, 1, 0},
    {"branches of RFC 2543: none, or all the same", "0 A>B OPTIONS 1 br=0; 0.1 B>A 200 1 OPTIONS br=0; 1 A>B OPTIONS 2 br=0; 1.1 B>A 200 2 OPTIONS br=0;"
     "2 A>B OPTIONS 1 br=0 id=two; 2.1 B>A 200 1 OPTIONS br=0 id=two", 3, 3, 3, 0, 0, 0},
    {"a retransmission on the same hop", "0 A>B OPTIONS 1; 0.5 A>B OPTIONS 1; 0.6 B>A 200 1 OPTIONS; 0.7 B>A 200 1 OPTIONS", 1, 1, 1, 0, 0, 2},
    {"a copy on another hop is none", "0 A>B OPTIONS 1 br=z9hG4bK-x by=a; 0.01 B>C OPTIONS 1 br=z9hG4bK-x by=a;"
     "0.1 C>B 200 1 OPTIONS br=z9hG4bK-x by=a; 0.11 B>A 200 1 OPTIONS br=z9hG4bK-x by=a", 1, 1, 1, 0, 0, 0},
    {"through a proxy: a transaction for each hop", "0 A>P OPTIONS 1; 0.1 P>B OPTIONS 1 vias=2; 0.2 B>P 200 1 OPTIONS vias=2; 0.3 P>A 200 1 OPTIONS", 1,
     2, 2, 0, 0, 0},
    {"ACK to a failure is no transaction", "0 A>B INVITE 1; 1 B>A 486 1 INVITE; 1.1 A>B ACK 1 br=z9hG4bK-A-INVITE-1", 2, 1, 1, 0, 0, 0},
    {"ACK to a success is none either, its copies are retransmissions", "0 A>B INVITE 1; 1 B>A 200 1 INVITE; 1.1 A>B ACK 1; 1.2 A>B ACK 1", 2, 1, 1, 0, 0, 1},
    {"CANCEL is a transaction of its own", "0 A>B INVITE 1; 1 A>B CANCEL 1; 1.1 B>A 200 1 CANCEL; 1.2 B>A 487 1 INVITE", 2, 2, 2, 0, 0, 0},
    {"a response without its request", "0 B>A 200 1 OPTIONS; 0.5 B>A 200 1 OPTIONS", 1, 0, 0, 0, 2, 1},
    {"a response captured before its request", "0 B>A 200 1 OPTIONS; 0 A>B OPTIONS 1; 0.5 B>A 200 1 OPTIONS", 1, 1, 1, 0, 1, 1},
    {"another status is another response", "0 A>B INVITE 1; 1 B>A 180 1 INVITE; 2 B>A 183 1 INVITE; 3 B>A 180 1 INVITE tt=u; 4 B>A 200 1 INVITE", 5, 1, 1, 0, 0, 0},
    {"no response within 32 s", "0 A>B OPTIONS 1; 40 A>B OPTIONS 2; 40.1 B>A 200 2 OPTIONS", 41, 2, 1, 1, 0, 0},
    {"no response yet", "0 A>B OPTIONS 1", 10, 1, 0, 0, 0, 0},
    {"no response yet, sent three times", "0 A>B OPTIONS 1; 0.5 A>B OPTIONS 1; 1.5 A>B OPTIONS 1", 10, 1, 0, 1, 0, 2},
    {"INVITE with a provisional response waits for three minutes", "0 A>B INVITE 1; 1 B>A 180 1 INVITE; 100 B>A 200 1 INVITE", 101, 1, 1, 0, 0, 0},
    {"INVITE with a provisional response, then nothing", "0 A>B INVITE 1; 1 B>A 180 1 INVITE; 300 C>D OPTIONS 1 id=x", 301, 2, 0, 1, 0, 0},
    {"the same bytes a minute later are another transaction", "0 A>B OPTIONS 1; 0.1 B>A 200 1 OPTIONS; 60 A>B OPTIONS 1; 60.1 B>A 200 1 OPTIONS", 61,
     2, 2, 0, 0, 0},
    {"a response out of the range of statuses", "0 A>B OPTIONS 1; 0.1 B>A 999 1 OPTIONS", 1, 1, 0, 0, 0, 0},
};

static void every_story_ends_as_told(void **state)
{
    (void)state;
    static struct story s;
    int wrong = 0;
    for (size_t i = 0; i < sizeof SCENARIOS / sizeof *SCENARIOS; i++) {
        const struct scenario *x = &SCENARIOS[i];
        story_begin(&s, 16 << 20);
        story_tell(&s, x->story);
        story_finish(&s, x->end_s);
        const struct summary *n = &s.summary;
        if (n->transactions.total != x->total || n->transactions.answered != x->answered || n->transactions.unanswered != x->unanswered ||
            n->transactions.orphan_responses != x->orphans || n->messages.retransmissions != x->again) {
            print_error("%s: total %d answered %d unanswered %d orphans %d again %d\n", x->name, (int)n->transactions.total,
                        (int)n->transactions.answered, (int)n->transactions.unanswered, (int)n->transactions.orphan_responses,
                        (int)n->messages.retransmissions);
            wrong++;
        }
        story_free(&s);
    }
    assert_int_equal(wrong, 0);
}

/* Counting level L3: Call-ID, From tag, CSeq and method. */
static void a_request_counts_once_end_to_end(void **state)
{
    (void)state;
    static const struct {
        const char *story;
        unsigned requests, transactions;
    } row[] = {
        {"0 A>B OPTIONS 1; 0.5 A>B OPTIONS 1; 1 A>B OPTIONS 2", 2, 2},
        {"0 A>P OPTIONS 1 br=z9hG4bK-below-1; 0.1 P>B OPTIONS 1 br=z9hG4bK-2 vias=2", 1, 2},
        {"0 A>P INVITE 1 br=z9hG4bK-below-1; 0.1 P>B INVITE 1 br=z9hG4bK-2 vias=2; 0.2 P>C INVITE 1 br=z9hG4bK-3 vias=2", 1, 3},
        {"0 P>B INVITE 1 br=z9hG4bK-2 vias=2; 0.2 P>C INVITE 1 br=z9hG4bK-3 vias=2", 1, 2},
        {"0 P>B INVITE 1 br=z9hG4bK-2 vias=2; 0.2 P>C INVITE 1 br=z9hG4bK-3 vias=2 ft=other", 2, 2},
        {"0 A>B INVITE 1; 1 B>A 200 1 INVITE; 1.1 A>B ACK 1; 2 A>B BYE 2", 2, 2},
    };
    static struct story s;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        story_begin(&s, 16 << 20);
        story_tell(&s, row[i].story);
        story_finish(&s, 3);
        if (s.summary.transactions.end_to_end_requests != row[i].requests || s.summary.transactions.total != row[i].transactions)
            fail_msg("%s: %d requests, %d transactions", row[i].story, (int)s.summary.transactions.end_to_end_requests,
                     (int)s.summary.transactions.total);
        story_free(&s);
    }
}

static void a_storm_is_told_once(void **state)
{
    (void)state;
    static struct story s;
    char text[256];
    story_begin(&s, 16 << 20);
    for (int i = 0; i < 12; i++) {
        char line[64];
        snprintf(line, sizeof line, "%d A>B OPTIONS 1", i);
        story_tell(&s, line);
    }
    story_finish(&s, 100);
    assert_string_equal(story_problems(&s, text, sizeof text),
                        "capture.one_way_signalling=1 retransmission.storm=1 transaction.no_response=1");
    story_free(&s);
}

/* Floods: what changes from one message to the next. */
enum { CHANGE_BRANCH = 1, CHANGE_TAG = 2, CHANGE_USER = 4, CHANGE_CALL_ID = 8, CHANGE_HOST = 16, CHANGE_CONTACT = 32, CHANGE_TO_TAG = 64,
       CHANGE_AGENT = 128, CHANGE_METHOD = 256 };

static const struct flood {
    const char *name, *method;
    unsigned changes, status;
} FLOODS[] = {
    {"INVITEs, one Call-ID, other branches", "INVITE", CHANGE_BRANCH, 0},
    {"INVITEs, one Call-ID, other From tags", "INVITE", CHANGE_BRANCH | CHANGE_TAG, 0},
    {"INVITEs, other calls, other users", "INVITE", CHANGE_BRANCH | CHANGE_CALL_ID | CHANGE_USER, 0},
    {"INVITEs from everywhere", "INVITE", CHANGE_BRANCH | CHANGE_CALL_ID | CHANGE_USER | CHANGE_HOST | CHANGE_AGENT, 0},
    {"REGISTERs, other users", "REGISTER", CHANGE_BRANCH | CHANGE_CALL_ID | CHANGE_USER | CHANGE_CONTACT, 0},
    {"REGISTERs, other contacts", "REGISTER", CHANGE_BRANCH | CHANGE_CONTACT, 0},
    {"REGISTERs to other registrars", "REGISTER", CHANGE_BRANCH | CHANGE_HOST, 0},
    {"OPTIONS from everywhere for everybody", "OPTIONS", CHANGE_BRANCH | CHANGE_USER | CHANGE_HOST, 0},
    {"responses of one transaction", "INVITE", CHANGE_TO_TAG, 183},
    {"200s without a request", "INVITE", CHANGE_BRANCH | CHANGE_CALL_ID | CHANGE_TAG, 200},
    {"200s to REGISTER without a request", "REGISTER", CHANGE_BRANCH | CHANGE_USER, 200},
    {"BYEs of other dialogs", "BYE", CHANGE_BRANCH | CHANGE_CALL_ID, 0},
    {"BYEs of one Call-ID and other tags", "BYE", CHANGE_BRANCH | CHANGE_TAG | CHANGE_TO_TAG, 0},
    {"methods nobody knows", "OPTIONS", CHANGE_BRANCH | CHANGE_METHOD, 0},
    {"the very same request", "INVITE", 0, 0},
};

static void flood_message(struct story *s, const struct flood *f, unsigned i, double at)
{
    char text[2048];
    struct step x = {.vias = 1, .cseq = 1, .status = f->status, .at = at, .a = 'A', .b = 'B'};
    struct sip_header store[64];
    struct sip_message m;
    struct endpoint src = story_party('A'), dst = story_party('B');
    if (f->changes & CHANGE_METHOD)
        snprintf(x.method, sizeof x.method, "X%u", i);
    else
        strcpy(x.method, f->method);
    if (f->changes & CHANGE_BRANCH)
        snprintf(x.br, sizeof x.br, "z9hG4bK-%u", i);
    if (f->changes & CHANGE_TAG)
        snprintf(x.ft, sizeof x.ft, "f%u", i);
    if (f->changes & CHANGE_TO_TAG)
        snprintf(x.tt, sizeof x.tt, "t%u", i);
    if (f->changes & CHANGE_USER)
        snprintf(x.from, sizeof x.from, "user%u", i * 7919 % 100000);
    if (f->changes & CHANGE_CALL_ID)
        snprintf(x.id, sizeof x.id, "%u@example.com", i);
    if (f->changes & CHANGE_CONTACT)
        snprintf(x.contact, sizeof x.contact, "<sip:alice@192.0.2.1:%u>", i);
    else if (strcmp(f->method, "REGISTER") == 0)
        strcpy(x.contact, "<sip:alice@192.0.2.1>");
    if (f->changes & CHANGE_AGENT)
        snprintf(x.more, sizeof x.more, "User-Agent: phone %u\r\n", i);
    if (f->changes & CHANGE_HOST) {
        src.port = (uint16_t)(i * 31);
        src.ip.b[15] = (uint8_t)(i >> 11);
        dst.port = (uint16_t)(i * 17 >> 5);
    }
    step_defaults(&x);
    size_t n = step_write(&x, text, sizeof text);
    struct packet p = story_packet(s, at, src, dst, text, n);
    assert_int_equal(sip_message_parse(&m, store, 64, text, n, SIP_DATAGRAM), SIP_OK);
    tracker_route(&STORY_SEED, &m);
    tracker_message(s->t, &p, &m);
}

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t heap_bytes(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

/* Seconds of processor time that n messages at one instant take; *heap: what the tables held at most. */
static double flood(const struct flood *f, unsigned n, uint64_t memory, size_t *heap, uint64_t *evicted)
{
    static struct story s;
    size_t before = heap_bytes();
    story_begin(&s, memory);
    double began = cpu_s();
    *heap = 0;
    for (unsigned i = 0; i < n; i++) {
        flood_message(&s, f, i, (double)i / 100000);
        if (i % 1024 != 1023)
            continue;
        story_exchange(&s); /* the end of a round */
        *heap = heap_bytes() - before > *heap ? heap_bytes() - before : *heap;
    }
    double took = cpu_s() - began;
    story_finish(&s, 1000);
    assert_int_equal(s.summary.messages.total, n);
    *evicted = s.summary.input.evicted;
    story_free(&s);
    return took;
}

static void floods_take_linear_time(void **state)
{
    (void)state;
    size_t heap;
    uint64_t evicted;
    for (size_t i = 0; i < sizeof FLOODS / sizeof *FLOODS; i++) {
        double small = 1e9, large = 1e9;
        for (int tries = 0; tries < 3; tries++) { /* the best of a few: other programs run too */
            double t = flood(&FLOODS[i], 20000, 256 << 20, &heap, &evicted);
            small = t < small ? t : small;
            t = flood(&FLOODS[i], 80000, 256 << 20, &heap, &evicted);
            large = t < large ? t : large;
            if (large < small * 8)
                break;
        }
        if (large > small * 12)
            fail_msg("%s: 20,000 take %.3f s, 80,000 take %.3f s", FLOODS[i].name, small, large);
    }
}

/* Tables stay under the ceiling, kept records add half of it at most, and what was lost is counted. */
static void floods_stay_below_the_ceiling(void **state)
{
    (void)state;
    enum { CEILING = 8 << 20 };
    int wrong = 0;
    for (size_t i = 0; i < sizeof FLOODS / sizeof *FLOODS; i++) {
        size_t heap;
        uint64_t evicted;
        double took = flood(&FLOODS[i], 200000, CEILING, &heap, &evicted);
        bool grows = (FLOODS[i].changes & (CHANGE_CALL_ID | CHANGE_TAG)) && FLOODS[i].changes & CHANGE_BRANCH;
        if (heap > CEILING + CEILING / 2 || (grows && !evicted)) {
            print_error("%s: %.1f MiB of %d MiB, %d evicted, %.2f s\n", FLOODS[i].name, (double)heap / (1 << 20), CEILING >> 20, (int)evicted, took);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* Few users and few hosts, but each user at each host: the sets that count them are tables too. */
static void sets_of_users_stay_below_the_ceiling(void **state)
{
    (void)state;
    static struct story s;
    size_t before = heap_bytes(), most = 0;
    story_begin(&s, 4 << 20);
    for (unsigned i = 0; i < 200000; i++) {
        char text[1024];
        struct step x = {.vias = 1, .cseq = 1, .at = i / 1e5, .a = 'A', .b = 'B', .method = "OPTIONS"};
        struct sip_header store[64];
        struct sip_message m;
        struct endpoint src = story_party('A'), dst = story_party('B');
        src.port = (uint16_t)(i % 509);
        dst.port = (uint16_t)(i % 503);
        snprintf(x.from, sizeof x.from, "user%u", i % 499);
        snprintf(x.to, sizeof x.to, "user%u", i % 491);
        step_defaults(&x);
        size_t n = step_write(&x, text, sizeof text);
        struct packet p = story_packet(&s, x.at, src, dst, text, n);
        assert_int_equal(sip_message_parse(&m, store, 64, text, n, SIP_DATAGRAM), SIP_OK);
        tracker_route(&STORY_SEED, &m);
        m.cseq = i; /* another transaction each time */
        tracker_message(s.t, &p, &m);
        if (i % 1024 == 0 && heap_bytes() - before > most)
            most = heap_bytes() - before;
    }
    story_finish(&s, 10);
    if (most > (6 << 20))
        fail_msg("%.1f MiB", (double)most / (1 << 20));
    story_free(&s);
}

/* Under a low ceiling a call that goes on survives a flood of calls that are over. */
static void what_is_over_leaves_first(void **state)
{
    (void)state;
    static struct story s;
    story_begin(&s, 2 << 20);
    s.one_round = true;
    story_tell(&s, "0 A>B INVITE 1 id=live; 1 B>A 200 1 INVITE id=live; 1.1 A>B ACK 1 id=live");
    for (int i = 0; i < 3000; i++) {
        char line[256];
        snprintf(line, sizeof line, "%f C>D INVITE 1 id=x%d; %f D>C 486 1 INVITE id=x%d; %f C>D ACK 1 id=x%d br=z9hG4bK-C-INVITE-1", 2 + i / 1000.0,
                 i, 2 + i / 1000.0, i, 2 + i / 1000.0, i);
        story_tell(&s, line);
    }
    story_tell(&s, "20 A>B BYE 2 id=live; 20.1 B>A 200 2 BYE id=live");
    story_finish(&s, 21);
    assert_true(s.summary.input.evicted > 0);
    assert_int_equal(s.summary.calls.attempts, 3001);
    assert_int_equal(s.summary.calls.completed, 1);
    assert_int_equal(s.summary.calls.rejected, 3000);
    assert_int_equal(s.summary.calls.unknown, 0);
    story_free(&s);
}

/* Memory that ends at any moment: fewer entries, never a crash, and the messages are still counted. */
static void allocation_may_fail_anywhere(void **state)
{
    (void)state;
    struct err e;
    struct tracker_config c = {.seed = STORY_SEED, .memory = 64 << 20, .keep_calls = true, .keep_registrations = true,
                               .keep_streams = true, .keep_users = true};
    for (int i = 0; i < 12; i++) {
        mem_fail_after(i);
        struct tracker *t = tracker_new(&c, &e);
        mem_fail_after(-1);
        tracker_free(t);
    }
    for (int after = 0; after < 60; after++) {
        static struct story s;
        story_begin(&s, 64 << 20);
        s.one_round = true;
        mem_fail_after(after);
        for (unsigned i = 0; i < 3000; i++)
            flood_message(&s, &FLOODS[i % (sizeof FLOODS / sizeof *FLOODS)], i, i / 100.0);
        mem_fail_after(-1);
        story_finish(&s, 100);
        assert_int_equal(s.summary.messages.total, 3000);
        assert_true(s.summary.transactions.total <= 3000);
        story_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_story_ends_as_told), cmocka_unit_test(a_request_counts_once_end_to_end),
        cmocka_unit_test(a_storm_is_told_once),
        cmocka_unit_test(floods_take_linear_time),      cmocka_unit_test(floods_stay_below_the_ceiling),
        cmocka_unit_test(sets_of_users_stay_below_the_ceiling), cmocka_unit_test(what_is_over_leaves_first),
        cmocka_unit_test(allocation_may_fail_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
