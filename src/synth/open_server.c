/* An open SIP service: 3000 phones all over the net, most of them behind address translation, that mostly register,
 * are pinged, and subscribe; few calls; some scanners. About 440 messages a second. */
#include "synth/scripts.h"
#include "synth/tcp.h"
#include "synth/wire.h"
#include "synth/workload.h"

#include <stdio.h>

enum { USERS = 3000, SCANNERS = 4, NUMBERS = 200, NATS = 50 };

/* Mean pauses in seconds and the share of phones that do it; together they make the mix of messages. */
enum {
    REGISTER_S = 60,
    REGISTER_CHALLENGED_PPM = 660000,
    PING_S = 60,
    PING_DEAD_PPM = 2000,
    SUBSCRIBE_S = 144,
    SUBSCRIBE_CHALLENGED_PPM = 255000,
    NOTIFY_S = 20,
    NOTIFY_EVERY = 7, /* every seventh phone */
    PUBLISH_S = 270,
    PUBLISH_EVERY = 10,
    CRLF_S = 29,
    CRLF_EVERY = 10,
    CALL_MS = 740,
    TALK_S = 75,
    SCAN_PAUSE_S = 45,
    SCAN_PROBES = 180,
    SCAN_STEP_MS = 60
};

struct open_server {
    struct party server, gateway, scanner[SCANNERS], pinger;
    struct party *user;
    struct party number[NUMBERS]; /* of the telephone network, reached through the gateway */
    uint32_t probes_left, probe_kind;
    struct party *scanning;
};

static const char *const domains[3] = {"example.com", "example.net", "example.org"};
static const char mwi[] =
    "Messages-Waiting: no\r\nMessage-Account: sip:voicemail@example.com\r\nVoice-Message: 0/3 (0/0)\r\n";
static const char presence[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<presence "
                               "xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"pres:user@example.com\">\r\n"
                               "<tuple id=\"t1\"><status><basic>open</basic></status></tuple>\r\n</presence>\r\n";

static bool connect_party(struct sim *s, struct party *p, const struct party *server)
{
    if (s->tcp)
        p->conn = conn_new(s, &p->addr, &server->addr, true);
    return !s->failed;
}

/* Two of three phones sit behind a translator of their own or a shared one and know a private address only. */
static bool make_user(struct sim *s, struct open_server *w, unsigned i)
{
    struct party *p = &w->user[i];
    char user[PARTY_USER], name[PARTY_NAME];
    snprintf(user, sizeof user, "%u", 10000 + i * 7);
    snprintf(name, sizeof name, "Phone %u", 10000 + i * 7);
    unsigned nat = (unsigned)rng_below(&s->rng, NATS);
    struct endpoint at = i % 3 == 2 ? endpoint_v4(198, 19, 0, 1 + nat, 40000 + i * 6)
                                    : endpoint_v4(198, 18, i / 250, 1 + i % 250,
                                                  i % 2 ? 5060 : 40000 + (unsigned)rng_below(&s->rng, 20000));
    party_init(s, p, user, i % 3 ? "" : name, domains[i % 8 < 6 ? 0 : i % 8 - 5], i % AGENT_PHONES, at);
    if (i % 3)
        p->local = endpoint_v4(192, 168, i % 3, 2 + i % 250, 5060);
    p->expires = i % 5 ? 120 : 180;
    return connect_party(s, p, &w->server);
}

/* mean +- a quarter: timers of real phones are neither exact nor exponential */
static void again(struct sim *s, unsigned mean_s, sim_fn fn, void *obj)
{
    int64_t mean = (int64_t)mean_s * NS_PER_S;
    sim_after(s, rng_between(&s->rng, mean * 3 / 4, mean * 5 / 4), fn, obj, 0);
}

static void do_register(struct sim *s, void *obj, uint32_t arg)
{
    struct open_server *w = s->workload;
    struct party *p = obj;
    bool challenged = rng_chance(&s->rng, REGISTER_CHALLENGED_PPM);
    if (flow_begin_series(s, p, &w->server, challenged ? script_register : script_register_known, SERIES_REGISTER,
                          challenged))
        again(s, REGISTER_S, do_register, p);
}

static void do_ping(struct sim *s, void *obj, uint32_t arg)
{
    struct open_server *w = s->workload;
    bool dead = rng_chance(&s->rng, PING_DEAD_PPM);
    struct flow *f = flow_begin(s, obj, &w->server, &w->pinger, dead ? script_options_ping_dead : script_options_ping);
    if (!f)
        return;
    f->direct = true;
    f->maker = &w->server;
    again(s, PING_S, do_ping, obj);
}

static void do_subscribe(struct sim *s, void *obj, uint32_t arg)
{
    struct open_server *w = s->workload;
    struct party *p = obj;
    bool challenged = rng_chance(&s->rng, SUBSCRIBE_CHALLENGED_PPM);
    struct flow *f = flow_begin_series(s, p, &w->server, challenged ? script_subscribe : script_subscribe_known,
                                       SERIES_SUBSCRIBE, challenged);
    if (!f)
        return;
    f->expires = 3600;
    f->event = "message-summary";
    f->body = mwi;
    f->body_type = "application/simple-message-summary";
    again(s, SUBSCRIBE_S, do_subscribe, p);
}

static void do_notify(struct sim *s, void *obj, uint32_t arg)
{
    struct open_server *w = s->workload;
    struct flow *f = flow_begin_series(s, obj, &w->server, script_notify_keepalive, SERIES_NOTIFY, false);
    if (!f)
        return;
    f->event = "keep-alive";
    again(s, NOTIFY_S, do_notify, obj);
}

static void do_publish(struct sim *s, void *obj, uint32_t arg)
{
    struct open_server *w = s->workload;
    struct flow *f = flow_begin(s, obj, &w->server, obj, script_publish);
    if (!f)
        return;
    f->event = "presence";
    f->body = presence;
    f->body_type = "application/pidf+xml";
    again(s, PUBLISH_S, do_publish, obj);
}

static void do_crlf(struct sim *s, void *obj, uint32_t arg)
{
    struct open_server *w = s->workload;
    wire_send_crlf(s, obj, &w->server);
    again(s, CRLF_S, do_crlf, obj);
}

static const struct step *call_script(struct sim *s)
{
    static const struct {
        uint32_t share;
        const struct step *script;
    } kinds[] = {{42, script_call},           {18, script_call_b_ends}, {14, script_call_cancelled},
                 {10, script_call_busy},      {6, script_call_missing}, {5, script_call_declined},
                 {5, script_call_unavailable}};
    uint32_t x = (uint32_t)rng_below(&s->rng, 100), i = 0;
    while (x >= kinds[i].share)
        x -= kinds[i++].share;
    return kinds[i].script;
}

static void do_call(struct sim *s, void *obj, uint32_t arg)
{
    struct open_server *w = s->workload;
    struct party *a = &w->user[rng_below(&s->rng, USERS)], *b = &w->user[rng_below(&s->rng, USERS)];
    if (rng_chance(&s->rng, 400000))
        b = &w->number[rng_below(&s->rng, NUMBERS)];
    struct flow *f = a == b ? NULL : flow_new(s, a, &w->server, b);
    if (f) {
        f->talk_ns = rng_exponential(&s->rng, TALK_S * NS_PER_S) + NS_PER_S;
        f->media_a = a->addr;
        f->media_b = b->addr;
        f->media_a.port = (uint16_t)(16384 + rng_below(&s->rng, 8000) * 2);
        f->media_b.port = (uint16_t)(16384 + rng_below(&s->rng, 8000) * 2);
        flow_start(s, f, call_script(s), s->now);
    }
    sim_after(s, rng_exponential(&s->rng, CALL_MS * NS_PER_MS), do_call, NULL, 0);
}

static void do_scan(struct sim *s, void *obj, uint32_t arg)
{
    struct open_server *w = s->workload;
    static const struct step *const script[3] = {script_scan_options, script_scan_register, script_scan_invite};
    if (!w->probes_left) {
        w->probes_left = SCAN_PROBES;
        w->probe_kind = (w->probe_kind + 1) % 3;
        w->scanning = &w->scanner[rng_below(&s->rng, SCANNERS)];
    }
    struct party *p = w->scanning;
    struct flow *f = flow_begin(s, p, &w->server, p, script[w->probe_kind]);
    if (!f)
        return;
    f->media_a = p->addr;
    w->probes_left--;
    sim_after(s, w->probes_left ? SCAN_STEP_MS * NS_PER_MS : SCAN_PAUSE_S * NS_PER_S, do_scan, NULL, 0);
}

/* Any phase of its period: the service has run for long when the capture begins. */
static void first(struct sim *s, unsigned mean_s, sim_fn fn, void *obj)
{
    sim_after(s, rng_between(&s->rng, 0, (int64_t)mean_s * NS_PER_S), fn, obj, 0);
}

static void start_user(struct sim *s, struct party *p, unsigned i)
{
    first(s, REGISTER_S, do_register, p);
    first(s, PING_S, do_ping, p);
    first(s, SUBSCRIBE_S, do_subscribe, p);
    if (i % NOTIFY_EVERY == 0)
        first(s, NOTIFY_S, do_notify, p);
    if (i % PUBLISH_EVERY == 1)
        first(s, PUBLISH_S, do_publish, p);
    if (i % CRLF_EVERY == 2)
        first(s, CRLF_S, do_crlf, p);
}

static bool make_servers(struct sim *s, struct open_server *w)
{
    party_init(s, &w->server, "", "", domains[0], AGENT_PROXY, endpoint_v4(192, 0, 2, 10, 5060));
    party_init(s, &w->pinger, "pinger", "", domains[0], AGENT_PROXY, w->server.addr);
    party_init(s, &w->gateway, "", "", domains[0], AGENT_GATEWAY, endpoint_v4(192, 0, 2, 20, 5060));
    if (!connect_party(s, &w->gateway, &w->server))
        return false;
    for (unsigned i = 0; i < NUMBERS; i++) {
        char user[PARTY_USER];
        snprintf(user, sizeof user, i % 2 ? "+1202555%04u" : "+441632960%03u", i % 2 ? 100 + i / 2 : i);
        party_init(s, &w->number[i], user, "", domains[0], AGENT_GATEWAY, w->gateway.addr);
        w->number[i].conn = w->gateway.conn;
    }
    for (unsigned i = 0; i < SCANNERS; i++) {
        party_init(s, &w->scanner[i], "100", "sipvicious", domains[0], AGENT_SCANNER,
                   endpoint_v4(203, 0, 113, 60 + i, 5060 + i * 11));
        if (!connect_party(s, &w->scanner[i], &w->server))
            return false;
    }
    return true;
}

bool workload_open_server(struct sim *s, const struct synth_options *o)
{
    struct open_server *w = s->workload = sim_keep(s, sizeof *w);
    struct party *users = w ? sim_keep(s, USERS * sizeof *users) : NULL;
    if (!users || !make_servers(s, w))
        return false;
    w->user = users;
    s->repeat_ppm = 9000;
    for (unsigned i = 0; i < USERS; i++) {
        if (!make_user(s, w, i))
            return false;
        start_user(s, &users[i], i);
    }
    do_call(s, NULL, 0);
    sim_after(s, 5 * NS_PER_S, do_scan, NULL, 0);
    return !s->failed;
}
