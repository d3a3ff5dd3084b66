/* Borrowed bytes: a pointer and a length, passed by value, never NUL-terminated. Who keeps, copies. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct view {
    const char *p;
    size_t n;
};

/* A view of a string literal. */
#define V(lit) ((struct view){(lit), sizeof(lit) - 1})
#define VIEW_NONE ((struct view){NULL, 0})

static inline struct view view_of(const char *p, size_t n)
{
    return (struct view){p, n};
}

/* A view of a C string; NULL gives the empty view. */
static inline struct view view_str(const char *s)
{
    return (struct view){s, s ? strlen(s) : 0};
}

/* The bytes from begin up to (not including) end. */
static inline struct view view_range(const char *begin, const char *end)
{
    return (struct view){begin, (size_t)(end - begin)};
}

/* Equality of n bytes, by words that overlap at the end: names are short, and a call costs more than the work. */
static inline bool bytes_eq(const char *a, const char *b, size_t n)
{
    uint64_t x, y;
    uint32_t u, v;
    size_t i = 0;
    if (n >= 8) {
        for (; i + 8 < n; i += 8) {
            memcpy(&x, a + i, 8);
            memcpy(&y, b + i, 8);
            if (x != y)
                return false;
        }
        memcpy(&x, a + n - 8, 8);
        memcpy(&y, b + n - 8, 8);
        return x == y;
    }
    if (n >= 4) {
        memcpy(&u, a, 4);
        memcpy(&v, b, 4);
        if (u != v)
            return false;
        memcpy(&u, a + n - 4, 4);
        memcpy(&v, b + n - 4, 4);
        return u == v;
    }
    for (; i < n; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

/* Byte for byte equality; two empty views are equal whatever they point at. */
static inline bool view_eq(struct view a, struct view b)
{
    return a.n == b.n && bytes_eq(a.p, b.p, a.n);
}

/* ASCII lower case of one byte; every other byte is itself (no locale). */
static inline unsigned char ascii_lower(unsigned char c)
{
    return (unsigned char)((unsigned)c - 'A' < 26u ? c | 0x20 : c);
}

/* Equality that ignores the case of ASCII letters (tokens, header names, hosts). */
bool view_ieq(struct view a, struct view b);

/* True if v begins with prefix, ignoring ASCII case. */
bool view_istarts(struct view v, struct view prefix);

/* v without leading and trailing SP, HTAB, CR and LF. */
struct view view_trim(struct view v);

/* Byte-wise order like memcmp, the shorter first when one is a prefix: <0, 0, >0. */
int view_cmp(struct view a, struct view b);

/* Position of the first c in v, or v.n. */
size_t view_find(struct view v, char c);

/* Decimal digits only, no sign, no spaces: true and *out set; false when empty, not all digits, or above max. */
bool view_u64(struct view v, uint64_t max, uint64_t *out);
