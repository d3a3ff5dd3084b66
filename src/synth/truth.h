/* What a synthetic capture contains, counted by the generator while it wrote it. */
#pragma once
#include "base/buf.h"
#include "sip/method.h"

/* Final answer to "what became of the call", in the words of record_call.state. */
enum synth_call_state {
    SYNTH_CALL_NONE,       /* not a call, or nothing sent yet */
    SYNTH_CALL_UNANSWERED, /* given up without a response other than 100 or a challenge */
    SYNTH_CALL_RINGING,    /* no final response yet when the capture ends */
    SYNTH_CALL_ONGOING,    /* answered, not ended when the capture ends */
    SYNTH_CALL_COMPLETED,
    SYNTH_CALL_CANCELLED,
    SYNTH_CALL_REDIRECTED,
    SYNTH_CALL_CHALLENGED, /* asked for credentials, which have not come; not counted as an attempt */
    SYNTH_CALL_FAILED,     /* a final response from 400 on */
    SYNTH_CALL_STATES
};

enum { SYNTH_PLANTED_MAX = 64, SYNTH_EXAMPLES_MAX = 8, SYNTH_KEY_MAX = 96 };

/* Something put there on purpose for an analyser to find. */
struct synth_planted {
    const char *id, *text; /* stable identifier; one sentence */
    uint64_t count;
    uint32_t nexample;                               /* keys kept: the first ones */
    char example[SYNTH_EXAMPLES_MAX][SYNTH_KEY_MAX]; /* Call-IDs, or addresses when there is no Call-ID */
};

struct synth_truth {
    char workload[32];
    uint64_t seed;
    int64_t first_ts_ns, last_ts_ns;
    uint64_t packets, bytes;
    uint64_t messages, requests, responses, retransmissions, malformed;
    uint64_t by_method[SIP_M_COUNT]; /* requests; SIP_M_UNKNOWN counts foreign methods */
    uint64_t by_status[700];
    uint64_t udp, tcp, ip4, ip6;      /* messages */
    uint64_t call_ids;                /* different ones */
    uint64_t crlf;                    /* keep-alive packets */
    uint64_t credentials, challenges; /* messages that carry them */
    uint64_t calls[SYNTH_CALL_STATES], call_attempts, calls_answered;
    uint64_t calls_by_failure[700];
    uint64_t users;            /* addresses of record of the workload that appear */
    uint64_t users_registered; /* with a binding when the capture ends */
    uint64_t registered, refreshed, removed, register_refused, register_unanswered;
    uint64_t streams, stream_packets, stream_lost, rtcp_packets;
    uint64_t tcp_connections, tcp_segments_split, tcp_reordered, tcp_retransmitted, tcp_coalesced, tcp_pure_acks;
    struct synth_planted planted[SYNTH_PLANTED_MAX];
    uint32_t nplanted;
};

/* Remembers one occurrence of a planted thing; id and text are string literals. key may be NULL. Kinds beyond
 * SYNTH_PLANTED_MAX are dropped. */
void synth_truth_plant(struct synth_truth *t, const char *id, const char *text, const char *key);

/* Name of a state: "completed". */
const char *synth_call_state_text(enum synth_call_state s);

/* The truth as JSON, schema siptap/truth/1, with a final newline. */
void synth_truth_print(const struct synth_truth *t, struct buf *out);
