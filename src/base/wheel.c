#include "base/wheel.h"

#define SECOND 1000000000ll

void wheel_remove(struct wheel *w, uint32_t ref, wheel_link_fn link, void *ctx)
{
    struct wheel_link *l = link(ctx, ref);
    if (!l->slot)
        return;
    if (l->prev)
        link(ctx, l->prev)->next = l->next;
    else
        w->head[l->slot - 1] = l->next;
    if (l->next)
        link(ctx, l->next)->prev = l->prev;
    *l = (struct wheel_link){0};
}

void wheel_put(struct wheel *w, uint32_t ref, int64_t deadline_ns, wheel_link_fn link, void *ctx)
{
    struct wheel_link *l = link(ctx, ref);
    int64_t second = deadline_ns / SECOND + 1;
    if (w->started && second <= w->second)
        second = w->second + 1;
    if (w->started && second > w->second + WHEEL_SLOTS - 1)
        second = w->second + WHEEL_SLOTS - 1;
    uint32_t slot = (uint32_t)((uint64_t)second % WHEEL_SLOTS);
    wheel_remove(w, ref, link, ctx);
    l->slot = slot + 1;
    l->next = w->head[slot];
    if (l->next)
        link(ctx, l->next)->prev = ref;
    w->head[slot] = ref;
}

static void sweep(struct wheel *w, uint32_t slot, wheel_link_fn link, void (*due)(void *ctx, uint32_t ref), void *ctx)
{
    uint32_t ref = w->head[slot];
    w->head[slot] = 0;
    while (ref) {
        struct wheel_link *l = link(ctx, ref);
        uint32_t next = l->next;
        *l = (struct wheel_link){0};
        if (next)
            link(ctx, next)->prev = 0;
        due(ctx, ref);
        ref = next;
    }
}

void wheel_advance(struct wheel *w, int64_t now_ns, wheel_link_fn link, void (*due)(void *ctx, uint32_t ref), void *ctx)
{
    int64_t second = now_ns / SECOND;
    if (!w->started) {
        w->started = true;
        w->second = second;
        return;
    }
    if (second <= w->second)
        return;
    int64_t from = w->second + 1;
    if (second - from >= WHEEL_SLOTS)
        from = second - WHEEL_SLOTS + 1;
    w->second = second; /* what `due` puts back lands after now */
    for (int64_t s = from; s <= second; s++)
        sweep(w, (uint32_t)((uint64_t)s % WHEEL_SLOTS), link, due, ctx);
}
