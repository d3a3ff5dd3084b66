/* Ten minutes of a small company: one server, one gateway, two dozen phones at three sites, and the troubles that every
 * voice network knows, each planted once or twice and written down in the truth. */
#include "synth/sample_scripts.h"
#include "synth/scripts.h"
#include "synth/tcp.h"
#include "synth/wire.h"
#include "synth/workload.h"

#include <stdio.h>

enum {
    PHONES = 24,
    LENGTH_S = 600,
    /* phones with a part of their own */
    NAT_FIRST = 18,
    NAT_LAST = 21, /* at home, behind one translator */
    IPV6_PHONE = 22,
    TCP_PHONE = 23,
    WRONG_PASSWORD = 16,
    DEAD_SERVER_PHONE = 17,
    LEAVING_PHONE = 14,
    SECOND_DEVICE = PHONES,
    NUMBERS = 8
};

struct sample {
    struct party server, server6, pinger, pinger6, gateway, dead, scanner;
    struct party phone[PHONES + 1], number[NUMBERS];
    unsigned probes;
};

/* Somebody a phone calls: another phone, or a number behind the gateway. */
#define NUMBER(n) (100 + (n))

static const struct call_row {
    uint16_t at_s;
    uint8_t from, to;
    const struct step *script;
    uint16_t talk_s;
    uint8_t media;
    uint32_t loss_ppm;
    const char *plant, *text;
} calls[] = {
    {42, 0, 1, script_call, 12, MEDIA_BOTH, 0, "media.clean", "a call with media both ways"},
    {55, 2, NUMBER(0), script_call, 95, 0, 0, NULL, NULL},
    {61, 3, 4, script_call_busy, 0, 0, 0, NULL, NULL},
    {70, 5, 6, script_call_b_ends, 40, 0, 0, NULL, NULL},
    {78, 7, NUMBER(1), script_call_cancelled, 0, 0, 0, NULL, NULL},
    {90, 8, 0, script_call, 25, 0, 0, NULL, NULL},
    {97, 18, 9, script_call, 12, MEDIA_BOTH, 60000, "media.loss",
     "a call that loses six of a hundred packets both ways"},
    {110, 10, NUMBER(2), script_call_unavailable, 0, 0, 0, "call.gateway_503",
     "calls that the gateway refuses with 503"},
    {112, 10, NUMBER(2), script_call_unavailable, 0, 0, 0, "call.gateway_503",
     "calls that the gateway refuses with 503"},
    {125, 11, 12, script_call_missing, 0, 0, 0, NULL, NULL},
    {140, 13, NUMBER(3), script_call, 60, 0, 0, NULL, NULL},
    {150, 1, 2, script_call_zero, 0, 0, 0, "call.zero_length", "a call hung up as soon as it was answered"},
    {160, 4, 5, script_call_declined, 0, 0, 0, NULL, NULL},
    {172, 6, 7, script_call, 14, MEDIA_ONE_WAY, 0, "media.one_way", "a call with media from the caller only"},
    {185, 15, 3, script_call_dead, 0, 0, 0, "call.no_response",
     "an INVITE repeated until timer B, without any response"},
    {200, 9, NUMBER(4), script_call, 30, 0, 0, NULL, NULL},
    {210, 8, 13, script_call_timeout, 0, 0, 0, "call.timeout", "a called phone that is silent: 408 from the proxy"},
    {222, 0, 10, script_call_hold, 10, MEDIA_BOTH, 0, "call.hold", "a call put on hold and taken back"},
    {235, 19, 20, script_call, 20, 0, 0, NULL, NULL},
    {248, 2, 11, script_call_redirected, 0, 0, 0, "call.redirected", "a call redirected with 302"},
    {260, 5, 12, script_call_no_ack, 0, 0, 0, "call.ack_missing", "a 200 repeated because ACK never comes"},
    {270, 7, NUMBER(5), script_call_b_ends, 80, 0, 0, NULL, NULL},
    {283, 3, 9, script_call_forked, 35, 0, 0, "call.forked", "a call that rings at two phones, the second answers"},
    {295, 13, 0, script_call_rings_out, 0, 0, 0, NULL, NULL},
    {305, 23, 4, script_call, 45, 0, 0, NULL, NULL},
    {318, 1, 6, script_call_transfer, 12, 0, 0, "call.transfer", "a call transferred with REFER"},
    {330, 12, 8, script_call_cancelled, 0, 0, 0, NULL, NULL},
    {341, 21, NUMBER(6), script_call, 50, 0, 0, NULL, NULL},
    {352, 10, 2, script_call_busy, 0, 0, 0, NULL, NULL},
    {364, 4, 15, script_call_repeated, 20, 0, 0, "call.slow_server", "an INVITE repeated before the server answers"},
    {380, 0, 11, script_call, 33, 0, 0, NULL, NULL},
    {395, 9, NUMBER(7), script_call_cancelled, 0, 0, 0, NULL, NULL},
    {410, 5, 23, script_call, 28, 0, 0, NULL, NULL},
    {425, 6, 1, script_call_b_ends, 42, 0, 0, NULL, NULL},
    {440, 18, 3, script_call_missing, 0, 0, 0, NULL, NULL},
    {455, 13, NUMBER(1), script_call_unavailable, 0, 0, 0, "call.gateway_503",
     "calls that the gateway refuses with 503"},
    {470, 2, 7, script_call, 55, 0, 0, NULL, NULL},
    {490, 8, 19, script_call, 22, 0, 0, NULL, NULL},
    {510, 12, 10, script_call_busy, 0, 0, 0, NULL, NULL},
    {530, 11, NUMBER(0), script_call, 18, 0, 0, NULL, NULL},
    {545, 0, 5, script_call, 900, 0, 0, "call.ongoing", "a call that goes on when the capture ends"},
    {598, 6, 9, script_call, 5, 0, 0, "call.unfinished", "a call still being set up when the capture ends"},
};

static const char mwi[] =
    "Messages-Waiting: yes\r\nMessage-Account: sip:voicemail@example.com\r\nVoice-Message: 2/5 (0/0)\r\n";
static const char sipfrag[] = "SIP/2.0 200 OK\r\n";

static void plant(struct sim *s, const struct flow *f, const char *id, const char *text)
{
    char key[SYNTH_KEY_MAX];
    flow_call_id(f, key);
    synth_truth_plant(s->truth, id, text, key);
}

static struct party *called(struct sample *w, unsigned to)
{
    if (to >= NUMBER(0))
        return &w->number[to - NUMBER(0)];
    return &w->phone[to <= PHONES ? to : PHONES];
}

static void do_call(struct sim *s, void *obj, uint32_t row)
{
    struct sample *w = s->workload;
    const struct call_row *r = &calls[row];
    bool dead = r->script == script_call_dead;
    struct flow *f = flow_new(s, &w->phone[r->from], dead ? &w->dead : &w->server, called(w, r->to));
    if (!f)
        return;
    f->direct = dead;
    f->c = &w->phone[SECOND_DEVICE];
    f->redirected_to = &w->number[0];
    f->refer_to = "<sip:+12025550142@example.com>";
    f->event = "refer";
    f->body = sipfrag;
    f->body_type = "message/sipfrag;version=2.0";
    f->talk_ns = r->talk_s * NS_PER_S;
    f->media = (enum flow_media)r->media;
    f->media_loss_ppm = r->loss_ppm;
    f->media_a = f->a->addr;
    f->media_b = f->b->addr;
    f->media_a.port = (uint16_t)(30000 + row * 8);
    f->media_b.port = (uint16_t)(20000 + row * 8);
    if (r->plant)
        plant(s, f, r->plant, r->text);
    flow_start(s, f, r->script, s->now);
}

/* The IPv6 phone and the gateway have a call of their own: a proxy that changes the IP version is another story. */
static void do_call_ip6(struct sim *s, void *obj, uint32_t arg)
{
    struct sample *w = s->workload;
    struct flow *f = flow_new(s, &w->phone[IPV6_PHONE], &w->server6, &w->server6);
    if (!f)
        return;
    f->direct = true;
    f->media_a = f->a->addr;
    f->media_b = w->server6.addr;
    f->media_a.port = 31000;
    f->media_b.port = 32000;
    f->talk_ns = 21 * NS_PER_S;
    plant(s, f, "call.ip6", "a call over IPv6");
    flow_start(s, f, script_call_direct, s->now);
}

static const struct step *register_script(struct sim *s, unsigned i, uint32_t round)
{
    if (i == WRONG_PASSWORD)
        return s->now < s->until - 150 * NS_PER_S ? script_wrong_password : script_forbidden;
    if (i == DEAD_SERVER_PHONE)
        return script_register_dead;
    if (i == LEAVING_PHONE && round == 4)
        return script_unregister;
    if (round == 0 || i % 3 == 0)
        return script_register;
    return round == 3 && i < 8     ? script_register_slow
           : round == 2 && i == 10 ? script_stale_nonce
                                   : script_register_known;
}

static void plant_registration(struct sim *s, const struct flow *f, const struct step *script)
{
    if (script == script_wrong_password || script == script_forbidden)
        plant(s, f, "register.wrong_password", "registrations refused because the password is wrong");
    else if (script == script_register_dead)
        plant(s, f, "register.no_response", "registrations that nobody answers");
    else if (script == script_register_slow)
        plant(s, f, "register.slow_server", "registrations repeated before the server answers");
}

static void do_register(struct sim *s, void *obj, uint32_t round)
{
    struct sample *w = s->workload;
    struct party *p = obj;
    unsigned i = (unsigned)(p - w->phone);
    const struct step *script = register_script(s, i, round);
    struct party *registrar = i == DEAD_SERVER_PHONE ? &w->dead : i == IPV6_PHONE ? &w->server6 : &w->server;
    bool challenged = script == script_register || script == script_wrong_password || script == script_forbidden ||
                      script == script_stale_nonce;
    struct flow *f = flow_begin_series(s, p, registrar, script, SERIES_REGISTER, challenged);
    if (!f)
        return;
    plant_registration(s, f, script);
    unsigned pause = i == WRONG_PASSWORD ? 30 : i == DEAD_SERVER_PHONE ? 95 : 110;
    if (script != script_unregister)
        sim_after(s, (pause + (int64_t)rng_below(&s->rng, 6)) * NS_PER_S, do_register, p, round + 1);
}

static void do_ping(struct sim *s, void *obj, uint32_t arg)
{
    struct sample *w = s->workload;
    struct party *p = obj;
    bool ip6 = !ip_is_v4(&p->addr.ip);
    struct flow *f = flow_new(s, p, ip6 ? &w->server6 : &w->server, ip6 ? &w->pinger6 : &w->pinger);
    if (!f)
        return;
    f->direct = true;
    f->maker = f->proxy;
    flow_start(s, f, script_options_ping, s->now);
    sim_after(s, 60 * NS_PER_S, do_ping, p, 0);
}

static void do_crlf(struct sim *s, void *obj, uint32_t arg)
{
    struct sample *w = s->workload;
    wire_send_crlf(s, obj, &w->server);
    sim_after(s, 30 * NS_PER_S, do_crlf, obj, 0);
}

static void do_subscribe(struct sim *s, void *obj, uint32_t arg)
{
    struct sample *w = s->workload;
    struct flow *f = flow_begin(s, obj, &w->server, obj, script_subscribe);
    if (!f)
        return;
    f->event = "message-summary";
    f->body = mwi;
    f->body_type = "application/simple-message-summary";
}

static void do_message(struct sim *s, void *obj, uint32_t to)
{
    struct sample *w = s->workload;
    struct flow *f = flow_begin(s, obj, &w->server, &w->phone[to], script_message);
    if (!f)
        return;
    f->body = "Lunch at half past twelve?";
    f->body_type = "text/plain";
}

static void do_scan(struct sim *s, void *obj, uint32_t arg)
{
    struct sample *w = s->workload;
    const struct step *script = w->probes < 10   ? script_scan_options
                                : w->probes < 45 ? script_scan_register
                                                 : script_scan_invite;
    struct flow *f = flow_begin(s, &w->scanner, &w->server, &w->scanner, script);
    if (!f)
        return;
    f->media_a = w->scanner.addr;
    if (w->probes == 0)
        synth_truth_plant(s->truth, "scan", "a scanner that tries OPTIONS, REGISTER and INVITE", "203.0.113.66");
    if (++w->probes < 60)
        sim_after(s, 70 * NS_PER_MS, do_scan, NULL, 0);
}

/* Three messages that break the grammar, as fuzzers and broken stacks send them. */
static void do_malformed(struct sim *s, void *obj, uint32_t which)
{
    static const struct {
        enum sip_method method;
        const char *call_id, *text;
    } bad[] = {
        {SIP_M_OPTIONS, "too-long@example.net",
         "OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.80:5060;branch=z9hG4bKlong1\r\nMax-Forwards: "
         "70\r\n"
         "From: <sip:probe@example.net>;tag=77a1\r\nTo: <sip:example.com>\r\nCall-ID: too-long@example.net\r\nCSeq: 1 "
         "OPTIONS\r\n"
         "Content-Type: text/plain\r\nContent-Length: 9999\r\n\r\nshort"},
        {SIP_M_INVITE, NULL,
         "INVITE sip:1001@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.80:5060\r\nFrom: sip:probe@example.net\r\n"
         "To: <sip:1001@example.com\r\nCSeq: none INVITE\r\nContact: *\r\nContent-Length: 0\r\n\r\n"},
        {SIP_M_UNKNOWN, "port-in-method@example.net",
         "RE:50004GISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP "
         "203.0.113.80:5060;branch=z9hG4bKport1\r\nMax-Forwards: 70\r\n"
         "From: <sip:1002@example.com>;tag=77a2\r\nTo: <sip:1002@example.com>\r\nCall-ID: "
         "port-in-method@example.net\r\n"
         "CSeq: 1 RE:50004GISTER\r\nContent-Length: 0\r\n\r\n"},
    };
    struct sample *w = s->workload;
    struct party sender = w->scanner;
    sender.addr = sender.local = endpoint_v4(203, 0, 113, 80, 5060);
    buf_reset(&s->text);
    buf_str(&s->text, bad[which].text);
    struct wire_note note = {.method = (uint8_t)bad[which].method, .malformed = true};
    wire_send(s, &sender, &w->server, &note);
    s->truth->call_ids += bad[which].call_id != NULL;
    synth_truth_plant(s->truth, "message.malformed", "messages that break the grammar", bad[which].call_id);
}

static struct endpoint endpoint_v6(unsigned last, unsigned port)
{
    uint8_t b[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1};
    b[15] = (uint8_t)last;
    return (struct endpoint){ip_from_v6(b), (uint16_t)port};
}

static void make_servers(struct sim *s, struct sample *w)
{
    party_init(s, &w->server, "", "", "example.com", AGENT_PROXY, endpoint_v4(192, 0, 2, 10, 5060));
    party_init(s, &w->server6, "600", "", "example.com", AGENT_PROXY, endpoint_v6(0x10, 5060));
    party_init(s, &w->pinger, "pinger", "", "example.com", AGENT_PROXY, w->server.addr);
    party_init(s, &w->pinger6, "pinger", "", "example.com", AGENT_PROXY, w->server6.addr);
    w->pinger6.seen = true; /* the same address of record */
    party_init(s, &w->gateway, "", "", "example.com", AGENT_GATEWAY, endpoint_v4(192, 0, 2, 20, 5060));
    party_init(s, &w->dead, "", "", "example.com", AGENT_PROXY, endpoint_v4(192, 0, 2, 99, 5060));
    party_init(s, &w->scanner, "100", "scan", "example.com", AGENT_SCANNER, endpoint_v4(203, 0, 113, 66, 5071));
    for (unsigned i = 0; i < NUMBERS; i++) {
        char user[PARTY_USER];
        snprintf(user, sizeof user, i % 2 ? "+1202555%04u" : "+441632960%03u", 120 + i * 3);
        party_init(s, &w->number[i], user, "", "example.com", AGENT_GATEWAY, w->gateway.addr);
    }
}

/* Office and branch have public addresses, four phones sit at home behind one translator. */
static void make_phone(struct sim *s, struct sample *w, unsigned i)
{
    static const char *const names[PHONES] = {"Ada",   "Ben",  "Cleo", "Dan",  "Eva", "Finn", "Gina", "Hugo",
                                              "Ida",   "Jon",  "Kira", "Leo",  "Mia", "Nils", "Olga", "Paul",
                                              "Quinn", "Rosa", "Sam",  "Tina", "Udo", "Vera", "Will", "Xenia"};
    struct party *p = &w->phone[i];
    char user[PARTY_USER];
    snprintf(user, sizeof user, "%u", 1001 + (i == SECOND_DEVICE ? 9 : i));
    bool home = i >= NAT_FIRST && i <= NAT_LAST;
    struct endpoint at = i == IPV6_PHONE                ? endpoint_v6(0x21, 5060)
                         : home                         ? endpoint_v4(203, 0, 113, 7, 41000 + i * 10)
                         : i < 10 || i == SECOND_DEVICE ? endpoint_v4(192, 0, 2, 101 + i, 5060)
                                                        : endpoint_v4(198, 51, 100, 20 + i, 5060);
    party_init(s, p, user, i == SECOND_DEVICE ? names[9] : names[i], "example.com", i % AGENT_PHONES, at);
    if (home)
        p->local = endpoint_v4(192, 168, 178, 2 + i, 5060);
    p->expires = 180;
    if (i == TCP_PHONE)
        p->conn = conn_new(s, &p->addr, &w->server.addr, false);
    if (i == SECOND_DEVICE) {
        p->seen = true; /* the same user at another desk */
        return;
    }
    sim_after(s, (1 + i) * NS_PER_S + rng_between(&s->rng, 0, 900) * NS_PER_MS, do_register, p, 0);
    if (i != DEAD_SERVER_PHONE && i != WRONG_PASSWORD)
        sim_after(s, (30 + i) * NS_PER_S, do_ping, p, 0);
    if (home)
        sim_after(s, (31 + i) * NS_PER_S + 300 * NS_PER_MS, do_crlf, p, 0);
    if (i % 5 == 2 && i != IPV6_PHONE && i != DEAD_SERVER_PHONE)
        sim_after(s, (35 + i) * NS_PER_S + 500 * NS_PER_MS, do_subscribe, p, 0);
}

bool workload_sample(struct sim *s, const struct synth_options *o)
{
    struct sample *w = s->workload = sim_keep(s, sizeof *w);
    if (!w)
        return false;
    int64_t start = s->now;
    s->until = start + LENGTH_S * NS_PER_S;
    make_servers(s, w);
    for (unsigned i = 0; i <= PHONES && !s->failed; i++)
        make_phone(s, w, i);
    for (uint32_t i = 0; i < sizeof calls / sizeof *calls; i++)
        sim_at(s, start + calls[i].at_s * NS_PER_S + 137 * NS_PER_MS, do_call, NULL, i);
    sim_at(s, start + 288 * NS_PER_S, do_call_ip6, NULL, 0);
    sim_at(s, start + 205 * NS_PER_S, do_message, &w->phone[4], 1);
    sim_at(s, start + 214 * NS_PER_S, do_message, &w->phone[1], 4);
    sim_at(s, start + 402 * NS_PER_S, do_scan, NULL, 0);
    for (uint32_t i = 0; i < 3; i++)
        sim_at(s, start + (430 + i * 4) * NS_PER_S, do_malformed, NULL, i);
    return !s->failed;
}
