/* Registrations as objects (profiling 1.4): bindings of an address of record at a registrar, how long they were granted, how
 * often they are refreshed; a challenge and the answer to it are one attempt. */
#include "track/priv.h"

#include <math.h>
#include <stdlib.h>

#include "sip/auth.h"
#include "sip/contact.h"

enum { BINDINGS_OF_AOR = 64 };

static struct binding *at(struct tracker *t, uint32_t ref)
{
    return pool_at(&t->bindings, ref);
}

static struct user *user_at(struct tracker *t, uint32_t ref)
{
    return pool_at(&t->users, ref);
}

/* ---- records ---- */

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double median_interval(const struct binding *b)
{
    float copy[15];
    unsigned n = b->interval_n;
    if (!n)
        return NAN;
    memcpy(copy, b->interval, n * sizeof *copy);
    qsort(copy, n, sizeof *copy, by_value);
    return n % 2 ? (double)copy[n / 2] : ((double)copy[n / 2 - 1] + (double)copy[n / 2]) / 2;
}

static const char *state_text(const struct tracker *t, const struct binding *b)
{
    static const char *const text[] = {"unanswered", "active", "expired", "removed", "failed", "challenged", "unanswered"};
    if (b->state == REG_ACTIVE && b->expiry_ts <= t->now)
        return "expired";
    return text[b->state];
}

static void keep_record(struct tracker *t, const struct binding *b)
{
    struct kept *k = &t->kept_registrations;
    struct record_registration *r = kept_add(t, k, sizeof *r);
    if (!r)
        return;
    r->aor = kept_copy(k, user_at(t, b->user)->key);
    r->contact = kept_copy(k, b->contact);
    r->registrar = b->registrar;
    r->src = b->src;
    r->user_agent = kept_copy(k, b->user_agent);
    r->expires_s = b->expires_s;
    r->first_ts = b->first_ts;
    r->last_ts = b->last_ts;
    r->registrations = b->registrations;
    r->refresh_interval_s = median_interval(b);
    r->state = view_str(state_text(t, b));
    r->failures = b->failures;
    r->last_status = b->last_status ? b->last_status : INT64_MIN;
    r->call_id = kept_copy(k, b->call_id);
}

/* ---- tables ---- */

static void drop_binding(struct tracker *t, uint32_t ref)
{
    struct binding *b = at(t, ref);
    if (t->config.keep_registrations)
        keep_record(t, b);
    slab_drop(&t->slab, &b->contact);
    slab_drop(&t->slab, &b->asked);
    slab_drop(&t->slab, &b->told);
    slab_drop(&t->slab, &b->user_agent);
    slab_drop(&t->slab, &b->call_id);
    b->uid = 0;
    pool_give(&t->bindings, ref);
}

static void tell_problems(struct tracker *t, const struct user *a)
{
    bool never = a->failures + a->unanswered && !a->successes;
    if (never && a->unanswered && !a->failures)
        problem_add(t, PROBLEM_REG_NO_ANSWER, 0, a->key);
    else if (never)
        problem_add(t, PROBLEM_REG_NEVER, 0, a->key);
    if (a->wrong_password)
        problem_add(t, PROBLEM_REG_PASSWORD, 0, a->key);
}

static void tell_short_refresh(struct tracker *t, const struct user *a)
{
    for (uint32_t r = a->first; r; r = at(t, r)->next) {
        double interval = median_interval(at(t, r));
        if (at(t, r)->interval_n >= 3 && interval < 60) {
            problem_add(t, PROBLEM_SHORT_REFRESH, 0, a->key);
            return;
        }
    }
}

/* Everything that was learnt of a user as a subscriber is told, then forgotten. */
static void close_user(struct tracker *t, struct user *u)
{
    tell_problems(t, u);
    tell_short_refresh(t, u);
    for (uint32_t r = u->first, next; r; r = next) {
        next = at(t, r)->next;
        t->totals.bindings_active += at(t, r)->state == REG_ACTIVE && at(t, r)->expiry_ts > t->now && at(t, r)->via_count <= u->min_via;
        drop_binding(t, r);
    }
    u->first = 0;
}

void registration_finish(struct tracker *t)
{
    for (uint32_t r = 1; r <= t->users.fresh; r++)
        if (user_at(t, r)->registers)
            close_user(t, user_at(t, r));
}

/* The contact as a name: its URI without what changes from one REGISTER to the next is the same for one device. */
static uint32_t binding_of(struct tracker *t, uint32_t user_ref, struct view contact, const struct endpoint *registrar, bool make)
{
    struct user *a = user_at(t, user_ref);
    uint32_t last = 0;
    for (uint32_t r = a->first; r; r = at(t, r)->next) {
        if (endpoint_eq(&at(t, r)->registrar, registrar) && view_eq(at(t, r)->contact, contact))
            return r;
        last = at(t, r)->next ? last : r;
    }
    if (!make)
        return 0;
    if (a->nbinding >= BINDINGS_OF_AOR && last) { /* a device that invents contacts: the oldest one leaves */
        for (uint32_t r = a->first; r; r = at(t, r)->next)
            if (at(t, r)->next == last)
                at(t, r)->next = 0;
        a->first = a->first == last ? 0 : a->first;
        a->nbinding--;
        drop_binding(t, last);
        t->totals.evicted++;
    }
    uint32_t ref = pool_take(&t->bindings);
    if (!ref) {
        t->totals.evicted++;
        return 0;
    }
    struct binding *b = at(t, ref);
    b->uid = ++t->next_uid;
    b->user = user_ref;
    b->contact = slab_copy(&t->slab, contact);
    b->registrar = *registrar;
    b->first_ts = b->last_ts = t->now;
    b->success_ts = b->expiry_ts = b->challenge_ts = TS_NONE;
    b->expires_s = NAN;
    b->next = a->first;
    a->first = ref;
    a->nbinding++;
    return ref;
}

/* ---- requests ---- */

static bool has_credentials(const struct sip_message *m)
{
    return sip_header_find(m, SIP_H_AUTHORIZATION, 0) >= 0 || sip_header_find(m, SIP_H_PROXY_AUTHORIZATION, 0) >= 0;
}

/* Counters of the summary look at one hop only: the one nearest to the phone. */
static bool is_outer_hop(struct tracker *t, const struct txn *x, const struct binding *b)
{
    struct user *a = user_at(t, b->user);
    return x->via_count <= a->min_via;
}

static void open_attempt(struct tracker *t, const struct packet *p, const struct sip_message *m, struct txn *x, struct binding *b)
{
    bool follows_challenge = b->challenge_ts != TS_NONE && t->now - b->challenge_ts <= T1_64_NS && has_credentials(m);
    if (!follows_challenge) {
        b->attempt_ts = t->now;
        if (is_outer_hop(t, x, b))
            t->totals.reg_attempts++;
    }
    b->via_count = x->via_count;
    b->last_ts = t->now;
    b->src = packet_src(p);
    if (!view_eq(b->user_agent, m->user_agent)) {
        slab_drop(&t->slab, &b->user_agent);
        b->user_agent = slab_copy(&t->slab, m->user_agent);
    }
    if (!view_eq(b->call_id, m->call_id)) {
        slab_drop(&t->slab, &b->call_id);
        b->call_id = slab_copy(&t->slab, m->call_id);
    }
}

/* What the Contact of a REGISTER asks for. */
struct wish {
    uint32_t binding;
    bool query, star; /* no Contact at all; "*" */
    int64_t expires;  /* the contact's own; -1 */
};

/* A device repeats itself: a Contact written as last time needs no second parse. */
static uint32_t same_as_before(struct tracker *t, const struct user *u, const struct endpoint *registrar, struct view contact)
{
    for (uint32_t r = u->first, n = 0; r && n < 4; r = at(t, r)->next, n++)
        if (at(t, r)->asked.n && view_eq(at(t, r)->asked, contact) && endpoint_eq(&at(t, r)->registrar, registrar))
            return r;
    return 0;
}

static struct wish read_wish(struct tracker *t, const struct sip_message *m, uint32_t user_ref, const struct endpoint *registrar)
{
    struct wish w = {.expires = -1};
    struct sip_contact c;
    struct sip_commas it = sip_commas_of(m->contact);
    bool good;
    w.binding = m->contact.n ? same_as_before(t, user_at(t, user_ref), registrar, m->contact) : 0;
    if (w.binding) {
        w.expires = at(t, w.binding)->asked_expires;
        return w;
    }
    w.query = !m->contact.n || !sip_contact_next(&it, &c, &good);
    if (w.query)
        return w;
    w.star = c.star;
    w.expires = c.expires;
    w.binding = c.star ? 0 : binding_of(t, user_ref, c.addr.uri, registrar, true);
    if (w.binding) {
        struct binding *b = at(t, w.binding);
        slab_drop(&t->slab, &b->asked);
        b->asked = slab_copy(&t->slab, m->contact);
        b->asked_expires = c.expires;
    }
    return w;
}

static uint32_t any_binding(struct tracker *t, uint32_t user_ref, const struct endpoint *registrar)
{
    struct user *a = user_at(t, user_ref);
    for (uint32_t r = a->first; r; r = at(t, r)->next)
        if (endpoint_eq(&at(t, r)->registrar, registrar))
            return r;
    return 0;
}

void registration_request(struct tracker *t, const struct packet *p, struct sip_message *m, struct txn *x)
{
    if (!x || x->registration || x->flags & TXN_QUERY || m->retransmission)
        return;
    uint32_t user_ref = x->to_user ? x->to_user : people_user(t, m->to.uri);
    if (!user_ref)
        return;
    struct user *a = user_at(t, user_ref);
    struct endpoint registrar = packet_dst(p);
    struct wish w = read_wish(t, m, user_ref, &registrar);
    if (!a->registers) {
        a->registers = true;
        t->totals.reg_users++;
    }
    if (x->via_count < a->min_via)
        a->min_via = x->via_count;
    if (w.query) { /* changes nothing */
        t->totals.reg_queries++;
        x->flags |= TXN_QUERY;
        return;
    }
    if (w.star)
        x->flags |= TXN_REMOVE_ALL;
    uint32_t ref = w.star ? any_binding(t, user_ref, &registrar) : w.binding;
    if (!ref && !(ref = binding_of(t, user_ref, VIEW_NONE, &registrar, true)))
        return;
    struct binding *b = at(t, ref);
    x->registration = ref;
    x->registration_uid = b->uid;
    if (has_credentials(m))
        x->flags |= TXN_CREDENTIALS;
    if (b->state == REG_ACTIVE && b->expires_s < 600 && b->expiry_ts > t->now)
        x->flags |= TXN_KEEPALIVE_REGISTER;
    t->totals.ka_register += (x->flags & TXN_KEEPALIVE_REGISTER) != 0;
    /* what the request asks for, kept until the answer says what was granted */
    int64_t asked = w.expires >= 0 ? w.expires : m->expires;
    x->asked_expires = asked < 0 ? UINT32_MAX : (uint32_t)asked;
    open_attempt(t, p, m, x, b);
}

/* ---- responses ---- */

/* The lifetime that a 2xx grants to the contact of the request: the contact's own expires, else the Expires header, else what
 * was asked for, else an hour (RFC 3261 10.2.4, 10.3). Removal: 0. */
static double granted(const struct sip_message *m, const struct txn *x, struct view contact)
{
    double fallback = m->expires >= 0 ? (double)m->expires : x->asked_expires != UINT32_MAX ? x->asked_expires : 3600;
    bool listed = false, any = false;
    double seconds = fallback;
    for (int i = sip_header_find(m, SIP_H_CONTACT, 0); i >= 0 && !listed;
         i = sip_header_find(m, SIP_H_CONTACT, (unsigned)i + 1)) {
        struct sip_commas it = sip_commas_of(sip_header_value(m, i));
        struct sip_contact c;
        bool good;
        while (!listed && sip_contact_next(&it, &c, &good)) {
            listed = view_eq(c.addr.uri, contact);
            if ((listed || !any) && c.expires >= 0)
                seconds = (double)c.expires;
            any = true;
        }
    }
    if (x->asked_expires == 0)
        return listed && seconds > 0 ? seconds : 0;
    return seconds;
}

/* A second Contact line could say something else the next time. */
static bool has_one_contact(const struct sip_message *m)
{
    int i = sip_header_find(m, SIP_H_CONTACT, 0);
    return i >= 0 && sip_header_find(m, SIP_H_CONTACT, (unsigned)i + 1) < 0;
}

/* The same for a 2xx that says the same as the last one, without looking into it again. */
static double granted_again(struct tracker *t, const struct sip_message *m, const struct txn *x, struct binding *b)
{
    bool plain = x->asked_expires && m->expires < 0 && has_one_contact(m);
    if (plain && b->told.n && b->told_to == x->asked_expires && view_eq(b->told, m->contact))
        return b->told_expires;
    double seconds = granted(m, x, b->contact);
    slab_drop(&t->slab, &b->told);
    if (plain && memchr(m->contact.p, '=', m->contact.n)) {
        b->told = slab_copy(&t->slab, m->contact);
        b->told_expires = seconds;
        b->told_to = x->asked_expires;
    }
    return seconds;
}

static void note_interval(struct tracker *t, struct binding *b)
{
    if (b->success_ts == TS_NONE)
        return;
    double s = (double)(b->attempt_ts - b->cycle_ts) / 1e9;
    if (s <= 0)
        return;
    sketch_add(&t->totals.interval_s, s);
    b->interval[b->interval_at] = (float)s;
    b->interval_at = (uint8_t)((b->interval_at + 1) % 15);
    b->interval_n += b->interval_n < 15;
}

static void remove_bindings(struct tracker *t, struct binding *b, bool all)
{
    if (!all) {
        b->state = REG_REMOVED;
        return;
    }
    struct user *a = user_at(t, b->user);
    for (uint32_t r = a->first; r; r = at(t, r)->next)
        if (endpoint_eq(&at(t, r)->registrar, &b->registrar))
            at(t, r)->state = REG_REMOVED;
}

/* Credentials that were refused and accepted soon after had an old nonce, not a wrong password; few servers say stale=true. */
static void forgive(const struct tracker *t, struct user *a, struct binding *b)
{
    if (b->refused && t->now - b->refused_ts <= T1_64_NS)
        a->wrong_password -= b->refused;
    b->refused = 0;
}

static void succeeded(struct tracker *t, const struct sip_message *m, struct txn *x, struct binding *b)
{
    bool counts = is_outer_hop(t, x, b), was_active = b->state == REG_ACTIVE && b->expiry_ts > t->now;
    double seconds = granted_again(t, m, x, b);
    struct user *a = user_at(t, b->user);
    if (counts)
        sketch_add(&t->totals.rrd_ms, (double)(t->now - x->first_ts) / 1e6);
    if (seconds <= 0) {
        t->totals.reg_removed += counts;
        remove_bindings(t, b, x->flags & TXN_REMOVE_ALL);
        b->success_ts = TS_NONE;
        a->successes++;
        return;
    }
    if (counts) {
        t->totals.reg_refreshed += was_active;
        t->totals.reg_registered += !was_active;
        sketch_add(&t->totals.expires_s, seconds);
        note_interval(t, b);
        a->registrations++;
    }
    forgive(t, a, b);
    b->expires_s = seconds;
    b->expiry_ts = t->now + (int64_t)(seconds * 1e9);
    b->success_ts = t->now;
    b->cycle_ts = b->attempt_ts;
    b->state = REG_ACTIVE;
    b->registrations++;
    a->successes++;
}

static bool is_stale(const struct sip_message *m)
{
    static const uint8_t id[] = {SIP_H_WWW_AUTHENTICATE, SIP_H_PROXY_AUTHENTICATE};
    for (size_t k = 0; k < sizeof id; k++) {
        int i = sip_header_find(m, id[k], 0);
        struct sip_auth auth;
        if (i >= 0 && sip_auth_parse(&auth, sip_header_value(m, i)) && auth.stale)
            return true;
    }
    return false;
}

static void refused(struct tracker *t, const struct sip_message *m, struct txn *x, struct binding *b)
{
    bool counts = is_outer_hop(t, x, b), with = x->flags & TXN_CREDENTIALS;
    bool challenge = m->status == 401 || m->status == 407;
    struct user *a = user_at(t, b->user);
    if (challenge) {
        t->totals.reg_challenged += counts;
        b->challenge_ts = t->now;
    }
    if (challenge && (!with || is_stale(m))) { /* the normal first half of an attempt, or a new nonce */
        if (b->state != REG_ACTIVE)
            b->state = REG_CHALLENGED;
        return;
    }
    t->totals.reg_failed += counts;
    b->failures++;
    a->failures++;
    if (with && (challenge || m->status == 403)) {
        a->wrong_password++;
        b->refused += challenge; /* 403 is meant */
        b->refused_ts = t->now;
    }
    if (b->state != REG_ACTIVE)
        b->state = REG_FAILED;
}

static struct binding *linked(struct tracker *t, const struct txn *x)
{
    if (!x->registration)
        return NULL;
    struct binding *b = at(t, x->registration);
    return b->uid == x->registration_uid ? b : NULL;
}

void registration_response(struct tracker *t, const struct packet *p, struct sip_message *m, struct txn *x)
{
    struct binding *b = linked(t, x);
    t->totals.ka_register += (x->flags & TXN_KEEPALIVE_REGISTER) != 0;
    if (!b || m->status < 200 || m->retransmission)
        return;
    b->last_status = m->status;
    if (m->status < 300) {
        b->challenge_ts = TS_NONE;
        if (b->contact.n || x->asked_expires == 0)
            succeeded(t, m, x, b);
    } else {
        refused(t, m, x, b);
    }
}

void registration_unanswered(struct tracker *t, struct txn *x)
{
    struct binding *b = linked(t, x);
    if (!b)
        return;
    struct user *a = user_at(t, b->user);
    t->totals.reg_unanswered += is_outer_hop(t, x, b);
    b->failures++;
    a->unanswered++;
    if (b->state == REG_NEW || b->state == REG_CHALLENGED)
        b->state = REG_UNANSWERED;
}
