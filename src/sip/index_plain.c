/* The header index in plain C: eight bytes at a time, any processor, any byte order. */
#include <stdint.h>
#include <string.h>

#define INDEX_NAME sip_index_plain
#define INDEX_TARGET

struct header_key;
typedef int nul_acc;

static inline nul_acc nul_none(void)
{
    return 0;
}

static inline int nul_seen(nul_acc seen)
{
    return seen;
}

/* Eight bytes, the first one lowest whatever the byte order. */
static inline uint64_t word_at(const char *p)
{
    uint64_t x;
    memcpy(&x, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

/* Bit i: byte i of x is zero. Exact: no carry leaves a byte. */
static inline uint64_t zero_bytes(uint64_t x)
{
    const uint64_t low7 = 0x7f7f7f7f7f7f7f7full;
    uint64_t high = ~(((x & low7) + low7) | x | low7); /* 0x80 in each zero byte */
    return (high >> 7) * 0x0102040810204080ull >> 56;
}

static inline uint64_t equal(uint64_t x, unsigned char c)
{
    return zero_bytes(x ^ 0x0101010101010101ull * c);
}

static inline uint64_t block_masks(const char *p, nul_acc *seen)
{
    uint64_t mask = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t x = word_at(p + 8 * i);
        mask |= equal(x, '\n') << 8 * i;
        *seen |= zero_bytes(x) != 0;
    }
    return mask;
}

static inline uint32_t lowest(uint64_t mask)
{
    return (uint32_t)__builtin_ctzll(mask | 1ull << 63);
}

static inline uint32_t name_colon(const char *p)
{
    uint32_t mask = 0;
    for (int i = 0; i < 4; i++)
        mask |= (uint32_t)equal(word_at(p + 8 * i), ':') << 8 * i;
    return mask;
}

/* key: 32 bytes of name, then 32 bytes of fold (struct header_key). */
static inline uint32_t name_equal(const char *p, const struct header_key *key)
{
    const char *k = (const char *)key;
    uint32_t mask = 0;
    for (int i = 0; i < 4; i++)
        mask |= (uint32_t)zero_bytes((word_at(p + 8 * i) | word_at(k + 32 + 8 * i)) ^ word_at(k + 8 * i)) << 8 * i;
    return mask;
}

#include "sip/index.h"
