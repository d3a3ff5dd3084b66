#include "synth/synth.h"

#include "synth/flow.h"
#include "synth/tcp.h"
#include "synth/workload.h"

#include <stdio.h>

#define START_NS (1768467600 * NS_PER_S) /* 2026-01-15T09:00:00Z */

static const struct synth_workload workloads[] = {
    {"sample", "ten minutes of a small company with the troubles that every voice network knows", 0, "messages"},
    {"open-server", "a public SIP service: 3000 phones that register, are pinged and subscribe, a few calls, scanners",
     1000000, "messages"},
    {"rtp", "200 calls with G.711 both ways, reports, jitter and 0.1 % loss", 2000000, "packets"},
};

static const workload_fn starts[] = {workload_sample, workload_open_server, workload_rtp};

const struct synth_workload *synth_workloads(size_t *n)
{
    *n = sizeof workloads / sizeof *workloads;
    return workloads;
}

static uint64_t length_of(const struct synth_workload *w, const struct synth_options *o)
{
    if (o->count || !w->size)
        return o->count;
    double n = (double)w->size * (o->scale > 0 ? o->scale : 1);
    return n < 1 ? 1 : n > 1e15 ? (uint64_t)1e15 : (uint64_t)n;
}

static bool run(struct sim *s, workload_fn start, const struct synth_options *o, struct err *e)
{
    bool ok = start(s, o) && sim_run(s);
    if (ok) {
        conn_flush_all(s);
        flow_count_alive(s);
    }
    if (ok && !s->failed)
        return true;
    if (s->refused)
        return e->text[0] ? false : err_set(e, EXIT_IO, "%s: writing was refused", o->workload);
    return err_set(e, EXIT_IO, "%s: no memory", o->workload);
}

bool synth_run(const struct synth_options *o, struct synth_truth *truth, struct err *e)
{
    memset(truth, 0, sizeof *truth);
    size_t n = sizeof workloads / sizeof *workloads, i = 0;
    while (i < n && (!o->workload || strcmp(workloads[i].name, o->workload) != 0))
        i++;
    if (i == n)
        return err_set(e, EXIT_USAGE, "%s: no such workload", o->workload ? o->workload : "(none)");
    if (o->tcp && starts[i] == workload_sample)
        return err_set(e, EXIT_USAGE, "%s: has its own mix of transports", o->workload);
    snprintf(truth->workload, sizeof truth->workload, "%s", workloads[i].name);
    truth->seed = o->seed;
    e->text[0] = 0;
    struct sim s;
    bool ok = sim_init(&s, o, truth, START_NS);
    uint64_t length = length_of(&workloads[i], o);
    if (workloads[i].unit[0] == 'm')
        s.max_messages = length;
    else
        s.max_packets = length;
    ok = ok ? run(&s, starts[i], o, e) : err_set(e, EXIT_IO, "%s: no memory", o->workload);
    sim_release(&s);
    return ok;
}
