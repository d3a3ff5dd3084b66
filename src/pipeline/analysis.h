/* One run over traffic: the only place that knows the order of the stages, and the only place with threads. */
#pragma once
#include "base/err.h"
#include "base/packet.h"
#include "record/records.h"
#include "record/summary.h"
#include "sip/message.h"

struct analysis;

/* Progress of a run over files, about ten times a second. total 0: not known (stream or live). */
struct analysis_progress {
    uint64_t bytes_done, bytes_total, packets, messages;
};

struct analysis_options {
    const char *const *path; /* files; "-" is standard input */
    size_t npath;
    const void *bytes;       /* instead of files: a capture in memory (tests, fuzzing) */
    size_t nbytes;
    const char *interfaces;  /* comma list for live capture; NULL reads files */
    double duration_s;       /* live: stop after this long; 0 runs until *stop */
    const char *bpf;         /* capture filter; NULL none */
    const uint16_t *port;    /* only packets from or to these ports are looked at for SIP; nport 0: any port */
    size_t nport;
    unsigned jobs;           /* worker threads; 0: one per core, at most 8 */
    uint64_t memory;         /* ceiling for all tables in bytes; 0: 1 GiB */
    bool want_users;         /* keep what `users` records need (peers, sources) */
    const struct record_sink *sink; /* where records go; NULL only counts */
    /* Each SIP message as parsed, in packet order, when it has been tracked; NULL none. Views die with the call. The sink's
     * record of the same message, if the sink takes messages, follows directly. */
    void (*on_message)(void *ctx, const struct packet *p, const struct sip_message *m);
    /* Each packet, in order, after its messages were handed over (for `extract`); NULL none. */
    void (*on_packet)(void *ctx, const struct packet *p);
    void *ctx;
    void (*on_progress)(void *ctx, const struct analysis_progress *p);
    void *progress_ctx;
    const volatile bool *stop; /* set by a signal handler: finish with what was seen; may be NULL */
};

/* Reads everything, hands records to the sink and answers the run. Order of records: messages in packet order while
 * reading; calls, registrations, streams, users and servers at the end, sorted by first time (users and servers by
 * most messages), then by name. NULL and *e when nothing could be read at all; damage inside a file is not an error
 * but part of the summary. */
struct analysis *analysis_run(const struct analysis_options *o, struct err *e);

/* The numbers of the run; views and pointers in it live as long as the analysis. */
const struct summary *analysis_summary(const struct analysis *a);

/* One line for stderr saying what is missing from the result (truncated file, dropped packets, evictions), or "" when the
 * result is whole. Exit code 4 goes with a line. */
const char *analysis_partial(const struct analysis *a);

void analysis_free(struct analysis *a);

/* "udp", "tcp", ... for sip_message.transport as set by the pipeline. */
const char *analysis_transport(const struct sip_message *m);
