#include "track/priv.h"

#include "base/mem.h"

enum { EVENTS_MAX = 1 << 20 };

/* Room for one more event, zeroed; NULL when there is none: the stream or call then stays without the other. */
struct media_event *event_add(struct tracker *t)
{
    if (t->nevent == t->event_cap) {
        size_t cap = t->event_cap ? t->event_cap * 2 : 64;
        struct media_event *e = cap <= EVENTS_MAX ? mem_realloc(t->event, cap * sizeof *e) : NULL;
        if (!e) {
            t->totals.evicted++;
            return NULL;
        }
        t->event = e;
        t->event_cap = cap;
    }
    struct media_event *e = &t->event[t->nevent++];
    memset(e, 0, sizeof *e);
    return e;
}

struct media_event *tracker_events(struct tracker *t, size_t *n)
{
    *n = t->nevent;
    return t->event;
}

void tracker_events_clear(struct tracker *t)
{
    for (size_t i = 0; i < t->nevent; i++)
        slab_drop(&t->slab, &t->event[i].call_id);
    t->nevent = 0;
}
