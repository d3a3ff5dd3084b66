/* Unfolding: a CRLF that is followed by white space stands, with it, for a single SP. */
#include "sip/fold.h"

#include "sip/priv.h"

size_t sip_unfold(struct view value, char *out, size_t cap)
{
    size_t n = 0;
    const char *p = value.p, *end = sip_end(value);
    while (p < end && n < cap) {
        if (!sip_is(*p, C_LWS)) {
            out[n++] = *p++;
            continue;
        }
        const char *q = sip_skip_lws(p, end);
        if (!memchr(p, '\n', (size_t)(q - p))) { /* white space inside a line is kept */
            while (p < q && n < cap)
                out[n++] = *p++;
            continue;
        }
        out[n++] = ' ';
        p = q;
    }
    return n;
}

struct view sip_unfolded(struct view value, char *out, size_t cap)
{
    if (view_find(value, '\n') == value.n)
        return value;
    return view_of(out, sip_unfold(value, out, cap));
}
