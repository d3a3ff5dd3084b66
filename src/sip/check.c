/* What is wrong with a message beyond its single fields. Good messages pay a handful of tests: everything rare hides
 * behind a trait of the header names or a count. */
#include "sip/auth.h"
#include "sip/contact.h"
#include "sip/multipart.h"
#include "sip/priv.h"
#include "sip/uri.h"

static struct view first_value(const struct sip_message *m, const struct sip_found *f, enum sip_header_id id)
{
    return !f->count[id] ? VIEW_NONE : sip_header_value(m, f->first[id]);
}

/* Nothing is missing and nothing comes twice, so that the table need not be asked. */
static bool presence_is_good(const struct sip_message *m, const struct sip_found *f)
{
    const uint16_t *n = f->count;
    unsigned forwards = n[SIP_H_MAX_FORWARDS], least = m->kind == SIP_REQUEST;
    unsigned odd = (n[SIP_H_CALL_ID] ^ 1u) | (n[SIP_H_CSEQ] ^ 1u) | (n[SIP_H_FROM] ^ 1u) | (n[SIP_H_TO] ^ 1u);
    return !(odd | !n[SIP_H_VIA] | (forwards > 1) | (forwards < least));
}

/* Headers every request must have, and those that must not come twice (RFC 3261 8.1.1, 7.3.1). */
static void check_presence(struct sip_message *m, const struct sip_found *f)
{
    static const struct {
        uint8_t id;
        uint8_t missing, twice; /* enum oddity; 0: that is allowed */
    } rules[] = {
        {SIP_H_CALL_ID, ODD_SIP_NO_CALL_ID, ODD_SIP_DUP_CALL_ID},
        {SIP_H_CSEQ, ODD_SIP_NO_CSEQ, ODD_SIP_DUP_CSEQ},
        {SIP_H_FROM, ODD_SIP_NO_FROM, ODD_SIP_DUP_FROM},
        {SIP_H_TO, ODD_SIP_NO_TO, ODD_SIP_DUP_TO},
        {SIP_H_VIA, ODD_SIP_NO_VIA, 0},
        {SIP_H_MAX_FORWARDS, 0, ODD_SIP_DUP_MAX_FORWARDS},
    };
    if (presence_is_good(m, f))
        return;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        unsigned n = f->count[rules[i].id];
        if (n == 1)
            continue;
        if (n == 0 && rules[i].missing && !m->header_overflow)
            sip_set_oddity(m, rules[i].missing);
        if (n > 1 && rules[i].twice)
            sip_set_oddity(m, rules[i].twice);
    }
    if (m->kind == SIP_REQUEST && !f->count[SIP_H_MAX_FORWARDS] && !m->header_overflow)
        sip_set_oddity(m, ODD_SIP_NO_MAX_FORWARDS);
}

/* Contact must be there in requests that create dialogs and in their 2xx (RFC 3261 8.1.1.8, RFC 6665, RFC 3515). */
static void check_contact_presence(struct sip_message *m)
{
    unsigned method = m->kind == SIP_REQUEST ? m->method : m->cseq_method;
    if (method != SIP_M_INVITE && method != SIP_M_SUBSCRIBE && method != SIP_M_REFER)
        return;
    if (m->kind == SIP_REQUEST || m->status / 100 == 2)
        sip_set_oddity(m, ODD_SIP_NO_CONTACT);
}

void sip_check_uri(struct sip_message *m, const struct sip_found *f, struct view uri)
{
    struct sip_uri u;
    if (uri.n && f->with->uri(uri, (size_t)(f->end - uri.p)))
        return;
    if (!sip_uri_parse(&u, uri))
        sip_set_oddity(m, ODD_SIP_URI);
    if (u.scheme == SIP_URI_OTHER)
        sip_set_oddity(m, ODD_SIP_URI_SCHEME);
}

enum { PARAM_FREE, PARAM_NUMBER, PARAM_UNSURE };

/* What the value of a Contact parameter of this name must look like. */
static int param_kind(const char *name, size_t n)
{
    if (n == 7 && (name[0] | 32) == 'e')
        return view_ieq(view_of(name, n), V("expires")) ? PARAM_NUMBER : PARAM_FREE;
    if (n == 6 && (name[0] | 32) == 'r')
        return view_ieq(view_of(name, n), V("reg-id")) ? PARAM_NUMBER : PARAM_FREE;
    return n == 1 && (name[0] | 32) == 'q' ? PARAM_UNSURE : PARAM_FREE;
}

static const char *skip_class(const char *p, const char *end, unsigned classes)
{
    while (p < end && sip_is(*p, classes))
        p++;
    return p;
}

/* *(";" name ["=" value]) without white space, of tokens and quoted strings; numbers where they must be. False: look
 * again. */
static bool params_are_plain(const char *p, const char *end)
{
    while (p < end) {
        if (*p++ != ';')
            return false;
        const char *name = p;
        p = skip_class(p, end, C_TOKEN);
        int kind = param_kind(name, (size_t)(p - name));
        if (p == name || kind == PARAM_UNSURE)
            return false;
        if (p == end || *p != '=') {
            if (kind == PARAM_NUMBER)
                return false;
            continue;
        }
        const char *value = ++p;
        if (p < end && *p == '"' && kind == PARAM_FREE) {
            p = sip_skip_quoted(p, end);
            if (!p)
                return false;
            continue;
        }
        p = skip_class(p, end, kind == PARAM_NUMBER ? C_DIGIT : C_TOKEN);
        if (p == value || (kind == PARAM_NUMBER && p - value > 9))
            return false;
    }
    return true;
}

/* One "<uri>" with parameters that need no second look: the usual Contact. */
static bool contact_is_plain(struct view v, const struct sip_found *f)
{
    const char *close = v.n > 2 && v.p[0] == '<' ? memchr(v.p, '>', v.n) : NULL;
    return close && f->with->uri(view_range(v.p + 1, close), (size_t)(f->end - v.p) - 1) &&
           params_are_plain(close + 1, v.p + v.n);
}

/* Contact: every value of every line; "*" stands alone and with Expires: 0 (RFC 3261 10.2.2). */
static void check_contacts(struct sip_message *m, const struct sip_found *f)
{
    struct sip_contact c;
    if (f->count[SIP_H_CONTACT] == 1 && contact_is_plain(m->contact, f))
        return;
    unsigned values = 0, stars = 0;
    bool good;
    for (int i = sip_header_find(m, SIP_H_CONTACT, 0); i >= 0; i = sip_header_find(m, SIP_H_CONTACT, (unsigned)i + 1)) {
        struct sip_commas it = sip_commas_of(sip_header_value(m, i));
        while (sip_contact_next(&it, &c, &good)) {
            values++;
            stars += c.star;
            if (!good)
                sip_set_oddity(m, ODD_SIP_CONTACT);
            if (c.addr.needs_brackets)
                sip_set_oddity(m, ODD_SIP_ADDR_BARE);
            if (c.addr.uri.n)
                sip_check_uri(m, f, c.addr.uri);
        }
    }
    if (!values && m->contact.n)
        sip_set_oddity(m, ODD_SIP_CONTACT);
    if (stars && (values > 1 || m->expires != 0 || m->kind != SIP_REQUEST))
        sip_set_oddity(m, ODD_SIP_CONTACT_STAR);
}

static bool digits_at(const char *p, int n)
{
    while (n--)
        if (!sip_is(*p++, C_DIGIT))
            return false;
    return true;
}

/* "Sat, 13 Nov 2010 23:29:00 GMT" (RFC 3261 20.17). */
static bool date_is_rfc1123(struct view v)
{
    static const char days[] = "MonTueWedThuFriSatSun", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (v.n != 29 || memcmp(v.p + 3, ", ", 2) != 0 || memcmp(v.p + 25, " GMT", 4) != 0)
        return false;
    bool day = false, month = false;
    for (int i = 0; i < 7; i++)
        day |= memcmp(v.p, days + 3 * i, 3) == 0;
    for (int i = 0; i < 12; i++)
        month |= memcmp(v.p + 8, months + 3 * i, 3) == 0;
    return day && month && digits_at(v.p + 5, 2) && v.p[7] == ' ' && v.p[11] == ' ' && digits_at(v.p + 12, 4) &&
           v.p[16] == ' ' && digits_at(v.p + 17, 2) && v.p[19] == ':' && digits_at(v.p + 20, 2) && v.p[22] == ':' &&
           digits_at(v.p + 23, 2);
}

/* warning-value = 3DIGIT SP warn-agent SP quoted-string (RFC 3261 20.43). */
static bool warning_is_good(struct view v)
{
    const char *end = v.p + v.n, *p = v.p + 4;
    if (v.n < 8 || !digits_at(v.p, 3) || v.p[3] != ' ')
        return false;
    while (p < end && *p != ' ')
        p++;
    p = sip_skip_lws(p, end);
    return p < end && *p == '"' && sip_skip_quoted(p, end) == end;
}

static void check_rare_header(struct sip_message *m, enum sip_header_id id, struct view value)
{
    struct sip_commas it;
    struct view one;
    switch (id) {
    case SIP_H_DATE:
        if (!date_is_rfc1123(value))
            sip_set_oddity(m, ODD_SIP_DATE);
        return;
    case SIP_H_WARNING:
        it = sip_commas_of(value);
        while (sip_commas_next(&it, &one))
            if (!warning_is_good(one))
                sip_set_oddity(m, ODD_SIP_WARNING);
        return;
    default:
        if (!sip_auth_is_good(value))
            sip_set_oddity(m, ODD_SIP_AUTH);
    }
}

/* Each rare name by its count: most messages that have one have it once. */
static void check_rare(struct sip_message *m, const struct sip_found *f)
{
    static const uint8_t rare[] = {SIP_H_DATE,
                                   SIP_H_WARNING,
                                   SIP_H_WWW_AUTHENTICATE,
                                   SIP_H_PROXY_AUTHENTICATE,
                                   SIP_H_AUTHORIZATION,
                                   SIP_H_PROXY_AUTHORIZATION};
    for (size_t r = 0; r < sizeof rare; r++) {
        unsigned left = f->count[rare[r]];
        for (uint32_t i = left ? f->first[rare[r]] : 0; left; i++)
            if (m->header[i].id == rare[r]) {
                check_rare_header(m, (enum sip_header_id)rare[r], sip_header_value(m, (int)i));
                left--;
            }
    }
}

static void check_multipart(struct sip_message *m)
{
    struct sip_multipart it;
    struct sip_part part;
    if (!view_istarts(m->content_type, V("multipart/")))
        return;
    bool good = sip_multipart_init(&it, m->content_type, m->body);
    while (good && sip_multipart_next(&it, &part))
        ;
    if (!good || !it.closed)
        sip_set_oddity(m, ODD_SIP_MULTIPART);
}

void sip_check(struct sip_message *m, const struct sip_found *f)
{
    check_presence(m, f);
    if (f->traits) {
        if (f->traits & TRAIT_RARE)
            check_rare(m, f);
        if (f->traits & (m->kind == SIP_REQUEST ? TRAIT_NOT_REQUEST : TRAIT_NOT_RESPONSE))
            sip_set_oddity(m, ODD_SIP_REQUIRE_RESPONSE);
    }
    if (m->kind == SIP_REQUEST)
        sip_startline_check_uri(m, f);
    if (f->count[SIP_H_CONTACT])
        check_contacts(m, f);
    else if (!m->header_overflow)
        check_contact_presence(m);
    if (m->body.n) {
        if (!first_value(m, f, SIP_H_CONTENT_TYPE).n)
            sip_set_oddity(m, ODD_SIP_NO_CONTENT_TYPE);
        else
            check_multipart(m);
    }
}
