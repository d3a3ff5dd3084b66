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

static inline uint32_t lowest(uint64_t mask)
{
    return (uint32_t)__builtin_ctzll(mask | 1ull << 63);
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

static inline uint64_t equal64(const char *p, char c)
{
    const __m128i want = _mm_set1_epi8(c);
    return equal(at(p, 0), want) | equal(at(p, 1), want) << 16 | equal(at(p, 2), want) << 32 |
           equal(at(p, 3), want) << 48;
}

/* 0xff where first <= x <= last, unsigned. */
static inline __m128i in_range(__m128i x, char first, char last)
{
    __m128i d = _mm_sub_epi8(x, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8((char)(last - first))), d);
}

static inline __m128i is(__m128i x, char c)
{
    return _mm_cmpeq_epi8(x, _mm_set1_epi8(c));
}

static inline void classes64(const char *p, uint64_t *host, uint64_t *uri)
{
    *host = *uri = 0;
    for (int i = 0; i < 4; i++) {
        __m128i x = at(p, i), letters = in_range(_mm_or_si128(x, _mm_set1_epi8(0x20)), 'a', 'z');
        __m128i h =
            _mm_or_si128(_mm_or_si128(letters, in_range(x, '0', '9')), _mm_or_si128(in_range(x, '-', '.'), is(x, '_')));
        __m128i u = _mm_or_si128(_mm_or_si128(in_range(x, ':', ';'), is(x, '=')), _mm_or_si128(is(x, '@'), is(x, '+')));
        *host |= (uint64_t)(uint32_t)_mm_movemask_epi8(h) << 16 * i;
        *uri |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_or_si128(h, u)) << 16 * i;
    }
}

#define VALUES_ADDRESS sip_address_sse2
#define VALUES_VIA sip_via_sse2
#define VALUES_URI sip_uri_sse2
#include "sip/index.h"
#include "sip/values.h"
#else
typedef int siptap_no_sse2;
#endif
