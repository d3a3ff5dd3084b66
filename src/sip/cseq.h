/* CSeq (RFC 3261 20.16). */
#pragma once
#include "base/view.h"

enum sip_cseq_result {
    SIP_CSEQ_OK,
    SIP_CSEQ_RANGE,     /* the number is not below 2^31; kept if it fits 32 bits, else 0 */
    SIP_CSEQ_MALFORMED, /* not a number and a method; the method is set if there is one */
};

/* Takes "4711 INVITE" apart. */
enum sip_cseq_result sip_cseq_parse(struct view value, uint32_t *number, struct view *method);
