/* UDP, TCP, SCTP, ICMP headers. */
#include "decode/priv.h"

static void take_ports(struct decoding *d, uint8_t l4)
{
    d->p->l4 = l4;
    d->p->src_port = be16(d->at);
    d->p->dst_port = be16(d->at + 2);
}

/* RFC 768. A wrong length is noted and the IP length used instead: what was sent is still worth reading. */
enum layer layer_udp(struct decoding *d)
{
    if (d->n < 8)
        return cut_short(d, ODD_UDP_TRUNCATED);
    size_t length = be16(d->at + 4);
    take_ports(d, L4_UDP);
    if (length < 8 || length > d->wire)
        bad(d, ODD_UDP_LENGTH);
    else
        announce(d, length);
    if (d->wire > d->n)
        packet_oddity(d->p, ODD_UDP_TRUNCATED);
    skip(d, 8);
    take_payload(d);
    return udp_tunnel(d->p->src_port, d->p->dst_port);
}

/* RFC 9293 3.1. */
enum layer layer_tcp(struct decoding *d)
{
    struct packet *p = d->p;
    const uint8_t *h = d->at;
    if (d->n < 20)
        return cut_short(d, ODD_TCP_TRUNCATED);
    take_ports(d, L4_TCP);
    p->tcp_seq = be32(h + 4);
    p->tcp_ack = be32(h + 8);
    p->tcp_flags = h[13];
    size_t header = (size_t)(h[12] >> 4) * 4;
    if (header < 20 || header > d->wire)
        return bad(d, ODD_TCP_HEADER);
    if (header > d->n) {
        p->payload = d->at + d->n;
        p->payload_missing = (uint32_t)(d->wire - header);
        return cut_short(d, ODD_TCP_TRUNCATED);
    }
    skip(d, header);
    take_payload(d);
    return LAYER_DONE;
}

/* RFC 9260 3.1: the payload is the chunks. */
enum layer layer_sctp(struct decoding *d)
{
    if (d->n < 12)
        return cut_short(d, ODD_SCTP_TRUNCATED);
    take_ports(d, L4_SCTP);
    skip(d, 12);
    take_payload(d);
    return LAYER_DONE;
}

/* RFC 792, RFC 4443 2.1: errors quote the packet they are about. */
enum layer layer_icmp(struct decoding *d)
{
    struct packet *p = d->p;
    p->l4 = L4_ICMP;
    take_payload(d);
    if (d->n == 0)
        return LAYER_DONE;
    unsigned type = d->at[0];
    if (p->ip_proto == 58 ? type < 128 : type == 3 || type == 4 || type == 5 || type == 11 || type == 12)
        p->flags |= PACKET_ICMP_QUOTE;
    return LAYER_DONE;
}

enum layer layer_other(struct decoding *d)
{
    d->p->l4 = L4_OTHER;
    take_payload(d);
    return LAYER_DONE;
}
