/* Compound RTCP packets (RFC 3550 6, XR: RFC 3611): a walk over the packets in a datagram and their report blocks. */
#pragma once
#include "base/view.h"

enum rtcp_type {
    RTCP_SR = 200,
    RTCP_RR = 201,
    RTCP_SDES = 202,
    RTCP_BYE = 203,
    RTCP_APP = 204,
    RTCP_RTPFB = 205, /* RFC 4585 */
    RTCP_PSFB = 206,
    RTCP_XR = 207,
};

/* One packet of the compound. */
struct rtcp_packet {
    struct view body;  /* behind the 4 byte header, without padding */
    uint32_t ssrc;     /* first word of the body: sender, or first source of SDES and BYE; 0 when there is none */
    uint8_t type;      /* enum rtcp_type or another */
    uint8_t count;     /* report count, source count, subtype or FMT */
    uint8_t padding_len;
    bool truncated;    /* the length runs beyond the datagram: body is what is there */
};

/* Takes the next packet off *rest (start with the whole datagram). False at the end or when no RTCP header follows:
 * *rest then holds what was left. */
bool rtcp_next(struct view *rest, struct rtcp_packet *out);

/* The sender information of an SR (RFC 3550 6.4.1). */
struct rtcp_sender {
    uint64_t ntp;          /* 32.32 fixed point seconds since 1900 */
    uint32_t rtp_timestamp, packets, octets;
};

/* False if p is no SR or too short. */
bool rtcp_sender_info(const struct rtcp_packet *p, struct rtcp_sender *out);

struct rtcp_report {
    uint32_t ssrc;          /* the stream reported on */
    uint8_t fraction_lost;  /* of 256, since the report before */
    int32_t cumulative_lost; /* signed, 24 bit */
    uint32_t highest_seq;   /* cycles and sequence number */
    uint32_t jitter;        /* in units of the RTP timestamp */
    uint32_t lsr, dlsr;     /* middle 32 bits of NTP; 1/65536 s */
};

/* Report block i (from 0) of an SR or RR; false when there is none. */
bool rtcp_report_block(const struct rtcp_packet *p, unsigned i, struct rtcp_report *out);

/* Text of the first SDES item of this kind in any chunk (1: CNAME, 6: TOOL), empty when absent (RFC 3550 6.5). */
struct view rtcp_sdes_item(const struct rtcp_packet *p, unsigned item);

/* The reason for leaving of a BYE, empty when absent (RFC 3550 6.6). */
struct view rtcp_bye_reason(const struct rtcp_packet *p);

/* The VoIP metrics block of an XR (RFC 3611 4.7); 127 stands for unavailable in the four quality values. */
struct rtcp_voip_metrics {
    uint32_t ssrc;
    uint8_t loss_rate, discard_rate;       /* of 256 */
    uint8_t burst_density, gap_density;    /* of 256 */
    uint16_t burst_ms, gap_ms, round_trip_ms, end_system_ms;
    int8_t signal_dbm, noise_dbm;
    uint8_t rerl, gmin;
    uint8_t r_factor, ext_r_factor;
    uint8_t mos_lq, mos_cq;                /* times 10 */
    uint8_t rx_config;
    uint16_t jb_nominal_ms, jb_maximum_ms, jb_abs_max_ms;
};

/* The first such block of an XR; false when there is none or p is no XR. */
bool rtcp_voip_metrics(const struct rtcp_packet *p, struct rtcp_voip_metrics *out);
