#include "report/priv.h"

#include "base/utf8.h"

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

/* What steers the terminal, and what shows nothing or something else on every machine (tags, private use). */
static bool is_hidden(uint32_t c)
{
    return utf8_steers(c) || (c >= 0xe000 && c <= 0xf8ff) || c >= 0xe0000;
}

/* The form of one code point on the page, its bytes in piece; answers the columns. */
static unsigned clean_piece(struct view v, size_t at, bool utf8, size_t *used, struct text *piece)
{
    uint32_t c = 0;
    *used = utf8_decode(v, at, &c);
    if (!*used || c < 0x20 || c == 0x7f) {
        *used = 1;
        return (unsigned)snprintf(piece->s, sizeof piece->s, "\\x%02x", (unsigned char)v.p[at]);
    }
    if (c == '\\')
        return (unsigned)snprintf(piece->s, sizeof piece->s, "\\\\");
    if (is_hidden(c) || (c > 0x7e && !utf8))
        return (unsigned)snprintf(piece->s, sizeof piece->s, "\\u{%" PRIx32 "}", c);
    memcpy(piece->s, v.p + at, *used);
    piece->s[*used] = 0;
    return utf8_columns(c);
}

unsigned text_clean(struct buf *out, struct view v, unsigned columns, bool utf8)
{
    const char *dots = utf8 ? "…" : "...";
    unsigned dots_columns = utf8 ? 1 : 3, taken = 0, safe_columns = 0;
    size_t safe = out->n, used = 0; /* where the ellipsis fits still */
    for (size_t i = 0; i < v.n; i += used) {
        struct text piece;
        unsigned c = clean_piece(v, i, utf8, &used, &piece);
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
    for (size_t i = 0; i < v.n; i += used ? used : 1) {
        uint32_t c = 0;
        used = utf8_decode(v, i, &c);
        columns += used ? utf8_columns(c) : 1;
    }
    return columns;
}

/* Which quotes v needs: 0 none, '"' where an apostrophe is in it and nothing that means something in double quotes,
 * else '\''; -1 when it cannot be pasted. */
static int shell_quote(struct view v)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+:,./-_";
    bool quote = v.n == 0, apostrophe = false, active = false;
    size_t used = 0;
    for (size_t i = 0; i < v.n; i += used) {
        uint32_t c = 0;
        used = utf8_decode(v, i, &c);
        if (!used || is_hidden(c))
            return -1;
        quote = quote || c > 0x7e || !strchr(plain, (int)c);
        apostrophe = apostrophe || c == '\'';
        active = active || (c < 0x7f && strchr("$`\"\\!", (int)c));
    }
    return !quote ? 0 : apostrophe && !active ? '"' : '\'';
}

bool text_shell(struct buf *out, struct view v)
{
    int quote = shell_quote(v);
    if (quote < 0)
        return false;
    if (quote)
        buf_char(out, (char)quote);
    for (size_t i = 0; i < v.n; i++)
        if (quote == '\'' && v.p[i] == '\'')
            buf_str(out, "'\\''");
        else
            buf_char(out, v.p[i]);
    if (quote)
        buf_char(out, (char)quote);
    return true;
}
