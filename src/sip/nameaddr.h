/* name-addr and addr-spec with their parameters: From, To, Contact, Route and their like (RFC 3261 20.10, 25.1). */
#pragma once
#include "base/view.h"

struct sip_nameaddr {
    struct view display; /* without quotes, escapes untouched; empty if there is none */
    struct view uri;     /* without angle brackets */
    struct view params;  /* behind the URI, with the first ';' */
    bool brackets;       /* <uri> */
    bool needs_brackets; /* a bare addr-spec that holds ',' or '?' (RFC 3261 20.10) */
};

/* Takes one value (no comma list) apart. False if quotes or brackets are unbalanced, the display name is neither quoted
 * nor made of tokens, or something stands where nothing may; what could be told apart is set all the same. */
bool sip_nameaddr_parse(struct sip_nameaddr *a, struct view value);

/* Display name without escapes ("\"" becomes a quote mark) into out[0..cap); answers the bytes written, cut at cap. */
size_t sip_display_unescape(struct view display, char *out, size_t cap);
