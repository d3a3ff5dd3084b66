/* SIP in TCP streams: each worker follows the connections whose flow hash is its own, over the whole round. */
#include "pipeline/priv.h"
#include "sip/framing.h"

enum {
    HEADERS_MAX = 256,
    GARBAGE_MAX = 64 << 10, /* bytes without a message before a stream is given up as something else */
};

enum { USER_STATE = 0, USER_GARBAGE = 2, USER_MESSAGES = 3 }; /* tcp_half.user: framing state in 0 and 1 */

_Static_assert(sizeof(struct sip_framing_state) <= 2 * sizeof(uint64_t), "the framing state fits into the stream");

/* Where a message goes whose packet is not at hand: a packet made up from what the stream knows. */
static struct packet *late_packet(struct worker *w, const struct tcp_half *h, struct sip_message *m)
{
    struct late *l = arena_alloc(&w->arena, sizeof *l);
    if (!l)
        return NULL;
    *l = (struct late){.message = *m};
    l->packet.ts_ns = h->first_ts_ns;
    l->packet.number = h->first_packet;
    l->packet.l4 = L4_TCP;
    l->packet.ip_version = ip_is_v4(&h->src.ip) ? 4 : 6;
    l->packet.src = h->src.ip;
    l->packet.src_port = h->src.port;
    l->packet.dst = h->dst.ip;
    l->packet.dst_port = h->dst.port;
    *w->late_end = l;
    w->late_end = &l->next;
    message_attach(&l->packet, &l->message);
    return &l->packet;
}

static void hand_on(struct worker *w, struct tcp_half *h, const struct packet *p, struct sip_message *m)
{
    m->transport = TRANSPORT_TCP;
    m->first_packet = h->first_packet;
    tracker_route(&w->run->seed, m);
    h->user[USER_MESSAGES]++;
    w->sip_ports[h->src.port >> 12] |= 1ull << (h->src.port >> 6 & 63);
    w->sip_ports[h->dst.port >> 12] |= 1ull << (h->dst.port >> 6 & 63);
    if (p)
        message_attach((struct packet *)(uintptr_t)p, m);
    else
        late_packet(w, h, m);
}

/* The parser's answer for bytes that stay where they are until the round is over; NULL when there is no memory. */
static struct sip_message *parse(struct worker *w, struct view bytes, enum sip_result *result)
{
    struct sip_message *m = w->spare ? w->spare : arena_alloc(&w->arena, sizeof *m);
    struct sip_header *store = m ? arena_reserve(&w->arena, HEADERS_MAX * sizeof *store) : NULL;
    w->spare = m;
    if (!store)
        return NULL;
    *result = sip_message_parse(m, store, HEADERS_MAX, bytes.p, bytes.n, SIP_STREAM);
    return m;
}

static void keep(struct worker *w, const struct sip_message *m)
{
    arena_take(&w->arena, m->nheader * sizeof *m->header);
    w->spare = NULL;
}

static void take_message(struct worker *w, struct tcp_half *h, const struct packet *p, const char *data, size_t n, bool stable)
{
    struct view bytes = stable ? view_of(data, n) : arena_copy(&w->arena, view_of(data, n));
    enum sip_result result;
    struct sip_message *m = bytes.n ? parse(w, bytes, &result) : NULL;
    if (!m || result == SIP_NOT_SIP)
        return;
    keep(w, m);
    hand_on(w, h, p, m);
}

/* Most messages come whole in one segment: then the parser finds their end by itself. Answers the bytes taken; 0: look closer. */
static size_t take_whole(struct worker *w, struct tcp_half *h, const struct packet *p, const char *data, size_t n)
{
    enum sip_result result;
    if ((unsigned)ascii_lower((unsigned char)data[0]) - 'a' > 'z' - 'a')
        return 0;
    struct sip_message *m = parse(w, view_of(data, n), &result);
    if (!m || result != SIP_OK || m->buf != data || m->content_length < 0 || m->headers_end > SIP_FRAMING_HEADERS_MAX ||
        m->content_length > SIP_FRAMING_BODY_MAX)
        return 0;
    keep(w, m);
    hand_on(w, h, p, m);
    return m->len;
}

/* What is left when a stream ends: told if at least its start line and headers make sense. */
static void take_rest(struct worker *w, struct tcp_half *h, const struct packet *p, const char *data, size_t n, bool stable)
{
    struct sip_framing_state s;
    memcpy(&s, h->user, sizeof s);
    if (s.total && sip_looks_like(data, n)) /* all headers are there, the body is not */
        take_message(w, h, p, data, n, stable);
}

static size_t deliver(void *ctx, struct tcp_half *h, const struct packet *p, const char *data, size_t n, unsigned events)
{
    struct worker *w = ctx;
    struct sip_framing_state s;
    size_t used = 0;
    if (h->user[USER_GARBAGE] > GARBAGE_MAX && !h->user[USER_MESSAGES])
        return n; /* not a SIP stream */
    memcpy(&s, h->user, sizeof s);
    if (events & TCP_GAP)
        s = (struct sip_framing_state){.mid_line = false};
    h->want = 0;
    if (events & TCP_STABLE && !(events & TCP_GAP) && !s.scanned && !s.in_headers && !s.mid_line && n &&
        (used = take_whole(w, h, p, data, n)))
        return used;
    while (used < n) {
        struct sip_frame f = sip_framing_next(&s, data + used, n - used);
        if (f.kind == SIP_FRAME_NEED_MORE) {
            h->want = f.want;
            break;
        }
        if (f.kind == SIP_FRAME_GARBAGE)
            h->user[USER_GARBAGE] += f.length;
        if (f.kind == SIP_FRAME_KEEPALIVE && p && used + f.length == n && used == 0 && f.length <= 4)
            ((struct packet *)(uintptr_t)p)->class = PACKET_KEEPALIVE;
        if (f.kind == SIP_FRAME_MESSAGE) {
            take_message(w, h, p, data + used, f.length, events & TCP_STABLE);
            used += f.length;
            break; /* one at a time, so that first_packet is right for the next one */
        }
        used += f.length;
    }
    memcpy(h->user, &s, sizeof s);
    if (events & (TCP_END | TCP_CUT) && used < n && !(used && h->want == 0))
        take_rest(w, h, p, data + used, n - used, events & TCP_STABLE);
    return used;
}

void streams_run(struct worker *w)
{
    struct analysis *a = w->run;
    int64_t now = TS_NONE;
    for (unsigned i = 0; i < a->now->filled; i++) {
        struct lane *l = a->now->order[i];
        if (l->counts.last_ts != TS_NONE)
            now = l->counts.last_ts;
        if (!l->counts.tcp)
            continue;
        for (uint32_t k = 0; k < l->batch.n; k++) {
            struct packet *p = &l->batch.packet[k];
            if (p->l4 == L4_TCP && !(p->flags & PACKET_FRAGMENT) && p->flow_hash % a->jobs == w->index && port_is_wanted(a, p))
                tcp_input(&w->tcp, p, deliver, w);
        }
    }
    if (now != TS_NONE)
        tcp_expire(&w->tcp, now, deliver, w);
}

void streams_finish(struct worker *w)
{
    tcp_finish(&w->tcp, deliver, w);
}
