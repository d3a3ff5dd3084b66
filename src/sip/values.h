/* The usual shapes of From, To, Via and URIs, recognised with masks of 64 bytes; compiled per instruction set like
 * index.h. The including file defines VALUES_ADDRESS, VALUES_VIA and VALUES_URI (names), INDEX_TARGET, equal64(p, c)
 * and classes64(p, &host, &uri): bit i of host: letter, digit, '-', '.' or '_'; of uri: that or one of "+:;=@". Each
 * function answers true only when it has set exactly what the grammar of the general parsers would give and nothing is
 * odd; for everything else it answers false and the general parser does the work. Reads p[0..room) at most. */
#include "sip/priv.h"

struct uri_masks {
    uint64_t host, uri, at, colon, semi;
};

INDEX_TARGET static inline struct uri_masks masks_at(const char *p)
{
    struct uri_masks k;
    classes64(p, &k.host, &k.uri);
    k.at = equal64(p, '@');
    k.colon = equal64(p, ':');
    k.semi = equal64(p, ';');
    return k;
}

/* Bits [from, to) of 64; from <= to <= 64. */
INDEX_TARGET static inline uint64_t span(unsigned from, unsigned to)
{
    uint64_t below = to < 64 ? (1ull << to) - 1 : ~0ull;
    return from < 64 ? below & ~0ull << from : 0;
}

/* The n bytes at p are a port; room: bytes that may be read there. */
INDEX_TARGET static inline bool port_is_good(const char *p, unsigned n, unsigned room)
{
    uint32_t x;
    if (n - 1 < 5 && room >= 8)
        return sip_word_number(sip_word(p), n, &x) && x - 1 < UINT16_MAX;
    unsigned port = 0, bad = n - 1 > 4;
    for (unsigned i = 0; i < n && i < 5; i++) {
        unsigned d = (unsigned char)p[i] - '0';
        bad |= d > 9;
        port = port * 10 + d;
    }
    return !bad && port - 1 < UINT16_MAX;
}

/* host [":" port] at bits [from, to); 64 bytes of p may be read. */
INDEX_TARGET static inline bool hostport_is_plain(const char *p, const struct uri_masks *k, unsigned from, unsigned to)
{
    uint64_t here = span(from, to), odd = here & ~k->host;
    if (!odd)
        return from < to;
    unsigned colon = (unsigned)__builtin_ctzll(odd);
    if (!(k->colon >> colon & 1) || odd & (odd - 1) || colon == from)
        return false;
    return port_is_good(p + colon + 1, to - colon - 1, 63 - colon);
}

/* "sip:" [user "@"] host [":" port] [";" params] at bits [from, to). */
INDEX_TARGET static inline bool uri_is_plain(const char *p, const struct uri_masks *k, unsigned from, unsigned to)
{
    if (to < from + 5 || memcmp(p + from, "sip:", 4) != 0)
        return false;
    from += 4;
    uint64_t here = span(from, to), at = k->at & here;
    if (here & ~k->uri || at & (at - 1))
        return false;
    if (at) {
        unsigned a = (unsigned)__builtin_ctzll(at);
        if (a == from || k->colon & span(from, a))
            return false;
        from = a + 1;
    }
    uint64_t semi = k->semi & span(from, to);
    return hostport_is_plain(p, k, from, semi ? (unsigned)__builtin_ctzll(semi) : to);
}

INDEX_TARGET bool VALUES_URI(struct view uri, size_t room)
{
    if (uri.n > 64 || room < 64)
        return false;
    struct uri_masks k = masks_at(uri.p);
    return uri_is_plain(uri.p, &k, 0, (unsigned)uri.n);
}

/* The '<' of: <  "name" <  "name"<. 64 if it is none of these. */
INDEX_TARGET static inline unsigned bracket_find(const char *p, unsigned n, struct view *display)
{
    *display = VIEW_NONE;
    if (p[0] == '<')
        return 0;
    uint64_t quotes = equal64(p, '"') & span(1, n);
    if (p[0] != '"' || !quotes)
        return 64;
    unsigned close = (unsigned)__builtin_ctzll(quotes);
    if (equal64(p, '\\') & span(0, close) || close + 3 > n)
        return 64;
    *display = view_of(p + 1, close - 1);
    close += 1 + (p[close + 1] == ' ');
    return p[close] == '<' ? close : 64;
}

/* [display] <uri> [;tag=...] and nothing else. */
INDEX_TARGET bool VALUES_ADDRESS(struct sip_address *a, struct view value, size_t room)
{
    const char *p = value.p;
    unsigned n = value.n < 64 ? (unsigned)value.n : 64;
    if (room < 64 || !n)
        return false;
    unsigned lt = bracket_find(p, n, &a->display);
    if (lt >= n)
        return false;
    uint64_t close = equal64(p, '>') & span(lt, n);
    if (!close)
        return false;
    unsigned gt = (unsigned)__builtin_ctzll(close);
    struct uri_masks k = masks_at(p);
    if (!uri_is_plain(p, &k, lt + 1, gt))
        return false;
    a->uri = view_of(p + lt + 1, gt - lt - 1);
    a->tag = VIEW_NONE;
    size_t tag = gt + 6u;
    if (value.n == gt + 1u)
        return true;
    if (value.n <= tag || value.n - tag > 64 || room - tag < 64 || memcmp(p + gt + 1, ";tag=", 5) != 0)
        return false;
    uint64_t host, uri;
    classes64(p + tag, &host, &uri);
    a->tag = view_of(p + tag, value.n - tag);
    return !(span(0, (unsigned)a->tag.n) & ~host);
}

/* One parameter of Via; false if it is none that we know. */
INDEX_TARGET static inline bool via_param(struct sip_via_top *v, const char *p, const char *end)
{
    size_t n = (size_t)(end - p);
    if (n >= 7 && memcmp(p, "branch=", 7) == 0) {
        if (!v->branch.p)
            v->branch = view_range(p + 7, end);
        return true;
    }
    if (n >= 9 && memcmp(p, "received=", 9) == 0) {
        if (!v->received.p)
            v->received = view_range(p + 9, end);
        return true;
    }
    if (n < 5 || memcmp(p, "rport", 5) != 0 || (n > 5 && p[5] != '='))
        return false;
    if (!v->rport.p)
        v->rport = n > 5 ? view_range(p + 6, end) : view_of(p, 0);
    return true;
}

/* "SIP/2.0/" transport SP host [":" port] *( ";" known parameter ), one value, no white space. */
INDEX_TARGET bool VALUES_VIA(struct sip_via_top *v, struct view value, size_t room)
{
    enum { HEAD = sizeof "SIP/2.0/UDP " - 1 };
    const char *p = value.p;
    if (value.n <= HEAD || value.n - HEAD > 128 || room < HEAD + 128 || memcmp(p, "SIP/2.0/", 8) != 0)
        return false;
    if (memcmp(p + 8, "UDP ", 4) != 0 && memcmp(p + 8, "TCP ", 4) != 0 && memcmp(p + 8, "TLS ", 4) != 0)
        return false;
    *v = (struct sip_via_top){.transport = view_of(p + 8, 3)};
    p += HEAD;
    unsigned n = (unsigned)value.n - HEAD, first = n < 64 ? n : 64;
    struct uri_masks k = masks_at(p), more = {0};
    if (n > 64)
        more = masks_at(p + 64);
    uint64_t here = span(0, first);
    if (here & ~k.uri || (n > 64 && span(0, n - 64) & ~more.uri))
        return false;
    uint64_t semi[2] = {k.semi & here, n > 64 ? more.semi & span(0, n - 64) : 0};
    unsigned host_end = semi[0] ? (unsigned)__builtin_ctzll(semi[0]) : first;
    if ((!semi[0] && n > 64) || !hostport_is_plain(p, &k, 0, host_end))
        return false;
    v->sent_by = view_of(p, host_end);
    const char *param = p + host_end + 1, *end = p + n;
    semi[0] &= semi[0] - 1;
    bool good = true;
    for (int half = 0; half < 2; half++)
        for (; semi[half]; semi[half] &= semi[half] - 1) {
            const char *next = p + 64 * half + __builtin_ctzll(semi[half]);
            good &= via_param(v, param, next);
            param = next + 1;
        }
    if (param <= end)
        good &= via_param(v, param, end);
    return good;
}
