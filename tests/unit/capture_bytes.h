/* Capture files put together byte by byte, in either byte order, for the tests of capture/. */
#pragma once
#include "base/err.h"
#include "capture/reader.h"

struct bytes {
    uint8_t p[1 << 17];
    size_t n;
    bool big; /* big-endian */
};

enum { ETHERNET = 1, RAW_IP = 101, BIG = 1, LITTLE = 0 };

static inline void put(struct bytes *b, const void *p, size_t n)
{
    assert_true(b->n + n <= sizeof b->p);
    if (n)
        memcpy(b->p + b->n, p, n);
    b->n += n;
}

static inline void put_number(struct bytes *b, uint64_t x, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        unsigned place = b->big ? size - 1 - i : i; /* beyond 8 bytes: zeros */
        uint8_t byte = place < 8 ? (uint8_t)(x >> (8 * place)) : 0;
        put(b, &byte, 1);
    }
}

/* The packet number k of a test: caplen bytes that all say k. */
static inline void put_data(struct bytes *b, uint8_t k, size_t caplen)
{
    for (size_t i = 0; i < caplen; i++)
        put(b, &k, 1);
}

static inline void pcap_header(struct bytes *b, bool big, uint32_t magic, uint32_t link)
{
    *b = (struct bytes){.big = big};
    put_number(b, magic, 4);
    put_number(b, 2, 2);
    put_number(b, 4, 2);
    put_number(b, 0, 8);
    put_number(b, 65535, 4);
    put_number(b, link, 4);
}

static inline void pcap_record(struct bytes *b, uint32_t s, uint32_t fraction, uint32_t caplen, uint32_t len, uint8_t k)
{
    put_number(b, s, 4);
    put_number(b, fraction, 4);
    put_number(b, caplen, 4);
    put_number(b, len, 4);
    put_data(b, k, caplen);
}

/* A block: begin, put its body, end. */
static inline size_t block_begin(struct bytes *b, uint32_t type)
{
    put_number(b, type, 4);
    put_number(b, 0, 4);
    return b->n;
}

static inline void block_end(struct bytes *b, size_t body)
{
    while ((b->n - body) % 4)
        put(b, "", 1);
    uint32_t total = (uint32_t)(b->n - body) + 12;
    put_number(b, total, 4);
    memcpy(b->p + body - 4, b->p + b->n - 4, 4);
}

static inline void option(struct bytes *b, uint16_t code, const void *p, uint16_t n)
{
    put_number(b, code, 2);
    put_number(b, n, 2);
    put(b, p, n);
    while (b->n % 4)
        put(b, "", 1);
}

static inline void option_number(struct bytes *b, uint16_t code, uint64_t x, unsigned size)
{
    put_number(b, code, 2);
    put_number(b, size, 2);
    put_number(b, x, size);
    while (b->n % 4)
        put(b, "", 1);
}

static inline void section(struct bytes *b, bool big)
{
    b->big = big;
    size_t body = block_begin(b, 0x0a0d0d0a);
    put_number(b, 0x1a2b3c4d, 4);
    put_number(b, 1, 2);
    put_number(b, 0, 2);
    put_number(b, UINT64_MAX, 8);
    option(b, 4, "a test", 6);
    option(b, 0, NULL, 0);
    block_end(b, body);
}

/* resolution below 0: the option is left out */
static inline void interface(struct bytes *b, uint16_t link, uint32_t snaplen, int resolution, int64_t offset_s)
{
    size_t body = block_begin(b, 1);
    put_number(b, link, 2);
    put_number(b, 0, 2);
    put_number(b, snaplen, 4);
    option(b, 1, "a comment", 9);
    option(b, 2, "eth0", 4);
    if (resolution >= 0)
        option_number(b, 9, (uint64_t)resolution, 1);
    if (offset_s)
        option_number(b, 14, (uint64_t)offset_s, 8);
    option(b, 0, NULL, 0);
    block_end(b, body);
}

static inline void enhanced(struct bytes *b, uint32_t iface, uint64_t ticks, uint32_t caplen, uint32_t len, uint8_t k)
{
    size_t body = block_begin(b, 6);
    put_number(b, iface, 4);
    put_number(b, ticks >> 32, 4);
    put_number(b, ticks & 0xffffffff, 4);
    put_number(b, caplen, 4);
    put_number(b, len, 4);
    put_data(b, k, caplen);
    block_end(b, body);
}

static inline void simple(struct bytes *b, uint32_t caplen, uint32_t len, uint8_t k)
{
    size_t body = block_begin(b, 3);
    put_number(b, len, 4);
    put_data(b, k, caplen);
    block_end(b, body);
}

/* What a test wants to know of a whole capture. */
struct seen {
    bool opened;
    uint32_t n;
    struct packet packet[64]; /* data is dead; first_byte is what it began with */
    uint8_t first_byte[64];
    struct capture_stats stats;
    struct capture_damage damage;
    struct err e;
};

/* Reads r to its end with batches of cap packets, checks what must always hold, and closes it. */
static inline void read_all(struct capture_reader *r, uint32_t cap, struct seen *s)
{
    struct batch b;
    assert_true(batch_init(&b, cap));
    uint64_t number = 0;
    s->e.code = EXIT_FOUND;
    while (capture_read(r, &b, &s->e)) {
        assert_int_equal(s->e.code, EXIT_FOUND);
        assert_true(b.n <= cap);
        for (uint32_t i = 0; i < b.n; i++) {
            const struct packet *p = &b.packet[i];
            assert_true(p->number > number);
            number = p->number;
            assert_true(p->caplen == 0 || ((const char *)p->data >= b.bytes &&
                                           (const char *)p->data + p->caplen <= b.bytes + b.bytes_cap));
            assert_non_null(capture_iface(r, p->iface));
            assert_int_equal(capture_iface(r, p->iface)->link_type, p->link_type);
            assert_null(p->first_message);
            for (uint32_t k = 1; k < p->caplen; k++)
                assert_int_equal(p->data[k], p->data[0]);
            if (s->n < 64) {
                s->packet[s->n] = *p;
                s->first_byte[s->n] = p->caplen ? p->data[0] : 0;
            }
            s->n++;
        }
    }
    assert_int_equal(b.n, 0);
    assert_false(capture_read(r, &b, &s->e)); /* the end stays the end */
    s->stats = *capture_stats(r);
    if (s->stats.damages)
        s->damage = s->stats.damage[0];
    assert_int_equal(s->n + s->stats.filtered, s->stats.packets);
    capture_close(r);
    batch_release(&b);
}

static inline struct seen *read_memory(const void *p, size_t n, uint32_t cap)
{
    static struct seen s;
    memset(&s, 0, sizeof s);
    char *copy = guard_copy(p, n);
    struct capture_reader *r = capture_open_memory(copy, n, &s.e);
    s.opened = r != NULL;
    if (r)
        read_all(r, cap, &s);
    guard_free(copy, n);
    return &s;
}
