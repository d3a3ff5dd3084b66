#include "base/pool.h"

#include "base/mem.h"

#include <string.h>

void pool_init(struct pool *p, size_t size, uint32_t cap)
{
    *p = (struct pool){.size = (uint32_t)((size + 7) & ~(size_t)7), .cap = cap};
}

void pool_release(struct pool *p)
{
    for (uint32_t i = 0; i < p->nchunk; i++)
        mem_free(p->chunk[i]);
    mem_free(p->chunk);
    *p = (struct pool){.size = p->size, .cap = p->cap};
}

static bool add_chunk(struct pool *p)
{
    if ((p->nchunk & (p->nchunk - 1)) == 0) {
        uint32_t room = p->nchunk ? p->nchunk * 2 : 1; /* the array doubles whenever the count is a power of two */
        char **chunk = mem_realloc(p->chunk, room * sizeof *chunk);
        if (!chunk)
            return false;
        p->chunk = chunk;
    }
    char *fresh = mem_alloc((size_t)POOL_CHUNK * p->size);
    if (!fresh)
        return false;
    p->chunk[p->nchunk++] = fresh;
    return true;
}

uint32_t pool_take(struct pool *p)
{
    uint32_t ref = p->free;
    if (ref) {
        memcpy(&p->free, pool_at(p, ref), sizeof p->free);
    } else {
        if (p->fresh >= p->cap || (p->fresh == p->nchunk * POOL_CHUNK && !add_chunk(p)))
            return 0;
        ref = ++p->fresh;
    }
    p->used++;
    memset(pool_at(p, ref), 0, p->size);
    return ref;
}

void pool_give(struct pool *p, uint32_t ref)
{
    memcpy(pool_at(p, ref), &p->free, sizeof p->free);
    p->free = ref;
    p->used--;
}

size_t pool_held(const struct pool *p)
{
    return (size_t)p->nchunk * POOL_CHUNK * p->size;
}
