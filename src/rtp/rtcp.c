#include "rtp/rtcp.h"

#include "rtp/wire.h"

enum { SENDER_LEN = 20, BLOCK_LEN = 24, XR_VOIP_METRICS = 7, XR_VOIP_LEN = 36 };

static const uint8_t *bytes(struct view v)
{
    return (const uint8_t *)v.p;
}

bool rtcp_next(struct view *rest, struct rtcp_packet *out)
{
    const uint8_t *p = bytes(*rest);
    if (rest->n < 4 || p[0] >> 6 != 2 || p[1] < 192 || p[1] > 223)
        return false;
    size_t length = 4u * (wire_u16(p + 2) + 1u);
    memset(out, 0, sizeof *out);
    out->type = p[1];
    out->count = p[0] & 31;
    out->truncated = length > rest->n;
    if (out->truncated)
        length = rest->n;
    /* Padding is a matter of the last packet (RFC 3550 6.4.1); a count that cannot be is no padding. */
    if (p[0] & 0x20 && !out->truncated && p[length - 1] <= length - 4)
        out->padding_len = p[length - 1];
    out->body = view_of(rest->p + 4, length - 4 - out->padding_len);
    if (out->body.n >= 4)
        out->ssrc = wire_u32(p + 4);
    *rest = view_of(rest->p + length, rest->n - length);
    return true;
}

bool rtcp_sender_info(const struct rtcp_packet *p, struct rtcp_sender *out)
{
    const uint8_t *b = bytes(p->body) + 4;
    if (p->type != RTCP_SR || p->body.n < 4 + SENDER_LEN)
        return false;
    out->ntp = (uint64_t)wire_u32(b) << 32 | wire_u32(b + 4);
    out->rtp_timestamp = wire_u32(b + 8);
    out->packets = wire_u32(b + 12);
    out->octets = wire_u32(b + 16);
    return true;
}

bool rtcp_report_block(const struct rtcp_packet *p, unsigned i, struct rtcp_report *out)
{
    size_t at = p->type == RTCP_SR ? 4 + SENDER_LEN : 4;
    if ((p->type != RTCP_SR && p->type != RTCP_RR) || i >= p->count)
        return false;
    at += (size_t)i * BLOCK_LEN;
    if (at + BLOCK_LEN > p->body.n)
        return false;
    const uint8_t *b = bytes(p->body) + at;
    uint32_t loss = wire_u32(b + 4);
    out->ssrc = wire_u32(b);
    out->fraction_lost = (uint8_t)(loss >> 24);
    out->cumulative_lost = (int32_t)(loss & 0xffffff) - (loss & 0x800000 ? 0x1000000 : 0);
    out->highest_seq = wire_u32(b + 8);
    out->jitter = wire_u32(b + 12);
    out->lsr = wire_u32(b + 16);
    out->dlsr = wire_u32(b + 20);
    return true;
}

struct view rtcp_sdes_item(const struct rtcp_packet *p, unsigned item)
{
    const uint8_t *b = bytes(p->body);
    size_t at = 0, n = p->body.n;
    if (p->type != RTCP_SDES)
        return VIEW_NONE;
    for (unsigned chunk = 0; chunk < p->count && at + 4 <= n; chunk++) {
        at += 4; /* SSRC or CSRC */
        while (at < n && b[at] != 0) {
            if (n - at < 2 || b[at + 1] > n - at - 2)
                return VIEW_NONE;
            if (b[at] == item)
                return view_of(p->body.p + at + 2, b[at + 1]);
            at += 2u + b[at + 1];
        }
        at = (at / 4 + 1) * 4; /* at least one NUL, up to the next word */
    }
    return VIEW_NONE;
}

struct view rtcp_bye_reason(const struct rtcp_packet *p)
{
    size_t at = 4u * p->count;
    if (p->type != RTCP_BYE || at >= p->body.n)
        return VIEW_NONE;
    size_t n = bytes(p->body)[at];
    return n <= p->body.n - at - 1 ? view_of(p->body.p + at + 1, n) : VIEW_NONE;
}

static void read_voip_metrics(const uint8_t *b, struct rtcp_voip_metrics *out)
{
    out->ssrc = wire_u32(b + 4);
    out->loss_rate = b[8];
    out->discard_rate = b[9];
    out->burst_density = b[10];
    out->gap_density = b[11];
    out->burst_ms = wire_u16(b + 12);
    out->gap_ms = wire_u16(b + 14);
    out->round_trip_ms = wire_u16(b + 16);
    out->end_system_ms = wire_u16(b + 18);
    out->signal_dbm = (int8_t)b[20];
    out->noise_dbm = (int8_t)b[21];
    out->rerl = b[22];
    out->gmin = b[23];
    out->r_factor = b[24];
    out->ext_r_factor = b[25];
    out->mos_lq = b[26];
    out->mos_cq = b[27];
    out->rx_config = b[28];
    out->jb_nominal_ms = wire_u16(b + 30);
    out->jb_maximum_ms = wire_u16(b + 32);
    out->jb_abs_max_ms = wire_u16(b + 34);
}

bool rtcp_voip_metrics(const struct rtcp_packet *p, struct rtcp_voip_metrics *out)
{
    const uint8_t *b = bytes(p->body);
    size_t at = 4, n = p->body.n;
    if (p->type != RTCP_XR)
        return false;
    while (at + 4 <= n) {
        size_t length = 4u * (wire_u16(b + at + 2) + 1u);
        if (length > n - at)
            return false;
        if (b[at] == XR_VOIP_METRICS && length >= XR_VOIP_LEN) {
            read_voip_metrics(b + at, out);
            return true;
        }
        at += length;
    }
    return false;
}
