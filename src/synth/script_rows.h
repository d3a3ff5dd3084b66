/* Rows of a script: how the tables of steps are written. */
#pragma once
#include "synth/flow.h"

#define REQUEST(hop, method, wait, flags)                                                                              \
    {                                                                                                                  \
        hop, SIP_M_##method, 0, wait, flags                                                                            \
    }
#define RESPONSE(hop, status, method, wait, flags)                                                                     \
    {                                                                                                                  \
        hop, SIP_M_##method, status, wait, flags                                                                       \
    }

/* How every challenged call begins. */
#define CALL_SET_UP_PROXY                                                                                              \
    REQUEST(A_P, INVITE, WAIT_NONE, STEP_SDP), RESPONSE(P_A, 407, INVITE, WAIT_PROC, STEP_LOCAL),                      \
        REQUEST(A_P, ACK, WAIT_NET, 0), REQUEST(A_P, INVITE, WAIT_TIGHT, STEP_SDP | STEP_AUTH),                        \
        RESPONSE(P_A, 100, INVITE, WAIT_PROC, STEP_LOCAL), REQUEST(P_B, INVITE, WAIT_PROC, STEP_SDP)

#define CALL_SET_UP CALL_SET_UP_PROXY, RESPONSE(B_P, 100, INVITE, WAIT_NET, STEP_SKIP_ODD)

#define CALL_ANSWERED                                                                                                  \
    RESPONSE(B_A, 180, INVITE, WAIT_THINK, 0), RESPONSE(B_A, 200, INVITE, WAIT_RING, STEP_SDP),                        \
        REQUEST(A_B, ACK, WAIT_NET, STEP_MEDIA)

#define CALL_REFUSED(status)                                                                                           \
    RESPONSE(B_P, status, INVITE, WAIT_THINK, 0), REQUEST(P_B, ACK, WAIT_PROC, 0),                                     \
        RESPONSE(P_A, status, INVITE, WAIT_PROC, 0), REQUEST(A_P, ACK, WAIT_NET, STEP_END)
