#include "base/utf8.h"

struct lead {
    unsigned char lo, hi, second_lo, second_hi, len;
};

/* RFC 3629 4: the second byte's range depends on the first. */
static const struct lead *lead_of(unsigned char c)
{
    static const struct lead row[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (c >= row[i].lo && c <= row[i].hi)
            return &row[i];
    return NULL;
}

size_t utf8_decode(struct view v, size_t at, uint32_t *code)
{
    if (at >= v.n)
        return 0;
    const unsigned char *p = (const unsigned char *)v.p + at;
    if (*p < 0x80) {
        *code = *p;
        return 1;
    }
    const struct lead *l = lead_of(*p);
    if (!l || v.n - at < l->len || p[1] < l->second_lo || p[1] > l->second_hi)
        return 0;
    uint32_t c = p[0] & (0x7fu >> l->len);
    for (unsigned i = 1; i < l->len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3f);
    }
    *code = c;
    return l->len;
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

unsigned utf8_columns(uint32_t code)
{
    static const struct range none[] = {{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd}, {0x610, 0x61a}, {0x64b, 0x65f},
                                        {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f},
                                        {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef}};
    static const struct range wide[] = {{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xac00, 0xd7a3},
                                        {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6},
                                        {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
    if (code < 0x300)
        return 1;
    if (in_ranges(code, none, sizeof none / sizeof *none))
        return 0;
    return in_ranges(code, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

bool utf8_steers(uint32_t code)
{
    static const struct range row[] = {{0, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x61c, 0x61c}, {0x180e, 0x180e},
                                       {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff},
                                       {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};
    if (code >= 0x20 && code < 0x7f)
        return false;
    return in_ranges(code, row, sizeof row / sizeof *row);
}
