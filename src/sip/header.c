/* Header names one at a time; the index of a message has its own, faster way (index.h) with the same table. */
#include "sip/header.h"

#include "sip/header_hash.h"
#include "sip/priv.h"

static const char *const names[SIP_H_COUNT] = {"",
#define X(symbol, name, compact) name,
                                               SIP_HEADERS(X)
#undef X
};

enum sip_header_id sip_header_identify(struct view name)
{
    if (!name.n || name.n > sizeof header_key[0].name)
        return SIP_H_UNKNOWN;
    const unsigned char *p = (const unsigned char *)name.p;
    uint32_t n = (uint32_t)name.n;
    uint32_t h = (p[0] | 32u) * HEADER_MUL_FIRST + (p[n - 1] | 32u) * HEADER_MUL_LAST +
                 (p[n / 2] | 32u) * HEADER_MUL_MIDDLE + n * HEADER_MUL_LENGTH;
    const struct header_key *k = &header_key[header_slot[h >> (32 - HEADER_SLOT_BITS)]];
    return view_ieq(name, view_of(k->name, k->len)) ? (enum sip_header_id)k->id : SIP_H_UNKNOWN;
}

const char *sip_header_text(enum sip_header_id id)
{
    return (unsigned)id < SIP_H_COUNT ? names[id] : "";
}

const uint8_t sip_header_traits[SIP_H_COUNT] = {
    [SIP_H_DATE] = TRAIT_RARE,
    [SIP_H_WARNING] = TRAIT_RARE | TRAIT_NOT_REQUEST,
    [SIP_H_WWW_AUTHENTICATE] = TRAIT_RARE | TRAIT_NOT_REQUEST,
    [SIP_H_PROXY_AUTHENTICATE] = TRAIT_RARE | TRAIT_NOT_REQUEST,
    [SIP_H_AUTHORIZATION] = TRAIT_RARE | TRAIT_NOT_RESPONSE,
    [SIP_H_PROXY_AUTHORIZATION] = TRAIT_RARE | TRAIT_NOT_RESPONSE,
    [SIP_H_AUTHENTICATION_INFO] = TRAIT_NOT_REQUEST,
    [SIP_H_UNSUPPORTED] = TRAIT_NOT_REQUEST,
    [SIP_H_MIN_EXPIRES] = TRAIT_NOT_REQUEST,
    [SIP_H_RSEQ] = TRAIT_NOT_REQUEST,
    [SIP_H_RACK] = TRAIT_NOT_RESPONSE,
    [SIP_H_PROXY_REQUIRE] = TRAIT_NOT_RESPONSE,
    [SIP_H_ROUTE] = TRAIT_NOT_RESPONSE,
    [SIP_H_IN_REPLY_TO] = TRAIT_NOT_RESPONSE,
    [SIP_H_REFER_TO] = TRAIT_NOT_RESPONSE,
    [SIP_H_REPLACES] = TRAIT_NOT_RESPONSE,
    [SIP_H_JOIN] = TRAIT_NOT_RESPONSE,
    [SIP_H_SIP_IF_MATCH] = TRAIT_NOT_RESPONSE,
};
