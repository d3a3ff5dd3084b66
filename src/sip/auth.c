/* challenge and credentials: scheme LWS name=value *( COMMA name=value ). */
#include "sip/auth.h"

#include "sip/priv.h"

static uint32_t hex8(struct view v)
{
    uint32_t x = 0;
    if (v.n > 8)
        return 0;
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = ascii_lower((unsigned char)v.p[i]);
        if (!sip_is(v.p[i], C_HEX))
            return 0;
        x = x << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return x;
}

static void param_take(struct sip_auth *a, struct view name, struct view value)
{
    const struct {
        struct view name;
        struct view *slot;
    } slots[] = {{V("username"), &a->username}, {V("realm"), &a->realm},       {V("nonce"), &a->nonce},
                 {V("uri"), &a->uri},           {V("response"), &a->response}, {V("algorithm"), &a->algorithm},
                 {V("cnonce"), &a->cnonce},     {V("opaque"), &a->opaque},     {V("qop"), &a->qop},
                 {V("domain"), &a->domain}};
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (name.n == slots[i].name.n && view_ieq(name, slots[i].name)) {
            if (!slots[i].slot->p)
                *slots[i].slot = value;
            return;
        }
    if (view_ieq(name, V("nc")))
        a->nc = hex8(value);
    else if (view_ieq(name, V("stale")))
        a->stale = view_ieq(value, V("true"));
}

/* Where a name of one to seven letters with '=' behind it ends; NULL if this is another kind of name. */
static const char *letters_end(const char *p, const char *end)
{
    const uint64_t every = 0x0101010101010101ull, high = every * 0x80;
    if (end - p < 8)
        return NULL;
    uint64_t word = sip_word(p), equals = word ^ every * '=';
    equals = (equals - every) & ~equals & high; /* its lowest bit is that of the first one */
    if (!equals)
        return NULL;
    uint64_t before = (equals & -equals) - 1; /* the bits below it: the bytes of the name, and 7 of its own byte */
    uint64_t lower = (word | every * 0x20) & ~high;
    uint64_t letters = (lower + every * (0x80 - 'a')) & ~(lower + every * (0x7f - 'z')) & ~word & high;
    unsigned n = (unsigned)__builtin_ctzll(equals) / 8;
    return n && (letters & before) == (high & before) ? p + n : NULL;
}

/* name EQUAL value at *p; moves *p behind the comma that follows. */
static bool pair_parse(struct sip_auth *a, const char **p, const char *end)
{
    const char *n = *p, *q = letters_end(n, end);
    if (!q)
        for (q = n; q < end && sip_is(*q, C_TOKEN);)
            q++;
    struct view name = view_range(n, q), value;
    q = sip_skip_lws(q, end);
    if (!name.n || q == end || *q != '=')
        return false;
    q = sip_skip_lws(q + 1, end);
    const char *v = q;
    if (q < end && *q == '"') {
        q = sip_skip_quoted(q, end);
        if (!q)
            return false;
        value = view_range(v + 1, q - 1);
    } else {
        while (q < end && *q != ',' && !sip_is(*q, C_LWS))
            q++;
        value = view_range(v, q);
        if (!value.n)
            return false;
    }
    if (a)
        param_take(a, name, value);
    if (end - q > 2 && q[0] == ',' && q[1] == ' ' && sip_is(q[2], C_TOKEN)) {
        *p = q + 2;
        return true;
    }
    q = sip_skip_lws(q, end);
    if (q < end && *q != ',')
        return false;
    while (q < end && (*q == ',' || sip_is(*q, C_LWS)))
        q++;
    *p = q;
    return true;
}

/* a NULL: only the grammar is looked at. */
static bool walk(struct sip_auth *a, struct view *scheme, struct view value)
{
    const char *end = sip_end(value), *p = sip_skip_lws(value.p, end), *q = p;
    while (q < end && sip_is(*q, C_TOKEN))
        q++;
    *scheme = view_range(p, q);
    if (!scheme->n || (q < end && !sip_is(*q, C_LWS)))
        return false;
    p = sip_skip_lws(q, end);
    bool any = false, good = true;
    while (p < end && good) {
        good = pair_parse(a, &p, end);
        any |= good;
    }
    return view_ieq(*scheme, V("Digest")) ? good && any : true;
}

bool sip_auth_parse(struct sip_auth *a, struct view value)
{
    *a = (struct sip_auth){.nc = 0};
    return walk(a, &a->scheme, value);
}

bool sip_auth_is_good(struct view value)
{
    struct view scheme;
    return walk(NULL, &scheme, value);
}
