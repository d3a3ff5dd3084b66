/* A session description as views into the bytes it came from (RFC 8866). The parser is pure and lenient: bytes in,
 * views out; no state, no allocation; what is wrong becomes named oddities, never a refusal to go on. */
#pragma once
#include "base/addr.h"
#include "base/oddity.h"
#include "base/view.h"

enum sdp_result {
    SDP_OK,      /* v=, o=, s= and t= are there, every line ends, every medium found its place */
    SDP_PARTIAL, /* a mandatory line is missing, the last line has no end, or there are more media than SDP_MEDIA_MAX */
    SDP_NOT_SDP, /* the first line is no line of a session description; the description is empty */
};

enum {
    SDP_MEDIA_MAX = 16,  /* media kept; further ones are counted in media_total */
    SDP_FORMAT_MAX = 96, /* payload types with an rtpmap or fmtp kept, over all media */
};

enum sdp_direction { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };

/* An address of a c= or a=rtcp line. */
struct sdp_connection {
    struct view host;  /* as written, without /ttl; empty when there is no such line */
    struct ip_addr ip; /* valid when has_ip: host is an IP literal */
    bool has_ip;
};

/* What a=rtpmap and a=fmtp say about one payload type of one medium. */
struct sdp_format {
    struct view encoding;   /* "opus"; empty when only a fmtp was seen */
    struct view parameters; /* behind the clock rate ("2" channels for audio), may be empty */
    struct view fmtp;       /* format parameters as written, may be empty */
    uint32_t clock;         /* Hz, 0 when absent or malformed */
    uint8_t payload_type;
};

/* One m= section (RFC 8866 5.14). */
struct sdp_media {
    struct view type;    /* "audio" */
    struct view proto;   /* "RTP/AVP" */
    struct view formats; /* "0 8 101", walk with sdp_format_next */
    struct view lines;   /* everything behind the m= line up to the next one; walk with sdp_line_next */
    struct view mid, label;
    struct view ice_ufrag;
    struct view fingerprint;          /* DTLS-SRTP, RFC 8122 */
    struct sdp_connection connection; /* of the medium, else of the session */
    struct sdp_connection rtcp;       /* address of a=rtcp (RFC 3605), usually absent */
    uint16_t port;                    /* 0: rejected or malformed */
    uint16_t port_count;              /* 1 unless "port/count" */
    uint16_t rtcp_port;               /* of a=rtcp, 0 when absent */
    uint16_t ptime_ms, maxptime_ms;   /* 0 when absent */
    uint16_t candidates;              /* a=candidate lines (RFC 8839), walk with sdp_candidate_next */
    uint16_t first_format, format_count; /* run in sdp.format */
    uint8_t direction;                /* enum sdp_direction: own, else of the session, else sendrecv */
    bool rtcp_mux;                    /* RFC 5761 */
    bool secure;                      /* proto carries SRTP or TLS ("SAVP", "DTLS", "TLS"), or there is an a=crypto line */
    bool t38;                         /* fax: image medium over UDPTL or TCP with format t38 (T.38 Annex D) */
};

struct sdp {
    struct view origin; /* value of o= */
    struct view origin_user, session_id, session_version, origin_host;
    struct view session_name; /* value of s= */
    struct view lines;        /* session level lines, walk with sdp_line_next */
    struct sdp_connection connection;
    uint8_t direction;
    uint16_t media_count; /* in media[] */
    uint16_t format_count;
    uint32_t media_total; /* m= lines seen */
    uint64_t oddities;    /* bit i: oddity ODDITY_SIP_FIRST + i; the caller may OR it into sip_message.oddities */
    struct sdp_media media[SDP_MEDIA_MAX]; /* only media_count entries are set */
    struct sdp_format format[SDP_FORMAT_MAX];
};

/* Parses a session description. Lines may end in CRLF, LF or CR; empty lines and NULs at the end are skipped. Views in
 * s point into buf. Oddities: ODD_SDP_MALFORMED, ODD_SDP_NO_CONNECTION, ODD_SDP_PORT. */
enum sdp_result sdp_parse(struct sdp *s, const char *buf, size_t len);

/* Takes the next "x=value" line off *rest: answers x and sets *value; 0 when there is none left. Lines that are not of
 * that form are skipped. Start with media->lines or sdp->lines. */
char sdp_line_next(struct view *rest, struct view *value);

/* Takes the next word off *rest (start with media->formats); false at the end. */
bool sdp_format_next(struct view *rest, struct view *format);

/* The payload type a format stands for: 0..127, or -1 when it is not such a number (t38, webrtc-datachannel). */
int sdp_payload_type(struct view format);

struct sdp_codec {
    struct view encoding;   /* "PCMA"; from the rtpmap as written, else of the static table */
    struct view fmtp;       /* may be empty */
    uint32_t clock;         /* RTP clock rate in Hz; 0 when unknown */
    uint32_t channels;      /* 1 unless the rtpmap of an audio medium says more */
    bool from_rtpmap;
};

/* What payload type pt (0..127) means in medium m of s: its rtpmap, else the static table of RFC 3551 6. m may be NULL:
 * then only the static table is asked. False when nobody knows; *out is then empty. */
bool sdp_codec_of(const struct sdp *s, const struct sdp_media *m, unsigned pt, struct sdp_codec *out);

/* The static table alone (RFC 3551 6, tables 4 and 5): encoding and clock of payload type 0..34, false when unassigned. */
bool sdp_static_codec(unsigned pt, struct view *encoding, uint32_t *clock);

/* The first format of the medium that is a codec (not telephone-event, CN, RED, RTX or FEC), the one an answer settles
 * on. Answers its payload type, or -1. */
int sdp_first_codec(const struct sdp *s, const struct sdp_media *m, struct sdp_codec *out);

/* Where the medium wants its RTP and RTCP: address of the c= line and port; RTCP per a=rtcp-mux, a=rtcp, else port + 1
 * (RFC 3550 11). False when the port is 0 or the address is not an IP literal. */
bool sdp_rtp_endpoint(const struct sdp_media *m, struct endpoint *out);
bool sdp_rtcp_endpoint(const struct sdp_media *m, struct endpoint *out);

/* True if the medium puts the other side on hold: sendonly or inactive (RFC 3264 8.4), or the older c=0.0.0.0. A medium
 * with port 0 is rejected, not held. */
bool sdp_is_hold(const struct sdp_media *m);

/* "sendrecv", "sendonly", "recvonly", "inactive". */
const char *sdp_direction_name(unsigned direction);

enum sdp_candidate_type { SDP_CANDIDATE_HOST, SDP_CANDIDATE_SRFLX, SDP_CANDIDATE_PRFLX, SDP_CANDIDATE_RELAY, SDP_CANDIDATE_OTHER };

/* One a=candidate line (RFC 8839 5.1). */
struct sdp_candidate {
    struct view foundation, transport, host, type_name;
    struct ip_addr ip; /* valid when has_ip; a name (mDNS) stays in host */
    struct endpoint related; /* raddr and rport, zero when absent */
    uint32_t component, priority;
    uint16_t port;
    uint8_t type; /* enum sdp_candidate_type */
    bool has_ip;
};

/* Takes lines off *rest up to and including the next well-formed a=candidate; false when there is none left. Start with
 * media->lines. */
bool sdp_candidate_next(struct view *rest, struct sdp_candidate *out);
