/* A whole run over any bytes as a capture: the sums hold, and what the workers share out comes to the same. */
#include "base/mem.h"
#include "pipeline/analysis.h"

#include <assert.h>
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct rows {
    uint64_t messages, calls, registrations, streams, users, servers, given;
    int64_t call_ts, registration_ts, stream_ts;
    bool registers;
};

static uint64_t look(struct view v)
{
    uint64_t sum = v.n;
    assert(v.n == 0 || v.p);
    for (size_t i = 0; i < v.n; i++)
        sum = sum * 31 + (unsigned char)v.p[i];
    return sum;
}

static void message(void *ctx, const struct record_message *r)
{
    struct rows *n = ctx;
    n->messages++;
    n->registers |= view_eq(r->method, V("REGISTER"));
    look(r->call_id), look(r->from_uri), look(r->to_uri), look(r->branch), look(r->user_agent), look(r->cseq), look(r->contact);
    for (uint32_t i = 0; i < r->oddities.n; i++)
        look(r->oddities.v[i]);
}

static void call(void *ctx, const struct record_call *r)
{
    struct rows *n = ctx;
    n->calls++;
    assert(r->start_ts >= n->call_ts);
    n->call_ts = r->start_ts;
    look(r->call_id), look(r->from_uri), look(r->to_uri), look(r->reason), look(r->user_agent);
    for (uint32_t i = 0; i < r->codecs.n; i++)
        look(r->codecs.v[i]);
    assert(isnan(r->duration_s) || r->duration_s >= 0);
    assert(isnan(r->pdd_ms) || r->pdd_ms >= 0);
    assert(r->retransmissions <= r->messages);
}

static void registration(void *ctx, const struct record_registration *r)
{
    struct rows *n = ctx;
    n->registrations++;
    assert(r->first_ts >= n->registration_ts && r->last_ts >= r->first_ts);
    n->registration_ts = r->first_ts;
    look(r->aor), look(r->contact), look(r->user_agent), look(r->call_id);
}

static void stream(void *ctx, const struct record_stream *r)
{
    struct rows *n = ctx;
    n->streams++;
    assert(r->start_ts >= n->stream_ts && r->packets > 0 && r->lost >= 0);
    n->stream_ts = r->start_ts;
    look(r->call_id), look(r->codec);
}

static void user(void *ctx, const struct record_user *r)
{
    struct rows *n = ctx;
    n->users++;
    look(r->user);
    for (uint32_t i = 0; i < r->sources.n; i++)
        look(r->sources.v[i]);
    for (uint32_t i = 0; i < r->user_agents.n; i++)
        look(r->user_agents.v[i]);
}

static void server(void *ctx, const struct record_server *r)
{
    struct rows *n = ctx;
    n->servers++;
    assert(r->roles.n > 0);
}

static void packet(void *ctx, const struct packet *p)
{
    struct rows *n = ctx;
    assert(p->number > n->given);
    n->given = p->number;
}

static void sums_hold(const struct summary *s, const struct rows *rows)
{
    uint64_t methods = 0, statuses = 0, failures = 0;
    for (uint32_t i = 0; i < s->messages.nby_method; i++)
        methods += s->messages.by_method[i].n;
    for (int i = 0; i < 700; i++) {
        statuses += s->messages.by_status[i];
        failures += s->calls.by_failure_status[i];
    }
    assert(s->messages.total == s->messages.requests + s->messages.responses);
    assert(s->messages.total == s->messages.udp + s->messages.tcp + s->messages.ws + s->messages.sctp + s->messages.tls);
    assert(s->messages.total == s->messages.ip4 + s->messages.ip6);
    assert(methods == s->messages.requests && statuses == s->messages.responses);
    assert(s->messages.retransmissions <= s->messages.total && s->messages.malformed <= s->messages.total);
    assert(s->calls.attempts == s->calls.completed + s->calls.cancelled + s->calls.redirected + s->calls.failed +
                                    s->calls.unanswered + s->calls.ongoing + s->calls.expired);
    assert(s->calls.rejected <= s->calls.failed && s->calls.ringing <= s->calls.ongoing && s->calls.answered <= s->calls.attempts);
    assert(failures <= s->calls.attempts);
    assert(isnan(s->calls.asr) == !s->calls.attempts);
    assert(s->transactions.answered + s->transactions.unanswered <= s->transactions.total);
    assert(s->transactions.total <= s->messages.requests && s->transactions.orphan_responses <= s->messages.responses);
    assert(s->registrations.registered + s->registrations.refreshed + s->registrations.removed <= s->messages.by_status[0] + s->messages.responses);
    assert(s->streams.with_call <= s->streams.total && s->streams.one_way_calls <= s->calls.answered + s->calls.unknown);
    assert(s->input.not_sip_packets <= s->input.packets && s->input.truncated_packets <= s->input.packets);
    assert(rows->messages == s->messages.total && rows->servers == s->nserver);
    if (s->input.evicted)
        return;
    assert(rows->calls == s->calls.attempts + s->calls.unknown + s->calls.challenged);
    assert(rows->streams == s->streams.total && rows->users == s->users);
}

static struct analysis *run(const uint8_t *data, size_t n, unsigned jobs, struct rows *rows)
{
    struct record_sink sink = {rows, message, call, registration, stream, user, server};
    struct analysis_options o = {.bytes = data, .nbytes = n, .jobs = jobs, .memory = 4 << 20, .sink = &sink, .on_packet = packet, .ctx = rows};
    struct err e;
    *rows = (struct rows){.call_ts = INT64_MIN, .registration_ts = INT64_MIN, .stream_ts = INT64_MIN};
    struct analysis *a = analysis_run(&o, &e);
    if (a)
        sums_hold(analysis_summary(a), rows);
    return a;
}

/* Sharing the work out changes nothing, as long as nothing had to leave, and all messages of a transaction have the
 * headers that name who follows them. */
static void same(const struct summary *a, const struct summary *b, bool registers)
{
    if (a->input.evicted || b->input.evicted || a->messages.malformed || registers)
        return;
    assert(a->messages.total == b->messages.total && a->messages.retransmissions == b->messages.retransmissions);
    assert(a->messages.malformed == b->messages.malformed && a->input.packets == b->input.packets);
    assert(a->input.not_sip_packets == b->input.not_sip_packets && a->input.reassembly_gaps == b->input.reassembly_gaps);
    assert(a->transactions.total == b->transactions.total && a->transactions.answered == b->transactions.answered);
    assert(a->transactions.unanswered == b->transactions.unanswered);
    assert(memcmp(&a->calls.attempts, &b->calls.attempts,
                  (size_t)((const char *)&a->calls.asr - (const char *)&a->calls.attempts)) == 0);
    assert(a->registrations.registered == b->registrations.registered && a->registrations.failed == b->registrations.failed);
    assert(a->registrations.attempts == b->registrations.attempts && a->registrations.users == b->registrations.users);
    assert(a->streams.total == b->streams.total && a->streams.packets == b->streams.packets && a->users == b->users);
    assert(a->nserver == b->nserver && a->nproblem == b->nproblem && a->nuser_agent == b->nuser_agent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rows rows;
    struct analysis *one = run(data, n, 1, &rows);
    if (n % 16 == 0) {
        struct analysis *two = run(data, n, 2, &rows);
        assert(!one == !two);
        if (one)
            same(analysis_summary(one), analysis_summary(two), rows.registers);
        analysis_free(two);
    }
    analysis_free(one);
    return 0;
}
