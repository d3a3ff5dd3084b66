/* Memory that dies all at once: a chain of blocks, bumped forward, reset at the end of a batch. */
#pragma once
#include "base/view.h"

struct arena_block;

struct arena {
    struct arena_block *first, *current;
    char *next, *end;
    size_t held; /* bytes from the heap */
};

/* An empty arena takes no memory until first use. */
void arena_init(struct arena *a);

/* Empty again, blocks kept for the next batch; every pointer given out is dead. */
void arena_reset(struct arena *a);

/* Gives the blocks back. */
void arena_release(struct arena *a);

/* n bytes, aligned for any object, not zeroed, valid until reset. NULL when there is no memory. */
void *arena_alloc(struct arena *a, size_t n);

/* A copy of v that lives in the arena; the empty view for an empty v or when there is no memory. */
struct view arena_copy(struct arena *a, struct view v);

/* Makes sure n bytes lie ready at a->next without taking them; arena_take then takes what was used. */
void *arena_reserve(struct arena *a, size_t n);
void arena_take(struct arena *a, size_t used);

/* Hands all of from's memory, with everything in it, over to a; from is empty then. */
void arena_join(struct arena *a, struct arena *from);

/* Bytes held from the heap, used or not. */
size_t arena_held(const struct arena *a);
