/* Header names: identification by full name, long and compact forms, any case (RFC 3261 7.3.1, 7.3.3). */
#pragma once
#include "base/view.h"

/* X(symbol, long name, compact form or "") */
#define SIP_HEADERS(X) \
    X(ACCEPT, "Accept", "") X(ACCEPT_CONTACT, "Accept-Contact", "a") X(ACCEPT_ENCODING, "Accept-Encoding", "") \
    X(ACCEPT_LANGUAGE, "Accept-Language", "") X(ALERT_INFO, "Alert-Info", "") X(ALLOW, "Allow", "") \
    X(ALLOW_EVENTS, "Allow-Events", "u") X(AUTHENTICATION_INFO, "Authentication-Info", "") \
    X(AUTHORIZATION, "Authorization", "") X(CALL_ID, "Call-ID", "i") X(CALL_INFO, "Call-Info", "") \
    X(CONTACT, "Contact", "m") X(CONTENT_DISPOSITION, "Content-Disposition", "") \
    X(CONTENT_ENCODING, "Content-Encoding", "e") X(CONTENT_LANGUAGE, "Content-Language", "") \
    X(CONTENT_LENGTH, "Content-Length", "l") X(CONTENT_TYPE, "Content-Type", "c") X(CSEQ, "CSeq", "") \
    X(DATE, "Date", "") X(DIVERSION, "Diversion", "") X(ERROR_INFO, "Error-Info", "") X(EVENT, "Event", "o") \
    X(EXPIRES, "Expires", "") X(FROM, "From", "f") X(GEOLOCATION, "Geolocation", "") \
    X(HISTORY_INFO, "History-Info", "") X(IDENTITY, "Identity", "y") X(IN_REPLY_TO, "In-Reply-To", "") X(JOIN, "Join", "") \
    X(MAX_FORWARDS, "Max-Forwards", "") X(MIME_VERSION, "MIME-Version", "") X(MIN_EXPIRES, "Min-Expires", "") \
    X(MIN_SE, "Min-SE", "") X(ORGANIZATION, "Organization", "") \
    X(P_ACCESS_NETWORK_INFO, "P-Access-Network-Info", "") X(P_ASSERTED_IDENTITY, "P-Asserted-Identity", "") \
    X(P_CALLED_PARTY_ID, "P-Called-Party-ID", "") X(P_CHARGING_VECTOR, "P-Charging-Vector", "") \
    X(P_PREFERRED_IDENTITY, "P-Preferred-Identity", "") X(PATH, "Path", "") X(PRIORITY, "Priority", "") \
    X(PRIVACY, "Privacy", "") X(PROXY_AUTHENTICATE, "Proxy-Authenticate", "") \
    X(PROXY_AUTHORIZATION, "Proxy-Authorization", "") X(PROXY_REQUIRE, "Proxy-Require", "") X(RACK, "RAck", "") \
    X(REASON, "Reason", "") X(RECORD_ROUTE, "Record-Route", "") X(REFER_SUB, "Refer-Sub", "") X(REFER_TO, "Refer-To", "r") \
    X(REFERRED_BY, "Referred-By", "b") X(REJECT_CONTACT, "Reject-Contact", "j") \
    X(REMOTE_PARTY_ID, "Remote-Party-ID", "") X(REPLACES, "Replaces", "") X(REPLY_TO, "Reply-To", "") \
    X(REQUEST_DISPOSITION, "Request-Disposition", "d") X(REQUIRE, "Require", "") X(RETRY_AFTER, "Retry-After", "") \
    X(ROUTE, "Route", "") X(RSEQ, "RSeq", "") X(SERVER, "Server", "") X(SERVICE_ROUTE, "Service-Route", "") \
    X(SESSION_EXPIRES, "Session-Expires", "x") X(SESSION_ID, "Session-ID", "") X(SIP_ETAG, "SIP-ETag", "") \
    X(SIP_IF_MATCH, "SIP-If-Match", "") X(SUBJECT, "Subject", "s") X(SUBSCRIPTION_STATE, "Subscription-State", "") \
    X(SUPPORTED, "Supported", "k") X(TARGET_DIALOG, "Target-Dialog", "") X(TIMESTAMP, "Timestamp", "") X(TO, "To", "t") \
    X(UNSUPPORTED, "Unsupported", "") X(USER_AGENT, "User-Agent", "") X(VIA, "Via", "v") X(WARNING, "Warning", "") \
    X(WWW_AUTHENTICATE, "WWW-Authenticate", "")

enum sip_header_id {
    SIP_H_UNKNOWN,
#define X(symbol, name, compact) SIP_H_##symbol,
    SIP_HEADERS(X)
#undef X
    SIP_H_COUNT
};

/* One header line with its continuation lines; offsets from the start of the message. */
struct sip_header {
    uint32_t name_off, value_off, value_len;
    uint16_t name_len;
    uint8_t id;     /* enum sip_header_id; SIP_H_UNKNOWN for names not in the table */
    uint8_t folded; /* 1: the value spans lines */
};

/* Id of a name, long or compact, in any case; SIP_H_UNKNOWN if it is not in the table. */
enum sip_header_id sip_header_identify(struct view name);

/* Long name of an id; "" for SIP_H_UNKNOWN. */
const char *sip_header_text(enum sip_header_id id);
