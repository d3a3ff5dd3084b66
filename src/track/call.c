/* Calls (counting level L4): Call-ID and the caller's From tag, over all hops, forks and authentication rounds. */
#include "track/priv.h"

#define CALL_IDLE_NS (7200 * NS_PER_S) /* an answered call silent this long has expired */

static struct wheel_link *timer_of(void *ctx, uint32_t ref)
{
    struct tracker *t = ctx;
    return &((struct call *)pool_at(&t->calls, ref))->timer;
}

static void forget(struct tracker *t, uint32_t ref)
{
    struct call *c = pool_at(&t->calls, ref);
    map_remove(&t->call_map, c->hash, ref);
    wheel_remove(&t->call_wheel, ref, timer_of, t);
    if (c->older)
        ((struct call *)pool_at(&t->calls, c->older))->newer = c->newer;
    else
        t->call_oldest = c->newer;
    if (c->newer)
        ((struct call *)pool_at(&t->calls, c->newer))->older = c->older;
    else
        t->call_newest = c->older;
    struct view *text[] = {&c->call_id, &c->from_tag, &c->from_uri, &c->to_uri, &c->user_agent, &c->reason};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        slab_drop(&t->slab, text[i]);
    for (unsigned i = 0; i < c->ncodec; i++)
        slab_drop(&t->slab, &c->codec[i]);
    c->uid = 0; /* transactions that still point here see that it is gone */
    pool_give(&t->calls, ref);
}

/* A call that is over stays 32 s for retransmissions; one that goes on is looked at again after its longest silence. */
static int64_t deadline(const struct call *c)
{
    if (c->bye_ts != TS_NONE || (c->final >= 300 && c->answer_ts == TS_NONE))
        return c->last_ts + T1_64_NS;
    if (c->answer_ts != TS_NONE) {
        int64_t idle = c->session_expires ? 2 * (int64_t)c->session_expires * NS_PER_S : CALL_IDLE_NS;
        return c->last_ts + (idle < CALL_IDLE_NS ? CALL_IDLE_NS : idle);
    }
    if (!c->known)
        return c->last_ts + 2 * T1_64_NS;
    return c->last_ts + TIMER_C_NS + T1_64_NS;
}

static void set_timer(struct tracker *t, struct call *c)
{
    c->due_ts = deadline(c);
    wheel_put(&t->call_wheel, c->self, c->due_ts, timer_of, t);
}

/* A deadline that moves away is noticed when the timer comes; one that comes nearer has to be told. */
static void hurry(struct tracker *t, struct call *c)
{
    if (deadline(c) < c->due_ts)
        set_timer(t, c);
}

static void due(void *ctx, uint32_t ref)
{
    struct tracker *t = ctx;
    struct call *c = pool_at(&t->calls, ref);
    if (!is_over(t, deadline(c))) {
        set_timer(t, c);
        return;
    }
    call_close(t, c, false);
    forget(t, ref);
}

void call_advance(struct tracker *t)
{
    wheel_advance(&t->call_wheel, t->now, timer_of, due, t);
}

void call_finish(struct tracker *t)
{
    while (t->call_oldest) {
        struct call *c = pool_at(&t->calls, t->call_oldest);
        call_close(t, c, !is_over(t, deadline(c)));
        forget(t, t->call_oldest);
    }
}

/* What is least useful goes first: calls that are over, then those that began before the capture, then the oldest. */
bool call_evict(struct tracker *t)
{
    uint32_t pick = t->call_oldest, ref = t->call_oldest;
    for (int looked = 0; ref && looked < 32; looked++) {
        struct call *c = pool_at(&t->calls, ref);
        if (c->bye_ts != TS_NONE || c->final >= 300 || !c->known) {
            pick = ref;
            break;
        }
        ref = c->newer;
    }
    if (!pick)
        return false;
    call_close(t, pool_at(&t->calls, pick), false);
    forget(t, pick);
    t->totals.evicted++;
    return true;
}

static uint64_t key_hash(const struct tracker *t, const struct sip_message *m, struct view tag)
{
    return hash_add(&t->config.seed, m->shard_hash, hash_view(&t->config.seed, tag));
}

static struct call *find_by(struct tracker *t, const struct sip_message *m, struct view tag)
{
    uint64_t h = key_hash(t, m, tag);
    for (uint32_t pos = map_start(&t->call_map, h), r; (r = map_next(&t->call_map, h, &pos));) {
        struct call *c = pool_at(&t->calls, r);
        if (c->hash == h && view_eq(c->call_id, m->call_id) && view_eq(c->from_tag, tag))
            return c;
    }
    return NULL;
}

/* The tag that names the caller stands in From of what the caller sends and in To of what the callee sends. */
static struct call *find(struct tracker *t, const struct sip_message *m, bool *from_callee)
{
    struct call *c = find_by(t, m, m->from.tag);
    *from_callee = false;
    if (!c && m->to.tag.n) {
        c = find_by(t, m, m->to.tag);
        *from_callee = c != NULL;
    }
    return c;
}

static uint32_t take_entry(struct tracker *t)
{
    uint32_t ref = pool_take(&t->calls);
    if (!ref && call_evict(t))
        ref = pool_take(&t->calls);
    return ref;
}

static struct view keep(struct tracker *t, struct view v)
{
    struct view k = slab_copy(&t->slab, v);
    for (int tries = 0; v.n && !k.n && tries < 8 && (txn_evict(t) || call_evict(t)); tries++)
        k = slab_copy(&t->slab, v);
    return k;
}

static struct call *create(struct tracker *t, const struct sip_message *m)
{
    uint32_t ref = m->call_id.n ? take_entry(t) : 0; /* without a name there is nothing to follow it by */
    if (!ref)
        return NULL;
    struct call *c = pool_at(&t->calls, ref);
    uint64_t h = key_hash(t, m, m->from.tag);
    c->call_id = keep(t, m->call_id);
    if (!c->call_id.n || !map_put(&t->call_map, h, ref)) {
        slab_drop(&t->slab, &c->call_id);
        pool_give(&t->calls, ref);
        t->totals.evicted++;
        return NULL;
    }
    c->hash = h;
    c->self = ref;
    c->uid = ++t->next_uid;
    c->from_tag = keep(t, m->from.tag);
    c->from_uri = keep(t, m->from.uri);
    c->to_uri = keep(t, m->to.uri);
    c->start_ts = c->last_invite_ts = c->last_ts = t->now;
    c->ring_ts = c->answer_ts = c->end_ts = c->bye_ts = TS_NONE;
    c->min_via = c->final_via = UINT16_MAX;
    c->older = t->call_newest;
    if (t->call_newest)
        ((struct call *)pool_at(&t->calls, t->call_newest))->newer = ref;
    else
        t->call_oldest = ref;
    t->call_newest = ref;
    set_timer(t, c);
    return c;
}

/* Adds mark to a short list of different marks; true if it is new. */
static bool note(uint32_t *list, uint8_t *n, unsigned cap, uint32_t mark)
{
    for (unsigned i = 0; i < *n && i < cap; i++)
        if (list[i] == mark)
            return false;
    if (*n < cap)
        list[*n] = mark;
    *n += *n < UINT8_MAX;
    return true;
}

static struct call *linked(struct tracker *t, const struct txn *x)
{
    if (!x || !x->call)
        return NULL;
    struct call *c = pool_at(&t->calls, x->call);
    return c->uid == x->call_uid ? c : NULL;
}

static void initial_invite(struct tracker *t, const struct packet *p, struct sip_message *m, struct call *c)
{
    struct endpoint src = packet_src(p), dst = packet_dst(p);
    uint64_t hop = hash_bytes(&t->config.seed, &src, sizeof src) ^ hash_bytes(&t->config.seed, &dst, sizeof dst) * 5;
    note(c->hop, &c->hops, CALL_HOPS, (uint32_t)hop);
    if (m->via_count < c->min_via) {
        c->min_via = m->via_count;
        c->src = src;
        c->dst = dst;
        if (!c->user_agent.n)
            c->user_agent = keep(t, m->user_agent);
    }
    if (m->cseq != c->invite_cseq || !c->known) { /* first, or again after a challenge or a redirection */
        if (c->known && m->cseq != c->invite_cseq) {
            c->final = 0;
            c->final_via = UINT16_MAX;
            c->end_ts = TS_NONE;
            slab_drop(&t->slab, &c->reason);
            c->last_invite_ts = t->now;
        }
        c->invite_cseq = m->cseq;
        c->challenged_open = false;
    }
    c->known = true;
}

/* The codecs of the answer replace those of the offer; they stand in the order of the description. */
static void note_codecs(struct tracker *t, struct call *c, bool answer)
{
    if (c->codec_from_answer)
        return;
    for (unsigned i = 0; i < c->ncodec; i++)
        slab_drop(&t->slab, &c->codec[i]);
    c->ncodec = 0;
    c->codec_from_answer = answer;
    for (unsigned i = 0; i < t->sdp.media_count; i++) {
        struct view rest = t->sdp.media[i].formats, format;
        while (c->ncodec < CALL_CODECS && sdp_format_next(&rest, &format)) {
            int pt = sdp_payload_type(format);
            struct sdp_codec codec;
            if (t->sdp.media[i].t38)
                codec.encoding = V("t38");
            else if (pt < 0 || !sdp_codec_of(&t->sdp, &t->sdp.media[i], (unsigned)pt, &codec))
                continue;
            if (view_ieq(codec.encoding, V("telephone-event")) || view_ieq(codec.encoding, V("CN")))
                continue;
            bool have = false;
            for (unsigned k = 0; k < c->ncodec; k++)
                have |= view_ieq(c->codec[k], codec.encoding);
            if (!have && codec.encoding.n)
                c->codec[c->ncodec++] = slab_copy(&t->slab, codec.encoding);
        }
    }
}

static void announce_media(struct tracker *t, const struct sip_message *m, struct call *c)
{
    if (!m->body.n || sdp_parse(&t->sdp, m->body.p, m->body.n) == SDP_NOT_SDP)
        return;
    bool answer = m->kind == SIP_RESPONSE;
    for (unsigned i = 0; i < t->sdp.media_count; i++) {
        const struct sdp_media *media = &t->sdp.media[i];
        struct endpoint at;
        struct media_event *e = sdp_rtp_endpoint(media, &at) && !ip_is_zero(&at.ip) ? event_add(t) : NULL;
        if (!e)
            continue;
        e->kind = MEDIA_ANNOUNCED;
        e->ts = t->now;
        e->call_key = c->hash ^ (uint64_t)c->uid << 20;
        e->call_id = slab_copy(&t->slab, c->call_id);
        e->at = at;
        struct view rest = media->formats, format;
        while (e->ncodec < MEDIA_CODECS && sdp_format_next(&rest, &format)) {
            int pt = sdp_payload_type(format);
            struct sdp_codec codec;
            if (pt < 0 || !sdp_codec_of(&t->sdp, media, (unsigned)pt, &codec) || !codec.encoding.n)
                continue;
            e->codec[e->ncodec].payload_type = (uint8_t)pt;
            e->codec[e->ncodec].clock = codec.clock;
            size_t n = codec.encoding.n < 15 ? codec.encoding.n : 15;
            memcpy(e->codec[e->ncodec].name, codec.encoding.p, n);
            e->codec[e->ncodec].name[n] = 0;
            e->ncodec++;
        }
    }
    if (answer || !c->ncodec)
        note_codecs(t, c, answer);
}

static void read_session_expires(const struct sip_message *m, struct call *c)
{
    int i = sip_header_find(m, SIP_H_SESSION_EXPIRES, 0);
    if (i < 0)
        return;
    struct view v = sip_header_value(m, i);
    uint64_t s;
    v.n = view_find(v, ';');
    if (view_u64(view_trim(v), 86400 * 7, &s))
        c->session_expires = (uint32_t)s;
}

static void bye(struct tracker *t, struct call *c, bool from_callee)
{
    if (c->bye_ts != TS_NONE)
        return;
    c->bye_ts = c->end_ts = t->now;
    c->ended_by = from_callee ? 2 : 1;
}

/* A proxy that forks cancels branches too; the call is cancelled when the caller wants it so. */
static void cancel(const struct packet *p, struct call *c)
{
    struct endpoint src = packet_src(p);
    if (endpoint_eq(&src, &c->src))
        c->cancelled = true;
    else
        c->cancelled_below = true;
}

static void in_dialog(struct tracker *t, const struct packet *p, struct sip_message *m, struct call *c, bool from_callee)
{
    if (m->method == SIP_M_INVITE && !m->to.tag.n)
        initial_invite(t, p, m, c);
    else if (m->method == SIP_M_BYE)
        bye(t, c, from_callee);
    else if (m->method == SIP_M_CANCEL && c->answer_ts == TS_NONE)
        cancel(p, c);
    else if (m->method == SIP_M_ACK && (c->answer_ts != TS_NONE || !c->final))
        c->acked = true; /* without a final response: the answer was not captured */
    if (m->method == SIP_M_INVITE || m->method == SIP_M_UPDATE)
        read_session_expires(m, c);
    if (m->method == SIP_M_INVITE || m->method == SIP_M_UPDATE || m->method == SIP_M_ACK || m->method == SIP_M_PRACK)
        announce_media(t, m, c);
}

/* A new INVITE without To tag under the name of a call that is over is another call. The clock decides, not whether the
 * old one has left the table yet. */
static bool starts_over(const struct tracker *t, const struct call *c, const struct sip_message *m)
{
    return m->method == SIP_M_INVITE && !m->to.tag.n && m->cseq != c->invite_cseq &&
           (c->bye_ts != TS_NONE || c->cancelled || is_over(t, deadline(c)));
}

void call_request(struct tracker *t, const struct packet *p, struct sip_message *m, struct txn *x, bool fresh)
{
    bool from_callee = false;
    struct call *c = linked(t, x);
    if (!c)
        c = find(t, m, &from_callee);
    if (c && starts_over(t, c, m) && fresh) {
        call_close(t, c, false);
        forget(t, c->self);
        c = NULL;
    }
    if (!c) {
        bool creates = m->method == SIP_M_INVITE || m->method == SIP_M_BYE || (m->method == SIP_M_ACK && m->to.tag.n);
        if (!creates || !(c = create(t, m)))
            return;
    }
    if (x && !x->call) {
        x->call = c->self;
        x->call_uid = c->uid;
    }
    c->messages++;
    c->last_ts = t->now;
    if (m->retransmission)
        return;
    in_dialog(t, p, m, c, from_callee);
    hurry(t, c);
}

static void answered(struct tracker *t, struct sip_message *m, struct call *c)
{
    if (c->answer_ts == TS_NONE) {
        c->answer_ts = t->now;
        c->final = m->status;
        slab_drop(&t->slab, &c->reason);
        c->reason = keep(t, m->reason);
        if (c->bye_ts == TS_NONE)
            c->end_ts = TS_NONE;
    }
    read_session_expires(m, c);
}

static void provisional(struct tracker *t, struct sip_message *m, struct call *c)
{
    c->provisional = m->status;
    if (m->status >= 180 && c->ring_ts == TS_NONE && c->answer_ts == TS_NONE) {
        c->ring_ts = t->now;
        sketch_add(&t->totals.srd_ms, (double)(t->now - c->last_invite_ts) / 1e6);
    }
}

/* A failure counts where the caller would see it: on the hop with the fewest Vias that the capture shows. */
static void failed(struct tracker *t, struct sip_message *m, struct call *c)
{
    if (c->answer_ts != TS_NONE || m->via_count > c->final_via || (c->known && m->via_count > c->min_via))
        return;
    c->final = m->status;
    c->final_via = m->via_count;
    c->end_ts = t->now;
    slab_drop(&t->slab, &c->reason);
    c->reason = keep(t, m->reason);
    c->challenged_open = m->status == 401 || m->status == 407;
}

static void invite_response(struct tracker *t, struct sip_message *m, struct txn *x, struct call *c)
{
    bool alone = !x || x->flags & TXN_RESPONSE_ONLY; /* its request was not captured, or is long gone */
    bool initial = alone ? !c->known || (m->cseq == c->invite_cseq && view_eq(m->from.tag, c->from_tag)) : x->flags & TXN_INITIAL;
    c->responded = true;
    if (m->to.tag.n && m->status > 100)
        note(c->tag, &c->tags, CALL_TAGS, (uint32_t)hash_view(&t->config.seed, m->to.tag));
    if (!initial || m->cseq < c->invite_cseq)
        return;
    if (m->status < 200)
        provisional(t, m, c);
    else if (m->status < 300)
        answered(t, m, c);
    else
        failed(t, m, c);
}

void call_response(struct tracker *t, const struct packet *p, struct sip_message *m, struct txn *x, bool fresh)
{
    bool from_callee;
    struct call *c = linked(t, x);
    if (!c)
        c = find(t, m, &from_callee);
    if (!c && m->cseq_method == SIP_M_INVITE && m->status >= 200 && m->status < 300)
        c = create(t, m);
    if (!c)
        return;
    c->messages++;
    c->last_ts = t->now;
    if (m->retransmission) {
        if (m->cseq_method == SIP_M_INVITE && m->status >= 200 && m->status < 300)
            c->ok_retransmissions++;
        return;
    }
    if (m->cseq_method == SIP_M_INVITE)
        invite_response(t, m, x, c);
    if (m->cseq_method == SIP_M_BYE && x && fresh)
        sketch_add(&t->totals.sdd_ms, (double)(t->now - x->first_ts) / 1e6);
    hurry(t, c);
    if (m->cseq_method == SIP_M_INVITE || m->cseq_method == SIP_M_UPDATE || m->cseq_method == SIP_M_PRACK)
        announce_media(t, m, c);
}

void call_retransmission(struct tracker *t, struct txn *x)
{
    struct call *c = linked(t, x);
    if (c)
        c->retransmissions++;
}
