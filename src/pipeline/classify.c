/* What a packet carries, told by its first bytes: the stage that runs on whole batches in parallel. */
#include "base/mem.h"
#include "decode/decode.h"
#include "pipeline/priv.h"
#include "rtp/rtp.h"

enum { HEADERS_MAX = 256 };

void message_attach(struct packet *p, struct sip_message *m)
{
    m->next = NULL;
    if (p->last_message)
        p->last_message->next = m;
    else
        p->first_message = m;
    p->last_message = m;
    p->class = PACKET_SIP;
}

bool port_is_wanted(const struct analysis *a, const struct packet *p)
{
    return a->port_wanted_all || a->port_wanted[p->src_port >> 3] >> (p->src_port & 7) & 1 ||
           a->port_wanted[p->dst_port >> 3] >> (p->dst_port & 7) & 1;
}

static void note_port(struct worker *w, uint16_t port)
{
    w->sip_ports[port >> 12] |= 1ull << (port >> 6 & 63);
}

/* Parses in place: the header index goes to the end of the arena and takes only the lines there are. */
static void parse_datagram(struct analysis *a, struct worker *w, struct packet *p, struct arena *arena)
{
    struct sip_message *m = arena_alloc(arena, sizeof *m);
    struct sip_header *store = m ? arena_reserve(arena, HEADERS_MAX * sizeof *store) : NULL;
    if (!store)
        return;
    if (sip_message_parse(m, store, HEADERS_MAX, (const char *)p->payload, p->payload_len, SIP_DATAGRAM) == SIP_NOT_SIP)
        return;
    arena_take(arena, m->nheader * sizeof *store);
    if (p->payload_missing)
        sip_set_oddity(m, ODD_SIP_TRUNCATED);
    m->transport = TRANSPORT_UDP;
    m->first_packet = p->number;
    tracker_route(&a->seed, m);
    note_port(w, p->src_port);
    note_port(w, p->dst_port);
    message_attach(p, m);
}

static bool is_keepalive(const struct packet *p)
{
    if (!p->payload_len || p->payload_len > 4)
        return false;
    for (uint32_t i = 0; i < p->payload_len; i++)
        if (p->payload[i] != '\r' && p->payload[i] != '\n' && p->payload[i] != 0)
            return false;
    return true;
}

/* A letter, or line ends before one: SIP (or nothing we know). Anything else goes by its first two bits (RFC 7983). */
void classify_udp(struct analysis *a, struct worker *w, struct packet *p, struct arena *arena)
{
    const char *b = (const char *)p->payload;
    if (is_keepalive(p)) {
        p->class = PACKET_KEEPALIVE;
        return;
    }
    if (p->payload_len < 12)
        return;
    if ((uint8_t)b[0] >= 0x80 || (uint8_t)b[0] < 4) {
        switch (rtp_looks_like(b, p->payload_len)) {
        case RTP_KIND_RTP:
            p->class = PACKET_RTP;
            break;
        case RTP_KIND_RTCP:
            p->class = PACKET_RTCP;
            break;
        case RTP_KIND_STUN:
            p->class = PACKET_STUN;
            w->stun[(p->src_port < p->dst_port ? p->src_port : p->dst_port) >> 6]++;
            break;
        default:
            break;
        }
        return;
    }
    if (port_is_wanted(a, p))
        parse_datagram(a, w, p, arena);
}

static void count_time(struct batch_counts *n, const struct packet *p)
{
    if (n->last_ts == TS_NONE)
        n->first_ts = p->ts_ns;
    else if (p->ts_ns < n->last_ts - NS_PER_S || p->ts_ns > n->last_ts + 3600 * NS_PER_S)
        n->clock_jumps++;
    n->last_ts = p->ts_ns;
    n->latest_ts = p->ts_ns > n->latest_ts ? p->ts_ns : n->latest_ts;
    n->ts_digits = p->ts_digits > n->ts_digits ? p->ts_digits : n->ts_digits;
}

/* Notes the messages of the packet for the workers that follow them. False when there is no memory: the batch is then gone
 * through packet by packet. */
static bool note_turns(struct analysis *a, struct lane *l, struct packet *p)
{
    for (struct sip_message *m = p->first_message; m; m = m->next) {
        struct turns *t = &l->turns[a->jobs == 1 ? 0 : m->route % a->jobs];
        if (t->n == t->cap) {
            uint32_t cap = t->cap ? t->cap * 2 : 128;
            struct turn *turn = mem_realloc(t->turn, cap * sizeof *turn);
            if (!turn)
                return false;
            t->turn = turn;
            t->cap = cap;
        }
        t->turn[t->n++] = (struct turn){p, m, l->counts.latest_ts};
    }
    return true;
}

/* Counts what is known of a packet at last. */
void count_packet(struct batch_counts *n, const struct packet *p)
{
    n->not_sip += p->class != PACKET_SIP && p->class != PACKET_KEEPALIVE;
    n->keepalives += p->class == PACKET_KEEPALIVE;
    for (uint64_t rest = p->oddities; rest; rest &= rest - 1)
        n->oddity[__builtin_ctzll(rest)]++;
    for (const struct sip_message *m = p->first_message; m; m = m->next)
        n->messages++;
}

void classify_batch(struct analysis *a, struct worker *w, struct lane *l)
{
    struct batch_counts *n = &l->counts;
    *n = (struct batch_counts){.first_ts = TS_NONE, .last_ts = TS_NONE, .latest_ts = TS_NONE};
    for (unsigned i = 0; i < a->jobs; i++)
        l->turns[i].n = 0;
    for (uint32_t i = 0; i < l->batch.n; i++) {
        struct packet *p = &l->batch.packet[i];
        count_time(n, p);
        decode_packet(p, &a->seed);
        p->class = PACKET_OTHER;
        p->first_message = p->last_message = NULL;
        n->undecoded += !p->ip_version;
        if (p->l4 == L4_UDP) {
            classify_udp(a, w, p, &l->batch.arena);
            n->rtp += p->class == PACKET_RTP;
            if (p->first_message && !note_turns(a, l, p))
                n->unnoted = true;
        } else if (p->flags & PACKET_FRAGMENT) {
            n->fragments++;
        } else if (p->l4 == L4_TCP) {
            n->tcp++;
        }
    }
    for (uint32_t i = 0; lane_is_plain(l) && i < l->batch.n; i++)
        count_packet(n, &l->batch.packet[i]);
}
