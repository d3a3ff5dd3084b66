#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "capture/priv.h"

enum {
    READ_MIN = 8 * 1024,
    SCRATCH_MIN = 4096,
    QUIET_MAX = 16 * CAPTURE_BATCH_BYTES, /* bytes walked without a packet before the caller gets its turn */
};

static bool unrecognised(struct capture_file *f, struct err *e)
{
    const char *what = describe_bytes(f->carry, f->carry_n), *packing = source_packing(&f->src);
    if (f->src.reason[0] && f->carry_n < HEAD_MIN)
        return err_set(e, EXIT_IO, "%s: %s", f->name, f->src.reason);
    if (packing[0])
        return err_set(e, EXIT_IO, "%s: a %s file with no capture in it (%s)", f->name, packing, what);
    return err_set(e, EXIT_IO, "%s: %s", f->name, what);
}

/* Reads enough to tell the format; the bytes wait in carry. */
static bool begin(struct capture_file *f, struct err *e)
{
    size_t got, header = 0;
    f->ifaces_cap = 4;
    f->iface = mem_alloc(f->ifaces_cap * sizeof *f->iface);
    f->carry = mem_alloc(CARRY_CAP);
    if (!f->iface || !f->carry)
        return out_of_memory(e);
    while (f->carry_n < HEAD_MIN && (got = source_read(&f->src, f->carry + f->carry_n, HEAD_MIN - f->carry_n)))
        f->carry_n += got;
    if (pcapng_begin(f, f->carry, f->carry_n))
        return true;
    if (!pcap_begin(f, f->carry, f->carry_n, &header))
        return unrecognised(f, e);
    struct capture_iface g = {.file = f->name,
                              .link_type = f->iface[0].link_type,
                              .ts_digits = f->iface[0].digits,
                              .snaplen = f->iface[0].snaplen};
    f->iface[0].global = reader_add_iface(f->r, &g);
    f->first_link = g.link_type;
    f->offset = header;
    f->carry_n -= header;
    memmove(f->carry, f->carry + header, f->carry_n);
    return f->iface[0].global != UINT32_MAX || out_of_memory(e);
}

bool file_open(struct capture_file *f, struct err *e)
{
    bool opened = f->in_memory ? source_open_memory(&f->src, f->mem, f->mem_n, e)
                               : source_open(&f->src, f->path, f->name, &f->r->stop, e);
    if (!opened)
        return false;
    f->open = true;
    f->ended = f->in_section = f->nano = f->modified = f->old_order = false;
    f->ifaces = 0;
    f->carry_n = 0;
    f->offset = f->packets = f->dropped = f->skipped_blocks = 0;
    f->last_ts = TS_NONE;
    if (begin(f, e))
        return true;
    file_close(f);
    return false;
}

void file_close(struct capture_file *f)
{
    if (f->open)
        source_close(&f->src);
    mem_free(f->carry);
    mem_free(f->iface);
    f->carry = NULL;
    f->iface = NULL;
    f->open = false;
}

/* A regular file that is only looked at will meet its damage again when it is read. */
static void end_damaged(struct capture_file *f, uint64_t offset, const char *reason)
{
    f->ended = true;
    if (!f->peeking || !f->src.regular)
        reader_damage(f->r, f->name, offset, reason);
}

/* The bytes of b while they are filled: have of them are there, and bytes[0] is byte `base` of the capture. */
struct filling {
    struct batch *b;
    uint8_t *bytes;
    size_t have;
    uint64_t base;
    bool more; /* the walk ended because there were enough packets: there may be another one among the bytes */
    struct walk w;
};

static void ended(struct capture_file *f, struct filling *g)
{
    char reason[CAPTURE_REASON_MAX];
    size_t rest = g->have - g->w.used;
    f->ended = true;
    if (f->src.reason[0]) {
        end_damaged(f, g->base + g->have, f->src.reason);
    } else if (rest && !atomic_load(&f->r->stop.set)) {
        snprintf(reason, sizeof reason, "it ends after %zu of the %s%zu bytes of a record", rest,
                 g->w.need <= 24 ? "at least " : "", g->w.need);
        end_damaged(f, g->base + g->w.used, reason);
    }
}

/* Passes over a block of no interest, of which a part is already there. */
static void pass(struct capture_file *f, struct filling *g)
{
    size_t there = g->have - g->w.used;
    uint64_t rest = g->w.skip - there;
    uint64_t got = source_skip(&f->src, rest, g->bytes + g->w.used, CAPTURE_BATCH_BYTES - g->w.used);
    if (got < rest) {
        end_damaged(f, g->base + g->w.used,
                    f->src.reason[0] ? f->src.reason : "it ends inside a block that holds no packet");
        return;
    }
    g->base += g->w.skip;
    g->have = g->w.used;
    g->w.n = g->have;
    g->w.skip = 0;
}

/* Bytes to ask for: what the missing packets will need if they are like those before, so that little is left over. */
static size_t read_size(const struct capture_file *f, const struct filling *g)
{
    uint64_t mean = f->packets ? (g->base + g->w.used) / f->packets + 1 : 64;
    uint64_t want = (g->b->cap - g->b->n) * mean;
    size_t room = CAPTURE_BATCH_BYTES - g->have;
    want = want < READ_MIN ? READ_MIN : want > CHUNK ? CHUNK : want;
    return want < room ? (size_t)want : room;
}

/* As long as b holds no packet its bytes are free again. */
static void compact(struct filling *g)
{
    if (g->b->n || !g->w.used)
        return;
    g->have -= g->w.used;
    memmove(g->bytes, g->bytes + g->w.used, g->have);
    g->base += g->w.used;
    g->w.used = 0;
    g->w.n = g->have;
}

static bool walk(struct capture_file *f, struct filling *g, struct err *e)
{
    uint32_t from = g->b->n;
    uint64_t untimed = g->w.untimed;
    g->w.skip = 0;
    f->walk(f, &g->w);
    g->more = g->w.packets == g->w.cap;
    g->b->n = g->w.packets;
    f->packets += g->w.packets - from;
    if (!f->peeking) {
        f->r->stats.untimed_packets += g->w.untimed - untimed;
        reader_account(f->r, g->b, from, f->last_ts != TS_NONE);
        g->w.packets = g->b->n;
    }
    if (g->w.no_memory)
        return out_of_memory(e);
    if (g->w.damaged)
        end_damaged(f, g->base + g->w.used, g->w.reason);
    return true;
}

/* Full: of packets, of bytes, or because there is nothing more to have at this moment. */
static bool full(const struct capture_file *f, const struct filling *g)
{
    size_t floor = g->w.skip ? CAPTURE_BATCH_BYTES - SCRATCH_MIN : CAPTURE_BATCH_BYTES;
    if (g->b->n == g->b->cap || (g->w.skip ? g->w.used : g->have) >= floor)
        return true;
    return (g->b->n && !source_ready(&f->src)) || g->base - f->offset > QUIET_MAX || atomic_load(&f->r->stop.set);
}

static bool fill(struct capture_file *f, struct filling *g, struct err *e)
{
    for (;;) {
        if (!walk(f, g, e))
            return false;
        if (f->ended)
            return true;
        if (g->more && g->b->n < g->b->cap) /* the filter made room */
            continue;
        compact(g);
        if (full(f, g))
            return true;
        if (g->w.skip) {
            pass(f, g);
            if (f->ended)
                return true;
            continue;
        }
        size_t got = source_read(&f->src, g->bytes + g->have, read_size(f, g));
        if (got == 0) {
            ended(f, g);
            return true;
        }
        g->have += got;
        g->w.n = g->have;
    }
}

bool file_read(struct capture_file *f, struct batch *b, struct err *e)
{
    if (!reader_room(b, e))
        return false;
    struct filling g = {.b = b, .bytes = (uint8_t *)b->bytes, .have = f->carry_n, .base = f->offset};
    g.w = (struct walk){.p = g.bytes, .n = g.have, .packet = b->packet, .cap = b->cap};
    memcpy(g.bytes, f->carry, f->carry_n);
    if (!fill(f, &g, e))
        return false;
    size_t keep = g.w.used;
    if (f->peeking && b->n) { /* as if the packet had not been met */
        keep = g.w.last_at;
        f->dropped -= g.w.last_drops;
        f->packets = 0;
        f->first_link = b->packet[0].link_type;
        f->first_ts = g.w.untimed ? TS_NONE : b->packet[0].ts_ns;
    }
    f->carry_n = g.have - keep;
    assert(f->carry_n <= CARRY_CAP);
    memcpy(f->carry, g.bytes + keep, f->carry_n);
    f->offset = g.base + keep;
    b->bytes_n = g.w.used;
    return true;
}

bool file_peek(struct capture_file *f, struct batch *scratch, struct err *e)
{
    uint32_t ifaces = f->r->ifaces;
    bool ok;
    f->first_ts = TS_NONE;
    f->first_link = -1;
    if (!file_open(f, e))
        return false;
    if (!f->src.regular && f->r->files == 1) /* nothing to put in order: do not wait for a packet of a pipe */
        return true;
    f->peeking = true;
    do {
        batch_reset(scratch);
        ok = file_read(f, scratch, e);
    } while (ok && scratch->n == 0 && !f->ended);
    f->peeking = false;
    if (f->src.regular) {
        file_close(f);
        f->ended = false;
        f->r->ifaces = ifaces;
    }
    return ok;
}
