/* Tunnels over IP and UDP. A tunnel that does not hold what it should leaves the outer packet as the answer.
 * To add one that runs over UDP: a layer in priv.h, its function here, a row below and one in decode.c. */
#include "decode/priv.h"

static const struct {
    uint16_t port;
    uint8_t layer;
} UDP_TUNNELS[] = {
    {2152, LAYER_GTPU},
    {4789, LAYER_VXLAN},
    {6081, LAYER_GENEVE},
};

enum layer udp_tunnel(uint16_t src_port, uint16_t dst_port)
{
    for (size_t i = 0; i < sizeof UDP_TUNNELS / sizeof *UDP_TUNNELS; i++)
        if (UDP_TUNNELS[i].port == dst_port || UDP_TUNNELS[i].port == src_port)
            return UDP_TUNNELS[i].layer;
    return LAYER_DONE;
}

/* RFC 2003 and RFC 4213 3: protocol 4 carries IPv4, 41 IPv6; some senders use 4 for both. */
enum layer layer_ip_in_ip(struct decoding *d)
{
    layer_other(d);
    if (d->n == 0)
        return cut_short(d, ODD_TUNNEL_TRUNCATED);
    unsigned version = d->at[0] >> 4;
    return version == 4 ? LAYER_IP4 : version == 6 ? LAYER_IP6 : LAYER_DONE;
}

/* RFC 2784 2, RFC 2890 2: checksum, key and sequence number are optional words; version 1 is PPTP (RFC 2637 4.1),
 * which always has the key word and may acknowledge. Source routing (RFC 1701) was withdrawn and is not read. */
enum layer layer_gre(struct decoding *d)
{
    layer_other(d);
    if (d->n < 4)
        return cut_short(d, ODD_TUNNEL_TRUNCATED);
    unsigned flags = be16(d->at), version = flags & 7;
    bool checksum = flags & 0x8000, routing = flags & 0x4000, key = flags & 0x2000, sequence = flags & 0x1000;
    size_t header = 4u + 4u * checksum + 4u * key + 4u * sequence + (version == 1 && flags & 0x80 ? 4u : 0u);
    if (routing || version > 1)
        return LAYER_DONE;
    if (header > d->n)
        return cut_short(d, ODD_TUNNEL_TRUNCATED);
    d->type = be16(d->at + 2);
    skip(d, header);
    return d->type < 1536 ? LAYER_DONE : LAYER_TYPE;
}

/* Extension headers (3GPP TS 29.281 5.2.1): length in 4 bytes, content, type of the next one in the last byte. */
static bool skip_gtpu_extensions(struct decoding *d, uint8_t next)
{
    for (unsigned i = 0; next; i++) {
        size_t length = d->n ? (size_t)d->at[0] * 4 : 0;
        if (length == 0 || length > d->n || i == 8)
            return false;
        next = d->at[length - 1];
        skip(d, length);
    }
    return true;
}

/* 3GPP TS 29.281 5.1: version 1, protocol type GTP, message type 255 (G-PDU). */
enum layer layer_gtpu(struct decoding *d)
{
    if (d->n < 8 || (d->at[0] & 0xf0) != 0x30 || d->at[1] != 255)
        return LAYER_DONE;
    unsigned flags = d->at[0] & 7;
    size_t length = be16(d->at + 2);
    if (length + 8 > d->wire)
        return LAYER_DONE;
    announce(d, length + 8);
    uint8_t next = 0;
    if (flags) {
        if (d->n < 12)
            return cut_short(d, ODD_TUNNEL_TRUNCATED);
        next = flags & 4 ? d->at[11] : 0;
    }
    skip(d, flags ? 12 : 8);
    if (!skip_gtpu_extensions(d, next) || d->n == 0)
        return cut_short(d, ODD_TUNNEL_TRUNCATED);
    unsigned version = d->at[0] >> 4;
    return version == 4 ? LAYER_IP4 : version == 6 ? LAYER_IP6 : LAYER_DONE;
}

/* RFC 7348 5: flags with nothing but the I bit, reserved bytes that are zero, then an Ethernet frame. */
enum layer layer_vxlan(struct decoding *d)
{
    if (d->n < 8 || be32(d->at) != 0x08000000 || d->at[7] != 0)
        return LAYER_DONE;
    skip(d, 8);
    return d->n < 14 ? LAYER_DONE : LAYER_ETHERNET;
}

/* RFC 8926 3.4: version 0, length of the options in 4 bytes, an ethertype, reserved bytes that are zero. */
enum layer layer_geneve(struct decoding *d)
{
    if (d->n < 8 || d->at[0] >> 6 != 0 || d->at[1] & 0x3f || d->at[7] != 0)
        return LAYER_DONE;
    size_t header = 8 + (size_t)(d->at[0] & 0x3f) * 4;
    if (header > d->n)
        return cut_short(d, ODD_TUNNEL_TRUNCATED);
    d->type = be16(d->at + 2);
    skip(d, header);
    return d->type < 1536 ? LAYER_DONE : LAYER_TYPE;
}
