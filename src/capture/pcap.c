#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "capture/priv.h"

enum {
    FILE_HEADER = 24,
    RECORD_HEADER = 16,
    RECORD_HEADER_MODIFIED = 24, /* interface index, protocol and packet type follow */
    LINKTYPE_RAW = 101,
};

static inline uint32_t u32(const uint8_t *p, bool swapped)
{
    uint32_t x;
    memcpy(&x, p, 4);
    return swapped ? __builtin_bswap32(x) : x;
}

void walk_damage(struct walk *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(w->reason, sizeof w->reason, fmt, ap);
    va_end(ap);
    w->damaged = true;
}

/* Before version 2.3 the two lengths stood the other way round; 2.3 has both kinds, and the captured length is the
 * smaller one. */
static void order_lengths(const struct capture_file *f, uint32_t *caplen, uint32_t *len)
{
    if (f->minor < 3 || *caplen > *len) {
        uint32_t x = *caplen;
        *caplen = *len;
        *len = x;
    }
}

static void pcap_walk(struct capture_file *f, struct walk *w)
{
    const bool swapped = f->swapped;
    const uint32_t header = f->modified ? RECORD_HEADER_MODIFIED : RECORD_HEADER;
    const int64_t unit = f->nano ? 1 : 1000;
    const struct ng_iface *iface = f->iface;
    struct packet *p = w->packet + w->packets, *end = w->packet + w->cap;
    size_t at = w->used;
    int64_t ts = f->last_ts;
    for (; p < end; p++) {
        const uint8_t *record = w->p + at;
        uint32_t caplen, len;
        w->need = header;
        if (w->n - at < header)
            break;
        caplen = u32(record + 8, swapped);
        len = u32(record + 12, swapped);
        if (f->old_order)
            order_lengths(f, &caplen, &len);
        if (caplen > CAPTURE_PACKET_MAX) {
            walk_damage(w, "a record claims %u captured bytes", caplen);
            break;
        }
        w->need = header + caplen;
        if (w->n - at < w->need)
            break;
        ts = (int64_t)u32(record, swapped) * 1000000000 + (int64_t)u32(record + 4, swapped) * unit;
        *p = (struct packet){.ts_ns = ts,
                             .data = record + header,
                             .caplen = caplen,
                             .len = len,
                             .iface = iface->global,
                             .link_type = iface->link_type,
                             .ts_digits = iface->digits,
                             .flags = caplen < len ? PACKET_TRUNCATED : 0};
        w->last_at = at;
        at += w->need;
    }
    f->last_ts = ts;
    w->packets = (uint32_t)(p - w->packet);
    w->used = at;
}

/* The upper bits of the link type say whether and how long a frame check sequence follows; the lower 16 are the type.
 * 12 and 14 are what some systems wrote for raw IP before it got a number of its own. */
static uint16_t link_type(uint32_t field)
{
    uint16_t type = (uint16_t)field;
    return type == 12 || type == 14 ? LINKTYPE_RAW : type;
}

bool pcap_begin(struct capture_file *f, const uint8_t *p, size_t n, size_t *header_n)
{
    uint32_t magic;
    if (n < FILE_HEADER)
        return false;
    magic = u32(p, false);
    f->swapped = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1 || magic == 0x34cdb2a1;
    magic = u32(p, f->swapped);
    if (magic != 0xa1b2c3d4 && magic != 0xa1b23c4d && magic != 0xa1b2cd34)
        return false;
    f->nano = magic == 0xa1b23c4d;
    f->modified = magic == 0xa1b2cd34;
    uint32_t version = u32(p + 4, f->swapped); /* two halves, in the byte order of the file */
    uint32_t major = f->swapped == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) ? version >> 16 : version & 0xffff;
    f->minor = f->swapped == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) ? version & 0xffff : version >> 16;
    f->old_order = major == 2 && f->minor < 4;
    f->iface[0] = (struct ng_iface){.link_type = link_type(u32(p + 20, f->swapped)), .digits = f->nano ? 9 : 6};
    f->iface[0].snaplen = u32(p + 16, f->swapped);
    f->ifaces = 1;
    f->walk = pcap_walk;
    *header_n = FILE_HEADER;
    return true;
}
