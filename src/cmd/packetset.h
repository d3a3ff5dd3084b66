/* Which packets of a capture belong to chosen messages and RTP streams, by their numbers. */
#pragma once
#include "base/packet.h"
#include "record/records.h"

enum { PACKETSET_WINDOW = 1 << 16 }; /* undecided TCP segments and fragments that are remembered */

/* An RTP stream with its RTCP, in both directions, while it lasted. */
struct packetset_stream {
    struct endpoint a, b;
    int64_t from_ts, to_ts;
};

/* A packet that may turn out to be the beginning of a chosen message. */
struct packetset_seen {
    uint64_t number;
    struct endpoint src, dst; /* ports 0 for fragments */
    uint32_t frag_id;
    bool fragment;
};

struct packetset {
    uint64_t *bits; /* one for each packet number */
    size_t nword;
    struct packetset_stream *stream; /* nstream; sorted by packetset_sort */
    size_t nstream, cap;
    bool sorted;
    struct packetset_seen *window; /* a ring of PACKETSET_WINDOW */
    uint64_t nseen;
};

/* False when there is no memory; release is fine then too. */
bool packetset_init(struct packetset *s);
void packetset_release(struct packetset *s);

/* Packets of this stream and its RTCP (the next higher ports, RFC 3550 11, or the same ones, RFC 5761) belong to it. All
 * streams are added before the first packet. */
bool packetset_add_stream(struct packetset *s, const struct record_stream *r);

/* p ends a chosen message that began in packet `first` (0: in p); the segments and fragments between belong to it. */
bool packetset_add_message(struct packetset *s, const struct packet *p, uint64_t first);

/* Every packet is shown once, in order, after its messages. */
bool packetset_see(struct packetset *s, const struct packet *p);

/* Ends adding. */
void packetset_finish(struct packetset *s);

bool packetset_has(const struct packetset *s, uint64_t number);
uint64_t packetset_count(const struct packetset *s);
