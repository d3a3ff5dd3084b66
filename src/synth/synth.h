/* Workloads with a known truth: SIP and RTP traffic made up from a seed, packet by packet, and what is in it. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "synth/truth.h"

struct synth_workload {
    const char *name, *meaning;
    uint64_t size;    /* at scale 1; 0 when the workload has one length only */
    const char *unit; /* of size and of the limit: "messages" or "packets" */
};

/* The workloads there are, n of them. */
const struct synth_workload *synth_workloads(size_t *n);

/* Takes one packet: an Ethernet frame of n bytes at ts_ns since 1970. Times never go backwards. False stops the run;
 * the callee has kept the reason. The bytes are dead when it returns. */
typedef bool (*synth_emit_fn)(void *ctx, int64_t ts_ns, const uint8_t *packet, size_t n);

struct synth_options {
    const char *workload;
    uint64_t seed;
    double scale;   /* length relative to the default size; 0 counts as 1 */
    uint64_t count; /* length in the workload's unit; 0 takes size * scale */
    bool tcp;       /* SIP over TCP connections instead of UDP */
    synth_emit_fn emit;
    void *ctx;
};

/* Runs a workload from its seed: the same options give the same bytes on every machine. Memory does not grow with the
 * length. truth is filled from what was done; it is initialised here and owns no memory. False with e set: no such
 * workload (usage), an option the workload does not have (usage), no memory, or emit refused (then e is left as emit's
 * owner set it, or says so). */
bool synth_run(const struct synth_options *o, struct synth_truth *truth, struct err *e);
