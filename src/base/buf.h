/* A growing byte buffer with a ceiling: text for a person or a program is put together here. */
#pragma once
#include "base/view.h"

struct buf {
    char *p;
    size_t n, cap;
    size_t max;  /* ceiling in bytes; 0 means none */
    bool failed; /* a byte was lost: no memory or the ceiling was reached */
};

void buf_init(struct buf *b, size_t max);
void buf_reset(struct buf *b); /* empty, memory kept, failed cleared */
void buf_release(struct buf *b);

/* Makes room for n more bytes at b->p + b->n; false and failed when it cannot. */
bool buf_reserve(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *data, size_t n);
void buf_view(struct buf *b, struct view v);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_u64(struct buf *b, uint64_t x);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
