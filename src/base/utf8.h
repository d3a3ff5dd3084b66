/* UTF-8 (RFC 3629): code points out of bytes that may lie, and what a code point does to a terminal. */
#pragma once
#include "base/view.h"

/* Bytes of the sequence at v.p[at] and its code point; 0 when the bytes there are no valid UTF-8 (over-long forms,
 * surrogates and values above U+10FFFF are not) or when v ends before the sequence does. */
size_t utf8_decode(struct view v, size_t at, uint32_t *code);

/* Columns of a terminal that a printable code point takes: 0 for combining marks, 2 for wide East Asian characters and
 * emoji, else 1. */
unsigned utf8_columns(uint32_t code);

/* True for code points that steer instead of print: C0 and C1 controls, DEL, marks that turn the direction of text
 * (UAX 9), zero-width characters, line separators, byte order marks. */
bool utf8_steers(uint32_t code);
