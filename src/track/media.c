#include "track/media.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/slab.h"
#include "track/priv.h"

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
};

struct media {
    struct hash_seed seed;
    struct pool places, calls;
    struct map place_map, call_map;
    struct slab slab;
    uint32_t oldest, newest;
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

static uint32_t call_of(struct media *m, const struct media_event *e)
{
    uint32_t ref = find_call(m, e->call_key);
    if (ref)
        return ref;
    ref = pool_take(&m->calls);
    if (!ref && m->oldest) {
        forget_call(m, m->oldest);
        m->result.evicted++;
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

/* An address belongs to the call that named it first until that call ends, unless that call never had a stream there:
 * media addresses are used again by the next call soon after, and the two legs of one call name the same one. */
static void announced(struct media *m, const struct media_event *e)
{
    uint32_t call = call_of(m, e), ref = call ? place_of(m, &e->at) : 0;
    if (!ref)
        return;
    struct place *p = pool_at(&m->places, ref);
    struct media_call *c = pool_at(&m->calls, call);
    if (p->call != call && p->call) {
        struct media_call *before = pool_at(&m->calls, p->call);
        for (unsigned i = 0; i < before->nplace; i++)
            if (before->place[i] == ref)
                before->place[i] = before->place[--before->nplace];
    }
    if (p->call != call) {
        if (c->nplace == CALL_ENDPOINTS) {
            if (!p->call)
                p->call = call, forget_place(m, ref, call);
            return;
        }
        p->call = call;
        c->place[c->nplace++] = ref;
    }
    p->ncodec = e->ncodec;
    memcpy(p->codec, e->codec, sizeof p->codec);
}

/* RTP comes where the SDP said the listener is; behind a NAT only its own source address may be known (symmetric RTP). */
static uint32_t place_of_stream(const struct media *m, const struct media_event *e)
{
    uint32_t ref = find_place(m, &e->at, place_hash(m, &e->at));
    return ref ? ref : find_place(m, &e->src, place_hash(m, &e->src));
}

static void stream_began(struct media *m, const struct media_event *e, struct tracker *t)
{
    uint32_t ref = place_of_stream(m, e);
    if (!ref)
        return;
    struct place *p = pool_at(&m->places, ref);
    struct media_call *c = pool_at(&m->calls, p->call);
    struct view codec = VIEW_NONE;
    uint32_t clock = 0;
    for (unsigned i = 0; i < p->ncodec; i++)
        if (p->codec[i].payload_type == e->payload_type) {
            codec = view_str(p->codec[i].name);
            clock = p->codec[i].clock;
        }
    tracker_bind_stream(t, e->stream, e->uid, c->call_id, codec, clock);
    if (c->nstream < CALL_STREAMS) {
        c->stream[c->nstream].src = e->src;
        c->stream[c->nstream++].dst = e->at;
    }
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

static void call_ended(struct media *m, const struct media_event *e)
{
    uint32_t ref = find_call(m, e->call_key);
    if (!ref)
        return;
    struct media_call *c = pool_at(&m->calls, ref);
    if (e->answered && is_one_way(c)) {
        struct media_result *r = &m->result;
        r->one_way++;
        if (r->nexample < 5) {
            struct view kept = slab_copy(&m->slab, c->call_id);
            if (kept.n)
                r->example[r->nexample++] = kept;
        }
    }
    forget_call(m, ref);
}

static void carry(struct media *m, enum media_event_kind kind, struct tracker *t)
{
    size_t n;
    const struct media_event *e = tracker_events(t, &n);
    for (size_t i = 0; i < n; i++) {
        if (e[i].kind != kind)
            continue;
        if (kind == MEDIA_ANNOUNCED)
            announced(m, &e[i]);
        else if (kind == MEDIA_STREAM)
            stream_began(m, &e[i], t);
        else if (kind == MEDIA_CALL_END)
            call_ended(m, &e[i]);
    }
}

/* Addresses first, so that a stream of the same round finds its call whichever worker saw it; ends last. */
void media_exchange(struct media *m, struct tracker *const *tracker, unsigned n)
{
    static const enum media_event_kind order[] = {MEDIA_ANNOUNCED, MEDIA_STREAM, MEDIA_CALL_END};
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (unsigned i = 0; i < n; i++)
            carry(m, order[k], tracker[i]);
    for (unsigned i = 0; i < n; i++)
        tracker_events_clear(tracker[i]);
}

const struct media_result *media_result(const struct media *m)
{
    return &m->result;
}
