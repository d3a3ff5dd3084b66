/* Transactions on the wire (RFC 3261 17, RFC 6026): a request, its retransmissions, its responses. */
#include "sip/params.h"
#include "sip/via.h"
#include "track/priv.h"

static struct wheel_link *timer_of(void *ctx, uint32_t ref)
{
    struct tracker *t = ctx;
    return &((struct txn *)pool_at(&t->txns, ref))->timer;
}

static uint8_t key_method(const struct sip_message *m)
{
    return m->kind == SIP_REQUEST ? m->method : m->cseq_method;
}

static uint64_t key_hash(const struct tracker *t, const struct sip_message *m)
{
    const struct hash_seed *seed = &t->config.seed;
    uint64_t h = hash_add(seed, m->shard_hash, (uint64_t)m->cseq << 8 | key_method(m));
    return hash_add(seed, h, hash_view(seed, m->via.branch));
}

/* The sender's name only helps where the branch does not name the transaction by itself (RFC 3261 17.1.3): some proxies
 * change it on the way back. */
static struct view sent_by(const struct sip_message *m)
{
    return sip_has_oddity(m, ODD_SIP_VIA_BRANCH) ? m->via.sent_by : VIEW_NONE;
}

static bool key_is(const struct txn *x, const struct sip_message *m)
{
    const char *k = x->key;
    size_t call_id = m->call_id.n, branch = m->via.branch.n;
    return x->cseq == m->cseq && x->method == key_method(m) && x->call_id_len == call_id && x->branch_len == branch &&
           x->sent_by_len == sent_by(m).n && bytes_eq(k + call_id, m->via.branch.p, branch) &&
           bytes_eq(k, m->call_id.p, call_id) && bytes_eq(k + call_id + branch, sent_by(m).p, sent_by(m).n);
}

static size_t key_length(const struct txn *x)
{
    return (size_t)x->call_id_len + x->branch_len + x->sent_by_len + x->from_tag_len;
}

static struct txn *find(struct tracker *t, const struct sip_message *m, uint64_t h)
{
    for (uint32_t pos = map_start(&t->txn_map, h), r; (r = map_next(&t->txn_map, h, &pos));) {
        struct txn *x = pool_at(&t->txns, r);
        if (x->hash == h && key_is(x, m))
            return x;
    }
    return NULL;
}

static int64_t deadline(const struct txn *x)
{
    if (x->final_ts != TS_NONE)
        return x->final_ts + T1_64_NS;
    if (x->method == SIP_M_INVITE && x->provisional)
        return x->provisional_ts + TIMER_C_NS;
    return x->first_ts + T1_64_NS;
}

/* ---- requests end to end: Call-ID, From tag, CSeq and method, whatever the hop or the fork (counting level L3) ---- */

static uint64_t end_to_end_hash(const struct hash_seed *seed, struct view call_id, struct view from_tag, uint32_t cseq, uint8_t method)
{
    return hash_add(seed, hash_view(seed, call_id) ^ hash_view(seed, from_tag) * 3, (uint64_t)cseq << 8 | method);
}

static struct view from_tag_of(const struct txn *x)
{
    return view_of(x->key + x->call_id_len + x->branch_len + x->sent_by_len, x->from_tag_len);
}

/* The branch of the hop before, as the second Via says. */
static struct view branch_before(const struct sip_message *m)
{
    struct sip_via v = {.branch = VIEW_NONE};
    struct view value;
    int seen = 0;
    for (int i = sip_header_find(m, SIP_H_VIA, 0); i >= 0; i = sip_header_find(m, SIP_H_VIA, (unsigned)i + 1)) {
        struct sip_commas it = sip_commas_of(sip_header_value(m, i));
        while (sip_commas_next(&it, &value))
            if (++seen == 2)
                return sip_via_parse(&v, value) ? v.branch : VIEW_NONE;
    }
    return VIEW_NONE;
}

/* True if the transaction of the hop before is in the table. */
static bool was_seen_before(struct tracker *t, const struct sip_message *m)
{
    struct view branch = branch_before(m);
    uint64_t h = hash_add(&t->config.seed, m->shard_hash, (uint64_t)m->cseq << 8 | m->method);
    h = hash_add(&t->config.seed, h, hash_view(&t->config.seed, branch));
    for (uint32_t pos = map_start(&t->txn_map, h), r; branch.n && (r = map_next(&t->txn_map, h, &pos));) {
        const struct txn *y = pool_at(&t->txns, r);
        if (y->cseq == m->cseq && y->method == m->method && view_eq(view_of(y->key, y->call_id_len), m->call_id) &&
            view_eq(view_of(y->key + y->call_id_len, y->branch_len), branch))
            return true;
    }
    return false;
}

/* A request with one Via is at its first hop. Of one with more, the hop before may have been seen; else the first transaction
 * of the request stands for it as long as it is remembered. ACK is counted with its INVITE. */
static void count_end_to_end(struct tracker *t, const struct sip_message *m, struct txn *x)
{
    if (m->method == SIP_M_ACK || (m->via_count > 1 && was_seen_before(t, m)))
        return;
    if (m->via_count <= 1) {
        t->totals.end_to_end++;
        return;
    }
    uint64_t h = end_to_end_hash(&t->config.seed, m->call_id, m->from.tag, x->cseq, x->method);
    for (uint32_t pos = map_start(&t->request_map, h), r; (r = map_next(&t->request_map, h, &pos));) {
        const struct txn *y = pool_at(&t->txns, r);
        if (y->cseq == x->cseq && y->method == x->method && view_eq(view_of(y->key, y->call_id_len), m->call_id) &&
            view_eq(from_tag_of(y), m->from.tag))
            return;
    }
    t->totals.end_to_end++;
    if (map_put(&t->request_map, h, x->self))
        x->flags |= TXN_FIRST;
}

static void forget_end_to_end(struct tracker *t, const struct txn *x)
{
    if (x->flags & TXN_FIRST)
        map_remove(&t->request_map,
                   end_to_end_hash(&t->config.seed, view_of(x->key, x->call_id_len), from_tag_of(x), x->cseq, x->method), x->self);
}

static void forget(struct tracker *t, uint32_t ref)
{
    struct txn *x = pool_at(&t->txns, ref);
    map_remove(&t->txn_map, x->hash, ref);
    forget_end_to_end(t, x);
    wheel_remove(&t->txn_wheel, ref, timer_of, t);
    if (x->older)
        ((struct txn *)pool_at(&t->txns, x->older))->newer = x->newer;
    else
        t->txn_oldest = x->newer;
    if (x->newer)
        ((struct txn *)pool_at(&t->txns, x->newer))->older = x->older;
    else
        t->txn_newest = x->older;
    slab_free(&t->slab, x->key, key_length(x));
    pool_give(&t->txns, ref);
}

/* A request that nobody answered, or not finally. */
static void unanswered(struct tracker *t, struct txn *x)
{
    t->totals.unanswered++;
    if (x->method == SIP_M_REGISTER)
        registration_unanswered(t, x);
    else if (x->method != SIP_M_INVITE && !x->provisional) /* calls tell of their INVITEs themselves */
        problem_add(t, PROBLEM_NO_RESPONSE, x->first_ts, view_of(x->key, x->call_id_len));
}

static bool expects_response(const struct txn *x)
{
    return !(x->flags & (TXN_ACK | TXN_RESPONSE_ONLY)) && x->final_ts == TS_NONE;
}

static void due(void *ctx, uint32_t ref)
{
    struct tracker *t = ctx;
    struct txn *x = pool_at(&t->txns, ref);
    if (!is_over(t, deadline(x))) {
        wheel_put(&t->txn_wheel, ref, deadline(x), timer_of, t);
        return;
    }
    if (expects_response(x))
        unanswered(t, x);
    forget(t, ref);
}

void txn_advance(struct tracker *t)
{
    wheel_advance(&t->txn_wheel, t->now, timer_of, due, t);
}

/* At the end of the capture a request without any response counts as unanswered when its time was up or it had been
 * retransmitted twice; anything younger is simply not over. */
void txn_finish(struct tracker *t)
{
    while (t->txn_oldest) {
        struct txn *x = pool_at(&t->txns, t->txn_oldest);
        if (expects_response(x)) {
            if (is_over(t, deadline(x)))
                unanswered(t, x);
            else if (!x->provisional && (t->now - x->first_ts >= T1_64_NS || x->retransmissions >= 2))
                unanswered(t, x);
            else
                t->totals.pending++;
        }
        forget(t, t->txn_oldest);
    }
}

bool txn_evict(struct tracker *t)
{
    if (!t->txn_oldest)
        return false;
    forget(t, t->txn_oldest);
    t->totals.evicted++;
    return true;
}

static size_t key_room(const struct sip_message *m)
{
    return m->call_id.n + m->via.branch.n + sent_by(m).n + m->from.tag.n;
}

static char *put(char *k, struct view v)
{
    if (v.n)
        memcpy(k, v.p, v.n);
    return k + v.n;
}

static char *copy_key(struct tracker *t, const struct sip_message *m)
{
    size_t n = key_room(m);
    char *k = slab_alloc(&t->slab, n);
    for (int tries = 0; !k && n && n <= 65536 && tries < 64 && txn_evict(t); tries++)
        k = slab_alloc(&t->slab, n);
    if (k)
        put(put(put(put(k, m->call_id), m->via.branch), sent_by(m)), m->from.tag);
    return k;
}

static struct txn *create(struct tracker *t, const struct sip_message *m, uint64_t h)
{
    if (m->call_id.n > 16384 || m->via.branch.n > 16384 || sent_by(m).n > 16384 || m->from.tag.n > 16384 ||
        !m->call_id.n)
        return NULL; /* no identity to follow it by */
    uint32_t ref = pool_take(&t->txns);
    if (!ref && txn_evict(t))
        ref = pool_take(&t->txns);
    if (!ref)
        return NULL;
    char *key = copy_key(t, m);
    struct txn *x = pool_at(&t->txns, ref);
    if (!key || !map_put(&t->txn_map, h, ref)) {
        slab_free(&t->slab, key, key_room(m));
        pool_give(&t->txns, ref);
        t->totals.evicted++;
        return NULL;
    }
    x->self = ref;
    x->hash = h;
    x->key = key;
    x->call_id_len = (uint16_t)m->call_id.n;
    x->branch_len = (uint16_t)m->via.branch.n;
    x->sent_by_len = (uint16_t)sent_by(m).n;
    x->from_tag_len = (uint16_t)m->from.tag.n;
    x->cseq = m->cseq;
    x->method = key_method(m);
    x->via_count = m->via_count;
    x->first_ts = t->now;
    x->final_ts = TS_NONE;
    x->older = t->txn_newest;
    if (t->txn_newest)
        ((struct txn *)pool_at(&t->txns, t->txn_newest))->newer = ref;
    else
        t->txn_oldest = ref;
    t->txn_newest = ref;
    wheel_put(&t->txn_wheel, ref, deadline(x), timer_of, t);
    return x;
}

static void count_retransmission(struct tracker *t, struct sip_message *m, struct txn *x)
{
    m->retransmission = true;
    t->totals.retransmissions++;
    call_retransmission(t, x);
}

static uint8_t request_flags(const struct sip_message *m)
{
    return (uint8_t)((m->method == SIP_M_ACK ? TXN_ACK : 0) | (m->to.tag.n ? 0 : TXN_INITIAL));
}

struct txn *txn_request(struct tracker *t, const struct packet *p, struct sip_message *m, bool *fresh)
{
    uint64_t h = key_hash(t, m);
    struct txn *x = find(t, m, h);
    struct endpoint src = packet_src(p), dst = packet_dst(p);
    *fresh = false;
    if (!x) {
        x = create(t, m, h);
        *fresh = x != NULL;
        if (x) {
            x->src = src;
            x->dst = dst;
            x->flags = request_flags(m);
            t->totals.transactions += m->method != SIP_M_ACK;
            count_end_to_end(t, m, x);
        }
        return x;
    }
    if (x->flags & TXN_RESPONSE_ONLY) { /* captured behind its own response: packets change places */
        x->flags = request_flags(m);
        x->src = src;
        x->dst = dst;
        t->totals.transactions += m->method != SIP_M_ACK;
        t->totals.answered += m->method != SIP_M_ACK && x->final_ts != TS_NONE;
        *fresh = true;
        count_end_to_end(t, m, x);
        return x;
    }
    if (!endpoint_eq(&x->src, &src) || !endpoint_eq(&x->dst, &dst))
        return x; /* the same request on another hop (a stateless forwarder, or both sides of a NAT were captured) */
    x->retransmissions += x->retransmissions < UINT8_MAX;
    if (x->retransmissions >= 4 && !(x->flags & TXN_STORM)) {
        x->flags |= TXN_STORM;
        problem_add(t, PROBLEM_RETRANSMISSION_STORM, x->first_ts, m->call_id);
    }
    count_retransmission(t, m, x);
    return x;
}

/* True if the same response (status, To tag, size) was seen for this transaction before. */
static bool seen_before(struct tracker *t, const struct packet *p, const struct sip_message *m, struct txn *x)
{
    uint64_t h = hash_add(&t->config.seed, hash_view(&t->config.seed, m->to.tag), (uint64_t)m->status << 32 | m->len);
    struct endpoint src = packet_src(p), dst = packet_dst(p);
    if (!endpoint_eq(&src, &x->dst) || !endpoint_eq(&dst, &x->src)) { /* another hop: not the same message */
        h = hash_add(&t->config.seed, h, (uint64_t)p->src_port << 16 | p->dst_port);
        h ^= hash_bytes(&t->config.seed, p->src.b, 16) ^ hash_bytes(&t->config.seed, p->dst.b, 16) * 3;
    }
    uint32_t mark = (uint32_t)(h >> 32) | 1;
    unsigned n = x->seen_n < 4 ? x->seen_n : 4;
    for (unsigned i = 0; i < n; i++)
        if (x->seen[i] == mark)
            return true;
    x->seen[x->seen_n & 3] = mark;
    x->seen_n = (uint8_t)(x->seen_n < 4 ? x->seen_n + 1 : 4 + ((x->seen_n + 1) & 3));
    return false;
}

struct txn *txn_response(struct tracker *t, const struct packet *p, struct sip_message *m, bool *first_final)
{
    uint64_t h = key_hash(t, m);
    struct txn *x = find(t, m, h);
    *first_final = false;
    if (!x || x->flags & TXN_RESPONSE_ONLY)
        t->totals.orphan_responses++;
    if (!x) {
        problem_add(t, PROBLEM_CAPTURE_ASYMMETRIC, p->ts_ns, m->call_id);
        x = create(t, m, h);
        if (!x)
            return NULL;
        x->src = packet_dst(p);
        x->dst = packet_src(p);
        x->flags = TXN_RESPONSE_ONLY;
    }
    if (seen_before(t, p, m, x)) {
        if (m->status > 100 && m->status < 200)
            x->provisional_ts = t->now; /* said again each minute so that nobody gives up (RFC 3261 13.3.1.1, 16.7) */
        count_retransmission(t, m, x);
        return x;
    }
    if (m->status >= 200) {
        *first_final = x->final_ts == TS_NONE;
        if (*first_final) {
            x->final_ts = t->now;
            if (x->provisional) /* sooner than the provisional response let it be */
                wheel_put(&t->txn_wheel, x->self, deadline(x), timer_of, t);
            x->status = m->status;
            t->totals.answered += !(x->flags & (TXN_RESPONSE_ONLY | TXN_ACK));
        }
    } else if (m->status >= 100) {
        x->provisional = m->status;
        x->provisional_ts = t->now;
    }
    return x;
}
