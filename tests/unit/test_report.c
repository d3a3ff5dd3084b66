#include "unit.h"

#include "base/json.h"
#include "base/mem.h"
#include "report/priv.h"

#include <math.h>
#include <stdio.h>

#define GOLDEN_DIR "tests/unit/report/"

static struct summary_quantity quantity(uint64_t n, double scale)
{
    return (struct summary_quantity){.n = n, .mean = 2.5 * scale, .min = scale, .p50 = 2 * scale, .p95 = 4 * scale, .max = 9 * scale};
}

static const struct summary_quantity nothing = {0, NAN, NAN, NAN, NAN, NAN};

static struct ip_addr ip(const char *text)
{
    struct ip_addr a;
    assert_true(ip_parse(view_str(text), &a));
    return a;
}

/* What the analysis hands over when it saw nothing. */
static struct summary empty_summary(void)
{
    struct summary s = {.input = {.first_ts = TS_NONE, .last_ts = TS_NONE}};
    s.calls.asr = s.calls.ner = s.calls.ser = s.calls.seer = s.calls.isa = s.calls.scr = NAN;
    s.calls.duration_s = s.calls.pdd_ms = s.calls.setup_ms = nothing;
    s.calls.session_request_delay_ms = s.calls.disconnect_delay_ms = nothing;
    s.registrations.expires_s = s.registrations.interval_s = s.registrations.request_delay_ms = nothing;
    s.streams.jitter_ms = s.streams.mos = s.streams.lost_percent = nothing;
    s.keepalives.share_of_sip_packets = NAN;
    return s;
}

static const char *const files[] = {"office.pcapng"};
static const char *const link_types[] = {"Ethernet"};

static void add_input(struct summary *s, uint64_t packets)
{
    s->input.file = files;
    s->input.nfile = 1;
    s->input.link_type = link_types;
    s->input.nlink_type = 1;
    s->input.packets = packets;
    s->input.bytes = packets * 500;
    s->input.first_ts = 1769860800 * NS_PER_S;
    s->input.last_ts = s->input.first_ts + 3723 * NS_PER_S;
    s->input.ts_digits = 6;
}

/* An office with a proxy: every section of the page has something to say. */
static struct summary office_summary(void)
{
    static const struct summary_count by_method[] = {{V("INVITE"), 1200}, {V("ACK"), 1100}, {V("REGISTER"), 900}, {V("BYE"), 640}};
    static const struct view proxy_roles[] = {V("registrar"), V("proxy")}, gateway_roles[] = {V("gateway")};
    static struct record_server server[2];
    static const struct summary_user_agent agent[] = {{V("Example Phone 1.2"), 4000, 120}, {V("Example Softphone"), 1, 1}};
    static const struct view unanswered[] = {V("a84b4c76e66710@example.com"), V("it's odd@example.com")}, busy[] = {V("f00d")};
    static const struct summary_problem problem[] = {
        {"call.no_response", "INVITEs got no response at all", "siptap ladder {FILE} --call-id {CALL_ID}", 3, 12, unanswered, 2, true},
        {"server.errors", "calls ended in a server error", "siptap calls {FILE} --where 'status >= 500'", 2, 1234, busy, 1, true},
        {"message.odd", "messages break a rule of RFC 3261", NULL, 1, 3, NULL, 0, false}};
    struct summary s = empty_summary();
    add_input(&s, 123456);
    s.input.truncated_packets = 3;
    s.input.reassembly_gaps = 1;
    s.input.not_sip_packets = 100000;
    s.messages.total = 6000;
    s.messages.requests = 3840;
    s.messages.responses = 2160;
    s.messages.retransmissions = 60;
    s.messages.malformed = 3;
    s.messages.by_method = by_method;
    s.messages.nby_method = 4;
    s.messages.by_status[100] = 700;
    s.messages.by_status[200] = 1200;
    s.messages.by_status[486] = 60;
    s.messages.by_status[503] = 199;
    s.messages.by_status[0] = 1;
    s.messages.udp = 5500;
    s.messages.tcp = 500;
    s.messages.ip4 = 5400;
    s.messages.ip6 = 600;
    s.messages.oddity[ODD_SIP_NO_CONTACT] = 3;
    s.messages.oddity[ODD_TCP_GAP] = 1;
    s.transactions.total = 2500;
    s.transactions.answered = 2480;
    s.transactions.unanswered = 20;
    s.transactions.orphan_responses = 2;
    s.calls.attempts = 800;
    s.calls.answered = 640;
    s.calls.completed = 630;
    s.calls.ongoing = 10;
    s.calls.cancelled = 60;
    s.calls.failed = 88;
    s.calls.rejected = 50;
    s.calls.unanswered = 12;
    s.calls.unknown = 4;
    s.calls.challenged = 1;
    s.calls.asr = 80;
    s.calls.ner = 93.75;
    s.calls.ser = 80;
    s.calls.seer = 86.2;
    s.calls.duration_s = quantity(630, 60);
    s.calls.pdd_ms = quantity(700, 300);
    s.calls.setup_ms = quantity(640, 2000);
    s.calls.by_failure_status[486] = 50;
    s.calls.by_failure_status[503] = 38;
    s.registrations.users = 121;
    s.registrations.attempts = 900;
    s.registrations.registered = 121;
    s.registrations.refreshed = 700;
    s.registrations.bindings_active = 119;
    s.registrations.failed = 2;
    s.registrations.expires_s = quantity(821, 600);
    s.streams.total = 1270;
    s.streams.packets = 90000;
    s.streams.lost = 450;
    s.streams.with_call = 1260;
    s.streams.one_way_calls = 1;
    s.streams.jitter_ms = quantity(1270, 0.4);
    s.streams.mos = (struct summary_quantity){1270, 4.2, 2.1, 4.3, 4.4, 4.41};
    s.keepalives.crlf = 900;
    s.keepalives.options = 300;
    s.keepalives.share_of_sip_packets = 0.2;
    server[0] = (struct record_server){.ip = ip("192.0.2.1"), .port = 5060, .roles = {proxy_roles, 2}, .requests_in = 3000,
                                       .requests_out = 800, .responses_in = 700, .responses_out = 1400, .users = 121};
    server[1] = (struct record_server){.ip = ip("2001:db8::2"), .port = 5060, .roles = {gateway_roles, 1}, .requests_in = 40};
    s.server = server;
    s.nserver = 2;
    s.user_agent = agent;
    s.nuser_agent = 2;
    s.problem = problem;
    s.nproblem = 3;
    return s;
}

static struct summary rtp_only_summary(void)
{
    struct summary s = empty_summary();
    add_input(&s, 4000);
    s.streams.total = 2;
    s.streams.packets = 3990;
    s.streams.jitter_ms = quantity(2, 1);
    return s;
}

static struct summary register_only_summary(void)
{
    static const struct summary_count by_method[] = {{V("REGISTER"), 20}};
    struct summary s = empty_summary();
    add_input(&s, 40);
    s.messages.total = 40;
    s.messages.requests = s.messages.responses = 20;
    s.messages.by_method = by_method;
    s.messages.nby_method = 1;
    s.messages.by_status[200] = 10;
    s.messages.by_status[401] = 10;
    s.messages.udp = s.messages.ip4 = 40;
    s.transactions.total = s.transactions.answered = 20;
    s.registrations.users = s.registrations.registered = s.registrations.bindings_active = 10;
    s.registrations.attempts = 10;
    s.registrations.request_delay_ms = quantity(10, 5);
    return s;
}

/* Every string that comes from outside holds something that a terminal or a program could choke on. */
static struct summary hostile_summary(void)
{
    static const char *const file[] = {"-rf \033[2J;`id`.pcap"};
    static const struct view bad[] = {V("\033]0;owned\007"), V("$(reboot)'\"@example.com"), V("\xff\xfe\x80"), V("\xe2\x80\xae" "evil")};
    static const struct view harmful_only[] = {V("\033[31m")};
    static const struct summary_count by_method[] = {{V("IN\x01VITE\"}"), 5}};
    static const struct summary_user_agent agent[] = {
        {V("\xe2\x80\xae" "txet desrever \\ \xf0\x9f\x98\x80 \xe6\x97\xa5\xe6\x9c\xac \x9b" "31m\r\n\tEnd"), 5, 1},
        {V("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), 4, 1}};
    static const struct summary_damage damage[] = {{"-rf \033[2J;`id`.pcap", 4711, "a block ends beyond the file"}};
    static const struct summary_problem problem[] = {
        {"call.no_response", "INVITEs got no response at all", "siptap ladder {FILE} --call-id {CALL_ID}", 3, 4, bad, 4, true},
        {"call.x", "calls are strange", "siptap ladder {FILE} --call-id {CALL_ID}", 2, 1, harmful_only, 1, true}};
    struct summary s = register_only_summary();
    s.input.file = file;
    s.input.damage = damage;
    s.input.ndamage = 1;
    s.messages.by_method = by_method;
    s.user_agent = agent;
    s.nuser_agent = 2;
    s.problem = problem;
    s.nproblem = 2;
    return s;
}

static const struct {
    const char *name;
    struct summary (*make)(void);
    struct report_options options;
} pages[] = {
    {"empty", empty_summary, {.width = 100, .utf8 = true}},
    {"office", office_summary, {.width = 100, .utf8 = true, .file_for_commands = "office.pcapng"}},
    {"office_80_ascii", office_summary, {.width = 80, .file_for_commands = "my office.pcapng"}},
    {"office_120_color", office_summary, {.width = 120, .utf8 = true, .color = true}},
    {"rtp_only", rtp_only_summary, {.width = 100, .utf8 = true}},
    {"register_only", register_only_summary, {.width = 100, .utf8 = true}},
    {"hostile", hostile_summary, {.width = 100, .utf8 = true, .file_for_commands = "-rf.pcap"}},
    {"hostile_ascii", hostile_summary, {.width = 100, .file_for_commands = "-rf.pcap"}},
};

/* Compares with the golden file; with REPORT_ACCEPT set in the environment writes it instead. */
static void assert_golden(const char *name, const char *ending, const struct buf *got)
{
    char path[512], *want = NULL;
    const char *root = getenv("SIPTAP_SOURCE");
    size_t n = 0;
    snprintf(path, sizeof path, "%s/" GOLDEN_DIR "%s.%s", root ? root : ".", name, ending);
    FILE *f = fopen(path, getenv("REPORT_ACCEPT") ? "w+" : "r");
    if (!f)
        fail_msg("cannot open %s", path);
    if (getenv("REPORT_ACCEPT")) {
        fwrite(got->p, 1, got->n, f);
        fclose(f);
        return;
    }
    assert_true(getdelim(&want, &n, EOF, f) >= 0);
    fclose(f);
    if (strlen(want) != got->n || memcmp(want, got->p, got->n) != 0)
        fail_msg("%s is not what was printed:\n%.*s", path, (int)got->n, got->p);
    free(want);
}

static void pages_are_as_recorded(void **state)
{
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        struct summary s = pages[i].make();
        struct buf out;
        buf_init(&out, 0);
        report_print(&s, &pages[i].options, &out);
        assert_false(out.failed);
        assert_golden(pages[i].name, "txt", &out);
        buf_release(&out);
    }
}

static void documents_are_as_recorded(void **state)
{
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        struct summary s = pages[i].make();
        struct buf out;
        if (strchr(pages[i].name, '_') && pages[i].make != rtp_only_summary && pages[i].make != register_only_summary)
            continue; /* the same summary on another page */
        buf_init(&out, 0);
        report_json(&s, &out);
        assert_false(out.failed);
        assert_golden(pages[i].name, "json", &out);
        buf_release(&out);
    }
}

/* Every line but a command fits the terminal, and no byte of a page can move its cursor. */
static void pages_fit_their_width_and_hold_no_controls(void **state)
{
    for (unsigned width = 0; width < 140; width += 20) {
        for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
            struct summary s = pages[i].make();
            struct report_options o = pages[i].options;
            struct buf out;
            o.width = width;
            o.color = false;
            buf_init(&out, 0);
            report_print(&s, &o, &out);
            unsigned limit = width < 80 ? 80 : width > 120 ? 120 : width, lines = 0;
            for (size_t at = 0; at < out.n; lines++) {
                size_t end = at + view_find(view_of(out.p + at, out.n - at), '\n');
                struct view line = view_of(out.p + at, end - at);
                if (!view_istarts(view_trim(line), V("$ ")) && text_columns(line) > limit)
                    fail_msg("%s at %u columns: %.*s", pages[i].name, limit, (int)line.n, line.p);
                for (size_t k = 0; k < line.n; k++)
                    assert_true((unsigned char)line.p[k] >= 0x20 && line.p[k] != 0x7f);
                at = end + 1;
            }
            assert_true(lines <= 80);
            buf_release(&out);
        }
    }
}

static void a_verdict_follows_the_worst_problem(void **state)
{
    static const struct summary_problem one[] = {{.severity = 1}}, two[] = {{.severity = 1}, {.severity = 2}}, three[] = {{.severity = 3}};
    static const struct { const struct summary_problem *p; uint32_t n; enum verdict want; } row[] = {
        {NULL, 0, VERDICT_HEALTHY}, {one, 1, VERDICT_HEALTHY}, {two, 2, VERDICT_DEGRADED}, {three, 1, VERDICT_BROKEN}};
    struct summary s = empty_summary();
    assert_int_equal(verdict_of(&s), VERDICT_EMPTY);
    s.input.packets = 1;
    assert_int_equal(verdict_of(&s), VERDICT_NO_SIP);
    s.messages.total = 1;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        s.problem = row[i].p;
        s.nproblem = row[i].n;
        assert_int_equal(verdict_of(&s), row[i].want);
    }
}

static void numbers_read_well(void **state)
{
    assert_string_equal(text_count(0).s, "0");
    assert_string_equal(text_count(999).s, "999");
    assert_string_equal(text_count(1000).s, "1,000");
    assert_string_equal(text_count(UINT64_MAX).s, "18,446,744,073,709,551,615");
    assert_string_equal(text_bytes(999).s, "999 bytes");
    assert_string_equal(text_bytes(1000).s, "1.0 kB");
    assert_string_equal(text_bytes(999999).s, "1.0 MB");
    assert_string_equal(text_bytes(UINT64_MAX).s, "18.4 EB");
    assert_string_equal(text_share(1, 3).s, "33.3 %");
    assert_string_equal(text_share(0, 0).s, "-");
    assert_string_equal(text_percent(NAN).s, "-");
    assert_string_equal(text_ms(NAN).s, "-");
    assert_string_equal(text_ms(0).s, "0 ms");
    assert_string_equal(text_ms(0.123).s, "0.12 ms");
    assert_string_equal(text_ms(120).s, "120 ms");
    assert_string_equal(text_ms(999.9).s, "1.00 s");
    assert_string_equal(text_ms(59900).s, "59.9 s");
    assert_string_equal(text_ms(59999).s, "1 min 0 s");
    assert_string_equal(text_ms(3723000).s, "1 h 2 min");
    assert_string_equal(text_ms(90000000.0).s, "1 d 1 h");
    assert_true(strlen(text_ms(1e300).s) < 40);
    assert_string_equal(text_real(1.005, 1).s, "1.0");
}

static void text_is_cleaned_and_cut_by_columns(void **state)
{
    static const struct { struct view in; unsigned columns; bool utf8; const char *want; unsigned taken; } row[] = {
        {V("plain"), 10, true, "plain", 5},
        {V(""), 10, true, "", 0},
        {V("plain"), 5, true, "plain", 5},
        {V("plainer"), 5, true, "plai…", 5},
        {V("plainer"), 5, false, "pl...", 5},
        {V("plain"), 0, true, "", 0},
        {V("a\tb"), 10, true, "a\\x09b", 6},
        {V("a\0b"), 10, true, "a\\x00b", 6},
        {V("a\\b"), 10, true, "a\\\\b", 4},
        {V("\xc3\xa9"), 10, true, "\xc3\xa9", 1},
        {V("\xc3\xa9"), 10, false, "\\u{e9}", 6},
        {V("\xc0\xaf"), 10, true, "\\xc0\\xaf", 8},
        {V("\xed\xa0\x80"), 20, true, "\\xed\\xa0\\x80", 12},
        {V("\xe2\x80\xae"), 10, true, "\\u{202e}", 8},
        {V("\xc2\x9b"), 10, true, "\\u{9b}", 6},
        {V("\xe6\x97\xa5\xe6\x9c\xac"), 4, true, "\xe6\x97\xa5\xe6\x9c\xac", 4},
        {V("\xe6\x97\xa5\xe6\x9c\xac"), 3, true, "\xe6\x97\xa5…", 3},
        {V("e\xcc\x81"), 1, true, "e\xcc\x81", 1},
        {V("abc\033"), 5, true, "abc…", 4},
        {V("\xe6\x97"), 20, true, "\\xe6\\x97", 8},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct buf out;
        buf_init(&out, 0);
        char *guarded = guard_copy(row[i].in.p, row[i].in.n);
        unsigned taken = text_clean(&out, view_of(guarded, row[i].in.n), row[i].columns, row[i].utf8);
        assert_int_equal(out.n, strlen(row[i].want));
        if (out.n)
            assert_memory_equal(out.p, row[i].want, out.n);
        assert_int_equal(taken, row[i].taken);
        assert_int_equal(text_columns(view_of(out.p, out.n)), row[i].taken);
        guard_free(guarded, row[i].in.n);
        buf_release(&out);
    }
}

static void a_pile_of_combining_marks_comes_to_an_end(void **state)
{
    char pile[20001] = "e";
    struct buf out;
    for (size_t i = 1; i + 1 < sizeof pile; i += 2)
        memcpy(pile + i, "\xcc\x81", 2);
    buf_init(&out, 0);
    assert_true(text_clean(&out, view_of(pile, sizeof pile), 20, true) <= 20);
    assert_true(out.n < 500);
    buf_release(&out);
}

static void commands_are_quoted_for_the_shell(void **state)
{
    static const struct { struct view in; const char *want; } row[] = {
        {V("a84b4c76e66710@192.0.2.1"), "a84b4c76e66710@192.0.2.1"},
        {V(""), "''"},
        {V("a b"), "'a b'"},
        {V("it's"), "\"it's\""},
        {V("it's $5"), "'it'\\''s $5'"},
        {V("$(id)`id`!~*"), "'$(id)`id`!~*'"},
        {V("\xc3\xa9"), "'\xc3\xa9'"},
        {V("a\nb"), NULL},
        {V("a\033b"), NULL},
        {V("\xff"), NULL},
        {V("\xe2\x80\xae"), NULL},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct buf out;
        buf_init(&out, 0);
        assert_int_equal(text_shell(&out, row[i].in), row[i].want != NULL);
        assert_int_equal(out.n, row[i].want ? strlen(row[i].want) : 0);
        if (out.n)
            assert_memory_equal(out.p, row[i].want, out.n);
        buf_release(&out);
    }
}

static void commands_are_filled_in_word_by_word(void **state)
{
    static const struct view plain[] = {V("abc@example.com")}, quote[] = {V("o'neil")}, second[] = {V("a\033"), V(""), V("ok")},
                             hopeless[] = {V("a\nb")};
    static const struct { const char *command, *file; const struct view *example; uint32_t n; const char *want; } row[] = {
        {"siptap ladder {FILE} --call-id '{CALL_ID}'", "a.pcap", plain, 1, "siptap ladder a.pcap --call-id abc@example.com"},
        {"siptap ladder {FILE} --call-id {CALL_ID}", "my file", quote, 1, "siptap ladder 'my file' --call-id \"o'neil\""},
        {"siptap calls {FILE} --where \"aor = '{EXAMPLE}'\"", "a.pcap", plain, 1,
         "siptap calls a.pcap --where \"aor = 'abc@example.com'\""},
        {"siptap calls {FILE} --where \"aor = '{EXAMPLE}'\"", "a.pcap", quote, 1, "siptap calls a.pcap --where \"aor = 'o''neil'\""},
        {"siptap calls {FILE} --where 'status >= 500'", "-", plain, 1, "siptap calls - --where 'status >= 500'"},
        {"siptap ladder {FILE} --call-id '{CALL_ID}'", "-w", second, 3, "siptap ladder ./-w --call-id ok"},
        {"siptap ladder {FILE} --call-id '{CALL_ID}'", "a", hopeless, 1, ""},
        {"siptap ladder {FILE} --call-id '{CALL_ID}'", "a", NULL, 0, ""},
        {"siptap ladder {FILE}", "\033[2J", NULL, 0, ""},
        {"siptap ladder {FILE", NULL, NULL, 0, "siptap ladder '{FILE'"},
        {"siptap ladder {FILE}", NULL, NULL, 0, "siptap ladder FILE"},
        {"an 'open quote", NULL, NULL, 0, "an 'open quote'"},
        {NULL, NULL, NULL, 0, ""},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct summary_problem problem = {.command = row[i].command, .example = row[i].example, .nexample = row[i].n};
        struct buf out;
        buf_init(&out, 0);
        problem_command(&problem, row[i].file, &out);
        buf_char(&out, 0);
        assert_string_equal(out.p, row[i].want);
        buf_release(&out);
    }
}

static void reasons_are_found_and_others_are_empty(void **state)
{
    assert_string_equal(report_reason(100), "Trying");
    assert_string_equal(report_reason(487), "Request Terminated");
    assert_string_equal(report_reason(608), "Rejected");
    static const unsigned none[] = {0, 99, 299, 699, 700, 4000000000u};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_string_equal(report_reason(none[i]), "");
    for (unsigned i = 0; i < 1000; i++)
        assert_true(strlen(report_reason(i)) < 50);
}

static void no_memory_is_told_and_nothing_worse_happens(void **state)
{
    struct summary s = office_summary();
    struct report_options o = {.width = 100, .utf8 = true, .color = true};
    for (int64_t after = 0; after < 40; after++) {
        struct buf page, document;
        buf_init(&page, 0);
        buf_init(&document, 0);
        mem_fail_after(after);
        report_print(&s, &o, &page);
        mem_fail_after(after);
        report_json(&s, &document);
        mem_fail_after(-1);
        if (after < 3)
            assert_true(page.failed && document.failed);
        buf_release(&page);
        buf_release(&document);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_as_recorded),
        cmocka_unit_test(documents_are_as_recorded),
        cmocka_unit_test(pages_fit_their_width_and_hold_no_controls),
        cmocka_unit_test(a_verdict_follows_the_worst_problem),
        cmocka_unit_test(numbers_read_well),
        cmocka_unit_test(text_is_cleaned_and_cut_by_columns),
        cmocka_unit_test(a_pile_of_combining_marks_comes_to_an_end),
        cmocka_unit_test(commands_are_quoted_for_the_shell),
        cmocka_unit_test(commands_are_filled_in_word_by_word),
        cmocka_unit_test(reasons_are_found_and_others_are_empty),
        cmocka_unit_test(no_memory_is_told_and_nothing_worse_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
