#include "base/slab.h"

#include "base/mem.h"

enum { BLOCK = 128 * 1024, SMALLEST = 16 };

struct slab_block {
    struct slab_block *next;
    size_t pad;
};

void slab_init(struct slab *s, size_t max)
{
    *s = (struct slab){.max = max};
}

void slab_release(struct slab *s)
{
    for (struct slab_block *b = s->block, *next; b; b = next) {
        next = b->next;
        mem_free(b);
    }
    slab_init(s, s->max);
}

/* Classes go 16, 24, 32, 48, 64, 96, 128 ...: powers of two and the steps half way, at most a third wasted. */
static unsigned class_of(size_t n, size_t *size)
{
    unsigned c = 0;
    size_t step = SMALLEST;
    while (step < n) {
        c++;
        if (step + step / 2 >= n) {
            *size = step + step / 2;
            return c;
        }
        c++;
        step *= 2;
    }
    *size = step;
    return c;
}

static bool more(struct slab *s, size_t n)
{
    size_t block = s->max && s->max / 8 < BLOCK ? s->max / 8 : BLOCK; /* a low ceiling takes smaller steps */
    size_t size = n > block ? n : block;
    struct slab_block *b;
    if (s->max && s->held + size + sizeof *b > s->max)
        return false;
    b = mem_alloc(sizeof *b + size);
    if (!b)
        return false;
    b->next = s->block;
    s->block = b;
    s->held += size + sizeof *b;
    s->next = (char *)(b + 1);
    s->end = s->next + size;
    return true;
}

void *slab_alloc(struct slab *s, size_t n)
{
    size_t size;
    if (!n || n > 65536)
        return NULL;
    unsigned c = class_of(n, &size);
    void *p = s->free[c];
    if (p) {
        memcpy(&s->free[c], p, sizeof p);
        return p;
    }
    if ((size_t)(s->end - s->next) < size && !more(s, size))
        return NULL;
    p = s->next;
    s->next += size;
    return p;
}

void slab_free(struct slab *s, void *p, size_t n)
{
    size_t size;
    if (!p || !n)
        return;
    unsigned c = class_of(n, &size);
    memcpy(p, &s->free[c], sizeof p);
    s->free[c] = p;
}

struct view slab_copy(struct slab *s, struct view v)
{
    if (v.n > 65535)
        v.n = 65535;
    char *p = slab_alloc(s, v.n);
    if (!p)
        return VIEW_NONE;
    memcpy(p, v.p, v.n);
    return view_of(p, v.n);
}

void slab_drop(struct slab *s, struct view *v)
{
    slab_free(s, (void *)(uintptr_t)v->p, v->n);
    *v = VIEW_NONE;
}
