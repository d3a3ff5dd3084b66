#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_reset(struct buf *b)
{
    b->n = 0;
    b->failed = false;
}

void buf_release(struct buf *b)
{
    mem_free(b->p);
    *b = (struct buf){.max = b->max};
}

bool buf_reserve(struct buf *b, size_t n)
{
    if (b->cap - b->n >= n)
        return true;
    size_t want = b->cap ? b->cap : 256;
    while (want - b->n < n && want <= SIZE_MAX / 2)
        want *= 2;
    if (b->max && want > b->max)
        want = b->max;
    char *p = want > b->n && want - b->n >= n ? mem_realloc(b->p, want) : NULL;
    if (!p) {
        b->failed = true;
        return false;
    }
    b->p = p;
    b->cap = want;
    return true;
}

void buf_add(struct buf *b, const void *data, size_t n)
{
    if (n && buf_reserve(b, n)) {
        memcpy(b->p + b->n, data, n);
        b->n += n;
    }
}

void buf_view(struct buf *b, struct view v)
{
    buf_add(b, v.p, v.n);
}

void buf_str(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_u64(struct buf *b, uint64_t x)
{
    char digit[20];
    size_t i = sizeof digit;
    do {
        digit[--i] = (char)('0' + x % 10);
        x /= 10;
    } while (x);
    buf_add(b, digit + i, sizeof digit - i);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !buf_reserve(b, (size_t)n + 1))
        return;
    va_start(ap, fmt);
    vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}
