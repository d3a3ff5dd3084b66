/* Messages with the shape of an open server's traffic, and a very small reader of pcap files. */
#include "messages.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip/message.h"

enum { TEXT_MAX = 4096 };

struct text {
    char p[TEXT_MAX];
    size_t n;
};

static void add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t->p + t->n, TEXT_MAX - t->n, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= TEXT_MAX - t->n)
        abort();
    t->n += (size_t)n;
}

static void *must(void *p)
{
    if (!p) {
        fputs("bench: out of memory\n", stderr);
        exit(3);
    }
    return p;
}

static void keep(struct messages *m, const void *p, size_t n)
{
    if (m->n == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 4096;
        m->v = must(realloc(m->v, m->cap * sizeof *m->v));
    }
    char *copy = must(malloc(n));
    memcpy(copy, p, n);
    m->v[m->n++] = view_of(copy, n);
    m->bytes += n;
}

/* xorshift64*: the same everywhere. */
static uint64_t state;

static uint32_t rnd(uint32_t below)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 2685821657736338717ull) >> 33) % below;
}

static const char *const agents[] = {"Yealink SIP-T46S 66.84.0.15",
                                     "Linphone/4.4.2 (belle-sip/5.0.0)",
                                     "Zoiper rv2.10.11",
                                     "Cisco-CP8841/12.5.1",
                                     "PolycomVVX-VVX_411-UA/5.9.5.0614",
                                     "Grandstream GXP2170 1.0.11.10",
                                     "MicroSIP/3.20.7",
                                     "snom760/8.9.3.80",
                                     "Asterisk PBX 18.10.0",
                                     "Fritz!OS",
                                     "Jitsi2.10",
                                     "eyeBeam release 1102q",
                                     "SIPPER for phone"};

enum { NAGENT = sizeof agents / sizeof agents[0] };

/* One exchange: the parts that request and answer share. */
struct exchange {
    unsigned ua, user, peer, host, cseq, expires;
    uint32_t branch, tag, totag, callid;
    bool auth, proxied;
    const char *method;
};

static void add_via(struct text *t, const struct exchange *x, bool answer)
{
    if (x->proxied)
        add(t, "Via: SIP/2.0/UDP 203.0.113.5;branch=z9hG4bK%04x.%08x%07x.0\r\n", x->ua * 77u, x->branch * 3u,
            x->tag & 0xfffffff);
    add(t, "Via: SIP/2.0/UDP 192.0.2.%u:%u;", x->host, x->ua % 3 ? 5060u : 5062u + x->user);
    if (x->ua % 2)
        add(t, "branch=z9hG4bK%08x%s", x->branch, x->ua % 4 == 1 ? "-d8754z-1---d8754z-" : "");
    else
        add(t, "branch=z9hG4bK-%u-%x", x->branch % 100000, x->tag);
    if (answer)
        add(t, ";received=198.51.100.%u;rport=%u", x->host, 1024 + x->branch % 60000);
    else if (x->ua % 4 != 2)
        add(t, ";rport");
    add(t, "\r\n");
}

static void add_from_to(struct text *t, const struct exchange *x, bool answer)
{
    if (x->ua % 3 == 0)
        add(t, "From: \"%u\" <sip:%u@example.com>;tag=%x\r\n", 1000 + x->user, 1000 + x->user, x->tag);
    else
        add(t, "From: <sip:user%u@example.com%s>;tag=%s%x\r\n", x->user, x->ua % 5 == 1 ? ";transport=udp" : "",
            x->ua % 2 ? "as" : "", x->tag);
    if (x->ua % 4 == 3)
        add(t, "To: \"%u\" <sip:%u@example.com>", 1000 + x->peer, 1000 + x->peer);
    else
        add(t, "To: <sip:user%u@example.com>", x->peer);
    add(t, answer ? ";tag=%x.%04x\r\n" : "\r\n", x->totag, x->totag & 0xffff);
}

static void add_call_id(struct text *t, const struct exchange *x)
{
    if (x->ua % 3)
        add(t, "Call-ID: %08x%08x@192.0.2.%u\r\n", x->callid, x->callid * 7u, x->host);
    else
        add(t, "Call-ID: %x-%04x-%u\r\n", x->callid, x->tag & 0xffff, x->cseq);
}

static void add_contact(struct text *t, const struct exchange *x)
{
    add(t, "Contact: <sip:user%u@192.0.2.%u:%u%s>", x->user, x->host, 5060 + x->ua,
        x->ua % 5 == 1 ? ";transport=udp" : "");
    if (x->ua == 1)
        add(t, ";+sip.instance=\"<urn:uuid:%08x-0000-1000-8000-%08x0000>\"", x->tag, x->user);
    add(t, "\r\n");
}

static void add_digest(struct text *t, const struct exchange *x, const char *uri)
{
    add(t,
        "%s: Digest username=\"user%u\", realm=\"example.com\", nonce=\"%08x%08x%08x%08x\", uri=\"%s\", "
        "response=\"%08x%08x%08x%08x\", algorithm=MD5",
        strcmp(x->method, "INVITE") ? "Authorization" : "Proxy-Authorization", x->user, x->tag, x->callid, x->branch,
        x->tag * 5u, uri, x->branch * 3u, x->tag * 9u, x->callid * 11u, x->user * 12345u);
    if (x->ua % 2)
        add(t, ", cnonce=\"%08x\", qop=auth, nc=%08x", x->callid * 3u, x->cseq);
    add(t, "\r\n");
}

static void add_body(struct text *t, const struct exchange *x, bool sdp)
{
    char body[1024] = "";
    int n = 0;
    if (sdp)
        n = snprintf(body, sizeof body,
                     "v=0\r\no=- %u %u IN IP4 192.0.2.%u\r\ns=call\r\nc=IN IP4 192.0.2.%u\r\nt=0 0\r\nm=audio %u "
                     "RTP/AVP 8 0 9 18 101\r\n"
                     "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:9 G722/8000\r\na=rtpmap:18 G729/8000\r\n"
                     "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n",
                     x->tag, x->tag, x->host, x->host, 10000 + x->branch % 20000);
    else if (!strcmp(x->method, "NOTIFY") && x->ua % 4)
        n = snprintf(body, sizeof body,
                     "Messages-Waiting: no\r\nMessage-Account: sip:user%u@example.com\r\nVoice-Message: 0/%u (0/0)\r\n",
                     x->user, x->cseq % 10);
    if (n)
        add(t, "Content-Type: %s\r\n", sdp ? "application/sdp" : "application/simple-message-summary");
    add(t, "Content-Length: %s%d\r\n\r\n%s", x->ua % 6 == 4 ? "  " : "", n, body);
}

static void request(struct messages *m, const struct exchange *x)
{
    struct text t = {.n = 0};
    char uri[128];
    bool invite = !strcmp(x->method, "INVITE"), reg = !strcmp(x->method, "REGISTER");
    if (reg)
        snprintf(uri, sizeof uri, "sip:example.com");
    else
        snprintf(uri, sizeof uri, "sip:user%u@%s", x->peer,
                 x->proxied ? "198.51.100.77:5060;transport=udp" : "example.com");
    add(&t, "%s %s SIP/2.0\r\n", x->method, uri);
    add_via(&t, x, false);
    if (x->ua % 2)
        add(&t, "Max-Forwards: %u\r\n", x->proxied ? 69u : 70u);
    if (x->ua % 3 == 2)
        add_contact(&t, x);
    add_from_to(&t, x, !strcmp(x->method, "NOTIFY"));
    add_call_id(&t, x);
    add(&t, "CSeq: %u %s\r\n", x->cseq, x->method);
    if (x->ua % 3 != 2)
        add_contact(&t, x);
    if (x->auth)
        add_digest(&t, x, uri);
    if (x->ua % 2 == 0)
        add(&t, "Max-Forwards: 70\r\n");
    if (x->ua % 3 != 1)
        add(&t, "User-Agent: %s\r\n", agents[x->ua]);
    if (reg || !strcmp(x->method, "SUBSCRIBE"))
        add(&t, "Expires: %u\r\n", x->expires);
    if (!strcmp(x->method, "SUBSCRIBE") || !strcmp(x->method, "NOTIFY"))
        add(&t, "Event: message-summary\r\n");
    if (!strcmp(x->method, "NOTIFY"))
        add(&t, "Subscription-State: active;expires=%u\r\n", x->expires);
    if (x->ua % 3 == 1)
        add(&t,
            "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO\r\nUser-Agent: %s\r\n",
            agents[x->ua]);
    if (invite || x->ua % 5 == 0)
        add(&t, "Supported: replaces, outbound, gruu\r\n");
    if (!strcmp(x->method, "OPTIONS"))
        add(&t, "Accept: application/sdp\r\nX-Probe: keepalive-%u\r\n", x->user);
    add_body(&t, x, invite);
    keep(m, t.p, t.n);
}

static void answer(struct messages *m, const struct exchange *x, int status, const char *reason)
{
    struct text t = {.n = 0};
    bool sdp = !strcmp(x->method, "INVITE") && status == 200;
    add(&t, "SIP/2.0 %d %s\r\n", status, reason);
    add_via(&t, x, true);
    add_from_to(&t, x, status != 100);
    add_call_id(&t, x);
    add(&t, "CSeq: %u %s\r\n", x->cseq, x->method);
    if (status / 100 == 2)
        add(&t, "Contact: <sip:user%u@192.0.2.%u:%u>%s\r\n", x->user, x->host, 5060 + x->ua,
            strcmp(x->method, "REGISTER") ? "" : ";expires=300;received=\"sip:198.51.100.3:1024\"");
    if (status == 401 || status == 407)
        add(&t, "%s: Digest realm=\"example.com\", nonce=\"%08x%08x%08x\", algorithm=MD5, qop=\"auth\"\r\n",
            status == 401 ? "WWW-Authenticate" : "Proxy-Authenticate", x->tag, x->callid, x->branch);
    if (x->ua % 2)
        add(&t, "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH\r\nSupported: "
                "replaces, timer\r\n");
    if (!strcmp(x->method, "SUBSCRIBE"))
        add(&t, "Expires: %u\r\n", x->expires);
    add(&t, "Server: Example SIP Server (%u.%u.%u (x86_64/linux))\r\n", 5, x->ua % 8, x->ua);
    add_body(&t, x, sdp);
    keep(m, t.p, t.n);
}

static const char *pick_method(void)
{
    uint32_t r = rnd(1000);
    if (r < 380)
        return "REGISTER";
    if (r < 610)
        return "OPTIONS";
    if (r < 810)
        return "NOTIFY";
    if (r < 930)
        return "SUBSCRIBE";
    if (r < 980)
        return "INVITE";
    return r < 990 ? "PUBLISH" : "MESSAGE";
}

void messages_generate(struct messages *m, size_t n, uint64_t seed)
{
    state = seed | 1;
    while (m->n < n) {
        struct exchange x = {.ua = rnd(NAGENT),
                             .user = rnd(3000),
                             .peer = rnd(3000),
                             .host = 1 + rnd(250),
                             .cseq = 1 + rnd(40000),
                             .expires = rnd(2) ? 3600 : 60 + rnd(600),
                             .branch = rnd(1u << 31),
                             .tag = rnd(1u << 31),
                             .totag = rnd(1u << 31),
                             .callid = rnd(1u << 31),
                             .proxied = rnd(5) == 0};
        x.method = pick_method();
        bool reg = x.method[0] == 'R', invite = x.method[0] == 'I';
        if (reg || x.method[0] == 'S') {
            x.peer = x.user;
            x.auth = rnd(100) < 78;
        }
        request(m, &x);
        if (invite)
            answer(m, &x, 100, "Trying");
        if (!strcmp(x.method, "OPTIONS") && rnd(4) == 0)
            continue; /* a probe that nobody answers */
        if (!x.auth && (reg || invite) && rnd(2))
            answer(m, &x, reg ? 401 : 407, reg ? "Unauthorized" : "Proxy Authentication Required");
        else
            answer(m, &x, 200, "OK");
    }
}

static uint32_t u32(const uint8_t *p, bool swap)
{
    uint32_t x;
    memcpy(&x, p, 4);
    return swap ? __builtin_bswap32(x) : x;
}

/* Ethernet, IPv4, UDP; anything else is passed over. */
static void packet_take(struct messages *m, const uint8_t *p, size_t n)
{
    if (n < 42 || p[12] != 8 || p[13] != 0 || p[14] >> 4 != 4 || p[23] != 17)
        return;
    size_t off = 14 + (p[14] & 15u) * 4u + 8u, ip_end = 14 + (size_t)(p[16] << 8 | p[17]);
    if (ip_end > n || off >= ip_end)
        return;
    if (sip_looks_like((const char *)p + off, ip_end - off))
        keep(m, p + off, ip_end - off);
}

bool messages_read(struct messages *m, const char *path, size_t n)
{
    FILE *f = fopen(path, "rb");
    uint8_t head[24], rec[16];
    static uint8_t data[262144];
    if (!f || fread(head, 1, sizeof head, f) != sizeof head)
        return false;
    uint32_t magic = u32(head, false);
    bool swap = magic == 0xd4c3b2a1u || magic == 0x4d3cb2a1u;
    magic = u32(head, swap);
    bool good = (magic == 0xa1b2c3d4u || magic == 0xa1b23c4du) && u32(head + 20, swap) == 1;
    while (good && m->n < n && fread(rec, 1, sizeof rec, f) == sizeof rec) {
        uint32_t len = u32(rec + 8, swap);
        if (len > sizeof data || fread(data, 1, len, f) != len)
            break;
        packet_take(m, data, len);
    }
    fclose(f);
    return good;
}
