/* Random numbers of the synthesiser: seeded, the same on every machine, integers only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t s[4]; /* state of a xoshiro256** generator (Blackman and Vigna, 2018) */
};

/* Spreads one number over 64 bits (the finaliser of SplitMix64); also turns an identifier into another one. */
static inline uint64_t rng_spread(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static inline void rng_init(struct rng *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        r->s[i] = seed = rng_spread(seed + (uint64_t)i);
}

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t *s = r->s, x = s[1] * 5, out = (x << 7 | x >> 57) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return out;
}

/* A number below n (n > 0). */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
    return (uint64_t)((unsigned __int128)rng_next(r) * n >> 64);
}

/* A number from lo to hi, both included. */
static inline int64_t rng_between(struct rng *r, int64_t lo, int64_t hi)
{
    return lo + (int64_t)rng_below(r, (uint64_t)(hi - lo) + 1);
}

/* True in ppm of a million cases. */
static inline bool rng_chance(struct rng *r, uint32_t ppm)
{
    return rng_below(r, 1000000) < ppm;
}

/* Exponentially distributed with this mean: -ln(u) by repeated squaring in fixed point, no floating point. */
int64_t rng_exponential(struct rng *r, int64_t mean);
