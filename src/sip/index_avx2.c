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

INDEX_TARGET static inline uint32_t lowest(uint64_t mask)
{
    return (uint32_t)_tzcnt_u64(mask);
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

INDEX_TARGET static inline uint64_t equal64(const char *p, char c)
{
    const __m256i want = _mm256_set1_epi8(c);
    __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, want)) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, want)) << 32;
}

/* Two tables, one per half of a byte: a byte is of a class if both halves have its bit.
 * Host: 1 "-.", 2 digits, 4 columns 4 and 6, 8 column 5, 16 column 7. Other bytes of URIs: 32 '+', 64 ":;=", 128 '@'.
 */
INDEX_TARGET static inline __m256i classes32(__m256i x)
{
    const __m256i low = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(2 | 8 | 16 | (char)128, 2 | 4 | 8 | 16, 2 | 4 | 8 | 16, 2 | 4 | 8 | 16, 2 | 4 | 8 | 16,
                      2 | 4 | 8 | 16, 2 | 4 | 8 | 16, 2 | 4 | 8 | 16, 2 | 4 | 8 | 16, 2 | 4 | 8 | 16, 4 | 8 | 16 | 64,
                      4 | 32 | 64, 4, 1 | 4 | 64, 1 | 4, 4 | 8));
    const __m256i high = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 0, 1 | 32, 2 | 64, 4 | (char)128, 8, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i nibble = _mm256_set1_epi8(15);
    return _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(x, nibble)),
                            _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(x, 4), nibble)));
}

INDEX_TARGET static inline uint32_t none_of(__m256i classes, char wanted)
{
    __m256i hit = _mm256_and_si256(classes, _mm256_set1_epi8(wanted));
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(hit, _mm256_setzero_si256()));
}

INDEX_TARGET static inline void classes64(const char *p, uint64_t *host, uint64_t *uri)
{
    __m256i a = classes32(_mm256_loadu_si256((const __m256i *)(const void *)p));
    __m256i b = classes32(_mm256_loadu_si256((const __m256i *)(const void *)(p + 32)));
    *host = ~(none_of(a, 31) | (uint64_t)none_of(b, 31) << 32);
    *uri = ~(none_of(a, -1) | (uint64_t)none_of(b, -1) << 32);
}

#define VALUES_ADDRESS sip_address_avx2
#define VALUES_VIA sip_via_avx2
#define VALUES_URI sip_uri_avx2
#include "sip/index.h"
#include "sip/values.h"
#else
typedef int siptap_no_avx2;
#endif
