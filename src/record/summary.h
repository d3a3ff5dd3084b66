/* Everything the one-page report says, as plain numbers: filled by the analysis, printed by report/. The JSON form is
 * the schema siptap/report/1. */
#pragma once
#include "base/oddity.h"
#include "record/records.h"

/* Distribution of a quantity; every member NaN when n is 0. Quantiles are within 1 % of the value. */
struct summary_quantity {
    uint64_t n;
    double mean, min, p50, p95, max;
};

struct summary_damage {
    const char *file;
    uint64_t offset; /* byte in the (decompressed) file */
    const char *reason;
};

struct summary_count { /* one row of a by-name table */
    struct view name;
    uint64_t n;
};

struct summary_user_agent {
    struct view name;
    uint64_t messages, users;
};

/* What an expert would point at. */
struct summary_problem {
    const char *id;        /* "call.no_answer": stable */
    const char *text;      /* one sentence, a plural noun phrase after a count: "INVITEs got no response at all" */
    const char *command;   /* what to type next: a printf-free template with {FILE} and {CALL_ID} */
    uint8_t severity;      /* 3 broken for users, 2 degraded, 1 worth knowing */
    uint64_t count;
    const struct view *example; /* Call-IDs (or other keys, see by_call_id) */
    uint32_t nexample;
    bool by_call_id;       /* the examples are Call-IDs */
};

struct summary {
    struct {
        const char *const *file;
        uint32_t nfile;
        uint64_t packets, bytes;
        int64_t first_ts, last_ts;
        uint8_t ts_digits;
        const char *const *link_type;
        uint32_t nlink_type;
        uint64_t truncated_packets, ip_fragments, reassembly_gaps, dropped, evicted, not_sip_packets;
        uint64_t undecoded_packets; /* no IP in them, or damaged */
        uint64_t clock_jumps;       /* time went backwards by more than a second, or forwards by more than an hour */
        const struct summary_damage *damage;
        uint32_t ndamage;
        bool live, interrupted;
    } input;
    struct {
        uint64_t total, requests, responses, retransmissions, malformed;
        const struct summary_count *by_method; /* most frequent first */
        uint32_t nby_method;
        uint64_t by_status[700]; /* index: status; 0 counts statuses that are no number from 100 to 699 */
        uint64_t udp, tcp, ws, sctp, tls;
        uint64_t ip4, ip6;
        uint64_t oddity[ODDITY_COUNT]; /* packets' and messages' */
    } messages;
    struct {
        uint64_t end_to_end_requests; /* each once, whatever the hops and forks it was seen on */
        uint64_t total, answered, unanswered, orphan_responses; /* total - answered - unanswered were still open */
    } transactions;
    struct {
        /* attempts = completed + cancelled + redirected + failed + unanswered + ongoing + expired */
        uint64_t attempts, answered, completed, cancelled, redirected, unanswered, expired;
        uint64_t failed, rejected;  /* final 4xx to 6xx; of them what the called party said (480, 486, 600, 603 ...) */
        uint64_t ongoing, ringing;  /* not over at the end of the capture; of them without a final response */
        uint64_t unknown, challenged; /* not attempts: began before the capture; 401 or 407 that nobody came back from */
        double asr, ner;             /* % of attempts (ITU-T E.425) */
        double ser, seer, isa, scr;  /* % (RFC 6076 4.6 to 4.9) */
        struct summary_quantity duration_s, pdd_ms, setup_ms, session_request_delay_ms, disconnect_delay_ms;
        uint64_t by_failure_status[700];
    } calls;
    struct {
        uint64_t users, bindings_active, registered, refreshed, removed, failed, challenged, unanswered;
        uint64_t queries, attempts;
        struct summary_quantity expires_s, interval_s, request_delay_ms;
    } registrations;
    struct {
        uint64_t total, packets, one_way_calls, with_call;
        int64_t lost;
        struct summary_quantity jitter_ms, mos, lost_percent;
    } streams;
    struct {
        uint64_t crlf, stun, options, notify, register_refresh;
        double share_of_sip_packets;
    } keepalives;
    uint64_t users; /* different addresses of record in From or To of requests */
    const struct record_server *server; /* most traffic first */
    uint32_t nserver;
    const struct summary_user_agent *user_agent; /* most messages first */
    uint32_t nuser_agent;
    const struct summary_problem *problem; /* worst first */
    uint32_t nproblem;
};
