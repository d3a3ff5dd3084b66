#include "track/priv.h"

#include "base/mem.h"

/* All kinds of records share one ceiling. */
static bool has_room(const struct tracker *t, size_t more)
{
    const struct kept *k[] = {&t->kept_calls, &t->kept_registrations, &t->kept_streams};
    size_t held = more;
    for (size_t i = 0; i < sizeof k / sizeof *k; i++)
        held += arena_held(&k[i]->arena) + k[i]->cap * sizeof *k[i]->row;
    return held <= t->kept_max;
}

/* Room for one more finished record, zeroed; NULL counts an eviction: the listing is then partial and says so. */
void *kept_add(struct tracker *t, struct kept *k, size_t size)
{
    if (k->n == k->cap) {
        size_t cap = k->cap ? k->cap * 2 : 256;
        void **row = has_room(t, (cap - k->cap) * sizeof *row) ? mem_realloc(k->row, cap * sizeof *row) : NULL;
        if (!row) {
            t->totals.evicted++;
            return NULL;
        }
        k->row = row;
        k->cap = cap;
    }
    void *r = has_room(t, 0) ? arena_alloc(&k->arena, size) : NULL;
    if (!r) {
        t->totals.evicted++;
        return NULL;
    }
    memset(r, 0, size);
    k->row[k->n++] = r;
    return r;
}

struct view kept_copy(struct kept *k, struct view v)
{
    return arena_copy(&k->arena, v);
}

void kept_release(struct kept *k)
{
    arena_release(&k->arena);
    mem_free(k->row);
    *k = (struct kept){0};
}

bool kept_merge(struct kept *into, struct kept *from)
{
    if (!from->n)
        return true;
    void **row = mem_realloc(into->row, (into->n + from->n) * sizeof *row);
    if (!row)
        return false;
    memcpy(row + into->n, from->row, from->n * sizeof *row);
    into->row = row;
    into->n = into->cap = into->n + from->n;
    arena_join(&into->arena, &from->arena);
    return true;
}
