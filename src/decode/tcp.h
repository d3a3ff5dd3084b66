/* TCP streams: segments in, contiguous bytes in order out, for each direction alone (RFC 9293 3.4, 3.10). */
#pragma once
#include "base/map.h"
#include "decode/blocks.h"
#include "decode/decode.h"

/* What the callback is told beside the bytes. */
enum tcp_event {
    TCP_GAP = 1 << 0,    /* bytes before data are missing: resynchronise */
    TCP_START = 1 << 1,  /* the stream begins in the middle: its SYN is not in the capture */
    TCP_END = 1 << 2,    /* the stream is over (FIN, RST, timeout, eviction, end of capture): last chance for data */
    TCP_STABLE = 1 << 3, /* data lies in the packet and lives as long as it; else it must be copied to be kept */
    TCP_CUT = 1 << 4,    /* bytes after data are missing: last chance for data, the stream goes on with TCP_GAP */
};

enum {
    TCP_HELD_MAX = 256 << 10,       /* bytes out of order kept per direction; beyond: a gap is declared */
    TCP_HELD_SEGMENTS_MAX = 256,    /* segments out of order kept per direction */
    TCP_UNCONSUMED_MAX = 512 << 10, /* bytes the callback may leave; beyond, offered with TCP_CUT and dropped */
    TCP_GAP_SEGMENTS = 3,           /* a hole the peer acknowledged is lost after so many more segments */
    TCP_GAP_S = 2,                  /* or so many seconds of capture time */
    TCP_HOLE_S = 30,                /* a hole nobody acknowledged (one direction captured) is lost after this */
    TCP_IDLE_S = 3600,              /* default of tcp_table.idle_s */
    TCP_LINGER_S = 60,              /* closed connections are remembered so long, for late retransmissions */
};

struct tcp_segment; /* held out of order */
struct tcp_hold;    /* delivered, but not consumed */

/* One direction of a connection. */
struct tcp_half {
    /* for the callback */
    uint64_t user[4];         /* its own; zero at the start of each stream */
    uint64_t first_packet;    /* number and time of the packet in which data[0] of this call arrived */
    int64_t first_ts_ns;
    struct endpoint src, dst; /* data goes from src to dst */
    uint32_t connection;      /* names the connection while it lives, the same in both halves */
    uint32_t want;            /* set by the callback: do not call again before so many bytes are there; 0: any */
    /* private to tcp.c and stream.c */
    uint8_t state;
    bool gap_pending, start_pending, fin_seen, acked_seen;
    uint8_t far, lost_segments;
    uint32_t isn, next, acked, fin;
    uint32_t held_n, held_bytes;
    int64_t hole_ts_ns, lost_ts_ns;
    struct tcp_segment *held_first, *held_last;
    struct tcp_hold *hold;
};

/* n contiguous bytes that follow what was consumed before (n may be 0 with TCP_END). Answers how many bytes of the
 * front it is done with, at most n. The rest is kept and offered again together with later bytes; while it consumes
 * something and bytes remain, it is called again at once, so it may take one message at a time and find first_packet
 * right for each. With TCP_END and TCP_CUT the rest is dropped. p is the packet that led to this call; NULL from
 * tcp_expire, tcp_finish and when another connection needed the room. It must not call back into the table. */
typedef size_t (*tcp_deliver_fn)(void *ctx, struct tcp_half *h, const struct packet *p, const char *data, size_t n,
                                 unsigned events);

struct tcp_counters {
    uint64_t segments;      /* with payload */
    uint64_t in_order;      /* delivered at once */
    uint64_t out_of_order;  /* held, at least in part */
    uint64_t retransmitted; /* nothing new in them (keep-alive probes too) */
    uint64_t overlaps;      /* segments whose content differed from the copy still there */
    uint64_t gaps, gap_bytes;
    uint64_t connections;   /* created */
    uint64_t evicted;       /* ended early because of max_connections or the memory limit */
    uint64_t timeouts;      /* ended because nothing came for idle_s */
    uint64_t dropped;       /* segments dropped because there was no memory */
};

struct tcp_connection;

enum tcp_list { TCP_LIST_LIVE, TCP_LIST_CLOSED, TCP_LIST_KEEPING, TCP_LIST_HOLES, TCP_LISTS };

struct tcp_table {
    struct hash_seed seed;
    struct blocks blocks;
    struct map map;
    struct tcp_connection **chunk;
    uint32_t chunks, chunks_max, connections, max_connections, free_connection;
    uint32_t idle_s; /* may be set after init */
    int64_t now_ns;  /* latest capture time seen */
    struct {
        uint32_t first, last;
    } list[TCP_LISTS]; /* least recently used first: all that are open, closed, keep bytes, wait for missing bytes */
    struct tcp_counters count;
};

/* An empty table: at most limit bytes of buffered data and at most max_connections connections (about 400 bytes each,
 * taken as they come). False when there is no memory. Each thread has its own; give all packets with one flow_hash to
 * the same table. */
bool tcp_table_init(struct tcp_table *t, size_t limit, uint32_t max_connections, const struct hash_seed *seed);
/* Frees all without calling anybody; see tcp_finish. */
void tcp_table_release(struct tcp_table *t);

/* Takes one TCP packet (p->l4 is L4_TCP) and calls fn for the bytes it makes available, in both directions. May set
 * ODD_TCP_OVERLAP and ODD_TCP_GAP on *p. No allocation per segment once the table has warmed up. */
void tcp_input(struct tcp_table *t, struct packet *p, tcp_deliver_fn fn, void *ctx);

/* Time has come to now_ns: ends connections idle for too long, declares the gaps whose time has come. Cheap. */
void tcp_expire(struct tcp_table *t, int64_t now_ns, tcp_deliver_fn fn, void *ctx);

/* The capture is over: delivers what is left of every stream with TCP_END, then the table is empty. */
void tcp_finish(struct tcp_table *t, tcp_deliver_fn fn, void *ctx);
