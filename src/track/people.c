/* Who takes part: users (addresses of record), hosts (address and port), user agents. Touched once per transaction. */
#include "track/priv.h"

#include "base/mem.h"

static uint32_t find_alias(struct tracker *t, struct view uri, uint64_t h)
{
    for (uint32_t pos = map_start(&t->alias_map, h), r; (r = map_next(&t->alias_map, h, &pos));) {
        const struct alias *a = pool_at(&t->aliases, r);
        if (a->n == uri.n && bytes_eq(a->raw, uri.p, uri.n))
            return a->user;
    }
    return 0;
}

/* When the table is full (somebody invents URIs) users are found the long way. */
static void add_alias(struct tracker *t, struct view uri, uint64_t h, uint32_t user)
{
    uint32_t ref = pool_take(&t->aliases);
    if (!ref)
        return;
    if (!map_put(&t->alias_map, h, ref)) {
        pool_give(&t->aliases, ref);
        return;
    }
    struct alias *a = pool_at(&t->aliases, ref);
    a->user = user;
    a->n = (uint8_t)uri.n;
    memcpy(a->raw, uri.p, uri.n);
}

uint32_t people_user(struct tracker *t, struct view uri)
{
    char text[512];
    bool is_short = uri.n && uri.n <= sizeof((struct alias *)0)->raw;
    uint64_t h = is_short ? hash_view(&t->config.seed, uri) : 0;
    uint32_t ref = is_short ? find_alias(t, uri, h) : 0;
    if (ref)
        return ref;
    struct view key = track_user_key(uri, text, sizeof text);
    ref = key.n ? people_user_key(t, key) : 0;
    if (ref && is_short)
        add_alias(t, uri, h, ref);
    return ref;
}

uint32_t people_user_key(struct tracker *t, struct view key)
{
    uint64_t h = hash_view(&t->config.seed, key);
    for (uint32_t pos = map_start(&t->user_map, h), r; (r = map_next(&t->user_map, h, &pos));) {
        struct user *u = pool_at(&t->users, r);
        if (u->hash == h && view_eq(u->key, key))
            return r;
    }
    uint32_t ref = pool_take(&t->users);
    if (!ref) {
        t->totals.evicted++;
        return 0;
    }
    struct user *u = pool_at(&t->users, ref);
    u->hash = h;
    u->min_via = UINT16_MAX;
    u->key = slab_copy(&t->slab, key);
    if (!u->key.n || !map_put(&t->user_map, h, ref)) {
        slab_drop(&t->slab, &u->key);
        pool_give(&t->users, ref);
        t->totals.evicted++;
        return 0;
    }
    return ref;
}

static uint32_t find_host(struct tracker *t, const struct endpoint *e)
{
    uint64_t h = hash_bytes(&t->config.seed, e, sizeof *e);
    for (uint32_t pos = map_start(&t->host_map, h), r; (r = map_next(&t->host_map, h, &pos));) {
        struct host *host = pool_at(&t->hosts, r);
        if (host->hash == h && endpoint_eq(&host->at, e))
            return r;
    }
    uint32_t ref = pool_take(&t->hosts);
    if (!ref || !map_put(&t->host_map, h, ref)) {
        if (ref)
            pool_give(&t->hosts, ref);
        t->totals.evicted++;
        return 0;
    }
    struct host *host = pool_at(&t->hosts, ref);
    host->hash = h;
    host->at = *e;
    return ref;
}

/* A server stands at one end of nearly every message: the last one found is asked first. */
uint32_t people_host(struct tracker *t, const struct endpoint *e)
{
    if (t->last_host && endpoint_eq(&((struct host *)pool_at(&t->hosts, t->last_host))->at, e))
        return t->last_host;
    uint32_t ref = find_host(t, e);
    if (ref && ((struct host *)pool_at(&t->hosts, ref))->requests_in > 16)
        t->last_host = ref;
    return ref;
}

/* Names that scanning tools give themselves (facts from public rule sets and the tools' own documentation). */
static bool is_scanner(struct view agent)
{
    static const struct view name[] = {
        {"friendly-scanner", 16}, {"sipvicious", 10}, {"sipcli", 6}, {"sip-scan", 8}, {"sipsak", 6},
        {"sundayddr", 9}, {"VaxSIPUserAgent", 15}, {"pplsip", 6}, {"sipptk", 6}, {"sipscan", 7}, {"smap", 4},
    };
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        if (view_istarts(agent, name[i]))
            return true;
    return false;
}

uint32_t people_agent(struct tracker *t, struct view name)
{
    if (!name.n)
        return 0;
    if (name.n > 256)
        name.n = 256;
    uint64_t h = hash_view(&t->config.seed, name);
    for (uint32_t pos = map_start(&t->agent_map, h), r; (r = map_next(&t->agent_map, h, &pos));) {
        struct agent *a = pool_at(&t->agents, r);
        if (a->hash == h && view_eq(a->name, name))
            return r;
    }
    uint32_t ref = pool_take(&t->agents);
    if (!ref)
        return 0; /* a flood of invented names: those seen first stay */
    struct agent *a = pool_at(&t->agents, ref);
    a->hash = h;
    a->name = slab_copy(&t->slab, name);
    a->scanner = is_scanner(name);
    if (!a->name.n || !map_put(&t->agent_map, h, ref)) {
        slab_drop(&t->slab, &a->name);
        pool_give(&t->agents, ref);
        return 0;
    }
    return ref;
}

/* Of more than there is room for the lowest stay, in order: the same ones whatever the order they came in. */
void people_note_source(struct user *u, const struct ip_addr *source)
{
    unsigned i = 0;
    int c = 1;
    while (i < u->nsource && (c = memcmp(u->source[i].b, source->b, sizeof source->b)) < 0)
        i++;
    if (i == USER_SOURCES || (i < u->nsource && c == 0))
        return;
    u->nsource += u->nsource < USER_SOURCES;
    for (unsigned k = u->nsource - 1u; k > i; k--)
        u->source[k] = u->source[k - 1];
    u->source[i] = *source;
}

void people_note_agent(struct tracker *t, struct user *u, uint32_t agent)
{
    unsigned i = 0;
    int c = 1;
    struct view name = ((struct agent *)pool_at(&t->agents, agent))->name;
    while (i < u->nagent && u->agent[i] != agent &&
           (c = view_cmp(((struct agent *)pool_at(&t->agents, u->agent[i]))->name, name)) < 0)
        i++;
    if (i == USER_SOURCES || (i < u->nagent && u->agent[i] == agent))
        return;
    u->nagent += u->nagent < USER_SOURCES;
    for (unsigned k = u->nagent - 1u; k > i; k--)
        u->agent[k] = u->agent[k - 1];
    u->agent[i] = agent;
}

static void note_host_roles(const struct sip_message *m, struct host *src, struct host *dst)
{
    if (m->method == SIP_M_REGISTER)
        dst->register_in++;
    if (m->method == SIP_M_INVITE && !m->to.tag.n) {
        dst->invite_in++;
        src->invite_out++;
    }
    if (m->method == SIP_M_SUBSCRIBE || m->method == SIP_M_PUBLISH)
        dst->subscribe_in++;
    src->forwarded += m->via_count > 1;
}

/* The host of a user is where it was last time; then no table is asked. */
static uint32_t host_near(struct tracker *t, const struct endpoint *e, uint32_t user)
{
    struct user *u = user ? pool_at(&t->users, user) : NULL;
    if (u && u->host && endpoint_eq(&((struct host *)pool_at(&t->hosts, u->host))->at, e))
        return u->host;
    uint32_t ref = people_host(t, e);
    if (u && ref != t->last_host)
        u->host = ref;
    return ref;
}

/* Puts a user into a host's set, unless it is known to be there. */
static void note_user(struct tracker *t, struct host *h, uint32_t host, uint32_t user)
{
    if (!user)
        return;
    struct user *u = pool_at(&t->users, user);
    if (u->noted[0] == host || u->noted[1] == host)
        return;
    u->noted[1] = u->noted[0];
    u->noted[0] = host;
    idset_add(t, &h->users, user);
}

/* A fresh request transaction: its users, its hosts, its user agent. */
void people_request(struct tracker *t, const struct packet *p, const struct sip_message *m, struct txn *x)
{
    uint32_t from = people_user(t, m->from.uri), agent = 0;
    uint32_t to = view_eq(m->from.uri, m->to.uri) ? from : people_user(t, m->to.uri);
    x->to_user = to;
    x->src_host = host_near(t, &x->src, from);
    x->dst_host = host_near(t, &x->dst, to);
    if (x->src_host && x->dst_host) {
        struct host *src = pool_at(&t->hosts, x->src_host), *dst = pool_at(&t->hosts, x->dst_host);
        note_host_roles(m, src, dst);
        note_user(t, dst, x->dst_host, from);
        note_user(t, dst, x->dst_host, to);
        note_user(t, src, x->src_host, from);
        note_user(t, src, x->src_host, to);
        if (m->method != SIP_M_ACK && !m->to.tag.n)
            idset_add(t, &dst->served, to);
        agent = people_agent_of(t, src, m->user_agent);
    }
    if (from) {
        struct user *u = pool_at(&t->users, from);
        u->messages++;
        if (t->config.keep_users)
            people_note_source(u, &p->src);
        if (t->config.keep_users && agent)
            people_note_agent(t, u, agent);
    }
    if (agent) {
        struct agent *a = pool_at(&t->agents, agent);
        idset_add(t, &a->users, from);
        if (a->scanner)
            problem_add(t, PROBLEM_SCANNER, p->ts_ns, m->user_agent);
    }
}

/* The user agent behind a message of this host: nearly always the one of its last message. */
uint32_t people_agent_of(struct tracker *t, struct host *h, struct view name)
{
    if (h->agent && view_eq(((struct agent *)pool_at(&t->agents, h->agent))->name, name))
        return h->agent;
    h->agent = people_agent(t, name);
    return h->agent;
}

/* A call that is over, for the users' records. */
void people_call(struct tracker *t, struct view from_uri, struct view to_uri)
{
    uint32_t from = people_user(t, from_uri), to = people_user(t, to_uri);
    struct user *caller = from ? pool_at(&t->users, from) : NULL, *callee = to ? pool_at(&t->users, to) : NULL;
    if (caller) {
        caller->calls_made++;
        idset_add(t, &caller->callees, to);
    }
    if (callee) {
        callee->calls_received++;
        idset_add(t, &callee->callers, from);
    }
}
