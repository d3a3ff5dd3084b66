/* Text of the traffic made harmless for a terminal: what steers is shown, what prints stays. */
#pragma once
#include "base/buf.h"

/* Adds v. Controls, bytes that are not UTF-8 and code points that steer the terminal or the direction of text are written
 * as \xNN for each of their bytes; without utf8 everything above ASCII is. */
void printable_add(struct buf *out, struct view v, bool utf8);

/* The same for raw messages: line ends (LF, and CR before LF) and tabs stay, the CR is dropped. */
void printable_add_lines(struct buf *out, struct view v, bool utf8);

/* Columns that text which went through printable_add takes. */
size_t printable_columns(struct view v);

/* The longest beginning of such text that takes at most `columns` columns and ends between characters. */
struct view printable_cut(struct view v, size_t columns);
