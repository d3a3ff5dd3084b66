/* What the files of this folder share and strangers do not need; the tests look in here to compare the variants. */
#pragma once
#include "sip/message.h"

/* Classes of bytes (RFC 3261 25.1), one bit each; sip_char[] holds the classes of every byte. */
enum {
    C_TOKEN = 1,   /* token */
    C_LWS = 2,     /* SP, HTAB and, inside folded values, CR and LF */
    C_USER = 4,    /* userinfo before ':', '%' left out */
    C_HOST = 8,    /* letters, digits, '-', '.' and the '_' that is common in practice */
    C_PARAM = 16,  /* uri-parameters with their ';' and '=', '%' left out */
    C_HEADER = 32, /* what may follow '?', '%' left out */
    C_DIGIT = 64,
    C_HEX = 128,
    C_PASSWORD = 256, /* password, '%' left out */
    C_URI = 512,      /* any byte of an absolute URI, '%' left out */
    C_PHONE = 1024,   /* digits, visual separators and signs of a tel: number */
};
extern const uint16_t sip_char[256];

static inline bool sip_is(char c, unsigned classes)
{
    return (sip_char[(unsigned char)c] & classes) != 0;
}

/* True if every byte of v is in one of the classes (an empty view: true). */
static inline bool sip_all(struct view v, unsigned classes)
{
    for (size_t i = 0; i < v.n; i++)
        if (!sip_is(v.p[i], classes))
            return false;
    return true;
}

/* Where v ends; NULL for a view of nothing (adding 0 to NULL is not allowed in C). */
static inline const char *sip_end(struct view v)
{
    return v.n ? v.p + v.n : v.p;
}

static inline const char *sip_skip_lws(const char *p, const char *end)
{
    while (p < end && sip_is(*p, C_LWS))
        p++;
    return p;
}

/* v without the white space at its ends; nearly always there is none. */
static inline struct view sip_trim(struct view v)
{
    while (v.n && sip_is(v.p[0], C_LWS))
        v.p++, v.n--;
    while (v.n && sip_is(v.p[v.n - 1], C_LWS))
        v.n--;
    return v;
}

/* The eight bytes at p, the first one lowest whatever the byte order. */
static inline uint64_t sip_word(const char *p)
{
    uint64_t x;
    memcpy(&x, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

/* The number of the first n bytes of a word, 0 < n <= 8; false if one of them is no digit. Neighbours are added up
 * first: digits to pairs, pairs to fours, fours to the whole. */
static inline bool sip_word_number(uint64_t word, unsigned n, uint32_t *x)
{
    const uint64_t every = 0x0101010101010101ull;
    uint64_t d = (word ^ every * '0') << (64 - 8 * n); /* zeros in front of it */
    bool good = !((d | (d + every * (0x7f - 9))) & every * 0x80);
    d = (d * 10 + (d >> 8)) & 0x00ff00ff00ff00ffull;
    d = (d * 100 + (d >> 16)) & 0x0000ffff0000ffffull;
    *x = (uint32_t)(d * 10000 + (d >> 32));
    return good;
}

/* The quoted string that begins at p ('"'): where it goes on behind the closing quote, or NULL if it never closes. */
const char *sip_skip_quoted(const char *p, const char *end);

/* ---- the header index: the one pass over the bytes that has to be fast ---- */

enum {
    INDEX_PAD = 64, /* bytes the kernels may look at beyond the end, from a padded copy of the last block */
};

/* What the pass over the headers found. */
struct sip_index {
    uint32_t start_end;   /* end of the start line, CR and LF not counted */
    uint32_t headers_end; /* offset behind the empty line, or len */
    uint32_t nheader;
    bool complete; /* the empty line is there */
    bool overflow; /* there were more header lines than the store holds */
    bool nul;      /* perhaps a NUL: look again with memchr */
    bool bare_lf, bad_line, first_fold;
};

/* Finds the lines of buf[0..len) and fills store. begin: where the start line begins. All variants give the same. */
typedef void sip_index_fn(struct sip_index *x, struct sip_header *store, size_t nstore, const char *buf, uint32_t len);
void sip_index_plain(struct sip_index *x, struct sip_header *store, size_t nstore, const char *buf, uint32_t len);
#if defined __x86_64__
void sip_index_sse2(struct sip_index *x, struct sip_header *store, size_t nstore, const char *buf, uint32_t len);
void sip_index_avx2(struct sip_index *x, struct sip_header *store, size_t nstore, const char *buf, uint32_t len);
#endif

/* The usual shapes of values (values.h): true only if all is set as the general parsers would, with nothing odd. room:
 * bytes that may be read from the beginning of the value on. */
typedef bool sip_address_fn(struct sip_address *a, struct view value, size_t room);
typedef bool sip_via_fn(struct sip_via_top *v, struct view value, size_t room);
typedef bool sip_uri_fn(struct view uri, size_t room);
#if defined __x86_64__
bool sip_address_sse2(struct sip_address *a, struct view value, size_t room);
bool sip_address_avx2(struct sip_address *a, struct view value, size_t room);
bool sip_via_sse2(struct sip_via_top *v, struct view value, size_t room);
bool sip_via_avx2(struct sip_via_top *v, struct view value, size_t room);
bool sip_uri_sse2(struct view uri, size_t room);
bool sip_uri_avx2(struct view uri, size_t room);
#endif

/* One instruction set. The plain variant knows no shortcuts: it is what the others are compared with. */
struct sip_variant {
    const char *name;
    sip_index_fn *index;
    sip_address_fn *address;
    sip_via_fn *via;
    sip_uri_fn *uri;
};

/* The variants this processor can run, the fastest first; ends with a row without name. */
const struct sip_variant *sip_variants(void);

/* sip_message_parse with a chosen variant. */
enum sip_result sip_message_parse_with(const struct sip_variant *with, struct sip_message *m, struct sip_header *store,
                                       size_t nstore, const char *buf, size_t len, enum sip_framing framing);

/* ---- parts of sip_message_parse, one per production ---- */

/* The first header line of each id, and what all ids together say. */
enum { HEADERS_FOUND_MAX = 0xffff };
struct sip_found {
    uint16_t first[SIP_H_COUNT]; /* set only where count is not 0 */
    uint16_t count[SIP_H_COUNT];
    uint32_t traits; /* the union of sip_header_traits of the ids present */
    const struct sip_variant *with;
    const char *end; /* of the bytes that may be read */
};

/* startline.c: fills kind, method, status, reason, request_uri; false if the line is not SIP's. */
bool sip_startline_parse(struct sip_message *m, struct view line, bool whole);

/* Sets the oddities of the Request-URI. */
void sip_startline_check_uri(struct sip_message *m, const struct sip_found *f);

/* check.c: the oddities of a URI in From, To or Contact. */
void sip_check_uri(struct sip_message *m, const struct sip_found *f, struct view uri);

/* check.c: the oddities that need more than one field. */
void sip_check(struct sip_message *m, const struct sip_found *f);

/* Traits of header names that make the checks free for messages without them. */
enum {
    TRAIT_RARE = 1,         /* Date, Warning, challenges and credentials: has a syntax check of its own */
    TRAIT_NOT_REQUEST = 2,  /* has no place in a request */
    TRAIT_NOT_RESPONSE = 4, /* has no place in a response */
};
extern const uint8_t sip_header_traits[SIP_H_COUNT];
