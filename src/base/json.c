#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

void json_init(struct json *j, struct buf *out, unsigned indent)
{
    *j = (struct json){.out = out, .indent = indent};
}

static void newline(struct json *j)
{
    if (!j->indent)
        return;
    buf_char(j->out, '\n');
    for (unsigned i = 0; i < j->depth * j->indent; i++)
        buf_char(j->out, ' ');
}

/* What stands between the last thing and the next value or key. */
static void separate(struct json *j)
{
    bool after_key = j->out->n && j->out->p[j->out->n - 1] == ':';
    if (j->comma)
        buf_char(j->out, ',');
    if (after_key && j->indent)
        buf_char(j->out, ' ');
    else if (!after_key && j->depth)
        newline(j);
    j->comma = true;
}

void json_open(struct json *j, char bracket)
{
    separate(j);
    buf_char(j->out, bracket);
    j->depth++;
    j->comma = false;
}

void json_close(struct json *j, char bracket)
{
    j->depth--;
    if (j->comma)
        newline(j);
    buf_char(j->out, bracket);
    j->comma = true;
}

/* Length of the valid UTF-8 sequence at p (RFC 3629), 0 if there is none. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    static const struct { unsigned char lo, hi, second_lo, second_hi, len; } range[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof range / sizeof *range; i++) {
        if (p[0] < range[i].lo || p[0] > range[i].hi)
            continue;
        if (n < range[i].len || p[1] < range[i].second_lo || p[1] > range[i].second_hi)
            return 0;
        for (size_t k = 2; k < range[i].len; k++)
            if ((p[k] & 0xc0) != 0x80)
                return 0;
        return range[i].len;
    }
    return 0;
}

static void escape_ascii(struct buf *out, unsigned char c)
{
    if (c == '"' || c == '\\') {
        buf_char(out, '\\');
        buf_char(out, (char)c);
    } else if (c == '\n') {
        buf_str(out, "\\n");
    } else if (c == '\r') {
        buf_str(out, "\\r");
    } else if (c == '\t') {
        buf_str(out, "\\t");
    } else if (c < 0x20 || c == 0x7f) {
        buf_printf(out, "\\u%04x", c);
    } else {
        buf_char(out, (char)c);
    }
}

static void write_string(struct buf *out, struct view v)
{
    buf_char(out, '"');
    for (size_t i = 0; i < v.n;) {
        const unsigned char *p = (const unsigned char *)v.p + i;
        if (*p < 0x80) {
            escape_ascii(out, *p);
            i++;
            continue;
        }
        size_t len = utf8_length(p, v.n - i);
        if (len)
            buf_add(out, p, len);
        else
            buf_str(out, "\xef\xbf\xbd");
        i += len ? len : 1;
    }
    buf_char(out, '"');
}

void json_key_view(struct json *j, struct view key)
{
    separate(j);
    write_string(j->out, key);
    buf_char(j->out, ':');
    j->comma = false;
}

void json_key(struct json *j, const char *key)
{
    json_key_view(j, view_str(key));
}

void json_view(struct json *j, struct view v)
{
    separate(j);
    write_string(j->out, v);
}

void json_str(struct json *j, const char *s)
{
    if (s)
        json_view(j, view_str(s));
    else
        json_null(j);
}

void json_u64(struct json *j, uint64_t x)
{
    separate(j);
    buf_u64(j->out, x);
}

void json_i64(struct json *j, int64_t x)
{
    separate(j);
    buf_printf(j->out, "%" PRId64, x);
}

void json_bool(struct json *j, bool x)
{
    separate(j);
    buf_str(j->out, x ? "true" : "false");
}

void json_null(struct json *j)
{
    separate(j);
    buf_str(j->out, "null");
}

void json_double(struct json *j, double x, unsigned digits)
{
    char text[64];
    if (!isfinite(x)) {
        json_null(j);
        return;
    }
    int n = fabs(x) < 1e15 ? snprintf(text, sizeof text, "%.*f", (int)digits, x) : snprintf(text, sizeof text, "%.17g", x);
    if (strchr(text, '.') && !strchr(text, 'e')) {
        while (text[n - 1] == '0')
            n--;
        if (text[n - 1] == '.')
            n--;
    }
    if (n == 2 && text[0] == '-' && text[1] == '0')
        text[0] = '0', n = 1;
    separate(j);
    buf_add(j->out, text, (size_t)n);
}

void json_kv_u64(struct json *j, const char *key, uint64_t x)
{
    json_key(j, key);
    json_u64(j, x);
}

void json_kv_str(struct json *j, const char *key, const char *s)
{
    json_key(j, key);
    json_str(j, s);
}

void json_kv_view(struct json *j, const char *key, struct view v)
{
    json_key(j, key);
    json_view(j, v);
}

void json_kv_double(struct json *j, const char *key, double x, unsigned digits)
{
    json_key(j, key);
    json_double(j, x, digits);
}
