/* Which packets of a capture belong to chosen messages and RTP streams. Over TCP a connection belongs to them as a whole
 * from the first chosen message to the last: with holes in it, no reader could find the messages again. */
#pragma once
#include "base/hash.h"
#include "base/map.h"
#include "base/packet.h"
#include "record/records.h"

enum { PACKETSET_WINDOW = 1 << 16 }; /* undecided fragments that are remembered */

/* An RTP stream with its RTCP, in both directions, while it lasted. */
struct packetset_stream {
    struct endpoint a, b;
    int64_t from_ts, to_ts;
};

/* A fragment that may turn out to be part of a chosen message. */
struct packetset_seen {
    uint64_t number;
    struct ip_addr src, dst;
    uint32_t frag_id;
    uint8_t tunnels;
};

/* A TCP connection that carried a chosen message. */
struct packetset_connection {
    struct endpoint a, b;
    uint64_t first, last; /* packet in which the first chosen message begins and the last one ends */
};

struct packetset {
    uint64_t *bits; /* one for each packet number */
    size_t nword;
    struct packetset_stream *stream; /* nstream; sorted by packetset_sort */
    size_t nstream, cap;
    bool sorted;
    struct packetset_seen *window; /* a ring of PACKETSET_WINDOW */
    uint64_t nseen;
    struct packetset_connection *connection; /* nconnection */
    uint32_t nconnection, connection_cap;
    struct map by_ends;
    struct hash_seed seed;
};

/* False when there is no memory; release is fine then too. */
bool packetset_init(struct packetset *s);
void packetset_release(struct packetset *s);

/* Packets of this stream and its RTCP (the next higher ports, RFC 3550 11, or the same ones, RFC 5761) belong to it. All
 * streams are added before the first packet. */
bool packetset_add_stream(struct packetset *s, const struct record_stream *r);

/* p ends a chosen message that began in packet `first` (0: in p); the fragments of its datagram belong to it. */
bool packetset_add_message(struct packetset *s, const struct packet *p, uint64_t first);

/* Every packet is shown once, in order, after its messages. */
bool packetset_see(struct packetset *s, const struct packet *p);

/* Ends adding. */
void packetset_finish(struct packetset *s);

/* True for a packet that belongs to what was added; asked in a second reading. */
bool packetset_has(const struct packetset *s, const struct packet *p);
