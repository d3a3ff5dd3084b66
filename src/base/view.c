#include "base/view.h"

bool view_ieq(struct view a, struct view b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (ascii_lower((unsigned char)a.p[i]) != ascii_lower((unsigned char)b.p[i]))
            return false;
    return true;
}

bool view_istarts(struct view v, struct view prefix)
{
    return v.n >= prefix.n && view_ieq(view_of(v.p, prefix.n), prefix);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct view view_trim(struct view v)
{
    while (v.n && is_space(v.p[0])) {
        v.p++;
        v.n--;
    }
    while (v.n && is_space(v.p[v.n - 1]))
        v.n--;
    return v;
}

int view_cmp(struct view a, struct view b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    if (c)
        return c;
    return (a.n > b.n) - (a.n < b.n);
}

size_t view_find(struct view v, char c)
{
    const char *hit = v.n ? memchr(v.p, c, v.n) : NULL;
    return hit ? (size_t)(hit - v.p) : v.n;
}

bool view_u64(struct view v, uint64_t max, uint64_t *out)
{
    uint64_t x = 0;
    if (!v.n)
        return false;
    for (size_t i = 0; i < v.n; i++) {
        unsigned d = (unsigned char)v.p[i] - '0';
        if (d > 9 || x > (max - d) / 10)
            return false;
        x = x * 10 + d;
    }
    *out = x;
    return true;
}
