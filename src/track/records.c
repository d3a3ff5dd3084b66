/* At the end: trackers are merged, records sorted and handed over. */
#include "track/priv.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* ---- merging ---- */

static void add_sketches(struct track_totals *a, const struct track_totals *b)
{
    sketch_merge(&a->duration_s, &b->duration_s);
    sketch_merge(&a->pdd_ms, &b->pdd_ms);
    sketch_merge(&a->setup_ms, &b->setup_ms);
    sketch_merge(&a->srd_ms, &b->srd_ms);
    sketch_merge(&a->sdd_ms, &b->sdd_ms);
    sketch_merge(&a->expires_s, &b->expires_s);
    sketch_merge(&a->interval_s, &b->interval_s);
    sketch_merge(&a->rrd_ms, &b->rrd_ms);
    sketch_merge(&a->jitter_ms, &b->jitter_ms);
    sketch_merge(&a->mos, &b->mos);
    sketch_merge(&a->lost_percent, &b->lost_percent);
}

/* All members before the sketches are 64-bit counters. */
static void add_totals(struct track_totals *a, const struct track_totals *b)
{
    uint64_t *x = (uint64_t *)a;
    const uint64_t *y = (const uint64_t *)b;
    for (size_t i = 0; i < offsetof(struct track_totals, duration_s) / sizeof *x; i++)
        x[i] += y[i];
    add_sketches(a, b);
}

static void merge_user(struct user *a, const struct user *b)
{
    a->messages += b->messages;
    a->registrations += b->registrations;
    a->calls_made += b->calls_made;
    a->calls_received += b->calls_received;
    for (unsigned i = 0; i < b->nsource; i++)
        people_note_source(a, &b->source[i]);
}

/* How the references of `from` read in `into`; NULL when there is no memory. The caller frees it. */
static uint32_t *merge_users(struct tracker *into, struct tracker *from)
{
    uint32_t *translate = mem_calloc(from->users.fresh + 1, sizeof *translate);
    for (uint32_t r = 1; translate && r <= from->users.fresh; r++) {
        struct user *b = pool_at(&from->users, r);
        struct view key = b->key;
        if (!key.n)
            continue;
        translate[r] = people_user_key(into, key);
        if (translate[r])
            merge_user(pool_at(&into->users, translate[r]), b);
    }
    return translate;
}

static void merge_peers(struct tracker *into, struct tracker *from, const uint32_t *user, const uint32_t *agent)
{
    for (uint32_t r = 1; r <= from->users.fresh; r++) {
        struct user *b = pool_at(&from->users, r);
        if (!user[r])
            continue;
        struct user *a = pool_at(&into->users, user[r]);
        idset_merge(into, &a->callees, &b->callees, user);
        idset_merge(into, &a->callers, &b->callers, user);
        for (unsigned i = 0; i < b->nagent; i++)
            if (agent[b->agent[i]])
                people_note_agent(into, a, agent[b->agent[i]]);
    }
}

static void merge_hosts(struct tracker *into, struct tracker *from, const uint32_t *user)
{
    for (uint32_t r = 1; r <= from->hosts.fresh; r++) {
        struct host *b = pool_at(&from->hosts, r);
        uint32_t ref = b->hash ? people_host(into, &b->at) : 0;
        if (!ref)
            continue;
        struct host *a = pool_at(&into->hosts, ref);
        a->requests_in += b->requests_in;
        a->requests_out += b->requests_out;
        a->responses_in += b->responses_in;
        a->responses_out += b->responses_out;
        a->register_in += b->register_in;
        a->register_ok += b->register_ok;
        a->invite_in += b->invite_in;
        a->invite_out += b->invite_out;
        a->subscribe_in += b->subscribe_in;
        a->redirects += b->redirects;
        a->invite_finals += b->invite_finals;
        a->forwarded += b->forwarded;
        idset_merge(into, &a->users, &b->users, user);
        idset_merge(into, &a->served, &b->served, user);
    }
}

static uint32_t *merge_agents(struct tracker *into, struct tracker *from, const uint32_t *user)
{
    uint32_t *translate = mem_calloc(from->agents.fresh + 1, sizeof *translate);
    for (uint32_t r = 1; translate && r <= from->agents.fresh; r++) {
        struct agent *b = pool_at(&from->agents, r);
        if (!b->name.n || !(translate[r] = people_agent(into, b->name)))
            continue;
        struct agent *a = pool_at(&into->agents, translate[r]);
        a->messages += b->messages;
        idset_merge(into, &a->users, &b->users, user);
    }
    return translate;
}

static void merge_methods(struct tracker *into, const struct tracker *from)
{
    for (uint32_t i = 0; i < from->nother_method; i++) {
        uint32_t k = 0;
        while (k < into->nother_method && !view_eq(into->other_method[k].name, from->other_method[i].name))
            k++;
        if (k == sizeof into->other_method / sizeof *into->other_method)
            k--;
        if (k == into->nother_method) {
            into->other_method[k].name = slab_copy(&into->slab, from->other_method[i].name);
            into->nother_method++;
        }
        into->other_method[k].n += from->other_method[i].n;
    }
}

/* The share of memory that was from's is now into's. */
static void merge_ceilings(struct tracker *into, const struct tracker *from)
{
    into->users.cap += from->users.cap;
    into->hosts.cap += from->hosts.cap;
    into->slab.max += from->slab.max;
    into->set_max += from->set_max;
}

bool tracker_merge(struct tracker *into, struct tracker *from)
{
    merge_ceilings(into, from);
    uint32_t *user = merge_users(into, from);
    uint32_t *agent = user ? merge_agents(into, from, user) : NULL;
    bool ok = user && agent && kept_merge(&into->kept_calls, &from->kept_calls) &&
              kept_merge(&into->kept_registrations, &from->kept_registrations) &&
              kept_merge(&into->kept_streams, &from->kept_streams);
    if (ok) {
        merge_peers(into, from, user, agent);
        merge_hosts(into, from, user);
        merge_methods(into, from);
        problem_merge(into, from);
        add_totals(&into->totals, &from->totals);
    }
    mem_free(user);
    mem_free(agent);
    return ok;
}

/* ---- calls, with the quality of their streams ---- */

static int by_stream_call(const void *a, const void *b)
{
    const struct record_stream *x = *(const struct record_stream *const *)a, *y = *(const struct record_stream *const *)b;
    return view_cmp(x->call_id, y->call_id);
}

static double worst_mos(const struct kept *streams, struct view call_id)
{
    size_t lo = 0, hi = streams->n;
    double worst = NAN;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (view_cmp(((struct record_stream *)streams->row[mid])->call_id, call_id) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < streams->n && view_eq(((struct record_stream *)streams->row[lo])->call_id, call_id); lo++) {
        double mos = ((struct record_stream *)streams->row[lo])->mos;
        if (isnan(worst) || mos < worst)
            worst = isnan(mos) ? worst : mos;
    }
    return worst;
}

static int by_call_start(const void *a, const void *b)
{
    const struct record_call *x = *(const struct record_call *const *)a, *y = *(const struct record_call *const *)b;
    int c = (x->start_ts > y->start_ts) - (x->start_ts < y->start_ts);
    c = c ? c : view_cmp(x->call_id, y->call_id);
    return c ? c : view_cmp(x->from_tag, y->from_tag);
}

static void give_calls(struct tracker *t, const struct record_sink *sink)
{
    struct kept *k = &t->kept_calls, *s = &t->kept_streams;
    if (k->n)
        qsort(k->row, k->n, sizeof *k->row, by_call_start);
    if (s->n)
        qsort(s->row, s->n, sizeof *s->row, by_stream_call);
    for (size_t i = 0; i < k->n; i++) {
        struct record_call *r = k->row[i];
        r->mos = worst_mos(s, r->call_id);
        sink->call(sink->ctx, r);
    }
}

/* ---- the others ---- */

static int by_registration(const void *a, const void *b)
{
    const struct record_registration *x = *(const struct record_registration *const *)a;
    const struct record_registration *y = *(const struct record_registration *const *)b;
    int c = (x->first_ts > y->first_ts) - (x->first_ts < y->first_ts);
    c = c ? c : view_cmp(x->aor, y->aor);
    c = c ? c : view_cmp(x->contact, y->contact);
    return c ? c : endpoint_cmp(&x->registrar, &y->registrar);
}

static int by_stream_start(const void *a, const void *b)
{
    const struct record_stream *x = *(const struct record_stream *const *)a, *y = *(const struct record_stream *const *)b;
    int c = (x->start_ts > y->start_ts) - (x->start_ts < y->start_ts);
    c = c ? c : (x->ssrc > y->ssrc) - (x->ssrc < y->ssrc);
    c = c ? c : memcmp(&x->src, &y->src, sizeof x->src);
    return c ? c : (x->dst_port > y->dst_port) - (x->dst_port < y->dst_port);
}

static void give_registrations(struct tracker *t, const struct record_sink *sink)
{
    struct kept *k = &t->kept_registrations;
    if (k->n)
        qsort(k->row, k->n, sizeof *k->row, by_registration);
    for (size_t i = 0; i < k->n; i++)
        sink->registration(sink->ctx, k->row[i]);
}

static void give_streams(struct tracker *t, const struct record_sink *sink)
{
    struct kept *k = &t->kept_streams;
    if (k->n)
        qsort(k->row, k->n, sizeof *k->row, by_stream_start);
    for (size_t i = 0; i < k->n; i++)
        sink->stream(sink->ctx, k->row[i]);
}

static int by_messages(const void *a, const void *b)
{
    const struct user *x = *(const struct user *const *)a, *y = *(const struct user *const *)b;
    int c = (x->messages < y->messages) - (x->messages > y->messages);
    return c ? c : view_cmp(x->key, y->key);
}

static void give_user(struct tracker *t, const struct user *u, const struct record_sink *sink)
{
    char text[USER_SOURCES][IP_TEXT];
    struct view source[USER_SOURCES], agent[USER_SOURCES];
    for (unsigned i = 0; i < u->nsource; i++)
        source[i] = view_of(text[i], ip_print(&u->source[i], text[i]));
    for (unsigned i = 0; i < u->nagent; i++)
        agent[i] = ((struct agent *)pool_at(&t->agents, u->agent[i]))->name;
    struct record_user r = {
        .user = u->key,
        .calls_made = u->calls_made,
        .calls_received = u->calls_received,
        .callees = u->callees.n,
        .callers = u->callers.n,
        .registrations = u->registrations,
        .messages = u->messages,
        .sources = {source, u->nsource},
        .user_agents = {agent, u->nagent},
    };
    sink->user(sink->ctx, &r);
}

static void give_users(struct tracker *t, const struct record_sink *sink)
{
    struct user **row = mem_alloc((t->users.fresh + 1) * sizeof *row);
    uint32_t n = 0;
    for (uint32_t r = 1; row && r <= t->users.fresh; r++) {
        struct user *u = pool_at(&t->users, r);
        if (u->key.n)
            row[n++] = u;
    }
    if (n)
        qsort(row, n, sizeof *row, by_messages);
    for (uint32_t i = 0; i < n; i++)
        give_user(t, row[i], sink);
    mem_free(row);
}

void tracker_records(struct tracker *t, const struct record_sink *sink)
{
    if (sink->call)
        give_calls(t, sink);
    if (sink->registration)
        give_registrations(t, sink);
    if (sink->stream)
        give_streams(t, sink);
    if (sink->user)
        give_users(t, sink);
}
