#include "export/ladder.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "export/printable.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LEFT = 23,     /* time and delta */
    SLOT_MIN = 18, /* columns of a participant: "INVITE (SDP)" fits between two */
    SLOT_MAX = 40,
    LABEL_MAX = 96, /* bytes of a reason phrase that are looked at */
};

enum event_kind { EVENT_MESSAGE, EVENT_RETRANSMISSION, EVENT_MEDIA };

struct event {
    int64_t ts;
    struct view label; /* printable, in the arena */
    uint32_t order;    /* of adding: keeps messages of one time in order */
    uint32_t call;
    uint8_t from, to, kind;
};

struct ladder {
    struct arena arena;
    struct event *event;
    uint32_t n, cap;
    struct endpoint who[LADDER_PARTICIPANTS_MAX];
    uint8_t nwho;
    bool others; /* the last column stands for more than one */
    uint64_t dropped;
};

struct ladder *ladder_new(void)
{
    struct ladder *l = mem_calloc(1, sizeof *l);
    if (l)
        arena_init(&l->arena);
    return l;
}

void ladder_free(struct ladder *l)
{
    if (!l)
        return;
    arena_release(&l->arena);
    mem_free(l->event);
    mem_free(l);
}

uint64_t ladder_dropped(const struct ladder *l)
{
    return l->dropped;
}

static uint8_t add_who(struct ladder *l, const struct endpoint *e)
{
    if (l->nwho < LADDER_PARTICIPANTS_MAX) {
        l->who[l->nwho] = *e;
        return l->nwho++;
    }
    l->others = true;
    return LADDER_PARTICIPANTS_MAX - 1;
}

static uint8_t find_who(struct ladder *l, const struct endpoint *e)
{
    for (uint8_t i = 0; i < l->nwho; i++)
        if (endpoint_eq(&l->who[i], e))
            return i;
    return add_who(l, e);
}

/* Media comes from other ports than signalling: the column of the same address takes it. */
static uint8_t find_host(struct ladder *l, const struct endpoint *e)
{
    for (uint8_t i = 0; i < l->nwho; i++)
        if (ip_eq(&l->who[i].ip, &e->ip))
            return i;
    return add_who(l, e);
}

static bool add_event(struct ladder *l, struct event ev, const struct buf *label)
{
    if (label->failed || l->n == LADDER_EVENTS_MAX) {
        l->dropped++;
        return false;
    }
    if (l->n == l->cap) {
        uint32_t cap = l->cap ? l->cap * 2 : 256;
        struct event *p = mem_realloc(l->event, cap * sizeof *p);
        if (!p) {
            l->dropped++;
            return false;
        }
        l->event = p;
        l->cap = cap;
    }
    ev.label = arena_copy(&l->arena, view_of(label->p, label->n));
    ev.order = l->n;
    l->event[l->n++] = ev;
    return true;
}

static struct view cut_bytes(struct view v)
{
    return view_of(v.p, v.n < LABEL_MAX ? v.n : LABEL_MAX);
}

static bool has_sdp(const struct record_message *m)
{
    return view_istarts(m->content_type, V("application/sdp")) || view_istarts(m->content_type, V("multipart/mixed"));
}

bool ladder_add_message(struct ladder *l, const struct record_message *m, uint32_t call)
{
    struct endpoint src = {m->src, (uint16_t)m->src_port}, dst = {m->dst, (uint16_t)m->dst_port};
    struct event ev = {.ts = m->ts, .call = call, .from = 0, .kind = m->retransmission ? EVENT_RETRANSMISSION : EVENT_MESSAGE};
    struct buf label;
    if (l->n == LADDER_EVENTS_MAX) {
        l->dropped++;
        return false;
    }
    ev.from = find_who(l, &src);
    ev.to = find_who(l, &dst);
    buf_init(&label, 0);
    if (m->status != INT64_MIN) {
        buf_printf(&label, "%lld ", (long long)m->status);
        printable_add(&label, cut_bytes(m->reason), true);
    } else {
        printable_add(&label, cut_bytes(m->method), true);
    }
    if (has_sdp(m))
        buf_str(&label, " (SDP)");
    if (m->retransmission)
        buf_str(&label, " (retransmission)");
    bool kept = add_event(l, ev, &label);
    buf_release(&label);
    return kept;
}

bool ladder_add_stream(struct ladder *l, const struct record_stream *s, uint32_t call)
{
    struct endpoint src = {s->src, (uint16_t)s->src_port}, dst = {s->dst, (uint16_t)s->dst_port};
    struct event ev = {.ts = s->start_ts, .call = call, .kind = EVENT_MEDIA};
    struct buf label;
    if (l->n == LADDER_EVENTS_MAX) {
        l->dropped++;
        return false;
    }
    ev.from = find_host(l, &src);
    ev.to = find_host(l, &dst);
    buf_init(&label, 0);
    buf_str(&label, "RTP ");
    printable_add(&label, s->codec.p ? cut_bytes(s->codec) : V("?"), true);
    buf_printf(&label, " %llu pkts", (unsigned long long)s->packets);
    if (isfinite(s->lost_percent))
        buf_printf(&label, ", %.1f %% lost", s->lost_percent);
    if (isfinite(s->mos))
        buf_printf(&label, ", MOS %.1f", s->mos);
    bool kept = add_event(l, ev, &label);
    buf_release(&label);
    return kept;
}

/* A line on its way to paper: one code point for each column, 0 for the second half of a wide one. */
struct canvas {
    uint32_t *cell;
    size_t n;
    bool utf8;
};

static void put_code(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_char(out, (char)c);
    } else if (c < 0x800) {
        buf_char(out, (char)(0xc0 | c >> 6));
        buf_char(out, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        buf_char(out, (char)(0xe0 | c >> 12));
        buf_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_char(out, (char)(0x80 | (c & 0x3f)));
    } else {
        buf_char(out, (char)(0xf0 | c >> 18));
        buf_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
        buf_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_char(out, (char)(0x80 | (c & 0x3f)));
    }
}

static void canvas_blank(struct canvas *c)
{
    for (size_t i = 0; i < c->n; i++)
        c->cell[i] = ' ';
}

/* Draws text from column x on, at most `room` columns; a cut is shown by its last character. */
static void canvas_text(struct canvas *c, size_t x, struct view v, size_t room)
{
    size_t columns = printable_columns(v);
    bool cut = columns > room;
    struct view part = cut ? printable_cut(v, room ? room - 1 : 0) : v;
    for (size_t i = 0; i < part.n && x < c->n;) {
        uint32_t code = '?';
        size_t n = utf8_decode(part, i, &code), wide = utf8_columns(code);
        i += n ? n : 1;
        if (!wide)
            continue; /* a canvas has one code point for each column: combining marks are left out */
        c->cell[x++] = code;
        if (wide == 2 && x < c->n)
            c->cell[x++] = 0;
    }
    if (cut && x < c->n)
        c->cell[x] = c->utf8 ? 0x2026 : '.';
}

static void canvas_flush(struct canvas *c, struct buf *out)
{
    size_t n = c->n;
    while (n && c->cell[n - 1] == ' ')
        n--;
    for (size_t i = 0; i < n; i++)
        if (c->cell[i] && (c->utf8 || c->cell[i] < 0x80))
            put_code(out, c->cell[i]);
        else if (c->cell[i])
            buf_char(out, '?');
    buf_char(out, '\n');
    canvas_blank(c);
}

struct layout {
    size_t slot;
    uint8_t nwho;
    bool calls; /* a column with the number of the call */
};

static size_t column_of(const struct layout *y, uint8_t who)
{
    return LEFT + who * y->slot + y->slot / 2;
}

static void draw_lifelines(struct canvas *c, const struct layout *y)
{
    for (uint8_t i = 0; i < y->nwho; i++)
        c->cell[column_of(y, i)] = c->utf8 ? 0x2502 : '|';
}

static void draw_time(struct canvas *c, int64_t ts, int64_t before)
{
    char text[TS_TEXT], delta[32];
    size_t n = ts_print(ts, 3, text);
    if (n < 24)
        return;
    canvas_text(c, 0, view_of(text + n - 13, 12), 12); /* hh:mm:ss.mmm */
    int64_t step;
    if (before == TS_NONE || __builtin_sub_overflow(ts, before, &step))
        return;
    double s = (double)step / 1e9;
    int width = snprintf(delta, sizeof delta, fabs(s) < 1000 ? "%+.3f" : "%+.0f", s);
    if (width <= 9)
        canvas_text(c, 13 + 9 - (size_t)width, view_str(delta), 9);
}

/* To itself: a hook at the right side of the line. */
static void draw_hook(struct canvas *c, const struct layout *y, const struct event *ev)
{
    size_t x = column_of(y, ev->from);
    canvas_text(c, x + 1, c->utf8 ? V("\xe2\x97\x84\xe2\x94\x80\xe2\x94\x90 ") : V("<-. "), 4);
    canvas_text(c, x + 5, ev->label, y->slot > 6 ? y->slot - 6 : 0);
}

static uint32_t stroke(const struct canvas *c, uint8_t kind)
{
    if (kind == EVENT_RETRANSMISSION)
        return '~';
    if (kind == EVENT_MEDIA)
        return c->utf8 ? 0x2550 : '=';
    return c->utf8 ? 0x2500 : '-';
}

static void draw_arrow(struct canvas *c, const struct layout *y, const struct event *ev)
{
    if (ev->from == ev->to) {
        draw_hook(c, y, ev);
        return;
    }
    bool right = ev->from < ev->to;
    size_t a = column_of(y, right ? ev->from : ev->to) + 1, b = column_of(y, right ? ev->to : ev->from);
    for (size_t x = a; x < b; x++)
        c->cell[x] = stroke(c, ev->kind);
    if (right)
        c->cell[b - 1] = c->utf8 && ev->kind != EVENT_RETRANSMISSION ? 0x25ba : '>';
    else
        c->cell[a] = c->utf8 && ev->kind != EVENT_RETRANSMISSION ? 0x25c4 : '<';
    /* At least a stroke on each side, and blanks around the label. */
    size_t inside = b - a, room = inside - 5, columns = printable_columns(ev->label), used = columns < room ? columns : room;
    size_t x = a + (inside - used) / 2;
    c->cell[x - 1] = ' ';
    canvas_text(c, x, ev->label, room);
    c->cell[x + used] = ' ';
}

/* An address in the middle of its slot; what is too long loses its middle, because both ends tell. */
static void draw_centred(struct canvas *c, const struct layout *y, uint8_t who, struct view v)
{
    char text[ENDPOINT_TEXT + 4];
    size_t room = y->slot - 1;
    if (v.n > room) {
        size_t tail = room / 2, head = room - tail - 1;
        snprintf(text, sizeof text, "%.*s~%.*s", (int)head, v.p, (int)tail, v.p + v.n - tail);
        v = view_str(text);
    }
    canvas_text(c, column_of(y, who) - v.n / 2, v, room);
}

static void draw_header(const struct ladder *l, struct canvas *c, const struct layout *y, struct buf *out)
{
    char text[ENDPOINT_TEXT];
    bool two_lines = false;
    for (uint8_t i = 0; i < y->nwho; i++)
        two_lines |= endpoint_print(&l->who[i], text) > y->slot - 1;
    for (uint8_t i = 0; i < y->nwho; i++) {
        bool others = l->others && i + 1 == y->nwho;
        size_t n = two_lines ? ip_print(&l->who[i].ip, text) : endpoint_print(&l->who[i], text);
        draw_centred(c, y, i, others ? V("others") : view_of(text, n));
    }
    canvas_flush(c, out);
    for (uint8_t i = 0; two_lines && i < y->nwho; i++) {
        int n = snprintf(text, sizeof text, ":%u", l->who[i].port);
        if (!(l->others && i + 1 == y->nwho))
            draw_centred(c, y, i, view_of(text, (size_t)n));
    }
    if (two_lines)
        canvas_flush(c, out);
    draw_lifelines(c, y);
    canvas_flush(c, out);
}

static int by_time(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    if (x->ts != y->ts)
        return x->ts < y->ts ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void draw_events(struct ladder *l, struct canvas *c, const struct layout *y, struct buf *out)
{
    int64_t before = TS_NONE;
    for (uint32_t i = 0; i < l->n; i++) {
        const struct event *ev = &l->event[i];
        char number[16];
        draw_time(c, ev->ts, before);
        draw_lifelines(c, y);
        draw_arrow(c, y, ev);
        if (y->calls && ev->call) {
            int n = snprintf(number, sizeof number, "[%u]", ev->call);
            canvas_text(c, LEFT + y->nwho * y->slot, view_of(number, (size_t)n), 12);
        }
        canvas_flush(c, out);
        before = ev->ts;
    }
    draw_lifelines(c, y);
    canvas_flush(c, out);
}

void ladder_print(struct ladder *l, const struct ladder_options *o, struct buf *out)
{
    struct layout y = {.nwho = l->nwho};
    char day[TS_TEXT];
    if (!l->n)
        return;
    qsort(l->event, l->n, sizeof *l->event, by_time);
    for (uint32_t i = 0; i < l->n; i++)
        y.calls |= l->event[i].call != l->event[0].call;
    size_t room = o->width > LEFT ? o->width - LEFT - (y.calls ? 5 : 0) : 0;
    y.slot = room / l->nwho < SLOT_MIN ? SLOT_MIN : room / l->nwho > SLOT_MAX ? SLOT_MAX : room / l->nwho;
    struct canvas c = {.n = LEFT + l->nwho * y.slot + 12, .utf8 = o->utf8};
    c.cell = mem_calloc(c.n, sizeof *c.cell);
    if (!c.cell) {
        out->failed = true;
        return;
    }
    canvas_blank(&c);
    ts_print(l->event[0].ts, 0, day);
    canvas_text(&c, 0, view_of(day, 10), 10);
    canvas_text(&c, 11, V("UTC"), 3);
    draw_header(l, &c, &y, out);
    draw_events(l, &c, &y, out);
    mem_free(c.cell);
}
