/* sip_message_parse: index the header lines, then take the fields in a fixed order, whatever order they came in, so
 * that the branches of the processor see the same path for every message. */
#include "sip/message.h"

#include "sip/cseq.h"
#include "sip/nameaddr.h"
#include "sip/params.h"
#include "sip/priv.h"
#include "sip/via.h"

enum { MESSAGE_MAX = 16 << 20 };

/* ---- the variants ---- */

static bool no_address(struct sip_address *a, struct view value, size_t room)
{
    return false;
}

static bool no_via(struct sip_via_top *v, struct view value, size_t room)
{
    return false;
}

static bool no_uri(struct view uri, size_t room)
{
    return false;
}

const struct sip_variant *sip_variants(void)
{
    static const struct sip_variant all[] = {
#if defined __x86_64__
        {"avx2", sip_index_avx2, sip_address_avx2, sip_via_avx2, sip_uri_avx2},
        {"sse2", sip_index_sse2, sip_address_sse2, sip_via_sse2, sip_uri_sse2},
#endif
        {"plain", sip_index_plain, no_address, no_via, no_uri},
        {.name = NULL},
    };
#if defined __x86_64__
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") ? all : all + 1;
#else
    return all;
#endif
}

/* ---- fields ---- */

static bool found(const struct sip_found *f, enum sip_header_id id)
{
    return f->count[id] != 0;
}

static struct view value_of(const struct sip_message *m, const struct sip_found *f, enum sip_header_id id)
{
    return found(f, id) ? sip_header_value(m, f->first[id]) : VIEW_NONE;
}

/* Where the first header of each id is; backwards, so that the first one stays. No branch depends on the names. */
static void found_build(struct sip_found *f, const struct sip_message *m)
{
    memset(f->count, 0, sizeof f->count);
    uint32_t traits = 0;
    uint32_t n = m->nheader < HEADERS_FOUND_MAX ? m->nheader : HEADERS_FOUND_MAX;
    while (n--) {
        unsigned id = m->header[n].id;
        f->first[id] = (uint16_t)n;
        f->count[id]++;
        traits |= sip_header_traits[id];
    }
    f->traits = traits;
}

static void address_parse(struct sip_message *m, const struct sip_found *f, struct sip_address *a, struct view value)
{
    struct sip_nameaddr n;
    a->value = value;
    if (f->with->address(a, value, (size_t)(f->end - value.p)))
        return;
    if (!sip_nameaddr_parse(&n, value))
        sip_set_oddity(m, ODD_SIP_NAME_ADDR);
    if (n.needs_brackets)
        sip_set_oddity(m, ODD_SIP_ADDR_BARE);
    a->display = n.display;
    a->uri = n.uri;
    a->tag = sip_params_value(n.params, V("tag"));
    sip_check_uri(m, f, n.uri);
}

static void addresses_parse(struct sip_message *m, const struct sip_found *f)
{
    if (found(f, SIP_H_FROM)) {
        address_parse(m, f, &m->from, value_of(m, f, SIP_H_FROM));
        if (!m->from.tag.n)
            sip_set_oddity(m, ODD_SIP_NO_FROM_TAG);
    }
    if (found(f, SIP_H_TO))
        address_parse(m, f, &m->to, value_of(m, f, SIP_H_TO));
}

static bool transport_is_known(struct view t)
{
    static const struct view known[] = {{"UDP", 3}, {"TCP", 3},  {"TLS", 3},     {"WSS", 3},
                                        {"WS", 2},  {"SCTP", 4}, {"TLS-SCTP", 8}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (view_ieq(t, known[i]))
            return true;
    return false;
}

/* Values in the Via headers, without those of the first `skip` of them. */
static unsigned via_values(const struct sip_message *m, const struct sip_found *f, unsigned skip)
{
    unsigned n = 0, left = f->count[SIP_H_VIA] - skip;
    struct view one;
    for (uint32_t i = f->first[SIP_H_VIA] + skip; left && i < m->nheader; i++) {
        if (m->header[i].id != SIP_H_VIA)
            continue;
        left--;
        struct view value = sip_header_value(m, (int)i);
        if (value.n && !memchr(value.p, ',', value.n)) {
            n++;
            continue;
        }
        struct sip_commas it = sip_commas_of(value);
        while (sip_commas_next(&it, &one))
            n++;
    }
    return n;
}

static void via_parse_any(struct sip_message *m, struct view value)
{
    struct sip_via v;
    struct sip_commas it = sip_commas_of(value);
    struct view top = VIEW_NONE;
    sip_commas_next(&it, &top);
    if (!sip_via_parse(&v, top))
        sip_set_oddity(m, ODD_SIP_VIA);
    else if (!transport_is_known(v.transport))
        sip_set_oddity(m, ODD_SIP_VIA_TRANSPORT);
    m->via = (struct sip_via_top){v.transport, v.sent_by, v.branch, v.received, v.rport};
}

static void via_parse(struct sip_message *m, const struct sip_found *f)
{
    if (!found(f, SIP_H_VIA))
        return;
    struct view value = value_of(m, f, SIP_H_VIA);
    bool usual = f->with->via(&m->via, value, (size_t)(f->end - value.p)); /* then it is no comma list either */
    if (!usual)
        via_parse_any(m, value);
    unsigned n = usual + via_values(m, f, usual);
    m->via_count = (uint16_t)(n < UINT16_MAX ? n : UINT16_MAX);
    struct view branch = m->via.branch;
    if (branch.n <= 7 || memcmp(branch.p, "z9hG4bK", 7) != 0)
        sip_set_oddity(m, ODD_SIP_VIA_BRANCH);
}

/* Up to seven digits, a blank and a method that we know: nearly every CSeq. False: look again. */
static bool cseq_usual(struct sip_message *m, struct view value, size_t room)
{
    const uint64_t every = 0x0101010101010101ull;
    uint32_t x;
    if (room < 8 || !value.n)
        return false;
    uint64_t word = sip_word(value.p), blank = word ^ every * ' ';
    blank = (blank - every) & ~blank & every * 0x80; /* its lowest bit is that of the first blank */
    unsigned i = blank ? (unsigned)__builtin_ctzll(blank) / 8 : 0;
    if (!i || i + 1 >= value.n || !sip_word_number(word, i, &x))
        return false;
    struct view method = view_of(value.p + i + 1, value.n - i - 1);
    if (m->kind == SIP_REQUEST && m->method && view_eq(method, m->method_name))
        m->cseq_method = m->method;
    else {
        enum sip_method known = sip_method_identify(method);
        if (!known)
            return false;
        if (m->kind == SIP_REQUEST)
            sip_set_oddity(m, ODD_SIP_CSEQ_METHOD);
        m->cseq_method = (uint8_t)known;
    }
    m->cseq = x;
    m->cseq_method_name = method;
    if (m->kind == SIP_RESPONSE) {
        m->method = m->cseq_method;
        m->method_name = method;
    }
    return true;
}

static void cseq_parse(struct sip_message *m, const struct sip_found *f)
{
    if (found(f, SIP_H_CSEQ)) {
        struct view value = value_of(m, f, SIP_H_CSEQ);
        if (cseq_usual(m, value, (size_t)(f->end - value.p)))
            return;
        enum sip_cseq_result r = sip_cseq_parse(value_of(m, f, SIP_H_CSEQ), &m->cseq, &m->cseq_method_name);
        if (r != SIP_CSEQ_OK)
            sip_set_oddity(m, r == SIP_CSEQ_RANGE ? ODD_SIP_CSEQ_RANGE : ODD_SIP_CSEQ);
        if (r == SIP_CSEQ_MALFORMED)
            m->cseq = 0;
    }
    if (m->kind == SIP_RESPONSE) {
        m->cseq_method = (uint8_t)sip_method_identify(m->cseq_method_name);
        m->method = m->cseq_method;
        m->method_name = m->cseq_method_name;
        return;
    }
    if (view_eq(m->cseq_method_name, m->method_name)) {
        m->cseq_method = m->method;
        return;
    }
    m->cseq_method = (uint8_t)sip_method_identify(m->cseq_method_name);
    if (m->cseq_method_name.n)
        sip_set_oddity(m, ODD_SIP_CSEQ_METHOD);
}

/* A header that is one number; -1 and the oddity if it is not. */
static int64_t number_parse(struct sip_message *m, const struct sip_found *f, enum sip_header_id id, uint64_t max,
                            enum oddity odd)
{
    uint64_t x;
    if (!found(f, id))
        return -1;
    struct view v = value_of(m, f, id);
    uint32_t few;
    if (v.n - 1 < 8 && f->end - v.p >= 8 && sip_word_number(sip_word(v.p), (unsigned)v.n, &few) && few <= max)
        return few;
    if (v.n == 1 && (unsigned)(v.p[0] - '0') <= 9) /* "0" at the end of the bytes */
        return v.p[0] - '0';
    if (view_u64(sip_trim(v), max, &x))
        return (int64_t)x;
    sip_set_oddity(m, odd);
    return -1;
}

static void content_length_duplicates(struct sip_message *m, const struct sip_found *f)
{
    struct view first = value_of(m, f, SIP_H_CONTENT_LENGTH);
    int i = f->first[SIP_H_CONTENT_LENGTH];
    while ((i = sip_header_find(m, SIP_H_CONTENT_LENGTH, (unsigned)i + 1)) >= 0)
        if (!view_eq(sip_header_value(m, i), first))
            sip_set_oddity(m, ODD_SIP_DUP_CONTENT_LENGTH);
}

static void fields_parse(struct sip_message *m, const struct sip_found *f)
{
    via_parse(m, f);
    addresses_parse(m, f);
    m->call_id = value_of(m, f, SIP_H_CALL_ID);
    cseq_parse(m, f);
    m->max_forwards = (int32_t)number_parse(m, f, SIP_H_MAX_FORWARDS, 255, ODD_SIP_MAX_FORWARDS);
    m->contact = value_of(m, f, SIP_H_CONTACT);
    m->user_agent = value_of(m, f, found(f, SIP_H_USER_AGENT) ? SIP_H_USER_AGENT : SIP_H_SERVER);
    m->content_type = value_of(m, f, SIP_H_CONTENT_TYPE);
    m->expires = number_parse(m, f, SIP_H_EXPIRES, UINT32_MAX, ODD_SIP_EXPIRES);
    m->content_length = number_parse(m, f, SIP_H_CONTENT_LENGTH, UINT32_MAX, ODD_SIP_CONTENT_LENGTH);
    if (f->count[SIP_H_CONTENT_LENGTH] > 1)
        content_length_duplicates(m, f);
}

/* ---- the body and the end of the message ---- */

/* What follows the empty line; room: bytes there are. Sets body and len. False if the body is cut short. */
static bool body_delimit(struct sip_message *m, uint32_t room, enum sip_framing framing)
{
    uint32_t n = room;
    if (m->content_length >= 0) {
        if ((uint64_t)m->content_length > room) {
            sip_set_oddity(m, ODD_SIP_CONTENT_LENGTH_LONG);
            m->body = view_of(m->buf + m->headers_end, room);
            m->len = m->headers_end + room;
            return false;
        }
        n = (uint32_t)m->content_length;
        if (n < room && framing == SIP_DATAGRAM)
            sip_set_oddity(m, ODD_SIP_CONTENT_LENGTH_SHORT);
    } else if (framing == SIP_STREAM) {
        n = 0;
        if (!sip_has_oddity(m, ODD_SIP_CONTENT_LENGTH))
            sip_set_oddity(m, ODD_SIP_NO_CONTENT_LENGTH);
    }
    m->body = view_of(m->buf + m->headers_end, n);
    m->len = m->headers_end + n;
    return true;
}

/* NULs among the headers. Behind a backslash a NUL is a legal quoted-pair (RFC 3261 25.1, RFC 4475 3.1.1.2). */
static bool has_bare_nul(struct view headers)
{
    for (size_t i = 0; i < headers.n; i++) {
        i += view_find(view_of(headers.p + i, headers.n - i), 0);
        if (i < headers.n && (i == 0 || headers.p[i - 1] != '\\'))
            return true;
    }
    return false;
}

/* Names that are not in the table must at least be tokens; those in the table are. */
static bool has_bad_name(const struct sip_message *m)
{
    for (uint32_t i = 0; i < m->nheader; i++)
        if (m->header[i].id == SIP_H_UNKNOWN && !sip_all(sip_header_name(m, (int)i), C_TOKEN))
            return true;
    return false;
}

static void index_oddities(struct sip_message *m, const struct sip_index *x, bool unknown_names)
{
    if (x->bare_lf)
        sip_set_oddity(m, ODD_SIP_HEADER_BARE_LF);
    if (x->bad_line || (unknown_names && has_bad_name(m)))
        sip_set_oddity(m, ODD_SIP_HEADER_SYNTAX);
    if (x->first_fold)
        sip_set_oddity(m, ODD_SIP_HEADER_FIRST_FOLD);
    if (x->overflow)
        sip_set_oddity(m, ODD_SIP_HEADER_LIMIT);
    if (x->nul && has_bare_nul(view_of(m->buf, m->headers_end)))
        sip_set_oddity(m, ODD_SIP_NUL);
}

/* The size is hidden from the compiler, which would expand the call into a string instruction that is slow to start. */
static void clear(struct sip_message *m)
{
    size_t n = sizeof *m;
    __asm__("" : "+r"(n));
    memset(m, 0, n);
}

enum sip_result sip_message_parse_with(const struct sip_variant *with, struct sip_message *m, struct sip_header *store,
                                       size_t nstore, const char *buf, size_t len, enum sip_framing framing)
{
    struct sip_header none; /* never written: there is no room for it */
    struct sip_index x;
    struct sip_found f;
    clear(m);
    while (len && (*buf == '\r' || *buf == '\n')) {
        buf++;
        len--;
    }
    uint32_t n = len < MESSAGE_MAX ? (uint32_t)len : MESSAGE_MAX;
    if (!n || *buf < 0x20 || *buf > 0x7e) /* as sip_looks_like: RTP and its like end here */
        return SIP_NOT_SIP;
    with->index(&x, nstore ? store : &none, nstore, buf, n);
    m->buf = buf;
    m->len = n;
    if (!sip_startline_parse(m, view_of(buf, x.start_end), x.start_end < n)) {
        memset(m, 0, sizeof *m);
        return SIP_NOT_SIP;
    }
    m->headers_end = x.headers_end;
    m->header = store;
    m->nheader = x.nheader;
    m->header_overflow = x.overflow;
    found_build(&f, m);
    f.with = with;
    f.end = buf + n;
    fields_parse(m, &f);
    bool whole = x.complete && body_delimit(m, n - x.headers_end, framing);
    if (!whole)
        sip_set_oddity(m, ODD_SIP_TRUNCATED);
    index_oddities(m, &x, f.count[SIP_H_UNKNOWN] != 0);
    sip_check(m, &f);
    return whole ? SIP_OK : SIP_PARTIAL;
}

enum sip_result sip_message_parse(struct sip_message *m, struct sip_header *store, size_t nstore, const char *buf,
                                  size_t len, enum sip_framing framing)
{
    return sip_message_parse_with(sip_variants(), m, store, nstore, buf, len, framing);
}

int sip_header_find(const struct sip_message *m, enum sip_header_id id, unsigned from)
{
    for (uint32_t i = from; i < m->nheader; i++)
        if (m->header[i].id == id)
            return (int)i;
    return -1;
}

int sip_header_find_name(const struct sip_message *m, struct view name, unsigned from)
{
    enum sip_header_id id = sip_header_identify(name);
    if (id != SIP_H_UNKNOWN)
        return sip_header_find(m, id, from);
    for (uint32_t i = from; i < m->nheader; i++)
        if (m->header[i].id == SIP_H_UNKNOWN && view_ieq(sip_header_name(m, (int)i), name))
            return (int)i;
    return -1;
}
