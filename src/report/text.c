#include "report/priv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

struct text text_count(uint64_t n)
{
    struct text t;
    char digit[24];
    int len = snprintf(digit, sizeof digit, "%" PRIu64, n), o = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            t.s[o++] = ',';
        t.s[o++] = digit[i];
    }
    t.s[o] = 0;
    return t;
}

struct text text_bytes(uint64_t n)
{
    static const char *const unit[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
    struct text t;
    double x = (double)n;
    unsigned u = 0;
    while (x >= 999.5 && u + 1 < sizeof unit / sizeof *unit) {
        x /= 1000;
        u++;
    }
    snprintf(t.s, sizeof t.s, "%.*f %s", u && x < 99.95 ? 1 : 0, x, unit[u]);
    return t;
}

struct text text_percent(double percent)
{
    struct text t = {"-"};
    if (isfinite(percent))
        snprintf(t.s, sizeof t.s, "%.1f %%", percent);
    return t;
}

struct text text_share(uint64_t part, uint64_t whole)
{
    return text_percent(whole ? 100.0 * (double)part / (double)whole : NAN);
}

struct text text_real(double x, unsigned digits)
{
    struct text t = {"-"};
    if (isfinite(x))
        snprintf(t.s, sizeof t.s, fabs(x) < 1e12 ? "%.*f" : "%.*e", (int)digits, x);
    return t;
}

/* From a minute on: the two largest units. */
static struct text long_duration(double s)
{
    struct text t = {"-"};
    if (s >= 86400 * 1e6)
        return text_real(s, 0);
    uint64_t n = (uint64_t)(s + 0.5);
    if (n < 3600)
        snprintf(t.s, sizeof t.s, "%" PRIu64 " min %" PRIu64 " s", n / 60, n % 60);
    else if (n < 86400)
        snprintf(t.s, sizeof t.s, "%" PRIu64 " h %" PRIu64 " min", n / 3600, n % 3600 / 60);
    else
        snprintf(t.s, sizeof t.s, "%" PRIu64 " d %" PRIu64 " h", n / 86400, n % 86400 / 3600);
    return t;
}

struct text text_ms(double ms)
{
    struct text t = {"-"};
    if (!isfinite(ms))
        return t;
    if (ms >= 59950)
        return long_duration(ms / 1000);
    if (ms >= 999.5)
        snprintf(t.s, sizeof t.s, "%.*f s", ms < 9995 ? 2 : 1, ms / 1000);
    else
        snprintf(t.s, sizeof t.s, "%.*f ms", fabs(ms) < 9.995 && ms != 0 ? 2 : 0, ms);
    return t;
}

/* One code point of UTF-8 (RFC 3629); 0xffffffff and one byte for anything else. n is at least 1. */
static uint32_t code_point(const unsigned char *p, size_t n, size_t *len)
{
    static const struct { unsigned char lo, hi, len; uint32_t min; } kind[] = {
        {0x00, 0x7f, 1, 0}, {0xc2, 0xdf, 2, 0x80}, {0xe0, 0xef, 3, 0x800}, {0xf0, 0xf4, 4, 0x10000}};
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        if (p[0] < kind[i].lo || p[0] > kind[i].hi || n < kind[i].len)
            continue;
        uint32_t c = kind[i].len == 1 ? p[0] : p[0] & (0x7fu >> kind[i].len);
        bool whole = true;
        for (size_t k = 1; k < kind[i].len; k++) {
            whole = whole && (p[k] & 0xc0) == 0x80;
            c = c << 6 | (p[k] & 0x3fu);
        }
        if (!whole || c < kind[i].min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            break;
        *len = kind[i].len;
        return c;
    }
    *len = 1;
    return UINT32_MAX;
}

struct range {
    uint32_t lo, hi;
};

static bool in_ranges(uint32_t c, const struct range *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= r[i].lo && c <= r[i].hi)
            return true;
    return false;
}

/* Characters that show nothing or move what stands around them (Unicode categories Cc, Cf, Zl, Zp, private use). */
static bool is_hidden(uint32_t c)
{
    static const struct range r[] = {
        {0x00, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x600, 0x605}, {0x61c, 0x61c}, {0x6dd, 0x6dd}, {0x70f, 0x70f},
        {0x115f, 0x1160}, {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},
        {0xe000, 0xf8ff}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff}};
    return in_ranges(c, r, sizeof r / sizeof *r);
}

/* Combining marks take no column, East Asian wide and emoji take two. */
static unsigned columns_of(uint32_t c)
{
    static const struct range zero[] = {{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd}, {0x610, 0x61a}, {0x64b, 0x65f},
        {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
    static const struct range wide[] = {{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xac00, 0xd7a3},
        {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};
    if (c < 0x300)
        return 1;
    if (in_ranges(c, zero, sizeof zero / sizeof *zero))
        return 0;
    return in_ranges(c, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

/* The form of one code point on the page, its bytes in piece; answers the columns. */
static unsigned clean_piece(const unsigned char *p, size_t n, bool utf8, size_t *used, struct text *piece)
{
    uint32_t c = code_point(p, n, used);
    if (c == UINT32_MAX || c < 0x20 || c == 0x7f)
        return (unsigned)snprintf(piece->s, sizeof piece->s, "\\x%02x", *p);
    if (c == '\\')
        return (unsigned)snprintf(piece->s, sizeof piece->s, "\\\\");
    if (is_hidden(c) || (c > 0x7e && !utf8))
        return (unsigned)snprintf(piece->s, sizeof piece->s, "\\u{%" PRIx32 "}", c);
    memcpy(piece->s, p, *used);
    piece->s[*used] = 0;
    return columns_of(c);
}

unsigned text_clean(struct buf *out, struct view v, unsigned columns, bool utf8)
{
    const char *dots = utf8 ? "…" : "...";
    unsigned dots_columns = utf8 ? 1 : 3, taken = 0, safe_columns = 0;
    size_t safe = out->n, used = 0; /* where the ellipsis fits still */
    for (size_t i = 0; i < v.n; i += used) {
        struct text piece;
        unsigned c = clean_piece((const unsigned char *)v.p + i, v.n - i, utf8, &used, &piece);
        /* A pile of combining marks takes no columns, yet must end somewhere. */
        bool pile = i > 16u * columns;
        if (taken + c > columns || pile) {
            out->n = safe;
            if (safe_columns + dots_columns <= columns) {
                buf_str(out, dots);
                safe_columns += dots_columns;
            }
            return safe_columns;
        }
        buf_str(out, piece.s);
        taken += c;
        if (taken + dots_columns <= columns) {
            safe = out->n;
            safe_columns = taken;
        }
    }
    return taken;
}

unsigned text_columns(struct view v)
{
    unsigned columns = 0;
    size_t used = 0;
    for (size_t i = 0; i < v.n; i += used) {
        uint32_t c = code_point((const unsigned char *)v.p + i, v.n - i, &used);
        columns += c == UINT32_MAX ? 1 : columns_of(c);
    }
    return columns;
}

bool text_shell(struct buf *out, struct view v)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+:,./-_";
    bool quote = v.n == 0;
    size_t used = 0;
    for (size_t i = 0; i < v.n; i += used) {
        uint32_t c = code_point((const unsigned char *)v.p + i, v.n - i, &used);
        if (c == UINT32_MAX || is_hidden(c))
            return false;
        quote = quote || c > 0x7e || !strchr(plain, (int)c);
    }
    if (!quote) {
        buf_view(out, v);
        return true;
    }
    buf_char(out, '\'');
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] == '\'')
            buf_str(out, "'\\''");
        else
            buf_char(out, v.p[i]);
    buf_char(out, '\'');
    return true;
}
