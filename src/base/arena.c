#include "base/arena.h"

#include "base/mem.h"

#include <stdalign.h>

enum { BLOCK = 256 * 1024, ALIGN = alignof(max_align_t) };

struct arena_block {
    struct arena_block *next;
    size_t size; /* of data */
    alignas(max_align_t) char data[];
};

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

static void enter(struct arena *a, struct arena_block *b)
{
    a->current = b;
    a->next = b->data;
    a->end = b->data + b->size;
}

void arena_reset(struct arena *a)
{
    if (a->first)
        enter(a, a->first);
}

void arena_release(struct arena *a)
{
    for (struct arena_block *b = a->first, *next; b; b = next) {
        next = b->next;
        mem_free(b);
    }
    arena_init(a);
}

/* The next block that holds n bytes: one kept from an earlier batch, else a new one put right behind. */
static bool grow(struct arena *a, size_t n)
{
    struct arena_block *b = a->current ? a->current->next : a->first;
    if (!b || b->size < n) {
        size_t size = n > BLOCK ? n : BLOCK;
        struct arena_block *fresh = mem_alloc(sizeof *fresh + size);
        if (!fresh)
            return false;
        fresh->size = size;
        a->held += sizeof *fresh + size;
        fresh->next = b;
        if (a->current)
            a->current->next = fresh;
        else
            a->first = fresh;
        b = fresh;
    }
    enter(a, b);
    return true;
}

void *arena_reserve(struct arena *a, size_t n)
{
    if ((size_t)(a->end - a->next) < n && !grow(a, n))
        return NULL;
    return a->next;
}

void arena_take(struct arena *a, size_t used)
{
    size_t room = (size_t)(a->end - a->next);
    used = (used + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    a->next += used < room ? used : room;
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > SIZE_MAX / 2)
        return NULL;
    n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    char *p = arena_reserve(a, n);
    if (p)
        a->next += n;
    return p;
}

struct view arena_copy(struct arena *a, struct view v)
{
    if (!v.n)
        return VIEW_NONE;
    char *p = arena_alloc(a, v.n);
    if (!p)
        return VIEW_NONE;
    memcpy(p, v.p, v.n);
    return view_of(p, v.n);
}

void arena_join(struct arena *a, struct arena *from)
{
    struct arena_block *last = from->first;
    if (!last)
        return;
    while (last->next)
        last = last->next;
    /* In front, so that the block being filled stays the last one used. */
    last->next = a->first;
    a->first = from->first;
    if (!a->current)
        enter(a, last);
    a->held += from->held;
    arena_init(from);
}

size_t arena_held(const struct arena *a)
{
    return a->held;
}
