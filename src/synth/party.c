#include "synth/party.h"

#include <stdio.h>

/* Letters of `order`: V Via, R Record-Route and Route, M Max-Forwards, F From, T To, I Call-ID, C CSeq, N Contact,
 * E Expires, U User-Agent or Server, A Allow, S Supported, K Accept, H credentials or challenge, X what the message is
 * about (Event, Refer-To, ...), L body headers. All must be there once. */
static const char allow_long[] = "INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO";
static const char allow_update[] =
    "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, MESSAGE, UPDATE, REFER, NOTIFY, SUBSCRIBE, PRACK";
static const char allow_short[] = "INVITE,ACK,BYE,CANCEL,OPTIONS,NOTIFY,REFER";

static const struct agent agents[AGENT_COUNT] = {
    {"Yealink SIP-T46S 66.86.0.15", "VRFTICNHKAMUESXL", allow_update, NULL, "application/sdp",
     "talk,hold,conference,refer,check-sync", "9 0 8 18 101", 0, .rport = true, .qop = true},
    {"Grandstream GXP2170 1.0.11.64", "VRFTICNMHEXUSAL", allow_long, "replaces, path, timer", NULL, NULL,
     "0 8 4 18 9 101", 1, .rport = true},
    {"snomD385/10.1.84.12", "VRFTICMUNXASKHEL", allow_long, "timer, replaces, from-change", "application/sdp",
     "talk,hold,refer,call-info", "9 0 8 3 101", 2, .rport = true, .qop = true},
    {"PolycomVVX-VVX_410-UA/5.9.6.2327", "VRFTCINAUSXMHEL", allow_update, "100rel,timer,replaces,norefersub", NULL,
     "conference,talk,hold", "9 0 8 101", 3},
    {"Linphone-Desktop/5.1.2 (workstation) belle-sip/5.2.98", "VRFTCIMSANEXUHL", allow_long,
     "replaces, outbound, gruu, path", NULL, NULL, "0 8 101", 4, .rport = true, .qop = true},
    {"Cisco/SPA504G-7.6.2c", "VRFTICMHNEXUASL", allow_short, "replaces", NULL, "dialog", "0 2 8 18 101", 3},
    {"MicroSIP/3.21.3", "VMFTICXNEASUHRL", allow_long, "replaces, 100rel, norefersub", NULL,
     "presence,message-summary,refer", "8 0 101", 0, .rport = true},
    {"baresip v3.10.1 (x86_64/Linux)", "VNMRFTICUASXHEL", allow_short, "gruu,outbound", NULL, NULL, "0 8 101", 4,
     .rport = true, .qop = true},
    {"Zoiper v2.10.20.4", "VMRNTFICEXASUHKL", allow_long, "replaces, norefersub, extended-refer, timer",
     "application/sdp", "presence,kpml,talk", "3 0 8 101", 1, .rport = true},
    {"Fanvil X4U 2.12.1", "VRFTICNMEXSAUHL", allow_update, "replaces, timer", NULL,
     "talk,hold,conference,refer,check-sync", "8 0 9 18 101", 2, .rport = true, .qop = true},
    {"mobile-client/4.2 (compact)", "VFTICMNERXUSAHL", NULL, "path", NULL, NULL, "0 101", 1, .compact = true,
     .rport = true},
    {"AVM FRITZ!Box 7590 154.07.57", "VRFTICNMUESAXHKL", allow_long, "100rel,replaces,timer", "application/sdp",
     "telephone-event,refer,reg", "8 0 101", 0, .rport = true},
    {"Asterisk PBX 18.10.0", "VMRFTNICUHXEASL", allow_short, "replaces, timer", NULL, "message-summary,presence,dialog",
     "0 8 3 101", 4, .rport = true, .qop = true},
    [AGENT_PROXY] = {"kamailio (5.6.3 (x86_64/linux))", "VRFTICNEHXMAKSUL", NULL, NULL, NULL, NULL, "0 8", 2,
                     .rport = true},
    [AGENT_GATEWAY] = {"media-gateway/7.2", "VRMFTICNASUHEXL", allow_update, "timer,100rel", NULL, NULL, "8 0 101", 1},
    [AGENT_SCANNER] = {"friendly-scanner", "VFTCINUMAKHESXRL", NULL, NULL, "application/sdp", NULL, "0", 0,
                       .rport = true},
};

const struct agent *agent_of(unsigned kind)
{
    return &agents[kind < AGENT_COUNT ? kind : 0];
}

void party_init(struct sim *s, struct party *p, const char *user, const char *name, const char *domain, unsigned agent,
                struct endpoint addr)
{
    *p = (struct party){.addr = addr, .local = addr, .agent = agent_of(agent), .domain = domain, .tcp = s->tcp};
    snprintf(p->user, sizeof p->user, "%s", user);
    snprintf(p->name, sizeof p->name, "%s", name);
    p->id = rng_next(&s->rng);
    p->nonce = rng_next(&s->rng);
    for (unsigned i = 0; i < SERIES_KINDS; i++)
        p->series[i] = (struct series){rng_next(&s->rng), (uint32_t)rng_between(&s->rng, 1, 2000),
                                       (uint32_t)rng_between(&s->rng, 1, 2000), false};
    p->nc = (uint32_t)rng_between(&s->rng, 0, 40);
    p->expires = 3600;
}

struct endpoint endpoint_v4(unsigned a, unsigned b, unsigned c, unsigned d, unsigned port)
{
    const uint8_t octet[4] = {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d};
    return (struct endpoint){ip_from_v4(octet), (uint16_t)port};
}
