#include "track/priv.h"

#include "base/mem.h"

static uint32_t spread(uint32_t id)
{
    return id * 2654435761u;
}

static bool put(uint32_t *slot, uint32_t cap, uint32_t id)
{
    for (uint32_t i = spread(id) & (cap - 1);; i = (i + 1) & (cap - 1)) {
        if (slot[i] == id)
            return false;
        if (!slot[i]) {
            slot[i] = id;
            return true;
        }
    }
}

static bool grow(struct tracker *t, struct idset *s)
{
    uint32_t cap = s->cap ? s->cap * 2 : 8;
    size_t more = (cap - s->cap) * sizeof *s->slot;
    uint32_t *slot = t->set_bytes + more <= t->set_max ? mem_calloc(cap, sizeof *slot) : NULL;
    if (!slot)
        return false;
    t->set_bytes += more;
    for (uint32_t i = 0; i < s->cap; i++)
        if (s->slot[i])
            put(slot, cap, s->slot[i]);
    mem_free(s->slot);
    s->slot = slot;
    s->cap = cap;
    return true;
}

/* Without memory the set stays as it is: a count that is too low, never a crash. */
void idset_add(struct tracker *t, struct idset *s, uint32_t id)
{
    if (!id || s->one == id)
        return;
    if (!s->n) {
        s->one = id;
        s->n = 1;
        return;
    }
    if ((s->n >= s->cap / 4 * 3 && !grow(t, s)) || !s->cap)
        return;
    if (put(s->slot, s->cap, id))
        s->n++;
}

/* translate maps from's ids to into's; 0 drops one. */
bool idset_merge(struct tracker *t, struct idset *into, const struct idset *from, const uint32_t *translate)
{
    if (from->one)
        idset_add(t, into, translate[from->one]);
    for (uint32_t i = 0; i < from->cap; i++)
        if (from->slot[i])
            idset_add(t, into, translate[from->slot[i]]);
    return true;
}

void idset_release(struct idset *s)
{
    mem_free(s->slot);
    *s = (struct idset){0};
}
