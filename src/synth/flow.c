#include "synth/flow.h"

#include "synth/message.h"
#include "synth/wire.h"

#include <stdio.h>

enum { T1_MS = 500 };

/* The legs a hop runs over, and whether it leads away from A. */
static const struct hop_way {
    uint8_t leg[2], legs;
    bool away;
} ways[] = {
    [A_P] = {{LEG_A}, 1, true},         [P_A] = {{LEG_A}, 1, false},        [P_B] = {{LEG_B}, 1, true},
    [B_P] = {{LEG_B}, 1, false},        [P_C] = {{LEG_C}, 1, true},         [C_P] = {{LEG_C}, 1, false},
    [A_B] = {{LEG_A, LEG_B}, 2, true},  [B_A] = {{LEG_B, LEG_A}, 2, false}, [A_C] = {{LEG_A, LEG_C}, 2, true},
    [C_A] = {{LEG_C, LEG_A}, 2, false},
};

struct flow *flow_new(struct sim *s, struct party *a, struct party *proxy, struct party *b)
{
    _Static_assert(sizeof(struct flow) <= SIM_BLOCK, "a flow fits a block");
    struct flow *f = sim_block(s);
    if (!f)
        return NULL;
    f->a = f->maker = a;
    f->proxy = proxy;
    f->b = b;
    f->id = rng_next(&s->rng);
    f->tag_a = rng_next(&s->rng) | 1;
    f->tag_b = rng_next(&s->rng) | 1;
    f->tag_c = rng_next(&s->rng) | 1;
    f->tag_p = rng_next(&s->rng) | 1;
    f->nonce = rng_next(&s->rng);
    f->cseq_a = (uint32_t)rng_between(&s->rng, 1, 30000);
    f->cseq_b = (uint32_t)rng_between(&s->rng, 1, 30000);
    f->expires = 3600;
    f->next = s->flows;
    if (f->next)
        f->next->prev = f;
    s->flows = f;
    return f;
}

static void count_call(struct sim *s, const struct flow *f, bool alive)
{
    if (f->state == SYNTH_CALL_NONE)
        return;
    bool waits = alive && f->state == SYNTH_CALL_UNANSWERED;
    s->truth->calls[waits ? SYNTH_CALL_RINGING : f->state]++;
    s->truth->call_attempts += f->state != SYNTH_CALL_CHALLENGED;
    if (f->state == SYNTH_CALL_FAILED)
        s->truth->calls_by_failure[f->failure]++;
}

void flow_count_alive(struct sim *s)
{
    for (const struct flow *f = s->flows; f; f = f->next)
        count_call(s, f, true);
}

void flow_call_id(const struct flow *f, char *out)
{
    struct buf b;
    buf_init(&b, 256);
    message_call_id_write(&b, f);
    snprintf(out, SYNTH_KEY_MAX, "%.*s", (int)b.n, b.p ? b.p : "");
    buf_release(&b);
}

static const struct party *far_end(const struct flow *f, unsigned hop, unsigned leg)
{
    if (f->direct)
        return f->proxy;
    bool by_c = leg == LEG_C || hop == C_A || hop == A_C || (leg == LEG_A && f->answered_by_c);
    return by_c ? f->c : f->b;
}

static void ends_of_leg(struct flow *f, unsigned leg, bool away, struct party **from, struct party **to)
{
    struct party *near = leg == LEG_A ? f->a : f->proxy;
    struct party *far = leg == LEG_A ? f->proxy : leg == LEG_B ? f->b : f->c;
    *from = away ? near : far;
    *to = away ? far : near;
}

static bool in_dialog(const struct flow *f, uint32_t step_flags)
{
    return f->in_dialog && !(step_flags & STEP_LOST);
}

/* New numbers and branches for a request that has not been sent before. */
static void new_request(struct sim *s, struct flow *f, struct message *m)
{
    if (m->author == m->from && m->method != SIP_M_ACK && m->method != SIP_M_CANCEL) {
        uint32_t cseq = m->from_a ? ++f->cseq_a : ++f->cseq_b;
        if (f->series)
            *(m->from_a ? &f->series->cseq_a : &f->series->cseq_b) = cseq;
        if (m->method == SIP_M_INVITE) {
            f->invite_cseq = cseq;
            f->renegotiated = f->in_dialog;
            f->sdp_version += f->in_dialog;
        }
    }
    if (m->method == SIP_M_INVITE)
        f->invite_branch[m->leg] = rng_next(&s->rng);
    else if (m->method != SIP_M_CANCEL && (m->method != SIP_M_ACK || in_dialog(f, m->flags)))
        f->other_branch[m->leg] = rng_next(&s->rng);
}

static uint64_t to_tag_of(const struct flow *f, const struct message *m)
{
    uint64_t far_tag = m->author == f->c && f->c ? f->tag_c : f->tag_b;
    if (m->status == 100)
        return 0;
    if (m->status)
        return !m->from_a ? f->tag_a : m->author == f->proxy && !f->direct ? f->tag_p : far_tag;
    if (m->method == SIP_M_ACK && !in_dialog(f, m->flags))
        return f->final_tag;
    if (!f->in_dialog || m->method == SIP_M_CANCEL)
        return 0;
    return m->from_a ? (f->answered_by_c ? f->tag_c : f->tag_b) : f->tag_a;
}

static struct message compose(struct sim *s, struct flow *f, const struct step *st, unsigned leg, bool repeat)
{
    bool away = ways[st->hop].away;
    struct party *from, *to;
    ends_of_leg(f, leg, away, &from, &to);
    struct message m = {.f = f,
                        .leg = (uint8_t)leg,
                        .method = st->method,
                        .status = st->status,
                        .flags = st->flags,
                        .now = s->now,
                        .from_a = st->status ? !away : away,
                        .from = from,
                        .to = to};
    const struct party *far = far_end(f, st->hop, leg);
    bool hop_by_hop = !st->status && from == f->proxy &&
                      (st->method == SIP_M_CANCEL || (st->method == SIP_M_ACK && !in_dialog(f, st->flags)));
    m.author = hop_by_hop || (st->flags & STEP_LOCAL) ? f->proxy : away ? f->a : far;
    if (!st->status && !repeat)
        new_request(s, f, &m);
    bool of_invite = st->method == SIP_M_INVITE || st->method == SIP_M_CANCEL ||
                     (st->method == SIP_M_ACK && !in_dialog(f, st->flags));
    memcpy(m.branch, of_invite ? f->invite_branch : f->other_branch, sizeof m.branch);
    m.cseq = of_invite || st->method == SIP_M_ACK ? f->invite_cseq : m.from_a ? f->cseq_a : f->cseq_b;
    m.to_tag = to_tag_of(f, &m);
    if (st->status >= 200)
        f->final_tag = m.to_tag;
    return m;
}

static void note_invite_response(struct sim *s, struct flow *f, unsigned status, bool repeat)
{
    if (f->renegotiated || repeat)
        return;
    if (status == 180 || status == 183) {
        f->state = SYNTH_CALL_RINGING;
    } else if (status / 100 == 2) {
        f->state = SYNTH_CALL_ONGOING;
        s->truth->calls_answered++;
    } else if (status / 100 == 3) {
        f->state = SYNTH_CALL_REDIRECTED;
    } else if (status == 487 && f->cancelled) {
        f->state = SYNTH_CALL_CANCELLED;
    } else if (status == 401 || status == 407) {
        f->state = SYNTH_CALL_CHALLENGED;
    } else if (status >= 400) {
        f->state = SYNTH_CALL_FAILED;
        f->failure = (uint16_t)status;
    }
}

static void note_register_response(struct sim *s, struct flow *f, const struct message *m)
{
    struct synth_truth *t = s->truth;
    struct party *p = f->a;
    f->responded = true;
    if (m->status == 200 && (m->flags & STEP_ZERO)) {
        t->removed++;
        t->users_registered -= p->bound;
        p->bound = false;
    } else if (m->status == 200) {
        if (p->bound)
            t->refreshed++;
        else
            t->registered++;
        t->users_registered += !p->bound;
        p->bound = true;
    } else if (m->status != 401 || (f->authenticated && !(m->flags & STEP_STALE))) {
        t->register_refused++;
    }
}

/* Keeps the truth about the flow as its message goes over A's leg. */
static void note_on_leg_a(struct sim *s, struct flow *f, const struct message *m, bool repeat)
{
    if (m->method == SIP_M_INVITE && !m->status && m->from_a && !f->in_dialog) {
        if (f->state == SYNTH_CALL_NONE || f->state == SYNTH_CALL_REDIRECTED || f->state == SYNTH_CALL_CHALLENGED)
            f->state = SYNTH_CALL_UNANSWERED;
    } else if (m->method == SIP_M_INVITE && m->status && m->from_a) {
        note_invite_response(s, f, m->status, repeat);
    } else if (m->method == SIP_M_CANCEL && !m->status) {
        f->cancelled = true;
    } else if (m->method == SIP_M_BYE && !m->status && f->state == SYNTH_CALL_ONGOING) {
        f->state = SYNTH_CALL_COMPLETED;
    } else if (m->method == SIP_M_REGISTER && m->status && !repeat) {
        note_register_response(s, f, m);
    }
    if (!m->status && m->flags & STEP_AUTH)
        f->authenticated = true;
}

static void note_users(struct sim *s, struct flow *f)
{
    struct party *p[2] = {f->a, f->b};
    if (!f->begun) {
        s->truth->call_ids += !f->series || !f->series->seen;
        f->begun = true;
        if (f->series)
            f->series->seen = true;
    }
    for (unsigned i = 0; i < 2; i++) {
        s->truth->users += !p[i]->seen && p[i]->agent != agent_of(AGENT_SCANNER);
        p[i]->seen = true;
    }
}

static void send_hop(struct sim *s, struct flow *f, const struct step *st, unsigned leg, bool repeat)
{
    if (s->stopped)
        return;
    struct message m = compose(s, f, st, leg, repeat);
    message_write(&s->text, &m);
    if (leg == LEG_A)
        note_on_leg_a(s, f, &m, repeat);
    if (!m.status)
        note_users(s, f);
    struct wire_note note = {.method = m.method,
                             .status = m.status,
                             .repeated = repeat,
                             .credentials = !m.status && m.flags & STEP_AUTH,
                             .challenge = m.status == 401 || m.status == 407};
    wire_send(s, (struct party *)m.from, (struct party *)m.to, &note);
}

static int64_t wait_before(struct sim *s, const struct flow *f, const struct step *st)
{
    static const struct {
        int64_t lo_us, hi_us;
    } range[WAIT_KINDS] = {
        [WAIT_TIGHT] = {20, 120},         [WAIT_PROC] = {300, 2000},        [WAIT_NET] = {8000, 60000},
        [WAIT_THINK] = {300000, 2000000}, [WAIT_RING] = {1500000, 9000000},
    };
    if (st->wait == WAIT_TALK)
        return f->talk_ns;
    if (st->wait < WAIT_KINDS)
        return rng_between(&s->rng, range[st->wait].lo_us, range[st->wait].hi_us) * 1000;
    return (st->wait - WAIT_KINDS) * NS_PER_MS + rng_between(&s->rng, 0, 900) * 1000;
}

static void start_media(struct sim *s, struct flow *f)
{
    if (f->media == MEDIA_NONE)
        return;
    f->stream[0] = media_stream_start(s, f->media_a, f->media_b, 0, f->a->user);
    if (f->media != MEDIA_ONE_WAY)
        f->stream[1] = media_stream_start(s, f->media_b, f->media_a, 0, far_end(f, A_B, LEG_A)->user);
    for (unsigned i = 0; i < 2; i++)
        if (f->stream[i])
            f->stream[i]->loss_ppm = f->media_loss_ppm;
}

static void stop_media(struct flow *f)
{
    for (unsigned i = 0; i < 2; i++) {
        if (f->stream[i])
            media_stream_end(f->stream[i]);
        f->stream[i] = NULL;
    }
}

static void finish(struct sim *s, struct flow *f)
{
    stop_media(f);
    count_call(s, f, false);
    if (f->step->method == SIP_M_REGISTER && !f->responded)
        s->truth->register_unanswered++;
    if (f->done)
        f->done(s, f->done_obj, 0);
    if (f->prev)
        f->prev->next = f->next;
    else
        s->flows = f->next;
    if (f->next)
        f->next->prev = f->prev;
    sim_block_free(s, f);
}

static void play(struct sim *s, void *obj, uint32_t arg);

static void step_over(struct sim *s, struct flow *f)
{
    const struct step *st = f->step;
    bool opens = st->method == SIP_M_INVITE || st->method == SIP_M_SUBSCRIBE;
    if (opens && st->status / 100 == 2) {
        f->in_dialog |= st->hop == P_A || st->hop == B_A || st->hop == C_A;
        f->answered_by_c |= st->hop == C_A || st->hop == C_P;
    }
    if (st->flags & STEP_MEDIA)
        start_media(s, f);
    if (st->flags & STEP_SILENCE)
        stop_media(f);
    if (st->flags & STEP_END) {
        finish(s, f);
        return;
    }
    f->step++;
    sim_after(s, wait_before(s, f, f->step), play, f, 0);
}

static void play(struct sim *s, void *obj, uint32_t arg)
{
    struct flow *f = obj;
    const struct step *st = f->step;
    const struct hop_way *way = &ways[st->hop];
    unsigned leg = way->leg[f->second];
    if (st->hop == HOP_NONE || (st->flags & STEP_SKIP_ODD && f->id & 1)) {
        step_over(s, f);
        return;
    }
    bool repeat = st->flags & STEP_REPEAT || f->repeating;
    send_hop(s, f, st, leg, repeat);
    bool may_repeat = !repeat && !st->status && st->method != SIP_M_ACK && !s->tcp && !f->second;
    f->repeating = may_repeat && s->repeat_ppm && rng_chance(&s->rng, s->repeat_ppm);
    if (f->repeating) {
        sim_after(s, T1_MS * NS_PER_MS, play, f, 0);
        return;
    }
    f->second = !f->second && way->legs == 2;
    if (f->second)
        sim_after(s, rng_between(&s->rng, 300, 2000) * 1000, play, f, 0);
    else
        step_over(s, f);
}

void flow_start(struct sim *s, struct flow *f, const struct step *steps, int64_t at_ns)
{
    f->step = steps;
    sim_at(s, at_ns, play, f, 0);
}

struct flow *flow_begin(struct sim *s, struct party *a, struct party *proxy, struct party *b, const struct step *steps)
{
    struct flow *f = flow_new(s, a, proxy, b);
    if (f) {
        f->direct = a == b || b == proxy;
        flow_start(s, f, steps, s->now);
    }
    return f;
}

static void series_over(struct sim *s, void *obj, uint32_t arg)
{
    struct party *p = obj;
    p->nc++;
}

struct flow *flow_begin_series(struct sim *s, struct party *p, struct party *server, const struct step *steps,
                               enum series_kind kind, bool fresh_nonce)
{
    struct flow *f = flow_begin(s, p, server, p, steps);
    if (!f)
        return NULL;
    if (fresh_nonce)
        p->nonce = f->nonce;
    f->nonce = p->nonce;
    f->series = &p->series[kind];
    f->id = f->series->id;
    f->tag_a = rng_spread(f->id) | 1;
    f->cseq_a = f->series->cseq_a;
    f->cseq_b = f->series->cseq_b;
    if (kind == SERIES_SUBSCRIBE) { /* set up before the capture began: refreshed within its dialog */
        f->tag_b = rng_spread(f->tag_a) | 1;
        f->in_dialog = true;
    }
    f->expires = p->expires;
    f->done = series_over;
    f->done_obj = p;
    return f;
}
