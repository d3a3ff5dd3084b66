#include "record/cell.h"

#include "base/utf8.h"

#include <math.h>
#include <stdio.h>

static struct cell load_number(const struct field *f, const char *at)
{
    struct cell c = {.type = f->type, .digits = f->digits};
    switch (f->type) {
    case FIELD_TS:
    case FIELD_INT: /* TS_NONE is INT64_MIN as well */
        memcpy(&c.as.i, at, sizeof c.as.i);
        c.type = c.as.i == INT64_MIN ? 0 : f->type;
        break;
    case FIELD_COUNT:
        memcpy(&c.as.u, at, sizeof c.as.u);
        break;
    case FIELD_REAL:
        memcpy(&c.as.d, at, sizeof c.as.d);
        c.type = isfinite(c.as.d) ? f->type : 0;
        break;
    default:
        memcpy(&c.as.b, at, sizeof c.as.b);
    }
    return c;
}

struct cell record_cell(const struct field *f, const void *record)
{
    const char *at = (const char *)record + f->offset;
    struct cell c = {.type = f->type, .digits = f->digits};
    switch (f->type) {
    case FIELD_TEXT:
        memcpy(&c.as.text, at, sizeof c.as.text);
        c.type = c.as.text.p ? f->type : 0;
        return c;
    case FIELD_IP:
        memcpy(&c.as.ip, at, sizeof c.as.ip);
        c.type = ip_is_zero(&c.as.ip) ? 0 : f->type;
        return c;
    case FIELD_ENDPOINT:
        memcpy(&c.as.endpoint, at, sizeof c.as.endpoint);
        c.type = ip_is_zero(&c.as.endpoint.ip) ? 0 : f->type;
        return c;
    case FIELD_LIST:
        memcpy(&c.as.list, at, sizeof c.as.list);
        return c;
    default:
        return load_number(f, at);
    }
}

void cell_style_init(struct cell_style *s, unsigned ts_digits)
{
    *s = (struct cell_style){.ts_digits = ts_digits > 9 ? 9 : ts_digits};
}

static void print_ts(int64_t ts, struct cell_style *s, struct buf *out)
{
    int64_t second = ts / NS_PER_S, frac = ts % NS_PER_S;
    if (frac < 0) {
        frac += NS_PER_S;
        second--;
    }
    if (!s->known || second != s->second) {
        s->n = ts_print(ts, 0, s->text) - 1; /* without the Z */
        s->second = second;
        s->known = true;
    }
    if (!buf_reserve(out, s->n + 12))
        return;
    char *p = out->p + out->n;
    memcpy(p, s->text, s->n);
    p += s->n;
    if (s->ts_digits) {
        char digit[9];
        for (int i = 8; i >= 0; i--, frac /= 10)
            digit[i] = (char)('0' + frac % 10);
        *p++ = '.';
        memcpy(p, digit, s->ts_digits);
        p += s->ts_digits;
    }
    *p++ = 'Z';
    out->n = (size_t)(p - out->p);
}

static void print_real(double x, unsigned digits, struct buf *out)
{
    char text[64];
    int n;
    if (digits == CELL_DIGITS_ALL || fabs(x) >= 1e15)
        n = snprintf(text, sizeof text, "%.15g", x);
    else
        n = snprintf(text, sizeof text, "%.*f", (int)digits, x);
    if (strchr(text, '.') && !strchr(text, 'e')) {
        while (text[n - 1] == '0')
            n--;
        if (text[n - 1] == '.')
            n--;
    }
    bool minus_zero = n == 2 && text[0] == '-' && text[1] == '0';
    buf_add(out, minus_zero ? "0" : text, minus_zero ? 1 : (size_t)n);
}

static void print_int(int64_t x, struct buf *out)
{
    if (x < 0)
        buf_char(out, '-');
    buf_u64(out, x < 0 ? -(uint64_t)x : (uint64_t)x);
}

static void print_ip(const struct ip_addr *a, struct buf *out)
{
    char text[IP_TEXT];
    if (!ip_is_v4(a)) {
        buf_add(out, text, ip_print(a, text));
        return;
    }
    for (int i = 12; i < 16; i++) {
        if (i > 12)
            buf_char(out, '.');
        buf_u64(out, a->b[i]);
    }
}

/* Types whose text needs no quoting by anybody. */
static bool print_plain(const struct cell *c, struct cell_style *s, struct buf *out)
{
    switch (c->type) {
    case FIELD_COUNT:
        buf_u64(out, c->as.u);
        return true;
    case FIELD_INT:
        print_int(c->as.i, out);
        return true;
    case FIELD_REAL:
        print_real(c->as.d, c->digits, out);
        return true;
    case FIELD_BOOL:
        buf_str(out, c->as.b ? "true" : "false");
        return true;
    default:
        return false;
    }
}

static void print_word(const struct cell *c, struct cell_style *s, struct buf *out)
{
    char text[ENDPOINT_TEXT];
    if (c->type == FIELD_TS)
        print_ts(c->as.i, s, out);
    else if (c->type == FIELD_IP)
        print_ip(&c->as.ip, out);
    else if (c->type == FIELD_ENDPOINT)
        buf_add(out, text, endpoint_print(&c->as.endpoint, text));
}

void cell_print(const struct cell *c, struct cell_style *s, struct buf *out)
{
    if (print_plain(c, s, out))
        return;
    if (c->type == FIELD_TEXT) {
        buf_view(out, c->as.text);
    } else if (c->type == FIELD_LIST) {
        for (uint32_t i = 0; i < c->as.list.n; i++) {
            if (i)
                buf_char(out, ';');
            buf_view(out, c->as.list.v[i]);
        }
    } else {
        print_word(c, s, out);
    }
}

void cell_print_json(const struct cell *c, struct cell_style *s, struct buf *out)
{
    if (print_plain(c, s, out))
        return;
    if (!c->type) {
        buf_add(out, "null", 4);
    } else if (c->type == FIELD_TEXT) {
        cell_json_text(c->as.text, out);
    } else if (c->type == FIELD_LIST) {
        buf_char(out, '[');
        for (uint32_t i = 0; i < c->as.list.n; i++) {
            if (i)
                buf_char(out, ',');
            cell_json_text(c->as.list.v[i], out);
        }
        buf_char(out, ']');
    } else {
        buf_char(out, '"');
        print_word(c, s, out);
        buf_char(out, '"');
    }
}

/* Printable ASCII but for the two characters that JSON escapes. */
static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static size_t json_escape_at(struct view v, size_t at, struct buf *out)
{
    uint32_t code;
    size_t n = utf8_decode(v, at, &code);
    if (!n) {
        buf_str(out, "\xef\xbf\xbd");
        return 1;
    }
    const char *letter = code && code < 0x80 ? strchr("\"\"\\\\\nn\rr\tt", (int)code) : NULL;
    if (letter) {
        buf_char(out, '\\');
        buf_char(out, letter[1]);
    } else if (utf8_steers(code) && code < 0x10000) {
        buf_printf(out, "\\u%04x", code);
    } else {
        buf_add(out, v.p + at, n);
    }
    return n;
}

void cell_json_text(struct view v, struct buf *out)
{
    buf_char(out, '"');
    for (size_t i = 0; i < v.n;) {
        size_t run = i;
        while (run < v.n && is_plain((unsigned char)v.p[run]))
            run++;
        buf_add(out, v.p + i, run - i);
        i = run < v.n ? run + json_escape_at(v, run, out) : run;
    }
    buf_char(out, '"');
}

bool cell_type_is_number(unsigned type)
{
    return type == FIELD_COUNT || type == FIELD_INT || type == FIELD_REAL;
}
