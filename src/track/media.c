#include "track/media.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/slab.h"
#include "track/priv.h"

#define LINGER_NS (120 * NS_PER_S)

enum { CALL_ENDPOINTS = 8, CALL_STREAMS = 8 };

/* An address that a call's SDP named. */
struct place {
    uint64_t hash;
    struct endpoint at;
    uint32_t call; /* the latest call that named it */
    uint8_t ncodec;
    struct {
        uint8_t payload_type;
        uint32_t clock;
        char name[16];
    } codec[MEDIA_CODECS];
};

struct media_call {
    uint64_t key;
    struct view call_id;
    uint32_t place[CALL_ENDPOINTS];
    uint32_t older, newer;
    struct {
        struct endpoint src, dst;
    } stream[CALL_STREAMS];
    uint8_t nplace, nstream;
    bool answered;
    int64_t ended_ts;
    uint32_t next_ended;
};

struct entry;

struct media {
    struct hash_seed seed;
    struct pool places, calls;
    struct map place_map, call_map;
    struct slab slab;
    uint32_t oldest, newest, first_ended, last_ended;
    struct entry *entry; /* scratch of media_exchange */
    size_t entries;
    struct media_result result;
};

struct media *media_new(const struct hash_seed *seed, uint32_t calls)
{
    struct media *m = mem_calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->seed = *seed;
    pool_init(&m->places, sizeof(struct place), calls * 4);
    pool_init(&m->calls, sizeof(struct media_call), calls);
    slab_init(&m->slab, (size_t)calls * 256);
    if (!map_init(&m->place_map, 64) || !map_init(&m->call_map, 64)) {
        media_free(m);
        return NULL;
    }
    return m;
}

void media_free(struct media *m)
{
    if (!m)
        return;
    pool_release(&m->places);
    pool_release(&m->calls);
    map_release(&m->place_map);
    map_release(&m->call_map);
    slab_release(&m->slab);
    mem_free(m->entry);
    mem_free(m);
}

static uint32_t find_place(const struct media *m, const struct endpoint *e, uint64_t h)
{
    for (uint32_t pos = map_start(&m->place_map, h), r; (r = map_next(&m->place_map, h, &pos));) {
        const struct place *p = pool_at(&m->places, r);
        if (p->hash == h && endpoint_eq(&p->at, e))
            return r;
    }
    return 0;
}

static uint64_t place_hash(const struct media *m, const struct endpoint *e)
{
    return hash_add(&m->seed, hash_bytes(&m->seed, e->ip.b, 16), e->port);
}

static uint64_t call_hash(const struct media *m, uint64_t key)
{
    return hash_add(&m->seed, m->seed.k0, key);
}

static uint32_t find_call(const struct media *m, uint64_t key)
{
    uint64_t h = call_hash(m, key);
    for (uint32_t pos = map_start(&m->call_map, h), r; (r = map_next(&m->call_map, h, &pos));)
        if (((const struct media_call *)pool_at(&m->calls, r))->key == key)
            return r;
    return 0;
}

static void forget_place(struct media *m, uint32_t ref, uint32_t call)
{
    struct place *p = pool_at(&m->places, ref);
    if (p->call != call)
        return; /* another call has taken the address over */
    map_remove(&m->place_map, p->hash, ref);
    pool_give(&m->places, ref);
}

static void forget_call(struct media *m, uint32_t ref)
{
    struct media_call *c = pool_at(&m->calls, ref);
    for (unsigned i = 0; i < c->nplace; i++)
        forget_place(m, c->place[i], ref);
    map_remove(&m->call_map, call_hash(m, c->key), ref);
    if (c->older)
        ((struct media_call *)pool_at(&m->calls, c->older))->newer = c->newer;
    else
        m->oldest = c->newer;
    if (c->newer)
        ((struct media_call *)pool_at(&m->calls, c->newer))->older = c->older;
    else
        m->newest = c->older;
    slab_drop(&m->slab, &c->call_id);
    pool_give(&m->calls, ref);
}

/* One-way: there was media, all of it towards one address, and nothing came back from there. */
static bool is_one_way(const struct media_call *c)
{
    for (unsigned i = 0; i < c->nstream; i++)
        for (unsigned k = 0; k < c->nstream; k++)
            if (!ip_eq(&c->stream[i].dst.ip, &c->stream[k].dst.ip) || c->stream[i].dst.port != c->stream[k].dst.port)
                return false;
    return c->nstream > 0;
}

static void judge(struct media *m, const struct media_call *c)
{
    struct media_result *r = &m->result;
    if (!c->answered || !is_one_way(c))
        return;
    r->one_way++;
    if (r->nexample < 5) {
        struct view kept = slab_copy(&m->slab, c->call_id);
        if (kept.n)
            r->example[r->nexample++] = kept;
    }
}

/* Calls that ended before `before` are judged and forgotten. */
static void leave(struct media *m, int64_t before)
{
    while (m->first_ended) {
        uint32_t ref = m->first_ended;
        struct media_call *c = pool_at(&m->calls, ref);
        if (c->ended_ts >= before)
            break;
        m->first_ended = c->next_ended;
        if (!m->first_ended)
            m->last_ended = 0;
        judge(m, c);
        forget_call(m, ref);
    }
}

/* Calls that are over go first. */
static void evict(struct media *m)
{
    if (m->first_ended)
        leave(m, ((struct media_call *)pool_at(&m->calls, m->first_ended))->ended_ts + 1);
    else
        forget_call(m, m->oldest);
    m->result.evicted++;
}

static uint32_t call_of(struct media *m, const struct media_event *e)
{
    uint32_t ref = find_call(m, e->call_key);
    if (ref)
        return ref;
    ref = pool_take(&m->calls);
    if (!ref && m->oldest) {
        evict(m);
        ref = pool_take(&m->calls);
    }
    if (!ref)
        return 0;
    struct media_call *c = pool_at(&m->calls, ref);
    if (!map_put(&m->call_map, call_hash(m, e->call_key), ref)) {
        pool_give(&m->calls, ref);
        return 0;
    }
    c->key = e->call_key;
    c->call_id = slab_copy(&m->slab, e->call_id);
    c->older = m->newest;
    if (m->newest)
        ((struct media_call *)pool_at(&m->calls, m->newest))->newer = ref;
    else
        m->oldest = ref;
    m->newest = ref;
    return ref;
}

static uint32_t place_of(struct media *m, const struct endpoint *e)
{
    uint64_t h = place_hash(m, e);
    uint32_t ref = find_place(m, e, h);
    if (ref)
        return ref;
    ref = pool_take(&m->places);
    if (!ref)
        return 0;
    struct place *p = pool_at(&m->places, ref);
    if (!map_put(&m->place_map, h, ref)) {
        pool_give(&m->places, ref);
        return 0;
    }
    p->hash = h;
    p->at = *e;
    return ref;
}

/* An address belongs to the call that named it last: media addresses are used again by the next call soon after. */
static void announced(struct media *m, const struct media_event *e)
{
    uint32_t call = call_of(m, e), ref = place_of(m, &e->at);
    if (!ref)
        return;
    if (!call) {
        forget_place(m, ref, 0);
        return;
    }
    struct place *p = pool_at(&m->places, ref);
    struct media_call *c = pool_at(&m->calls, call);
    if (p->call != call && c->nplace == CALL_ENDPOINTS) { /* more addresses than a call may have: stays as it was */
        forget_place(m, ref, 0);
        return;
    }
    if (p->call != call && p->call) {
        struct media_call *before = pool_at(&m->calls, p->call);
        for (unsigned i = 0; i < before->nplace; i++)
            if (before->place[i] == ref)
                before->place[i] = before->place[--before->nplace];
    }
    if (p->call != call) {
        p->call = call;
        c->place[c->nplace++] = ref;
    }
    p->ncodec = e->ncodec;
    memcpy(p->codec, e->codec, sizeof p->codec);
}

uint32_t media_clock(const struct media *m, const struct endpoint *dst, const struct endpoint *src, uint8_t payload_type)
{
    uint32_t ref = find_place(m, dst, place_hash(m, dst));
    ref = ref ? ref : find_place(m, src, place_hash(m, src));
    const struct place *p = ref ? pool_at(&m->places, ref) : NULL;
    for (unsigned i = 0; p && i < p->ncodec; i++)
        if (p->codec[i].payload_type == payload_type)
            return view_ieq(view_str(p->codec[i].name), V("telephone-event")) ? 0 : p->codec[i].clock;
    return 0;
}

/* RTP comes where the SDP said the listener is; behind a NAT only its own source address may be known (symmetric RTP). */
void media_bind(struct media *m, struct tracker *t, const struct endpoint *dst, const struct endpoint *src, uint8_t payload_type,
                uint32_t stream, uint32_t uid)
{
    uint32_t ref = find_place(m, dst, place_hash(m, dst));
    ref = ref ? ref : find_place(m, src, place_hash(m, src));
    if (!ref)
        return;
    struct place *p = pool_at(&m->places, ref);
    if (!p->call)
        return; /* announced later in this round */
    struct media_call *c = pool_at(&m->calls, p->call);
    struct view codec = VIEW_NONE;
    for (unsigned i = 0; i < p->ncodec; i++)
        if (p->codec[i].payload_type == payload_type)
            codec = view_str(p->codec[i].name);
    tracker_bind_stream(t, stream, uid, c->call_id, codec);
    if (c->nstream < CALL_STREAMS) {
        c->stream[c->nstream].src = *src;
        c->stream[c->nstream++].dst = *dst;
    }
}

static void call_ended(struct media *m, const struct media_event *e)
{
    uint32_t ref = find_call(m, e->call_key);
    if (!ref)
        return;
    struct media_call *c = pool_at(&m->calls, ref);
    c->answered = e->answered;
    c->ended_ts = e->ts;
    c->next_ended = 0;
    if (m->last_ended)
        ((struct media_call *)pool_at(&m->calls, m->last_ended))->next_ended = ref;
    else
        m->first_ended = ref;
    m->last_ended = ref;
}

struct entry {
    const struct media_event *e;
    struct tracker *t;
};

static int by_time(const void *a, const void *b)
{
    const struct media_event *x = ((const struct entry *)a)->e, *y = ((const struct entry *)b)->e;
    int c = (x->ts > y->ts) - (x->ts < y->ts);
    c = c ? c : (int)x->kind - (int)y->kind;
    c = c ? c : endpoint_cmp(&x->at, &y->at);
    c = c ? c : view_cmp(x->call_id, y->call_id);
    return c ? c : endpoint_cmp(&x->src, &y->src);
}

static void take(struct media *m, const struct media_event *e, struct tracker *t)
{
    leave(m, e->ts - LINGER_NS);
    if (e->kind == MEDIA_ANNOUNCED)
        announced(m, e);
    else if (e->kind == MEDIA_STREAM)
        media_bind(m, t, &e->at, &e->src, e->payload_type, e->stream, e->uid);
    else
        call_ended(m, e);
}

/* Room for all events of a round; grows to the busiest round and stays. */
static bool reserve(struct media *m, size_t n)
{
    if (n <= m->entries)
        return true;
    struct entry *entry = mem_realloc(m->entry, n * sizeof *entry);
    if (!entry)
        return false;
    m->entry = entry;
    m->entries = n;
    return true;
}

void media_prepare(struct media *m, struct tracker *const *tracker, unsigned n)
{
    size_t count;
    for (unsigned i = 0; i < n; i++) {
        const struct media_event *e = tracker_events(tracker[i], &count);
        for (size_t k = 0; k < count; k++) {
            uint32_t ref = e[k].kind == MEDIA_ANNOUNCED ? place_of(m, &e[k].at) : 0;
            struct place *p = ref ? pool_at(&m->places, ref) : NULL;
            if (!p)
                continue;
            p->ncodec = e[k].ncodec;
            memcpy(p->codec, e[k].codec, sizeof p->codec);
        }
    }
}

void media_exchange(struct media *m, struct tracker *const *tracker, unsigned n)
{
    size_t all = 0, count;
    for (unsigned i = 0; i < n; i++) {
        tracker_events(tracker[i], &count);
        all += count;
    }
    if (all && reserve(m, all)) {
        size_t k = 0;
        for (unsigned i = 0; i < n; i++) {
            const struct media_event *e = tracker_events(tracker[i], &count);
            for (size_t j = 0; j < count; j++)
                m->entry[k++] = (struct entry){&e[j], tracker[i]};
        }
        qsort(m->entry, all, sizeof *m->entry, by_time);
        for (k = 0; k < all; k++)
            take(m, m->entry[k].e, m->entry[k].t);
    }
    for (unsigned i = 0; i < n; i++)
        tracker_events_clear(tracker[i]);
}

void media_finish(struct media *m)
{
    leave(m, INT64_MAX);
}

const struct media_result *media_result(const struct media *m)
{
    return &m->result;
}
