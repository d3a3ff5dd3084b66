/* Registrations: little stories, and what the tracker makes of them. R (192.0.2.18) is the registrar. */
#include "unit.h"

#include "track_story.h"

#define CREDENTIALS "+Authorization:~Digest~username=\"alice\",realm=\"example.com\",nonce=\"n\",uri=\"sip:example.com\",response=\"0\""
#define ASK(nonce) "+WWW-Authenticate:~Digest~realm=\"example.com\",nonce=\"" nonce "\""
#define CONTACT "c=<sip:alice@192.0.2.1:5060>"
#define FIRST "0 A>R REGISTER 1 " CONTACT " +Expires:~3600; 0.1 R>A 200 1 REGISTER " CONTACT ";"
#define GRANTED(at, cseq, s) at " A>R REGISTER " cseq " " CONTACT " +Expires:~" s "; " at " R>A 200 " cseq " REGISTER " CONTACT " +Expires:~" s "; "

struct scenario {
    const char *name, *story;
    double end_s;
    const char *want; /* rows */
    const char *sums; /* of the summary, those that are not 0 */
};

static const struct scenario SCENARIOS[] = {
    {"a challenge and the answer to it are one attempt",
     "0 A>R REGISTER 1 " CONTACT " +Expires:~600; 0.1 R>A 401 1 REGISTER " ASK("n") "; 0.2 A>R REGISTER 2 " CONTACT " +Expires:~600 " CREDENTIALS
     "; 0.3 R>A 200 2 REGISTER " CONTACT " +Expires:~600", 10,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=600 ok=1",
     "users=1 attempts=1 registered=1 challenged=1 active=1"},
    {"a challenge nobody answers", "0 A>R REGISTER 1 " CONTACT "; 0.1 R>A 401 1 REGISTER " ASK("n"), 100,
     "alice@example.com challenged 401 contact=sip:alice@192.0.2.1:5060 at=R ok=0", "users=1 attempts=1 challenged=1"},
    {"the answer to a challenge that comes a minute later is another attempt",
     "0 A>R REGISTER 1 " CONTACT "; 0.1 R>A 401 1 REGISTER " ASK("n") "; 60 A>R REGISTER 2 " CONTACT " " CREDENTIALS
     "; 60.1 R>A 200 2 REGISTER " CONTACT " +Expires:~600", 100,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=600 ok=1",
     "users=1 attempts=2 registered=1 challenged=1 active=1"},
    {"refreshed twice", GRANTED("0", "1", "600") GRANTED("300", "2", "600") GRANTED("600", "3", "600"), 700,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=600 ok=3 every=300",
     "users=1 attempts=3 registered=1 refreshed=2 active=1"},
    {"the interval is the median", GRANTED("0", "1", "3600") GRANTED("100", "2", "3600") GRANTED("300", "3", "3600") GRANTED("340", "4", "3600"),
     400, "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=3600 ok=4 every=100",
     "users=1 attempts=4 registered=1 refreshed=3 active=1"},
    {"a refresh that comes too late registers again", GRANTED("0", "1", "60") GRANTED("300", "2", "60"), 310,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=60 ok=2 every=300",
     "users=1 attempts=2 registered=2 active=1"},
    {"expired at the end", GRANTED("0", "1", "60"), 100,
     "alice@example.com expired 200 contact=sip:alice@192.0.2.1:5060 at=R expires=60 ok=1", "users=1 attempts=1 registered=1"},
    {"removed by Expires: 0", GRANTED("0", "1", "600") "10 A>R REGISTER 2 " CONTACT " +Expires:~0; 10.1 R>A 200 2 REGISTER", 20,
     "alice@example.com removed 200 contact=sip:alice@192.0.2.1:5060 at=R expires=600 ok=1", "users=1 attempts=2 registered=1 removed=1"},
    {"removed by Contact: *",
     GRANTED("0", "1", "600") "1 B>R REGISTER 1 id=two c=<sip:alice@192.0.2.2:5060> +Expires:~600; 1.1 R>B 200 1 REGISTER id=two +Expires:~600;"
     "10 A>R REGISTER 2 c=* +Expires:~0; 10.1 R>A 200 2 REGISTER", 20,
     "alice@example.com removed 200 contact=sip:alice@192.0.2.1:5060 at=R expires=600 ok=1 / "
     "alice@example.com removed 200 contact=sip:alice@192.0.2.2:5060 at=R expires=600 ok=1",
     "users=1 attempts=3 registered=2 removed=1"},
    {"removed by Contact: *, never seen to be registered", "10 A>R REGISTER 2 c=* +Expires:~0; 10.1 R>A 200 2 REGISTER", 20,
     "alice@example.com removed 200 at=R ok=0", "users=1 attempts=1 removed=1"},
    {"one of two contacts removed",
     GRANTED("0", "1", "600") "1 B>R REGISTER 1 id=two c=<sip:alice@192.0.2.2:5060> +Expires:~600; 1.1 R>B 200 1 REGISTER id=two +Expires:~600;"
     "10 A>R REGISTER 2 " CONTACT " +Expires:~0; 10.1 R>A 200 2 REGISTER c=<sip:alice@192.0.2.2:5060>", 20,
     "alice@example.com removed 200 contact=sip:alice@192.0.2.1:5060 at=R expires=600 ok=1 / "
     "alice@example.com active 200 contact=sip:alice@192.0.2.2:5060 at=R expires=600 ok=1",
     "users=1 attempts=3 registered=2 removed=1 active=1"},
    {"a query is no refresh", GRANTED("0", "1", "600") "10 A>R REGISTER 2; 10.1 R>A 200 2 REGISTER " CONTACT " +Expires:~590", 20,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=600 ok=1",
     "users=1 attempts=1 registered=1 queries=1 active=1"},
    {"wrong password: 401 to the credentials",
     "0 A>R REGISTER 1 " CONTACT "; 0.1 R>A 401 1 REGISTER " ASK("n") "; 0.2 A>R REGISTER 2 " CONTACT " " CREDENTIALS
     "; 0.3 R>A 401 2 REGISTER " ASK("n"), 100,
     "alice@example.com failed 401 contact=sip:alice@192.0.2.1:5060 at=R ok=0 bad=1", "users=1 attempts=1 failed=1 challenged=2"},
    {"wrong password: 403",
     "0 A>R REGISTER 1 " CONTACT "; 0.1 R>A 401 1 REGISTER " ASK("n") "; 0.2 A>R REGISTER 2 " CONTACT " " CREDENTIALS "; 0.3 R>A 403 2 REGISTER", 100,
     "alice@example.com failed 403 contact=sip:alice@192.0.2.1:5060 at=R ok=0 bad=1", "users=1 attempts=1 failed=1 challenged=1"},
    {"an old nonce is no failure",
     GRANTED("0", "1", "600") "300 A>R REGISTER 2 " CONTACT " +Expires:~600 " CREDENTIALS "; 300.1 R>A 401 2 REGISTER " ASK("n2") ",stale=true;"
     "300.2 A>R REGISTER 3 " CONTACT " +Expires:~600 " CREDENTIALS "; 300.3 R>A 200 3 REGISTER +Expires:~600", 400,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=600 ok=2 every=300",
     "users=1 attempts=2 registered=1 refreshed=1 challenged=1 active=1"},
    {"interval too brief, then longer",
     "0 A>R REGISTER 1 " CONTACT " +Expires:~30; 0.1 R>A 423 1 REGISTER +Min-Expires:~300; 0.2 A>R REGISTER 2 " CONTACT " +Expires:~300;"
     "0.3 R>A 200 2 REGISTER " CONTACT " +Expires:~300", 10,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=300 ok=1 bad=1",
     "users=1 attempts=2 registered=1 failed=1 active=1"},
    {"no response", "0 A>R REGISTER 1 " CONTACT "; 0.5 A>R REGISTER 1 " CONTACT, 100,
     "alice@example.com unanswered contact=sip:alice@192.0.2.1:5060 at=R ok=0 bad=1", "users=1 attempts=1 unanswered=1"},
    {"a refresh without response does not end the binding", GRANTED("0", "1", "600") "300 A>R REGISTER 2 " CONTACT " +Expires:~600", 400,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=600 ok=1 bad=1",
     "users=1 attempts=2 registered=1 unanswered=1 active=1"},
    {"granted by the contact's own parameter, whatever the header says",
     "0 A>R REGISTER 1 " CONTACT " +Expires:~3600; 0.1 R>A 200 1 REGISTER c=<sip:alice@192.0.2.9>^expires=50,<sip:alice@192.0.2.1:5060>^expires=120 +Expires:~3600", 10,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=120 ok=1", "users=1 attempts=1 registered=1 active=1"},
    {"granted as asked for", "0 A>R REGISTER 1 c=<sip:alice@192.0.2.1:5060>^expires=77; 0.1 R>A 200 1 REGISTER", 10,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=77 ok=1", "users=1 attempts=1 registered=1 active=1"},
    {"granted without a word: an hour", "0 A>R REGISTER 1 " CONTACT "; 0.1 R>A 200 1 REGISTER", 10,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=3600 ok=1", "users=1 attempts=1 registered=1 active=1"},
    {"granted as asked for, another time for the same contact",
     "0 A>R REGISTER 1 c=<sip:alice@192.0.2.1^transport=udp> +Expires:~60; 0.1 R>A 200 1 REGISTER c=<sip:alice@192.0.2.1^transport=udp>;"
     "10 A>R REGISTER 2 c=<sip:alice@192.0.2.1^transport=udp> +Expires:~700; 10.1 R>A 200 2 REGISTER c=<sip:alice@192.0.2.1^transport=udp>", 20,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1;transport=udp at=R expires=700 ok=2 every=10",
     "users=1 attempts=2 registered=1 refreshed=1 active=1 keepalive=2"},
    {"granted another time, said by another contact's parameter",
     "0 A>R REGISTER 1 " CONTACT " +Expires:~60; 0.1 R>A 200 1 REGISTER " CONTACT "^expires=60; 10 A>R REGISTER 2 " CONTACT " +Expires:~700;"
     "10.1 R>A 200 2 REGISTER " CONTACT "^expires=650", 20,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=650 ok=2 every=10",
     "users=1 attempts=2 registered=1 refreshed=1 active=1 keepalive=2"},
    {"the same contact with another lifetime asked, then removed",
     "0 A>R REGISTER 1 " CONTACT "^expires=60; 0.1 R>A 200 1 REGISTER " CONTACT "^expires=60; 10 A>R REGISTER 2 " CONTACT "^expires=0;"
     "10.1 R>A 200 2 REGISTER; 20 A>R REGISTER 3 " CONTACT "^expires=60; 20.1 R>A 200 3 REGISTER " CONTACT "^expires=60", 30,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=60 ok=2",
     "users=1 attempts=3 registered=2 removed=1 active=1 keepalive=2"},
    {"a registrar that writes the contact as it sees it (NAT)",
     "0 A>R REGISTER 1 c=<sip:alice@10.0.0.1:5060> +Expires:~600; 0.1 R>A 200 1 REGISTER c=<sip:alice@192.0.2.1:1024>^expires=90", 10,
     "alice@example.com active 200 contact=sip:alice@10.0.0.1:5060 at=R expires=90 ok=1", "users=1 attempts=1 registered=1 active=1"},
    {"through an edge: one in the summary, a row for each hop",
     "0 A>E REGISTER 1 " CONTACT " +Expires:~60; 0.1 E>R REGISTER 1 " CONTACT " +Expires:~60 vias=2; 0.2 R>E 200 1 REGISTER " CONTACT
     " +Expires:~60 vias=2; 0.3 E>A 200 1 REGISTER " CONTACT " +Expires:~60; 30 A>E REGISTER 2 " CONTACT " +Expires:~60; 30.1 E>R REGISTER 2 "
     CONTACT " +Expires:~60 vias=2; 30.2 R>E 200 2 REGISTER " CONTACT " +Expires:~60 vias=2; 30.3 E>A 200 2 REGISTER " CONTACT " +Expires:~60", 40,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=E expires=60 ok=2 every=30 / "
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=60 ok=2",
     "users=1 attempts=2 registered=1 refreshed=1 active=1 keepalive=4"},
    {"a third party registers somebody else", "0 A>R REGISTER 1 from=boss to=bob " CONTACT " +Expires:~60; 0.1 R>A 200 1 REGISTER from=boss to=bob +Expires:~60", 10,
     "bob@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=60 ok=1", "users=1 attempts=1 registered=1 active=1"},
    {"short refreshes count as keep-alives, requests and responses", GRANTED("0", "1", "60") GRANTED("30", "2", "60") GRANTED("60", "3", "60"), 70,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=60 ok=3 every=30",
     "users=1 attempts=3 registered=1 refreshed=2 active=1 keepalive=4"},
    {"the same request twice is one", "0 A>R REGISTER 1 " CONTACT "; 0.5 A>R REGISTER 1 " CONTACT "; 0.6 R>A 200 1 REGISTER; 0.7 R>A 200 1 REGISTER", 10,
     "alice@example.com active 200 contact=sip:alice@192.0.2.1:5060 at=R expires=3600 ok=1", "users=1 attempts=1 registered=1 active=1"},
    {"only the response was captured", "0 R>A 200 1 REGISTER " CONTACT, 10, "", ""},
};

static const char *sums(const struct summary *s, char *out, size_t room)
{
    const struct {
        const char *name;
        uint64_t n;
    } row[] = {
        {"users", s->registrations.users},           {"attempts", s->registrations.attempts},
        {"registered", s->registrations.registered}, {"refreshed", s->registrations.refreshed},
        {"removed", s->registrations.removed},       {"failed", s->registrations.failed},
        {"challenged", s->registrations.challenged}, {"unanswered", s->registrations.unanswered},
        {"queries", s->registrations.queries},       {"active", s->registrations.bindings_active},
        {"keepalive", s->keepalives.register_refresh},
    };
    out[0] = 0;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (row[i].n)
            text_add(out, room, "%s%s=%" PRIu64, out[0] ? " " : "", row[i].name, row[i].n);
    return out;
}

static void every_story_ends_as_told(void **state)
{
    (void)state;
    static struct story s;
    char got[512];
    int wrong = 0;
    for (size_t i = 0; i < sizeof SCENARIOS / sizeof *SCENARIOS; i++) {
        const struct scenario *x = &SCENARIOS[i];
        story_begin(&s, 16 << 20);
        story_tell(&s, x->story);
        story_finish(&s, x->end_s);
        sums(&s.summary, got, sizeof got);
        if (strcmp(s.registrations, x->want) != 0 || strcmp(got, x->sums) != 0) {
            print_error("%s:\n  want %s\n  got  %s\n  sums want %s\n  sums got  %s\n", x->name, x->want, s.registrations, x->sums, got);
            wrong++;
        }
        story_free(&s);
    }
    assert_int_equal(wrong, 0);
}

static void delays_and_lifetimes_are_measured(void **state)
{
    (void)state;
    static struct story s;
    story_begin(&s, 16 << 20);
    story_tell(&s, "0 A>R REGISTER 1 " CONTACT "; 0.1 R>A 401 1 REGISTER " ASK("n") "; 1 A>R REGISTER 2 " CONTACT " " CREDENTIALS
                   "; 1.25 R>A 200 2 REGISTER +Expires:~600; 301 A>R REGISTER 3 " CONTACT "; 301.25 R>A 200 3 REGISTER +Expires:~600");
    story_finish(&s, 400);
    assert_int_equal(s.summary.registrations.request_delay_ms.n, 2);
    assert_float_equal(s.summary.registrations.request_delay_ms.max, 250, 1e-6); /* RFC 6076 4.1: of the last request */
    assert_int_equal(s.summary.registrations.expires_s.n, 2);
    assert_float_equal(s.summary.registrations.expires_s.mean, 600, 1e-6);
    assert_int_equal(s.summary.registrations.interval_s.n, 1);
    assert_float_equal(s.summary.registrations.interval_s.max, 301, 1e-6); /* from the begin of one cycle to that of the next */
    story_free(&s);
}

static void problems_name_the_user(void **state)
{
    (void)state;
    static const struct {
        const char *story, *want;
    } row[] = {
        {"0 A>R REGISTER 1 " CONTACT, "registration.no_answer"},
        {"0 A>R REGISTER 1 " CONTACT "; 1 R>A 404 1 REGISTER", "registration.never_succeeds"},
        {"0 A>R REGISTER 1 " CONTACT " " CREDENTIALS "; 1 R>A 403 1 REGISTER; 2 A>R REGISTER 2 " CONTACT " " CREDENTIALS "; 3 R>A 200 2 REGISTER",
         "registration.wrong_password"},
        {GRANTED("0", "1", "30") GRANTED("20", "2", "30") GRANTED("40", "3", "30") GRANTED("60", "4", "30"), "registration.short_refresh"},
    };
    static struct story s;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        story_begin(&s, 16 << 20);
        story_tell(&s, row[i].story);
        story_finish(&s, 100);
        assert_int_equal(s.summary.nproblem, 1);
        assert_string_equal(s.summary.problem[0].id, row[i].want);
        assert_int_equal(s.summary.problem[0].nexample, 1);
        assert_true(view_eq(s.summary.problem[0].example[0], V("alice@example.com")));
        story_free(&s);
    }
}

/* An old nonce is challenged again, with stale=true or, as many servers do, without; what is accepted then was no wrong
 * password. */
static void an_old_nonce_is_no_wrong_password(void **state)
{
    (void)state;
    static struct story s;
    const char *again = "0 A>R REGISTER 1 " CONTACT " " CREDENTIALS "; 0.1 R>A 401 1 REGISTER " ASK("n2") ";";
    for (int late = 0; late < 2; late++) {
        story_begin(&s, 16 << 20);
        story_tell(&s, again);
        story_tell(&s, late ? "60 A>R REGISTER 2 " CONTACT " " CREDENTIALS "; 60.1 R>A 200 2 REGISTER"
                            : "0.2 A>R REGISTER 2 " CONTACT " " CREDENTIALS "; 0.3 R>A 200 2 REGISTER");
        story_finish(&s, 100);
        assert_int_equal(s.summary.nproblem, late);
        story_free(&s);
    }
}

/* A device that invents contacts costs a bounded number of bindings, and the newest ones stay. */
static void invented_contacts_are_bounded(void **state)
{
    (void)state;
    static struct story s;
    story_begin(&s, 16 << 20);
    s.one_round = true;
    for (int i = 0; i < 1000; i++) {
        char line[256];
        snprintf(line, sizeof line, "%d A>R REGISTER %d c=<sip:alice@192.0.2.1:%d> +Expires:~60; %d.5 R>A 200 %d REGISTER +Expires:~3600", i,
                 i + 1, 1024 + i, i, i + 1);
        story_tell(&s, line);
    }
    story_finish(&s, 1001);
    assert_int_equal(s.summary.registrations.attempts, 1000);
    assert_int_equal(s.summary.registrations.registered, 1000);
    assert_in_range(s.summary.registrations.bindings_active, 32, 128);
    assert_int_equal(s.summary.input.evicted, 1000 - s.summary.registrations.bindings_active);
    story_free(&s);
}

static void keep_alives_are_counted(void **state)
{
    (void)state;
    static struct story s;
    story_begin(&s, 16 << 20);
    story_tell(&s, "0 R>A OPTIONS 1; 0.1 A>R 200 1 OPTIONS; 1 R>A NOTIFY 2 id=k +Event:~keep-alive; 1.1 A>R 489 2 NOTIFY id=k;"
                   "2 R>A NOTIFY 3 id=p +Event:~presence; 2.1 A>R 200 3 NOTIFY id=p; 3 A>R OPTIONS 4 id=o tt=t; 3.1 R>A 200 4 OPTIONS id=o");
    story_finish(&s, 10);
    assert_int_equal(s.summary.keepalives.options, 3); /* a ping, its answer, and an answer inside a dialog */
    assert_int_equal(s.summary.keepalives.notify, 1);
    assert_int_equal(s.summary.keepalives.register_refresh, 0);
    story_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_story_ends_as_told),
        cmocka_unit_test(delays_and_lifetimes_are_measured),
        cmocka_unit_test(problems_name_the_user), cmocka_unit_test(an_old_nonce_is_no_wrong_password),
        cmocka_unit_test(invented_contacts_are_bounded),
        cmocka_unit_test(keep_alives_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
