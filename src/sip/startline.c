/* The first line: Request-Line = Method SP Request-URI SP SIP-Version; Status-Line = SIP-Version SP Code SP Reason
 * (RFC 3261 7.1, 7.2). Decides what is SIP at all, as leniently as that can be done. */
#include "sip/priv.h"
#include "sip/uri.h"

enum { LOOK_MAX = 8192 }; /* longest first line that sip_looks_like reads */

static struct view word_before(struct view *line)
{
    size_t n = line->n;
    while (n && !sip_is(line->p[n - 1], C_LWS))
        n--;
    struct view word = view_of(line->p + n, line->n - n);
    line->n = n;
    return word;
}

static bool is_version(struct view v)
{
    return v.n > 4 && view_istarts(v, V("SIP/"));
}

/* Methods are case sensitive (RFC 3261 7.1): "invite" is no INVITE, but it tells us that this is SIP. */
static bool method_in_any_case(struct view name)
{
    for (int m = 1; m < SIP_M_COUNT; m++)
        if (view_ieq(name, view_str(sip_method_text((enum sip_method)m))))
            return true;
    return false;
}

static bool has_sip_scheme(struct view uri)
{
    if (uri.n && uri.p[0] == '<')
        uri = view_of(uri.p + 1, uri.n - 1);
    return view_istarts(uri, V("sip:")) || view_istarts(uri, V("sips:")) || view_istarts(uri, V("tel:"));
}

static bool is_printable(struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < 0x21 || v.p[i] > 0x7e)
            return false;
    return v.n > 0;
}

static void method_set(struct sip_message *m, struct view name)
{
    m->kind = SIP_REQUEST;
    m->method_name = name;
    m->method = (uint8_t)sip_method_identify(name);
    if (m->method)
        return;
    if (!sip_all(name, C_TOKEN))
        sip_set_oddity(m, ODD_SIP_METHOD_TOKEN);
    else
        sip_set_oddity(m, method_in_any_case(name) ? ODD_SIP_METHOD_CASE : ODD_SIP_METHOD_UNKNOWN);
}

/* A request line that is not exactly "METHOD URI SIP/2.0". */
static bool request_lenient(struct sip_message *m, struct view line, bool whole)
{
    const char *end = sip_end(line), *p = sip_skip_lws(line.p, end), *q = p;
    bool odd = p != line.p;
    while (q < end && !sip_is(*q, C_LWS))
        q++;
    struct view name = view_range(p, q), rest = sip_trim(view_range(q, end));
    if (!is_printable(name) || q == end)
        return false;
    odd |= rest.p != q + 1 || rest.p + rest.n != end;
    struct view before = rest, version = word_before(&before), uri = sip_trim(before);
    bool known = method_in_any_case(name);
    if (is_version(version)) {
        odd |= uri.n == 0 || uri.n + 1 != before.n;
        if (!known && view_find(uri, ':') == uri.n)
            return false;
    } else {
        uri = rest;
        if (!known || !has_sip_scheme(uri))
            return false;
        version = VIEW_NONE;
        odd = true;
    }
    method_set(m, name);
    m->request_uri = uri;
    if (odd && whole)
        sip_set_oddity(m, ODD_SIP_START_LINE);
    if (whole && !view_ieq(version, V("SIP/2.0")))
        sip_set_oddity(m, ODD_SIP_VERSION);
    return true;
}

static bool request_parse(struct sip_message *m, struct view line, bool whole)
{
    const char *sp = memchr(line.p, ' ', line.n);
    size_t name = sp ? (size_t)(sp - line.p) : 0;
    if (name && line.n > name + 10 && memcmp(line.p + line.n - 8, " SIP/2.0", 8) == 0) {
        struct view uri = view_of(sp + 1, line.n - name - 9);
        enum sip_method known = sip_method_identify(view_of(line.p, name));
        if (known && !sip_is(uri.p[0], C_LWS) && !sip_is(uri.p[uri.n - 1], C_LWS)) {
            m->kind = SIP_REQUEST;
            m->method = (uint8_t)known;
            m->method_name = view_of(line.p, name);
            m->request_uri = uri;
            return true;
        }
    }
    return request_lenient(m, line, whole);
}

/* Continuation bytes a UTF-8 lead byte asks for; 0 for a byte that cannot lead. */
static unsigned utf8_more(unsigned char c)
{
    if (c >= 0xc2 && c <= 0xdf)
        return 1;
    if (c >= 0xe0 && c <= 0xef)
        return 2;
    return c >= 0xf0 && c <= 0xf4 ? 3 : 0;
}

/* Reason-Phrase: printable ASCII, HTAB and UTF-8 (RFC 3261 25.1). */
static bool reason_is_text(struct view v)
{
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];
        if (c >= 0x20 && c < 0x7f)
            continue;
        if (c < 0x80) {
            if (c != '\t')
                return false;
            continue;
        }
        unsigned more = utf8_more(c);
        if (!more || v.n - i <= more)
            return false;
        while (more--)
            if (((unsigned char)v.p[++i] & 0xc0) != 0x80)
                return false;
    }
    return true;
}

/* Some byte of x is a control character, DEL or not ASCII. */
static bool has_odd_byte(uint64_t x)
{
    const uint64_t ones = 0x0101010101010101ull;
    return ((((x & ones * 0x7f) - ones * 0x20) | x | ((x & ones * 0x7f) + ones)) & ones * 0x80) != 0;
}

/* "SIP/2.0 " 3DIGIT SP and a reason of printable ASCII without blanks at its ends. False: look again. */
static bool status_usual(struct sip_message *m, struct view line)
{
    enum { HEAD = sizeof "SIP/2.0 200 " - 1 };
    const char *p = line.p;
    if (line.n <= HEAD || memcmp(p, "SIP/2.0 ", 8) != 0 || p[11] != ' ' || p[HEAD] <= ' ' || p[line.n - 1] <= ' ')
        return false;
    unsigned hundreds = (unsigned char)p[8] - '0', tens = (unsigned char)p[9] - '0', ones = (unsigned char)p[10] - '0';
    if (hundreds - 1 > 5 || tens > 9 || ones > 9)
        return false;
    for (size_t i = line.n; i > HEAD; i = i - HEAD > 8 ? i - 8 : HEAD) { /* what precedes the reason is printable too */
        uint64_t x;
        memcpy(&x, p + i - 8, 8);
        if (has_odd_byte(x))
            return false;
    }
    m->kind = SIP_RESPONSE;
    m->status = (uint16_t)(hundreds * 100 + tens * 10 + ones);
    m->reason = view_of(p + HEAD, line.n - HEAD);
    return true;
}

static bool status_parse(struct sip_message *m, struct view line, bool whole)
{
    const char *p = line.p, *end = sip_end(line), *v = p;
    while (p < end && !sip_is(*p, C_LWS))
        p++;
    struct view version = view_range(v, p);
    const char *code = sip_skip_lws(p, end), *q = code;
    if (!sip_is(v[4], C_DIGIT) || (code == p && whole))
        return false;
    while (q < end && !sip_is(*q, C_LWS))
        q++;
    m->kind = SIP_RESPONSE;
    struct view digits = view_range(code, q);
    uint64_t status = 0;
    if (view_u64(digits, 699, &status) && status >= 100 && digits.n == 3)
        m->status = (uint16_t)status;
    else if (whole)
        sip_set_oddity(m, ODD_SIP_STATUS);
    m->reason = q < end ? view_range(q + 1, end) : VIEW_NONE;
    if (whole && (code != p + 1 || q == end || (m->reason.n && m->reason.p[0] == ' ')))
        sip_set_oddity(m, ODD_SIP_START_LINE);
    m->reason = sip_trim(m->reason);
    if (whole && !view_ieq(version, V("SIP/2.0")))
        sip_set_oddity(m, ODD_SIP_VERSION);
    if (!reason_is_text(m->reason))
        sip_set_oddity(m, ODD_SIP_REASON_BYTES);
    return true;
}

bool sip_startline_parse(struct sip_message *m, struct view line, bool whole)
{
    if (whole && status_usual(m, line))
        return true;
    if (line.n > 4 && (line.p[0] | 32) == 's' && view_istarts(line, V("SIP/")))
        return status_parse(m, line, whole);
    return line.n > 0 && request_parse(m, line, whole);
}

void sip_startline_check_uri(struct sip_message *m, const struct sip_found *f)
{
    struct view uri = m->request_uri;
    struct sip_uri u;
    if (f->with->uri(uri, (size_t)(f->end - uri.p)))
        return;
    if (uri.n >= 2 && uri.p[0] == '<') {
        sip_set_oddity(m, ODD_SIP_RURI_BRACKETS);
        uri = view_of(uri.p + 1, uri.n - 1 - (uri.p[uri.n - 1] == '>'));
    }
    for (size_t i = 0; i < uri.n; i++)
        if (sip_is(uri.p[i], C_LWS)) {
            sip_set_oddity(m, ODD_SIP_RURI_SPACES);
            return;
        }
    if (!sip_uri_parse(&u, uri))
        sip_set_oddity(m, ODD_SIP_RURI);
    if (u.scheme == SIP_URI_OTHER)
        sip_set_oddity(m, ODD_SIP_URI_SCHEME);
    if (u.headers.n)
        sip_set_oddity(m, ODD_SIP_RURI_HEADERS);
}

bool sip_looks_like(const char *buf, size_t len)
{
    struct sip_message m = {.buf = NULL};
    while (len && (*buf == '\r' || *buf == '\n')) {
        buf++;
        len--;
    }
    if (!len || *buf < 0x20 || *buf > 0x7e)
        return false;
    size_t room = len < LOOK_MAX ? len : LOOK_MAX, n = view_find(view_of(buf, room), '\n');
    bool whole = n < room;
    return sip_startline_parse(&m, view_of(buf, n - (whole && n && buf[n - 1] == '\r')), whole);
}
