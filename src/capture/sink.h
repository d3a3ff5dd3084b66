/* The far end of a writer: a file or standard output, plain or compressed. For src/capture alone. */
#pragma once
#include "base/err.h"
#include "base/view.h"

enum sink_packing { SINK_PLAIN, SINK_GZIP, SINK_ZSTD };

enum sink_end {
    SINK_MORE,  /* may be held back by the compressor */
    SINK_FLUSH, /* everything so far reaches the file */
    SINK_END,   /* the last bytes: the compressed data ends after them */
};

struct packer;

struct sink {
    int fd;
    char *name;            /* for a person */
    struct packer *packer; /* NULL: plain */
};

/* Creates the file at path; "-" is standard output. */
bool sink_open(struct sink *s, const char *path, enum sink_packing packing, struct err *e);
bool sink_write(struct sink *s, const uint8_t *p, size_t n, enum sink_end end, struct err *e);

/* Closes. With check, false and e when the system only now says that something was not written. */
bool sink_close(struct sink *s, bool check, struct err *e);
