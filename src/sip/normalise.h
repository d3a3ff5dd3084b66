/* One text per user, however phones and proxies write the URI (RFC 3261 19.1.4, RFC 3966 5). */
#pragma once
#include "base/view.h"

/* Writes "user@host" of a URI into out[0..cap) and answers its length, cut at cap. Dropped: scheme, ports 5060 and
 * 5061, password, parameters, headers. Escapes of unreserved characters are decoded, the others get upper case digits;
 * the host is in lower case; casefold puts the user part in lower case too (RFC 3261 says it matters; phones disagree).
 * An IPv6 host keeps its brackets. tel: gives the digits with a leading '+', "@" and the phone-context if there is one.
 * Without a user: "@host". Anything else (no scheme, other schemes) is written as it is. */
size_t sip_user_key(struct view uri, bool casefold, char *out, size_t cap);

/* True for a URI that names nobody: no user part, or user or host "anonymous" / "anonymous.invalid" (RFC 3323 4.1.1.3).
 */
bool sip_uri_is_anonymous(struct view uri);
