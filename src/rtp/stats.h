/* Sequence and jitter arithmetic over one RTP stream (RFC 3550 6.4.1, A.1, A.3, A.8): small state, one update a packet. */
#pragma once
#include "base/view.h"

enum {
    RTP_MAX_DROPOUT = 3000,  /* a larger step forward is a restart, not a loss (RFC 3550 A.1) */
    RTP_MAX_MISORDER = 100,  /* a packet this far behind is a restart, not a late one */
    RTP_MAX_SKEW_MS = 60000, /* a timestamp further from the clock of the capture has jumped; that is no jitter */
};

/* The state of one stream, 128 bytes; all zero is empty. rtp_stats_report says what it means. */
struct rtp_stats {
    int64_t first_ns, last_ns, media_ns; /* capture time of the first packet, the latest, the latest with a clock */
    int64_t max_delta_ns;
    uint64_t seen[2];       /* bit d: the packet d behind highest has come */
    double jitter_ms, jitter_sum_ms;
    double ms_per_tick;     /* 1000 / clock */
    uint32_t clock;
    uint32_t highest;       /* highest sequence number of this run, extended by its cycles << 16 */
    uint32_t base;          /* lowest of this run, extended alike */
    float max_jitter_ms;
    uint32_t jitter_count;  /* packets the mean and the maximum are taken over */
    uint32_t packets;       /* all packets given to update */
    uint32_t distinct;      /* without duplicates and strays */
    uint32_t expected_before; /* expected of the runs before the latest restart */
    uint32_t duplicates, reordered, gaps;
    uint32_t last_rtp_ts;
    uint16_t restarts;      /* stays at its maximum */
    uint16_t ts_jumps;      /* stays at its maximum */
    uint16_t bad_seq;       /* what would follow the stray packet just seen */
    uint8_t payload_type;   /* of the latest packet */
    uint8_t flags;
};

void rtp_stats_init(struct rtp_stats *s);

/* Takes one packet in the order of capture. ts_ns: capture time. clock: RTP clock rate of this payload type in Hz; 0 when
 * unknown or for telephone-event (its timestamp stands still, RFC 4733 2.2.1): the packet then counts for sequence and
 * delta but leaves the jitter as it is. Jitter is that of RFC 3550 A.8 in ms. As in other analysers, a packet with the
 * marker bit, one of comfort noise (payload type 13 or 19) and the one after it are left out of the maximum and the mean
 * of jitter and of the maximum delta: silence went before them. */
void rtp_stats_update(struct rtp_stats *s, int64_t ts_ns, uint16_t seq, uint32_t rtp_ts, uint8_t payload_type, bool marker,
                      uint32_t clock);

/* What the numbers say. Every count is of packets. */
struct rtp_report {
    int64_t first_ns, last_ns;
    uint64_t packets, expected; /* expected: highest - lowest + 1, summed over the runs between restarts */
    int64_t lost;               /* expected - distinct received; never below 0 */
    uint64_t duplicates;        /* a sequence number that came before */
    uint64_t reordered;         /* came after a higher number, within RTP_MAX_MISORDER */
    uint64_t gaps;              /* holes in the sequence; a late packet that fills one closes it */
    uint64_t restarts;          /* sequence jumps */
    uint64_t ts_jumps;         /* timestamps more than RTP_MAX_SKEW_MS away from the clock; they leave the jitter alone */
    uint64_t strays;            /* single packets far away from the sequence, in none of the other counts but packets */
    uint32_t cycles;            /* wraps of the sequence number in the latest run */
    double loss_percent;        /* 0..100 */
    double burst_ratio;         /* mean length of a hole over the one random loss would have (G.107 7.5); 1 without loss */
    double jitter_ms, max_jitter_ms, mean_jitter_ms; /* NaN when no two packets had a known clock */
    double max_delta_ms;        /* longest time between two packets; NaN for fewer than two */
};

void rtp_stats_report(const struct rtp_stats *s, struct rtp_report *out);
