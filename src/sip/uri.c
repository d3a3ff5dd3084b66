/* URIs (RFC 3261 25.1: SIP-URI, SIPS-URI, absoluteURI; RFC 3966 3: telephone-uri). */
#include "sip/uri.h"

#include "base/addr.h"
#include "sip/params.h"
#include "sip/priv.h"

/* Every byte is of the class or part of an escape "%" HEXDIG HEXDIG. */
static bool escaped_all(struct view v, unsigned class)
{
    for (size_t i = 0; i < v.n; i++) {
        if (sip_is(v.p[i], class))
            continue;
        if (v.p[i] != '%' || v.n - i < 3 || !sip_is(v.p[i + 1], C_HEX) || !sip_is(v.p[i + 2], C_HEX))
            return false;
        i += 2;
    }
    return true;
}

static bool port_parse(struct sip_uri *u, struct view text)
{
    uint64_t port;
    u->port_text = text;
    if (!view_u64(text, UINT16_MAX, &port) || !port)
        return false;
    u->port = (uint16_t)port;
    return true;
}

/* ;params?headers from p on, whatever the host was. */
static bool tail_parse(struct sip_uri *u, const char *p, const char *end)
{
    bool good = true;
    const char *q = p < end ? memchr(p, '?', (size_t)(end - p)) : NULL;
    if (p < end && *p == ';') {
        u->params = view_range(p, q ? q : end);
        good = escaped_all(u->params, C_PARAM);
    } else if (p < end && *p != '?')
        good = false; /* something that belongs to no part */
    if (q) {
        u->headers = view_range(q + 1, end);
        good &= u->headers.n > 0 && escaped_all(u->headers, C_HEADER);
    }
    return good;
}

static bool userinfo_parse(struct sip_uri *u, struct view info)
{
    size_t colon = view_find(info, ':');
    u->user = view_of(info.p, colon);
    bool good = colon > 0 && escaped_all(u->user, C_USER);
    if (colon < info.n) {
        u->password = view_of(info.p + colon + 1, info.n - colon - 1);
        good &= escaped_all(u->password, C_PASSWORD);
    }
    return good;
}

/* "[" IPv6address "]" at p; answers where it goes on, or NULL if it does not close. */
static const char *ipv6_parse(struct sip_uri *u, const char *p, const char *end, bool *good)
{
    struct ip_addr a;
    const char *close = memchr(p, ']', (size_t)(end - p));
    if (!close)
        return NULL;
    u->ipv6 = true;
    u->host = view_range(p + 1, close);
    *good &= memchr(u->host.p, ':', u->host.n) != NULL && ip_parse(u->host, &a);
    return close + 1;
}

static bool hostport_parse(struct sip_uri *u, const char *p, const char *end)
{
    bool good = true;
    if (p < end && *p == '[') {
        const char *next = ipv6_parse(u, p, end, &good);
        if (!next) {
            u->host = view_range(p, end);
            return false;
        }
        p = next;
    } else {
        const char *h = p;
        while (p < end && sip_is(*p, C_HOST))
            p++;
        u->host = view_range(h, p);
        good = u->host.n > 0;
    }
    if (p < end && *p == ':') {
        const char *d = ++p;
        while (p < end && *p != ';' && *p != '?')
            p++;
        good &= port_parse(u, view_range(d, p));
    }
    return tail_parse(u, p, end) && good;
}

static bool sip_rest_parse(struct sip_uri *u)
{
    const char *p = u->rest.p, *end = p + u->rest.n;
    const char *at = memchr(p, '@', u->rest.n);
    bool good = true;
    if (at) {
        good = userinfo_parse(u, view_range(p, at));
        p = at + 1;
    }
    return hostport_parse(u, p, end) && good;
}

static bool tel_rest_parse(struct sip_uri *u)
{
    size_t semi = view_find(u->rest, ';');
    u->user = view_of(u->rest.p, semi);
    u->params = view_of(u->rest.p + semi, u->rest.n - semi);
    return semi > 0 && sip_all(u->user, C_PHONE) && escaped_all(u->params, C_PARAM);
}

static enum sip_uri_scheme scheme_identify(struct view s)
{
    static const struct {
        struct view name;
        enum sip_uri_scheme scheme;
    } known[] = {
        {{"sip", 3}, SIP_URI_SIP}, {{"sips", 4}, SIP_URI_SIPS}, {{"tel", 3}, SIP_URI_TEL}, {{"urn", 3}, SIP_URI_URN}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (view_ieq(s, known[i].name))
            return known[i].scheme;
    return SIP_URI_OTHER;
}

/* scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) */
static bool scheme_parse(struct sip_uri *u, struct view text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] != ':') {
        if (!sip_is(text.p[n], C_HOST) && text.p[n] != '+')
            return false;
        n++;
    }
    if (n == 0 || n == text.n || (unsigned)(ascii_lower((unsigned char)text.p[0]) - 'a') > 25)
        return false;
    u->scheme_text = view_of(text.p, n);
    u->scheme = scheme_identify(u->scheme_text);
    u->rest = view_of(text.p + n + 1, text.n - n - 1);
    return true;
}

bool sip_uri_parse(struct sip_uri *u, struct view text)
{
    *u = (struct sip_uri){.scheme = SIP_URI_NONE};
    if (!scheme_parse(u, text) || !u->rest.n)
        return false;
    switch (u->scheme) {
    case SIP_URI_SIP:
    case SIP_URI_SIPS:
        return sip_rest_parse(u);
    case SIP_URI_TEL:
        return tel_rest_parse(u);
    default:
        return escaped_all(u->rest, C_URI);
    }
}

struct view sip_uri_param(const struct sip_uri *u, struct view name)
{
    return sip_params_value(u->params, name);
}
