/* Any bytes as RTP, as RTCP and as a run of packets for the statistics: offsets lie inside, the counts add up. */
#include <assert.h>
#include <math.h>

#include "rtp/emodel.h"
#include "rtp/rtcp.h"
#include "rtp/rtp.h"
#include "rtp/stats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rtp(const uint8_t *data, size_t size)
{
    struct rtp_header h;
    enum rtp_result r = rtp_parse(&h, data, size);
    enum rtp_kind kind = rtp_looks_like(data, size);
    if (r == RTP_OK)
        assert(h.payload_off >= 12 && (uint64_t)h.payload_off + h.payload_len + h.padding_len == size);
    if (r == RTP_PARTIAL)
        assert(h.payload_len == 0);
    assert(kind != RTP_KIND_RTP || r == RTP_OK);
}

static void inside(struct view v, struct view of)
{
    assert(v.n == 0 || (v.p >= of.p && v.p + v.n <= of.p + of.n));
}

static void check_rtcp(struct view all)
{
    struct view rest = all;
    struct rtcp_packet p;
    struct rtcp_report report;
    struct rtcp_sender sender;
    struct rtcp_voip_metrics metrics;
    size_t packets = 0;
    while (rtcp_next(&rest, &p)) {
        unsigned blocks = 0;
        inside(p.body, all);
        inside(rest, all);
        while (rtcp_report_block(&p, blocks, &report)) {
            assert(report.cumulative_lost >= -0x800000 && report.cumulative_lost <= 0x7fffff);
            blocks++;
        }
        assert(blocks <= p.count);
        rtcp_sender_info(&p, &sender);
        rtcp_voip_metrics(&p, &metrics);
        for (unsigned item = 1; item <= 8; item++)
            inside(rtcp_sdes_item(&p, item), p.body);
        inside(rtcp_bye_reason(&p), p.body);
        packets++;
    }
    assert(packets <= all.n / 4);
}

/* Eight bytes a packet: time step, sequence, timestamp step, payload type with marker, clock. */
static void check_stats(const uint8_t *data, size_t size)
{
    static const uint32_t clocks[] = {0, 8000, 16000, 90000};
    struct rtp_stats s;
    struct rtp_report r;
    int64_t now = 0;
    uint32_t ts = 0;
    rtp_stats_init(&s);
    for (size_t i = 0; i + 8 <= size; i += 8) {
        const uint8_t *p = data + i;
        now += (p[0] << 8 | p[1]) * 100000ll;
        ts += (uint32_t)(p[4] << 8 | p[5]);
        rtp_stats_update(&s, now, (uint16_t)(p[2] << 8 | p[3]), ts, p[6] & 127, p[6] >> 7, clocks[p[7] & 3]);
    }
    rtp_stats_report(&s, &r);
    assert(r.packets == size / 8 && r.lost >= 0);
    assert(r.strays <= r.packets && r.duplicates <= r.packets && r.reordered <= r.packets);
    assert(r.expected - (uint64_t)r.lost + r.duplicates + r.strays == r.packets);
    assert(r.gaps <= (uint64_t)r.lost);
    assert((r.lost > 0) == (r.gaps > 0));
    assert(isnan(r.max_jitter_ms) || r.mean_jitter_ms <= r.max_jitter_ms * 1.000001 + 1e-9);
    assert(isnan(r.max_delta_ms) || r.max_delta_ms >= 0);
    double mos = emodel_mos(emodel_r_factor(V("PCMU"), r.loss_percent, r.burst_ratio, 50));
    assert(mos >= 1 && mos <= 4.5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_rtp(data, size);
    check_rtcp(view_of((const char *)data, size));
    check_stats(data, size);
    return 0;
}
