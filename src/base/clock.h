/* Capture time: nanoseconds since 1970-01-01 UTC, and its printed forms. Nothing here asks what time it is. */
#pragma once
#include "base/view.h"

#define NS_PER_S 1000000000ll
#define NS_PER_MS 1000000ll
#define TS_NONE INT64_MIN /* no time known */

enum { TS_TEXT = 40 };

/* RFC 3339 in UTC with `digits` (0 to 9) digits of the second, "2026-01-31T12:00:00.123456Z"; out holds TS_TEXT
 * bytes. TS_NONE gives "". Answers the length. */
size_t ts_print(int64_t ts_ns, unsigned digits, char *out);

/* Seconds as a number; NaN if either end is TS_NONE. */
double ts_seconds_between(int64_t from_ns, int64_t to_ns);
