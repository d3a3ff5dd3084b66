/* The header index with AVX2; chosen at run time. */
#if defined __x86_64__
#include <immintrin.h>
#include <stdint.h>

#define INDEX_NAME sip_index_avx2
#define INDEX_TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))

struct header_key;
typedef __m256i nul_acc;

INDEX_TARGET static inline nul_acc nul_none(void)
{
    return _mm256_set1_epi8(-1);
}

INDEX_TARGET static inline int nul_seen(nul_acc low)
{
    return _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, _mm256_setzero_si256())) != 0;
}

INDEX_TARGET static inline uint64_t block_masks(const char *p, nul_acc *low)
{
    const __m256i lf = _mm256_set1_epi8('\n');
    __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    *low = _mm256_min_epu8(*low, _mm256_min_epu8(a, b));
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, lf)) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, lf)) << 32;
}

INDEX_TARGET static inline uint32_t name_colon(const char *p)
{
    __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p);
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, _mm256_set1_epi8(':')));
}

/* key: 32 bytes of name, then 32 bytes of fold (struct header_key). */
INDEX_TARGET static inline uint32_t name_equal(const char *p, const struct header_key *key)
{
    __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i name = _mm256_loadu_si256((const __m256i *)(const void *)key);
    __m256i fold = _mm256_loadu_si256((const __m256i *)(const void *)key + 1);
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_or_si256(a, fold), name));
}

#include "sip/index.h"
#else
typedef int siptap_no_avx2;
#endif
