/* Memory for bytes that wait (fragments, segments): blocks of a few sizes, reused, under one hard limit. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BLOCKS_CLASSES = 7, BLOCKS_SMALLEST = 256 }; /* 256, 1 Ki, 4 Ki, ... 1 Mi bytes */

struct blocks {
    size_t limit; /* bytes from the heap, given out or free */
    size_t held;  /* bytes from the heap now */
    size_t used;  /* bytes given out now */
    void *free[BLOCKS_CLASSES];
};

void blocks_init(struct blocks *b, size_t limit);
/* Gives the free blocks back to the heap. Those still given out stay the caller's to return first. */
void blocks_release(struct blocks *b);

/* A block of at least n bytes, not zeroed, aligned for any object; NULL when n is above 1 Mi, when the limit is
 * reached or when there is no memory. */
void *blocks_take(struct blocks *b, size_t n);
/* Takes back a block that was asked for with this n. */
void blocks_give(struct blocks *b, void *p, size_t n);
/* The bytes a block asked for with n really has; 0 when n is too large. */
size_t blocks_room(size_t n);
