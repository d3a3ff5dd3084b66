/* The exchanges that only the sample plays: each with one trouble, or one thing that is not everyday's. */
#pragma once
#include "synth/flow.h"

extern const struct step script_wrong_password[]; /* 401 again */
extern const struct step script_forbidden[];      /* 401, then 403 */
extern const struct step script_stale_nonce[];    /* 401 with stale=true */
extern const struct step script_unregister[];
extern const struct step script_register_dead[]; /* no answer ever: timers E and F */
extern const struct step script_register_slow[]; /* two repetitions before the answer */
extern const struct step script_call_dead[];     /* INVITE without any response: timers A and B */
extern const struct step script_call_timeout[];  /* the called phone is silent: 408 of the proxy */
extern const struct step script_call_redirected[];
extern const struct step script_call_no_ack[]; /* the 200 repeated, ACK never comes */
extern const struct step script_call_forked[]; /* two phones ring, the second answers */
extern const struct step script_call_hold[];
extern const struct step script_call_transfer[];  /* REFER and its NOTIFYs */
extern const struct step script_call_repeated[];  /* a burst of the same INVITE */
extern const struct step script_call_zero[];      /* hung up at once */
extern const struct step script_call_rings_out[]; /* 480 after long ringing */
extern const struct step script_call_direct[];    /* P itself answers, as a voice mailbox does */
extern const struct step script_message[];
