#include "synth/frame.h"

enum { PROTO_TCP = 6, PROTO_UDP = 17 };

static uint8_t *put16(uint8_t *p, unsigned x)
{
    p[0] = (uint8_t)(x >> 8);
    p[1] = (uint8_t)x;
    return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t x)
{
    return put16(put16(p, x >> 16), x & 0xffff);
}

/* One's complement addition does not care about the order of the bytes within a word as long as the result is stored
 * the same way (RFC 1071 2 B), so the sum runs over 32-bit words of the machine. */
uint64_t frame_sum(uint64_t sum, const void *data, size_t n)
{
    const uint8_t *p = data;
    uint32_t w;
    for (; n >= 4; n -= 4, p += 4) {
        memcpy(&w, p, 4);
        sum += w;
    }
    if (n) {
        w = 0;
        memcpy(&w, p, n);
        sum += w;
    }
    return sum;
}

/* Folds and complements; the two bytes are stored as they lie in memory. */
static void store_sum(uint8_t *p, uint64_t sum, bool zero_means_none)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    uint16_t s = (uint16_t)~sum;
    if (s == 0 && zero_means_none) /* RFC 768: a computed zero is sent as all ones */
        s = 0xffff;
    memcpy(p, &s, 2);
}

/* Hosts of the observed network carry their own last octet; everybody else comes in through the router. */
static void put_mac(uint8_t *p, const struct ip_addr *a)
{
    static const uint8_t here[15] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2};
    static const uint8_t range[5] = {0x00, 0x00, 0x5e, 0x00, 0x53};
    memcpy(p, range, 5);
    p[5] = memcmp(a->b, here, 15) == 0 ? a->b[15] : 0xfe;
}

/* Ethernet and IP headers for n bytes of transport; answers where the transport header goes. */
static uint8_t *put_ip(uint8_t *p, const struct endpoint *src, const struct endpoint *dst, unsigned proto,
                       uint16_t ip_id, size_t n)
{
    bool v4 = ip_is_v4(&src->ip);
    put_mac(p, &dst->ip);
    put_mac(p + 6, &src->ip);
    p = put16(p + 12, v4 ? 0x0800 : 0x86dd);
    if (!v4) {
        p = put16(put32(p, 0x60000000), (unsigned)n);
        *p++ = (uint8_t)proto;
        *p++ = 64;
        memcpy(p, src->ip.b, 16);
        memcpy(p + 16, dst->ip.b, 16);
        return p + 32;
    }
    uint8_t *head = p;
    p = put16(p, 0x4500);
    p = put16(p, (unsigned)(20 + n));
    p = put16(p, ip_id);
    p = put16(p, proto == PROTO_TCP ? 0x4000 : 0);
    *p++ = 64;
    *p++ = (uint8_t)proto;
    p = put16(p, 0);
    memcpy(p, src->ip.b + 12, 4);
    memcpy(p + 4, dst->ip.b + 12, 4);
    store_sum(head + 10, frame_sum(0, head, 20), false);
    return p + 8;
}

/* The pseudo header of RFC 9293 3.1 and RFC 8200 8.1. */
static uint64_t pseudo_sum(const struct endpoint *src, const struct endpoint *dst, unsigned proto, size_t n)
{
    bool v4 = ip_is_v4(&src->ip);
    size_t skip = v4 ? 12 : 0;
    uint8_t tail[8];
    put32(put32(tail, (uint32_t)n), proto);
    uint64_t sum = frame_sum(0, src->ip.b + skip, 16 - skip);
    return frame_sum(frame_sum(sum, dst->ip.b + skip, 16 - skip), tail, 8);
}

size_t frame_udp_write(uint8_t *out, const struct endpoint *src, const struct endpoint *dst, uint16_t ip_id,
                       const void *payload, size_t n)
{
    uint8_t *udp = put_ip(out, src, dst, PROTO_UDP, ip_id, n + 8);
    uint8_t *p = put16(put16(udp, src->port), dst->port);
    put16(put16(p, (unsigned)(n + 8)), 0);
    if (n)
        memcpy(udp + 8, payload, n);
    store_sum(udp + 6, frame_sum(pseudo_sum(src, dst, PROTO_UDP, n + 8), udp, n + 8), true);
    return (size_t)(udp - out) + 8 + n;
}

size_t frame_tcp_write(uint8_t *out, const struct endpoint *src, const struct endpoint *dst, uint16_t ip_id,
                       const struct frame_tcp *tcp, const void *payload, size_t n)
{
    size_t head = tcp->flags & 2 ? 24 : 20; /* a SYN carries the maximum segment size */
    uint8_t *t = put_ip(out, src, dst, PROTO_TCP, ip_id, n + head);
    uint8_t *p = put16(put16(t, src->port), dst->port);
    p = put32(put32(p, tcp->seq), tcp->ack);
    *p++ = (uint8_t)(head / 4 << 4);
    *p++ = tcp->flags;
    p = put32(put16(p, 64240), 0);
    if (head == 24)
        put32(p, 0x020405b4); /* kind 2, length 4, 1460 */
    if (n)
        memcpy(t + head, payload, n);
    store_sum(t + 16, frame_sum(pseudo_sum(src, dst, PROTO_TCP, n + head), t, n + head), false);
    return (size_t)(t - out) + head + n;
}
