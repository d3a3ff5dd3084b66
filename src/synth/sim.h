/* The clockwork of the synthesiser: events in order of capture time, and the one way out for packets. */
#pragma once
#include "base/addr.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "synth/rng.h"
#include "synth/synth.h"

struct sim;
struct flow;
struct conn;

typedef void (*sim_fn)(struct sim *s, void *obj, uint32_t arg);

struct sim_event {
    int64_t at;
    uint64_t order; /* events of the same time happen in the order they were asked for */
    sim_fn fn;
    void *obj;
    uint32_t arg;
};

enum { SIM_BLOCK = 2048 }; /* bytes of a pool block: any object of a workload that comes and goes */

struct sim {
    struct rng rng;
    int64_t now, last_ts, until; /* until: nothing happens after it */
    struct sim_event *heap;
    uint32_t n, cap;
    uint64_t order;
    struct arena arena; /* lives as long as the run */
    void *free_blocks;
    struct conn *conns; /* all connections, for the last flush */
    struct buf text;    /* the message being written */
    uint8_t frame[2048];
    uint16_t ip_id;
    bool tcp;
    uint64_t max_messages, max_packets; /* 0: no limit */
    bool stopped;                       /* limit reached, or failed */
    bool failed, refused;               /* refused: emit said no */
    uint32_t repeat_ppm;                /* share of requests whose sender hears nothing and repeats them (UDP) */
    struct synth_truth *truth;
    synth_emit_fn emit;
    void *emit_ctx;
    struct flow *flows; /* those that live */
    void *workload;     /* the running workload's own things, in the arena */
};

bool sim_init(struct sim *s, const struct synth_options *o, struct synth_truth *truth, int64_t start_ns);
void sim_release(struct sim *s);

/* fn(s, obj, arg) at this time, or now if that is past. No memory makes the run fail. */
void sim_at(struct sim *s, int64_t at_ns, sim_fn fn, void *obj, uint32_t arg);

static inline void sim_after(struct sim *s, int64_t delay_ns, sim_fn fn, void *obj, uint32_t arg)
{
    sim_at(s, s->now + delay_ns, fn, obj, arg);
}

/* Until the last event, the limit or a failure. False when it failed. */
bool sim_run(struct sim *s);

/* Zeroed memory that lives as long as the run; NULL makes the run fail. */
void *sim_keep(struct sim *s, size_t n);

/* A zeroed block of SIM_BLOCK bytes from the pool; NULL makes the run fail. */
void *sim_block(struct sim *s);
void sim_block_free(struct sim *s, void *block);

/* Hands over the first n bytes of s->frame at the present time, or a microsecond after the packet before it. */
void sim_emit(struct sim *s, size_t n);

/* One datagram, payload at most 1472 bytes. */
void sim_emit_udp(struct sim *s, const struct endpoint *src, const struct endpoint *dst, const void *payload, size_t n);
