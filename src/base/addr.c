#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct ip_addr ip_from_v4(const uint8_t b[4])
{
    struct ip_addr a;
    memcpy(a.b, mapped_prefix, 12);
    memcpy(a.b + 12, b, 4);
    return a;
}

struct ip_addr ip_from_v6(const uint8_t b[16])
{
    struct ip_addr a;
    memcpy(a.b, b, 16);
    return a;
}

bool ip_is_v4(const struct ip_addr *a)
{
    return memcmp(a->b, mapped_prefix, 12) == 0;
}

bool ip_is_zero(const struct ip_addr *a)
{
    static const uint8_t zero[16];
    return memcmp(a->b, zero, 16) == 0 || (ip_is_v4(a) && memcmp(a->b + 12, zero, 4) == 0);
}

bool ip_is_private(const struct ip_addr *a)
{
    const uint8_t *v4 = a->b + 12;
    if (!ip_is_v4(a)) {
        static const uint8_t loopback[16] = {[15] = 1};
        return (a->b[0] & 0xfe) == 0xfc || (a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80) ||
               memcmp(a->b, loopback, 16) == 0;
    }
    return v4[0] == 10 || v4[0] == 127 || (v4[0] == 172 && (v4[1] & 0xf0) == 16) ||
           (v4[0] == 192 && v4[1] == 168) || (v4[0] == 169 && v4[1] == 254) ||
           (v4[0] == 100 && (v4[1] & 0xc0) == 64);
}

int endpoint_cmp(const struct endpoint *a, const struct endpoint *b)
{
    bool a4 = ip_is_v4(&a->ip), b4 = ip_is_v4(&b->ip);
    int c;
    if (a4 != b4)
        return a4 ? -1 : 1;
    c = memcmp(a->ip.b, b->ip.b, 16);
    return c ? c : (a->port > b->port) - (a->port < b->port);
}

size_t ip_print(const struct ip_addr *a, char *out)
{
    if (ip_is_v4(a))
        inet_ntop(AF_INET, a->b + 12, out, IP_TEXT);
    else
        inet_ntop(AF_INET6, a->b, out, IP_TEXT);
    return strlen(out);
}

size_t endpoint_print(const struct endpoint *e, char *out)
{
    char ip[IP_TEXT];
    ip_print(&e->ip, ip);
    return (size_t)snprintf(out, ENDPOINT_TEXT, ip_is_v4(&e->ip) ? "%s:%u" : "[%s]:%u", ip, e->port);
}

bool ip_parse(struct view v, struct ip_addr *out)
{
    char text[IP_TEXT];
    uint8_t raw[16];
    if (v.n >= 2 && v.p[0] == '[' && v.p[v.n - 1] == ']')
        v = view_of(v.p + 1, v.n - 2);
    if (!v.n || v.n >= sizeof text || memchr(v.p, 0, v.n))
        return false;
    memcpy(text, v.p, v.n);
    text[v.n] = 0;
    if (inet_pton(AF_INET, text, raw) == 1)
        *out = ip_from_v4(raw);
    else if (inet_pton(AF_INET6, text, raw) == 1)
        *out = ip_from_v6(raw);
    else
        return false;
    return true;
}
