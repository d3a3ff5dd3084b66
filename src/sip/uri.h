/* SIP, SIPS, tel and other URIs as views into the text (RFC 3261 19.1 and 25.1, RFC 3966, RFC 3986). */
#pragma once
#include "base/view.h"

enum sip_uri_scheme {
    SIP_URI_NONE, /* no scheme at all */
    SIP_URI_SIP,
    SIP_URI_SIPS,
    SIP_URI_TEL,
    SIP_URI_URN,
    SIP_URI_OTHER, /* any other scheme: the parts stay empty, `rest` has the text behind the colon */
};

struct sip_uri {
    enum sip_uri_scheme scheme;
    bool ipv6;                  /* the host stands in brackets */
    uint16_t port;              /* 0: none, or not a number from 1 to 65535 */
    struct view scheme_text;    /* "sip" */
    struct view user, password; /* escapes untouched; user: the number of a tel URI; p NULL: absent */
    struct view host;           /* without the brackets of an IPv6 literal */
    struct view port_text;
    struct view params;  /* ";transport=tcp;lr" with the first ';', see sip/params.h */
    struct view headers; /* behind '?' */
    struct view rest;    /* all behind the scheme's colon */
};

/* Takes text apart. False if it is not a URI by the grammar; what could be told apart is set all the same, and every
 * view that is not there is empty. */
bool sip_uri_parse(struct sip_uri *u, struct view text);

/* Value of a URI parameter (any case); p is NULL if it is absent, n is 0 if it has no value. */
struct view sip_uri_param(const struct sip_uri *u, struct view name);
