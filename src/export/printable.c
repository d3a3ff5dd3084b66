#include "export/printable.h"

#include "base/utf8.h"

static void add_hex(struct buf *out, struct view v)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];
        char text[4] = {'\\', 'x', digit[c >> 4], digit[c & 15]};
        buf_add(out, text, sizeof text);
    }
}

static bool is_line_char(struct view v, size_t i)
{
    char c = v.p[i];
    return c == '\n' || c == '\t' || (c == '\r' && i + 1 < v.n && v.p[i + 1] == '\n');
}

/* Adds the character at v.p[i], answers its length. */
static size_t add_one(struct buf *out, struct view v, size_t i, bool utf8)
{
    uint32_t code;
    size_t n = utf8_decode(v, i, &code);
    if (n && !utf8_steers(code) && (utf8 || code < 0x80))
        buf_add(out, v.p + i, n);
    else
        add_hex(out, view_of(v.p + i, n ? n : 1));
    return n ? n : 1;
}

static void add(struct buf *out, struct view v, bool utf8, bool lines)
{
    for (size_t i = 0; i < v.n;) {
        size_t run = i;
        while (run < v.n && v.p[run] >= 0x20 && v.p[run] < 0x7f)
            run++;
        buf_add(out, v.p + i, run - i);
        i = run;
        if (i == v.n)
            break;
        if (lines && is_line_char(v, i)) {
            if (v.p[i] != '\r')
                buf_char(out, v.p[i]);
            i++;
        } else {
            i += add_one(out, v, i, utf8);
        }
    }
}

void printable_add(struct buf *out, struct view v, bool utf8)
{
    add(out, v, utf8, false);
}

void printable_add_lines(struct buf *out, struct view v, bool utf8)
{
    add(out, v, utf8, true);
}

size_t printable_columns(struct view v)
{
    size_t columns = 0;
    for (size_t i = 0; i < v.n;) {
        uint32_t code = 0;
        size_t n = utf8_decode(v, i, &code);
        columns += utf8_columns(code);
        i += n ? n : 1;
    }
    return columns;
}

struct view printable_cut(struct view v, size_t columns)
{
    size_t used = 0, i = 0;
    while (i < v.n) {
        uint32_t code = 0;
        size_t n = utf8_decode(v, i, &code);
        used += utf8_columns(code);
        if (used > columns)
            break;
        i += n ? n : 1;
    }
    return view_of(v.p, i);
}
