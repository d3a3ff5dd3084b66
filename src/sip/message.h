/* A SIP message as views into the bytes it came from (RFC 3261 7). The parser is pure: bytes in, views out; no state,
 * no allocation, no copying; lenient: what is wrong with a message becomes named oddities, never a refusal to go on. */
#pragma once
#include "base/oddity.h"
#include "base/view.h"
#include "sip/header.h"
#include "sip/method.h"

enum sip_result {
    SIP_OK,      /* start line, all headers up to the empty line, and the whole body are there */
    SIP_PARTIAL, /* the bytes end before the message does; what is there is parsed (ODD_SIP_TRUNCATED) */
    SIP_NOT_SIP, /* the first line is neither a SIP request line nor a status line; nothing else is set */
};

enum sip_kind { SIP_REQUEST, SIP_RESPONSE };

/* How the end of the body is found. */
enum sip_framing {
    SIP_DATAGRAM, /* the body ends where the bytes end; Content-Length may shorten it (RFC 3261 18.3) */
    SIP_STREAM,   /* Content-Length rules; bytes behind the body belong to the next message */
};

/* From or To: name-addr or addr-spec (RFC 3261 20.20, 20.39). */
struct sip_address {
    struct view value;   /* whole header value, folding and all */
    struct view display; /* without quotes, escapes untouched */
    struct view uri;     /* without angle brackets */
    struct view tag;
};

/* The top Via (RFC 3261 20.42). */
struct sip_via_top {
    struct view transport; /* "UDP" */
    struct view sent_by;   /* host[:port] as written */
    struct view branch, received, rport;
};

struct sip_message {
    const char *buf; /* what was parsed */
    uint32_t len;    /* bytes of the whole message: start line, headers, empty line, body */
    uint32_t headers_end; /* offset of the body, behind the empty line; len if it is missing */
    uint8_t kind;    /* enum sip_kind */
    uint8_t method;  /* enum sip_method: of the request line, for a response that of CSeq */
    uint16_t status; /* 100..699 for a response (0 if it is not such a number), 0 for a request */
    struct view method_name; /* as written in the request line; for a response the method of CSeq as written */
    struct view request_uri; /* empty for a response */
    struct view reason;      /* reason phrase; empty for a request */
    struct view call_id;
    uint32_t cseq;           /* number of CSeq, 0 when absent or malformed */
    uint8_t cseq_method;     /* enum sip_method */
    uint8_t header_overflow; /* 1: there were more header lines than the store holds */
    uint16_t via_count;      /* Via values, comma lists counted */
    struct view cseq_method_name;
    struct sip_address from, to;
    struct sip_via_top via;
    struct view contact;     /* first Contact header's value, unparsed; see sip/contact.h */
    struct view user_agent;  /* User-Agent of the message, else Server */
    struct view content_type;
    int64_t content_length;  /* -1: absent or malformed */
    int64_t expires;         /* Expires header; -1: absent or malformed */
    int32_t max_forwards;    /* -1: absent or malformed */
    struct view body;
    const struct sip_header *header; /* all header lines in order, in the caller's store */
    uint32_t nheader;
    uint64_t oddities; /* bit i: oddity ODDITY_SIP_FIRST + i */
    /* for the caller's use; the parser sets them to zero */
    struct sip_message *next; /* next message that ends in the same packet */
    uint64_t shard_hash;      /* of the Call-ID */
    uint64_t first_packet;    /* number of the packet the message begins in */
    uint32_t route;           /* decides which worker follows the message */
    uint8_t transport;        /* enum of the caller */
    bool retransmission;      /* seen before on this hop */
};

/* Parses the message at the start of buf[0..len). store holds nstore header lines (256 is plenty); m->header points at
 * it. At most 16 MiB are looked at. A leading run of CR and LF is skipped (RFC 3261 7.5) and is not part of m->buf. */
enum sip_result sip_message_parse(struct sip_message *m, struct sip_header *store, size_t nstore, const char *buf, size_t len,
                                  enum sip_framing framing);

/* True if the bytes begin like a SIP request line or status line ("INVITE sip:", "SIP/2.0 "); cheap, looks at one line
 * at most. Unknown methods count when a URI scheme and "SIP/" follow on the line. */
bool sip_looks_like(const char *buf, size_t len);

/* The first header with this id at or after index `from`, or -1. `from` lets a caller walk over all of them. */
int sip_header_find(const struct sip_message *m, enum sip_header_id id, unsigned from);

/* The first header with this name (long or compact form, any case), or -1: works for names no RFC defines. */
int sip_header_find_name(const struct sip_message *m, struct view name, unsigned from);

static inline struct view sip_header_name(const struct sip_message *m, int i)
{
    return view_of(m->buf + m->header[i].name_off, m->header[i].name_len);
}

/* The value as it stands in the message, surrounding white space trimmed, folding untouched (sip/fold.h unfolds). */
static inline struct view sip_header_value(const struct sip_message *m, int i)
{
    return view_of(m->buf + m->header[i].value_off, m->header[i].value_len);
}

static inline bool sip_has_oddity(const struct sip_message *m, enum oddity o)
{
    return m->oddities >> (o - ODDITY_SIP_FIRST) & 1;
}

static inline void sip_set_oddity(struct sip_message *m, enum oddity o)
{
    m->oddities |= 1ull << (o - ODDITY_SIP_FIRST);
}
