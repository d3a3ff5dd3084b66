/* IP addresses and endpoints: 16 bytes whatever the version, cheap to compare and to hash. */
#pragma once
#include "base/view.h"

/* Network byte order. An IPv4 address is held as its IPv4-mapped form ::ffff:a.b.c.d (RFC 4291 2.5.5.2). */
struct ip_addr {
    uint8_t b[16];
};

struct endpoint {
    struct ip_addr ip;
    uint16_t port; /* host byte order */
};

enum { IP_TEXT = 46, ENDPOINT_TEXT = 54 }; /* bytes that hold any text form with its NUL */

struct ip_addr ip_from_v4(const uint8_t b[4]);
struct ip_addr ip_from_v6(const uint8_t b[16]);
bool ip_is_v4(const struct ip_addr *a);
bool ip_is_zero(const struct ip_addr *a);   /* 0.0.0.0 or :: */
bool ip_is_private(const struct ip_addr *a); /* RFC 1918, RFC 6598, fc00::/7, loopback, link local */

static inline bool ip_eq(const struct ip_addr *a, const struct ip_addr *b)
{
    return memcmp(a->b, b->b, 16) == 0;
}

static inline bool endpoint_eq(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && ip_eq(&a->ip, &b->ip);
}

/* Total order: IPv4 before IPv6, then by value, then by port. */
int endpoint_cmp(const struct endpoint *a, const struct endpoint *b);

/* "192.0.2.1" or "2001:db8::1" (RFC 5952), NUL-terminated; answers the length. out holds IP_TEXT bytes. */
size_t ip_print(const struct ip_addr *a, char *out);

/* "192.0.2.1:5060" or "[2001:db8::1]:5060"; answers the length. out holds ENDPOINT_TEXT bytes. */
size_t endpoint_print(const struct endpoint *e, char *out);

/* An IPv4 or IPv6 literal, the latter with or without brackets, no zone. False if v is not one. */
bool ip_parse(struct view v, struct ip_addr *out);
