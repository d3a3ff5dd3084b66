/* IPv4 and IPv6 headers, extension headers, fragments. */
#include "decode/priv.h"

enum { EXTENSIONS_MAX = 12 };

/* An IP header inside another one is a tunnel: what the outer header said about addresses and ports is forgotten. */
static bool enter_ip(struct decoding *d, uint8_t version)
{
    struct packet *p = d->p;
    if (p->ip_version) {
        if (p->tunnels == DECODE_TUNNELS_MAX) {
            packet_oddity(p, ODD_LINK_NESTING);
            return false;
        }
        p->tunnels++;
        p->l4 = L4_NONE;
        p->tcp_flags = 0;
        p->tcp_seq = p->tcp_ack = 0;
        p->src_port = p->dst_port = 0;
        p->payload = NULL;
        p->payload_len = p->payload_missing = 0;
    }
    p->ip_version = version;
    d->extensions = 0;
    return true;
}

enum layer layer_ip(struct decoding *d)
{
    if (d->n == 0)
        return cut_short(d, ODD_LINK_TRUNCATED);
    unsigned version = d->at[0] >> 4;
    return version == 4 ? LAYER_IP4 : version == 6 ? LAYER_IP6 : bad(d, ODD_LINK_UNKNOWN);
}

/* The datagram is total bytes long if that can be true, else all of the frame. */
static void announce_total(struct decoding *d, size_t total, unsigned truncated)
{
    if (total > d->n)
        packet_oddity(d->p, truncated);
    announce(d, total);
}

static enum layer fragment(struct decoding *d, uint32_t id, uint32_t offset, bool more, unsigned oddity)
{
    struct packet *p = d->p;
    p->flags |= PACKET_FRAGMENT;
    p->frag_id = id;
    p->frag_offset = offset;
    p->frag_more = more;
    if (d->wire == 0 || offset + d->wire > 65535 || (more && d->wire % 8))
        bad(d, oddity);
    take_payload(d);
    return LAYER_DONE;
}

enum layer layer_ip4(struct decoding *d)
{
    struct packet *p = d->p;
    const uint8_t *h = d->at;
    if (d->n < 20)
        return cut_short(d, ODD_IP4_TRUNCATED);
    if (h[0] >> 4 != 4)
        return bad(d, ODD_IP4_HEADER);
    if (!enter_ip(d, 4))
        return LAYER_DONE;
    p->src = ip_from_v4(h + 12);
    p->dst = ip_from_v4(h + 16);
    p->ip_proto = h[9];
    size_t header = (size_t)(h[0] & 15) * 4, total = be16(h + 2);
    if (header < 20)
        return bad(d, ODD_IP4_HEADER);
    if (total && total < header) {
        bad(d, ODD_IP4_HEADER);
        total = 0;
    }
    announce_total(d, total ? total : d->wire, ODD_IP4_TRUNCATED);
    if (header > d->n)
        return cut_short(d, ODD_IP4_TRUNCATED);
    unsigned frag = be16(h + 6);
    skip(d, header);
    if (frag & 0x3fff)
        return fragment(d, be16(h + 4), (frag & 0x1fffu) * 8, frag & 0x2000, ODD_IP4_FRAGMENT);
    return LAYER_PROTO;
}

enum layer layer_ip6(struct decoding *d)
{
    struct packet *p = d->p;
    const uint8_t *h = d->at;
    if (d->n < 40)
        return cut_short(d, ODD_IP6_TRUNCATED);
    if (h[0] >> 4 != 6)
        return bad(d, ODD_IP6_TRUNCATED);
    if (!enter_ip(d, 6))
        return LAYER_DONE;
    memcpy(p->src.b, h + 8, 16);
    memcpy(p->dst.b, h + 24, 16);
    p->ip_proto = h[6];
    size_t length = be16(h + 4); /* 0: jumbogram or segmentation offload */
    announce_total(d, length ? length + 40 : d->wire, ODD_IP6_TRUNCATED);
    skip(d, 40);
    return LAYER_PROTO;
}

/* Moves over an extension header of `length` bytes; its first byte names the next one. */
static enum layer extension(struct decoding *d, size_t length)
{
    if (++d->extensions > EXTENSIONS_MAX)
        return bad(d, ODD_IP6_EXTENSION);
    if (length > d->n)
        return cut_short(d, ODD_IP6_TRUNCATED);
    d->p->ip_proto = d->at[0];
    skip(d, length);
    return LAYER_PROTO;
}

/* RFC 8200 4.3, 4.4, 4.6: next header, length in 8 bytes without the first 8. */
enum layer layer_ip6_extension(struct decoding *d)
{
    if (d->p->ip_version != 6)
        return LAYER_OTHER;
    if (d->n < 8)
        return cut_short(d, ODD_IP6_TRUNCATED);
    return extension(d, (size_t)d->at[1] * 8 + 8);
}

/* RFC 4302 2.2: length in 4 bytes minus 2; in IPv4 too. */
enum layer layer_auth(struct decoding *d)
{
    if (d->n < 8)
        return cut_short(d, d->p->ip_version == 6 ? ODD_IP6_TRUNCATED : ODD_IP4_TRUNCATED);
    return extension(d, (size_t)d->at[1] * 4 + 8);
}

/* RFC 8200 4.5; a fragment that is the whole datagram is no fragment (RFC 6946). */
enum layer layer_ip6_fragment(struct decoding *d)
{
    const uint8_t *h = d->at;
    if (d->p->ip_version != 6)
        return LAYER_OTHER;
    if (d->n < 8)
        return cut_short(d, ODD_IP6_TRUNCATED);
    unsigned frag = be16(h + 2);
    enum layer next = extension(d, 8);
    if (next == LAYER_DONE || !(frag & 0xfff9))
        return next;
    return fragment(d, be32(h + 4), frag & 0xfff8, frag & 1, ODD_IP6_FRAGMENT);
}

static const uint8_t PROTOS[256] = {
    [0] = LAYER_IP6_EXTENSION,   [1] = LAYER_ICMP,           [4] = LAYER_IP_IN_IP,
    [6] = LAYER_TCP,             [17] = LAYER_UDP,           [41] = LAYER_IP_IN_IP,
    [43] = LAYER_IP6_EXTENSION,  [44] = LAYER_IP6_FRAGMENT,  [47] = LAYER_GRE,
    [51] = LAYER_AUTH,           [58] = LAYER_ICMP,          [60] = LAYER_IP6_EXTENSION,
    [132] = LAYER_SCTP,          [135] = LAYER_IP6_EXTENSION, [137] = LAYER_MPLS,
    [139] = LAYER_IP6_EXTENSION, [140] = LAYER_IP6_EXTENSION,
};

enum layer layer_proto(struct decoding *d)
{
    uint8_t layer = PROTOS[d->p->ip_proto];
    if (layer == LAYER_MPLS) /* RFC 4023 3.1; until an IP header is found in it, it is just another protocol */
        layer_other(d);
    return layer ? layer : LAYER_OTHER;
}
