/* The records: what the analysis tells about the traffic. Views in a record are borrowed: they live as long as the call
 * that hands the record over, no longer. */
#pragma once
#include "record/field.h"

/* One SIP message. */
struct record_message {
    int64_t ts;
    struct ip_addr src, dst;
    uint64_t src_port, dst_port;
    struct view transport; /* udp tcp ws sctp tls */
    struct view kind;      /* request response */
    struct view method;    /* of the request line, for a response that of CSeq */
    int64_t status;        /* INT64_MIN for a request */
    struct view reason, request_uri, call_id, from_uri, from_tag, to_uri, to_tag, cseq, branch, user_agent, contact, content_type;
    uint64_t size;
    bool retransmission;
    struct view_list oddities;
    uint64_t packet; /* number of the packet it ends in */
};

/* One call: Call-ID and From tag, all hops and forks. */
struct record_call {
    struct view call_id, from_uri, to_uri, from_tag;
    struct view state; /* ringing answered completed cancelled redirected rejected failed unanswered ongoing expired unknown */
    int64_t status;    /* last final status of the INVITE, else the last provisional one */
    struct view reason;
    int64_t start_ts, ring_ts, answer_ts, end_ts;
    double duration_s, pdd_ms, setup_ms;
    struct view ended_by; /* caller callee; none */
    struct endpoint src, dst;
    uint64_t legs;        /* hops the INVITE was seen on */
    uint64_t forks;       /* distinct To tags that answered */
    uint64_t messages, retransmissions;
    struct view_list codecs;
    double mos;
    struct view user_agent;
    struct view_list correlated_call_ids;
};

/* One binding: AoR, contact, registrar. */
struct record_registration {
    struct view aor, contact;
    struct endpoint registrar, src;
    struct view user_agent;
    double expires_s; /* granted */
    int64_t first_ts, last_ts;
    uint64_t registrations; /* successful ones */
    double refresh_interval_s; /* median between successful cycles */
    struct view state; /* active expired removed failed challenged unanswered */
    uint64_t failures;
    int64_t last_status;
    struct view call_id;
};

/* One RTP stream: SSRC and 5-tuple. */
struct record_stream {
    uint64_t ssrc;
    struct ip_addr src, dst;
    uint64_t src_port, dst_port;
    struct view call_id, codec;
    uint64_t packets;
    int64_t lost;
    double lost_percent, jitter_ms, jitter_max_ms;
    uint64_t gaps, duplicates, reordered;
    double max_delta_ms;
    double mos, r_factor;
    int64_t start_ts;
    double duration_s;
};

/* One address of record. */
struct record_user {
    struct view user;
    uint64_t calls_made, calls_received, callees, callers, registrations, messages;
    struct view_list sources, user_agents;
};

/* One server address. */
struct record_server {
    struct ip_addr ip;
    uint64_t port;
    struct view_list roles;
    uint64_t requests_in, requests_out, responses_in, responses_out, users;
};

extern const struct record_type record_message_type, record_call_type, record_registration_type, record_stream_type, record_user_type,
    record_server_type;

/* Where finished records go. Any member may be NULL; ctx is handed back. Records of one kind arrive in the order stated
 * by pipeline/analysis.h. Called by one thread at a time. */
struct record_sink {
    void *ctx;
    void (*message)(void *ctx, const struct record_message *r);
    void (*call)(void *ctx, const struct record_call *r);
    void (*registration)(void *ctx, const struct record_registration *r);
    void (*stream)(void *ctx, const struct record_stream *r);
    void (*user)(void *ctx, const struct record_user *r);
    void (*server)(void *ctx, const struct record_server *r);
};
