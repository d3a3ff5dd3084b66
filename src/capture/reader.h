/* Where packets come from: capture files, standard input, memory or live interfaces, read as one capture in batches.
 *
 * Every kind of source copies its bytes once, in large blocks, into the batch that carries the packets (batch.bytes);
 * packet.data points in there. So a batch owns all it shows: it may wait in a queue, be worked on by another thread and
 * outlive the reader; nothing is handed back to the reader. Reading a file this way costs half of what walking a mapped
 * file costs (the block is in the cache when its headers are walked, and no page tables are built and torn down), and a
 * file that shrinks meanwhile cannot kill the program.
 *
 * Threads: all functions of one reader are called by one thread at a time (under the caller's lock), except
 * capture_stop. */
#pragma once
#include "base/clock.h"
#include "base/err.h"
#include "base/packet.h"

struct capture_reader;

enum {
    CAPTURE_PACKET_MAX = 262144,    /* captured bytes of one packet; a record that claims more is damage */
    CAPTURE_BATCH_BYTES = 1u << 20, /* a batch is full at about this many bytes, or at batch.cap packets */
    CAPTURE_LINKS_MAX = 16,         /* different link types counted apart */
    CAPTURE_REASON_MAX = 160,
};

/* Why the rest of a file could not be used. */
struct capture_damage {
    const char *file;                /* name as given; "standard input" for - */
    uint64_t offset;                 /* where it begins, in bytes of the (decompressed) capture */
    char reason[CAPTURE_REASON_MAX]; /* one clause in words, without the file name */
};

struct capture_link {
    uint16_t type; /* LINKTYPE_ value */
    uint64_t packets;
};

struct capture_iface {
    const char *file; /* file that declared it; NULL for a live interface */
    char name[32];    /* if_name of pcapng, name of the live interface, or "" */
    uint16_t link_type;
    uint8_t ts_digits;
    uint32_t snaplen; /* 0: no limit known */
};

struct capture_stats {
    uint64_t packets;           /* read, filtered ones included: the number of the last packet */
    uint64_t filtered;          /* of those, dropped because the filter did not match */
    uint64_t filter_unfit;      /* of those, because the filter makes no sense for their link type */
    uint64_t bytes, wire_bytes; /* of the packets that passed the filter: captured, and as they were on the wire */
    uint64_t truncated_packets; /* of the packets that passed the filter: caplen < len */
    uint64_t untimed_packets;   /* without a time stamp of their own (simple packet blocks) */
    uint64_t dropped;           /* lost before the capture was written, as its writer or the kernel counted */
    uint64_t skipped_blocks;    /* pcapng blocks of unknown type */
    int64_t first_ts, last_ts;  /* earliest and latest time of the packets that passed; TS_NONE without packets */
    struct capture_link link[CAPTURE_LINKS_MAX]; /* the last one collects what does not fit */
    uint32_t links;
    const struct capture_damage *damage; /* damaged files in the order met; alive until capture_close */
    uint32_t damages;
    uint32_t files, files_done;
    uint64_t bytes_done, bytes_total; /* of the files as they are on disk, for a progress bar; total 0: not known */
};

/* Opens n files as one capture: read one after the other, in the order of their first packets' times (equal times and
 * files without packets: in the order given, the latter last). "-" is standard input, allowed once. pcap and pcapng in
 * all their variants, plain or as gzip or zstd (also several members or frames in a row), told by their first bytes,
 * not by their names. NULL and e (EXIT_IO) before anything is read if one of them cannot be opened or is no capture:
 * the text names the file and what it looks like. The paths are copied. */
struct capture_reader *capture_open(const char *const *paths, size_t n, struct err *e);

/* The same over n bytes in memory, which must stay until capture_close. */
struct capture_reader *capture_open_memory(const void *data, size_t n, struct err *e);

/* Only packets that match the filter (pcap-filter(7) syntax) are handed out from now on. Compiled for each link type as
 * it is met; packets of a later link type for which it does not compile never match (stats.filter_unfit). False with
 * pcap's words (EXIT_USAGE) when it does not compile for the link types that the files begin with. */
bool capture_set_filter(struct capture_reader *r, const char *text, struct err *e);

/* Empties b and fills it with the next packets. True: b was filled and e is left alone; there may be 0 packets (a
 * filter, or a quiet live interface, which is asked for at most 100 ms). False: b is empty and there is no more;
 * e->code is EXIT_DONE at the end of the capture (stats.damages tells whether it was whole) or says what went wrong.
 * Fills ts_ns, data, caplen, len, number, iface, link_type, ts_digits, PACKET_TRUNCATED; everything else is zero. A
 * packet without a time takes that of the packet before it, or 0. Times lie within +-2^62 ns of 1970, so that
 * differences never overflow. caplen > len is tolerated. */
bool capture_read(struct capture_reader *r, struct batch *b, struct err *e);

/* What was read so far; the damage rule: a file is used up to the damage, recorded, and the next file follows. */
const struct capture_stats *capture_stats(const struct capture_reader *r);

/* The interface that packet.iface means; NULL if there is none. Alive until the next capture_read. */
const struct capture_iface *capture_iface(const struct capture_reader *r, uint32_t iface);

/* The i-th file in reading order, name as given; NULL past the end. */
const char *capture_file(const struct capture_reader *r, uint32_t i);

/* True if path is one of the reader's files, under whatever name: writing there would destroy what is being read. */
bool capture_reads(const struct capture_reader *r, const char *path);

/* Makes reading end soon: a file after the current batch, a live capture after what the kernel already holds. May be
 * called from a signal handler or another thread. */
void capture_stop(struct capture_reader *r);

/* Gives everything back; NULL is fine. Batches stay alive. */
void capture_close(struct capture_reader *r);
