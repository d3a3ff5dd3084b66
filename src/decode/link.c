/* Link layers: everything between the start of a frame and an IP header. */
#include "decode/priv.h"

enum layer layer_ethernet(struct decoding *d)
{
    if (d->n < 14)
        return cut_short(d, ODD_LINK_TRUNCATED);
    d->type = be16(d->at + 12);
    skip(d, 14);
    return LAYER_TYPE;
}

static const struct {
    uint16_t type;
    uint8_t layer;
} ETHERTYPES[] = {
    {0x0800, LAYER_IP4},      {0x86dd, LAYER_IP6},  {0x8100, LAYER_VLAN}, {0x88a8, LAYER_VLAN}, {0x9100, LAYER_VLAN},
    {0x8847, LAYER_MPLS},     {0x8848, LAYER_MPLS}, {0x8864, LAYER_PPPOE}, {0x880b, LAYER_PPP},
    {0x6558, LAYER_ETHERNET}, /* transparent Ethernet bridging, RFC 1701 and 7637 */
};

enum layer layer_type(struct decoding *d)
{
    if (d->type < 1536) { /* IEEE 802.3: a length, at most 1500 */
        if (d->type <= 1500 && d->type < d->wire)
            announce(d, d->type);
        return LAYER_LLC;
    }
    for (size_t i = 0; i < sizeof ETHERTYPES / sizeof *ETHERTYPES; i++)
        if (ETHERTYPES[i].type == d->type)
            return ETHERTYPES[i].layer;
    return LAYER_DONE;
}

enum layer layer_vlan(struct decoding *d)
{
    if (d->n < 4)
        return cut_short(d, ODD_LINK_TRUNCATED);
    d->type = be16(d->at + 2);
    skip(d, 4);
    return LAYER_TYPE;
}

/* IEEE 802.2: unnumbered information to the SNAP or the IP access point. Routers also send 802.3 frames of other
 * protocols (spanning tree); those are no oddity. */
enum layer layer_llc(struct decoding *d)
{
    if (d->n >= 8 && d->at[0] == 0xaa && d->at[1] == 0xaa && d->at[2] == 3) {
        d->type = be16(d->at + 6);
        skip(d, 8);
        return d->type < 1536 ? LAYER_DONE : LAYER_TYPE;
    }
    if (d->n >= 3 && d->at[0] == 6 && d->at[1] == 6 && d->at[2] == 3) {
        skip(d, 3);
        return LAYER_IP4;
    }
    return LAYER_DONE;
}

/* RFC 3032 2.1. The label stack does not say what it carries: IP shows itself by its version. */
enum layer layer_mpls(struct decoding *d)
{
    if (d->n < 4)
        return cut_short(d, ODD_LINK_TRUNCATED);
    bool bottom = d->at[2] & 1;
    skip(d, 4);
    if (!bottom)
        return LAYER_MPLS;
    if (d->n == 0)
        return cut_short(d, ODD_LINK_TRUNCATED);
    if (d->at[0] >> 4 != 4 && d->at[0] >> 4 != 6)
        return LAYER_DONE; /* a pseudowire */
    return LAYER_IP;
}

/* RFC 2516 4: version and type 1, code 0 for session data, length of the PPP frame. */
enum layer layer_pppoe(struct decoding *d)
{
    if (d->n < 6)
        return cut_short(d, ODD_LINK_TRUNCATED);
    size_t length = be16(d->at + 4);
    if (d->at[0] != 0x11 || d->at[1] != 0)
        return LAYER_DONE;
    skip(d, 6);
    if (length && length < d->wire)
        announce(d, length);
    return LAYER_PPP;
}

/* RFC 1661 2 and RFC 1662 3.1: address and control may be left out, the protocol may be one byte when it is odd. */
enum layer layer_ppp(struct decoding *d)
{
    if (d->n >= 2 && d->at[0] == 0xff && d->at[1] == 3)
        skip(d, 2);
    if (d->n < 2)
        return cut_short(d, ODD_LINK_TRUNCATED);
    unsigned protocol = d->at[0] & 1 ? d->at[0] : be16(d->at);
    skip(d, d->at[0] & 1 ? 1 : 2);
    switch (protocol) {
    case 0x0021:
        return LAYER_IP4;
    case 0x0057:
        return LAYER_IP6;
    case 0x0281:
        return LAYER_MPLS;
    default:
        return LAYER_DONE;
    }
}

/* One byte, sent or received, before the PPP frame. */
enum layer layer_ppp_direction(struct decoding *d)
{
    if (d->n < 1)
        return cut_short(d, ODD_LINK_TRUNCATED);
    skip(d, 1);
    return LAYER_PPP;
}

/* PPP in HDLC-like framing, or Cisco HDLC (RFC 1547 4.3.1) whose address is 0x0f or 0x8f and whose type is an
 * ethertype. */
enum layer layer_hdlc(struct decoding *d)
{
    if (d->n < 4)
        return cut_short(d, ODD_LINK_TRUNCATED);
    if (d->at[0] != 0x0f && d->at[0] != 0x8f)
        return LAYER_PPP;
    d->type = be16(d->at + 2);
    skip(d, 4);
    return LAYER_TYPE;
}

/* An address family in the byte order of the machine that captured, or in network order. IPv6 has had a different
 * number on each system. */
enum layer layer_bsd_loopback(struct decoding *d)
{
    if (d->n < 4)
        return cut_short(d, ODD_LINK_TRUNCATED);
    uint32_t family = be32(d->at);
    if (family > 0xffff)
        family = __builtin_bswap32(family);
    skip(d, 4);
    if (family == 2)
        return LAYER_IP4;
    if (family == 10 || family == 24 || family == 28 || family == 30)
        return LAYER_IP6;
    return LAYER_DONE;
}

static enum layer cooked(struct decoding *d, size_t header, size_t type_at)
{
    if (d->n < header)
        return cut_short(d, ODD_LINK_TRUNCATED);
    d->type = be16(d->at + type_at);
    skip(d, header);
    if (d->type == 4) /* 802.2 frames */
        return LAYER_LLC;
    return d->type < 1536 ? LAYER_DONE : LAYER_TYPE;
}

enum layer layer_cooked1(struct decoding *d)
{
    return cooked(d, 16, 14);
}

enum layer layer_cooked2(struct decoding *d)
{
    return cooked(d, 20, 0);
}
