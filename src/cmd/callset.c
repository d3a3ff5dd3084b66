#include "cmd/callset.h"

#include "base/mem.h"

bool callset_init(struct callset *s)
{
    *s = (struct callset){.seed = hash_seed_random()};
    arena_init(&s->arena);
    return map_init(&s->map, 64);
}

void callset_release(struct callset *s)
{
    map_release(&s->map);
    arena_release(&s->arena);
    mem_free(s->id);
    s->id = NULL;
}

uint32_t callset_find(const struct callset *s, struct view call_id)
{
    uint64_t h = hash_view(&s->seed, call_id);
    for (uint32_t pos = map_start(&s->map, h), r; (r = map_next(&s->map, h, &pos));)
        if (view_eq(s->id[r - 1], call_id))
            return r;
    return 0;
}

bool callset_add(struct callset *s, struct view call_id)
{
    if (callset_find(s, call_id))
        return true;
    if (s->n == s->cap) {
        uint32_t cap = s->cap ? s->cap * 2 : 64;
        struct view *id = mem_realloc(s->id, cap * sizeof *id);
        if (!id)
            return false;
        s->id = id;
        s->cap = cap;
    }
    struct view copy = arena_copy(&s->arena, call_id);
    if (call_id.n && !copy.n)
        return false;
    s->id[s->n] = copy;
    if (!map_put(&s->map, hash_view(&s->seed, call_id), s->n + 1))
        return false;
    s->n++;
    return true;
}
