/* A flow is one exchange of messages between parties - a registration, a call - played from a table of steps. */
#pragma once
#include "sip/method.h"
#include "synth/media.h"
#include "synth/party.h"

/* Which way a message goes. A caller or registering phone, P proxy, B called party, C a second phone of the called
 * party. Two letters further apart than one hop (A_B) stand for both hops in turn. */
enum hop { HOP_NONE, A_P, P_A, P_B, B_P, P_C, C_P, A_B, B_A, A_C, C_A };

enum step_flag {
    STEP_AUTH = 1 << 0,         /* carries credentials */
    STEP_SDP = 1 << 1,          /* carries an offer or an answer */
    STEP_HOLD = 1 << 2,         /* that puts the media on hold */
    STEP_REPEAT = 1 << 3,       /* the same message as the last of its kind, again */
    STEP_LOCAL = 1 << 4,        /* a response of the proxy itself, not relayed */
    STEP_MEDIA = 1 << 5,        /* media begin */
    STEP_SILENCE = 1 << 6,      /* media end */
    STEP_END = 1 << 7,          /* last step */
    STEP_STALE = 1 << 8,        /* a challenge because the nonce is too old */
    STEP_FIRST = 1 << 9,        /* NOTIFY: more follow; else the last one */
    STEP_ZERO = 1 << 11,        /* Expires: 0 */
    STEP_BUSY_SERVER = 1 << 12, /* with Retry-After */
    STEP_SKIP_ODD = 1 << 13,    /* left out in half of the flows */
    STEP_LOST = 1 << 14,        /* belongs to a fork that did not answer first: no dialog there */
    STEP_PLAIN = 1 << 15        /* REGISTER response without effect: used where the truth would double-count */
};

/* How long after the step before: a kind of pause, or STEP_MS(n). */
enum step_wait { WAIT_NONE, WAIT_TIGHT, WAIT_PROC, WAIT_NET, WAIT_THINK, WAIT_RING, WAIT_TALK, WAIT_KINDS };

#define STEP_MS(n) ((n) + WAIT_KINDS)

struct step {
    uint8_t hop, method; /* method of the request, or the one that a response answers */
    uint16_t status;     /* 0: a request */
    uint32_t wait;
    uint32_t flags;
};

enum { LEG_A, LEG_B, LEG_C, LEGS };

struct flow {
    const struct step *step;
    struct party *a, *proxy, *b, *c; /* b: for a flow between A and P, the identity that P answers for */
    struct party *maker;             /* whose Call-ID it is: A unless P begins */
    struct party *redirected_to;
    struct series *series; /* of A; NULL when the flow stands alone */
    bool direct;           /* P is an end, not a relay */
    bool second;           /* the second hop of a step comes next */
    bool repeating;        /* the step comes again as a repetition */
    bool begun, in_dialog, answered_by_c, renegotiated, cancelled, authenticated, responded;
    uint64_t final_tag; /* the To tag of the last final response, for its ACK */
    uint64_t id;        /* makes the Call-ID */
    uint64_t tag_a, tag_b, tag_c, tag_p, nonce;
    uint64_t invite_branch[LEGS], other_branch[LEGS];
    uint32_t cseq_a, cseq_b, invite_cseq;
    uint32_t expires;
    uint32_t sdp_version;
    const char *event, *body, *body_type, *refer_to;
    int64_t talk_ns;
    enum synth_call_state state;
    uint16_t failure;
    enum flow_media { MEDIA_NONE, MEDIA_BOTH, MEDIA_ONE_WAY } media;
    uint32_t media_loss_ppm;
    struct endpoint media_a, media_b;
    struct stream *stream[2];
    sim_fn done; /* called with done_obj when the last step is over; the flow is given back after it */
    void *done_obj;
    struct flow *next, *prev; /* flows that live */
};

/* A flow between A and P (direct, b the identity P answers for) or through P to B; starts with flow_start. NULL and a
 * failed run when there is no memory. */
struct flow *flow_new(struct sim *s, struct party *a, struct party *proxy, struct party *b);

/* The same, begun now; direct when b is A itself or the proxy. */
struct flow *flow_begin(struct sim *s, struct party *a, struct party *proxy, struct party *b, const struct step *steps);

/* An exchange of p with a server now, in one of p's series; fresh_nonce: the steps begin with a challenge. */
struct flow *flow_begin_series(struct sim *s, struct party *p, struct party *server, const struct step *steps,
                               enum series_kind kind, bool fresh_nonce);

/* Plays the steps from at_ns on. */
void flow_start(struct sim *s, struct flow *f, const struct step *steps, int64_t at_ns);

/* Counts the states of the calls that are still alive, when the run ends. */
void flow_count_alive(struct sim *s);

/* The Call-ID as text, NUL-terminated, into out of SYNTH_KEY_MAX bytes. */
void flow_call_id(const struct flow *f, char *out);
