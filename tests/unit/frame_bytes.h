/* Frames built from the inside out: payload first, then each header put in front of what is there. */
#pragma once
#include "base/packet.h"

#include <assert.h>

struct frame {
    uint8_t b[70000];
    size_t n;
};

static inline void put16(uint8_t *p, unsigned x)
{
    p[0] = (uint8_t)(x >> 8);
    p[1] = (uint8_t)x;
}

static inline void put32(uint8_t *p, uint32_t x)
{
    put16(p, x >> 16);
    put16(p + 2, x & 0xffff);
}

static inline void frame_set(struct frame *f, const void *data, size_t n)
{
    assert(n < sizeof f->b);
    memcpy(f->b, data, n);
    f->n = n;
}

/* n zeroed bytes in front. */
static inline uint8_t *frame_wrap(struct frame *f, size_t n)
{
    assert(f->n + n <= sizeof f->b);
    memmove(f->b + n, f->b, f->n);
    memset(f->b, 0, n);
    f->n += n;
    return f->b;
}

static inline void frame_front(struct frame *f, const void *data, size_t n)
{
    memcpy(frame_wrap(f, n), data, n);
}

static inline void frame_udp(struct frame *f, unsigned src_port, unsigned dst_port)
{
    uint8_t *h = frame_wrap(f, 8);
    put16(h, src_port);
    put16(h + 2, dst_port);
    put16(h + 4, (unsigned)f->n);
}

static inline void frame_tcp(struct frame *f, unsigned src_port, unsigned dst_port, uint32_t seq, uint8_t flags)
{
    uint8_t *h = frame_wrap(f, 20);
    put16(h, src_port);
    put16(h + 2, dst_port);
    put32(h + 4, seq);
    put32(h + 8, 77);
    h[12] = 5 << 4;
    h[13] = flags;
}

/* From 192.0.2.<from> to 198.51.100.<to>. */
static inline void frame_ip4(struct frame *f, uint8_t proto, uint8_t from, uint8_t to)
{
    uint8_t *h = frame_wrap(f, 20);
    const uint8_t addresses[8] = {192, 0, 2, from, 198, 51, 100, to};
    h[0] = 0x45;
    put16(h + 2, (unsigned)f->n);
    h[8] = 64;
    h[9] = proto;
    memcpy(h + 12, addresses, 8);
}

/* From 2001:db8::<from> to 2001:db8::<to>. */
static inline void frame_ip6(struct frame *f, uint8_t next, uint8_t from, uint8_t to)
{
    uint8_t *h = frame_wrap(f, 40);
    const uint8_t prefix[4] = {0x20, 0x01, 0x0d, 0xb8};
    h[0] = 0x60;
    put16(h + 4, (unsigned)f->n - 40);
    h[6] = next;
    h[7] = 64;
    memcpy(h + 8, prefix, 4);
    memcpy(h + 24, prefix, 4);
    h[23] = from;
    h[39] = to;
}

static inline void frame_ethernet(struct frame *f, unsigned type)
{
    put16(frame_wrap(f, 14) + 12, type);
}

static inline struct packet frame_packet(const struct frame *f, uint16_t link_type)
{
    struct packet p;
    memset(&p, 0xa5, sizeof p); /* the decoder has to fill what it owns */
    p.ts_ns = 0;
    p.number = 1;
    p.data = f->b;
    p.caplen = p.len = (uint32_t)f->n;
    p.link_type = link_type;
    return p;
}
