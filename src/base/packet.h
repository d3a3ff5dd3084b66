/* One captured packet, what the decoder found in it, and the batch that carries many of them. */
#pragma once
#include "base/addr.h"
#include "base/arena.h"

struct sip_message;

enum packet_l4 { L4_NONE, L4_UDP, L4_TCP, L4_SCTP, L4_ICMP, L4_OTHER };

/* What the payload is, decided by its first bytes (see pipeline/classify). */
enum packet_class {
    PACKET_OTHER,
    PACKET_SIP,       /* one or more SIP messages end in this packet */
    PACKET_RTP,       /* looks like RTP */
    PACKET_RTCP,      /* looks like RTCP */
    PACKET_STUN,      /* RFC 8489 magic cookie */
    PACKET_KEEPALIVE, /* at most 4 bytes of CR, LF, NUL on a SIP flow (RFC 5626 3.5.1) */
};

enum packet_flag {
    PACKET_TRUNCATED = 1 << 0,  /* caplen < len: the capture's snap length cut it */
    PACKET_FRAGMENT = 1 << 1,   /* an IP fragment that is not (yet) part of a whole datagram */
    PACKET_REASSEMBLED = 1 << 2, /* payload is a reassembled datagram, ends in this packet */
    PACKET_BAD = 1 << 3,        /* a header lies about its length; decoded as far as it made sense */
    PACKET_ICMP_QUOTE = 1 << 4, /* ports and payload would come from a quoted packet: never used as traffic */
};

struct packet {
    /* filled by capture/ */
    int64_t ts_ns;
    const uint8_t *data; /* caplen bytes, alive until the batch is reset */
    uint32_t caplen, len;
    uint64_t number;     /* 1 for the first packet of the run, over all files */
    uint32_t iface;      /* index into the reader's interfaces */
    uint16_t link_type;  /* LINKTYPE_ value of the file format */
    uint8_t ts_digits;   /* digits of the second that the capture's clock has: 6, 9, ... */
    /* filled by decode/ */
    uint8_t l4;          /* enum packet_l4 */
    uint8_t ip_version;  /* 4, 6, or 0 when there is no IP in it */
    uint8_t class;       /* enum packet_class */
    uint8_t tcp_flags;   /* FIN 1, SYN 2, RST 4, PSH 8, ACK 16 */
    uint8_t ip_proto;
    uint8_t tunnels;     /* IP and UDP tunnels opened on the way to src, dst and payload */
    uint32_t flags;      /* enum packet_flag */
    uint32_t tcp_seq, tcp_ack;
    struct ip_addr src, dst;
    uint16_t src_port, dst_port;
    uint32_t payload_len; /* captured payload bytes after the L4 header (link-layer padding excluded) */
    const uint8_t *payload;
    uint32_t payload_missing; /* payload bytes that the IP header announces but the capture does not have */
    uint32_t frag_id;     /* of a fragment: identification */
    uint32_t frag_offset; /* in bytes */
    bool frag_more;
    uint64_t flow_hash;   /* seeded hash of the 5-tuple, the same for both directions */
    uint64_t oddities;    /* bit per enum oddity below 64 */
    /* filled by pipeline/: the messages that end in this packet, in order */
    struct sip_message *first_message, *last_message;
};

/* A run of packets that lives and dies together. data of the packets points into a mapped file, into `bytes`
 * or into `arena`; all of it is dead after batch_reset. */
struct batch {
    struct packet *packet;
    uint32_t n, cap;
    struct arena arena;
    char *bytes; /* for readers that copy: owned by the batch, sized by the reader, kept over resets */
    size_t bytes_n, bytes_cap;
};

/* Room for cap packets. False when there is no memory. */
bool batch_init(struct batch *b, uint32_t cap);
void batch_reset(struct batch *b);
void batch_release(struct batch *b);

static inline void packet_oddity(struct packet *p, unsigned oddity)
{
    p->oddities |= 1ull << (oddity & 63);
}
