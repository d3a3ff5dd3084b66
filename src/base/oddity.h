/* What can be wrong with traffic: every oddity has a name, a meaning and the place in the standards, in one table.
 * Oddities of packets come first (bit below 64 in packet.oddities); those of messages follow and are kept as a bit
 * set in sip_message.oddities, counted from ODDITY_SIP_FIRST. */
#pragma once
#include <stdint.h>

/* X(symbol, name, source, meaning) */
#define ODDITIES_PACKET(X) \
    X(LINK_TRUNCATED, "link.truncated", "", "the link-layer header is cut short") \
    X(LINK_UNKNOWN, "link.unknown_type", "", "a link type this program does not read") \
    X(LINK_NESTING, "link.too_nested", "", "more VLAN tags, MPLS labels or tunnels than the limit") \
    X(IP4_TRUNCATED, "ip4.truncated", "RFC 791 3.1", "the IPv4 header or the bytes it announces are cut short") \
    X(IP4_HEADER, "ip4.bad_header_length", "RFC 791 3.1", "IHL below 5 or total length below the header") \
    X(IP4_FRAGMENT, "ip4.bad_fragment", "RFC 791 3.2", "a fragment that ends beyond 65535 bytes or is empty") \
    X(IP6_TRUNCATED, "ip6.truncated", "RFC 8200 3", "the IPv6 header or an extension header is cut short") \
    X(IP6_EXTENSION, "ip6.too_many_extensions", "RFC 8200 4.1", "more extension headers than the limit") \
    X(IP6_FRAGMENT, "ip6.bad_fragment", "RFC 8200 4.5", "a fragment that is not a multiple of 8 bytes or ends beyond 65535") \
    X(FRAGMENT_OVERLAP, "ip.fragment_overlap", "RFC 5722", "fragments of one datagram overlap with different content") \
    X(FRAGMENT_TIMEOUT, "ip.fragment_timeout", "RFC 791 3.2", "a datagram was given up because fragments are missing") \
    X(UDP_TRUNCATED, "udp.truncated", "RFC 768", "the UDP header or the bytes it announces are cut short") \
    X(UDP_LENGTH, "udp.bad_length", "RFC 768", "the UDP length is below 8 or beyond the IP payload") \
    X(TCP_TRUNCATED, "tcp.truncated", "RFC 9293 3.1", "the TCP header is cut short") \
    X(TCP_HEADER, "tcp.bad_header_length", "RFC 9293 3.1", "data offset below 5") \
    X(TCP_GAP, "tcp.gap", "RFC 9293 3.4", "bytes of the stream are missing from the capture; SIP resynchronised after it") \
    X(TCP_OVERLAP, "tcp.overlap", "RFC 9293 3.10.7.4", "segments overlap with different content; the first copy was kept") \
    X(TUNNEL_TRUNCATED, "tunnel.truncated", "RFC 2784", "the header of a tunnel is cut short; the outer packet is reported") \
    X(SCTP_TRUNCATED, "sctp.truncated", "RFC 9260 3.1", "the SCTP header is cut short")

#define ODDITIES_SIP(X) \
    X(SIP_TRUNCATED, "sip.truncated", "RFC 3261 18.3", "the message ends before its headers or its body do") \
    X(SIP_START_LINE, "sip.start_line.malformed", "RFC 3261 7.1", "the start line has extra spaces or missing parts") \
    X(SIP_VERSION, "sip.version.unknown", "RFC 3261 7.1", "the version is not SIP/2.0") \
    X(SIP_METHOD_CASE, "sip.method.case", "RFC 3261 7.1", "a known method that is not in upper case") \
    X(SIP_METHOD_UNKNOWN, "sip.method.unknown", "RFC 3261 8.2.1", "a method that no RFC defines") \
    X(SIP_METHOD_TOKEN, "sip.method.not_a_token", "RFC 3261 25.1", "the method has bytes that a token may not have") \
    X(SIP_STATUS, "sip.status.out_of_range", "RFC 3261 7.2", "the status is not a number from 100 to 699") \
    X(SIP_REASON_BYTES, "sip.reason.bad_utf8", "RFC 3261 25.1", "the reason phrase is not UTF-8 text") \
    X(SIP_RURI, "sip.request_uri.malformed", "RFC 3261 19.1.1", "the Request-URI does not parse") \
    X(SIP_RURI_BRACKETS, "sip.request_uri.angle_brackets", "RFC 3261 7.1", "the Request-URI stands in angle brackets") \
    X(SIP_RURI_SPACES, "sip.request_uri.spaces", "RFC 3261 7.1", "the Request-URI holds unescaped white space") \
    X(SIP_RURI_HEADERS, "sip.request_uri.headers", "RFC 3261 19.1.1", "the Request-URI carries headers") \
    X(SIP_URI_SCHEME, "sip.uri.unknown_scheme", "RFC 3261 8.2.2.1", "a URI scheme that is not sip, sips, tel or urn") \
    X(SIP_URI, "sip.uri.malformed", "RFC 3261 19.1.1", "a URI in From, To or Contact does not parse") \
    X(SIP_NAME_ADDR, "sip.name_addr.malformed", "RFC 3261 20.10", "a name-addr with unbalanced quotes or brackets") \
    X(SIP_ADDR_BARE, "sip.addr_spec.needs_brackets", "RFC 3261 20", "an addr-spec with ',', ';' or '?' that is not in angle brackets") \
    X(SIP_HEADER_SYNTAX, "sip.header.malformed", "RFC 3261 7.3.1", "a header line without a colon or with an empty or bad name") \
    X(SIP_HEADER_LIMIT, "sip.header.too_many", "", "more header lines than the parser indexes") \
    X(SIP_HEADER_BARE_LF, "sip.header.bare_lf", "RFC 3261 7", "lines end in LF alone") \
    X(SIP_HEADER_FIRST_FOLD, "sip.header.fold_without_header", "RFC 3261 7.3.1", "a continuation line before any header") \
    X(SIP_NUL, "sip.nul_in_headers", "RFC 3261 25.1", "a NUL byte among the headers") \
    X(SIP_NO_CALL_ID, "sip.call_id.missing", "RFC 3261 8.1.1", "no Call-ID") \
    X(SIP_DUP_CALL_ID, "sip.call_id.duplicate", "RFC 3261 7.3.1", "more than one Call-ID; the first is used") \
    X(SIP_NO_CSEQ, "sip.cseq.missing", "RFC 3261 8.1.1", "no CSeq") \
    X(SIP_DUP_CSEQ, "sip.cseq.duplicate", "RFC 3261 7.3.1", "more than one CSeq; the first is used") \
    X(SIP_CSEQ, "sip.cseq.malformed", "RFC 3261 20.16", "CSeq is not a number and a method") \
    X(SIP_CSEQ_RANGE, "sip.cseq.out_of_range", "RFC 3261 8.1.1.5", "the CSeq number is not below 2^31") \
    X(SIP_CSEQ_METHOD, "sip.cseq.method_mismatch", "RFC 3261 8.1.1.5", "the method of CSeq is not the method of the request") \
    X(SIP_NO_FROM, "sip.from.missing", "RFC 3261 8.1.1", "no From") \
    X(SIP_DUP_FROM, "sip.from.duplicate", "RFC 3261 7.3.1", "more than one From; the first is used") \
    X(SIP_NO_FROM_TAG, "sip.from.no_tag", "RFC 3261 8.1.1.3", "From has no tag") \
    X(SIP_NO_TO, "sip.to.missing", "RFC 3261 8.1.1", "no To") \
    X(SIP_DUP_TO, "sip.to.duplicate", "RFC 3261 7.3.1", "more than one To; the first is used") \
    X(SIP_NO_VIA, "sip.via.missing", "RFC 3261 8.1.1", "no Via") \
    X(SIP_VIA, "sip.via.malformed", "RFC 3261 20.42", "the top Via does not parse") \
    X(SIP_VIA_TRANSPORT, "sip.via.unknown_transport", "RFC 3261 20.42", "the transport of the top Via is not a known one") \
    X(SIP_VIA_BRANCH, "sip.via.no_cookie", "RFC 3261 8.1.1.7", "the branch of the top Via is missing, lacks z9hG4bK (RFC 2543 peer) or is nothing else") \
    X(SIP_NO_MAX_FORWARDS, "sip.max_forwards.missing", "RFC 3261 8.1.1", "a request without Max-Forwards") \
    X(SIP_MAX_FORWARDS, "sip.max_forwards.out_of_range", "RFC 3261 20.22", "Max-Forwards is not a number from 0 to 255") \
    X(SIP_DUP_MAX_FORWARDS, "sip.max_forwards.duplicate", "RFC 3261 7.3.1", "more than one Max-Forwards") \
    X(SIP_NO_CONTACT, "sip.contact.missing", "RFC 3261 8.1.1.8", "a dialog-creating request or response without Contact") \
    X(SIP_CONTACT, "sip.contact.malformed", "RFC 3261 20.10", "a Contact that does not parse") \
    X(SIP_CONTACT_STAR, "sip.contact.bad_star", "RFC 3261 10.2.2", "Contact * without Expires: 0 or beside other contacts") \
    X(SIP_EXPIRES, "sip.expires.malformed", "RFC 3261 20.19", "Expires is not a number below 2^32") \
    X(SIP_CONTENT_LENGTH, "sip.content_length.malformed", "RFC 3261 20.14", "Content-Length is not a number or out of range") \
    X(SIP_CONTENT_LENGTH_SHORT, "sip.content_length.below_body", "RFC 3261 18.3", "bytes follow the announced body in the datagram") \
    X(SIP_CONTENT_LENGTH_LONG, "sip.content_length.beyond_end", "RFC 3261 18.3", "the body is announced longer than the datagram") \
    X(SIP_NO_CONTENT_LENGTH, "sip.content_length.missing", "RFC 3261 18.3", "no Content-Length on a stream transport") \
    X(SIP_DUP_CONTENT_LENGTH, "sip.content_length.duplicate", "RFC 3261 7.3.1", "more than one Content-Length with different values") \
    X(SIP_NO_CONTENT_TYPE, "sip.content_type.missing", "RFC 3261 20.15", "a body without Content-Type") \
    X(SIP_MULTIPART, "sip.multipart.malformed", "RFC 2046 5.1", "a multipart body whose boundary is missing or never closes") \
    X(SIP_REQUIRE_RESPONSE, "sip.header.not_here", "RFC 3261 20.1", "a header that has no place in this kind of message") \
    X(SIP_WARNING, "sip.warning.malformed", "RFC 3261 20.43", "Warning is not a three-digit code, an agent and a text") \
    X(SIP_DATE, "sip.date.malformed", "RFC 3261 20.17", "Date is not in the RFC 1123 form or not in GMT") \
    X(SIP_AUTH, "sip.auth.malformed", "RFC 3261 20.44", "a challenge or credentials that do not parse") \
    X(SDP_MALFORMED, "sdp.malformed", "RFC 8866 5", "a line of the SDP is not type=value") \
    X(SDP_NO_CONNECTION, "sdp.connection.missing", "RFC 8866 5.7", "a medium without a connection address") \
    X(SDP_PORT, "sdp.port.out_of_range", "RFC 8866 5.14", "a port that is not a number from 0 to 65535")

enum oddity {
#define X(symbol, name, source, meaning) ODD_##symbol,
    ODDITIES_PACKET(X) ODDITY_PACKET_COUNT, ODDITY_SIP_FIRST = ODDITY_PACKET_COUNT, ODDITY_BEFORE_SIP = ODDITY_SIP_FIRST - 1,
    ODDITIES_SIP(X)
#undef X
    ODDITY_COUNT
};

struct oddity_info {
    const char *name, *source, *meaning;
};

/* Name, source (RFC section, may be empty) and meaning of an oddity below ODDITY_COUNT. */
const struct oddity_info *oddity_info(unsigned oddity);
