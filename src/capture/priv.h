/* What the files of this folder share: sources of bytes, walkers of records, files. For src/capture alone. */
#pragma once
#include <stdatomic.h>

#include "capture/reader.h"

enum {
    BLOCK_MAX = 512 * 1024, /* a pcapng block we need whole; half a batch, so that there is always room for one */
    CHUNK = 128 * 1024,     /* bytes asked from a source at once */
    CARRY_CAP = BLOCK_MAX + CHUNK, /* what can be left over when a batch is full: an unfinished record and one chunk */
    HEAD_MIN = 28,                 /* the shortest section header block; enough of a file to tell what it is */
    IFACES_MAX = 4096,             /* interfaces of a section, and of a reader; more is damage */
    FILTER_LINKS = 32,             /* link types one filter is compiled for */
};

/* ---- source.c: the bytes of one file, decompressed ---- */

struct inflater;

struct stop_flag {
    atomic_bool set;
};

struct source {
    const struct stop_flag *stop; /* when set, an interrupted wait for input ends the source */
    int fd;                       /* -1: memory */
    bool regular;                 /* a plain file: its size is known and it can be opened again */
    uint64_t size;                /* of a regular file or memory, in raw bytes */
    uint64_t device, inode;       /* which file it is, whatever its name; kept after closing */
    const uint8_t *mem;
    uint64_t raw_done; /* raw bytes taken so far */
    uint8_t head[8];   /* read to tell the compression, given out first */
    uint8_t head_n, head_pos;
    struct inflater *inflater; /* NULL: the bytes are as they are */
    bool ended;
    char reason[CAPTURE_REASON_MAX]; /* why it ended before its end; "" if it did not */
};

bool source_open(struct source *s, const char *path, const char *name, const struct stop_flag *stop, struct err *e);
bool source_open_memory(struct source *s, const void *data, size_t n, struct err *e);
void source_close(struct source *s);

/* Up to n bytes to dst; 0 at the end, then reason says whether it was a good one. */
size_t source_read(struct source *s, uint8_t *dst, size_t n);

/* Passes over n bytes; the number that was there. scratch (of scratch_n bytes) is overwritten. */
uint64_t source_skip(struct source *s, uint64_t n, uint8_t *scratch, size_t scratch_n);

/* False when the source is a pipe that has nothing to give at this moment. */
bool source_ready(const struct source *s);

/* "gzip", "zstd" or "". */
const char *source_packing(const struct source *s);

/* ---- inflate.c: gzip and zstd as streams ---- */

/* By the first bytes: an inflater if they are those of gzip or zstd, else NULL with *packed false. NULL with *packed
 * true: no memory. */
struct inflater *inflater_new(const uint8_t *head, size_t n, bool *packed);
void inflater_free(struct inflater *f);
const char *inflater_name(const struct inflater *f);

/* Where an inflater gets its packed bytes from; 0 at the end. */
typedef size_t inflater_input(void *from, uint8_t *dst, size_t n);

/* Unpacked bytes to dst; 0 at the end. A reason that is not "" says why the end came early. */
size_t inflater_read(struct inflater *f, inflater_input *input, void *from, uint8_t *dst, size_t n,
                     char reason[CAPTURE_REASON_MAX]);

/* ---- describe.c ---- */

/* In words, what a file that is no capture seems to be, from its first n bytes. */
const char *describe_bytes(const uint8_t *p, size_t n);

/* ---- pcap.c, pcapng.c: walkers of records ---- */

struct walk;

struct ng_iface {
    uint32_t global; /* index into the reader's interfaces */
    uint32_t snaplen;
    uint16_t link_type;
    uint8_t digits;
    uint8_t resolution; /* if_tsresol as it stands in the file */
    uint64_t scale;     /* nanoseconds per tick if that is a whole number, else 0 */
    int64_t offset_ns;
    uint64_t drops_seen;   /* summed over packets */
    uint64_t drops_stated; /* by interface statistics */
};

struct capture_file {
    const char *path; /* as given */
    const char *name; /* for a person */
    const void *mem;  /* bytes in memory instead of a path, if in_memory */
    size_t mem_n;
    bool in_memory;
    struct source src;
    bool open, ended;
    bool peeking;                                         /* the first packet is looked at, not taken */
    void (*walk)(struct capture_file *f, struct walk *w); /* of its format */
    bool swapped;
    /* pcap */
    bool nano, modified, old_order;
    uint32_t minor;
    /* pcapng */
    bool in_section;
    struct ng_iface *iface; /* of the section */
    uint32_t ifaces, ifaces_cap;
    /* both */
    struct capture_reader *r;
    uint64_t dropped, skipped_blocks; /* so far */
    int64_t last_ts;                  /* for packets without a time */
    uint64_t offset;                  /* of the next byte to walk */
    uint64_t packets;
    uint8_t *carry; /* bytes read but not walked yet */
    size_t carry_n;
    /* from the look at the first packet */
    int64_t first_ts;   /* TS_NONE: no packet with a time */
    int32_t first_link; /* -1: not known */
    size_t given;       /* place on the command line */
};

/* One step of a walk over bytes: records that lie whole in p..p+n become packets. */
struct walk {
    const uint8_t *p;
    size_t n;
    size_t used; /* where the first byte that was not used is */
    struct packet *packet;
    uint32_t packets, cap;
    size_t need;         /* the record at used is at least this long */
    uint64_t skip;       /* the record at used is this long and of no interest */
    size_t last_at;      /* where the record of the last packet begins */
    uint64_t last_drops; /* drops that the last packet stated */
    uint64_t untimed;
    bool damaged, no_memory;
    char reason[CAPTURE_REASON_MAX];
};

/* Looks at the first n (HEAD_MIN) bytes of a file: true and the walker set up if it is of the format. */
bool pcap_begin(struct capture_file *f, const uint8_t *p, size_t n, size_t *header_n);
bool pcapng_begin(struct capture_file *f, const uint8_t *p, size_t n);

/* Ends a walk with the reason why the rest cannot be read. */
void walk_damage(struct walk *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A time in nanoseconds within +-2^62, so that differences of two never overflow. */
static inline int64_t time_clamp(__int128 ns)
{
    const int64_t limit = (int64_t)1 << 62;
    return ns > limit ? limit : ns < -limit ? -limit : (int64_t)ns;
}

/* ---- file.c: one file of a reader ---- */

bool file_open(struct capture_file *f, struct err *e);
void file_close(struct capture_file *f);

/* Opens it and sets first_ts and first_link without taking the packet; scratch has room for one packet. A regular file
 * is closed again, to be opened at its turn; others cannot be opened twice and stay open. False and e as file_open, or
 * when there is no memory. */
bool file_peek(struct capture_file *f, struct batch *scratch, struct err *e);

/* The next packets of an open file into b (empty), which may stay empty. f->ended is set at its end; damage is told to
 * the reader. False when there is no memory. */
bool file_read(struct capture_file *f, struct batch *b, struct err *e);

/* ---- filter.c ---- */

struct filter;

struct filter *filter_new(const char *text);
void filter_free(struct filter *f);
/* Makes it ready for a link type. False with pcap's words. */
bool filter_add(struct filter *f, uint16_t link_type, struct err *e);
/* Keeps those of n packets that match, in order; how many. *unfit counts those of a link type for which the filter does
 * not compile: they never match. */
uint32_t filter_run(struct filter *f, struct packet *packet, uint32_t n, uint64_t *unfit);

/* DLT_ number of libpcap for a LINKTYPE_ of a file, and back. */
int dlt_of_link(uint16_t link_type);
uint16_t link_of_dlt(int dlt);

/* ---- live.c ---- */

struct live;

bool live_read(struct capture_reader *r, struct batch *b, struct err *e);
void live_free(struct live *l);

/* ---- reader.c ---- */

struct capture_reader {
    struct capture_file *file;
    size_t files, current;
    struct live *live;
    struct filter *filter;
    struct capture_iface *iface;
    uint32_t ifaces, ifaces_cap;
    struct capture_stats stats;
    struct capture_damage *damage;
    uint64_t done_before; /* raw bytes of the files that are done */
    uint32_t last_link;   /* index into stats.link of the last packet */
    struct stop_flag stop;
    bool failed;
    struct err error; /* why, for every later call */
};

/* Adds an interface; its index, or UINT32_MAX without memory. Past IFACES_MAX the last one stands for the rest. */
uint32_t reader_add_iface(struct capture_reader *r, const struct capture_iface *i);

/* Notes damage of a file at an offset. */
void reader_damage(struct capture_reader *r, const char *file, uint64_t offset, const char *reason);

/* Numbers, filters and counts the packets of b from index `from` on. timed: their times are real ones. */
void reader_account(struct capture_reader *r, struct batch *b, uint32_t from, bool timed);

/* Makes b->bytes CAPTURE_BATCH_BYTES long. */
bool reader_room(struct batch *b, struct err *e);

bool out_of_memory(struct err *e);
