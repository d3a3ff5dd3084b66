/* A timing wheel of one-second slots over capture time: what is due comes back once, in bounded time per second. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { WHEEL_SLOTS = 256 };

/* Embedded in each entry. Zeroed means: not on the wheel. */
struct wheel_link {
    uint32_t next, prev; /* references of entries; 0 ends */
    uint32_t slot;       /* 1 + index; 0: not on the wheel */
};

struct wheel {
    uint32_t head[WHEEL_SLOTS];
    int64_t second; /* the last second that was swept */
    bool started;
};

/* Finds the link inside the entry of a reference. */
typedef struct wheel_link *(*wheel_link_fn)(void *ctx, uint32_t ref);

/* Puts ref where it comes back at the first sweep at or after deadline_ns. A deadline farther away than the wheel turns comes back
 * early: the caller looks at its own deadline and puts it back. Moves ref if it is on the wheel already. */
void wheel_put(struct wheel *w, uint32_t ref, int64_t deadline_ns, wheel_link_fn link, void *ctx);
void wheel_remove(struct wheel *w, uint32_t ref, wheel_link_fn link, void *ctx);

/* Takes everything due until now_ns off the wheel and hands it over. `due` may put entries back. */
void wheel_advance(struct wheel *w, int64_t now_ns, wheel_link_fn link, void (*due)(void *ctx, uint32_t ref), void *ctx);
