/* Between two rounds one thread carries over what workers found about each other's flows, and hands messages on in order. */
#include "pipeline/priv.h"

#include <math.h>

static struct view_list oddity_names(const struct sip_message *m, struct view *room)
{
    uint32_t n = 0;
    for (uint64_t rest = m->oddities; rest; rest &= rest - 1)
        room[n++] = view_str(oddity_info(ODDITY_SIP_FIRST + (unsigned)__builtin_ctzll(rest))->name);
    return (struct view_list){room, n};
}

static struct view named(struct view v)
{
    return v.n ? v : VIEW_NONE;
}

static void give_message(const struct record_sink *sink, const struct packet *p, const struct sip_message *m)
{
    struct view odd[64];
    int cseq = sip_header_find(m, SIP_H_CSEQ, 0);
    struct record_message r = {
        .ts = p->ts_ns,
        .src = p->src,
        .dst = p->dst,
        .src_port = p->src_port,
        .dst_port = p->dst_port,
        .transport = view_str(analysis_transport(m)),
        .kind = m->kind == SIP_REQUEST ? V("request") : V("response"),
        .method = named(m->kind == SIP_REQUEST ? m->method_name : m->cseq_method_name),
        .status = m->kind == SIP_REQUEST ? INT64_MIN : m->status,
        .reason = named(m->reason),
        .request_uri = named(m->request_uri),
        .call_id = named(m->call_id),
        .from_uri = named(m->from.uri),
        .from_tag = named(m->from.tag),
        .to_uri = named(m->to.uri),
        .to_tag = named(m->to.tag),
        .cseq = cseq >= 0 ? named(sip_header_value(m, cseq)) : VIEW_NONE,
        .branch = named(m->via.branch),
        .user_agent = named(m->user_agent),
        .contact = named(m->contact),
        .content_type = named(m->content_type),
        .size = m->len,
        .retransmission = m->retransmission,
        .oddities = oddity_names(m, odd),
        .packet = p->number,
    };
    sink->message(sink->ctx, &r);
}

static void give_packet(struct analysis *a, const struct packet *p)
{
    const struct analysis_options *o = &a->options;
    for (const struct sip_message *m = p->first_message; m; m = m->next) {
        if (o->on_message)
            o->on_message(o->ctx, p, m);
        if (o->sink && o->sink->message)
            give_message(o->sink, p, m);
    }
    if (o->on_packet && p->data)
        o->on_packet(o->ctx, p);
}

/* What can only be counted when the TCP streams and the fragments have been looked at. */
static void count_packets(struct lane *l)
{
    for (uint32_t i = 0; !lane_is_plain(l) && i < l->batch.n; i++)
        count_packet(&l->counts, &l->batch.packet[i]);
}

static void count_batch(struct analysis *a, const struct batch_counts *n)
{
    struct batch_counts *t = &a->total;
    if (n->last_ts == TS_NONE)
        return;
    if (t->last_ts == TS_NONE)
        t->first_ts = n->first_ts;
    else if (n->first_ts < t->last_ts - NS_PER_S || n->first_ts > t->last_ts + 3600 * NS_PER_S)
        t->clock_jumps++;
    t->clock_jumps += n->clock_jumps;
    t->last_ts = n->last_ts;
    t->fragments += n->fragments;
    t->not_sip += n->not_sip;
    t->keepalives += n->keepalives;
    a->messages += n->messages;
    for (int i = 0; i < ODDITY_PACKET_COUNT; i++)
        t->oddity[i] += n->oddity[i];
    t->undecoded += n->undecoded;
    t->ts_digits = n->ts_digits > t->ts_digits ? n->ts_digits : t->ts_digits;
}

void handover_late(struct analysis *a, struct worker *w)
{
    for (struct late *l = w->late; l; l = l->next) {
        a->messages++;
        give_packet(a, &l->packet);
    }
    w->late = NULL;
    w->late_end = &w->late;
}

void handover_messages(struct analysis *a)
{
    bool wanted = a->options.on_message || a->options.on_packet || (a->options.sink && a->options.sink->message);
    for (unsigned i = 0; i < a->now->filled; i++) {
        count_packets(a->now->order[i]);
        count_batch(a, &a->now->order[i]->counts);
        for (uint32_t k = 0; wanted && k < a->now->order[i]->batch.n; k++)
            give_packet(a, &a->now->order[i]->batch.packet[k]);
    }
    for (unsigned i = 0; i < a->jobs; i++)
        handover_late(a, &a->worker[i]);
}

void handover_media(struct analysis *a, bool before)
{
    struct tracker *tracker[JOBS_MAX];
    for (unsigned i = 0; i < a->jobs; i++)
        tracker[i] = a->worker[i].tracker;
    if (before) {
        media_prepare(a->media, tracker, a->jobs);
        return;
    }
    media_exchange(a->media, tracker, a->jobs);
    for (unsigned i = 0; a->total.last_ts != TS_NONE && i < a->jobs; i++)
        tracker_settle(tracker[i], a->media, a->total.last_ts);
}
