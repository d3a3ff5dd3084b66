#include "report/priv.h"

#include <math.h>
#include <stdio.h>

/* How many rows a table shows at most: a page is to be read at one glance, the document has them all. */
enum { TOP_PROBLEMS = 3, SHOWN_PROBLEMS = 5, SHOWN_STATUSES = 6, SHOWN_METHODS = 14, SHOWN_SERVERS = 5, SHOWN_AGENTS = 4,
       SHOWN_ODDITIES = 3, SHOWN_EXAMPLES = 3, SHOWN_DAMAGE = 3, SHARE_NAME = 33, BAR = 20 };

static enum page_style severity_style(uint8_t severity)
{
    return severity >= 3 ? STYLE_BAD : severity == 2 ? STYLE_WARN : STYLE_DIM;
}

static const char *plural(uint64_t n, const char *one, const char *many)
{
    return n == 1 ? one : many;
}

/* "1 packet", "2 packets" */
static void counted(struct page *p, uint64_t n, const char *one, const char *many)
{
    if (n)
        page_item(p, "%s %s", text_count(n).s, plural(n, one, many));
}

static void title(struct page *p)
{
    const struct summary *s = p->s;
    page_style(p, STYLE_HEAD);
    if (s->input.live)
        buf_str(p->out, "live");
    else if (!s->input.nfile)
        buf_str(p->out, "no file");
    else
        text_clean(p->out, view_str(s->input.file[0]), p->width - 48, p->utf8);
    page_style(p, STYLE_PLAIN);
    if (s->input.live && s->input.nfile) {
        buf_str(p->out, " from ");
        text_clean(p->out, view_str(s->input.file[0]), p->width - 48, p->utf8);
    }
    if (s->input.nfile > 1)
        buf_printf(p->out, " and %u more", s->input.nfile - 1);
    buf_printf(p->out, ": %s %s, %s", text_count(s->input.packets).s, plural(s->input.packets, "packet", "packets"),
               text_bytes(s->input.bytes).s);
    if (s->input.interrupted)
        buf_str(p->out, ", stopped early");
    buf_char(p->out, '\n');
}

static void verdict_lines(struct page *p, uint32_t bad)
{
    const struct summary *s = p->s;
    for (uint32_t i = 0; i < s->nproblem && i < bad && i < TOP_PROBLEMS; i++) {
        const struct summary_problem *problem = &s->problem[i];
        buf_printf(p->out, "%12s  ", text_count(problem->count).s);
        page_style(p, severity_style(problem->severity));
        text_clean(p->out, view_str(problem->text), p->width - 14, p->utf8);
        page_style(p, STYLE_PLAIN);
        buf_char(p->out, '\n');
    }
    if (bad > TOP_PROBLEMS)
        buf_printf(p->out, "%12s  and %u more below\n", "", bad - TOP_PROBLEMS);
}

static void verdict(struct page *p)
{
    static const char *const word[] = {"EMPTY", "NO SIP", "HEALTHY", "DEGRADED", "BROKEN"};
    static const enum page_style style[] = {STYLE_WARN, STYLE_WARN, STYLE_GOOD, STYLE_WARN, STYLE_BAD};
    const struct summary *s = p->s;
    enum verdict v = verdict_of(s);
    uint32_t bad = 0, notes = 0;
    for (uint32_t i = 0; i < s->nproblem; i++) {
        bad += s->problem[i].severity >= 2;
        notes += s->problem[i].severity < 2;
    }
    buf_str(p->out, "\n  ");
    page_style(p, style[v]);
    buf_printf(p->out, "%-10s", word[v]);
    page_style(p, STYLE_PLAIN);
    if (v == VERDICT_EMPTY)
        buf_str(p->out, "  there is no packet in this capture\n");
    else if (v == VERDICT_NO_SIP)
        buf_str(p->out, "  no SIP was found; what was there instead stands below\n");
    else if (!bad)
        buf_printf(p->out, "  no problem for users was seen%s\n", notes ? "; worth knowing stands at the end" : "");
    else
        buf_printf(p->out, "  %u %s, worst first\n", bad, plural(bad, "problem", "problems"));
    verdict_lines(p, bad);
}

static void input_time(struct page *p)
{
    const struct summary *s = p->s;
    char first[TS_TEXT], last[TS_TEXT];
    if (!ts_print(s->input.first_ts, 0, first) || !ts_print(s->input.last_ts, 0, last))
        return;
    page_row(p, "time");
    page_item(p, "%s to %s (%s)", first, last,
              text_ms(1000 * ts_seconds_between(s->input.first_ts, s->input.last_ts)).s);
    counted(p, s->input.clock_jumps, "jump of the clock", "jumps of the clock");
    page_end(p);
}

/* What the capture itself lost or could not tell: without it nobody knows how far the rest can be trusted. */
static void input_losses(struct page *p)
{
    const struct summary *s = p->s;
    page_row(p, "lost");
    if (!(s->input.truncated_packets | s->input.reassembly_gaps | s->input.dropped | s->input.evicted))
        page_item(p, "nothing that the capture would show");
    counted(p, s->input.dropped, "packet dropped while capturing", "packets dropped while capturing");
    counted(p, s->input.truncated_packets, "packet cut short", "packets cut short");
    counted(p, s->input.reassembly_gaps, "gap in TCP streams", "gaps in TCP streams");
    counted(p, s->input.evicted, "record evicted (raise --memory)", "records evicted (raise --memory)");
    page_end(p);
}

static void input_damage(struct page *p)
{
    const struct summary *s = p->s;
    for (uint32_t i = 0; i < s->input.ndamage && i < SHOWN_DAMAGE; i++) {
        const struct summary_damage *d = &s->input.damage[i];
        page_row(p, "damaged");
        unsigned room = p->width - p->indent;
        struct buf line;
        buf_init(&line, 0);
        buf_printf(&line, "%s at byte %s of %s", d->reason ? d->reason : "", text_count(d->offset).s, d->file ? d->file : "");
        text_clean(p->out, view_of(line.p, line.n), room, p->utf8);
        buf_release(&line);
        page_end(p);
    }
    if (s->input.ndamage > SHOWN_DAMAGE) {
        page_row(p, "");
        page_item(p, "and %u more damaged places", s->input.ndamage - SHOWN_DAMAGE);
        page_end(p);
    }
}

static void input(struct page *p)
{
    const struct summary *s = p->s;
    if (!s->input.packets && !s->input.ndamage)
        return;
    buf_char(p->out, '\n');
    input_time(p);
    if (s->input.packets) {
        page_row(p, "packets");
        page_item(p, "%s", text_count(s->input.packets).s);
        for (uint32_t i = 0; i < s->input.nlink_type; i++)
            page_item(p, "%.40s", s->input.link_type[i]);
        page_some(p, s->input.not_sip_packets, "not SIP");
        page_some(p, s->input.undecoded_packets, "without readable IP");
        counted(p, s->input.ip_fragments, "IP fragment", "IP fragments");
        page_end(p);
        input_losses(p);
    }
    input_damage(p);
}

/* What there was instead of SIP, and what a person would try next. */
static void no_sip(struct page *p)
{
    const struct summary *s = p->s;
    if (!s->input.packets) {
        page_heading(p, "No packet was read", "%s", "");
        page_row(p, "try");
        page_words(p, "another file, a wider capture filter (-f), or another interface (-i any)");
        page_end(p);
        return;
    }
    page_heading(p, "No SIP was found:", "%s", "");
    page_row(p, "instead");
    if (s->streams.total)
        page_item(p, "%s RTP %s with %s packets", text_count(s->streams.total).s,
                  plural(s->streams.total, "stream", "streams"), text_count(s->streams.packets).s);
    page_some(p, s->keepalives.stun, "STUN");
    page_some(p, s->keepalives.crlf, "empty keep-alive");
    counted(p, s->input.undecoded_packets, "packet without readable IP", "packets without readable IP");
    if (!s->streams.total && s->input.undecoded_packets < s->input.packets)
        page_item(p, "%s other packets", text_count(s->input.packets - s->input.undecoded_packets).s);
    page_end(p);
    page_row(p, "why, perhaps");
    if (s->input.undecoded_packets == s->input.packets)
        page_words(p, "the link type is one that siptap does not read, or the packets are cut before their IP header");
    else
        page_words(p, "SIP runs in TLS or a VPN, the capture filter or --port left it out, or this is another segment");
    page_end(p);
    page_row(p, "try");
    page_words(p, "the clear side of the server or its HEP mirror; a capture without filter; leave --port out");
    page_end(p);
}

struct ranked {
    unsigned index;
    uint64_t n;
};

/* The largest `want` of n counts, most first, the lower index first among equals; answers how many there are. */
static unsigned largest(const uint64_t *count, unsigned n, struct ranked *out, unsigned want)
{
    unsigned have = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned at = have;
        if (!count[i])
            continue;
        while (at && out[at - 1].n < count[i])
            at--;
        if (at >= want)
            continue;
        have += have < want;
        for (unsigned k = have - 1; k > at; k--)
            out[k] = out[k - 1];
        out[at] = (struct ranked){i, count[i]};
    }
    return have;
}

static void status_name(unsigned status, char *out, size_t n)
{
    if (status)
        snprintf(out, n, "%u %s", status, report_reason(status));
    else
        snprintf(out, n, "not a status");
}

/* One line of a table: name, count, share, bar. */
static void share_line(struct page *p, const char *name, uint64_t n, uint64_t whole)
{
    unsigned left = PAGE_MARGIN + PAGE_LABEL + SHARE_NAME + 20;
    buf_printf(p->out, "%*s", PAGE_MARGIN + PAGE_LABEL, "");
    page_cell(p, view_str(name), SHARE_NAME);
    buf_printf(p->out, " %9s %7s", text_count(n).s, text_share(n, whole).s);
    page_bar(p, n, whole, p->width - left < BAR ? p->width - left : BAR);
    buf_char(p->out, '\n');
}

static void statuses(struct page *p)
{
    const struct summary *s = p->s;
    struct ranked top[SHOWN_STATUSES];
    char name[64];
    if (!s->messages.responses)
        return;
    page_row(p, "responses");
    for (unsigned class = 1; class < 7; class++) {
        uint64_t n = 0;
        for (unsigned i = class * 100; i < class * 100 + 100; i++)
            n += s->messages.by_status[i];
        if (n)
            page_item(p, "%uxx %s", class, text_count(n).s);
    }
    page_end(p);
    unsigned have = largest(s->messages.by_status, 700, top, SHOWN_STATUSES);
    page_row(p, "most often");
    for (unsigned i = 0; i < have; i++) {
        status_name(top[i].index, name, sizeof name);
        page_item(p, "%s x %s", text_count(top[i].n).s, name);
    }
    page_end(p);
}

static void methods(struct page *p)
{
    const struct summary *s = p->s;
    if (!s->messages.requests)
        return;
    page_row(p, "requests");
    for (uint32_t i = 0; i < s->messages.nby_method && i < SHOWN_METHODS; i++) {
        struct buf name;
        buf_init(&name, 0);
        text_clean(&name, s->messages.by_method[i].name, 20, p->utf8);
        page_item(p, "%.*s %s", (int)name.n, name.n ? name.p : "", text_count(s->messages.by_method[i].n).s);
        buf_release(&name);
    }
    if (s->messages.nby_method > SHOWN_METHODS)
        page_item(p, "and %u other methods", s->messages.nby_method - SHOWN_METHODS);
    page_end(p);
}

static void messages(struct page *p)
{
    const struct summary *s = p->s;
    page_heading(p, "MESSAGES", "%s: %s %s, %s %s", text_count(s->messages.total).s, text_count(s->messages.requests).s,
                 plural(s->messages.requests, "request", "requests"), text_count(s->messages.responses).s,
                 plural(s->messages.responses, "response", "responses"));
    page_row(p, "carried by");
    page_some(p, s->messages.udp, "UDP");
    page_some(p, s->messages.tcp, "TCP");
    page_some(p, s->messages.tls, "TLS");
    page_some(p, s->messages.ws, "WebSocket");
    page_some(p, s->messages.sctp, "SCTP");
    if (s->messages.ip4)
        page_item(p, "IPv4 %s", text_share(s->messages.ip4, s->messages.ip4 + s->messages.ip6).s);
    if (s->messages.ip6)
        page_item(p, "IPv6 %s", text_share(s->messages.ip6, s->messages.ip4 + s->messages.ip6).s);
    page_end(p);
    page_row(p, "repeated");
    page_item(p, "%s (%s)", text_count(s->messages.retransmissions).s,
              text_share(s->messages.retransmissions, s->messages.total).s);
    if (s->messages.malformed)
        page_item(p, "malformed %s (%s)", text_count(s->messages.malformed).s,
                  text_share(s->messages.malformed, s->messages.total).s);
    page_end(p);
    methods(p);
    statuses(p);
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static void transactions(struct page *p)
{
    const struct summary *s = p->s;
    if (!(s->transactions.total | s->transactions.orphan_responses))
        return;
    page_row(p, "transactions");
    page_item(p, "%s: %s answered (%s), %s unanswered, %s open", text_count(s->transactions.total).s,
              text_count(s->transactions.answered).s, text_share(s->transactions.answered, s->transactions.total).s,
              text_count(s->transactions.unanswered).s,
              text_count(less(s->transactions.total, s->transactions.answered + s->transactions.unanswered)).s);
    if (s->transactions.end_to_end_requests)
        page_item(p, "%s end to end", text_count(s->transactions.end_to_end_requests).s);
    page_end(p);
    if (!s->transactions.orphan_responses)
        return;
    page_row(p, "half seen");
    counted(p, s->transactions.orphan_responses, "response to a request that is not in the capture",
            "responses to requests that are not in the capture");
    page_end(p);
}

/* Heading of the columns that quantity_row fills. */
static void quantity_head(struct page *p)
{
    page_style(p, STYLE_DIM);
    buf_printf(p->out, "%*s%11s %12s %12s %12s %12s\n", PAGE_MARGIN + PAGE_LABEL, "", "n", "mean", "p50", "p95", "max");
    page_style(p, STYLE_PLAIN);
}

/* Quantities in ms (scale 1), in s (scale 1000), or bare numbers (scale 0). */
static void quantity_row(struct page *p, const char *label, const struct summary_quantity *q, double scale)
{
    double value[] = {q->mean, q->p50, q->p95, q->max};
    if (!q->n)
        return;
    page_row(p, label);
    buf_printf(p->out, "%11s", text_count(q->n).s);
    for (unsigned i = 0; i < 4; i++)
        buf_printf(p->out, " %12s", scale > 0 ? text_ms(value[i] * scale).s : text_real(value[i], 2).s);
    page_end(p);
}

static void call_outcomes(struct page *p)
{
    const struct summary *s = p->s;
    const struct {
        const char *name;
        uint64_t n;
    } row[] = {
        {"completed", s->calls.completed},
        {"talking at the end", less(s->calls.ongoing, s->calls.ringing)},
        {"ringing at the end", s->calls.ringing},
        {"silent without an end", s->calls.expired},
        {"cancelled by the caller", s->calls.cancelled},
        {"redirected", s->calls.redirected},
        {"rejected by the called party", s->calls.rejected},
        {"failed", less(s->calls.failed, s->calls.rejected)},
        {"no response at all", s->calls.unanswered}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (row[i].n)
            share_line(p, row[i].name, row[i].n, s->calls.attempts);
    if (!(s->calls.unknown | s->calls.challenged))
        return;
    page_row(p, "not counted");
    page_some(p, s->calls.unknown, "began before the capture");
    page_some(p, s->calls.challenged, "challenged and not tried again");
    page_end(p);
}

static void calls(struct page *p)
{
    const struct summary *s = p->s;
    struct ranked top[4];
    char name[64];
    if (!(s->calls.attempts | s->calls.unknown | s->calls.challenged))
        return;
    page_heading(p, "CALLS", "%s %s, %s answered", text_count(s->calls.attempts).s,
                 plural(s->calls.attempts, "attempt", "attempts"), text_count(s->calls.answered).s);
    call_outcomes(p);
    page_row(p, "ratios");
    page_item(p, "ASR %s", text_percent(s->calls.asr).s);
    page_item(p, "NER %s", text_percent(s->calls.ner).s);
    page_item(p, "SER %s", text_percent(s->calls.ser).s);
    page_item(p, "SEER %s", text_percent(s->calls.seer).s);
    page_item(p, "of %s %s", text_count(s->calls.attempts).s, plural(s->calls.attempts, "attempt", "attempts"));
    page_end(p);
    unsigned have = largest(s->calls.by_failure_status, 700, top, 4);
    if (have)
        page_row(p, "ended with");
    for (unsigned i = 0; i < have; i++) {
        status_name(top[i].index, name, sizeof name);
        page_item(p, "%s x %s", text_count(top[i].n).s, name);
    }
    if (have)
        page_end(p);
    if (s->calls.pdd_ms.n | s->calls.setup_ms.n | s->calls.duration_s.n)
        quantity_head(p);
    quantity_row(p, "to ringing", &s->calls.pdd_ms, 1);
    quantity_row(p, "to answer", &s->calls.setup_ms, 1);
    quantity_row(p, "duration", &s->calls.duration_s, 1000);
}

static void registrations(struct page *p)
{
    const struct summary *s = p->s;
    if (!(s->registrations.attempts | s->registrations.users | s->registrations.registered | s->registrations.failed |
          s->registrations.unanswered | s->registrations.challenged))
        return;
    page_heading(p, "REGISTRATIONS", "%s %s, %s active at the end", text_count(s->registrations.users).s,
                 plural(s->registrations.users, "user", "users"), text_count(s->registrations.bindings_active).s);
    page_row(p, "outcome");
    page_some(p, s->registrations.registered, "registered");
    page_some(p, s->registrations.refreshed, "refreshed");
    page_some(p, s->registrations.removed, "removed");
    page_some(p, s->registrations.queries, "queries");
    page_some(p, s->registrations.challenged, "challenged");
    page_some(p, s->registrations.failed, "failed");
    page_some(p, s->registrations.unanswered, "unanswered");
    if (p->column == p->indent)
        page_item(p, "-");
    page_end(p);
    if (s->registrations.expires_s.n | s->registrations.interval_s.n | s->registrations.request_delay_ms.n)
        quantity_head(p);
    quantity_row(p, "expires", &s->registrations.expires_s, 1000);
    quantity_row(p, "interval", &s->registrations.interval_s, 1000);
    quantity_row(p, "answered in", &s->registrations.request_delay_ms, 1);
}

static void media(struct page *p)
{
    const struct summary *s = p->s;
    uint64_t lost = s->streams.lost > 0 ? (uint64_t)s->streams.lost : 0;
    if (!s->streams.total)
        return;
    page_heading(p, "MEDIA", "%s %s, %s packets", text_count(s->streams.total).s,
                 plural(s->streams.total, "RTP stream", "RTP streams"), text_count(s->streams.packets).s);
    page_row(p, "lost");
    page_item(p, "%s packets (%s of %s expected)", text_count(lost).s, text_share(lost, s->streams.packets + lost).s,
              text_count(s->streams.packets + lost).s);
    counted(p, s->streams.with_call, "stream of a call seen here", "streams of calls seen here");
    counted(p, s->streams.one_way_calls, "call with media in one direction only", "calls with media in one direction only");
    page_end(p);
    if (s->streams.jitter_ms.n | s->streams.mos.n | s->streams.lost_percent.n)
        quantity_head(p);
    quantity_row(p, "jitter", &s->streams.jitter_ms, 1);
    quantity_row(p, "lost %", &s->streams.lost_percent, 0);
    quantity_row(p, "MOS (E-model)", &s->streams.mos, 0);
}

static void keepalives(struct page *p)
{
    const struct summary *s = p->s;
    uint64_t n = s->keepalives.crlf + s->keepalives.stun + s->keepalives.options + s->keepalives.notify +
                 s->keepalives.register_refresh;
    if (!n || !s->messages.total)
        return;
    page_heading_row(p, "KEEP-ALIVES");
    page_item(p, "%s of the SIP packets:", text_percent(100 * s->keepalives.share_of_sip_packets).s);
    page_some(p, s->keepalives.crlf, "empty (CRLF)");
    page_some(p, s->keepalives.stun, "STUN");
    page_some(p, s->keepalives.options, "OPTIONS");
    page_some(p, s->keepalives.notify, "NOTIFY");
    page_some(p, s->keepalives.register_refresh, "REGISTER refresh");
    page_end(p);
}

/* Columns of the table of servers: the address as wide as it must be, the roles get what is left. */
struct server_columns {
    unsigned address, roles;
    bool responses;
};

static struct server_columns server_columns(const struct page *p)
{
    struct server_columns c = {.address = 15, .responses = p->width >= 100};
    unsigned counts = c.responses ? 46 : 26, most = p->width - PAGE_MARGIN - counts - 14;
    for (uint32_t i = 0; i < p->s->nserver && i < SHOWN_SERVERS; i++) {
        struct endpoint e = {.ip = p->s->server[i].ip, .port = (uint16_t)p->s->server[i].port};
        char where[ENDPOINT_TEXT];
        unsigned n = (unsigned)endpoint_print(&e, where);
        c.address = n > c.address ? n : c.address;
    }
    c.address = c.address < most ? c.address : most;
    c.roles = p->width - PAGE_MARGIN - c.address - 2 - counts;
    return c;
}

static void server_line(struct page *p, const struct record_server *r, const struct server_columns *c)
{
    struct endpoint e = {.ip = r->ip, .port = (uint16_t)r->port};
    char where[ENDPOINT_TEXT];
    struct buf roles;
    size_t n = endpoint_print(&e, where);
    buf_init(&roles, 0);
    for (uint32_t i = 0; i < r->roles.n; i++) {
        if (i)
            buf_str(&roles, ", ");
        buf_view(&roles, r->roles.v[i]);
    }
    buf_str(p->out, "  ");
    page_cell(p, view_of(where, n), c->address);
    buf_str(p->out, "  ");
    page_cell(p, roles.n ? view_of(roles.p, roles.n) : V("-"), c->roles);
    buf_printf(p->out, " %8s %8s", text_count(r->requests_in).s, text_count(r->requests_out).s);
    if (c->responses)
        buf_printf(p->out, " %9s %9s", text_count(r->responses_in).s, text_count(r->responses_out).s);
    buf_printf(p->out, " %7s\n", text_count(r->users).s);
    buf_release(&roles);
}

static void servers(struct page *p)
{
    const struct summary *s = p->s;
    struct server_columns c = server_columns(p);
    if (!s->nserver)
        return;
    page_heading(p, "SERVERS", "%u, by traffic", s->nserver);
    page_style(p, STYLE_DIM);
    buf_printf(p->out, "  %-*s  %-*s %8s %8s", (int)c.address, "address", (int)c.roles, "roles", "req in", "req out");
    if (c.responses)
        buf_printf(p->out, " %9s %9s", "resp in", "resp out");
    buf_printf(p->out, " %7s\n", "users");
    page_style(p, STYLE_PLAIN);
    for (uint32_t i = 0; i < s->nserver && i < SHOWN_SERVERS; i++)
        server_line(p, &s->server[i], &c);
    if (s->nserver > SHOWN_SERVERS)
        buf_printf(p->out, "  and %u more: siptap servers\n", s->nserver - SHOWN_SERVERS);
}

static void user_agents(struct page *p)
{
    const struct summary *s = p->s;
    if (!s->nuser_agent)
        return;
    page_heading(p, "USER AGENTS", "%u, by messages", s->nuser_agent);
    for (uint32_t i = 0; i < s->nuser_agent && i < SHOWN_AGENTS; i++) {
        const struct summary_user_agent *a = &s->user_agent[i];
        buf_str(p->out, "  ");
        page_cell(p, a->name, p->width - 38 > 56 ? 56 : p->width - 38);
        buf_printf(p->out, " %9s messages %8s %s\n", text_count(a->messages).s, text_count(a->users).s,
                   plural(a->users, "user", "users"));
    }
    if (s->nuser_agent > SHOWN_AGENTS)
        buf_printf(p->out, "  and %u more\n", s->nuser_agent - SHOWN_AGENTS);
}

static void oddities(struct page *p)
{
    const struct summary *s = p->s;
    struct ranked top[SHOWN_ODDITIES];
    unsigned kinds = 0;
    for (unsigned i = 0; i < ODDITY_COUNT; i++)
        kinds += s->messages.oddity[i] != 0;
    if (!kinds)
        return;
    page_heading(p, "ODDITIES", "%u %s", kinds, plural(kinds, "kind", "kinds"));
    unsigned have = largest(s->messages.oddity, ODDITY_COUNT, top, SHOWN_ODDITIES);
    for (unsigned i = 0; i < have; i++) {
        const struct oddity_info *o = oddity_info(top[i].index);
        buf_printf(p->out, "%11s  %-33s ", text_count(top[i].n).s, o->name);
        text_clean(p->out, view_str(o->meaning), p->width - 47, p->utf8);
        buf_char(p->out, '\n');
    }
    if (kinds > have)
        buf_printf(p->out, "%11s  and %u more kinds\n", "", kinds - have);
}

/* The examples; the one that the command names already is left out. */
static void problem_examples(struct page *p, const struct summary_problem *problem, bool named)
{
    uint32_t first = named ? 1 : 0, n = problem->nexample < SHOWN_EXAMPLES ? problem->nexample : SHOWN_EXAMPLES;
    if (n <= first)
        return;
    buf_str(p->out, named ? "      and     " : problem->by_call_id ? "      Call-ID " : "      such as ");
    unsigned room = (p->width - 14) / (n - first) - 2;
    for (uint32_t i = first; i < n; i++) {
        if (i > first)
            buf_str(p->out, "  ");
        text_clean(p->out, problem->example[i], room, p->utf8);
    }
    buf_char(p->out, '\n');
}

static void problem_lines(struct page *p, const struct summary_problem *problem, uint32_t number)
{
    struct buf *command = &p->scratch;
    buf_reset(command);
    problem_command(problem, p->file, command);
    buf_printf(p->out, "  %u.  ", number);
    page_style(p, severity_style(problem->severity));
    text_clean(p->out, view_str(problem->text), p->width - 24, p->utf8);
    page_style(p, STYLE_PLAIN);
    buf_printf(p->out, ": %s\n", text_count(problem->count).s);
    if (command->n) {
        buf_str(p->out, "      $ ");
        buf_add(p->out, command->p, command->n); /* never cut: it is there to be pasted */
        buf_char(p->out, '\n');
    }
    problem_examples(p, problem, command->n && problem_named(problem));
}

static void problems(struct page *p)
{
    const struct summary *s = p->s;
    if (!s->nproblem)
        return;
    page_heading(p, "WHAT TO LOOK AT", "%s", "");
    for (uint32_t i = 0; i < s->nproblem && i < SHOWN_PROBLEMS; i++)
        problem_lines(p, &s->problem[i], i + 1);
    if (s->nproblem > SHOWN_PROBLEMS)
        buf_printf(p->out, "  and %u more: siptap report --json\n", s->nproblem - SHOWN_PROBLEMS);
}

void report_print(const struct summary *s, const struct report_options *o, struct buf *out)
{
    struct page p = {.s = s, .out = out, .color = o->color, .utf8 = o->utf8, .file = o->file_for_commands,
                     .width = o->width < 80 ? 80 : o->width > 120 ? 120 : o->width};
    buf_init(&p.scratch, 0);
    title(&p);
    verdict(&p);
    input(&p);
    if (s->messages.total) {
        messages(&p);
        transactions(&p);
        calls(&p);
        registrations(&p);
    } else {
        no_sip(&p);
    }
    media(&p);
    keepalives(&p);
    servers(&p);
    user_agents(&p);
    oddities(&p);
    problems(&p);
    out->failed = out->failed || p.scratch.failed;
    buf_release(&p.scratch);
}
