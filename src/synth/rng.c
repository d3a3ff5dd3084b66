#include "synth/rng.h"

int64_t rng_exponential(struct rng *r, int64_t mean)
{
    uint64_t u = rng_next(r) | 1;
    unsigned zeros = (unsigned)__builtin_clzll(u);
    uint64_t m = u << zeros >> 32; /* the mantissa, in [2^31, 2^32) */
    uint64_t log2_q16 = 0;         /* log2(m / 2^31) with 16 binary digits */
    for (int i = 0; i < 16; i++) {
        m = m * m >> 31;
        log2_q16 <<= 1;
        if (m >> 32) {
            log2_q16 |= 1;
            m >>= 1;
        }
    }
    /* u = 2^(63 - zeros) * 2^fraction of 2^64, so -log2(u / 2^64) = zeros + 1 - fraction */
    uint64_t minus_log2 = ((uint64_t)(zeros + 1) << 16) - log2_q16;
    return (int64_t)((__int128)mean * (int64_t)(minus_log2 * 45426 >> 16) >> 16); /* ln 2 = 45426 / 65536 */
}
