#include "rtp/rtp.h"

#include "rtp/wire.h"

enum { RTP_FIXED = 12, STUN_COOKIE = 0x2112A442 };

/* Bytes of fixed header, CSRC list and extension; 0 when they run beyond the end. */
static size_t header_length(struct rtp_header *h, const uint8_t *p, size_t n)
{
    size_t at = RTP_FIXED + 4u * h->csrc_count;
    if (at > n)
        return 0;
    if (!h->extension)
        return at;
    if (n - at < 4)
        return 0;
    h->extension_profile = wire_u16(p + at);
    h->extension_words = wire_u16(p + at + 2);
    at += 4 + 4u * h->extension_words;
    return at <= n ? at : 0;
}

enum rtp_result rtp_parse(struct rtp_header *h, const void *data, size_t n)
{
    const uint8_t *p = data;
    if (n < RTP_FIXED || p[0] >> 6 != 2)
        return RTP_NOT_RTP;
    memset(h, 0, sizeof *h);
    h->version = 2;
    h->padding = p[0] >> 5 & 1;
    h->extension = p[0] >> 4 & 1;
    h->csrc_count = p[0] & 15;
    h->marker = p[1] >> 7;
    h->payload_type = p[1] & 127;
    h->seq = wire_u16(p + 2);
    h->timestamp = wire_u32(p + 4);
    h->ssrc = wire_u32(p + 8);
    size_t at = header_length(h, p, n);
    if (at == 0 || n - at > UINT32_MAX)
        return RTP_PARTIAL;
    h->payload_off = (uint32_t)at;
    if (h->padding) {
        uint8_t padding = n > at ? p[n - 1] : 0;
        if (padding == 0 || padding > n - at) /* the last byte counts itself: 0 cannot be (RFC 3550 5.1) */
            return RTP_PARTIAL;
        h->padding_len = padding;
    }
    h->payload_len = (uint32_t)(n - at - h->padding_len);
    return RTP_OK;
}

static enum rtp_kind rtcp_or_none(const uint8_t *p, size_t n)
{
    /* The first packet of a compound is SR or RR, alone or reduced-size (RFC 5506) also feedback and the like: any of
     * the types in use counts, as long as its length lies in the datagram. */
    size_t length = n >= 8 ? 4u * (wire_u16(p + 2) + 1u) : 0;
    return p[1] >= 200 && p[1] <= 211 && length >= 4 && length <= n ? RTP_KIND_RTCP : RTP_KIND_NONE;
}

static enum rtp_kind rtp_or_rtcp(const uint8_t *p, size_t n)
{
    struct rtp_header h;
    if (n >= 2 && p[1] >= 192 && p[1] <= 223) /* RFC 5761 4 */
        return rtcp_or_none(p, n);
    if (rtp_parse(&h, p, n) != RTP_OK)
        return RTP_KIND_NONE;
    return h.payload_type <= 34 || h.payload_type >= 96 ? RTP_KIND_RTP : RTP_KIND_NONE;
}

static enum rtp_kind stun_or_none(const uint8_t *p, size_t n)
{
    if (n < 20)
        return RTP_KIND_NONE;
    size_t length = wire_u16(p + 2);
    return length % 4 == 0 && length + 20 <= n && wire_u32(p + 4) == STUN_COOKIE ? RTP_KIND_STUN : RTP_KIND_NONE;
}

enum rtp_kind rtp_looks_like(const void *data, size_t n)
{
    const uint8_t *p = data;
    if (n < 4)
        return RTP_KIND_NONE;
    if (p[0] >= 128 && p[0] <= 191)
        return rtp_or_rtcp(p, n);
    if (p[0] <= 3)
        return stun_or_none(p, n);
    if (p[0] >= 16 && p[0] <= 19) /* RFC 6189 5: the word behind the sequence number is "ZRTP" */
        return n >= 12 && memcmp(p + 4, "ZRTP", 4) == 0 ? RTP_KIND_ZRTP : RTP_KIND_NONE;
    if (p[0] >= 20 && p[0] <= 63) /* a DTLS record: version 254.x, 13 byte header (RFC 6347 4.1) */
        return n >= 13 && p[1] == 254 ? RTP_KIND_DTLS : RTP_KIND_NONE;
    if (p[0] >= 64 && p[0] <= 79) /* RFC 8656 12.4 */
        return wire_u16(p + 2) + 4u <= n ? RTP_KIND_TURN : RTP_KIND_NONE;
    return RTP_KIND_NONE;
}
