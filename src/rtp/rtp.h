/* RTP headers (RFC 3550 5.1) and telling apart what shares a media port (RFC 7983, RFC 5761). Bytes in, numbers out. */
#pragma once
#include "base/view.h"

enum rtp_result {
    RTP_OK,      /* header, payload and padding fit */
    RTP_PARTIAL, /* the fixed 12 bytes are there, but CSRC list, extension or padding run beyond the end: payload_len 0 */
    RTP_NOT_RTP, /* below 12 bytes or not version 2; nothing is set */
};

struct rtp_header {
    uint32_t timestamp, ssrc;
    uint32_t payload_off, payload_len; /* without padding */
    uint16_t seq;
    uint16_t extension_profile;  /* 0xBEDE and 0x100x: RFC 8285; 0 without extension */
    uint16_t extension_words;    /* 32-bit words behind the extension header */
    uint8_t version, payload_type, csrc_count, padding_len;
    bool padding, extension, marker;
};

/* Reads the header of one RTP packet. PARTIAL still gives seq, timestamp, ssrc, marker and payload type: a capture with
 * a short snap length is good enough for statistics. */
enum rtp_result rtp_parse(struct rtp_header *h, const void *data, size_t n);

enum rtp_kind {
    RTP_KIND_NONE,
    RTP_KIND_RTP,
    RTP_KIND_RTCP,
    RTP_KIND_STUN,
    RTP_KIND_ZRTP,
    RTP_KIND_DTLS,
    RTP_KIND_TURN, /* TURN ChannelData */
};

/* What a UDP payload looks like: first byte per RFC 7983 7, then cheap checks of the lengths and numbers inside. Looks at
 * 12 bytes and at what lengths among them point to. RTP is believed for payload types 0..34 and 96..127 alone: for a
 * port that signalling announced, ask rtp_parse instead. A guess by nature: one packet proves little, take two with the
 * same SSRC and neighbouring sequence numbers before believing in a stream. */
enum rtp_kind rtp_looks_like(const void *data, size_t n);
