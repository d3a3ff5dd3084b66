/* Stories of SIP in a few words, for the tests of track/: each step is parsed, routed and tracked, and what became of it is
 * read back as text. A story is steps with ';' between them:
 *     TIME FROM>TO METHOD CSEQ [OPTION...]           a request:  "0 A>B INVITE 1"
 *     TIME FROM>TO STATUS CSEQ METHOD [OPTION...]    a response: "0.2 B>A 180 1 INVITE"
 * TIME is in seconds; a party is a letter: A has the address 192.0.2.1:5060, B 192.0.2.2:5060 and so on. Options:
 *     id=X Call-ID        ft=X, tt=X tags of From and To ("-": none)   br=X branch     by=X sent-by   vias=N number of Vias
 *     back  sent by the callee in its dialog (From and To change places)
 *     from=U, to=U users  c=X Contact   +Name:value one more header   sdp=IP:PORT or IP:PORT:FORMAT
 * Inside of c= and +, a tilde reads as a space and ^ as a semicolon. */
#pragma once
#include "unit.h"

#include "base/buf.h"
#include "base/clock.h"
#include "record/summary.h"
#include "sip/message.h"
#include "track/media.h"
#include "track/tracker.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static const struct hash_seed STORY_SEED = {11, 22};
static const int64_t STORY_BEGIN = 1700000000 * NS_PER_S;

struct story {
    struct tracker *t;
    struct media *media;
    struct summary summary;
    struct arena keep;
    uint64_t packets;
    bool one_round; /* media is carried over at the end only */
    char calls[2048], registrations[2048], streams[2048];
};

struct step {
    char method[24], id[256], ft[64], tt[64], br[256], by[64], from[64], to[64], contact[256], more[1024], sdp[64];
    char a, b;
    double at;
    unsigned status, cseq, vias;
    bool back;
};

static inline struct endpoint story_party(char letter)
{
    uint8_t v4[4] = {192, 0, 2, (uint8_t)(letter - 'A' + 1)};
    return (struct endpoint){ip_from_v4(v4), 5060};
}

static inline struct packet story_packet(struct story *s, double at, struct endpoint src, struct endpoint dst, const void *p, size_t n)
{
    uint64_t flow = 0;
    for (int i = 12; i < 16; i++)
        flow += (uint64_t)(src.ip.b[i] + dst.ip.b[i]) << (i - 12) * 9;
    flow = (flow ^ (uint64_t)(src.port + dst.port)) * 0x9e3779b97f4a7c15u;
    return (struct packet){.ts_ns = STORY_BEGIN + (int64_t)llround(at * 1e9), .number = ++s->packets, .l4 = L4_UDP, .ip_version = 4,
                           .src = src.ip, .dst = dst.ip, .src_port = src.port, .dst_port = dst.port, .payload = p,
                           .payload_len = (uint32_t)n, .flow_hash = flow};
}

static inline bool step_takes(const char *word, const char *name, char *out, size_t room)
{
    size_t n = strlen(name);
    if (strncmp(word, name, n) != 0)
        return false;
    assert_true(strlen(word + n) < room);
    strcpy(out, word + n);
    return true;
}

static inline void step_option(struct step *x, const char *word)
{
    char number[16];
    if (word[0] == '+') {
        size_t n = strlen(x->more);
        snprintf(x->more + n, sizeof x->more - n, "%s\r\n", word + 1);
        for (char *c = x->more; *c; c++)
            *c = *c == '~' ? ' ' : *c == '^' ? ';' : *c;
    } else if (step_takes(word, "vias=", number, sizeof number)) {
        x->vias = (unsigned)atoi(number);
    } else if (strcmp(word, "back") == 0) {
        x->back = true;
    } else {
        assert_true(step_takes(word, "id=", x->id, sizeof x->id) || step_takes(word, "ft=", x->ft, sizeof x->ft) ||
                    step_takes(word, "tt=", x->tt, sizeof x->tt) || step_takes(word, "br=", x->br, sizeof x->br) ||
                    step_takes(word, "by=", x->by, sizeof x->by) || step_takes(word, "from=", x->from, sizeof x->from) ||
                    step_takes(word, "to=", x->to, sizeof x->to) || step_takes(word, "c=", x->contact, sizeof x->contact) ||
                    step_takes(word, "sdp=", x->sdp, sizeof x->sdp));
    }
}

/* What the words leave out: tags as a dialog has them, the branch of the transaction. */
static inline void step_defaults(struct step *x)
{
    bool in_dialog = strcmp(x->method, "INVITE") != 0 && strcmp(x->method, "CANCEL") != 0 && strcmp(x->method, "REGISTER") != 0 &&
                     strcmp(x->method, "OPTIONS") != 0 && strcmp(x->method, "MESSAGE") != 0;
    const char *branch_of = strcmp(x->method, "CANCEL") == 0 ? "INVITE" : x->method;
    if (!x->tt[0])
        strcpy(x->tt, in_dialog || x->status > 100 || x->back ? "t" : "-");
    if (!x->ft[0])
        strcpy(x->ft, "f");
    if (!x->id[0])
        strcpy(x->id, "one@example.com");
    if (!x->br[0])
        snprintf(x->br, sizeof x->br, "z9hG4bK-%c-%s-%u", x->status ? x->b : x->a, branch_of, x->cseq);
    if (!x->by[0])
        snprintf(x->by, sizeof x->by, "host-%c.example.com", x->status ? x->b : x->a);
    if (!x->from[0])
        strcpy(x->from, "alice");
    if (!x->to[0])
        strcpy(x->to, strcmp(x->method, "REGISTER") == 0 ? x->from : "bob");
    if (x->tt[0] == '-')
        x->tt[0] = 0;
    if (x->ft[0] == '-')
        x->ft[0] = 0;
}

static inline struct step step_read(char *text)
{
    struct step x = {.vias = 1};
    char *save, *word = strtok_r(text, " ", &save);
    x.at = atof(word);
    word = strtok_r(NULL, " ", &save);
    assert_true(strlen(word) == 3 && word[1] == '>');
    x.a = word[0];
    x.b = word[2];
    word = strtok_r(NULL, " ", &save);
    if (word[0] >= '0' && word[0] <= '9') {
        x.status = (unsigned)atoi(word);
        x.cseq = (unsigned)atoi(strtok_r(NULL, " ", &save));
        word = strtok_r(NULL, " ", &save);
        snprintf(x.method, sizeof x.method, "%s", word);
    } else {
        snprintf(x.method, sizeof x.method, "%s", word);
        x.cseq = (unsigned)atoi(strtok_r(NULL, " ", &save));
    }
    while ((word = strtok_r(NULL, " ", &save)))
        step_option(&x, word);
    step_defaults(&x);
    for (char *c = x.contact; *c; c++)
        *c = *c == '^' ? ';' : *c;
    return x;
}

static inline size_t step_body(const struct step *x, char *out, size_t room)
{
    char ip[32] = "", format[16] = "0";
    unsigned port = 0;
    if (!x->sdp[0])
        return 0;
    assert_true(sscanf(x->sdp, "%31[^:]:%u:%15s", ip, &port, format) >= 2);
    return (size_t)snprintf(out, room, "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %u RTP/AVP %s\r\n", ip, ip, port,
                            format);
}

static inline size_t step_write(const struct step *x, char *out, size_t room)
{
    char body[512], *p = out, *end = out + room;
    size_t nbody = step_body(x, body, sizeof body);
    const char *from_user = x->back ? x->to : x->from, *to_user = x->back ? x->from : x->to;
    const char *from_tag = x->back ? x->tt : x->ft, *to_tag = x->back ? x->ft : x->tt;
    if (x->status)
        p += snprintf(p, (size_t)(end - p), "SIP/2.0 %u Said so\r\n", x->status);
    else
        p += snprintf(p, (size_t)(end - p), "%s sip:%s@example.com SIP/2.0\r\n", x->method, to_user);
    p += snprintf(p, (size_t)(end - p), "Via: SIP/2.0/UDP %s;branch=%s\r\n", x->by, x->br);
    for (unsigned i = 1; i < x->vias; i++)
        p += snprintf(p, (size_t)(end - p), "Via: SIP/2.0/UDP below%u.example.com;branch=z9hG4bK-below-%u\r\n", i, i);
    p += snprintf(p, (size_t)(end - p), "From: <sip:%s@example.com>%s%s\r\nTo: <sip:%s@example.com>%s%s\r\n", from_user,
                  from_tag[0] ? ";tag=" : "", from_tag, to_user, to_tag[0] ? ";tag=" : "", to_tag);
    p += snprintf(p, (size_t)(end - p), "Call-ID: %s\r\nCSeq: %u %s\r\n", x->id, x->cseq, x->method);
    if (!x->status)
        p += snprintf(p, (size_t)(end - p), "Max-Forwards: 70\r\n");
    if (x->contact[0])
        p += snprintf(p, (size_t)(end - p), "Contact: %s\r\n", x->contact);
    p += snprintf(p, (size_t)(end - p), "%s%sContent-Length: %zu\r\n\r\n%.*s", x->more,
                  nbody ? "Content-Type: application/sdp\r\n" : "", nbody, (int)nbody, body);
    assert_true(p < end);
    return (size_t)(p - out);
}

static inline void story_exchange(struct story *s)
{
    media_prepare(s->media, &s->t, 1);
    media_exchange(s->media, &s->t, 1);
}

static inline void story_say(struct story *s, const struct step *x)
{
    char text[4096];
    struct sip_header store[64];
    struct sip_message m;
    size_t n = step_write(x, text, sizeof text);
    char *copy = guard_copy(text, n);
    struct packet p = story_packet(s, x->at, story_party(x->a), story_party(x->b), copy, n);
    assert_int_equal(sip_message_parse(&m, store, 64, copy, n, SIP_DATAGRAM), SIP_OK);
    m.transport = TRANSPORT_UDP;
    tracker_route(&STORY_SEED, &m);
    tracker_message(s->t, &p, &m);
    guard_free(copy, n);
    if (!s->one_round)
        story_exchange(s);
}

static inline void story_tell(struct story *s, const char *text)
{
    char *copy = strdup(text), *save = NULL;
    assert_non_null(copy);
    for (char *line = strtok_r(copy, ";", &save); line; line = strtok_r(NULL, ";", &save)) {
        if (line[strspn(line, " ")]) {
            struct step x = step_read(line);
            story_say(s, &x);
        }
    }
    free(copy);
}

static inline void story_begin(struct story *s, uint64_t memory)
{
    struct err e;
    struct tracker_config c = {.seed = STORY_SEED, .memory = memory, .keep_calls = true, .keep_registrations = true,
                               .keep_streams = true, .keep_users = true};
    memset(s, 0, sizeof *s);
    arena_init(&s->keep);
    s->t = tracker_new(&c, &e);
    s->media = media_new(&STORY_SEED, 1000);
    assert_non_null(s->t);
    assert_non_null(s->media);
}

static inline void text_add(char *out, size_t room, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static inline void text_add(char *out, size_t room, const char *fmt, ...)
{
    size_t n = strlen(out);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(out + n, room - n, fmt, ap);
    va_end(ap);
}

static inline void text_add_view(char *out, size_t room, const char *name, struct view v)
{
    if (v.n)
        text_add(out, room, " %s=%.*s", name, (int)v.n, v.p);
}

static inline void text_add_real(char *out, size_t room, const char *name, double v)
{
    if (!isnan(v))
        text_add(out, room, " %s=%g", name, round(v * 1000) / 1000);
}

static inline void story_call(void *ctx, const struct record_call *r)
{
    struct story *s = ctx;
    char *o = s->calls;
    size_t room = sizeof s->calls;
    text_add(o, room, "%s%.*s", o[0] ? " / " : "", (int)r->state.n, r->state.p);
    if (r->status != INT64_MIN)
        text_add(o, room, " %d", (int)r->status);
    text_add_real(o, room, "ring", r->pdd_ms);
    text_add_real(o, room, "setup", r->setup_ms);
    text_add_real(o, room, "duration", r->duration_s);
    text_add_view(o, room, "by", r->ended_by);
    text_add(o, room, " legs=%" PRIu64 " forks=%" PRIu64 " messages=%" PRIu64, r->legs, r->forks, r->messages);
    if (r->retransmissions)
        text_add(o, room, " again=%" PRIu64, r->retransmissions);
    for (uint32_t i = 0; i < r->codecs.n; i++)
        text_add_view(o, room, "codec", r->codecs.v[i]);
}

static inline void story_registration(void *ctx, const struct record_registration *r)
{
    struct story *s = ctx;
    char *o = s->registrations;
    size_t room = sizeof s->registrations;
    text_add(o, room, "%s%.*s %.*s", o[0] ? " / " : "", (int)r->aor.n, r->aor.p, (int)r->state.n, r->state.p);
    if (r->last_status != INT64_MIN)
        text_add(o, room, " %d", (int)r->last_status);
    text_add_view(o, room, "contact", r->contact);
    text_add(o, room, " at=%c", r->registrar.ip.b[15] - 1 + 'A');
    text_add_real(o, room, "expires", r->expires_s);
    text_add(o, room, " ok=%" PRIu64, r->registrations);
    if (r->failures)
        text_add(o, room, " bad=%" PRIu64, r->failures);
    text_add_real(o, room, "every", r->refresh_interval_s);
}

static inline void story_stream(void *ctx, const struct record_stream *r)
{
    struct story *s = ctx;
    char *o = s->streams;
    size_t room = sizeof s->streams;
    text_add(o, room, "%s%" PRIu64, o[0] ? " / " : "", r->ssrc);
    text_add_view(o, room, "call", r->call_id);
    text_add_view(o, room, "codec", r->codec);
    text_add(o, room, " packets=%" PRIu64 " lost=%" PRId64, r->packets, r->lost);
    text_add_real(o, room, "jitter", r->jitter_ms);
    text_add_real(o, room, "duration", r->duration_s);
}

/* The sums that hold whatever happened. */
static inline void story_conserves(const struct summary *s)
{
    uint64_t methods = 0, statuses = 0;
    for (uint32_t i = 0; i < s->messages.nby_method; i++)
        methods += s->messages.by_method[i].n;
    for (int i = 0; i < 700; i++)
        statuses += s->messages.by_status[i];
    assert_int_equal(s->messages.total, s->messages.requests + s->messages.responses);
    assert_int_equal(methods, s->messages.requests);
    assert_int_equal(statuses, s->messages.responses);
    assert_int_equal(s->calls.attempts, s->calls.completed + s->calls.cancelled + s->calls.redirected + s->calls.failed +
                                            s->calls.unanswered + s->calls.ongoing + s->calls.expired);
    assert_true(s->calls.rejected <= s->calls.failed && s->calls.ringing <= s->calls.ongoing);
    assert_true(s->calls.answered <= s->calls.attempts);
    assert_true(s->transactions.answered + s->transactions.unanswered <= s->transactions.total);
    assert_true(s->messages.retransmissions <= s->messages.total);
}

/* The end of the capture, end_s after its begin. */
static inline void story_finish(struct story *s, double end_s)
{
    struct record_sink sink = {.ctx = s, .call = story_call, .registration = story_registration, .stream = story_stream};
    story_exchange(s);
    tracker_finish(s->t, STORY_BEGIN + (int64_t)llround(end_s * 1e9));
    story_exchange(s);
    tracker_settle_all(s->t, s->media);
    media_finish(s->media);
    tracker_records(s->t, &sink);
    assert_true(tracker_summary(s->t, &s->summary, &s->keep));
    story_conserves(&s->summary);
}

static inline void story_free(struct story *s)
{
    tracker_free(s->t);
    media_free(s->media);
    arena_release(&s->keep);
}

/* The problems found: "call.no_answer=1 ...", worst first. */
static inline const char *story_problems(struct story *s, char *out, size_t room)
{
    out[0] = 0;
    for (uint32_t i = 0; i < s->summary.nproblem; i++)
        text_add(out, room, "%s%s=%" PRIu64, i ? " " : "", s->summary.problem[i].id, s->summary.problem[i].count);
    return out;
}
