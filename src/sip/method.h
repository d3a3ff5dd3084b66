/* Request methods (RFC 3261 and its extensions). */
#pragma once
#include "base/view.h"

#define SIP_METHODS(X) \
    X(INVITE) X(ACK) X(BYE) X(CANCEL) X(OPTIONS) X(REGISTER) X(PRACK) X(UPDATE) X(INFO) X(SUBSCRIBE) X(NOTIFY) X(PUBLISH) \
    X(MESSAGE) X(REFER)

enum sip_method {
    SIP_M_UNKNOWN, /* absent, or none of ours: look at the name */
#define X(m) SIP_M_##m,
    SIP_METHODS(X)
#undef X
    SIP_M_COUNT
};

/* Exact match: methods are case sensitive (RFC 3261 7.1). */
enum sip_method sip_method_identify(struct view name);

/* Upper case name; "" for SIP_M_UNKNOWN. */
const char *sip_method_text(enum sip_method m);
