#include "synth/scripts.h"

#include "synth/script_rows.h"

const struct step script_register[] = {
    REQUEST(A_P, REGISTER, WAIT_NONE, 0),
    RESPONSE(P_A, 401, REGISTER, WAIT_PROC, 0),
    REQUEST(A_P, REGISTER, WAIT_NET, STEP_AUTH),
    RESPONSE(P_A, 200, REGISTER, WAIT_PROC, STEP_END),
};

const struct step script_register_known[] = {
    REQUEST(A_P, REGISTER, WAIT_NONE, STEP_AUTH),
    RESPONSE(P_A, 200, REGISTER, WAIT_PROC, STEP_END),
};

const struct step script_subscribe[] = {
    REQUEST(A_P, SUBSCRIBE, WAIT_NONE, 0),        RESPONSE(P_A, 401, SUBSCRIBE, WAIT_PROC, 0),
    REQUEST(A_P, SUBSCRIBE, WAIT_NET, STEP_AUTH), RESPONSE(P_A, 200, SUBSCRIBE, WAIT_PROC, 0),
    REQUEST(P_A, NOTIFY, WAIT_PROC, STEP_FIRST),  RESPONSE(A_P, 200, NOTIFY, WAIT_NET, STEP_END),
};

const struct step script_subscribe_known[] = {
    REQUEST(A_P, SUBSCRIBE, WAIT_NONE, STEP_AUTH),
    RESPONSE(P_A, 200, SUBSCRIBE, WAIT_PROC, 0),
    REQUEST(P_A, NOTIFY, WAIT_PROC, STEP_FIRST),
    RESPONSE(A_P, 200, NOTIFY, WAIT_NET, STEP_END),
};

const struct step script_publish[] = {
    REQUEST(A_P, PUBLISH, WAIT_NONE, STEP_AUTH),
    RESPONSE(P_A, 200, PUBLISH, WAIT_PROC, STEP_END),
};

const struct step script_notify_keepalive[] = {
    REQUEST(A_P, NOTIFY, WAIT_NONE, 0),
    RESPONSE(P_A, 200, NOTIFY, WAIT_PROC, STEP_END),
};

const struct step script_notify_status[] = {
    REQUEST(P_A, NOTIFY, WAIT_NONE, 0),
    RESPONSE(A_P, 200, NOTIFY, WAIT_NET, STEP_END),
};

const struct step script_options_ping[] = {
    REQUEST(P_A, OPTIONS, WAIT_NONE, 0),
    RESPONSE(A_P, 200, OPTIONS, WAIT_NET, STEP_END),
};

const struct step script_options_ping_dead[] = {
    REQUEST(P_A, OPTIONS, WAIT_NONE, STEP_END),
};

const struct step script_call[] = {
    CALL_SET_UP,
    CALL_ANSWERED,
    REQUEST(A_B, BYE, WAIT_TALK, STEP_SILENCE),
    RESPONSE(B_A, 200, BYE, WAIT_NET, STEP_END),
};

const struct step script_call_b_ends[] = {
    CALL_SET_UP,
    CALL_ANSWERED,
    REQUEST(B_A, BYE, WAIT_TALK, STEP_SILENCE),
    RESPONSE(A_B, 200, BYE, WAIT_NET, STEP_END),
};

const struct step script_call_plain[] = {
    REQUEST(A_P, INVITE, WAIT_NONE, STEP_SDP),        RESPONSE(P_A, 100, INVITE, WAIT_PROC, STEP_LOCAL),
    REQUEST(P_B, INVITE, WAIT_PROC, STEP_SDP),        RESPONSE(B_A, 180, INVITE, WAIT_NET, 0),
    RESPONSE(B_A, 200, INVITE, WAIT_THINK, STEP_SDP), REQUEST(A_B, ACK, WAIT_NET, STEP_MEDIA),
    REQUEST(A_B, BYE, WAIT_TALK, STEP_SILENCE),       RESPONSE(B_A, 200, BYE, WAIT_NET, STEP_END),
};

const struct step script_call_cancelled[] = {
    CALL_SET_UP,
    RESPONSE(B_A, 180, INVITE, WAIT_THINK, 0),
    REQUEST(A_P, CANCEL, WAIT_RING, 0),
    RESPONSE(P_A, 200, CANCEL, WAIT_PROC, STEP_LOCAL),
    REQUEST(P_B, CANCEL, WAIT_PROC, 0),
    RESPONSE(B_P, 200, CANCEL, WAIT_NET, 0),
    RESPONSE(B_P, 487, INVITE, WAIT_PROC, 0),
    REQUEST(P_B, ACK, WAIT_PROC, 0),
    RESPONSE(P_A, 487, INVITE, WAIT_PROC, 0),
    REQUEST(A_P, ACK, WAIT_NET, STEP_END),
};

const struct step script_call_busy[] = {CALL_SET_UP, CALL_REFUSED(486)};
const struct step script_call_declined[] = {CALL_SET_UP, RESPONSE(B_A, 180, INVITE, WAIT_THINK, 0), CALL_REFUSED(603)};
const struct step script_call_unavailable[] = {CALL_SET_UP, CALL_REFUSED(503)};

const struct step script_call_missing[] = {
    REQUEST(A_P, INVITE, WAIT_NONE, STEP_SDP),
    RESPONSE(P_A, 407, INVITE, WAIT_PROC, STEP_LOCAL),
    REQUEST(A_P, ACK, WAIT_NET, 0),
    REQUEST(A_P, INVITE, WAIT_TIGHT, STEP_SDP | STEP_AUTH),
    RESPONSE(P_A, 404, INVITE, WAIT_PROC, STEP_LOCAL),
    REQUEST(A_P, ACK, WAIT_NET, STEP_END),
};

const struct step script_scan_options[] = {
    REQUEST(A_P, OPTIONS, WAIT_NONE, 0),
    RESPONSE(P_A, 200, OPTIONS, WAIT_PROC, STEP_END),
};

const struct step script_scan_register[] = {
    REQUEST(A_P, REGISTER, WAIT_NONE, 0),
    RESPONSE(P_A, 404, REGISTER, WAIT_PROC, STEP_END),
};

const struct step script_scan_invite[] = {
    REQUEST(A_P, INVITE, WAIT_NONE, STEP_SDP),
    RESPONSE(P_A, 404, INVITE, WAIT_PROC, 0),
    REQUEST(A_P, ACK, WAIT_NET, STEP_END),
};
