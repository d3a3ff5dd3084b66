/* Bodies of several parts (RFC 2046 5.1, RFC 5621). */
#pragma once
#include "base/view.h"

struct sip_part {
    struct view headers; /* the header lines with their line ends; may be empty */
    struct view body;    /* without the line end before the delimiter */
};

struct sip_multipart {
    const char *p, *end;  /* what is not read yet */
    struct view boundary; /* without the leading "--" */
    bool closed;          /* the closing delimiter was seen */
    bool started;         /* p stands behind a delimiter */
};

/* Begins a walk. False if content_type is not multipart or has no boundary of 1 to 70 bytes (RFC 2046 5.1.1). */
bool sip_multipart_init(struct sip_multipart *it, struct view content_type, struct view body);

/* The next part; false at the end: it->closed then tells whether the last delimiter was there. A part that runs into
 * the end of the body without a delimiter is given too. Linear over the whole walk. */
bool sip_multipart_next(struct sip_multipart *it, struct sip_part *part);

/* The value of a header of a part, trimmed, folding untouched; p NULL: absent. */
struct view sip_part_header(const struct sip_part *part, struct view name);
