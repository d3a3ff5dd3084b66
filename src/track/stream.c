/* RTP streams: SSRC and 5-tuple. A stream is believed once packets follow each other or a call announced it. */
#include "track/priv.h"

#include "rtp/emodel.h"

#include <math.h>

#define STREAM_IDLE_NS (60 * NS_PER_S)

enum { CONFIRM_RUN = 4 };

static struct wheel_link *timer_of(void *ctx, uint32_t ref)
{
    struct tracker *t = ctx;
    return &((struct stream *)pool_at(&t->streams, ref))->timer;
}

static void release(struct tracker *t, uint32_t ref)
{
    struct stream *s = pool_at(&t->streams, ref);
    slab_drop(&t->slab, &s->call_id);
    slab_drop(&t->slab, &s->codec);
    s->uid = 0;
    pool_give(&t->streams, ref);
}

static void take_out(struct tracker *t, uint32_t ref)
{
    map_remove(&t->stream_map, ((struct stream *)pool_at(&t->streams, ref))->hash, ref);
    wheel_remove(&t->stream_wheel, ref, timer_of, t);
}

static void forget(struct tracker *t, uint32_t ref)
{
    take_out(t, ref);
    release(t, ref);
}

static void keep_record(struct tracker *t, const struct stream *s, const struct rtp_report *n, double r_factor)
{
    struct kept *k = &t->kept_streams;
    struct record_stream *r = kept_add(t, k, sizeof *r);
    if (!r)
        return;
    r->ssrc = s->ssrc;
    r->src = s->src.ip;
    r->src_port = s->src.port;
    r->dst = s->dst.ip;
    r->dst_port = s->dst.port;
    r->call_id = kept_copy(k, s->call_id);
    r->codec = kept_copy(k, s->codec);
    r->packets = n->packets;
    r->lost = n->lost;
    r->lost_percent = n->expected ? n->loss_percent : NAN;
    r->jitter_ms = n->mean_jitter_ms;
    r->jitter_max_ms = n->max_jitter_ms;
    r->gaps = n->gaps;
    r->duplicates = n->duplicates;
    r->reordered = n->reordered;
    r->max_delta_ms = n->max_delta_ms;
    r->r_factor = r_factor;
    r->mos = emodel_mos(r_factor);
    r->start_ts = n->first_ns;
    r->duration_s = (double)(n->last_ns - n->first_ns) / 1e9;
}

static void close_stream(struct tracker *t, struct stream *s)
{
    struct rtp_report n;
    if (!s->confirmed && !s->bound)
        return;
    rtp_stats_report(&s->stats, &n);
    double r = emodel_r_factor(s->codec, n.loss_percent, n.burst_ratio, 0);
    t->totals.streams++;
    t->totals.stream_packets += n.packets;
    t->totals.stream_lost += n.lost;
    t->totals.streams_with_call += s->bound;
    sketch_add(&t->totals.jitter_ms, n.mean_jitter_ms);
    sketch_add(&t->totals.mos, emodel_mos(r));
    sketch_add(&t->totals.lost_percent, n.loss_percent);
    if (n.packets >= 50 && n.loss_percent >= 3)
        problem_add(t, PROBLEM_MEDIA_LOSS, n.first_ns, s->call_id);
    if (n.packets >= 50 && n.mean_jitter_ms >= 30)
        problem_add(t, PROBLEM_MEDIA_JITTER, n.first_ns, s->call_id);
    if (t->config.keep_streams || t->config.keep_calls)
        keep_record(t, s, &n, r);
}

/* A stream that nobody announced before it began gets a last chance: the SDP may have come later. */
static void settle(struct tracker *t, struct media *m, struct stream *s)
{
    if (!s->bound)
        media_bind(m, t, &s->dst, &s->src, s->payload_type, s->self, s->uid);
    close_stream(t, s);
}

struct settling {
    struct tracker *t;
    struct media *m;
    int64_t now;
};

static struct wheel_link *settling_timer_of(void *ctx, uint32_t ref)
{
    return timer_of(((struct settling *)ctx)->t, ref);
}

static void due(void *ctx, uint32_t ref)
{
    struct settling *c = ctx;
    struct stream *s = pool_at(&c->t->streams, ref);
    int64_t deadline = s->stats.last_ns + (s->confirmed ? STREAM_IDLE_NS : 5 * NS_PER_S);
    if (deadline > c->now) {
        wheel_put(&c->t->stream_wheel, ref, deadline, settling_timer_of, c);
        return;
    }
    settle(c->t, c->m, s);
    forget(c->t, ref);
}

void tracker_settle(struct tracker *t, struct media *m, int64_t now_ns)
{
    struct settling c = {t, m, now_ns};
    while (t->closing_stream) {
        uint32_t ref = t->closing_stream;
        struct stream *s = pool_at(&t->streams, ref);
        t->closing_stream = s->timer.next;
        settle(t, m, s);
        release(t, ref);
    }
    wheel_advance(&t->stream_wheel, now_ns, settling_timer_of, due, &c);
}

void tracker_settle_all(struct tracker *t, struct media *m)
{
    tracker_settle(t, m, t->now);
    for (uint32_t i = 0; i <= t->stream_map.mask; i++) {
        uint32_t ref = t->stream_map.slot[i].ref;
        if (ref)
            settle(t, m, pool_at(&t->streams, ref)); /* the table goes with the tracker */
    }
}

static struct stream *find(struct tracker *t, const struct packet *p, uint32_t ssrc, uint64_t h)
{
    for (uint32_t pos = map_start(&t->stream_map, h), r; (r = map_next(&t->stream_map, h, &pos));) {
        struct stream *s = pool_at(&t->streams, r);
        if (s->hash == h && s->ssrc == ssrc && s->dst.port == p->dst_port && s->src.port == p->src_port &&
            ip_eq(&s->dst.ip, &p->dst) && ip_eq(&s->src.ip, &p->src))
            return s;
    }
    return NULL;
}

static struct stream *create(struct tracker *t, const struct media *m, const struct packet *p, const struct rtp_header *h,
                             uint64_t hash)
{
    uint32_t ref = pool_take(&t->streams);
    if (!ref || !map_put(&t->stream_map, hash, ref)) {
        if (ref)
            pool_give(&t->streams, ref);
        t->totals.evicted++;
        return NULL;
    }
    struct stream *s = pool_at(&t->streams, ref);
    s->uid = ++t->next_uid;
    s->self = ref;
    s->hash = hash;
    s->src = packet_src(p);
    s->dst = packet_dst(p);
    s->ssrc = h->ssrc;
    s->payload_type = h->payload_type;
    struct view name;
    if (sdp_static_codec(h->payload_type, &name, &s->clock))
        s->codec = slab_copy(&t->slab, name);
    else
        s->clock = media_clock(m, &s->dst, &s->src, h->payload_type);
    rtp_stats_init(&s->stats);
    wheel_put(&t->stream_wheel, ref, p->ts_ns + 5 * NS_PER_S, timer_of, t);
    return s;
}

static void confirm(struct tracker *t, struct stream *s, const struct rtp_header *h)
{
    struct media_event *e;
    s->confirmed = true;
    e = event_add(t);
    if (!e)
        return;
    e->kind = MEDIA_STREAM;
    e->stream = s->self;
    e->uid = s->uid;
    e->at = s->dst;
    e->src = s->src;
    e->payload_type = h->payload_type;
    e->ts = s->stats.first_ns;
}

/* Another payload type in the same stream: events and comfort noise have no clock that jitter could go by. */
static uint32_t other_clock(const struct media *m, const struct stream *s, uint8_t payload_type)
{
    struct view name;
    uint32_t clock;
    if (sdp_static_codec(payload_type, &name, &clock))
        return view_eq(name, V("CN")) ? 0 : clock;
    return media_clock(m, &s->dst, &s->src, payload_type);
}

void tracker_rtp(struct tracker *t, const struct media *m, const struct packet *p)
{
    struct rtp_header h;
    if (rtp_parse(&h, p->payload, p->payload_len) == RTP_NOT_RTP)
        return;
    uint64_t hash = hash_add(&t->config.seed, p->flow_hash, (uint64_t)h.ssrc << 16 | p->src_port);
    struct stream *s = find(t, p, h.ssrc, hash);
    if (p->ts_ns > t->now)
        tracker_clock(t, p->ts_ns);
    if (s && p->ts_ns - s->stats.last_ns > STREAM_IDLE_NS && s->confirmed) { /* another one under the same name */
        take_out(t, s->self);
        s->timer.next = t->closing_stream;
        t->closing_stream = s->self;
        s = NULL;
    }
    if (!s && !(s = create(t, m, p, &h, hash)))
        return;
    if (!s->confirmed) {
        s->run = s->stats.packets && (uint16_t)(h.seq - s->last_seq) == 1 ? (uint8_t)(s->run + 1) : 0;
        if (s->run + 1 >= CONFIRM_RUN)
            confirm(t, s, &h);
    }
    s->last_seq = h.seq;
    uint32_t clock = h.payload_type == s->payload_type ? s->clock : other_clock(m, s, h.payload_type);
    rtp_stats_update(&s->stats, p->ts_ns, h.seq, h.timestamp, h.payload_type, h.marker, clock);
}

void tracker_bind_stream(struct tracker *t, uint32_t stream, uint32_t uid, struct view call_id, struct view codec)
{
    struct stream *s = pool_at(&t->streams, stream);
    if (s->uid != uid || s->bound)
        return;
    s->bound = true;
    s->call_id = slab_copy(&t->slab, call_id);
    if (codec.n) {
        slab_drop(&t->slab, &s->codec);
        s->codec = slab_copy(&t->slab, codec);
    }
}
