/* The numbers of a finished tracker as the summary of a report. */
#include "record/summary.h"

#include <math.h>
#include <stdlib.h>

#include "track/priv.h"

static struct summary_quantity quantity(const struct sketch *s)
{
    struct summary_quantity q = {s->n, NAN, NAN, NAN, NAN, NAN};
    if (s->n) {
        q.mean = sketch_mean(s);
        q.min = s->min;
        q.p50 = sketch_quantile(s, 0.5);
        q.p95 = sketch_quantile(s, 0.95);
        q.max = s->max;
    }
    return q;
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : NAN;
}

static int by_count(const void *a, const void *b)
{
    const struct summary_count *x = a, *y = b;
    int c = (x->n < y->n) - (x->n > y->n);
    return c ? c : view_cmp(x->name, y->name);
}

static bool fill_methods(struct tracker *t, struct summary *s, struct arena *keep)
{
    struct summary_count *row = arena_alloc(keep, sizeof *row * (SIP_M_COUNT + t->nother_method));
    uint32_t n = 0;
    if (!row)
        return false;
    for (int m = 1; m < SIP_M_COUNT; m++)
        if (t->totals.by_method[m])
            row[n++] = (struct summary_count){view_str(sip_method_text(m)), t->totals.by_method[m]};
    for (uint32_t i = 0; i < t->nother_method; i++)
        row[n++] = (struct summary_count){arena_copy(keep, t->other_method[i].name), t->other_method[i].n};
    qsort(row, n, sizeof *row, by_count);
    s->messages.by_method = row;
    s->messages.nby_method = n;
    return true;
}

static bool fill_messages(struct tracker *t, struct summary *s, struct arena *keep)
{
    const struct track_totals *n = &t->totals;
    s->messages.total = n->messages;
    s->messages.requests = n->requests;
    s->messages.responses = n->responses;
    s->messages.retransmissions = n->retransmissions;
    s->messages.malformed = n->malformed;
    s->messages.udp = n->by_transport[TRANSPORT_UDP];
    s->messages.tcp = n->by_transport[TRANSPORT_TCP];
    s->messages.ws = n->by_transport[TRANSPORT_WS];
    s->messages.sctp = n->by_transport[TRANSPORT_SCTP];
    s->messages.tls = n->by_transport[TRANSPORT_TLS];
    s->messages.ip4 = n->ip4;
    s->messages.ip6 = n->ip6;
    memcpy(s->messages.by_status, n->by_status, sizeof n->by_status);
    for (int i = 0; i < ODDITY_COUNT; i++)
        s->messages.oddity[i] += n->oddity[i];
    s->transactions.end_to_end_requests = n->end_to_end;
    s->transactions.total = n->transactions;
    s->transactions.answered = n->answered;
    s->transactions.unanswered = n->unanswered;
    s->transactions.orphan_responses = n->orphan_responses;
    return fill_methods(t, s, keep);
}

static void fill_calls(const struct track_totals *n, struct summary *s)
{
    s->calls.attempts = n->calls_attempts;
    s->calls.answered = n->calls_answered;
    s->calls.completed = n->calls[CALL_COMPLETED];
    s->calls.cancelled = n->calls[CALL_CANCELLED];
    s->calls.redirected = n->calls[CALL_REDIRECTED];
    s->calls.rejected = n->calls[CALL_REJECTED];
    s->calls.failed = n->calls[CALL_FAILED] + n->calls[CALL_REJECTED];
    s->calls.unanswered = n->calls[CALL_UNANSWERED];
    s->calls.ringing = n->calls[CALL_RINGING] + n->calls[CALL_TRYING];
    s->calls.ongoing = n->calls[CALL_ONGOING] + n->calls[CALL_ANSWERED] + s->calls.ringing;
    s->calls.expired = n->calls[CALL_EXPIRED];
    s->calls.unknown = n->calls[CALL_UNKNOWN];
    s->calls.challenged = n->calls[CALL_CHALLENGED];
    s->calls.asr = percent(n->calls_answered, n->calls_attempts);
    s->calls.ner = percent(n->calls_ner, n->calls_attempts);
    uint64_t without_redirects = n->calls_attempts - n->calls[CALL_REDIRECTED];
    s->calls.ser = percent(n->calls_answered, without_redirects);
    s->calls.seer = percent(n->calls_seer, without_redirects);
    s->calls.isa = percent(n->calls_isa, n->calls_attempts);
    s->calls.scr = percent(n->calls[CALL_COMPLETED], n->calls_attempts);
    s->calls.duration_s = quantity(&n->duration_s);
    s->calls.pdd_ms = quantity(&n->pdd_ms);
    s->calls.setup_ms = quantity(&n->setup_ms);
    s->calls.session_request_delay_ms = quantity(&n->srd_ms);
    s->calls.disconnect_delay_ms = quantity(&n->sdd_ms);
    memcpy(s->calls.by_failure_status, n->call_status, sizeof n->call_status);
}

static void fill_registrations(const struct track_totals *n, struct summary *s)
{
    s->registrations.users = n->reg_users;
    s->registrations.bindings_active = n->bindings_active;
    s->registrations.registered = n->reg_registered;
    s->registrations.refreshed = n->reg_refreshed;
    s->registrations.removed = n->reg_removed;
    s->registrations.failed = n->reg_failed;
    s->registrations.challenged = n->reg_challenged;
    s->registrations.unanswered = n->reg_unanswered;
    s->registrations.queries = n->reg_queries;
    s->registrations.attempts = n->reg_attempts;
    s->registrations.expires_s = quantity(&n->expires_s);
    s->registrations.interval_s = quantity(&n->interval_s);
    s->registrations.request_delay_ms = quantity(&n->rrd_ms);
}

static void fill_rest(const struct track_totals *n, struct summary *s)
{
    s->streams.total = n->streams;
    s->streams.packets = n->stream_packets;
    s->streams.with_call = n->streams_with_call;
    s->streams.lost = n->stream_lost;
    s->streams.jitter_ms = quantity(&n->jitter_ms);
    s->streams.mos = quantity(&n->mos);
    s->streams.lost_percent = quantity(&n->lost_percent);
    s->keepalives.options = n->ka_options;
    s->keepalives.notify = n->ka_notify;
    s->keepalives.register_refresh = n->ka_register;
    uint64_t keepalive = s->keepalives.crlf + s->keepalives.stun + n->ka_options + n->ka_notify + n->ka_register;
    uint64_t all = n->messages + s->keepalives.crlf + s->keepalives.stun;
    s->keepalives.share_of_sip_packets = all ? (double)keepalive / (double)all : NAN;
    s->input.evicted += n->evicted;
}

/* ---- servers ---- */

/* A server answers for others: it registers users, passes requests on, or takes requests for at least three users. */
bool people_is_server(const struct host *h)
{
    return h->register_ok || (h->forwarded && h->requests_in) || (h->served.n >= 3 && h->requests_in && h->responses_out);
}

static struct view_list roles_of(const struct host *h, struct arena *keep)
{
    struct view *role = arena_alloc(keep, sizeof *role * 6);
    uint32_t n = 0;
    if (!role)
        return (struct view_list){NULL, 0};
    bool forwards = h->forwarded && h->requests_in;
    if (h->register_ok)
        role[n++] = V("registrar");
    if (forwards)
        role[n++] = V("proxy");
    if (h->invite_finals && h->redirects * 2 > h->invite_finals)
        role[n++] = V("redirect");
    if (h->subscribe_in && (h->register_ok || h->served.n >= 3))
        role[n++] = V("presence");
    if (!n)
        role[n++] = h->invite_in && h->invite_out ? V("b2bua") : V("uas");
    return (struct view_list){role, n};
}

static int by_traffic(const void *a, const void *b)
{
    const struct record_server *x = a, *y = b;
    uint64_t n = x->requests_in + x->requests_out + x->responses_in + x->responses_out;
    uint64_t k = y->requests_in + y->requests_out + y->responses_in + y->responses_out;
    int c = (n < k) - (n > k);
    struct endpoint e = {x->ip, (uint16_t)x->port}, f = {y->ip, (uint16_t)y->port};
    return c ? c : endpoint_cmp(&e, &f);
}

static bool fill_servers(struct tracker *t, struct summary *s, struct arena *keep)
{
    uint32_t n = 0, servers = 0;
    for (uint32_t r = 1; r <= t->hosts.fresh; r++) {
        const struct host *h = pool_at(&t->hosts, r);
        servers += people_is_server(h);
        if (h->requests_in >= 3 && !h->responses_out) {
            char text[ENDPOINT_TEXT];
            problem_add(t, PROBLEM_ONE_WAY_SIGNALLING, 0, view_of(text, endpoint_print(&h->at, text)));
        }
    }
    struct record_server *row = arena_alloc(keep, sizeof *row * (servers + 1));
    if (!row)
        return false;
    for (uint32_t r = 1; r <= t->hosts.fresh; r++) {
        const struct host *h = pool_at(&t->hosts, r);
        if (!people_is_server(h))
            continue;
        row[n++] = (struct record_server){h->at.ip, h->at.port, roles_of(h, keep), h->requests_in, h->requests_out,
                                          h->responses_in, h->responses_out, h->users.n};
    }
    qsort(row, n, sizeof *row, by_traffic);
    s->server = row;
    s->nserver = n;
    return true;
}

static int by_agent(const void *a, const void *b)
{
    const struct summary_user_agent *x = a, *y = b;
    int c = (x->messages < y->messages) - (x->messages > y->messages);
    return c ? c : view_cmp(x->name, y->name);
}

static bool fill_people(struct tracker *t, struct summary *s, struct arena *keep)
{
    struct summary_user_agent *row = arena_alloc(keep, sizeof *row * (t->agents.fresh + 1));
    uint32_t n = 0;
    if (!row)
        return false;
    for (uint32_t r = 1; r <= t->agents.fresh; r++) {
        const struct agent *a = pool_at(&t->agents, r);
        if (a->name.n)
            row[n++] = (struct summary_user_agent){arena_copy(keep, a->name), a->messages, a->users.n};
    }
    qsort(row, n, sizeof *row, by_agent);
    s->user_agent = row;
    s->nuser_agent = n;
    s->users = t->users.used;
    return true;
}

/* ---- problems ---- */

static int by_weight(const void *a, const void *b)
{
    const struct summary_problem *x = a, *y = b;
    int c = (x->severity < y->severity) - (x->severity > y->severity);
    c = c ? c : (x->count < y->count) - (x->count > y->count);
    return c ? c : strcmp(x->id, y->id);
}

static bool fill_problems(struct tracker *t, struct summary *s, struct arena *keep)
{
    struct summary_problem *row = arena_alloc(keep, sizeof *row * PROBLEM_COUNT);
    uint32_t n = 0;
    if (!row)
        return false;
    for (int id = 0; id < PROBLEM_COUNT; id++) {
        const struct problem_count *c = &t->problem[id];
        const struct problem_info *info = problem_info(id);
        if (!c->n || (id == PROBLEM_CAPTURE_ASYMMETRIC && c->n * 20 <= t->totals.responses))
            continue;
        struct view *example = arena_alloc(keep, sizeof *example * PROBLEM_EXAMPLES);
        for (unsigned i = 0; example && i < c->nexample; i++)
            example[i] = arena_copy(keep, c->example[i]);
        row[n++] = (struct summary_problem){info->id, info->text, info->command, (uint8_t)info->severity, c->n,
                                            example,  example ? c->nexample : 0, info->by_call_id};
    }
    qsort(row, n, sizeof *row, by_weight);
    s->problem = row;
    s->nproblem = n;
    return true;
}

void tracker_problem(struct tracker *t, enum problem id, uint64_t n, struct view example)
{
    if (!n)
        return;
    problem_add(t, id, 0, example);
    t->problem[id].n += n - 1;
}

bool tracker_summary(struct tracker *t, struct summary *s, struct arena *keep)
{
    bool ok = fill_messages(t, s, keep);
    fill_calls(&t->totals, s);
    fill_registrations(&t->totals, s);
    fill_rest(&t->totals, s);
    return ok && fill_servers(t, s, keep) && fill_people(t, s, keep) && fill_problems(t, s, keep);
}
