#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "capture/priv.h"

bool out_of_memory(struct err *e)
{
    return err_set(e, EXIT_IO, "not enough memory to read the capture");
}

bool reader_room(struct batch *b, struct err *e)
{
    if (b->bytes_cap >= CAPTURE_BATCH_BYTES)
        return true;
    char *p = mem_alloc(CAPTURE_BATCH_BYTES);
    if (!p)
        return out_of_memory(e);
    mem_free(b->bytes);
    b->bytes = p;
    b->bytes_cap = CAPTURE_BATCH_BYTES;
    return true;
}

uint32_t reader_add_iface(struct capture_reader *r, const struct capture_iface *i)
{
    if (r->ifaces == IFACES_MAX)
        return IFACES_MAX - 1;
    if (r->ifaces == r->ifaces_cap) {
        uint32_t cap = r->ifaces_cap ? r->ifaces_cap * 2 : 8;
        struct capture_iface *p = mem_realloc(r->iface, cap * sizeof *p);
        if (!p)
            return UINT32_MAX;
        r->iface = p;
        r->ifaces_cap = cap;
    }
    r->iface[r->ifaces] = *i;
    return r->ifaces++;
}

void reader_damage(struct capture_reader *r, const char *file, uint64_t offset, const char *reason)
{
    if (r->stats.damages >= r->files) /* one for each file */
        return;
    struct capture_damage *d = &r->damage[r->stats.damages++];
    d->file = file;
    d->offset = offset;
    snprintf(d->reason, sizeof d->reason, "%s", reason);
}

static void count_link(struct capture_reader *r, uint16_t type)
{
    struct capture_stats *s = &r->stats;
    uint32_t i = 0;
    while (i < s->links && s->link[i].type != type)
        i++;
    if (i == s->links) {
        if (s->links == CAPTURE_LINKS_MAX)
            i = CAPTURE_LINKS_MAX - 1;
        else
            s->link[s->links++] = (struct capture_link){.type = type};
    }
    r->last_link = i;
}

static void count(struct capture_reader *r, const struct packet *p, const struct packet *end, bool timed)
{
    struct capture_stats *s = &r->stats;
    for (; p < end; p++) {
        if (r->last_link >= s->links || s->link[r->last_link].type != p->link_type)
            count_link(r, p->link_type);
        s->link[r->last_link].packets++;
        s->bytes += p->caplen;
        s->wire_bytes += p->len;
        s->truncated_packets += p->caplen < p->len;
        if (!timed)
            continue;
        if (p->ts_ns < s->first_ts || s->first_ts == TS_NONE)
            s->first_ts = p->ts_ns;
        if (p->ts_ns > s->last_ts)
            s->last_ts = p->ts_ns;
    }
}

void reader_account(struct capture_reader *r, struct batch *b, uint32_t from, bool timed)
{
    uint64_t number = r->stats.packets;
    for (uint32_t i = from; i < b->n; i++)
        b->packet[i].number = ++number;
    r->stats.packets = number;
    if (r->filter) {
        uint32_t kept = filter_run(r->filter, b->packet + from, b->n - from, &r->stats.filter_unfit);
        r->stats.filtered += b->n - from - kept;
        b->n = from + kept;
    }
    count(r, b->packet + from, b->packet + b->n, timed);
}

static int by_first_packet(const void *a, const void *b)
{
    const struct capture_file *x = a, *y = b;
    if (x->first_ts != y->first_ts) {
        if (x->first_ts == TS_NONE || y->first_ts == TS_NONE)
            return x->first_ts == TS_NONE ? 1 : -1;
        return x->first_ts < y->first_ts ? -1 : 1;
    }
    return x->given < y->given ? -1 : x->given > y->given;
}

/* Looks at every file before anything is handed out. */
static bool look(struct capture_reader *r, struct err *e)
{
    struct batch scratch;
    bool ok = batch_init(&scratch, 1) || out_of_memory(e);
    for (size_t i = 0; ok && i < r->files; i++) {
        struct capture_file *f = &r->file[i];
        f->r = r;
        f->given = i;
        ok = file_peek(f, &scratch, e);
        r->stats.bytes_total += f->src.size;
    }
    batch_release(&scratch);
    qsort(r->file, r->files, sizeof *r->file, by_first_packet);
    return ok;
}

static bool init(struct capture_reader *r, size_t files, struct err *e)
{
    r->stats.first_ts = r->stats.last_ts = TS_NONE;
    r->file = mem_calloc(files, sizeof *r->file);
    r->damage = mem_calloc(files, sizeof *r->damage);
    r->stats.damage = r->damage;
    if (!r->file || !r->damage)
        return out_of_memory(e);
    r->files = files;
    r->stats.files = (uint32_t)files;
    return true;
}

static bool name_files(struct capture_reader *r, const char *const *paths, struct err *e)
{
    bool input = false;
    for (size_t i = 0; i < r->files; i++) {
        char *copy = mem_alloc(strlen(paths[i]) + 1);
        if (!copy)
            return out_of_memory(e);
        strcpy(copy, paths[i]);
        r->file[i].path = copy;
        r->file[i].name = copy;
        if (strcmp(copy, "-") != 0)
            continue;
        r->file[i].name = "standard input";
        if (input)
            return err_set(e, EXIT_USAGE, "standard input (-) can be read only once");
        input = true;
    }
    return true;
}

struct capture_reader *capture_open(const char *const *paths, size_t n, struct err *e)
{
    if (n == 0) {
        err_set(e, EXIT_USAGE, "no capture file is named");
        return NULL;
    }
    struct capture_reader *r = mem_calloc(1, sizeof *r);
    if (!r) {
        out_of_memory(e);
        return NULL;
    }
    if (init(r, n, e) && name_files(r, paths, e) && look(r, e))
        return r;
    capture_close(r);
    return NULL;
}

struct capture_reader *capture_open_memory(const void *data, size_t n, struct err *e)
{
    struct capture_reader *r = mem_calloc(1, sizeof *r);
    if (!r) {
        out_of_memory(e);
        return NULL;
    }
    if (init(r, 1, e)) {
        r->file[0].in_memory = true;
        r->file[0].mem = data;
        r->file[0].mem_n = n;
        r->file[0].name = "memory";
        if (look(r, e))
            return r;
    }
    capture_close(r);
    return NULL;
}

bool capture_set_filter(struct capture_reader *r, const char *text, struct err *e)
{
    struct filter *f = filter_new(text);
    bool ok = f != NULL || out_of_memory(e), any = false;
    for (size_t i = 0; ok && i < r->files; i++) {
        if (r->file[i].first_link < 0)
            continue;
        ok = filter_add(f, (uint16_t)r->file[i].first_link, e);
        any = true;
    }
    if (ok && !any)
        ok = filter_add(f, 1, e); /* Ethernet, the most likely one */
    if (!ok) {
        filter_free(f);
        return false;
    }
    filter_free(r->filter);
    r->filter = f;
    return true;
}

/* Moves what a file counted so far into the run's counters. */
static void collect(struct capture_reader *r, struct capture_file *f)
{
    if (__builtin_add_overflow(r->stats.dropped, f->dropped, &r->stats.dropped))
        r->stats.dropped = UINT64_MAX;
    r->stats.skipped_blocks += f->skipped_blocks;
    f->dropped = f->skipped_blocks = 0;
    r->stats.bytes_done = r->done_before + f->src.raw_done;
}

static void next_file(struct capture_reader *r, struct capture_file *f)
{
    file_close(f);
    r->done_before += f->src.size > f->src.raw_done ? f->src.size : f->src.raw_done;
    r->stats.bytes_done = r->done_before;
    r->stats.files_done++;
    r->current++;
}

/* A file that could be opened when the run began, but not any more, is damaged from its first byte. */
static void lost(struct capture_reader *r, struct capture_file *f, const struct err *e)
{
    size_t n = strlen(f->name);
    bool named = strncmp(e->text, f->name, n) == 0 && e->text[n] == ':';
    reader_damage(r, f->name, 0, named ? e->text + n + 2 : e->text);
    f->src.size = f->src.raw_done = 0;
    f->ended = true;
}

static bool read_files(struct capture_reader *r, struct batch *b, struct err *e)
{
    while (r->current < r->files && !atomic_load(&r->stop.set)) {
        struct capture_file *f = &r->file[r->current];
        struct err why; /* not the caller's: this does not end the run */
        if (!f->ended && !f->open && !file_open(f, &why))
            lost(r, f, &why);
        if (!f->ended && !file_read(f, b, e))
            return false;
        collect(r, f);
        if (f->ended)
            next_file(r, f);
        if (b->n || (!f->ended && !atomic_load(&r->stop.set)))
            return true;
    }
    return err_set(e, EXIT_DONE, "end of the capture");
}

bool capture_read(struct capture_reader *r, struct batch *b, struct err *e)
{
    batch_reset(b);
    if (r->failed) {
        *e = r->error;
        return false;
    }
    if (r->live ? live_read(r, b, e) : read_files(r, b, e))
        return true;
    batch_reset(b);
    r->failed = true;
    r->error = *e;
    return false;
}

const struct capture_stats *capture_stats(const struct capture_reader *r)
{
    return &r->stats;
}

const struct capture_iface *capture_iface(const struct capture_reader *r, uint32_t iface)
{
    return iface < r->ifaces ? &r->iface[iface] : NULL;
}

const char *capture_file(const struct capture_reader *r, uint32_t i)
{
    return i < r->files ? r->file[i].name : NULL;
}

bool capture_reads(const struct capture_reader *r, const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    for (size_t i = 0; i < r->files; i++)
        if (r->file[i].src.inode == st.st_ino && r->file[i].src.device == st.st_dev)
            return true;
    return false;
}

void capture_stop(struct capture_reader *r)
{
    atomic_store(&r->stop.set, true);
}

void capture_close(struct capture_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->files; i++) {
        file_close(&r->file[i]);
        mem_free((char *)r->file[i].path);
    }
    live_free(r->live);
    filter_free(r->filter);
    mem_free(r->file);
    mem_free(r->damage);
    mem_free(r->iface);
    mem_free(r);
}
