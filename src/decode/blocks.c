#include "decode/blocks.h"

#include "base/mem.h"

#include <string.h>

static const size_t SIZE[BLOCKS_CLASSES] = {256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20};

static unsigned class_of(size_t n)
{
    unsigned c = 0;
    while (c < BLOCKS_CLASSES && SIZE[c] < n)
        c++;
    return c;
}

void blocks_init(struct blocks *b, size_t limit)
{
    memset(b, 0, sizeof *b);
    b->limit = limit;
}

static void *pop(struct blocks *b, unsigned c)
{
    void *p = b->free[c];
    if (p)
        memcpy(&b->free[c], p, sizeof p);
    return p;
}

/* Gives free blocks back to the heap until `room` more bytes fit under the limit. */
static void trim(struct blocks *b, size_t room)
{
    for (unsigned c = BLOCKS_CLASSES; c-- > 0 && b->held + room > b->limit;)
        while (b->free[c] && b->held + room > b->limit) {
            mem_free(pop(b, c));
            b->held -= SIZE[c];
        }
}

void blocks_release(struct blocks *b)
{
    for (unsigned c = 0; c < BLOCKS_CLASSES; c++)
        while (b->free[c]) {
            mem_free(pop(b, c));
            b->held -= SIZE[c];
        }
}

void *blocks_take(struct blocks *b, size_t n)
{
    unsigned c = class_of(n);
    if (c == BLOCKS_CLASSES)
        return NULL;
    void *p = pop(b, c);
    if (!p) {
        trim(b, SIZE[c]);
        if (b->held + SIZE[c] > b->limit || !(p = mem_alloc(SIZE[c])))
            return NULL;
        b->held += SIZE[c];
    }
    b->used += SIZE[c];
    return p;
}

void blocks_give(struct blocks *b, void *p, size_t n)
{
    unsigned c = class_of(n);
    if (!p)
        return;
    memcpy(p, &b->free[c], sizeof p);
    b->free[c] = p;
    b->used -= SIZE[c];
}

size_t blocks_room(size_t n)
{
    unsigned c = class_of(n);
    return c == BLOCKS_CLASSES ? 0 : SIZE[c];
}
