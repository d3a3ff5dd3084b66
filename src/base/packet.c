#include "base/packet.h"

#include "base/mem.h"

bool batch_init(struct batch *b, uint32_t cap)
{
    *b = (struct batch){.cap = cap};
    arena_init(&b->arena);
    b->packet = mem_alloc(cap * sizeof *b->packet);
    return b->packet != NULL;
}

void batch_reset(struct batch *b)
{
    b->n = 0;
    b->bytes_n = 0;
    arena_reset(&b->arena);
}

void batch_release(struct batch *b)
{
    mem_free(b->packet);
    mem_free(b->bytes);
    arena_release(&b->arena);
    *b = (struct batch){0};
}
