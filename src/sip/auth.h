/* Challenges and credentials (RFC 3261 20.7, 20.27, 20.28, 20.44; Digest: RFC 7616, RFC 8760). */
#pragma once
#include "base/view.h"

/* Views without the quotes; p NULL: absent. Of a challenge, username, uri, response, nc and cnonce are absent. */
struct sip_auth {
    struct view scheme; /* "Digest" */
    struct view username, realm, nonce, uri, response, algorithm, cnonce, opaque, qop, domain;
    uint32_t nc; /* nonce count (hexadecimal in the text); 0: absent or malformed */
    bool stale;  /* stale=true */
};

/* Takes the value of WWW-Authenticate, Proxy-Authenticate, Authorization or Proxy-Authorization apart. False if there
 * is no scheme, a quote does not close or a parameter has no value; what could be told apart is set all the same.
 * Schemes other than Digest need only a scheme: their parameters are taken if they have this form. */
bool sip_auth_parse(struct sip_auth *a, struct view value);

/* What sip_auth_parse would answer, without telling the parameters apart. */
bool sip_auth_is_good(struct view value);
