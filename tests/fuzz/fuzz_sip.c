/* Whole SIP messages: all variants of the parser agree, every view lies in the buffer, every lazy production runs on
 * every header, and the frames of a stream add up however it is cut. */
#include "sip/auth.h"
#include "sip/contact.h"
#include "sip/cseq.h"
#include "sip/fold.h"
#include "sip/framing.h"
#include "sip/multipart.h"
#include "sip/normalise.h"
#include "sip/uri.h"
#include "sip/via.h"

#include "../unit/sip_same.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { HEADERS = 64 };

static const char *begin, *end;

static void inside(struct view v)
{
    sip_must(v.n == 0 || (v.p >= begin && v.p <= end && v.n <= (size_t)(end - v.p)), "a view");
}

static void uri_views(struct view text)
{
    struct sip_uri u;
    char key[64];
    sip_uri_parse(&u, text);
    inside(u.scheme_text);
    inside(u.user);
    inside(u.password);
    inside(u.host);
    inside(u.port_text);
    inside(u.params);
    inside(u.headers);
    inside(u.rest);
    inside(sip_uri_param(&u, V("lr")));
    sip_must(sip_user_key(text, true, key, sizeof key) <= sizeof key, "user key");
    sip_uri_is_anonymous(text);
}

static void contact_views(struct view value)
{
    struct sip_commas it = sip_commas_of(value);
    struct sip_contact c;
    char display[32];
    bool good;
    while (sip_contact_next(&it, &c, &good)) {
        inside(c.addr.display);
        inside(c.addr.params);
        inside(c.instance);
        inside(c.addr.uri);
        sip_must(c.q <= 1000 && c.expires <= UINT32_MAX, "contact numbers");
        sip_must(sip_display_unescape(c.addr.display, display, sizeof display) <= c.addr.display.n, "display");
        uri_views(c.addr.uri);
    }
}

static void via_views(struct view value)
{
    struct sip_via v;
    sip_via_parse(&v, value);
    inside(v.version);
    inside(v.transport);
    inside(v.sent_by);
    inside(v.host);
    inside(v.params);
    inside(v.branch);
    inside(v.received);
    inside(v.rport);
}

static void auth_views(struct view value)
{
    struct sip_auth a;
    sip_auth_parse(&a, value);
    inside(a.scheme);
    inside(a.username);
    inside(a.realm);
    inside(a.nonce);
    inside(a.uri);
    inside(a.response);
    inside(a.opaque);
    inside(a.qop);
}

/* Unfolding leaves no line break and never grows. */
static void fold_bytes(struct view value)
{
    char *out = malloc(value.n + 1);
    sip_must(out != NULL, "memory");
    size_t n = sip_unfold(value, out, value.n);
    sip_must(n <= value.n && (n == 0 || memchr(out, '\n', n) == NULL), "unfold");
    free(out);
}

static void every_production(const struct sip_message *m)
{
    uint32_t number;
    struct view method;
    for (uint32_t i = 0; i < m->nheader; i++) {
        struct view value = sip_header_value(m, (int)i), name = sip_header_name(m, (int)i);
        inside(value);
        inside(name);
        sip_must(name.n > 0 && sip_header_identify(name) == m->header[i].id, "name and id");
        contact_views(value);
        via_views(value);
        auth_views(value);
        uri_views(value);
        fold_bytes(value);
        sip_cseq_parse(value, &number, &method);
        inside(method);
    }
}

static void body_parts(const struct sip_message *m)
{
    struct sip_multipart it;
    struct sip_part part;
    const char *last = m->body.p;
    if (!sip_multipart_init(&it, m->content_type, m->body))
        return;
    while (sip_multipart_next(&it, &part)) {
        inside(part.headers);
        inside(part.body);
        inside(sip_part_header(&part, V("Content-Type")));
        sip_must(part.body.p >= last && it.p >= part.body.p + part.body.n, "parts in order");
        last = part.body.p;
    }
}

static void message_views(const struct sip_message *m, enum sip_result r)
{
    sip_must(m->buf >= begin && m->len <= (size_t)(end - m->buf) && m->headers_end <= m->len, "lengths");
    sip_must((r == SIP_PARTIAL) == sip_has_oddity(m, ODD_SIP_TRUNCATED), "truncated");
    inside(m->method_name);
    inside(m->request_uri);
    inside(m->reason);
    inside(m->call_id);
    inside(m->cseq_method_name);
    inside(m->from.display);
    inside(m->from.uri);
    inside(m->from.tag);
    inside(m->to.display);
    inside(m->to.uri);
    inside(m->to.tag);
    inside(m->via.sent_by);
    inside(m->via.branch);
    inside(m->contact);
    inside(m->user_agent);
    inside(m->content_type);
    inside(m->body);
    sip_must(m->body.n == 0 || m->body.p + m->body.n == m->buf + m->len, "the body ends the message");
}

/* The stream in pieces of `step`: what was taken and what is left are all of it. Answers the bytes of messages. */
static size_t frames_add_up(const char *p, size_t n, size_t step)
{
    struct sip_framing_state s = {0};
    size_t taken = 0, messages = 0;
    for (size_t have = step < n ? step : n;; have = n - have > step ? have + step : n) {
        while (taken < have) {
            struct sip_frame f = sip_framing_next(&s, p + taken, have - taken);
            if (f.kind == SIP_FRAME_NEED_MORE)
                break;
            sip_must(f.length > 0 && f.length <= have - taken, "frame");
            if (f.kind == SIP_FRAME_MESSAGE)
                messages += f.length;
            taken += f.length;
        }
        if (have == n)
            break;
    }
    sip_must(taken <= n, "frames");
    return messages;
}

/* A frame that is a message parses as one of the same length. */
static void first_frame_parses(const char *p, size_t n)
{
    struct sip_framing_state s = {0};
    struct sip_frame f = sip_framing_next(&s, p, n);
    struct sip_header store[HEADERS];
    struct sip_message m;
    if (f.kind != SIP_FRAME_MESSAGE || f.body_too_long)
        return;
    enum sip_result r = sip_parse_same(&m, store, HEADERS, p, n, SIP_STREAM);
    sip_must(r == SIP_OK, "a framed message parses");
    if (!sip_has_oddity(&m, ODD_SIP_HEADER_LIMIT))
        sip_must(m.len == f.length, "length of frame and message");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sip_header store[HEADERS];
    struct sip_message m;
    char *copy = malloc(n + !n); /* without a byte of slack, so that the sanitizer sees every read beyond */
    sip_must(copy != NULL, "memory");
    memcpy(copy, data, n);
    begin = copy;
    end = copy + n;
    for (int framing = SIP_DATAGRAM; framing <= SIP_STREAM; framing++) {
        enum sip_result r = sip_parse_same(&m, store, HEADERS, copy, n, (enum sip_framing)framing);
        if (r == SIP_NOT_SIP)
            continue;
        message_views(&m, r);
        every_production(&m);
        body_parts(&m);
    }
    sip_parse_same(&m, store, 3, copy, n, SIP_DATAGRAM);
    sip_looks_like(copy, n);
    size_t whole = frames_add_up(copy, n, n + 1), bytes = frames_add_up(copy, n, 1);
    sip_must(whole == bytes && frames_add_up(copy, n, 7) == whole, "frames do not depend on the pieces");
    first_frame_parses(copy, n);
    free(copy);
    return 0;
}
