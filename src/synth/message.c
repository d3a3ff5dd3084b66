#include "synth/message.h"

#include "synth/sdp.h"

const char *message_reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *text;
    } reasons[] = {
        {100, "Trying"},
        {180, "Ringing"},
        {183, "Session Progress"},
        {200, "OK"},
        {202, "Accepted"},
        {302, "Moved Temporarily"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {407, "Proxy Authentication Required"},
        {408, "Request Timeout"},
        {480, "Temporarily Unavailable"},
        {481, "Call/Transaction Does Not Exist"},
        {486, "Busy Here"},
        {487, "Request Terminated"},
        {489, "Bad Event"},
        {500, "Server Internal Error"},
        {503, "Service Unavailable"},
        {603, "Decline"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Unknown";
}

static void put_hex(struct buf *b, uint64_t x, unsigned digits)
{
    static const char hex[] = "0123456789abcdef";
    char text[16];
    for (unsigned i = 0; i < digits; i++)
        text[i] = hex[x >> (60 - i * 4) & 15];
    buf_add(b, text, digits);
}

/* Letters and digits, 5 bits each. */
static void put_letters(struct buf *b, uint64_t x, unsigned n)
{
    static const char letter[] = "abcdefghijkLmnopQrstuvWxyz234567";
    char text[12];
    for (unsigned i = 0; i < n; i++, x >>= 5)
        text[i] = letter[x & 31];
    buf_add(b, text, n);
}

static void put_host(struct buf *b, const struct ip_addr *ip, bool brackets)
{
    char text[IP_TEXT];
    size_t n = ip_print(ip, text);
    bool v6 = brackets && !ip_is_v4(ip);
    if (v6)
        buf_char(b, '[');
    buf_add(b, text, n);
    if (v6)
        buf_char(b, ']');
}

static void put_host_port(struct buf *b, const struct endpoint *e)
{
    put_host(b, &e->ip, true);
    buf_char(b, ':');
    buf_u64(b, e->port);
}

void message_call_id_write(struct buf *b, const struct flow *f)
{
    const struct party *p = f->maker;
    uint64_t x = f->id, y = rng_spread(x);
    switch (p->agent->id_style) {
    case 0:
        put_hex(b, x, 16);
        put_hex(b, y, 8);
        buf_char(b, '@');
        put_host(b, &p->local.ip, true);
        return;
    case 1:
        put_hex(b, x, 8);
        buf_char(b, '-');
        put_hex(b, x << 32, 4);
        buf_str(b, "-4");
        put_hex(b, y, 3);
        buf_str(b, "-a");
        put_hex(b, y << 16, 3);
        buf_char(b, '-');
        put_hex(b, y << 4, 12);
        return;
    case 2:
        buf_u64(b, x >> 33);
        buf_char(b, '-');
        buf_u64(b, y >> 44);
        buf_char(b, '-');
        buf_u64(b, x & 0xffff);
        buf_char(b, '@');
        buf_str(b, p->domain);
        return;
    case 3:
        put_hex(b, x, 16);
        buf_char(b, '-');
        put_hex(b, y, 8);
        buf_char(b, '@');
        put_host(b, &p->local.ip, true);
        return;
    default:
        put_letters(b, x, 12);
        put_letters(b, y, 10);
    }
}

static void put_tag(struct buf *b, const struct agent *agent, uint64_t tag)
{
    switch (agent->id_style) {
    case 0:
        buf_u64(b, tag >> 32);
        break;
    case 1:
    case 2:
        put_hex(b, tag, 8);
        break;
    case 3:
        put_hex(b, tag, 8);
        buf_char(b, '-');
        put_hex(b, tag << 32, 8);
        break;
    default:
        put_letters(b, tag, 8);
    }
}

static void put_branch(struct buf *b, const struct agent *agent, uint64_t branch)
{
    buf_str(b, "z9hG4bK");
    switch (agent->id_style) {
    case 0:
        buf_u64(b, branch >> 24);
        break;
    case 1:
        put_hex(b, branch, 8);
        break;
    case 2:
        buf_str(b, "-");
        put_hex(b, branch, 4);
        buf_str(b, ".");
        put_hex(b, branch << 16, 12);
        break;
    case 3:
        buf_str(b, "-524287-1---");
        put_hex(b, branch, 16);
        break;
    default:
        put_letters(b, branch, 10);
    }
}

/* "\r\nName: ", long or short. */
static void put_name(struct buf *b, const struct message *m, const char *name, char compact)
{
    if (m->author->agent->compact && compact) {
        const char text[3] = {compact, ':', ' '};
        buf_add(b, text, 3);
        return;
    }
    buf_str(b, name);
    buf_str(b, ": ");
}

static void put_line(struct buf *b, const struct message *m, const char *name, char compact, const char *value)
{
    put_name(b, m, name, compact);
    buf_str(b, value);
    buf_str(b, "\r\n");
}

static bool uses_tcp(const struct party *a, const struct party *b)
{
    return a->conn || b->conn;
}

/* owner's Via; learned: the next hop has added where the message came from (RFC 3261 18.2.1, RFC 3581). */
static void put_via(struct buf *b, const struct message *m, const struct party *owner, const struct party *next,
                    uint64_t branch, bool learned)
{
    put_name(b, m, "Via", 'v');
    buf_str(b, uses_tcp(owner, next) ? "SIP/2.0/TCP " : "SIP/2.0/UDP ");
    put_host_port(b, &owner->local);
    buf_str(b, ";branch=");
    put_branch(b, owner->agent, branch);
    if (owner->agent->rport) {
        buf_str(b, ";rport");
        if (learned) {
            buf_char(b, '=');
            buf_u64(b, owner->addr.port);
        }
    }
    if (learned && (owner->agent->rport || !ip_eq(&owner->addr.ip, &owner->local.ip))) {
        buf_str(b, ";received=");
        put_host(b, &owner->addr.ip, false);
    }
    buf_str(b, "\r\n");
}

static const struct party *end_of(const struct message *m, bool a_side)
{
    const struct flow *f = m->f;
    if (a_side)
        return f->a;
    if (f->direct)
        return f->proxy;
    return m->leg == LEG_C || (m->leg == LEG_A && m->author == f->c) || (f->answered_by_c && m->leg != LEG_B) ? f->c
                                                                                                              : f->b;
}

/* One Via on the hop next to who made the request, two behind the proxy. */
static void put_vias(struct buf *b, const struct message *m)
{
    const struct flow *f = m->f;
    const struct party *origin = end_of(m, m->from_a);
    unsigned near = m->from_a || f->direct ? LEG_A : m->leg == LEG_A ? (origin == f->c ? LEG_C : LEG_B) : m->leg;
    if (m->leg !=
        near) { /* CANCEL and the ACK of a failure go hop by hop: the proxy's own (RFC 3261 16.10, 17.1.1.3) */
        const struct party *far = m->from == f->proxy ? m->to : m->from;
        put_via(b, m, f->proxy, far, m->branch[m->leg], m->status && far->agent->rport);
        if (m->author == f->proxy || m->method == SIP_M_CANCEL)
            return;
    }
    const struct party *neighbour = m->from_a || f->direct ? (origin == f->proxy ? f->a : f->proxy) : f->proxy;
    put_via(b, m, origin, neighbour, m->branch[near], m->status || m->leg != near);
}

static void put_uri(struct buf *b, const struct party *p)
{
    buf_str(b, "sip:");
    if (p->user[0]) {
        buf_str(b, p->user);
        buf_char(b, '@');
    }
    buf_str(b, p->domain);
}

static void put_contact_uri(struct buf *b, const struct message *m, const struct party *p)
{
    buf_str(b, "sip:");
    if (p->user[0]) {
        buf_str(b, p->user);
        buf_char(b, '@');
    }
    put_host_port(b, &p->local);
    if (p->conn)
        buf_str(b, ";transport=tcp");
    else if (p->agent->id_style == 3)
        buf_str(b, ";ob");
}

static void put_identity(struct buf *b, const struct message *m, const char *name, char compact, bool a_side)
{
    const struct flow *f = m->f;
    const struct party *p = a_side ? f->a : f->b;
    put_name(b, m, name, compact);
    if (p->name[0]) {
        buf_char(b, '"');
        buf_str(b, p->name);
        buf_str(b, "\" ");
    }
    buf_char(b, '<');
    put_uri(b, p);
    buf_char(b, '>');
    const struct party *tagger = a_side ? f->a : end_of(m, false);
    uint64_t tag = a_side ? f->tag_a : f->answered_by_c ? f->tag_c : f->tag_b;
    if (a_side != m->from_a) { /* the To side: no tag before the far end has spoken */
        tag = m->to_tag;
        tagger = tag == f->tag_p ? f->proxy : tagger;
    }
    if (tag) {
        buf_str(b, ";tag=");
        put_tag(b, tagger->agent, tag);
    }
    buf_str(b, "\r\n");
}

static bool makes_dialog(unsigned method)
{
    return method == SIP_M_INVITE || method == SIP_M_SUBSCRIBE || method == SIP_M_NOTIFY || method == SIP_M_REFER;
}

static void put_routes(struct buf *b, const struct message *m)
{
    const struct flow *f = m->f;
    if (f->direct || (!makes_dialog(m->method) && m->method != SIP_M_ACK && m->method != SIP_M_BYE))
        return;
    bool mid = m->method == SIP_M_INVITE && m->status ? f->renegotiated : f->in_dialog;
    bool request_behind = !m->status && m->leg != LEG_A && m->from == f->proxy;
    bool first_hop = !m->status && m->from != f->proxy;
    if (!mid && m->method == SIP_M_INVITE &&
        (request_behind || (m->status > 100 && m->status < 300 && m->author != f->proxy))) {
        put_name(b, m, "Record-Route", 0);
    } else if (mid && m->status == 0 && first_hop) {
        put_name(b, m, "Route", 0);
    } else {
        return;
    }
    buf_str(b, "<sip:");
    put_host_port(b, &f->proxy->local);
    buf_str(b, ";lr>\r\n");
}

static void put_contact(struct buf *b, const struct message *m)
{
    const struct flow *f = m->f;
    if (m->method == SIP_M_REGISTER && m->status == 200) {
        if (m->flags & STEP_ZERO)
            return;
    } else if (m->method == SIP_M_REGISTER ? m->status != 0
               : m->status == 302
                   ? !f->redirected_to
                   : !(makes_dialog(m->method) || m->method == SIP_M_OPTIONS) || m->status == 100 || m->status >= 300) {
        return;
    }
    put_name(b, m, "Contact", 'm');
    buf_char(b, '<');
    const struct party *p = m->method == SIP_M_REGISTER ? f->a : m->status == 302 ? f->redirected_to : m->author;
    put_contact_uri(b, m, p);
    buf_char(b, '>');
    if (m->method == SIP_M_REGISTER && (m->status || p->agent->id_style < 2)) {
        buf_str(b, ";expires=");
        buf_u64(b, m->flags & STEP_ZERO ? 0 : f->expires);
    }
    if (m->method == SIP_M_REGISTER && m->status && party_is_nated(p)) {
        buf_str(b, ";received=\"sip:");
        put_host_port(b, &p->addr);
        buf_char(b, '"');
    }
    if (m->method == SIP_M_REGISTER && (p->agent->id_style == 4 || p->agent->id_style < 2)) {
        buf_str(b, ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-");
        put_hex(b, p->id, 12);
        buf_str(b, ">\"");
    }
    buf_str(b, "\r\n");
}

static void put_expires(struct buf *b, const struct message *m)
{
    bool binds = m->method == SIP_M_REGISTER || m->method == SIP_M_SUBSCRIBE || m->method == SIP_M_PUBLISH;
    if (!binds || (m->status && m->status >= 300) || (m->method == SIP_M_REGISTER && m->status))
        return;
    put_name(b, m, "Expires", 0);
    buf_u64(b, m->flags & STEP_ZERO ? 0 : m->f->expires);
    buf_str(b, "\r\n");
}

/* The target of a request: where it goes inside a dialog and behind the proxy, else who is meant. */
static void put_request_uri(struct buf *b, const struct message *m)
{
    const struct flow *f = m->f;
    if (m->method == SIP_M_REGISTER) {
        buf_str(b, "sip:");
        buf_str(b, f->a->domain);
        return;
    }
    bool to_contact = f->in_dialog || !m->from_a || (m->leg != LEG_A);
    if (to_contact)
        put_contact_uri(b, m, m->from_a ? end_of(m, false) : f->a);
    else
        put_uri(b, f->b);
}

static void put_credentials(struct buf *b, const struct message *m)
{
    const struct flow *f = m->f;
    const struct party *p = f->a;
    bool to_registrar = f->direct;
    uint64_t x = rng_spread(f->nonce ^ p->id ^ m->cseq), y = rng_spread(x);
    put_name(b, m, to_registrar ? "Authorization" : "Proxy-Authorization", 0);
    buf_str(b, "Digest username=\"");
    buf_str(b, p->user);
    buf_str(b, "\", realm=\"");
    buf_str(b, p->domain);
    buf_str(b, "\", nonce=\"");
    put_hex(b, f->nonce, 16);
    put_hex(b, rng_spread(f->nonce), 16);
    buf_str(b, "\", uri=\"");
    put_request_uri(b, m);
    buf_str(b, "\", response=\"");
    put_hex(b, x, 16);
    put_hex(b, y, 16);
    buf_str(b, "\", opaque=\"");
    put_hex(b, ~f->nonce, 16);
    buf_str(b, "\", algorithm=MD5");
    if (p->agent->qop) {
        buf_str(b, ", cnonce=\"");
        put_letters(b, rng_spread(y), 8);
        buf_str(b, "\", qop=auth, nc=");
        put_hex(b, (uint64_t)(p->nc + 1) << 32, 8);
    }
    buf_str(b, "\r\n");
}

static void put_auth(struct buf *b, const struct message *m)
{
    const struct flow *f = m->f;
    if (m->status != 401 && m->status != 407) {
        if (!m->status && m->flags & STEP_AUTH)
            put_credentials(b, m);
        return;
    }
    put_name(b, m, m->status == 401 ? "WWW-Authenticate" : "Proxy-Authenticate", 0);
    buf_str(b, "Digest realm=\"");
    buf_str(b, f->a->domain);
    buf_str(b, "\", nonce=\"");
    put_hex(b, f->nonce, 16);
    put_hex(b, rng_spread(f->nonce), 16);
    buf_str(b, "\", opaque=\"");
    put_hex(b, ~f->nonce, 16);
    buf_str(b, "\", algorithm=MD5");
    if (m->flags & STEP_STALE)
        buf_str(b, ", stale=true");
    buf_str(b, f->a->agent->qop ? ", qop=\"auth\"\r\n" : "\r\n");
}

static void put_subject(struct buf *b, const struct message *m)
{
    const struct flow *f = m->f;
    bool event = m->method == SIP_M_SUBSCRIBE || m->method == SIP_M_NOTIFY || m->method == SIP_M_PUBLISH;
    if (event && f->event && !m->status)
        put_line(b, m, "Event", 'o', f->event);
    if (m->method == SIP_M_NOTIFY && !m->status && f->in_dialog) {
        put_name(b, m, "Subscription-State", 0);
        if (m->flags & STEP_FIRST || m->flags & STEP_SDP) {
            buf_str(b, "active;expires=");
            buf_u64(b, f->expires);
            buf_str(b, "\r\n");
        } else {
            buf_str(b, "terminated;reason=noresource\r\n");
        }
    }
    if (m->method == SIP_M_PUBLISH && m->status == 200) {
        put_name(b, m, "SIP-ETag", 0);
        put_hex(b, rng_spread(f->id), 12);
        buf_str(b, "\r\n");
    }
    if (m->method == SIP_M_REFER && !m->status && f->refer_to)
        put_line(b, m, "Refer-To", 'r', f->refer_to);
    if (m->flags & STEP_BUSY_SERVER)
        put_line(b, m, "Retry-After", 0, "30");
    if (m->method == SIP_M_INVITE && !m->status && m->author->agent->id_style == 1)
        put_line(b, m, "Session-Expires", 'x', "1800");
}

static void put_body(struct buf *b, const struct message *m)
{
    const struct flow *f = m->f;
    char body[1024];
    struct view v = VIEW_NONE;
    const char *type = "application/sdp";
    if (m->flags & STEP_SDP && (m->method == SIP_M_INVITE || m->method == SIP_M_UPDATE)) {
        bool a_side = m->author == f->a;
        const struct party *p = a_side ? f->a : end_of(m, false);
        struct sdp_offer o = {.party = p,
                              .media = a_side ? &f->media_a : &f->media_b,
                              .session = p->id & 0x7fffffff,
                              .version = f->sdp_version,
                              .hold = m->flags & STEP_HOLD,
                              .answer = m->status != 0};
        v = view_of(body, sdp_write(body, sizeof body, &o));
    } else if (!m->status && f->body &&
               (m->method == SIP_M_NOTIFY || m->method == SIP_M_MESSAGE || m->method == SIP_M_PUBLISH)) {
        v = view_str(f->body);
        type = f->body_type;
    }
    if (v.n)
        put_line(b, m, "Content-Type", 'c', type);
    put_name(b, m, "Content-Length", 'l');
    buf_u64(b, v.n);
    buf_str(b, "\r\n\r\n");
    buf_view(b, v);
}

/* RFC 3261 20.17: "Thu, 15 Jan 2026 09:00:00 GMT". The registrar sets the phones' clocks. */
static void put_date(struct buf *b, const struct message *m)
{
    static const char days[] = "ThuFriSatSunMonTueWed", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char iso[TS_TEXT];
    if (m->method != SIP_M_REGISTER || m->author != m->f->proxy || m->status / 100 != 2)
        return;
    ts_print(m->now, 0, iso); /* 2026-01-15T09:00:00Z */
    unsigned month = (unsigned)(iso[5] - '0') * 10 + (unsigned)(iso[6] - '0');
    put_name(b, m, "Date", 0);
    buf_add(b, days + m->now / NS_PER_S / 86400 % 7 * 3, 3);
    buf_str(b, ", ");
    buf_add(b, iso + 8, 2);
    buf_char(b, ' ');
    buf_add(b, months + (month - 1) % 12 * 3, 3);
    buf_char(b, ' ');
    buf_add(b, iso, 4);
    buf_char(b, ' ');
    buf_add(b, iso + 11, 8);
    buf_str(b, " GMT\r\n");
}

static void put_field(struct buf *b, const struct message *m, char letter)
{
    const struct agent *agent = m->author->agent;
    bool capable = m->method == SIP_M_INVITE || m->method == SIP_M_OPTIONS || m->method == SIP_M_REGISTER ||
                   m->method == SIP_M_SUBSCRIBE || m->method == SIP_M_NOTIFY;
    bool says = capable && (m->status == 0 || m->status == 200 || m->status == 180);
    switch (letter) {
    case 'V':
        put_vias(b, m);
        return;
    case 'R':
        put_routes(b, m);
        return;
    case 'M':
        if (!m->status)
            put_line(b, m, "Max-Forwards", 0, m->leg == LEG_A || m->from != m->f->proxy ? "70" : "69");
        return;
    case 'F':
        put_identity(b, m, "From", 'f', m->from_a);
        return;
    case 'T':
        put_identity(b, m, "To", 't', !m->from_a);
        return;
    case 'I':
        put_name(b, m, "Call-ID", 'i');
        message_call_id_write(b, m->f);
        buf_str(b, "\r\n");
        return;
    case 'C':
        put_name(b, m, "CSeq", 0);
        buf_u64(b, m->cseq);
        buf_char(b, ' ');
        buf_str(b, sip_method_text((enum sip_method)m->method));
        buf_str(b, "\r\n");
        return;
    case 'N':
        put_contact(b, m);
        return;
    case 'E':
        put_expires(b, m);
        put_date(b, m);
        return;
    case 'U':
        if (agent->name)
            put_line(b, m, m->author == m->f->proxy && m->status ? "Server" : "User-Agent", 0, agent->name);
        return;
    case 'A':
        if (says && agent->allow)
            put_line(b, m, "Allow", 0, agent->allow);
        if (says && agent->events)
            put_line(b, m, "Allow-Events", 'u', agent->events);
        return;
    case 'S':
        if (says && agent->supported)
            put_line(b, m, "Supported", 'k', agent->supported);
        return;
    case 'K':
        if (agent->accept && (m->method == SIP_M_OPTIONS || (m->method == SIP_M_INVITE && !m->status)))
            put_line(b, m, "Accept", 0, agent->accept);
        return;
    case 'H':
        put_auth(b, m);
        return;
    case 'X':
        put_subject(b, m);
        return;
    default:
        return;
    }
}

void message_write(struct buf *b, const struct message *m)
{
    buf_reset(b);
    if (m->status) {
        buf_str(b, "SIP/2.0 ");
        buf_u64(b, m->status);
        buf_char(b, ' ');
        buf_str(b, message_reason(m->status));
    } else {
        buf_str(b, sip_method_text((enum sip_method)m->method));
        buf_char(b, ' ');
        put_request_uri(b, m);
        buf_str(b, " SIP/2.0");
    }
    buf_str(b, "\r\n");
    for (const char *letter = m->author->agent->order; *letter; letter++)
        put_field(b, m, *letter);
    put_body(b, m); /* the body ends the header wherever L stands */
}
