#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "capture/priv.h"

/* Block and option numbers of the pcapng specification (draft-ietf-opsawg-pcapng). */
enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2, /* obsolete */
    BLOCK_SIMPLE = 3,
    BLOCK_NAMES = 4,
    BLOCK_STATISTICS = 5,
    BLOCK_ENHANCED = 6,
    BLOCK_SECRETS = 10,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    IF_NAME = 2,
    IF_TSRESOL = 9,
    IF_TSOFFSET = 14,
    ISB_IFDROP = 5,
    ISB_OSDROP = 7,
    EPB_DROPCOUNT = 4,
    BLOCK_EDGE = 12,    /* type, length, and the length again at the end */
    BODY_ENHANCED = 20, /* interface, time high and low, captured and original length */
    BODY_INTERFACE = 8,
    BODY_SECTION = 16,
    BODY_STATISTICS = 12,
    DROPS_UNKNOWN = 0xffff, /* of the obsolete packet block */
};

/* The block at hand: its body without the edge. */
struct block {
    const uint8_t *body;
    uint32_t type, body_n;
    bool swapped;
};

static inline uint16_t u16(const uint8_t *p, bool swapped)
{
    uint16_t x;
    memcpy(&x, p, 2);
    return swapped ? __builtin_bswap16(x) : x;
}

static inline uint32_t u32(const uint8_t *p, bool swapped)
{
    uint32_t x;
    memcpy(&x, p, 4);
    return swapped ? __builtin_bswap32(x) : x;
}

static inline uint64_t u64(const uint8_t *p, bool swapped)
{
    uint64_t x;
    memcpy(&x, p, 8);
    return swapped ? __builtin_bswap64(x) : x;
}

struct option {
    uint16_t code, n;
    const uint8_t *p;
};

/* The option at *at of the block's body, *at moved past it; false at the end of the list or when it does not fit. */
static bool next_option(const struct block *k, uint32_t *at, struct option *o)
{
    if (k->body_n < 4 || *at > k->body_n - 4)
        return false;
    o->code = u16(k->body + *at, k->swapped);
    o->n = u16(k->body + *at + 2, k->swapped);
    o->p = k->body + *at + 4;
    if (o->code == 0 || o->n > k->body_n - *at - 4)
        return false;
    *at += 4 + ((o->n + 3u) & ~3u);
    return true;
}

static uint64_t power_of_10(unsigned n)
{
    uint64_t x = 1;
    while (n--)
        x *= 10;
    return x;
}

/* if_tsresol: ticks of 10^-n s, or of 2^-n s if the top bit is set. */
static void set_resolution(struct ng_iface *i, uint8_t resolution)
{
    unsigned n = resolution & 0x7f;
    bool binary = resolution & 0x80;
    unsigned digits = binary ? (n * 30103u + 99999u) / 100000u : n; /* log10(2), rounded up */
    i->resolution = resolution;
    i->digits = (uint8_t)(digits < 9 ? digits : 9);
    i->scale = binary ? (n == 0 ? 1000000000u : 0) : n <= 9 ? power_of_10(9 - n) : 0;
}

static int64_t time_of(const struct ng_iface *i, uint64_t ticks)
{
    unsigned n = i->resolution & 0x7f;
    __int128 ns;
    if (i->scale && ticks <= (uint64_t)INT64_MAX / i->scale)
        ns = (int64_t)(ticks * i->scale);
    else if (i->scale)
        ns = (__int128)ticks * i->scale;
    else if (i->resolution & 0x80)
        ns = n < 64 ? ((__int128)ticks * 1000000000) >> n : 0;
    else
        ns = n - 9 <= 19 ? ticks / power_of_10(n - 9) : 0;
    return time_clamp(ns + i->offset_ns);
}

/* Packets and statistics may both state losses of an interface: the larger of the two is believed, and the file's count
 * moves by what is new. */
static void note_drops(struct capture_file *f, struct ng_iface *i, uint64_t more_seen, uint64_t stated)
{
    uint64_t before = i->drops_seen > i->drops_stated ? i->drops_seen : i->drops_stated;
    if (__builtin_add_overflow(i->drops_seen, more_seen, &i->drops_seen))
        i->drops_seen = UINT64_MAX;
    if (stated > i->drops_stated)
        i->drops_stated = stated;
    uint64_t after = i->drops_seen > i->drops_stated ? i->drops_seen : i->drops_stated;
    if (__builtin_add_overflow(f->dropped, after - before, &f->dropped))
        f->dropped = UINT64_MAX;
}

static void section(struct capture_file *f, struct walk *w, const struct block *k)
{
    if (k->body_n < BODY_SECTION) {
        walk_damage(w, "a section header of %u bytes", k->body_n + BLOCK_EDGE);
        return;
    }
    uint16_t major = u16(k->body + 4, k->swapped);
    if (major != 1) {
        walk_damage(w, "a section of pcapng version %u", major);
        return;
    }
    f->in_section = true;
    f->swapped = k->swapped;
    f->ifaces = 0; /* a section forgets the interfaces of the one before */
}

static bool iface_room(struct capture_file *f, struct walk *w)
{
    if (f->ifaces == IFACES_MAX) {
        walk_damage(w, "more than %d interfaces in a section", IFACES_MAX);
        return false;
    }
    if (f->ifaces < f->ifaces_cap)
        return true;
    uint32_t cap = f->ifaces_cap * 2;
    struct ng_iface *p = mem_realloc(f->iface, cap * sizeof *p);
    w->no_memory = p == NULL;
    if (!p)
        return false;
    f->iface = p;
    f->ifaces_cap = cap;
    return true;
}

static void interface(struct capture_file *f, struct walk *w, const struct block *k)
{
    struct option o;
    uint32_t at = BODY_INTERFACE;
    if (k->body_n < BODY_INTERFACE) {
        walk_damage(w, "an interface description of %u bytes", k->body_n + BLOCK_EDGE);
        return;
    }
    if (!iface_room(f, w))
        return;
    struct ng_iface *i = &f->iface[f->ifaces];
    struct capture_iface g = {.file = f->name};
    *i = (struct ng_iface){.link_type = u16(k->body, k->swapped), .snaplen = u32(k->body + 4, k->swapped)};
    set_resolution(i, 6);
    while (next_option(k, &at, &o)) {
        if (o.code == IF_NAME)
            snprintf(g.name, sizeof g.name, "%.*s", (int)o.n, (const char *)o.p);
        else if (o.code == IF_TSRESOL && o.n == 1)
            set_resolution(i, o.p[0]);
        else if (o.code == IF_TSOFFSET && o.n == 8)
            i->offset_ns = time_clamp((__int128)(int64_t)u64(o.p, k->swapped) * 1000000000);
    }
    g.link_type = i->link_type;
    g.ts_digits = i->digits;
    g.snaplen = i->snaplen;
    i->global = reader_add_iface(f->r, &g);
    w->no_memory = i->global == UINT32_MAX;
    f->ifaces++;
}

static void statistics(struct capture_file *f, const struct block *k)
{
    struct option o;
    uint32_t at = BODY_STATISTICS;
    uint64_t drops = 0, n;
    if (k->body_n < BODY_STATISTICS || u32(k->body, k->swapped) >= f->ifaces)
        return;
    while (next_option(k, &at, &o)) {
        if ((o.code != ISB_IFDROP && o.code != ISB_OSDROP) || o.n != 8)
            continue;
        n = u64(o.p, k->swapped);
        if (n != UINT64_MAX && __builtin_add_overflow(drops, n, &drops)) /* all ones: not known */
            drops = UINT64_MAX;
    }
    note_drops(f, &f->iface[u32(k->body, k->swapped)], 0, drops);
}

static void packet_options(struct capture_file *f, struct walk *w, const struct block *k, uint32_t at,
                           struct ng_iface *i)
{
    struct option o;
    while (next_option(k, &at, &o)) {
        if (o.code != EPB_DROPCOUNT || o.n != 8)
            continue;
        w->last_drops = u64(o.p, k->swapped);
        note_drops(f, i, w->last_drops, 0);
    }
}

/* Checks what a packet block says of itself and appends the packet; NULL when it cannot be. */
static struct packet *add_packet(struct capture_file *f, struct walk *w, const struct block *k, uint32_t iface,
                                 uint32_t header, uint32_t caplen, uint32_t len)
{
    if (iface >= f->ifaces) {
        walk_damage(w, "a packet of interface %u, but the section has %u", iface, f->ifaces);
        return NULL;
    }
    if (caplen > CAPTURE_PACKET_MAX || caplen > k->body_n - header) {
        walk_damage(w, "a packet block of %u bytes claims %u captured bytes", k->body_n + BLOCK_EDGE, caplen);
        return NULL;
    }
    const struct ng_iface *i = &f->iface[iface];
    struct packet *p = &w->packet[w->packets++];
    *p = (struct packet){.data = k->body + header,
                         .caplen = caplen,
                         .len = len,
                         .iface = i->global,
                         .link_type = i->link_type,
                         .ts_digits = i->digits,
                         .flags = caplen < len ? PACKET_TRUNCATED : 0};
    return p;
}

static void enhanced(struct capture_file *f, struct walk *w, const struct block *k)
{
    if (k->body_n < BODY_ENHANCED) {
        walk_damage(w, "a packet block of %u bytes", k->body_n + BLOCK_EDGE);
        return;
    }
    uint32_t first = u32(k->body, k->swapped), caplen = u32(k->body + 12, k->swapped);
    bool old = k->type == BLOCK_PACKET;
    uint32_t iface = old ? u16(k->body, k->swapped) : first;
    struct packet *p = add_packet(f, w, k, iface, BODY_ENHANCED, caplen, u32(k->body + 16, k->swapped));
    if (!p)
        return;
    struct ng_iface *i = &f->iface[iface];
    uint64_t ticks = (uint64_t)u32(k->body + 4, k->swapped) << 32 | u32(k->body + 8, k->swapped);
    p->ts_ns = f->last_ts = time_of(i, ticks);
    w->last_drops = 0;
    if (old && u16(k->body + 2, k->swapped) != DROPS_UNKNOWN) {
        w->last_drops = u16(k->body + 2, k->swapped);
        note_drops(f, i, w->last_drops, 0);
    }
    uint32_t after = BODY_ENHANCED + ((caplen + 3u) & ~3u);
    if (!old && after < k->body_n)
        packet_options(f, w, k, after, i);
}

static void simple(struct capture_file *f, struct walk *w, const struct block *k)
{
    if (k->body_n < 4 || f->ifaces == 0) {
        walk_damage(w, "a simple packet block of %u bytes with %u interfaces", k->body_n + BLOCK_EDGE, f->ifaces);
        return;
    }
    uint32_t len = u32(k->body, k->swapped), caplen = len, snaplen = f->iface[0].snaplen;
    if (snaplen && caplen > snaplen)
        caplen = snaplen;
    if (caplen > k->body_n - 4)
        caplen = k->body_n - 4; /* writers with another idea of the snap length */
    struct packet *p = add_packet(f, w, k, 0, 4, caplen, len);
    if (!p)
        return;
    p->ts_ns = f->last_ts == TS_NONE ? 0 : f->last_ts;
    w->untimed++;
    w->last_drops = 0;
}

static bool is_packet(uint32_t type)
{
    return type == BLOCK_ENHANCED || type == BLOCK_SIMPLE || type == BLOCK_PACKET;
}

static bool is_wanted(uint32_t type)
{
    return is_packet(type) || type == BLOCK_SECTION || type == BLOCK_INTERFACE || type == BLOCK_STATISTICS;
}

static void use_block(struct capture_file *f, struct walk *w, const struct block *k, size_t at)
{
    if (is_packet(k->type)) {
        uint32_t before = w->packets;
        k->type == BLOCK_SIMPLE ? simple(f, w, k) : enhanced(f, w, k);
        if (w->packets > before)
            w->last_at = at;
        return;
    }
    if (k->type == BLOCK_SECTION)
        section(f, w, k);
    else if (k->type == BLOCK_INTERFACE)
        interface(f, w, k);
    else
        statistics(f, k);
}

/* Type, byte order and length of the block that begins at p (n bytes there); 0 when more bytes are needed (w->need)
 * or when it is damaged. */
static uint32_t block_length(struct capture_file *f, struct walk *w, const uint8_t *p, size_t n, struct block *k)
{
    w->need = BLOCK_EDGE;
    if (n < BLOCK_EDGE)
        return 0;
    k->swapped = f->swapped;
    k->type = u32(p, k->swapped);
    if (k->type == BLOCK_SECTION) { /* reads the same in both orders; the magic after the length tells which */
        uint32_t magic = u32(p + 8, false);
        k->swapped = magic == __builtin_bswap32(BYTE_ORDER_MAGIC);
        if (!k->swapped && magic != BYTE_ORDER_MAGIC) {
            walk_damage(w, "a section header without a byte-order mark");
            return 0;
        }
    }
    uint32_t total = u32(p + 4, k->swapped);
    if (total < BLOCK_EDGE || total % 4 || (is_wanted(k->type) && total > BLOCK_MAX)) {
        walk_damage(w, "a block of type %#x claims a length of %u", k->type, total);
        return 0;
    }
    return total;
}

static void pcapng_walk(struct capture_file *f, struct walk *w)
{
    while (w->packets < w->cap && !w->damaged && !w->no_memory) {
        struct block k;
        const uint8_t *p = w->p + w->used;
        size_t n = w->n - w->used;
        uint32_t total = block_length(f, w, p, n, &k);
        if (total == 0)
            break;
        if (!is_wanted(k.type)) {
            f->skipped_blocks += k.type != BLOCK_NAMES && k.type != BLOCK_SECRETS;
            w->skip = total;
            if (n < total)
                break;
            w->skip = 0;
            w->used += total;
            continue;
        }
        w->need = total;
        if (n < total)
            break;
        if (u32(p + total - 4, k.swapped) != total) {
            walk_damage(w, "a block of type %#x ends with another length than it begins with", k.type);
            break;
        }
        k.body = p + 8;
        k.body_n = total - BLOCK_EDGE;
        use_block(f, w, &k, w->used);
        if (!w->damaged && !w->no_memory)
            w->used += total;
    }
}

bool pcapng_begin(struct capture_file *f, const uint8_t *p, size_t n)
{
    if (n < HEAD_MIN || u32(p, false) != BLOCK_SECTION)
        return false;
    uint32_t magic = u32(p + 8, false);
    if (magic != BYTE_ORDER_MAGIC && magic != __builtin_bswap32(BYTE_ORDER_MAGIC))
        return false;
    f->swapped = magic != BYTE_ORDER_MAGIC;
    f->walk = pcapng_walk;
    return true;
}
