#include "base/map.h"

#include "base/mem.h"

#include <string.h>

bool map_init(struct map *m, uint32_t expect)
{
    uint32_t size = 16;
    while (size < UINT32_MAX / 4 && size * 3ull / 4 < expect)
        size *= 2;
    m->slot = mem_calloc(size, sizeof *m->slot);
    m->mask = size - 1;
    m->count = 0;
    return m->slot != NULL;
}

void map_release(struct map *m)
{
    mem_free(m->slot);
    *m = (struct map){0};
}

void map_reset(struct map *m)
{
    memset(m->slot, 0, (m->mask + 1ull) * sizeof *m->slot);
    m->count = 0;
}

static void put_slot(struct map *m, struct map_slot s)
{
    uint32_t i = s.tag & m->mask;
    while (m->slot[i].ref)
        i = (i + 1) & m->mask;
    m->slot[i] = s;
    m->count++;
}

static bool grow(struct map *m)
{
    struct map old = *m;
    if (old.mask >= UINT32_MAX / 4 || !map_init(m, (old.mask + 1) * 3 / 2)) {
        *m = old;
        return false;
    }
    for (uint32_t i = 0; i <= old.mask; i++)
        if (old.slot[i].ref)
            put_slot(m, old.slot[i]);
    map_release(&old);
    return true;
}

bool map_put(struct map *m, uint64_t h, uint32_t ref)
{
    if (m->count >= (m->mask + 1ull) * 3 / 4 && !grow(m))
        return false;
    put_slot(m, (struct map_slot){(uint32_t)(h >> 32), ref});
    return true;
}

/* Closes the hole at i by moving back what can move nearer to its home (no tombstones). */
static void close_hole(struct map *m, uint32_t i)
{
    for (uint32_t j = (i + 1) & m->mask; m->slot[j].ref; j = (j + 1) & m->mask) {
        uint32_t home = m->slot[j].tag & m->mask;
        if (((j - home) & m->mask) >= ((j - i) & m->mask)) {
            m->slot[i] = m->slot[j];
            i = j;
        }
    }
    m->slot[i].ref = 0;
}

bool map_remove(struct map *m, uint64_t h, uint32_t ref)
{
    for (uint32_t i = (uint32_t)(h >> 32) & m->mask; m->slot[i].ref; i = (i + 1) & m->mask)
        if (m->slot[i].ref == ref) {
            close_hole(m, i);
            m->count--;
            return true;
        }
    return false;
}
