#include "rtp/stats.h"

#include <assert.h>
#include <math.h>

enum { STARTED = 1, HAS_MEDIA = 2, HAS_BAD = 4, AFTER_SILENCE = 8, HAS_JITTER = 16 };

static_assert(sizeof(struct rtp_stats) <= 128, "one stream is to fit two cache lines");

void rtp_stats_init(struct rtp_stats *s)
{
    memset(s, 0, sizeof *s);
}

/* A run begins at sequence number seq. One cycle is put below it, so that a late packet from before never wraps. */
static void begin_run(struct rtp_stats *s, uint16_t seq)
{
    s->base = s->highest = 0x10000u + seq;
    s->seen[0] = 1;
    s->seen[1] = 0;
    s->distinct++;
}

static void step_forward(struct rtp_stats *s, unsigned step)
{
    if (step < 64) {
        s->seen[1] = s->seen[1] << step | s->seen[0] >> (64 - step);
        s->seen[0] <<= step;
    } else {
        s->seen[1] = step < 128 ? s->seen[0] << (step - 64) : 0;
        s->seen[0] = 0;
    }
    s->seen[0] |= 1;
    s->highest += step;
    s->distinct++;
    s->gaps += step > 1;
}

static bool has_seen(const struct rtp_stats *s, unsigned behind)
{
    return s->seen[behind / 64] >> (behind % 64) & 1;
}

/* A packet from before the highest: known already, or late. A late one may close a hole, split it, or shorten it. */
static void take_late(struct rtp_stats *s, unsigned behind)
{
    uint32_t seq = s->highest - behind;
    if (has_seen(s, behind)) {
        s->duplicates++;
        return;
    }
    s->seen[behind / 64] |= 1ull << (behind % 64);
    s->distinct++;
    s->reordered++;
    if ((int32_t)(seq - s->base) < 0) { /* older than the first packet of the run */
        s->gaps += s->base - seq > 1;
        s->base = seq;
        return;
    }
    bool newer = has_seen(s, behind - 1), older = has_seen(s, behind + 1);
    if (newer && older)
        s->gaps--;
    else if (!newer && !older)
        s->gaps++;
}

/* Far from where the sequence is: believed when the next packet follows it (RFC 3550 A.1). False for a stray packet. */
static bool take_jump(struct rtp_stats *s, uint16_t seq)
{
    if (!(s->flags & HAS_BAD) || seq != s->bad_seq) {
        s->bad_seq = (uint16_t)(seq + 1);
        s->flags |= HAS_BAD;
        return false;
    }
    s->expected_before += s->highest - s->base + 1;
    s->restarts += s->restarts < UINT16_MAX;
    begin_run(s, (uint16_t)(seq - 1));
    step_forward(s, 1);
    s->flags &= (uint8_t)~(HAS_BAD | HAS_MEDIA); /* timestamps start anew as well */
    return true;
}

/* False when the packet is a stray one. */
static bool take_sequence(struct rtp_stats *s, uint16_t seq)
{
    unsigned step = (uint16_t)(seq - s->highest);
    if (step > 0 && step < RTP_MAX_DROPOUT)
        step_forward(s, step);
    else if (step == 0)
        s->duplicates++;
    else if (step > 0x10000 - RTP_MAX_MISORDER)
        take_late(s, 0x10000 - step);
    else
        return take_jump(s, seq);
    s->flags &= (uint8_t)~HAS_BAD;
    return true;
}

static void add_jitter(struct rtp_stats *s, double skew_ms, bool regular)
{
    s->jitter_ms += (skew_ms - s->jitter_ms) * 0.0625;
    s->flags |= HAS_JITTER;
    if (!regular)
        return;
    s->jitter_sum_ms += s->jitter_ms;
    s->jitter_count++;
    if (s->jitter_ms > (double)s->max_jitter_ms)
        s->max_jitter_ms = (float)s->jitter_ms;
}

/* RFC 3550 A.8 with the arrival in ms; a regular packet counts for mean and maximum as well. */
static void take_jitter(struct rtp_stats *s, int64_t ts_ns, uint32_t rtp_ts, uint32_t clock, bool regular)
{
    if (clock != s->clock) {
        s->clock = clock;
        s->ms_per_tick = 1000.0 / clock;
    }
    if (s->flags & HAS_MEDIA) {
        double nominal = (int32_t)(rtp_ts - s->last_rtp_ts) * s->ms_per_tick;
        double arrival = (double)(ts_ns - s->media_ns) * 1e-6;
        double skew = fabs(arrival - nominal);
        if (skew <= RTP_MAX_SKEW_MS)
            add_jitter(s, skew, regular);
        else
            s->ts_jumps += s->ts_jumps < UINT16_MAX;
    }
    s->media_ns = ts_ns;
    s->last_rtp_ts = rtp_ts;
    s->flags |= HAS_MEDIA;
}

void rtp_stats_update(struct rtp_stats *s, int64_t ts_ns, uint16_t seq, uint32_t rtp_ts, uint8_t payload_type, bool marker,
                      uint32_t clock)
{
    bool silence = payload_type == 13 || payload_type == 19;
    bool regular = !marker && !silence && !(s->flags & AFTER_SILENCE), follows = s->flags & STARTED;
    s->packets++;
    if (!follows) {
        begin_run(s, seq);
        s->first_ns = ts_ns;
        s->flags |= STARTED;
    } else if (!take_sequence(s, seq)) {
        return;
    }
    if (follows && regular && ts_ns - s->last_ns > s->max_delta_ns)
        s->max_delta_ns = ts_ns - s->last_ns;
    if (clock != 0)
        take_jitter(s, ts_ns, rtp_ts, clock, regular);
    s->last_ns = ts_ns;
    s->payload_type = payload_type;
    s->flags = (uint8_t)((s->flags & ~AFTER_SILENCE) | (silence ? AFTER_SILENCE : 0));
}

void rtp_stats_report(const struct rtp_stats *s, struct rtp_report *out)
{
    memset(out, 0, sizeof *out);
    out->first_ns = s->first_ns;
    out->last_ns = s->last_ns;
    out->packets = s->packets;
    out->expected = s->packets ? (uint64_t)s->expected_before + (s->highest - s->base) + 1 : 0;
    out->lost = (int64_t)out->expected - s->distinct;
    out->duplicates = s->duplicates;
    out->reordered = s->reordered;
    out->gaps = s->gaps;
    out->restarts = s->restarts;
    out->ts_jumps = s->ts_jumps;
    out->strays = s->packets - s->distinct - s->duplicates;
    out->cycles = (s->highest >> 16) - (s->base >> 16);
    out->burst_ratio = 1;
    if (out->lost > 0) {
        double loss = (double)out->lost / (double)out->expected;
        out->loss_percent = 100 * loss;
        if (s->gaps > 0) /* random loss makes holes of 1 / (1 - loss) packets on average */
            out->burst_ratio = (double)out->lost / s->gaps * (1 - loss);
    }
    out->jitter_ms = s->flags & HAS_JITTER ? s->jitter_ms : NAN;
    out->max_jitter_ms = s->jitter_count ? (double)s->max_jitter_ms : NAN;
    out->mean_jitter_ms = s->jitter_count ? s->jitter_sum_ms / s->jitter_count : NAN;
    out->max_delta_ms = s->packets > 1 ? (double)s->max_delta_ns * 1e-6 : NAN;
}
