/* Media above all: 200 calls through a proxy, G.711 both ways, as long as packets are asked for. */
#include "synth/scripts.h"
#include "synth/tcp.h"
#include "synth/workload.h"

#include <stdio.h>

enum { CALLS = 200, PACKETS_PER_SECOND = CALLS * 100, START_MS = 25 };

struct rtp_load {
    struct party server, a[CALLS], b[CALLS];
};

static bool make_party(struct sim *s, struct rtp_load *w, struct party *p, unsigned i, bool caller)
{
    char user[PARTY_USER];
    snprintf(user, sizeof user, "%u", (caller ? 1000 : 3000) + i);
    party_init(s, p, user, "", "example.com", i % AGENT_PHONES,
               endpoint_v4(198, caller ? 18 : 19, i / 100, 1 + i % 100, 5060));
    if (s->tcp)
        p->conn = conn_new(s, &p->addr, &w->server.addr, true);
    return !s->failed;
}

static bool start_call(struct sim *s, struct rtp_load *w, unsigned i, int64_t talk_ns)
{
    struct flow *f = flow_new(s, &w->a[i], &w->server, &w->b[i]);
    if (!f)
        return false;
    f->media = MEDIA_BOTH;
    f->media_loss_ppm = 1000;
    f->media_a = w->a[i].addr;
    f->media_b = w->b[i].addr;
    f->media_a.port = (uint16_t)(16384 + i * 4);
    f->media_b.port = (uint16_t)(32768 + i * 4);
    f->talk_ns = talk_ns + rng_between(&s->rng, 0, NS_PER_S);
    flow_start(s, f, script_call_plain, s->now + i * START_MS * NS_PER_MS + rng_between(&s->rng, 0, 20) * NS_PER_MS);
    return true;
}

bool workload_rtp(struct sim *s, const struct synth_options *o)
{
    struct rtp_load *w = s->workload = sim_keep(s, sizeof *w);
    if (!w)
        return false;
    party_init(s, &w->server, "", "", "example.com", AGENT_PROXY, endpoint_v4(192, 0, 2, 10, 5060));
    int64_t talk_ns = (int64_t)(s->max_packets / PACKETS_PER_SECOND) * NS_PER_S;
    for (unsigned i = 0; i < CALLS; i++)
        if (!make_party(s, w, &w->a[i], i, true) || !make_party(s, w, &w->b[i], i, false) ||
            !start_call(s, w, i, talk_ns))
            return false;
    return true;
}
