/* What a tracker counts: plain numbers that add up over workers. */
#pragma once
#include "base/oddity.h"
#include "base/sketch.h"
#include "sip/method.h"

enum call_state {
    CALL_TRYING, /* internal: no provisional response yet; told as ringing or unanswered */
    CALL_RINGING, CALL_ANSWERED, CALL_COMPLETED, CALL_CANCELLED, CALL_REDIRECTED, CALL_REJECTED, CALL_FAILED,
    CALL_UNANSWERED, CALL_ONGOING, CALL_EXPIRED, CALL_UNKNOWN, CALL_CHALLENGED, CALL_STATES
};

struct track_totals {
    uint64_t messages, requests, responses, retransmissions, malformed;
    uint64_t by_method[SIP_M_COUNT]; /* requests */
    uint64_t by_status[700];
    uint64_t by_transport[5];
    uint64_t ip4, ip6;
    uint64_t oddity[ODDITY_COUNT];
    uint64_t end_to_end, transactions, answered, unanswered, pending, orphan_responses;
    uint64_t calls[CALL_STATES], calls_answered, calls_ner, calls_seer, calls_isa, calls_attempts;
    uint64_t call_status[700];
    uint64_t reg_attempts, reg_registered, reg_refreshed, reg_removed, reg_failed, reg_challenged, reg_unanswered, reg_queries;
    uint64_t reg_users, bindings_active;
    uint64_t ka_options, ka_notify, ka_register;
    uint64_t streams, stream_packets, streams_with_call;
    int64_t stream_lost;
    uint64_t evicted; /* entries dropped for want of memory */
    struct sketch duration_s, pdd_ms, setup_ms, srd_ms, sdd_ms, expires_s, interval_s, rrd_ms, jitter_ms, mos, lost_percent;
};
