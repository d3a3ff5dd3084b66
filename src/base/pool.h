/* Fixed-size entries with 32-bit references (0: none), a hard cap and a free list: the memory of the tables that outlive
 * a batch. Entries never move. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POOL_CHUNK_BITS = 9, POOL_CHUNK = 1 << POOL_CHUNK_BITS };

struct pool {
    char **chunk;
    uint32_t nchunk;
    uint32_t size;      /* bytes of an entry, a multiple of 8 */
    uint32_t used, cap; /* entries given out; most there may be */
    uint32_t fresh;     /* entries ever carved out */
    uint32_t free;      /* head of the free list */
};

/* Entries of `size` bytes, at most cap of them. Takes no memory until the first entry. */
void pool_init(struct pool *p, size_t size, uint32_t cap);
void pool_release(struct pool *p);

/* Reference of a zeroed entry; 0 when the cap is reached or there is no memory. */
uint32_t pool_take(struct pool *p);
void pool_give(struct pool *p, uint32_t ref);

/* The entry of a reference other than 0. */
static inline void *pool_at(const struct pool *p, uint32_t ref)
{
    ref--;
    return p->chunk[ref >> POOL_CHUNK_BITS] + (size_t)(ref & (POOL_CHUNK - 1)) * p->size;
}

/* Bytes held from the heap. */
size_t pool_held(const struct pool *p);
