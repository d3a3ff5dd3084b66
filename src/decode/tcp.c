/* Connections: found by address pair, opened and closed, the least recently used ones given up for new ones. */
#include "decode/tcp_priv.h"

#include "base/mem.h"

enum { CHUNK = 64, EVICTIONS_MAX = 16, HOLES_PER_CALL = 64 };

static struct tcp_connection *connection(const struct tcp_table *t, uint32_t ref)
{
    return &t->chunk[(ref - 1) / CHUNK][(ref - 1) % CHUNK];
}

/* ---- lists ---- */

static void list_remove(struct tcp_table *t, struct tcp_connection *c, enum tcp_list l)
{
    if (!(c->lists & 1u << l))
        return;
    uint32_t older = c->link[l].older, newer = c->link[l].newer;
    *(older ? &connection(t, older)->link[l].newer : &t->list[l].first) = newer;
    *(newer ? &connection(t, newer)->link[l].older : &t->list[l].last) = older;
    c->lists &= (uint8_t)~(1u << l);
}

/* To the end of the list, in which it may be already. */
static void list_renew(struct tcp_table *t, struct tcp_connection *c, enum tcp_list l)
{
    list_remove(t, c, l);
    c->link[l].older = t->list[l].last;
    c->link[l].newer = 0;
    *(c->link[l].older ? &connection(t, c->link[l].older)->link[l].newer : &t->list[l].first) = c->ref;
    t->list[l].last = c->ref;
    c->lists |= (uint8_t)(1u << l);
}

static void list_set(struct tcp_table *t, struct tcp_connection *c, enum tcp_list l, bool in)
{
    if (in && !(c->lists & 1u << l))
        list_renew(t, c, l);
    else if (!in)
        list_remove(t, c, l);
}

/* Puts the connection into the lists its state asks for. The order within a list is renewed at most once a second:
 * moving touches the neighbours, and nobody needs a finer order. */
static void file_away(struct tcp_table *t, struct tcp_connection *c)
{
    const struct tcp_half *a = &c->half[0], *b = &c->half[1];
    bool live = a->state == HALF_OPEN || b->state == HALF_OPEN;
    if (c->last_ns - c->moved_ns >= NS_PER_S || c->last_ns < c->moved_ns) {
        c->moved_ns = c->last_ns;
        for (enum tcp_list l = TCP_LIST_LIVE; l <= TCP_LIST_KEEPING; l++)
            if (c->lists & 1u << l)
                list_renew(t, c, l);
    }
    list_set(t, c, TCP_LIST_LIVE, live);
    list_set(t, c, TCP_LIST_CLOSED, !live);
    list_set(t, c, TCP_LIST_KEEPING, a->hold || b->hold || a->held_first || b->held_first);
    list_set(t, c, TCP_LIST_HOLES, stream_has_hole(a) || stream_has_hole(b));
}

/* ---- life of a connection ---- */

static void connection_free(struct tcp_table *t, struct tcp_connection *c)
{
    for (enum tcp_list l = 0; l < TCP_LISTS; l++)
        list_remove(t, c, l);
    stream_drop(t, &c->half[0]);
    stream_drop(t, &c->half[1]);
    map_remove(&t->map, c->hash, c->ref);
    t->connections--;
    c->link[0].newer = t->free_connection;
    t->free_connection = c->ref;
}

/* Ends both streams for a reason that no packet of theirs gave. */
static void give_up(const struct tcp_run *r, uint32_t ref)
{
    struct tcp_run other = {.t = r->t, .c = connection(r->t, ref), .fn = r->fn, .ctx = r->ctx, .ending = true};
    stream_end(&other, &other.c->half[0]);
    stream_end(&other, &other.c->half[1]);
    connection_free(r->t, other.c);
}

static void evict(const struct tcp_run *r, uint32_t ref)
{
    if (connection(r->t, ref)->lists & 1u << TCP_LIST_LIVE)
        r->t->count.evicted++;
    give_up(r, ref);
}

void *tcp_take(struct tcp_run *r, size_t n)
{
    struct tcp_table *t = r->t;
    void *p = blocks_take(&t->blocks, n);
    if (p || r->ending || blocks_room(n) == 0 || blocks_room(n) > t->blocks.limit)
        return p;
    for (unsigned i = 0; !p && i < EVICTIONS_MAX; i++) {
        uint32_t ref = t->list[TCP_LIST_KEEPING].first;
        if (ref && ref == r->c->ref)
            ref = r->c->link[TCP_LIST_KEEPING].newer;
        if (!ref)
            break;
        evict(r, ref);
        p = blocks_take(&t->blocks, n);
    }
    return p;
}

static bool more_connections(struct tcp_table *t)
{
    if (t->chunks == t->chunks_max)
        return false;
    struct tcp_connection *c = mem_calloc(CHUNK, sizeof *c);
    if (!c)
        return false;
    t->chunk[t->chunks] = c;
    uint32_t first = t->chunks++ * CHUNK + 1;
    for (uint32_t i = CHUNK; i-- > 0;) {
        c[i].ref = first + i;
        c[i].link[0].newer = t->free_connection;
        t->free_connection = first + i;
    }
    return true;
}

static struct tcp_connection *connection_new(const struct tcp_run *r, uint64_t hash, const struct packet *p)
{
    struct tcp_table *t = r->t;
    if (t->connections == t->max_connections || (!t->free_connection && !more_connections(t))) {
        uint32_t old = t->list[TCP_LIST_CLOSED].first ? t->list[TCP_LIST_CLOSED].first : t->list[TCP_LIST_LIVE].first;
        if (!old)
            return NULL;
        evict(r, old);
    }
    struct tcp_connection *c = connection(t, t->free_connection);
    uint32_t ref = c->ref;
    if (!map_put(&t->map, hash, ref))
        return NULL;
    t->free_connection = c->link[0].newer;
    memset(c, 0, sizeof *c);
    c->ref = ref;
    c->hash = hash;
    c->half[0].src = c->half[1].dst = (struct endpoint){p->src, p->src_port};
    c->half[0].dst = c->half[1].src = (struct endpoint){p->dst, p->dst_port};
    c->half[0].connection = c->half[1].connection = ref;
    c->last_ns = c->moved_ns = t->now_ns;
    t->connections++;
    t->count.connections++;
    return c;
}

static bool is_from(const struct packet *p, const struct tcp_half *h)
{
    return p->src_port == h->src.port && p->dst_port == h->dst.port && ip_eq(&p->src, &h->src.ip) &&
           ip_eq(&p->dst, &h->dst.ip);
}

static struct tcp_connection *connection_find(const struct tcp_table *t, uint64_t hash, const struct packet *p)
{
    for (uint32_t pos = map_start(&t->map, hash), r; (r = map_next(&t->map, hash, &pos));) {
        struct tcp_connection *c = connection(t, r);
        if (is_from(p, &c->half[0]) || is_from(p, &c->half[1]))
            return c;
    }
    return NULL;
}

/* ---- the table ---- */

bool tcp_table_init(struct tcp_table *t, size_t limit, uint32_t max_connections, const struct hash_seed *seed)
{
    memset(t, 0, sizeof *t);
    t->seed = *seed;
    t->idle_s = TCP_IDLE_S;
    t->now_ns = INT64_MIN / 2;
    t->max_connections = max_connections ? max_connections : 1;
    t->chunks_max = (t->max_connections - 1) / CHUNK + 1;
    blocks_init(&t->blocks, limit);
    t->chunk = mem_calloc(t->chunks_max, sizeof *t->chunk);
    if (!t->chunk)
        return false;
    if (!map_init(&t->map, t->max_connections < 1024 ? t->max_connections : 1024)) {
        mem_free(t->chunk);
        memset(t, 0, sizeof *t);
        return false;
    }
    return true;
}

void tcp_table_release(struct tcp_table *t)
{
    for (uint32_t i = 0; i < t->chunks; i++) {
        for (uint32_t k = 0; k < CHUNK; k++) {
            stream_drop(t, &t->chunk[i][k].half[0]);
            stream_drop(t, &t->chunk[i][k].half[1]);
        }
        mem_free(t->chunk[i]);
    }
    blocks_release(&t->blocks);
    map_release(&t->map);
    mem_free(t->chunk);
    memset(t, 0, sizeof *t);
}

/* A SYN with another initial number than the stream's: the ports are used again. One without ACK begins a new
 * connection, so the answers of the old one are over too. */
static void handle_syn(struct tcp_run *r, struct tcp_half *h, struct tcp_half *other)
{
    const struct packet *p = r->p;
    if (h->state != HALF_NEW && h->isn != p->tcp_seq) {
        stream_end(r, h);
        h->state = HALF_NEW;
        if (!(p->tcp_flags & FLAG_ACK)) {
            stream_end(r, other);
            other->state = HALF_NEW;
        }
    }
    if (h->state == HALF_NEW)
        stream_start(h, p->tcp_seq + 1, false);
}

/* A reset ends both directions; one that is far from the stream is not believed (RFC 9293 3.10.7.4). */
static void handle_rst(struct tcp_run *r, struct tcp_half *h, struct tcp_half *other)
{
    int32_t ahead = seq_diff(r->p->tcp_seq, h->next);
    if (h->state == HALF_OPEN && (ahead > FAR_BYTES || ahead < -FAR_BYTES))
        return;
    stream_end(r, h);
    stream_end(r, other);
}

/* A closed stream sees late copies of its bytes; anything else begins a new stream whose SYN was not captured. */
static bool is_late(const struct tcp_half *h, const struct tcp_bytes *b)
{
    int32_t ahead = seq_diff(b->seq, h->next);
    return ahead > -FAR_BYTES && seq_diff(b->seq + b->n + b->missing, h->next) <= 0;
}

static void handle_data(struct tcp_run *r, struct tcp_half *h)
{
    const struct packet *p = r->p;
    struct tcp_bytes b = {.data = p->payload, .seq = p->tcp_seq + !!(p->tcp_flags & FLAG_SYN), .n = p->payload_len,
                          .missing = p->payload_missing, .number = p->number, .ts_ns = p->ts_ns, .stable = true};
    bool fin = p->tcp_flags & FLAG_FIN, empty = b.n == 0 && b.missing == 0;
    if (h->state == HALF_CLOSED && (empty || is_late(h, &b))) {
        r->t->count.retransmitted += !empty;
        return;
    }
    if (h->state != HALF_OPEN) {
        if (empty)
            return;
        stream_start(h, b.seq, true);
    }
    int32_t end_ahead = seq_diff(b.seq + b.n + b.missing, h->next);
    if (fin && !h->fin_seen && end_ahead >= 0 && end_ahead < FAR_BYTES) {
        h->fin_seen = true;
        h->fin = b.seq + b.n + b.missing;
        h->hole_ts_ns = r->t->now_ns;
    }
    if (!empty)
        stream_input(r, h, &b);
}

void tcp_input(struct tcp_table *t, struct packet *p, tcp_deliver_fn fn, void *ctx)
{
    struct tcp_run r = {.t = t, .p = p, .fn = fn, .ctx = ctx};
    uint64_t hash = hash_add(&t->seed, p->flow_hash, 0);
    bool data = p->payload_len || p->payload_missing;
    if (p->ts_ns > t->now_ns)
        t->now_ns = p->ts_ns;
    t->count.segments += data;
    r.c = connection_find(t, hash, p);
    if (!r.c && !(data || p->tcp_flags & FLAG_SYN))
        return;
    if (!r.c && (p->tcp_flags & FLAG_RST || !(r.c = connection_new(&r, hash, p)))) {
        t->count.dropped += !(p->tcp_flags & FLAG_RST);
        return;
    }
    r.c->last_ns = t->now_ns;
    struct tcp_half *h = &r.c->half[!is_from(p, &r.c->half[0])], *other = &r.c->half[h == &r.c->half[0]];
    if (p->tcp_flags & FLAG_ACK && (!other->acked_seen || seq_diff(p->tcp_ack, other->acked) > 0)) {
        other->acked = p->tcp_ack;
        other->acked_seen = true;
    }
    if (p->tcp_flags & FLAG_RST) {
        handle_rst(&r, h, other);
    } else {
        if (p->tcp_flags & FLAG_SYN)
            handle_syn(&r, h, other);
        if (data || p->tcp_flags & FLAG_FIN)
            handle_data(&r, h);
        if (stream_has_hole(h))
            stream_check_hole(&r, h, true);
        if (stream_has_hole(other))
            stream_check_hole(&r, other, true);
    }
    file_away(t, r.c);
}

void tcp_expire(struct tcp_table *t, int64_t now_ns, tcp_deliver_fn fn, void *ctx)
{
    struct tcp_run r = {.t = t, .fn = fn, .ctx = ctx};
    uint32_t ref;
    if (now_ns > t->now_ns)
        t->now_ns = now_ns;
    while ((ref = t->list[TCP_LIST_LIVE].first) &&
           connection(t, ref)->last_ns < t->now_ns - (int64_t)t->idle_s * NS_PER_S) {
        t->count.timeouts++;
        give_up(&r, ref);
    }
    while ((ref = t->list[TCP_LIST_CLOSED].first) &&
           connection(t, ref)->last_ns < t->now_ns - TCP_LINGER_S * NS_PER_S)
        give_up(&r, ref);
    for (unsigned i = 0; i < HOLES_PER_CALL && (ref = t->list[TCP_LIST_HOLES].first); i++) {
        r.c = connection(t, ref);
        stream_check_hole(&r, &r.c->half[0], false);
        stream_check_hole(&r, &r.c->half[1], false);
        list_renew(t, r.c, TCP_LIST_HOLES); /* the next call looks at others first */
        file_away(t, r.c);
    }
}

void tcp_finish(struct tcp_table *t, tcp_deliver_fn fn, void *ctx)
{
    struct tcp_run r = {.t = t, .fn = fn, .ctx = ctx};
    for (enum tcp_list l = TCP_LIST_LIVE; l <= TCP_LIST_CLOSED; l++)
        while (t->list[l].first)
            give_up(&r, t->list[l].first);
}
