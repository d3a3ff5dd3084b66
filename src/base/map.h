/* Open-addressing index from a 64-bit hash to 32-bit references (pool indices). Keys live with the entries:
 * after every hit the caller compares the full key. Reference 0 means "none". */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct map_slot {
    uint32_t tag; /* high half of the hash; also says where the slot's home is */
    uint32_t ref; /* 0: empty */
};

struct map {
    struct map_slot *slot;
    uint32_t mask, count;
};

/* Room for about `expect` entries before the first growth. False when there is no memory. */
bool map_init(struct map *m, uint32_t expect);
void map_release(struct map *m);
void map_reset(struct map *m);

/* Adds ref (not 0) under hash h; duplicates are the caller's business. Grows at 3/4 load. False when there is no memory. */
bool map_put(struct map *m, uint64_t h, uint32_t ref);

/* Removes ref stored under hash h; false if it is not there. */
bool map_remove(struct map *m, uint64_t h, uint32_t ref);

/* Iterates over the references that may have hash h: start with *pos = map_start(m, h); 0 ends.
 *     for (uint32_t pos = map_start(m, h), r; (r = map_next(m, h, &pos));) if (key_equal(r)) ... */
static inline uint32_t map_start(const struct map *m, uint64_t h)
{
    return (uint32_t)(h >> 32) & m->mask;
}

static inline uint32_t map_next(const struct map *m, uint64_t h, uint32_t *pos)
{
    uint32_t tag = (uint32_t)(h >> 32);
    for (;; *pos = (*pos + 1) & m->mask) {
        const struct map_slot *s = &m->slot[*pos];
        if (!s->ref)
            return 0;
        if (s->tag == tag) {
            *pos = (*pos + 1) & m->mask;
            return s->ref;
        }
    }
}

/* Asks the processor to bring the slot of h near. */
static inline void map_prefetch(const struct map *m, uint64_t h)
{
    __builtin_prefetch(&m->slot[(uint32_t)(h >> 32) & m->mask]);
}
