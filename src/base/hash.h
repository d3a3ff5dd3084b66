/* Seeded 64-bit hash of bytes an attacker may choose. A hit is always followed by an equality test. */
#pragma once
#include "base/view.h"

struct hash_seed {
    uint64_t k0, k1;
};

/* A seed from the operating system's random source. */
struct hash_seed hash_seed_random(void);

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    unsigned __int128 m = (unsigned __int128)a * b;
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}


/* Folded 64x64->128 multiplication over 16-byte steps with a secret in each factor. */
static inline uint64_t hash_bytes(const struct hash_seed *s, const void *data, size_t n)
{
    const char *p = data;
    uint64_t h = s->k0 ^ n;
    uint64_t a, b, lo, hi;
    while (n > 16) {
        memcpy(&a, p, 8);
        memcpy(&b, p + 8, 8);
        h = hash_mix(a ^ s->k1, b ^ h);
        p += 16;
        n -= 16;
    }
    if (n >= 8) {
        memcpy(&lo, p, 8);
        memcpy(&hi, p + n - 8, 8);
    } else if (n >= 4) {
        uint32_t l32, h32;
        memcpy(&l32, p, 4);
        memcpy(&h32, p + n - 4, 4);
        lo = l32;
        hi = h32;
    } else {
        lo = n ? (uint64_t)(uint8_t)p[0] << 16 | (uint64_t)(uint8_t)p[n >> 1] << 8 | (uint8_t)p[n - 1] : 0;
        hi = 0;
    }
    h = hash_mix(lo ^ s->k1, hi ^ h);
    return hash_mix(h ^ s->k0, 0x9e3779b97f4a7c15u);
}

static inline uint64_t hash_view(const struct hash_seed *s, struct view v)
{
    return hash_bytes(s, v.p, v.n);
}

/* Adds one more number to a hash. */
static inline uint64_t hash_add(const struct hash_seed *s, uint64_t h, uint64_t x)
{
    return hash_mix(h ^ s->k1, x ^ s->k0 ^ 0x2545f4914f6cdd1du);
}
