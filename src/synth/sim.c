#include "synth/sim.h"

#include "base/mem.h"
#include "synth/frame.h"

bool sim_init(struct sim *s, const struct synth_options *o, struct synth_truth *truth, int64_t start_ns)
{
    *s = (struct sim){.now = start_ns,
                      .last_ts = start_ns - 1,
                      .until = INT64_MAX,
                      .tcp = o->tcp,
                      .truth = truth,
                      .emit = o->emit,
                      .emit_ctx = o->ctx};
    rng_init(&s->rng, o->seed);
    arena_init(&s->arena);
    buf_init(&s->text, 1 << 16);
    s->ip_id = (uint16_t)rng_next(&s->rng);
    return buf_reserve(&s->text, 4096);
}

void sim_release(struct sim *s)
{
    mem_free(s->heap);
    arena_release(&s->arena);
    buf_release(&s->text);
}

static void fail(struct sim *s)
{
    s->failed = s->stopped = true;
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static bool heap_grow(struct sim *s)
{
    uint32_t cap = s->cap ? s->cap * 2 : 1024;
    struct sim_event *heap = mem_realloc(s->heap, cap * sizeof *heap);
    if (!heap)
        return false;
    s->heap = heap;
    s->cap = cap;
    return true;
}

void sim_at(struct sim *s, int64_t at_ns, sim_fn fn, void *obj, uint32_t arg)
{
    if (s->n == s->cap && !heap_grow(s)) {
        fail(s);
        return;
    }
    struct sim_event e = {at_ns > s->now ? at_ns : s->now, s->order++, fn, obj, arg};
    uint32_t i = s->n++;
    for (; i; i = (i - 1) / 4) { /* four children a node: half the levels of a binary heap */
        struct sim_event *parent = &s->heap[(i - 1) / 4];
        if (!before(&e, parent))
            break;
        s->heap[i] = *parent;
    }
    s->heap[i] = e;
}

static struct sim_event heap_take(struct sim *s)
{
    struct sim_event top = s->heap[0], last = s->heap[--s->n];
    uint32_t i = 0;
    for (;;) {
        uint32_t child = i * 4 + 1, end = child + 4 < s->n ? child + 4 : s->n, least = child;
        if (child >= s->n)
            break;
        for (uint32_t c = child + 1; c < end; c++)
            if (before(&s->heap[c], &s->heap[least]))
                least = c;
        if (!before(&s->heap[least], &last))
            break;
        s->heap[i] = s->heap[least];
        i = least;
    }
    s->heap[i] = last;
    return top;
}

bool sim_run(struct sim *s)
{
    while (s->n && !s->stopped && s->heap[0].at <= s->until) {
        struct sim_event e = heap_take(s);
        s->now = e.at;
        e.fn(s, e.obj, e.arg);
    }
    return !s->failed;
}

void *sim_keep(struct sim *s, size_t n)
{
    void *p = arena_alloc(&s->arena, n);
    if (p)
        memset(p, 0, n);
    else
        fail(s);
    return p;
}

void *sim_block(struct sim *s)
{
    void *p = s->free_blocks;
    if (!p)
        return sim_keep(s, SIM_BLOCK);
    memcpy(&s->free_blocks, p, sizeof s->free_blocks);
    memset(p, 0, SIM_BLOCK);
    return p;
}

void sim_block_free(struct sim *s, void *block)
{
    memcpy(block, &s->free_blocks, sizeof s->free_blocks);
    s->free_blocks = block;
}

void sim_emit(struct sim *s, size_t n)
{
    struct synth_truth *t = s->truth;
    if (s->failed || (s->max_packets && t->packets >= s->max_packets))
        return;
    int64_t ts = s->now > s->last_ts ? s->now : s->last_ts + 1000;
    s->last_ts = ts;
    if (!t->packets)
        t->first_ts_ns = ts;
    t->last_ts_ns = ts;
    t->packets++;
    t->bytes += n;
    if (!s->emit(s->emit_ctx, ts, s->frame, n)) {
        s->refused = true;
        fail(s);
    }
    if (s->max_packets && t->packets >= s->max_packets)
        s->stopped = true;
}

void sim_emit_udp(struct sim *s, const struct endpoint *src, const struct endpoint *dst, const void *payload, size_t n)
{
    if (n > FRAME_MTU - 28)
        n = FRAME_MTU - 28;
    sim_emit(s, frame_udp_write(s->frame, src, dst, s->ip_id++, payload, n));
}
