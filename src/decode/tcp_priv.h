/* What tcp.c (connections) and stream.c (the bytes of one direction) share. For this folder alone. */
#pragma once
#include "base/clock.h"
#include "base/oddity.h"
#include "decode/tcp.h"

enum { FLAG_FIN = 1, FLAG_SYN = 2, FLAG_RST = 4, FLAG_ACK = 16 };
enum { HALF_NEW, HALF_OPEN, HALF_CLOSED };
enum { FAR_BYTES = 4 << 20 }; /* a segment farther away than this from what is expected is not of this stream */

struct tcp_connection {
    struct tcp_half half[2]; /* [0] goes in the direction of the first packet seen */
    uint64_t hash;
    int64_t last_ns, moved_ns; /* last packet; when its place in the lists was last renewed */
    uint32_t ref;
    uint8_t lists; /* bit per enum tcp_list it is in */
    struct {
        uint32_t older, newer;
    } link[TCP_LISTS];
};

/* Everything one call of the table works with. */
struct tcp_run {
    struct tcp_table *t;
    struct tcp_connection *c;
    struct packet *p; /* may be NULL */
    tcp_deliver_fn fn;
    void *ctx;
    bool ending; /* the connection is being given up: nobody else may be given up for it */
};

/* New bytes of a direction: n captured, then `missing` that were not. */
struct tcp_bytes {
    const uint8_t *data;
    uint32_t seq, n, missing;
    uint64_t number; /* of the packet they came in */
    int64_t ts_ns;
    bool stable;
};

/* a - b in sequence space (RFC 9293 3.4): negative when a comes before b. */
static inline int32_t seq_diff(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

/* A block, at the cost of connections that keep bytes if need be, but not of r->c. NULL when there is none (tcp.c). */
void *tcp_take(struct tcp_run *r, size_t n);

/* The stream begins; its first byte is `first`. */
void stream_start(struct tcp_half *h, uint32_t first, bool middle);
/* Takes bytes of an open stream, whatever their place in it, and delivers what has become contiguous. */
void stream_input(struct tcp_run *r, struct tcp_half *h, const struct tcp_bytes *b);
/* Declares what is missing lost if its time has come. `segment`: called because one more segment came. */
void stream_check_hole(struct tcp_run *r, struct tcp_half *h, bool segment);
/* Delivers what is left of an open stream, ends it and gives its memory back. Otherwise only the latter. */
void stream_end(struct tcp_run *r, struct tcp_half *h);
/* Gives the memory back without delivering. */
void stream_drop(struct tcp_table *t, struct tcp_half *h);

/* Bytes are missing before what is held or before the FIN. */
static inline bool stream_has_hole(const struct tcp_half *h)
{
    return h->state == HALF_OPEN && (h->held_first || h->fin_seen);
}
