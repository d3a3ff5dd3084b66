#include "track/priv.h"

/* The examples are the earliest ones, by name where times are equal: the same however many workers there are. */
static int order(int64_t ts, struct view v, int64_t ts2, struct view v2)
{
    int c = (ts > ts2) - (ts < ts2);
    return c ? c : view_cmp(v, v2);
}

static bool has(const struct problem_count *c, struct view example)
{
    for (unsigned i = 0; i < c->nexample; i++)
        if (view_eq(c->example[i], example))
            return true;
    return false;
}

static void add_example(struct tracker *t, struct problem_count *c, int64_t ts, struct view example)
{
    unsigned last = c->nexample;
    if (last == PROBLEM_EXAMPLES && order(ts, example, c->example_ts[last - 1], c->example[last - 1]) >= 0)
        return;
    if (has(c, example))
        return;
    struct view kept = slab_copy(&t->slab, example);
    if (!kept.n)
        return;
    if (last == PROBLEM_EXAMPLES)
        slab_drop(&t->slab, &c->example[--last]);
    unsigned at = last;
    for (; at && order(ts, kept, c->example_ts[at - 1], c->example[at - 1]) < 0; at--) {
        c->example[at] = c->example[at - 1];
        c->example_ts[at] = c->example_ts[at - 1];
    }
    c->example[at] = kept;
    c->example_ts[at] = ts;
    c->nexample = (uint8_t)(last + 1);
}

/* ts: when it happened (not when it was noticed: that depends on what else a worker has seen). */
void problem_add(struct tracker *t, enum problem id, int64_t ts, struct view example)
{
    struct problem_count *c = &t->problem[id];
    c->n++;
    if (example.n)
        add_example(t, c, ts, example);
}

void problem_merge(struct tracker *into, const struct tracker *from)
{
    for (int id = 0; id < PROBLEM_COUNT; id++) {
        const struct problem_count *b = &from->problem[id];
        into->problem[id].n += b->n;
        for (unsigned i = 0; i < b->nexample; i++)
            add_example(into, &into->problem[id], b->example_ts[i], b->example[i]);
    }
}
