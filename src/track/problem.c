#include "track/priv.h"

#include "base/mem.h"

void problem_add(struct tracker *t, enum problem id, struct view example)
{
    struct problem_count *c = &t->problem[id];
    c->n++;
    if (c->nexample == PROBLEM_EXAMPLES || !example.n)
        return;
    for (unsigned i = 0; i < c->nexample; i++)
        if (view_eq(c->example[i], example))
            return;
    struct view kept = slab_copy(&t->slab, example);
    if (kept.n) {
        c->example_ts[c->nexample] = t->now;
        c->example[c->nexample++] = kept;
    }
}

/* The earliest examples of both stay; their bytes live on in the slabs of both trackers. */
void problem_merge(struct tracker *into, const struct tracker *from)
{
    for (int id = 0; id < PROBLEM_COUNT; id++) {
        struct problem_count *a = &into->problem[id];
        const struct problem_count *b = &from->problem[id];
        struct problem_count both = {.n = a->n + b->n};
        unsigned i = 0, k = 0;
        while (both.nexample < PROBLEM_EXAMPLES && (i < a->nexample || k < b->nexample)) {
            bool left = k == b->nexample || (i < a->nexample && a->example_ts[i] <= b->example_ts[k]);
            both.example_ts[both.nexample] = left ? a->example_ts[i] : b->example_ts[k];
            both.example[both.nexample++] = left ? a->example[i++] : slab_copy(&into->slab, b->example[k++]);
        }
        *a = both;
    }
}
