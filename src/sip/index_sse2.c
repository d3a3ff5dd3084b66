/* The header index with SSE2, which every x86-64 processor has. */
#if defined __x86_64__
#include <emmintrin.h>
#include <stdint.h>

#define INDEX_NAME sip_index_sse2
#define INDEX_TARGET

struct header_key;
typedef __m128i nul_acc;

static inline nul_acc nul_none(void)
{
    return _mm_set1_epi8(-1);
}

static inline int nul_seen(nul_acc low)
{
    return _mm_movemask_epi8(_mm_cmpeq_epi8(low, _mm_setzero_si128())) != 0;
}

static inline __m128i at(const char *p, int i)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p + i);
}

static inline uint64_t equal(__m128i v, __m128i want)
{
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, want));
}

static inline uint64_t block_masks(const char *p, nul_acc *low)
{
    const __m128i lf = _mm_set1_epi8('\n');
    __m128i a = at(p, 0), b = at(p, 1), c = at(p, 2), d = at(p, 3);
    *low = _mm_min_epu8(*low, _mm_min_epu8(_mm_min_epu8(a, b), _mm_min_epu8(c, d)));
    return equal(a, lf) | equal(b, lf) << 16 | equal(c, lf) << 32 | equal(d, lf) << 48;
}

static inline uint32_t name_colon(const char *p)
{
    const __m128i colon = _mm_set1_epi8(':');
    return (uint32_t)(equal(at(p, 0), colon) | equal(at(p, 1), colon) << 16);
}

/* key: 32 bytes of name, then 32 bytes of fold (struct header_key). */
static inline uint32_t name_equal(const char *p, const struct header_key *key)
{
    const char *k = (const char *)key;
    return (uint32_t)(equal(_mm_or_si128(at(p, 0), at(k, 2)), at(k, 0)) |
                      equal(_mm_or_si128(at(p, 1), at(k, 3)), at(k, 1)) << 16);
}

#include "sip/index.h"
#else
typedef int siptap_no_sse2;
#endif
