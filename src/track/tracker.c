/* The tracker as a whole: takes a message apart into what each table wants to know. */
#include "track/priv.h"

#include "base/mem.h"
#include "sip/normalise.h"

/* Oddities that are harmless on the wire today; any other one makes a message malformed. */
static uint64_t mild_oddities(void)
{
    static const uint8_t mild[] = {
        ODD_SIP_VIA_BRANCH, ODD_SIP_NO_MAX_FORWARDS, ODD_SIP_METHOD_UNKNOWN, ODD_SIP_URI_SCHEME, ODD_SIP_NO_CONTACT,
        ODD_SIP_REQUIRE_RESPONSE, ODD_SIP_HEADER_BARE_LF, ODD_SIP_NO_FROM_TAG, ODD_SDP_MALFORMED, ODD_SDP_NO_CONNECTION,
        ODD_SDP_PORT, ODD_SIP_DATE, ODD_SIP_CONTENT_LENGTH_SHORT, ODD_SIP_NO_CONTENT_LENGTH, ODD_SIP_VIA_TRANSPORT,
        ODD_SIP_RURI_HEADERS, ODD_SIP_TRUNCATED, ODD_SIP_NO_CONTENT_TYPE,
    };
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof mild; i++)
        bits |= 1ull << (mild[i] - ODDITY_SIP_FIRST);
    return bits;
}

static bool open_tables(struct tracker *t)
{
    uint64_t unit = t->config.memory / 100; /* the shares below add up to it */
    struct { struct pool *pool; size_t size; unsigned share; } row[] = {
        {&t->txns, sizeof(struct txn), 14},        {&t->calls, sizeof(struct call), 12}, {&t->bindings, sizeof(struct binding), 6},
        {&t->aliases, sizeof(struct alias), 3},    {&t->users, sizeof(struct user), 6},  {&t->hosts, sizeof(struct host), 4},
        {&t->streams, sizeof(struct stream), 5},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        uint64_t cap = unit * row[i].share / (row[i].size + 24); /* an entry and its share of the index */
        pool_init(row[i].pool, row[i].size, cap > UINT32_MAX / 8 ? UINT32_MAX / 8 : (uint32_t)cap);
    }
    pool_init(&t->agents, sizeof(struct agent), 4096);
    slab_init(&t->slab, unit * 14);
    t->kept_max = unit * 32;
    t->set_max = unit * 4;
    struct map *map[] = {&t->txn_map,  &t->request_map, &t->call_map,  &t->alias_map,
                         &t->user_map, &t->host_map,    &t->agent_map, &t->stream_map};
    for (size_t i = 0; i < sizeof map / sizeof *map; i++)
        if (!map_init(map[i], 1000))
            return false;
    return true;
}

struct tracker *tracker_new(const struct tracker_config *c, struct err *e)
{
    struct tracker *t = mem_calloc(1, sizeof *t);
    if (!t || (t->config = *c, t->mild = mild_oddities(), t->now = INT64_MIN / 2, !open_tables(t))) {
        tracker_free(t);
        err_set(e, EXIT_IO, "out of memory for the tables of the analysis");
        return NULL;
    }
    return t;
}

static void release_sets(struct tracker *t)
{
    for (uint32_t r = 1; r <= t->users.fresh; r++) {
        struct user *u = pool_at(&t->users, r);
        idset_release(&u->callees);
        idset_release(&u->callers);
    }
    for (uint32_t r = 1; r <= t->hosts.fresh; r++) {
        struct host *h = pool_at(&t->hosts, r);
        idset_release(&h->users);
        idset_release(&h->served);
    }
    for (uint32_t r = 1; r <= t->agents.fresh; r++)
        idset_release(&((struct agent *)pool_at(&t->agents, r))->users);
}

void tracker_free(struct tracker *t)
{
    if (!t)
        return;
    release_sets(t);
    struct map *map[] = {&t->txn_map,  &t->request_map, &t->call_map,  &t->alias_map,
                         &t->user_map, &t->host_map,    &t->agent_map, &t->stream_map};
    for (size_t i = 0; i < sizeof map / sizeof *map; i++)
        map_release(map[i]);
    struct pool *pool[] = {&t->txns, &t->calls, &t->bindings, &t->aliases, &t->users, &t->hosts, &t->agents, &t->streams};
    for (size_t i = 0; i < sizeof pool / sizeof *pool; i++)
        pool_release(pool[i]);
    kept_release(&t->kept_calls);
    kept_release(&t->kept_registrations);
    kept_release(&t->kept_streams);
    mem_free(t->event);
    slab_release(&t->slab);
    mem_free(t);
}

struct view track_user_key(struct view uri, char *out, size_t room)
{
    if (!uri.n || sip_uri_is_anonymous(uri)) /* nobody: never merged into one busy user */
        return VIEW_NONE;
    return view_of(out, sip_user_key(uri, true, out, room));
}

/* The user part decides the way of a REGISTER, so that all devices of one address of record meet; lower case, because
 * users are told apart that way. */
static uint32_t route_of_user(const struct hash_seed *seed, struct view uri)
{
    char low[64] = {0};
    size_t colon = view_find(uri, ':');
    struct view user = colon < uri.n ? view_of(uri.p + colon + 1, uri.n - colon - 1) : uri;
    size_t at = view_find(user, '@');
    user.n = at < user.n ? at : user.n;
    user.n = user.n < sizeof low ? user.n : sizeof low;
    for (size_t i = 0; i < user.n; i++)
        low[i] = (char)ascii_lower((unsigned char)user.p[i]);
    return (uint32_t)(hash_bytes(seed, low, user.n) >> 32);
}

void tracker_route(const struct hash_seed *seed, struct sip_message *m)
{
    uint8_t method = m->kind == SIP_REQUEST ? m->method : m->cseq_method;
    m->shard_hash = hash_view(seed, m->call_id);
    m->route = method == SIP_M_REGISTER ? route_of_user(seed, m->to.uri) : (uint32_t)m->shard_hash;
}

void tracker_advance(struct tracker *t)
{
    txn_advance(t);
    call_advance(t);
}

void tracker_clock(struct tracker *t, int64_t ts_ns)
{
    if (ts_ns <= t->now)
        return;
    bool second = ts_ns / NS_PER_S != t->now / NS_PER_S;
    t->now = ts_ns;
    if (second)
        tracker_advance(t);
}

static void count_other_method(struct tracker *t, struct view name)
{
    if (name.n > 64)
        name.n = 64;
    for (uint32_t i = 0; i < t->nother_method; i++)
        if (view_eq(t->other_method[i].name, name)) {
            t->other_method[i].n++;
            return;
        }
    uint32_t room = sizeof t->other_method / sizeof *t->other_method;
    if (t->nother_method < room - 1) {
        struct view kept = slab_copy(&t->slab, name);
        t->other_method[t->nother_method++] = (struct method_count){kept, 1};
    } else { /* more kinds than anybody will read: the last row collects them */
        if (t->nother_method < room)
            t->other_method[t->nother_method++] = (struct method_count){V("(other)"), 0};
        t->other_method[room - 1].n++;
    }
}

static void count_oddities(struct tracker *t, const struct packet *p, const struct sip_message *m)
{
    for (uint64_t rest = m->oddities; rest; rest &= rest - 1)
        t->totals.oddity[ODDITY_SIP_FIRST + __builtin_ctzll(rest)]++;
    if (m->oddities & ~t->mild) {
        t->totals.malformed++;
        problem_add(t, PROBLEM_MALFORMED, p->ts_ns, m->call_id);
    }
}

static void count(struct tracker *t, const struct packet *p, const struct sip_message *m)
{
    struct track_totals *n = &t->totals;
    n->messages++;
    if (m->kind == SIP_REQUEST) {
        n->requests++;
        n->by_method[m->method]++;
        if (m->method == SIP_M_UNKNOWN)
            count_other_method(t, m->method_name);
    } else {
        n->responses++;
        n->by_status[m->status < 700 ? m->status : 0]++;
    }
    n->by_transport[m->transport]++;
    n->ip4 += p->ip_version == 4;
    n->ip6 += p->ip_version == 6;
    if (m->oddities)
        count_oddities(t, p, m);
}

/* Messages that only keep a way through a NAT open (profiling 1.10: A1, A2, A4). */
static void count_keepalive(struct tracker *t, const struct sip_message *m)
{
    uint8_t method = m->kind == SIP_REQUEST ? m->method : m->cseq_method;
    if (method == SIP_M_OPTIONS && (m->kind == SIP_RESPONSE || !m->to.tag.n)) {
        t->totals.ka_options++;
    } else if (method == SIP_M_NOTIFY && m->kind == SIP_REQUEST) {
        int i = sip_header_find(m, SIP_H_EVENT, 0);
        if (i >= 0 && view_istarts(sip_header_value(m, i), V("keep-alive")))
            t->totals.ka_notify++;
    }
}

static bool concerns_calls(uint8_t method)
{
    return method != SIP_M_REGISTER && method != SIP_M_OPTIONS && method != SIP_M_SUBSCRIBE && method != SIP_M_PUBLISH &&
           method != SIP_M_MESSAGE && method != SIP_M_NOTIFY;
}

static void host_counts(struct tracker *t, const struct packet *p, const struct sip_message *m, const struct txn *x)
{
    struct endpoint src = packet_src(p), dst = packet_dst(p);
    bool request = m->kind == SIP_REQUEST;
    const struct endpoint *from = request ? &x->src : &x->dst, *to = request ? &x->dst : &x->src;
    uint32_t a = request ? x->src_host : x->dst_host, b = request ? x->dst_host : x->src_host;
    if (!a || !endpoint_eq(&src, from))
        a = people_host(t, &src);
    if (!b || !endpoint_eq(&dst, to))
        b = people_host(t, &dst);
    if (!a || !b)
        return;
    struct host *sender = pool_at(&t->hosts, a), *receiver = pool_at(&t->hosts, b);
    uint32_t agent = m->user_agent.n ? people_agent_of(t, sender, m->user_agent) : 0;
    if (agent)
        ((struct agent *)pool_at(&t->agents, agent))->messages++;
    if (request) {
        sender->requests_out++;
        receiver->requests_in++;
    } else {
        sender->responses_out++;
        receiver->responses_in++;
    }
}

static void host_roles_of_response(struct tracker *t, const struct sip_message *m, const struct txn *x)
{
    if (!x->dst_host || m->status < 200)
        return;
    struct host *h = pool_at(&t->hosts, x->dst_host);
    if (m->cseq_method == SIP_M_REGISTER && m->status < 300)
        h->register_ok++;
    if (m->cseq_method == SIP_M_INVITE) {
        h->invite_finals++;
        h->redirects += m->status >= 300 && m->status < 400;
    }
}

static void request(struct tracker *t, const struct packet *p, struct sip_message *m)
{
    bool fresh;
    struct txn *x = txn_request(t, p, m, &fresh);
    if (fresh)
        people_request(t, p, m, x);
    if (x)
        host_counts(t, p, m, x);
    if (m->method == SIP_M_REGISTER)
        registration_request(t, p, m, x);
    else if (concerns_calls(m->method))
        call_request(t, p, m, x, fresh);
}

static void response(struct tracker *t, const struct packet *p, struct sip_message *m)
{
    bool first_final;
    struct txn *x = txn_response(t, p, m, &first_final);
    if (!x)
        return;
    host_counts(t, p, m, x);
    if (first_final)
        host_roles_of_response(t, m, x);
    if (m->cseq_method == SIP_M_REGISTER)
        registration_response(t, p, m, x);
    else if (concerns_calls(m->cseq_method))
        call_response(t, p, m, x, first_final);
    if (first_final && m->status >= 500 && m->status < 600 && m->cseq_method != SIP_M_INVITE)
        problem_add(t, PROBLEM_SERVER_ERROR, p->ts_ns, m->call_id);
}

void tracker_message(struct tracker *t, const struct packet *p, struct sip_message *m)
{
    m->retransmission = false;
    tracker_clock(t, p->ts_ns);
    count(t, p, m);
    count_keepalive(t, m);
    if (m->kind == SIP_REQUEST)
        request(t, p, m);
    else
        response(t, p, m);
}

void tracker_finish(struct tracker *t, int64_t last_ns)
{
    if (t->finished)
        return;
    if (last_ns != TS_NONE)
        tracker_clock(t, last_ns);
    txn_finish(t);
    call_finish(t);
    registration_finish(t);
    t->finished = true;
}

const struct track_totals *tracker_totals(const struct tracker *t)
{
    return &t->totals;
}
