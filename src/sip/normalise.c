/* The user key. */
#include "sip/normalise.h"

#include "sip/priv.h"
#include "sip/uri.h"

struct out {
    char *p;
    size_t n, cap;
};

static void put(struct out *o, char c)
{
    if (o->n < o->cap)
        o->p[o->n++] = c;
}

static void put_lower(struct out *o, struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        put(o, (char)ascii_lower((unsigned char)v.p[i]));
}

static unsigned hex(char c)
{
    return sip_is(c, C_DIGIT) ? (unsigned)(c - '0') : (unsigned)(ascii_lower((unsigned char)c) - 'a' + 10);
}

/* unreserved: alphanum and the marks (RFC 3261 25.1). */
static bool is_unreserved(char c)
{
    return sip_is(c, C_USER) && !memchr("&=+$,;?/", c, 8);
}

static void put_user(struct out *o, struct view user, bool casefold)
{
    for (size_t i = 0; i < user.n; i++) {
        char c = user.p[i];
        if (c == '%' && user.n - i >= 3 && sip_is(user.p[i + 1], C_HEX) && sip_is(user.p[i + 2], C_HEX)) {
            unsigned byte = hex(user.p[i + 1]) << 4 | hex(user.p[i + 2]);
            i += 2;
            if (byte >= 0x80 || !is_unreserved((char)byte)) {
                put(o, '%');
                put(o, "0123456789ABCDEF"[byte >> 4]);
                put(o, "0123456789ABCDEF"[byte & 15]);
                continue;
            }
            c = (char)byte;
        }
        put(o, casefold ? (char)ascii_lower((unsigned char)c) : c);
    }
}

static void put_host(struct out *o, const struct sip_uri *u)
{
    if (u->ipv6)
        put(o, '[');
    put_lower(o, u->host);
    if (u->ipv6)
        put(o, ']');
    if (u->port && u->port != 5060 && u->port != 5061) {
        put(o, ':');
        put_lower(o, u->port_text);
    }
}

/* Visual separators go (RFC 3966 5.1.1). */
static void put_phone(struct out *o, const struct sip_uri *u)
{
    for (size_t i = 0; i < u->user.n; i++)
        if (!memchr("-.()", u->user.p[i], 4))
            put(o, (char)ascii_lower((unsigned char)u->user.p[i]));
    struct view context = sip_uri_param(u, V("phone-context"));
    if (!context.n)
        return;
    put(o, '@');
    put_lower(o, context);
}

size_t sip_user_key(struct view uri, bool casefold, char *out, size_t cap)
{
    struct out o = {out, 0, cap};
    struct sip_uri u;
    sip_uri_parse(&u, uri);
    switch (u.scheme) {
    case SIP_URI_SIP:
    case SIP_URI_SIPS:
        put_user(&o, u.user, casefold);
        put(&o, '@');
        put_host(&o, &u);
        break;
    case SIP_URI_TEL:
        put_phone(&o, &u);
        break;
    default:
        for (size_t i = 0; i < uri.n && i < cap; i++)
            put(&o, uri.p[i]);
    }
    return o.n;
}

bool sip_uri_is_anonymous(struct view uri)
{
    struct sip_uri u;
    sip_uri_parse(&u, uri);
    if (u.scheme == SIP_URI_TEL)
        return u.user.n == 0;
    if (u.scheme != SIP_URI_SIP && u.scheme != SIP_URI_SIPS)
        return false;
    return !u.user.n || view_ieq(u.user, V("anonymous")) || view_ieq(u.host, V("anonymous.invalid"));
}
