/* Writes one SIP message of a flow the way its sender's software does. */
#pragma once
#include "synth/flow.h"

struct message {
    const struct flow *f;
    uint8_t leg, method;
    uint16_t status; /* 0: a request */
    uint32_t flags;  /* enum step_flag */
    bool from_a;     /* the request of this transaction comes from A's side */
    uint32_t cseq;
    int64_t now;                   /* for Date */
    uint64_t branch[LEGS];         /* of the transaction, per leg */
    uint64_t to_tag;               /* of a response; 0 for none */
    const struct party *from, *to; /* who sends it on this leg, to whom */
    const struct party *author;    /* who wrote it: an end of the flow, or the proxy */
};

/* Replaces the content of out. */
void message_write(struct buf *out, const struct message *m);

/* Reason phrase of a status (RFC 3261 21 and extensions); "Unknown" for others. */
const char *message_reason(unsigned status);

/* Call-ID, in the style of the party that made it. */
void message_call_id_write(struct buf *out, const struct flow *f);
