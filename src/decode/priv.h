/* The layers of the decoder: each reads one header and says which layer comes next. For this folder alone. */
#pragma once
#include "base/oddity.h"
#include "decode/decode.h"

enum layer {
    LAYER_DONE,
    LAYER_ETHERNET,
    LAYER_TYPE, /* whatever d->type (an ethertype) says */
    LAYER_VLAN,
    LAYER_LLC,
    LAYER_MPLS,
    LAYER_PPPOE,
    LAYER_PPP,
    LAYER_PPP_DIRECTION,
    LAYER_HDLC,
    LAYER_BSD_LOOPBACK,
    LAYER_COOKED1,
    LAYER_COOKED2,
    LAYER_IP, /* 4 or 6, by the first four bits */
    LAYER_IP4,
    LAYER_IP6,
    LAYER_PROTO, /* whatever p->ip_proto says */
    LAYER_IP6_EXTENSION,
    LAYER_IP6_FRAGMENT,
    LAYER_AUTH,
    LAYER_UDP,
    LAYER_TCP,
    LAYER_SCTP,
    LAYER_ICMP,
    LAYER_IP_IN_IP,
    LAYER_GRE,
    LAYER_GTPU,
    LAYER_VXLAN,
    LAYER_GENEVE,
    LAYER_OTHER,
    LAYERS
};

struct decoding {
    struct packet *p;
    const uint8_t *at; /* n captured bytes from here */
    size_t n;
    size_t wire; /* bytes that the frame or the enclosing header announces from here, at least n */
    uint16_t type;
    uint8_t extensions;
};

/* Reads the header at d->at, moves on behind it, answers the next layer. Nothing at or behind d->at + d->n is read. */
typedef enum layer (*layer_fn)(struct decoding *d);

enum layer layer_ethernet(struct decoding *d);
enum layer layer_type(struct decoding *d);
enum layer layer_vlan(struct decoding *d);
enum layer layer_llc(struct decoding *d);
enum layer layer_mpls(struct decoding *d);
enum layer layer_pppoe(struct decoding *d);
enum layer layer_ppp(struct decoding *d);
enum layer layer_ppp_direction(struct decoding *d);
enum layer layer_hdlc(struct decoding *d);
enum layer layer_bsd_loopback(struct decoding *d);
enum layer layer_cooked1(struct decoding *d);
enum layer layer_cooked2(struct decoding *d);
enum layer layer_ip(struct decoding *d);
enum layer layer_ip4(struct decoding *d);
enum layer layer_ip6(struct decoding *d);
enum layer layer_proto(struct decoding *d);
enum layer layer_ip6_extension(struct decoding *d);
enum layer layer_ip6_fragment(struct decoding *d);
enum layer layer_auth(struct decoding *d);
enum layer layer_udp(struct decoding *d);
enum layer layer_tcp(struct decoding *d);
enum layer layer_sctp(struct decoding *d);
enum layer layer_icmp(struct decoding *d);
enum layer layer_ip_in_ip(struct decoding *d);
enum layer layer_gre(struct decoding *d);
enum layer layer_gtpu(struct decoding *d);
enum layer layer_vxlan(struct decoding *d);
enum layer layer_geneve(struct decoding *d);
enum layer layer_other(struct decoding *d);

/* The layer inside UDP between these ports; LAYER_DONE when it is no tunnel (tunnel.c has the table). */
enum layer udp_tunnel(uint16_t src_port, uint16_t dst_port);

static inline uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t be32(const uint8_t *p)
{
    return (uint32_t)be16(p) << 16 | be16(p + 2);
}

/* Moves k bytes on; k is at most d->n. */
static inline void skip(struct decoding *d, size_t k)
{
    d->at += k;
    d->n -= k;
    d->wire -= k;
}

/* What follows is `wire` bytes long, whatever the frame says: drops padding. More than there is means missing bytes. */
static inline void announce(struct decoding *d, size_t wire)
{
    d->wire = wire;
    if (d->n > wire)
        d->n = wire;
}

/* The rest of d becomes the packet's payload. */
static inline void take_payload(struct decoding *d)
{
    d->p->payload = d->at;
    d->p->payload_len = (uint32_t)d->n;
    d->p->payload_missing = (uint32_t)(d->wire - d->n);
}

static inline enum layer bad(struct decoding *d, unsigned oddity)
{
    packet_oddity(d->p, oddity);
    d->p->flags |= PACKET_BAD;
    return LAYER_DONE;
}

static inline enum layer cut_short(struct decoding *d, unsigned oddity)
{
    packet_oddity(d->p, oddity);
    return LAYER_DONE;
}
