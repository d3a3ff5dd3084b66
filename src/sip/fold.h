/* Values that span lines (RFC 3261 7.3.1). */
#pragma once
#include "base/view.h"

/* Writes value into out[0..cap) with each line break and the white space around it as one SP; all other bytes stay.
 * Answers the bytes written, cut at cap; never more than value.n. */
size_t sip_unfold(struct view value, char *out, size_t cap);

/* value itself if it lies on one line, else a view of its unfolded form in out. */
struct view sip_unfolded(struct view value, char *out, size_t cap);
