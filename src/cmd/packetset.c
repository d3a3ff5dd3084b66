#include "cmd/packetset.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

enum { AROUND_S = 5 }; /* RTCP may come a little before the first and after the last RTP packet */

bool packetset_init(struct packetset *s)
{
    *s = (struct packetset){.seed = hash_seed_random()};
    s->window = mem_calloc(PACKETSET_WINDOW, sizeof *s->window);
    return s->window && map_init(&s->by_ends, 16);
}

void packetset_release(struct packetset *s)
{
    mem_free(s->bits);
    mem_free(s->stream);
    mem_free(s->window);
    mem_free(s->connection);
    map_release(&s->by_ends);
    *s = (struct packetset){0};
}

void packetset_finish(struct packetset *s)
{
    mem_free(s->window);
    s->window = NULL;
}

static bool set_bit(struct packetset *s, uint64_t number)
{
    size_t word = (size_t)(number / 64);
    if (word >= s->nword) {
        size_t n = word + word / 2 + 1024;
        uint64_t *bits = mem_realloc(s->bits, n * sizeof *bits);
        if (!bits)
            return false;
        memset(bits + s->nword, 0, (n - s->nword) * sizeof *bits);
        s->bits = bits;
        s->nword = n;
    }
    s->bits[word] |= 1ull << (number % 64);
    return true;
}

static bool has_bit(const struct packetset *s, uint64_t number)
{
    size_t word = (size_t)(number / 64);
    return word < s->nword && s->bits[word] >> (number % 64) & 1;
}

/* The lower endpoint first, so that both directions are one. */
static void order(struct endpoint *a, struct endpoint *b)
{
    if (endpoint_cmp(a, b) > 0) {
        struct endpoint t = *a;
        *a = *b;
        *b = t;
    }
}

static bool add_stream(struct packetset *s, struct packetset_stream one)
{
    if (s->nstream == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        struct packetset_stream *p = mem_realloc(s->stream, cap * sizeof *p);
        if (!p)
            return false;
        s->stream = p;
        s->cap = cap;
    }
    order(&one.a, &one.b);
    s->stream[s->nstream++] = one;
    return true;
}

/* A capture may claim any time: the sum stays at the end of the range. */
static int64_t later(int64_t ts, double seconds)
{
    int64_t sum, ns = (int64_t)(seconds * 1e9);
    if (__builtin_add_overflow(ts, ns, &sum))
        return ns < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

bool packetset_add_stream(struct packetset *s, const struct record_stream *r)
{
    static const double longest_s = 4e9;
    double duration_s = isfinite(r->duration_s) && r->duration_s > 0 ? r->duration_s : 0;
    duration_s = duration_s < longest_s ? duration_s : longest_s;
    struct packetset_stream one = {.a = {r->src, (uint16_t)r->src_port}, .b = {r->dst, (uint16_t)r->dst_port},
                                   .from_ts = later(r->start_ts, -AROUND_S),
                                   .to_ts = later(r->start_ts, duration_s + AROUND_S)};
    s->sorted = false;
    return add_stream(s, one);
}

static int compare_ends(const struct packetset_stream *x, const struct packetset_stream *y)
{
    int c = endpoint_cmp(&x->a, &y->a);
    return c ? c : endpoint_cmp(&x->b, &y->b);
}

static int compare_streams(const void *a, const void *b)
{
    return compare_ends(a, b);
}

static bool in_stream(const struct packetset *s, struct packetset_stream key, int64_t ts)
{
    size_t lo = 0, hi = s->nstream;
    order(&key.a, &key.b);
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (compare_ends(&s->stream[mid], &key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < s->nstream && compare_ends(&s->stream[lo], &key) == 0; lo++)
        if (ts >= s->stream[lo].from_ts && ts <= s->stream[lo].to_ts)
            return true;
    return false;
}

static bool is_media(const struct packetset *s, const struct packet *p)
{
    struct packetset_stream key = {.a = {p->src, p->src_port}, .b = {p->dst, p->dst_port}};
    if (in_stream(s, key, p->ts_ns))
        return true;
    if (!p->src_port || !p->dst_port)
        return false;
    key.a.port--;
    key.b.port--;
    return in_stream(s, key, p->ts_ns);
}

/* A flag that also stands on the packet in which a datagram became whole. */
static bool is_piece(const struct packet *p)
{
    return p->flags & (PACKET_FRAGMENT | PACKET_REASSEMBLED);
}

static bool is_same_datagram(const struct packetset_seen *w, const struct packet *p)
{
    /* Behind a tunnel the addresses of the datagram are not those of its pieces. */
    return w->frag_id == p->frag_id && (p->tunnels > w->tunnels || (ip_eq(&w->src, &p->src) && ip_eq(&w->dst, &p->dst)));
}

static bool add_fragments(struct packetset *s, const struct packet *p)
{
    for (uint64_t back = 1; back <= s->nseen && back <= PACKETSET_WINDOW; back++) {
        const struct packetset_seen *w = &s->window[(s->nseen - back) % PACKETSET_WINDOW];
        if (is_same_datagram(w, p) && !set_bit(s, w->number))
            return false;
    }
    return true;
}

static uint64_t hash_of(const struct packetset *s, const struct packetset_connection *c)
{
    uint64_t h = hash_bytes(&s->seed, c->a.ip.b, sizeof c->a.ip.b);
    h = hash_add(&s->seed, h, hash_bytes(&s->seed, c->b.ip.b, sizeof c->b.ip.b));
    return hash_add(&s->seed, h, (uint64_t)c->a.port << 16 | c->b.port);
}

static struct packetset_connection *find_connection(const struct packetset *s, const struct packetset_connection *c)
{
    uint64_t h = hash_of(s, c);
    for (uint32_t pos = map_start(&s->by_ends, h), r; (r = map_next(&s->by_ends, h, &pos));)
        if (endpoint_eq(&s->connection[r - 1].a, &c->a) && endpoint_eq(&s->connection[r - 1].b, &c->b))
            return &s->connection[r - 1];
    return NULL;
}

static bool add_connection(struct packetset *s, const struct packet *p, uint64_t first)
{
    struct packetset_connection c = {{p->src, p->src_port}, {p->dst, p->dst_port}, first, p->number}, *known;
    order(&c.a, &c.b);
    if ((known = find_connection(s, &c))) {
        known->first = first < known->first ? first : known->first;
        known->last = p->number > known->last ? p->number : known->last;
        return true;
    }
    if (s->nconnection == s->connection_cap) {
        uint32_t cap = s->connection_cap ? s->connection_cap * 2 : 16;
        struct packetset_connection *v = mem_realloc(s->connection, cap * sizeof *v);
        if (!v)
            return false;
        s->connection = v;
        s->connection_cap = cap;
    }
    s->connection[s->nconnection++] = c;
    return map_put(&s->by_ends, hash_of(s, &c), s->nconnection);
}

bool packetset_add_message(struct packetset *s, const struct packet *p, uint64_t first)
{
    if (p->l4 == L4_TCP && !add_connection(s, p, first && first < p->number ? first : p->number))
        return false;
    return set_bit(s, p->number) && (!is_piece(p) || add_fragments(s, p));
}

bool packetset_see(struct packetset *s, const struct packet *p)
{
    if (!s->sorted && s->nstream)
        qsort(s->stream, s->nstream, sizeof *s->stream, compare_streams);
    s->sorted = true;
    if (p->l4 == L4_UDP && s->nstream && is_media(s, p))
        return set_bit(s, p->number) && (!is_piece(p) || add_fragments(s, p));
    if (p->flags & PACKET_FRAGMENT)
        s->window[s->nseen++ % PACKETSET_WINDOW] = (struct packetset_seen){p->number, p->src, p->dst, p->frag_id, p->tunnels};
    return true;
}

bool packetset_has(const struct packetset *s, const struct packet *p)
{
    if (has_bit(s, p->number))
        return true;
    if (p->l4 != L4_TCP || !s->nconnection)
        return false;
    struct packetset_connection key = {.a = {p->src, p->src_port}, .b = {p->dst, p->dst_port}};
    order(&key.a, &key.b);
    const struct packetset_connection *c = find_connection(s, &key);
    return c && p->number >= c->first && p->number <= c->last;
}
