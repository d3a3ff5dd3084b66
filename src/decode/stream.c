/* The bytes of one direction. Segments ahead of the stream are held in a sorted list without overlaps; bytes the
 * callback did not consume lie in one contiguous block with marks that say which packet brought them. */
#include "decode/tcp_priv.h"

enum { MARKS = 24, HOLD_FIRST = 4000 };

struct tcp_segment {
    struct tcp_segment *next, *prev;
    struct tcp_bytes b; /* b.data points behind this structure */
};

struct mark {
    uint32_t end; /* sequence number behind the last byte of this packet */
    uint64_t number;
    int64_t ts_ns;
};

struct tcp_hold {
    uint32_t start, n; /* bytes in data */
    uint32_t asked;    /* size given to blocks_take */
    uint32_t cap;      /* of data */
    uint32_t marks;
    struct mark mark[MARKS];
    char data[];
};

/* ---- bytes not consumed ---- */

static void hold_free(struct tcp_table *t, struct tcp_half *h)
{
    if (h->hold)
        blocks_give(&t->blocks, h->hold, h->hold->asked);
    h->hold = NULL;
}

static void hold_consume(struct tcp_table *t, struct tcp_half *h, size_t used)
{
    struct tcp_hold *k = h->hold;
    k->start += (uint32_t)used;
    k->n -= (uint32_t)used;
    if (k->n == 0) {
        hold_free(t, h);
        return;
    }
    uint32_t first = h->next - k->n, gone = 0;
    while (gone + 1 < k->marks && seq_diff(k->mark[gone].end, first) <= 0)
        gone++;
    if (gone) {
        k->marks -= gone;
        memmove(k->mark, k->mark + gone, k->marks * sizeof *k->mark);
    }
}

/* Room for n more bytes behind those kept. Moving is paid for by what was consumed before. */
static bool hold_reserve(struct tcp_run *r, struct tcp_half *h, uint32_t n)
{
    struct tcp_hold *k = h->hold;
    if (k && k->start + k->n + n <= k->cap)
        return true;
    if (k && k->n + n <= k->cap && k->start >= k->cap / 4) {
        memmove(k->data, k->data + k->start, k->n);
        k->start = 0;
        return true;
    }
    size_t need = (k ? k->n : 0) + (size_t)n, room = need < HOLD_FIRST / 2 ? HOLD_FIRST - sizeof *k : need + need / 2;
    struct tcp_hold *bigger = tcp_take(r, sizeof *k + room);
    if (!bigger)
        return false;
    size_t asked = sizeof *k + room;
    bigger->start = bigger->n = bigger->marks = 0;
    if (k) {
        memcpy(bigger, k, sizeof *k);
        bigger->start = 0;
        memcpy(bigger->data, k->data + k->start, k->n);
        hold_free(r->t, h);
    }
    bigger->asked = (uint32_t)asked;
    bigger->cap = (uint32_t)(blocks_room(asked) - sizeof *k);
    h->hold = bigger;
    return true;
}

/* Keeps n bytes that end at h->next. When there are more packets than marks, the last mark stands for several: the
 * packet named is then an earlier one of the same run. */
static bool hold_add(struct tcp_run *r, struct tcp_half *h, const uint8_t *data, uint32_t n, const struct tcp_bytes *b)
{
    if (!hold_reserve(r, h, n))
        return false;
    struct tcp_hold *k = h->hold;
    memcpy(k->data + k->start + k->n, data, n);
    k->n += n;
    if (k->marks == MARKS)
        k->mark[MARKS - 1].end = h->next;
    else
        k->mark[k->marks++] = (struct mark){h->next, b->number, b->ts_ns};
    return true;
}

/* ---- delivery ---- */

static size_t call(struct tcp_run *r, struct tcp_half *h, const char *data, size_t n, unsigned events)
{
    h->want = 0;
    size_t used = r->fn(r->ctx, h, r->p, data, n, events);
    return used < n ? used : n;
}

static unsigned take_pending(struct tcp_half *h)
{
    unsigned events = (h->gap_pending ? TCP_GAP : 0u) | (h->start_pending ? TCP_START : 0u);
    h->gap_pending = h->start_pending = false;
    return events;
}

/* Offers what is kept; with TCP_END and TCP_CUT it is gone afterwards. */
static void offer_hold(struct tcp_run *r, struct tcp_half *h, unsigned events)
{
    const unsigned last = events & (TCP_END | TCP_CUT);
    if (!last && h->hold && h->hold->n < h->want)
        return;
    events |= take_pending(h);
    while (h->hold) {
        struct tcp_hold *k = h->hold;
        h->first_packet = k->mark[0].number;
        h->first_ts_ns = k->mark[0].ts_ns;
        size_t used = call(r, h, k->data + k->start, k->n, events);
        events = last;
        if (used)
            hold_consume(r->t, h, used);
        if (!used || (!last && h->hold && h->hold->n < h->want))
            break;
    }
    if (last)
        hold_free(r->t, h);
}

/* Bytes behind h->next are lost: what is kept gets its last chance, what comes next is marked. */
static void lose(struct tcp_run *r, struct tcp_half *h, uint32_t bytes)
{
    if (h->hold)
        offer_hold(r, h, TCP_CUT);
    h->gap_pending = true;
    h->next += bytes;
    r->t->count.gaps++;
    r->t->count.gap_bytes += bytes;
    if (r->p)
        packet_oddity(r->p, ODD_TCP_GAP);
}

/* Delivers from where the bytes lie; keeps what is left over. Nothing is kept before this. */
static void deliver_direct(struct tcp_run *r, struct tcp_half *h, const struct tcp_bytes *b)
{
    const unsigned always = (b->stable ? TCP_STABLE : 0u) | (b->missing ? TCP_CUT : 0u);
    unsigned events = always | take_pending(h);
    uint32_t done = 0;
    size_t used = 1;
    while (used && done < b->n) {
        h->first_packet = b->number;
        h->first_ts_ns = b->ts_ns;
        used = call(r, h, (const char *)b->data + done, b->n - done, events);
        done += (uint32_t)used;
        events = always;
        if (b->n - done < h->want && !b->missing)
            break;
    }
    if (done == b->n || b->missing)
        return;
    if (b->n - done > TCP_UNCONSUMED_MAX || !hold_add(r, h, b->data + done, b->n - done, b)) {
        r->t->count.dropped++;
        h->first_packet = b->number;
        call(r, h, (const char *)b->data + done, b->n - done, always | TCP_CUT);
        lose(r, h, 0);
    }
}

/* b begins at h->next. */
static void deliver(struct tcp_run *r, struct tcp_half *h, const struct tcp_bytes *b)
{
    h->next += b->n;
    if (h->hold && b->n) {
        bool fits = h->hold->n + b->n <= TCP_UNCONSUMED_MAX;
        if (fits && hold_add(r, h, b->data, b->n, b)) {
            offer_hold(r, h, b->missing ? TCP_CUT : 0);
        } else {
            h->next -= b->n;
            r->t->count.dropped++;
            lose(r, h, 0);
            h->next += b->n;
            deliver_direct(r, h, b);
        }
    } else if (b->n) {
        deliver_direct(r, h, b);
    }
    if (b->missing) { /* what is held may begin in the missing part */
        int32_t until = h->held_first ? seq_diff(h->held_first->b.seq, h->next) : INT32_MAX;
        lose(r, h, until < 0 ? 0 : (uint32_t)until < b->missing ? (uint32_t)until : b->missing);
    }
}

/* ---- segments out of order ---- */

static struct tcp_segment *held_pop(struct tcp_half *h)
{
    struct tcp_segment *s = h->held_first;
    h->held_first = s->next;
    *(s->next ? &s->next->prev : &h->held_last) = NULL;
    h->held_n--;
    h->held_bytes -= s->b.n;
    return s;
}

static void held_free(struct tcp_table *t, struct tcp_segment *s)
{
    blocks_give(&t->blocks, s, sizeof *s + s->b.n);
}

static void held_add(struct tcp_run *r, struct tcp_half *h, struct tcp_segment *prev, const struct tcp_bytes *b)
{
    struct tcp_segment *s = tcp_take(r, sizeof *s + b->n);
    if (!s) {
        r->t->count.dropped++;
        return;
    }
    s->b = *b;
    s->b.stable = false;
    s->b.data = (uint8_t *)(s + 1);
    if (b->n)
        memcpy(s + 1, b->data, b->n);
    s->prev = prev;
    s->next = prev ? prev->next : h->held_first;
    *(prev ? &prev->next : &h->held_first) = s;
    *(s->next ? &s->next->prev : &h->held_last) = s;
    h->held_n++;
    h->held_bytes += b->n;
}

static void conflict(struct tcp_run *r)
{
    if (r->p && !(r->p->oddities & 1ull << ODD_TCP_OVERLAP))
        r->t->count.overlaps++;
    if (r->p)
        packet_oddity(r->p, ODD_TCP_OVERLAP);
}

static struct tcp_bytes part(const struct tcp_bytes *b, uint32_t from, uint32_t to)
{
    struct tcp_bytes x = *b;
    x.seq += from;
    x.data += from;
    x.n = to - from;
    x.missing = to == b->n ? b->missing : 0;
    return x;
}

/* Holds those of the bytes that are not held yet: the first copy wins. All comparisons are relative to b->seq, from
 * which nothing here is farther than a few megabytes. */
static void held_fill(struct tcp_run *r, struct tcp_half *h, const struct tcp_bytes *b)
{
    struct tcp_segment *prev = h->held_last;
    uint32_t at = 0;
    while (prev && seq_diff(prev->b.seq + prev->b.n, b->seq) > 0)
        prev = prev->prev;
    struct tcp_segment *s = prev ? prev->next : h->held_first;
    for (; s && seq_diff(s->b.seq, b->seq + b->n) < 0; prev = s, s = s->next) {
        uint32_t from = s->b.seq - b->seq, skip = 0;
        if (seq_diff(s->b.seq, b->seq + at) > 0) {
            struct tcp_bytes x = part(b, at, from);
            held_add(r, h, prev, &x);
            at = from;
        } else {
            skip = b->seq + at - s->b.seq;
        }
        uint32_t both = s->b.n > skip ? s->b.n - skip : 0;
        if (both > b->n - at)
            both = b->n - at;
        if (memcmp(s->b.data + skip, b->data + at, both) != 0)
            conflict(r);
        at += both;
    }
    if (at < b->n || (b->n == 0 && b->missing)) {
        struct tcp_bytes x = part(b, at, b->n);
        held_add(r, h, prev, &x);
    }
}

/* Delivers held segments that the stream has reached. */
static void drain(struct tcp_run *r, struct tcp_half *h)
{
    while (h->held_first && seq_diff(h->held_first->b.seq, h->next) <= 0) {
        struct tcp_segment *s = held_pop(h);
        uint32_t old = h->next - s->b.seq;
        if (old < s->b.n + s->b.missing) {
            struct tcp_bytes x = s->b;
            x.data += old < x.n ? old : x.n;
            x.missing -= old > x.n ? old - x.n : 0;
            x.n -= old < x.n ? old : x.n;
            deliver(r, h, &x);
        }
        held_free(r->t, s);
    }
    h->lost_segments = 0;
    h->lost_ts_ns = TS_NONE;
    h->hole_ts_ns = r->t->now_ns;
}

/* Gives up what is missing before the next held segment, or before the FIN when nothing is held. */
static void declare_gap(struct tcp_run *r, struct tcp_half *h)
{
    uint32_t target = h->held_first ? h->held_first->b.seq : h->fin;
    if (seq_diff(target, h->next) > 0)
        lose(r, h, target - h->next);
    drain(r, h);
}

void stream_check_hole(struct tcp_run *r, struct tcp_half *h, bool segment)
{
    bool due = false;
    while (stream_has_hole(h)) {
        uint32_t target = h->held_first ? h->held_first->b.seq : h->fin;
        int64_t now = r->t->now_ns;
        if (!h->held_first && seq_diff(h->next, h->fin) >= 0) {
            stream_end(r, h);
        } else if (h->acked_seen && seq_diff(h->acked, target) >= 0) {
            if (h->lost_ts_ns == TS_NONE)
                h->lost_ts_ns = now;
            else if (segment && h->lost_segments < TCP_GAP_SEGMENTS)
                h->lost_segments++;
            due = due || h->lost_segments >= TCP_GAP_SEGMENTS || now - h->lost_ts_ns >= TCP_GAP_S * NS_PER_S;
            if (!due)
                return;
            declare_gap(r, h);
        } else if (now - h->hole_ts_ns >= TCP_HOLE_S * NS_PER_S) {
            declare_gap(r, h);
        } else {
            return;
        }
    }
}

/* ---- the stream ---- */

void stream_start(struct tcp_half *h, uint32_t first, bool middle)
{
    memset(h->user, 0, sizeof h->user);
    h->state = HALF_OPEN;
    h->isn = first - 1;
    h->next = first;
    h->start_pending = middle;
    h->gap_pending = h->fin_seen = h->acked_seen = false;
    h->far = h->lost_segments = 0;
    h->want = 0;
    h->lost_ts_ns = TS_NONE;
}

void stream_drop(struct tcp_table *t, struct tcp_half *h)
{
    while (h->held_first)
        held_free(t, held_pop(h));
    hold_free(t, h);
}

void stream_end(struct tcp_run *r, struct tcp_half *h)
{
    if (h->state == HALF_OPEN) {
        while (h->held_first)
            declare_gap(r, h);
        if (h->fin_seen && seq_diff(h->fin, h->next) > 0)
            declare_gap(r, h);
        if (h->hold)
            offer_hold(r, h, TCP_END);
        else
            call(r, h, "", 0, TCP_END | take_pending(h));
        h->next = h->fin_seen ? h->fin + 1 : h->next;
        h->state = HALF_CLOSED;
        memset(h->user, 0, sizeof h->user);
    }
    stream_drop(r->t, h);
}

/* Bytes seen before: compared with what is still there. */
static void compare_old(struct tcp_run *r, const struct tcp_half *h, const struct tcp_bytes *b)
{
    const struct tcp_hold *k = h->hold;
    if (!k)
        return;
    uint32_t first = h->next - k->n;
    int32_t offset = seq_diff(b->seq, first);
    uint32_t skip = offset < 0 ? (uint32_t)-offset : 0, at = offset > 0 ? (uint32_t)offset : 0;
    if (skip >= b->n || at >= k->n)
        return;
    uint32_t n = b->n - skip < k->n - at ? b->n - skip : k->n - at;
    if (memcmp(k->data + k->start + at, b->data + skip, n) != 0)
        conflict(r);
}

/* Three segments in a row from far away mean that the stream has gone on elsewhere: much was lost, or the ports were
 * used again and the SYN was not captured. One alone is a stray. False: ignore it. */
static bool follow_far(struct tcp_run *r, struct tcp_half *h, uint32_t seq)
{
    if (++h->far < 3)
        return false;
    if (seq_diff(seq, h->next) > 0) {
        while (h->held_first)
            declare_gap(r, h);
        if (seq_diff(seq, h->next) > 0)
            lose(r, h, seq - h->next);
        h->fin_seen = false;
    } else {
        stream_end(r, h);
        stream_start(h, seq, true);
    }
    return true;
}

/* Cuts off what was delivered already; false when that is all of it. */
static bool cut_old(struct tcp_run *r, struct tcp_half *h, struct tcp_bytes *b)
{
    int32_t ahead = seq_diff(b->seq, h->next);
    if (ahead >= 0)
        return true;
    uint32_t old = (uint32_t)-ahead;
    if (b->n + b->missing == 1 && old == 1) /* a keep-alive probe: its byte means nothing (RFC 9293 3.8.4) */
        return false;
    compare_old(r, h, b);
    if (old >= b->n + b->missing)
        return false;
    uint32_t data = old < b->n ? old : b->n;
    b->data += data;
    b->n -= data;
    b->missing -= old - data;
    b->seq = h->next;
    return true;
}

void stream_input(struct tcp_run *r, struct tcp_half *h, const struct tcp_bytes *bytes)
{
    struct tcp_bytes b = *bytes;
    struct tcp_counters *count = &r->t->count;
    int32_t ahead = seq_diff(b.seq, h->next);
    if (ahead > FAR_BYTES || ahead < -FAR_BYTES) {
        if (!follow_far(r, h, b.seq)) {
            count->out_of_order++;
            return;
        }
    }
    h->far = 0;
    while (h->held_first && seq_diff(b.seq, h->next) > 0 &&
           (h->held_n >= TCP_HELD_SEGMENTS_MAX || h->held_bytes + b.n > TCP_HELD_MAX))
        declare_gap(r, h);
    if (!cut_old(r, h, &b)) {
        count->retransmitted++;
        return;
    }
    bool next = b.seq == h->next;
    if (next && (!h->held_first || seq_diff(h->held_first->b.seq, b.seq + b.n + b.missing) >= 0)) {
        count->in_order++;
        deliver(r, h, &b);
    } else {
        count->out_of_order++;
        if (!h->held_first)
            h->hole_ts_ns = r->t->now_ns;
        held_fill(r, h, &b);
    }
    if (h->held_first && seq_diff(h->held_first->b.seq, h->next) <= 0)
        drain(r, h);
}
