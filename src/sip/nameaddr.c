/* name-addr = [ display-name ] LAQUOT addr-spec RAQUOT; addr-spec alone; then parameters. */
#include "sip/nameaddr.h"

#include "sip/priv.h"

/* display-name without quotes: *( token LWS ). */
static bool display_is_tokens(struct view v)
{
    return sip_all(v, C_TOKEN | C_LWS);
}

/* What follows the URI: nothing, or parameters. */
static bool params_take(struct sip_nameaddr *a, const char *p, const char *end)
{
    const char *q = sip_skip_lws(p, end);
    a->params = view_range(q, end);
    return q == end || *q == ';';
}

/* p stands on '<'. */
static bool bracketed_parse(struct sip_nameaddr *a, const char *p, const char *end)
{
    const char *close = memchr(p, '>', (size_t)(end - p));
    a->brackets = true;
    if (!close) {
        a->uri = sip_trim(view_range(p + 1, end));
        return false;
    }
    a->uri = view_range(p + 1, close);
    return params_take(a, close + 1, end);
}

/* An addr-spec without brackets: its ';' begin the parameters of the header, not of the URI. */
static bool bare_parse(struct sip_nameaddr *a, const char *p, const char *end)
{
    const char *u = p;
    while (p < end && *p != ';' && !sip_is(*p, C_LWS)) {
        a->needs_brackets |= *p == ',' || *p == '?';
        p++;
    }
    a->uri = view_range(u, p);
    return params_take(a, p, end);
}

/* A quote that never closes: what stands before the last '<' was meant as the name. */
static bool unbalanced_parse(struct sip_nameaddr *a, const char *p, const char *end)
{
    const char *lt = memrchr(p, '<', (size_t)(end - p));
    a->display = sip_trim(view_range(p + 1, lt ? lt : end));
    if (lt)
        bracketed_parse(a, lt, end);
    return false;
}

bool sip_nameaddr_parse(struct sip_nameaddr *a, struct view value)
{
    *a = (struct sip_nameaddr){.brackets = false};
    const char *p = value.p, *end = sip_end(value);
    p = sip_skip_lws(p, end);
    if (p < end && *p == '"') {
        const char *q = sip_skip_quoted(p, end);
        if (!q)
            return unbalanced_parse(a, p, end);
        a->display = view_range(p + 1, q - 1);
        q = sip_skip_lws(q, end);
        if (q < end && *q == '<')
            return bracketed_parse(a, q, end);
        bare_parse(a, q, end);
        return false;
    }
    const char *q = p;
    while (q < end && *q != '<' && *q != ';' && *q != '"')
        q++;
    if (q < end && *q == '"') { /* a quote inside an unquoted name, or behind a bare URI */
        const char *lt = memchr(q, '<', (size_t)(end - q));
        a->display = lt ? sip_trim(view_range(p, lt)) : VIEW_NONE;
        lt ? bracketed_parse(a, lt, end) : bare_parse(a, p, end);
        return false;
    }
    if (q == end || *q == ';')
        return bare_parse(a, p, end);
    a->display = q > p ? sip_trim(view_range(p, q)) : VIEW_NONE;
    bool tokens = display_is_tokens(a->display);
    return bracketed_parse(a, q, end) && tokens;
}

size_t sip_display_unescape(struct view display, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < display.n && n < cap; i++) {
        i += display.p[i] == '\\' && i + 1 < display.n;
        out[n++] = display.p[i];
    }
    return n;
}
