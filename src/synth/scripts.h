/* The exchanges that more than one workload plays. */
#pragma once
#include "synth/flow.h"

/* Between A and P. */
extern const struct step script_register[];       /* challenged, then accepted */
extern const struct step script_register_known[]; /* credentials at once */
extern const struct step script_subscribe[];      /* challenged; ends with a NOTIFY */
extern const struct step script_subscribe_known[];
extern const struct step script_publish[];
extern const struct step script_notify_keepalive[];  /* from A, Event: keep-alive */
extern const struct step script_options_ping[];      /* from P */
extern const struct step script_options_ping_dead[]; /* from P, never answered */
extern const struct step script_notify_status[];     /* from P, unsolicited */

/* From A through P to B. */
extern const struct step script_call[];        /* answered, A hangs up */
extern const struct step script_call_b_ends[]; /* answered, B hangs up */
extern const struct step script_call_cancelled[], script_call_busy[], script_call_declined[], script_call_missing[];
extern const struct step script_call_unavailable[]; /* 503 of the far side */
extern const struct step script_call_plain[];       /* answered, not challenged */

/* A scanner's probes. */
extern const struct step script_scan_options[], script_scan_register[], script_scan_invite[];
