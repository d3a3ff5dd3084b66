/* Where SIP messages begin and end in the bytes of a stream (RFC 3261 18.3, keep-alives RFC 5626 4.4.1). Pure: the
 * caller keeps the bytes. Linear over the whole stream even when bytes come one at a time. */
#pragma once
#include "base/view.h"

enum { SIP_FRAMING_LINE_MAX = 8192, SIP_FRAMING_HEADERS_MAX = 64 << 10, SIP_FRAMING_BODY_MAX = 16 << 20 };

enum sip_frame_kind {
    SIP_FRAME_NEED_MORE, /* nothing to take yet: call again with the same bytes and more behind them */
    SIP_FRAME_MESSAGE,   /* take `length` bytes: one message with its body */
    SIP_FRAME_KEEPALIVE, /* take `length` bytes: a run of CR and LF between messages */
    SIP_FRAME_GARBAGE,   /* drop `length` bytes: no message begins in them */
};

struct sip_frame {
    enum sip_frame_kind kind;
    uint32_t length;        /* above 0 unless NEED_MORE */
    uint32_t want;          /* NEED_MORE: bytes of the whole message once its headers are complete, else 0 */
    bool no_content_length; /* MESSAGE: none, or not a number: taken as 0 (RFC 3261 18.3) */
    bool body_too_long;     /* MESSAGE: Content-Length above SIP_FRAMING_BODY_MAX; `length` ends with the headers */
};

/* What is known of the bytes that were not taken yet. All zero to begin with, and again after bytes were lost: what
 * comes then is taken for the beginning of a line. */
struct sip_framing_state {
    uint32_t scanned; /* bytes that need no second look */
    uint32_t total;   /* bytes of the message once its headers are complete, else 0 */
    bool in_headers;  /* the start line was accepted */
    bool mid_line;    /* the last bytes that were dropped did not end a line */
    bool in_garbage;  /* the last bytes were dropped: an empty line belongs to them, it is no keep-alive */
    bool no_content_length, body_too_long;
};

/* Looks at p[0..n), the bytes of the stream behind all that was taken or dropped so far. */
struct sip_frame sip_framing_next(struct sip_framing_state *s, const char *p, size_t n);
