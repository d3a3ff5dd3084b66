/* Kept copies of short strings: size classes with free lists over big blocks, under a ceiling. */
#pragma once
#include "base/view.h"

enum { SLAB_CLASSES = 24 };

struct slab_block;

struct slab {
    struct slab_block *block;
    char *next, *end;
    void *free[SLAB_CLASSES];
    size_t held, max; /* bytes from the heap; ceiling */
};

void slab_init(struct slab *s, size_t max);
void slab_release(struct slab *s);

/* n bytes; NULL when the ceiling is reached, there is no memory, or n is above 64 KiB. n of 0 gives NULL. */
void *slab_alloc(struct slab *s, size_t n);
void slab_free(struct slab *s, void *p, size_t n);

/* A kept copy of v, cut to 65535 bytes; empty when v is empty or when there is no room. */
struct view slab_copy(struct slab *s, struct view v);
void slab_drop(struct slab *s, struct view *v);
