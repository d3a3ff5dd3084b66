/* Inside of the tracker: the tables and their entries. For this folder alone. */
#pragma once
#include "base/map.h"
#include "base/pool.h"
#include "base/slab.h"
#include "base/wheel.h"
#include "record/problem.h"
#include "rtp/rtp.h"
#include "rtp/stats.h"
#include "sdp/sdp.h"
#include "track/media.h"
#include "track/tracker.h"

#define T1_64_NS (32 * NS_PER_S)   /* 64 * T1 (RFC 3261 17.1.1.2, timers B, F, H, J) */
#define TIMER_C_NS (180 * NS_PER_S) /* RFC 3261 16.6 */

enum { CALL_HOPS = 4, CALL_TAGS = 6, CALL_CODECS = 6, USER_SOURCES = 4, PROBLEM_EXAMPLES = 5 };

/* A set of small ids: one inside, more in an open-addressing table. */
struct idset {
    uint32_t *slot; /* id + 1; 0 empty */
    uint32_t n, cap, one;
};

enum txn_flag {
    TXN_RESPONSE_ONLY = 1 << 0, /* its request was never seen */
    TXN_ACK = 1 << 1,           /* expects no response */
    TXN_INITIAL = 1 << 2,       /* request without To tag */
    TXN_CREDENTIALS = 1 << 3,
    TXN_QUERY = 1 << 4, /* REGISTER without Contact */
    TXN_KEEPALIVE_REGISTER = 1 << 5,
    TXN_STORM = 1 << 6, /* already counted as a retransmission storm */
    TXN_REMOVE_ALL = 1 << 7, /* REGISTER with "Contact: *" */
    TXN_FIRST = 1 << 8,      /* stands for its request end to end */
};

/* One transaction as seen on the wire (RFC 3261 17, RFC 6026): L2 of the counting levels. */
struct txn {
    struct wheel_link timer;
    uint32_t self, older, newer; /* own reference; in order of creation, for eviction */
    uint32_t call, call_uid, registration, registration_uid;
    uint64_t hash;
    char *key; /* Call-ID, branch, sent-by, From tag, one behind the other */
    uint16_t call_id_len, branch_len, sent_by_len, from_tag_len, via_count;
    uint32_t cseq, asked_expires; /* of a REGISTER; UINT32_MAX: it did not say */
    uint16_t flags;
    uint8_t method, seen_n;
    uint8_t retransmissions; /* saturates */
    uint16_t status, provisional;
    struct endpoint src, dst; /* of the request */
    int64_t first_ts, final_ts, provisional_ts;
    uint32_t src_host, dst_host; /* refs of struct host */
    uint32_t to_user;            /* ref of struct user */
    uint32_t seen[4];            /* hashes of responses seen */
};

/* One call (L4). */
struct call {
    struct wheel_link timer;
    int64_t due_ts; /* deadline that the timer knows of */
    uint32_t older, newer;
    uint32_t self, uid; /* own reference; never reused number */
    uint64_t hash;
    struct view call_id, from_tag, from_uri, to_uri, user_agent, reason;
    int64_t start_ts, last_invite_ts, ring_ts, answer_ts, end_ts, last_ts, bye_ts;
    uint32_t hop[CALL_HOPS], tag[CALL_TAGS];
    uint8_t hops, tags, ncodec, ended_by; /* 1 caller, 2 callee */
    uint16_t min_via, final_via;
    uint16_t provisional, final;
    bool cancelled, cancelled_below, acked, known, responded, challenged_open, codec_from_answer;
    uint32_t invite_cseq, messages, retransmissions, ok_retransmissions, session_expires;
    struct endpoint src, dst;
    struct view codec[CALL_CODECS];
};

enum reg_state { REG_NEW, REG_ACTIVE, REG_EXPIRED, REG_REMOVED, REG_FAILED, REG_CHALLENGED, REG_UNANSWERED };

/* One binding: AoR, contact, registrar. */
struct binding {
    uint32_t next; /* next binding of the AoR; the pool writes here when the entry is given back */
    uint32_t uid, user;
    struct view contact, user_agent, call_id;
    struct view asked, told; /* Contact of the last request and of the last 2xx as they were written */
    int64_t asked_expires;   /* in `asked`; -1: not there */
    double told_expires;     /* what `told` and its message granted */
    uint32_t told_to;        /* asked_expires of the request that `told` answered */
    struct endpoint registrar, src;
    int64_t first_ts, last_ts, attempt_ts, cycle_ts, success_ts, expiry_ts, challenge_ts;
    double expires_s;
    uint32_t registrations, failures;
    uint32_t refused; /* credentials refused since the last success */
    int64_t refused_ts;
    float interval[15]; /* last intervals between successful cycles */
    uint8_t interval_n, interval_at, state;
    uint16_t last_status, via_count; /* of the latest request */
};

/* One address of record. */
struct user {
    uint64_t hash;
    struct view key;
    uint64_t messages;
    uint32_t host, noted[2]; /* where it was last; hosts whose sets it is in */
    /* as a subscriber of registrars */
    uint32_t first; /* bindings */
    uint16_t nbinding, min_via;
    uint32_t failures, successes, unanswered, wrong_password;
    bool registers;
    /* as a party of calls */
    uint8_t nagent, nsource;
    uint64_t calls_made, calls_received, registrations;
    struct idset callees, callers;
    uint32_t agent[USER_SOURCES];
    struct ip_addr source[USER_SOURCES];
};

/* A URI as it was written, and the user it means: most come back letter by letter. One cache line. */
struct alias {
    uint32_t user;
    uint8_t n;
    char raw[59];
};

/* One address and port that SIP came from or went to. */
struct host {
    uint64_t hash;
    struct endpoint at;
    uint64_t requests_in, requests_out, responses_in, responses_out;
    uint64_t register_in, register_ok, invite_in, invite_out, subscribe_in, redirects, invite_finals;
    uint64_t forwarded; /* requests seen to leave it with one more Via */
    struct idset users, served; /* in From or To of its requests; in To of those it received */
    uint32_t agent; /* of its last message */
};

struct agent {
    uint64_t hash, messages;
    struct view name;
    struct idset users;
    bool scanner; /* a scanning tool's own name */
};

struct method_count {
    struct view name;
    uint64_t n;
};

struct stream {
    struct wheel_link timer;
    uint32_t self, uid;
    uint64_t hash;
    struct endpoint src, dst;
    uint32_t ssrc, clock;
    struct rtp_stats stats;
    struct view call_id, codec;
    bool bound, confirmed;
    uint8_t run; /* packets in sequence so far, until confirmed */
    uint8_t payload_type;    /* of the first packet */
    uint16_t last_seq;
};

struct problem_count {
    uint64_t n;
    struct view example[PROBLEM_EXAMPLES];
    int64_t example_ts[PROBLEM_EXAMPLES];
    uint8_t nexample;
};

/* Finished records kept until the end. */
struct kept {
    struct arena arena;
    void **row;
    size_t n, cap;
};

struct tracker {
    struct tracker_config config;
    struct track_totals totals;
    struct slab slab;
    int64_t now;
    uint32_t next_uid;
    struct pool txns, calls, bindings, users, aliases, hosts, agents, streams;
    struct map txn_map, request_map, call_map, user_map, alias_map, host_map, agent_map, stream_map;
    struct wheel txn_wheel, call_wheel, stream_wheel;
    uint32_t txn_oldest, txn_newest, call_oldest, call_newest;
    struct method_count other_method[64];
    uint32_t nother_method, last_host;
    struct problem_count problem[PROBLEM_COUNT];
    struct kept kept_calls, kept_registrations, kept_streams;
    struct media_event *event;
    size_t nevent, event_cap;
    struct sdp sdp; /* scratch of the parser */
    uint32_t closing_stream; /* list by timer.next of streams that ended inside the round */
    size_t kept_max, set_max, set_bytes; /* ceilings of the kept records and of the sets of ids; bytes of the latter */
    uint64_t mild; /* oddities that do not make a message malformed */
    bool finished;
};

/* text */
struct view track_user_key(struct view uri, char *out, size_t room);

/* transaction.c */
struct txn *txn_request(struct tracker *t, const struct packet *p, struct sip_message *m, bool *fresh);
struct txn *txn_response(struct tracker *t, const struct packet *p, struct sip_message *m, bool *first_final);
void txn_advance(struct tracker *t);
void txn_finish(struct tracker *t);
bool txn_evict(struct tracker *t);

/* call.c */
void call_request(struct tracker *t, const struct packet *p, struct sip_message *m, struct txn *x, bool fresh);
void call_response(struct tracker *t, const struct packet *p, struct sip_message *m, struct txn *x, bool fresh);
void call_retransmission(struct tracker *t, struct txn *x);
void call_advance(struct tracker *t);
void call_finish(struct tracker *t);
bool call_evict(struct tracker *t);

/* call_close.c */
void call_close(struct tracker *t, struct call *c, bool at_end);

/* registration.c */
void registration_request(struct tracker *t, const struct packet *p, struct sip_message *m, struct txn *x);
void registration_response(struct tracker *t, const struct packet *p, struct sip_message *m, struct txn *x);
void registration_unanswered(struct tracker *t, struct txn *x);
void registration_finish(struct tracker *t);

/* people.c: users, hosts, user agents */
uint32_t people_user(struct tracker *t, struct view uri);
uint32_t people_user_key(struct tracker *t, struct view key);
void people_note_source(struct user *u, const struct ip_addr *source);
void people_note_agent(struct tracker *t, struct user *u, uint32_t agent);
void people_call(struct tracker *t, struct view from_uri, struct view to_uri);
bool people_is_server(const struct host *h);
uint32_t people_host(struct tracker *t, const struct endpoint *e);
uint32_t people_agent(struct tracker *t, struct view name);
uint32_t people_agent_of(struct tracker *t, struct host *h, struct view name);
void people_request(struct tracker *t, const struct packet *p, const struct sip_message *m, struct txn *x);

/* idset.c */
void idset_add(struct tracker *t, struct idset *s, uint32_t id);
bool idset_merge(struct tracker *t, struct idset *into, const struct idset *from, const uint32_t *translate);
void idset_release(struct idset *s);

/* tracker.c */
void tracker_advance(struct tracker *t);

/* True from the second on in which the wheel hands over what has this deadline. */
static inline bool is_over(const struct tracker *t, int64_t deadline_ns)
{
    return deadline_ns / NS_PER_S < t->now / NS_PER_S;
}


/* stream.c */

/* problem.c */
void problem_add(struct tracker *t, enum problem id, int64_t ts, struct view example);
void problem_merge(struct tracker *into, const struct tracker *from);

/* kept.c */
void *kept_add(struct tracker *t, struct kept *k, size_t size);
struct view kept_copy(struct kept *k, struct view v);
void kept_release(struct kept *k);
bool kept_merge(struct kept *into, struct kept *from);

/* media events */
struct media_event *event_add(struct tracker *t);

static inline struct endpoint packet_src(const struct packet *p)
{
    return (struct endpoint){p->src, p->src_port};
}

static inline struct endpoint packet_dst(const struct packet *p)
{
    return (struct endpoint){p->dst, p->dst_port};
}
