/* Contact values, one at a time (RFC 3261 20.10; +sip.instance and reg-id: RFC 5626 4.1). */
#pragma once
#include "sip/nameaddr.h"
#include "sip/params.h"

struct sip_contact {
    bool star; /* "*": all bindings (RFC 3261 10.2.2) */
    struct sip_nameaddr addr;
    int64_t expires;      /* seconds; -1: absent or not a number below 2^32 */
    int32_t q;            /* thousandths, 0..1000; -1: absent or malformed */
    int64_t reg_id;       /* -1: absent or malformed */
    struct view instance; /* "<urn:uuid:...>" without the quotes; p NULL: absent */
};

/* A walk over the values of one Contact header; sip_commas_of(value) begins it. False at the end. *good: the value
 * parses, addr and parameters alike. */
bool sip_contact_next(struct sip_commas *it, struct sip_contact *c, bool *good);
