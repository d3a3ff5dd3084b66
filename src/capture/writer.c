#include "capture/writer.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "capture/sink.h"

enum {
    PACKET_MAX = 262144, /* no reader takes more */
    RECORD_EDGE = 64,    /* what stands around the bytes of a packet, at most */
    HELD = 512 * 1024,   /* bytes collected before they are handed on */
    INTERFACES_MAX = 4096,
    LINKTYPE_ETHERNET = 1,
    SECTION_BYTES = 28,
    ENHANCED_EDGE = 32,
};

struct out_iface {
    uint16_t link_type;
    bool nano;
};

struct capture_writer {
    struct sink sink;
    bool pcap, begun;
    struct out_iface *iface; /* pcapng: one for each block written; pcap: the first is that of the file */
    uint32_t ifaces, ifaces_cap, last;
    bool failed;
    struct err error;
    size_t n;
    uint8_t held[HELD];
};

static bool has_suffix(const char *name, size_t n, const char *suffix)
{
    size_t k = strlen(suffix);
    return n >= k && view_ieq(view_of(name + n - k, k), view_of(suffix, k));
}

static bool fail(struct capture_writer *w, struct err *e)
{
    w->failed = true;
    w->error = *e;
    return false;
}

static bool out(struct capture_writer *w, enum sink_end end, struct err *e)
{
    bool ok = sink_write(&w->sink, w->held, w->n, end, e);
    w->n = 0;
    return ok || fail(w, e);
}

static bool room(struct capture_writer *w, size_t n, struct err *e)
{
    return w->n + n <= HELD || out(w, SINK_MORE, e);
}

static inline uint8_t *put16(uint8_t *p, uint16_t x)
{
    memcpy(p, &x, 2);
    return p + 2;
}

static inline uint8_t *put32(uint8_t *p, uint32_t x)
{
    memcpy(p, &x, 4);
    return p + 4;
}

/* The files are in the byte order of this machine; both formats say in their header which one that is. */
static bool begin(struct capture_writer *w, struct err *e)
{
    w->begun = true;
    if (!room(w, RECORD_EDGE, e))
        return false;
    uint8_t *p = w->held + w->n;
    if (w->pcap) {
        p = put32(p, w->iface[0].nano ? 0xa1b23c4d : 0xa1b2c3d4);
        p = put16(put16(p, 2), 4);
        p = put32(put32(p, 0), 0); /* time zone and accuracy: always 0 */
        p = put32(p, PACKET_MAX);
        p = put32(p, w->iface[0].link_type);
    } else {
        p = put32(put32(p, 0x0a0d0d0a), SECTION_BYTES);
        p = put32(p, 0x1a2b3c4d);
        p = put16(put16(p, 1), 0);
        p = put32(put32(p, 0xffffffff), 0xffffffff); /* section length: not known */
        p = put32(p, SECTION_BYTES);
    }
    w->n = (size_t)(p - w->held);
    return true;
}

static bool put_iface(struct capture_writer *w, const struct out_iface *i, struct err *e)
{
    uint32_t total = i->nano ? 32 : 20;
    if (!room(w, total, e))
        return false;
    uint8_t *p = put32(put32(w->held + w->n, 1), total);
    p = put32(put16(put16(p, i->link_type), 0), PACKET_MAX);
    if (i->nano) {
        p = put32(put16(put16(p, 9), 1), 0); /* if_tsresol, padded to 4 bytes */
        p[-4] = 9;                           /* 10^-9 s */
        p = put32(p, 0);                     /* end of options */
    }
    put32(p, total);
    w->n += total;
    return true;
}

/* The interface for packets of a link type and resolution, written when it is new. */
static bool find_iface(struct capture_writer *w, struct out_iface want, uint32_t *index, struct err *e)
{
    uint32_t i = w->last;
    if (i >= w->ifaces || w->iface[i].link_type != want.link_type || w->iface[i].nano != want.nano)
        for (i = 0; i < w->ifaces; i++)
            if (w->iface[i].link_type == want.link_type && w->iface[i].nano == want.nano)
                break;
    if (i == w->ifaces) {
        if (i == INTERFACES_MAX)
            return err_set(e, EXIT_IO, "%s: more than %d kinds of link", w->sink.name, INTERFACES_MAX);
        if (i == w->ifaces_cap) {
            struct out_iface *p = mem_realloc(w->iface, 2 * w->ifaces_cap * sizeof *p);
            if (!p)
                return err_set(e, EXIT_IO, "%s: not enough memory to write the capture", w->sink.name);
            w->iface = p;
            w->ifaces_cap *= 2;
        }
        if (!put_iface(w, &want, e))
            return false;
        w->iface[w->ifaces++] = want;
    }
    *index = w->last = i;
    return true;
}

static bool put_pcap(struct capture_writer *w, const struct packet *k, uint64_t ns, struct err *e)
{
    uint64_t seconds = ns / 1000000000, rest = ns % 1000000000;
    if (k->link_type != w->iface[0].link_type)
        return err_set(e, EXIT_IO,
                       "%s: a pcap file holds one link type (this has %u and %u); write a .pcapng file instead",
                       w->sink.name, w->iface[0].link_type, k->link_type);
    if (!room(w, RECORD_EDGE + k->caplen, e))
        return false;
    uint8_t *p = w->held + w->n;
    p = put32(p, (uint32_t)(seconds < UINT32_MAX ? seconds : UINT32_MAX));
    p = put32(p, (uint32_t)(w->iface[0].nano ? rest : rest / 1000));
    p = put32(put32(p, k->caplen), k->len);
    if (k->caplen)
        memcpy(p, k->data, k->caplen);
    w->n += 16 + k->caplen;
    return true;
}

static bool put_pcapng(struct capture_writer *w, const struct packet *k, uint64_t ns, bool nano, struct err *e)
{
    uint32_t iface = 0, padded = (k->caplen + 3u) & ~3u, total = ENHANCED_EDGE + padded;
    uint64_t ticks = nano ? ns : ns / 1000;
    if (!find_iface(w, (struct out_iface){k->link_type, nano}, &iface, e) || !room(w, total, e))
        return false;
    uint8_t *p = put32(put32(w->held + w->n, 6), total);
    p = put32(p, iface);
    p = put32(put32(p, (uint32_t)(ticks >> 32)), (uint32_t)ticks);
    p = put32(put32(p, k->caplen), k->len);
    if (padded)
        put32(p + padded - 4, 0); /* the padding, under the bytes that follow */
    if (k->caplen)
        memcpy(p, k->data, k->caplen);
    put32(p + padded, total);
    w->n += total;
    return true;
}

bool capture_write(struct capture_writer *w, const struct packet *k, struct err *e)
{
    uint64_t ns = k->ts_ns > 0 ? (uint64_t)k->ts_ns : 0;
    bool nano = k->ts_digits > 6 || ns % 1000 != 0;
    if (w->failed) {
        *e = w->error;
        return false;
    }
    if (k->caplen > PACKET_MAX) {
        err_set(e, EXIT_IO, "%s: a packet of %u bytes is longer than a record may be", w->sink.name, k->caplen);
        return fail(w, e);
    }
    if (!w->begun) {
        w->iface[0] = (struct out_iface){k->link_type, nano};
        if (!begin(w, e))
            return fail(w, e);
    }
    return (w->pcap ? put_pcap(w, k, ns, e) : put_pcapng(w, k, ns, nano, e)) || fail(w, e);
}

bool capture_flush(struct capture_writer *w, struct err *e)
{
    if (!w->failed)
        return out(w, SINK_FLUSH, e);
    *e = w->error;
    return false;
}

static struct capture_writer *writer_new(void)
{
    struct capture_writer *w = mem_alloc(sizeof *w);
    if (!w)
        return NULL;
    memset(w, 0, offsetof(struct capture_writer, held));
    w->ifaces_cap = 4;
    w->iface = mem_alloc(w->ifaces_cap * sizeof *w->iface);
    if (w->iface)
        return w;
    mem_free(w);
    return NULL;
}

struct capture_writer *capture_create(const char *path, enum capture_format format, struct err *e)
{
    size_t n = strlen(path);
    bool gzip = has_suffix(path, n, ".gz"), zstd = has_suffix(path, n, ".zst");
    n -= gzip ? 3 : zstd ? 4 : 0;
    struct capture_writer *w = writer_new();
    if (!w) {
        err_set(e, EXIT_IO, "%s: not enough memory to write the capture", path);
        return NULL;
    }
    w->pcap = format == CAPTURE_PCAP || (format == CAPTURE_BY_NAME && has_suffix(path, n, ".pcap"));
    w->iface[0] = (struct out_iface){LINKTYPE_ETHERNET, false};
    if (sink_open(&w->sink, path, gzip ? SINK_GZIP : zstd ? SINK_ZSTD : SINK_PLAIN, e))
        return w;
    mem_free(w->iface);
    mem_free(w);
    return NULL;
}

bool capture_finish(struct capture_writer *w, struct err *e)
{
    if (!w)
        return true;
    bool ok = !w->failed;
    if (!ok)
        *e = w->error;
    ok = ok && (w->begun || begin(w, e)) && out(w, SINK_END, e);
    ok = sink_close(&w->sink, ok, e) && ok;
    mem_free(w->iface);
    mem_free(w);
    return ok;
}
