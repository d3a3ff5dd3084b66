/* synth: traffic with a known truth. */
#include "base/mem.h"
#include "base/packet.h"
#include "capture/writer.h"
#include "cmd/own.h"
#include "cmd/run.h"
#include "synth/synth.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define S(member) offsetof(struct synth_own, member)
const struct option synth_options[] = {
    {"output", 'w', 'o', OPTION_TEXT, S(output), "FILE", "the capture to write; .pcap makes pcap, else pcapng; .gz and .zst compress", NULL},
    {"truth", 0, 0, OPTION_TEXT, S(truth), "FILE", "what is in it, as JSON", NULL},
    {"seed", 0, 0, OPTION_COUNT, S(seed), "N", "another seed makes other traffic; default: 1", NULL},
    {"scale", 0, 0, OPTION_NUMBER, S(scale), "X", "this many times the usual length", NULL},
    {"count", 0, 0, OPTION_COUNT, S(count), "N", "this many messages (or packets, see --list)", NULL},
    {"transport", 0, 0, OPTION_TEXT, S(transport), "udp|tcp", "what SIP runs over; default: udp", NULL},
    {"quiet", 'q', 0, OPTION_FLAG, S(quiet), NULL, "do not tell what was written", NULL},
    {"list", 0, 0, OPTION_FLAG, S(list), NULL, "list the workloads", NULL},
    {0},
};

enum { LINKTYPE_ETHERNET = 1 };

struct synth_run {
    struct capture_writer *writer;
    struct err *e;
};

static int print_workloads(void)
{
    size_t n;
    const struct synth_workload *w = synth_workloads(&n);
    for (size_t i = 0; i < n; i++) {
        printf("%-14s %s", w[i].name, w[i].meaning);
        if (w[i].size)
            printf(" (%" PRIu64 " %s)", w[i].size, w[i].unit);
        printf("\n");
    }
    return EXIT_DONE;
}

static bool emit(void *ctx, int64_t ts_ns, const uint8_t *packet, size_t n)
{
    struct synth_run *r = ctx;
    struct packet p = {.ts_ns = ts_ns, .data = packet, .caplen = (uint32_t)n, .len = (uint32_t)n, .link_type = LINKTYPE_ETHERNET,
                       .ts_digits = 6};
    if (*stop_flag())
        return err_set(r->e, EXIT_PARTIAL, "stopped");
    return capture_write(r->writer, &p, r->e);
}

static bool write_truth(const struct synth_truth *truth, const char *path, struct err *e)
{
    struct output out;
    if (!output_open(&out, path, e))
        return false;
    synth_truth_print(truth, &out.text);
    return output_finish(&out, e);
}

static bool check(const struct invocation *v, struct synth_options *o, struct err *e)
{
    const struct synth_own *own = v->own;
    const char *transport = own->transport ? own->transport : "udp";
    if (v->rest.n != 1)
        return err_set(e, EXIT_USAGE, v->rest.n ? "one workload at a time" : "no workload; 'siptap synth --list' lists them");
    if (!own->output)
        return err_set(e, EXIT_USAGE, "-w FILE is missing: where does the capture go?");
    if (strcmp(transport, "udp") != 0 && strcmp(transport, "tcp") != 0)
        return err_set(e, EXIT_USAGE, "--transport: udp or tcp, not '%s'", transport);
    o->workload = v->rest.v[0];
    o->seed = own->seed ? own->seed : 1;
    o->scale = own->scale;
    o->count = own->count;
    o->tcp = strcmp(transport, "tcp") == 0;
    return true;
}

static bool known_workload(const char *name, struct err *e)
{
    size_t n;
    const struct synth_workload *w = synth_workloads(&n);
    const char *near = NULL;
    unsigned best = (unsigned)strlen(name) / 3 + 2;
    for (size_t i = 0; i < n; i++) {
        unsigned d = word_distance(w[i].name, name);
        if (d == 0)
            return true;
        near = d < best ? w[i].name : near;
        best = d < best ? d : best;
    }
    if (near)
        return err_set(e, EXIT_USAGE, "there is no workload '%s' (did you mean %s?)", name, near);
    return err_set(e, EXIT_USAGE, "there is no workload '%s'; 'siptap synth --list' lists them", name);
}

static int write_capture(const struct invocation *v, struct synth_run *r, const struct synth_options *o)
{
    const struct synth_own *own = v->own;
    struct synth_truth *truth = mem_calloc(1, sizeof *truth); /* too large for a stack */
    struct err closing;
    bool ok = truth ? synth_run(o, truth, r->e) : err_set(r->e, EXIT_IO, "out of memory");
    if (!capture_finish(r->writer, ok ? r->e : &closing))
        ok = false;
    if (ok && own->truth)
        ok = write_truth(truth, own->truth, r->e);
    if (ok && !own->quiet && strcmp(own->output, "-") != 0)
        fprintf(stderr, "%s: %" PRIu64 " packets, %" PRIu64 " SIP messages\n", own->output, truth->packets, truth->messages);
    mem_free(truth);
    return ok ? EXIT_DONE : complain(v->command, r->e);
}

int command_synth(struct invocation *v)
{
    const struct synth_own *own = v->own;
    struct err e = {.code = EXIT_IO};
    struct synth_run r = {.e = &e};
    struct synth_options o = {.emit = emit, .ctx = &r};
    if (own->list)
        return print_workloads();
    if (!check(v, &o, &e) || !known_workload(o.workload, &e))
        return complain(v->command, &e);
    r.writer = capture_create(own->output, CAPTURE_BY_NAME, &e);
    if (!r.writer)
        return complain(v->command, &e);
    return write_capture(v, &r, &o);
}
