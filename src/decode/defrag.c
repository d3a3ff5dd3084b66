/* Each datagram keeps its pieces in a sorted list without overlaps, so memory follows what was received and not what
 * offsets promise. */
#include "decode/defrag.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/oddity.h"

enum { EVICTIONS_MAX = 64 }; /* per fragment, so that time stays bounded */

struct piece {
    struct piece *next;
    uint32_t offset, n;
    uint8_t data[];
};

struct defrag_entry {
    struct ip_addr src, dst;
    uint64_t hash;
    int64_t ts_ns; /* of the first fragment */
    uint32_t id;
    uint8_t version, tunnels, proto;
    bool overlap;
    uint32_t ref, older, newer;
    uint32_t total, have, pieces; /* total 0: the last fragment was not seen */
    struct piece *first, *last;
};

bool defrag_init(struct defrag *d, size_t limit, const struct hash_seed *seed)
{
    memset(d, 0, sizeof *d);
    d->seed = *seed;
    blocks_init(&d->blocks, limit);
    return map_init(&d->map, 64);
}

static void give_piece(struct defrag *d, struct piece *q)
{
    blocks_give(&d->blocks, q, sizeof *q + q->n);
}

static void drop(struct defrag *d, struct defrag_entry *e)
{
    for (struct piece *q = e->first, *next; q; q = next) {
        next = q->next;
        give_piece(d, q);
    }
    *(e->older ? &d->slot[e->older].entry->newer : &d->oldest) = e->newer;
    *(e->newer ? &d->slot[e->newer].entry->older : &d->newest) = e->older;
    map_remove(&d->map, e->hash, e->ref);
    d->slot[e->ref] = (struct defrag_slot){NULL, d->free_slot};
    d->free_slot = e->ref;
    blocks_give(&d->blocks, e, sizeof *e);
}

void defrag_release(struct defrag *d)
{
    while (d->oldest)
        drop(d, d->slot[d->oldest].entry);
    blocks_release(&d->blocks);
    map_release(&d->map);
    mem_free(d->slot);
    memset(d, 0, sizeof *d);
}

void defrag_expire(struct defrag *d, int64_t now_ns)
{
    while (d->oldest && d->slot[d->oldest].entry->ts_ns < now_ns - DEFRAG_TIMEOUT_S * NS_PER_S) {
        d->count.timeouts++;
        drop(d, d->slot[d->oldest].entry);
    }
}

/* A block, at the cost of the oldest datagrams if need be, but not of `keep`. */
static void *take(struct defrag *d, size_t n, const struct defrag_entry *keep)
{
    void *p = blocks_take(&d->blocks, n);
    if (blocks_room(n) > d->blocks.limit)
        return p;
    for (unsigned i = 0; !p && i < EVICTIONS_MAX && d->oldest && d->slot[d->oldest].entry != keep; i++) {
        d->count.evicted++;
        drop(d, d->slot[d->oldest].entry);
        p = blocks_take(&d->blocks, n);
    }
    return p;
}

/* What makes two fragments parts of one datagram. RFC 8200 4.5 leaves the protocol out, RFC 791 3.2 has it in. */
static bool same(const struct defrag_entry *e, const struct packet *p)
{
    return e->id == p->frag_id && e->version == p->ip_version && e->tunnels == p->tunnels &&
           (e->version == 6 || e->proto == p->ip_proto) && ip_eq(&e->src, &p->src) && ip_eq(&e->dst, &p->dst);
}

static uint64_t key_hash(const struct defrag *d, const struct packet *p)
{
    uint64_t h = hash_bytes(&d->seed, p->src.b, 16);
    h = hash_add(&d->seed, h, hash_bytes(&d->seed, p->dst.b, 16));
    return hash_add(&d->seed, h, (uint64_t)p->frag_id << 16 | (uint64_t)p->tunnels << 8 |
                                     (p->ip_version == 4 ? p->ip_proto : 0u));
}

static struct defrag_entry *find(const struct defrag *d, uint64_t h, const struct packet *p)
{
    for (uint32_t pos = map_start(&d->map, h), r; (r = map_next(&d->map, h, &pos));)
        if (same(d->slot[r].entry, p))
            return d->slot[r].entry;
    return NULL;
}

/* Makes sure that free_slot names a slot. */
static bool want_slot(struct defrag *d)
{
    if (d->free_slot)
        return true;
    uint32_t slots = d->slots ? d->slots * 2 : 64;
    struct defrag_slot *slot = mem_realloc(d->slot, slots * sizeof *slot);
    if (!slot)
        return false;
    for (uint32_t r = d->slots ? d->slots : 1; r < slots; r++)
        slot[r] = (struct defrag_slot){NULL, r + 1 < slots ? r + 1 : 0};
    d->free_slot = d->slots ? d->slots : 1;
    d->slot = slot;
    d->slots = slots;
    return true;
}

static struct defrag_entry *new_entry(struct defrag *d, uint64_t h, const struct packet *p)
{
    struct defrag_entry *e = take(d, sizeof *e, NULL);
    if (!e || !want_slot(d) || !map_put(&d->map, h, d->free_slot)) {
        blocks_give(&d->blocks, e, sizeof *e);
        return NULL;
    }
    uint32_t ref = d->free_slot;
    d->free_slot = d->slot[ref].next_free;
    *e = (struct defrag_entry){.src = p->src, .dst = p->dst, .hash = h, .ts_ns = p->ts_ns, .id = p->frag_id,
                               .version = p->ip_version, .tunnels = p->tunnels, .proto = p->ip_proto, .ref = ref,
                               .older = d->newest};
    *(d->newest ? &d->slot[d->newest].entry->newer : &d->oldest) = ref;
    d->newest = ref;
    d->slot[ref].entry = e;
    return e;
}

/* Puts n new bytes behind `prev` (NULL: to the front). */
static bool add_piece(struct defrag *d, struct defrag_entry *e, struct piece *prev, uint32_t offset,
                      const uint8_t *data, uint32_t n)
{
    struct piece *q = e->pieces < DEFRAG_FRAGMENTS_MAX ? take(d, sizeof *q + n, e) : NULL;
    if (!q)
        return false;
    q->offset = offset;
    q->n = n;
    memcpy(q->data, data, n);
    q->next = prev ? prev->next : e->first;
    *(prev ? &prev->next : &e->first) = q;
    if (!q->next)
        e->last = q;
    e->pieces++;
    e->have += n;
    return true;
}

/* Fills the holes between the pieces that [offset, end) covers; where bytes are there already, they stay. */
static bool fill_holes(struct defrag *d, struct defrag_entry *e, uint32_t offset, const uint8_t *data, uint32_t n)
{
    uint32_t at = offset, end = offset + n;
    struct piece *prev = e->last && e->last->offset + e->last->n <= offset ? e->last : NULL;
    for (struct piece *q = prev ? NULL : e->first; q && q->offset < end; prev = q, q = q->next) {
        uint32_t q_end = q->offset + q->n;
        if (q_end <= at)
            continue;
        if (q->offset > at) {
            if (!add_piece(d, e, prev, at, data + (at - offset), q->offset - at))
                return false;
            at = q->offset;
        }
        uint32_t both = (q_end < end ? q_end : end) - at;
        if (memcmp(q->data + (at - q->offset), data + (at - offset), both) != 0)
            e->overlap = true;
        at += both;
    }
    return at >= end || add_piece(d, e, prev, at, data + (at - offset), end - at);
}

/* The end of the datagram is where the first "last" fragment says; what contradicts it is refused. */
static bool end_agrees(struct defrag_entry *e, const struct packet *p)
{
    uint32_t end = p->frag_offset + p->payload_len + p->payload_missing;
    uint32_t seen = e->last ? e->last->offset + e->last->n : 0;
    if (p->frag_more ? e->total && end > e->total : (e->total && end != e->total) || seen > end) {
        e->overlap = true;
        return false;
    }
    if (!p->frag_more)
        e->total = end;
    return true;
}

static bool complete(struct defrag *d, struct defrag_entry *e, struct packet *p, struct arena *arena)
{
    uint8_t *whole = arena_alloc(arena, e->total);
    if (!whole) {
        d->count.evicted++;
        drop(d, e);
        return false;
    }
    for (const struct piece *q = e->first; q; q = q->next)
        memcpy(whole + q->offset, q->data, q->n);
    if (e->overlap) {
        packet_oddity(p, ODD_FRAGMENT_OVERLAP);
        d->count.overlaps++;
    }
    uint32_t n = e->total, id = e->id;
    p->ip_proto = e->proto;
    p->flags |= PACKET_REASSEMBLED;
    d->count.datagrams++;
    drop(d, e);
    decode_ip_payload(p, &d->seed, whole, n);
    if (!(p->flags & PACKET_FRAGMENT))
        p->frag_id = id; /* tells which earlier packets carried the rest */
    return true;
}

/* One fragment of one level. */
static bool input_one(struct defrag *d, struct packet *p, struct arena *arena)
{
    uint64_t h = key_hash(d, p);
    struct defrag_entry *e = find(d, h, p);
    d->count.fragments++;
    if (e && e->ts_ns < p->ts_ns - DEFRAG_TIMEOUT_S * NS_PER_S) {
        packet_oddity(p, ODD_FRAGMENT_TIMEOUT);
        d->count.timeouts++;
        drop(d, e);
        e = NULL;
    }
    defrag_expire(d, p->ts_ns);
    const uint64_t wrong = 1ull << ODD_IP4_FRAGMENT | 1ull << ODD_IP6_FRAGMENT;
    if (p->oddities & wrong || p->frag_offset + (uint64_t)p->payload_len + p->payload_missing > DEFRAG_DATAGRAM_MAX) {
        d->count.bad++;
        return false;
    }
    if (p->payload_missing)
        d->count.bad++;
    if (!e && !(e = new_entry(d, h, p))) {
        d->count.evicted++;
        return false;
    }
    if (!end_agrees(e, p)) {
        packet_oddity(p, ODD_FRAGMENT_OVERLAP);
        d->count.bad++;
        return false;
    }
    if (p->frag_offset == 0)
        e->proto = p->ip_proto;
    if (p->payload_len && !fill_holes(d, e, p->frag_offset, p->payload, p->payload_len)) {
        d->count.evicted++;
        drop(d, e);
        return false;
    }
    return e->total && e->have == e->total && complete(d, e, p, arena);
}

bool defrag_input(struct defrag *d, struct packet *p, struct arena *arena)
{
    bool whole = false;
    for (unsigned level = 0; level <= DECODE_TUNNELS_MAX && p->flags & PACKET_FRAGMENT; level++)
        if (!(whole = input_one(d, p, arena)))
            break;
    return whole && !(p->flags & PACKET_FRAGMENT);
}
