/* The summary of a run as one page of verdicts for a person and as the document siptap/report/1 for a program. */
#pragma once
#include "base/buf.h"
#include "record/summary.h"

struct report_options {
    bool color;                    /* ANSI colours; the page says the same without them */
    unsigned width;                /* columns of the terminal; taken as 80 to 120 */
    const char *file_for_commands; /* what {FILE} in the commands to type next stands for, unquoted; NULL prints FILE */
    bool utf8;                     /* the terminal shows UTF-8; false keeps the page in ASCII */
};

/* Adds the page to out. Headings without anything below them are left out, an undefined value is "-", a share comes
 * with the number it is a share of. Text taken from the traffic is made harmless (controls, bytes that are not UTF-8 and
 * characters that turn the direction of text are escaped) and cut by the columns it takes. The page of a capture
 * without SIP says what was there instead. out->failed when memory ran out. */
void report_print(const struct summary *s, const struct report_options *o, struct buf *out);

/* Adds the document, indented by two spaces, with a newline at its end. Undefined values are null. The verdict is
 * repeated in it: "verdict": {"level": "broken|degraded|healthy|no_sip|empty", "reasons": [problem ids]}. */
void report_json(const struct summary *s, struct buf *out);

/* The reason phrase registered for a status (IANA registry of SIP response codes), "" when there is none. */
const char *report_reason(unsigned status);
