/* The end of a call: its state (profiling C-03 made exact), what it adds to the totals, its problems, its record. */
#include "track/priv.h"

#include <math.h>

static const char *const state_name[CALL_STATES] = {
    "ringing", "ringing", "answered", "completed", "cancelled", "redirected", "rejected", "failed",
    "unanswered", "ongoing", "expired", "unknown", "failed",
};

/* What the called party decided, rather than the network (RFC 6076 4.7 and RFC 8197, 8688). */
static bool is_rejection(unsigned status)
{
    return status == 480 || status == 486 || status == 600 || status == 603 || status == 607 || status == 608;
}

static enum call_state state_after_answer(const struct tracker *t, const struct call *c, bool at_end)
{
    if (c->bye_ts != TS_NONE)
        return CALL_COMPLETED;
    if (!at_end || (c->session_expires && t->now - c->last_ts > 2 * (int64_t)c->session_expires * NS_PER_S))
        return CALL_EXPIRED;
    return c->acked ? CALL_ONGOING : CALL_ANSWERED;
}

static enum call_state state_without_final(const struct tracker *t, const struct call *c, bool at_end)
{
    int64_t age = t->now - c->last_invite_ts;
    if (!at_end)
        return CALL_UNANSWERED;
    if (c->provisional)
        return age > TIMER_C_NS ? CALL_UNANSWERED : CALL_RINGING;
    return age >= T1_64_NS || c->retransmissions >= 2 ? CALL_UNANSWERED : CALL_TRYING;
}

static enum call_state state_of(const struct tracker *t, const struct call *c, bool at_end)
{
    if (!c->known)
        return CALL_UNKNOWN;
    if (c->answer_ts != TS_NONE)
        return state_after_answer(t, c, at_end);
    if (c->cancelled || (c->final == 487 && (c->cancelled_below || c->bye_ts != TS_NONE)))
        return CALL_CANCELLED; /* BYE ends an early dialog as well (RFC 3261 15) */
    if (c->challenged_open)
        return CALL_CHALLENGED;
    if (c->final >= 300)
        return c->final < 400 ? CALL_REDIRECTED : is_rejection(c->final) ? CALL_REJECTED : CALL_FAILED;
    if (c->bye_ts != TS_NONE) /* the callee may end only what was answered (RFC 3261 15); so may whoever sent an ACK */
        return c->acked || c->ended_by == 2 ? CALL_COMPLETED : CALL_CANCELLED;
    return state_without_final(t, c, at_end);
}

static double ms(int64_t from, int64_t to)
{
    return from == TS_NONE || to == TS_NONE ? NAN : (double)(to - from) / 1e6;
}

static double duration(const struct call *c)
{
    return c->answer_ts != TS_NONE && c->bye_ts != TS_NONE && c->bye_ts >= c->answer_ts ? ms(c->answer_ts, c->bye_ts) / 1e3
                                                                                        : NAN;
}

static double pdd(const struct call *c)
{
    if (!c->known)
        return NAN;
    if (c->ring_ts != TS_NONE)
        return ms(c->start_ts, c->ring_ts);
    return c->answer_ts != TS_NONE ? ms(c->start_ts, c->answer_ts) : NAN;
}

/* Attempts leave out calls that began before the capture and challenges that nobody came back from (RFC 6076 4). */
static void count(struct tracker *t, const struct call *c, enum call_state s)
{
    struct track_totals *n = &t->totals;
    n->calls[s]++;
    if (s == CALL_UNKNOWN || s == CALL_CHALLENGED)
        return;
    unsigned final = c->answer_ts != TS_NONE ? 200 : c->final;
    n->calls_attempts++;
    n->calls_answered += c->answer_ts != TS_NONE;
    /* NER (ITU-T E.425): answered, busy, no answer, or ended by the users */
    n->calls_ner += c->answer_ts != TS_NONE || is_rejection(final) || final == 487 || s == CALL_CANCELLED || final == 408;
    n->calls_seer += c->answer_ts != TS_NONE || final == 480 || final == 486 || final == 600 || final == 603;
    n->calls_isa += final == 408 || final == 500 || final == 503 || final == 504;
    if (final >= 300 && final < 700 && s != CALL_CANCELLED)
        n->call_status[final]++;
    sketch_add(&n->duration_s, duration(c));
    sketch_add(&n->pdd_ms, pdd(c));
    sketch_add(&n->setup_ms, ms(c->start_ts, c->answer_ts));
}

static void tell_failure(struct tracker *t, const struct call *c)
{
    unsigned f = c->final;
    if (f >= 500 && f < 600)
        problem_add(t, PROBLEM_CALL_SERVER_ERROR, c->start_ts, c->call_id);
    else if (f >= 600)
        problem_add(t, PROBLEM_CALL_GLOBAL_ERROR, c->start_ts, c->call_id);
    else if (f >= 400 && !is_rejection(f) && f != 487)
        problem_add(t, PROBLEM_CALL_CLIENT_ERROR, c->start_ts, c->call_id);
}

static void tell_problems(struct tracker *t, const struct call *c, enum call_state s, bool at_end)
{
    double d = duration(c);
    if (s == CALL_UNANSWERED)
        problem_add(t, c->provisional ? PROBLEM_CALL_TIMEOUT : PROBLEM_CALL_NO_ANSWER, c->start_ts, c->call_id);
    else if (s == CALL_CHALLENGED)
        problem_add(t, PROBLEM_CALL_UNAUTHORIZED, c->start_ts, c->call_id);
    else if (s == CALL_EXPIRED)
        problem_add(t, PROBLEM_CALL_EXPIRED, c->start_ts, c->call_id);
    else if (s == CALL_FAILED || s == CALL_REJECTED)
        tell_failure(t, c);
    if (c->known && c->answer_ts != TS_NONE && !c->acked && (c->ok_retransmissions >= 3 || (!at_end && c->bye_ts == TS_NONE)))
        problem_add(t, PROBLEM_CALL_NO_ACK, c->start_ts, c->call_id);
    if (!isnan(d) && d < 1)
        problem_add(t, PROBLEM_CALL_ZERO_LENGTH, c->start_ts, c->call_id);
}

static void tell_media(struct tracker *t, const struct call *c)
{
    struct media_event *e = event_add(t);
    if (!e)
        return;
    e->kind = MEDIA_CALL_END;
    e->ts = c->last_ts;
    e->call_key = c->hash ^ (uint64_t)c->uid << 20;
    e->call_id = slab_copy(&t->slab, c->call_id);
    e->answered = c->answer_ts != TS_NONE;
}

static void keep_record(struct tracker *t, const struct call *c, enum call_state s)
{
    struct kept *k = &t->kept_calls;
    struct record_call *r = kept_add(t, k, sizeof *r);
    if (!r)
        return;
    unsigned status = c->final ? c->final : c->provisional;
    r->call_id = kept_copy(k, c->call_id);
    r->from_uri = kept_copy(k, c->from_uri);
    r->to_uri = kept_copy(k, c->to_uri);
    r->from_tag = kept_copy(k, c->from_tag);
    r->user_agent = kept_copy(k, c->user_agent);
    r->reason = kept_copy(k, c->reason);
    r->state = view_str(s == CALL_TRYING && c->provisional ? "ringing" : state_name[s]);
    r->status = status ? status : INT64_MIN;
    r->start_ts = c->start_ts;
    r->ring_ts = c->ring_ts;
    r->answer_ts = c->answer_ts;
    r->end_ts = c->end_ts;
    r->duration_s = duration(c);
    r->pdd_ms = pdd(c);
    r->setup_ms = c->known ? ms(c->start_ts, c->answer_ts) : NAN;
    r->ended_by = c->ended_by == 1 || s == CALL_CANCELLED ? V("caller") : c->ended_by == 2 ? V("callee") : VIEW_NONE;
    r->src = c->src;
    r->dst = c->dst;
    r->legs = c->hops;
    r->forks = c->tags;
    r->messages = c->messages;
    r->retransmissions = c->retransmissions;
    r->mos = NAN;
    struct view *codec = arena_alloc(&k->arena, sizeof *codec * (c->ncodec ? c->ncodec : 1));
    for (unsigned i = 0; codec && i < c->ncodec; i++)
        codec[i] = kept_copy(k, c->codec[i]);
    r->codecs = (struct view_list){codec, codec ? c->ncodec : 0};
}

void call_close(struct tracker *t, struct call *c, bool at_end)
{
    enum call_state s = state_of(t, c, at_end);
    count(t, c, s);
    tell_problems(t, c, s, at_end);
    tell_media(t, c);
    if (t->config.keep_users && c->known)
        people_call(t, c->from_uri, c->to_uri);
    if (t->config.keep_calls)
        keep_record(t, c, s);
}
