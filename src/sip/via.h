/* One Via value (RFC 3261 20.42). */
#pragma once
#include "base/view.h"

struct sip_via {
    struct view version;                 /* "2.0" */
    struct view transport;               /* "UDP" */
    struct view sent_by;                 /* host[:port] as written */
    struct view host;                    /* without the brackets of an IPv6 literal */
    uint16_t port;                       /* 0: none, or not a number from 1 to 65535 */
    struct view params;                  /* with the first ';' */
    struct view branch, received, rport; /* p NULL: absent; rport with n 0: asked for */
};

/* Takes one value (no comma list) apart. False if it is not a Via; what could be told apart is set all the same. */
bool sip_via_parse(struct sip_via *v, struct view value);
