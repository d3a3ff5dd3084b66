#include "synth/tcp.h"

#include "synth/frame.h"

enum {
    SEGMENT_MAX = 1448,
    FIN_FLAG = 1,
    SYN_FLAG = 2,
    PSH_FLAG = 8,
    ACK_FLAG = 16,
    /* the server answers no sooner than this, so that no answer overtakes what it answers */
    HOLD_UP_NS = 150000,
    KEEPALIVE_MAX = 4, /* so few bytes travel alone and whole */
    HOLD_PPM = 150000,
    SPLIT_PPM = 250000,
    REORDER_PPM = 6000,
    REPEAT_PPM = 5000,
    ACK_PPM = 600000
};

/* A segment that will be sent again. */
struct repeat {
    struct conn *c;
    uint32_t seq;
    uint16_t n;
    uint8_t dir;
    uint8_t data[SEGMENT_MAX];
};
_Static_assert(sizeof(struct repeat) <= SIM_BLOCK, "a repeated segment fits a block");

struct conn *conn_new(struct sim *s, const struct endpoint *client, const struct endpoint *server, bool untidy)
{
    struct conn *c = sim_keep(s, sizeof *c);
    if (!c)
        return NULL;
    *c = (struct conn){.end = {*client, *server}, .untidy = untidy, .next_conn = s->conns};
    c->next[0] = (uint32_t)rng_next(&s->rng);
    c->next[1] = (uint32_t)rng_next(&s->rng);
    return s->conns = c;
}

static void segment(struct sim *s, struct conn *c, unsigned dir, uint32_t seq, unsigned flags, const void *p, size_t n)
{
    struct frame_tcp tcp = {seq, flags & ACK_FLAG ? c->next[!dir] : 0, (uint8_t)flags};
    sim_emit(s, frame_tcp_write(s->frame, &c->end[dir], &c->end[!dir], s->ip_id++, &tcp, p, n));
}

static void conn_open(struct sim *s, struct conn *c)
{
    c->open = true;
    s->truth->tcp_connections++;
    segment(s, c, CONN_UP, c->next[CONN_UP]++, SYN_FLAG, NULL, 0);
    segment(s, c, CONN_DOWN, c->next[CONN_DOWN]++, SYN_FLAG | ACK_FLAG, NULL, 0);
    segment(s, c, CONN_UP, c->next[CONN_UP], ACK_FLAG, NULL, 0);
}

static void repeat_now(struct sim *s, void *obj, uint32_t arg)
{
    struct repeat *r = obj;
    segment(s, r->c, r->dir, r->seq, PSH_FLAG | ACK_FLAG, r->data, r->n);
    s->truth->tcp_retransmitted++;
    sim_block_free(s, r);
}

static void repeat_later(struct sim *s, struct conn *c, unsigned dir, uint32_t seq, const uint8_t *p, size_t n)
{
    struct repeat *r = sim_block(s);
    if (!r)
        return;
    r->c = c;
    r->dir = (uint8_t)dir;
    r->seq = seq;
    r->n = (uint16_t)n;
    memcpy(r->data, p, n);
    sim_after(s, rng_between(&s->rng, 200, 260) * NS_PER_MS, repeat_now, r, 0);
}

static void data_segment(struct sim *s, struct conn *c, unsigned dir, uint32_t seq, const uint8_t *p, size_t n)
{
    segment(s, c, dir, seq, PSH_FLAG | ACK_FLAG, p, n);
    if (c->untidy && n > KEEPALIVE_MAX && rng_chance(&s->rng, REPEAT_PPM))
        repeat_later(s, c, dir, seq, p, n);
}

/* Where this run of bytes is cut; a full segment at most. */
static size_t cut(struct sim *s, bool split, size_t n)
{
    if (n > 1 && split)
        n = (size_t)rng_between(&s->rng, 1, (int64_t)n - 1);
    return n < SEGMENT_MAX ? n : SEGMENT_MAX;
}

static void send_stream(struct sim *s, struct conn *c, unsigned dir, const uint8_t *p, size_t n)
{
    bool untidy = c->untidy && n > KEEPALIVE_MAX;
    bool swap = untidy && rng_chance(&s->rng, REORDER_PPM);
    bool split = untidy && (swap || rng_chance(&s->rng, SPLIT_PPM));
    uint32_t seq = c->next[dir];
    c->next[dir] += (uint32_t)n;
    s->truth->tcp_segments_split += split;
    while (n) {
        size_t first = cut(s, split, n), second = swap ? cut(s, false, n - first) : 0;
        if (second) { /* the later part overtakes the earlier one */
            data_segment(s, c, dir, seq + (uint32_t)first, p + first, second);
            s->truth->tcp_reordered++;
        }
        data_segment(s, c, dir, seq, p, first);
        swap = split = false;
        p += first + second;
        n -= first + second;
        seq += (uint32_t)(first + second);
    }
    if (rng_chance(&s->rng, ACK_PPM)) {
        segment(s, c, !dir, c->next[!dir], ACK_FLAG, NULL, 0);
        s->truth->tcp_pure_acks++;
    }
}

static void release_held(struct sim *s, struct conn *c, unsigned dir)
{
    uint8_t *held = c->held[dir];
    if (!held)
        return;
    c->held[dir] = NULL;
    if (c->held_messages[dir] > 1)
        s->truth->tcp_coalesced += c->held_messages[dir];
    send_stream(s, c, dir, held, c->held_n[dir]);
    sim_block_free(s, held);
}

static void held_long_enough(struct sim *s, void *obj, uint32_t arg)
{
    release_held(s, obj, arg);
}

/* Keeps bytes back until more come or a moment has passed, as a sender does that waits to fill a segment. */
static bool hold(struct sim *s, struct conn *c, unsigned dir, const void *p, size_t n)
{
    bool fresh = !c->held[dir];
    if (fresh) {
        c->held[dir] = sim_block(s);
        c->held_n[dir] = c->held_messages[dir] = 0;
    }
    if (!c->held[dir])
        return false;
    memcpy(c->held[dir] + c->held_n[dir], p, n);
    c->held_n[dir] = (uint16_t)(c->held_n[dir] + n);
    c->held_messages[dir]++;
    if (fresh)
        sim_after(s, dir == CONN_UP ? HOLD_UP_NS : rng_between(&s->rng, 1, 6) * NS_PER_MS, held_long_enough, c, dir);
    return true;
}

void conn_send(struct sim *s, struct conn *c, enum conn_dir dir, const void *p, size_t n)
{
    if (!c->open)
        conn_open(s, c);
    release_held(s, c, !dir);
    if (n <= KEEPALIVE_MAX) {
        release_held(s, c, dir);
    } else if (c->held[dir]) {
        if (c->held_n[dir] + n <= SIM_BLOCK && hold(s, c, dir, p, n)) {
            release_held(s, c, dir);
            return;
        }
        release_held(s, c, dir);
    } else if (c->untidy && n <= SIM_BLOCK && rng_chance(&s->rng, HOLD_PPM) && hold(s, c, dir, p, n)) {
        return;
    }
    send_stream(s, c, dir, p, n);
}

void conn_flush_all(struct sim *s)
{
    for (struct conn *c = s->conns; c; c = c->next_conn) {
        release_held(s, c, CONN_UP);
        release_held(s, c, CONN_DOWN);
    }
}
