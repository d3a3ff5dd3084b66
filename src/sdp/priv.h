/* What the files of sdp/ share among themselves. */
#pragma once
#include "sdp/sdp.h"

/* Takes the next line that is not empty off *rest, without its end; *ended: it had one. False when nothing is left. */
bool sdp_raw_line(struct view *rest, struct view *line, bool *ended);

/* "x=value" to its letter and trimmed value; false when the line is not of that form. */
bool sdp_split_line(struct view line, char *type, struct view *value);

/* Takes the next word, separated by blanks, off *rest; empty at the end. */
struct view sdp_word(struct view *rest);

/* Takes what stands before c off *rest, and c itself; all of it when there is no c. */
struct view sdp_until(struct view *rest, char c);

/* "IN IP4 192.0.2.1/127" (RFC 8866 5.7). */
struct sdp_connection sdp_connection_of(struct view value);

/* One a= line of the session (m NULL) or of medium m (RFC 8866 6). */
void sdp_attribute(struct sdp *s, struct sdp_media *m, struct view value);
