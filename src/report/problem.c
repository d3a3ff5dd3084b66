#include "report/priv.h"

#include <inttypes.h>
#include <stdio.h>

enum { CALL_ID_PASTE_LIMIT = 200 }; /* longer ones are no help in a command line */

enum verdict verdict_of(const struct summary *s)
{
    uint8_t worst = 0;
    if (!s->input.packets)
        return VERDICT_EMPTY;
    if (!s->messages.total)
        return VERDICT_NO_SIP;
    for (uint32_t i = 0; i < s->nproblem; i++)
        if (s->problem[i].severity > worst)
            worst = s->problem[i].severity;
    return worst >= 3 ? VERDICT_BROKEN : worst == 2 ? VERDICT_DEGRADED : VERDICT_HEALTHY;
}

const char *verdict_name(enum verdict v)
{
    static const char *const name[] = {"empty", "no_sip", "healthy", "degraded", "broken"};
    return name[v];
}

/* The first example that can be pasted: hostile or endless Call-IDs are passed over. */
static bool paste_example(const struct summary_problem *problem, struct buf *out)
{
    for (uint32_t i = 0; i < problem->nexample; i++) {
        struct view v = problem->example[i];
        if (v.n && v.n <= CALL_ID_PASTE_LIMIT && text_shell(out, v))
            return true;
    }
    return false;
}

/* A file name that begins with a dash would be read as an option. */
static bool paste_file(const char *file, struct buf *out)
{
    if (file && file[0] == '-' && file[1])
        buf_str(out, "./");
    return text_shell(out, file ? view_str(file) : V("FILE"));
}

void problem_command(const struct summary_problem *problem, const char *file, struct buf *out)
{
    static const char file_mark[] = "{FILE}", call_mark[] = "{CALL_ID}";
    size_t start = out->n;
    bool fits = true;
    for (const char *p = problem->command ? problem->command : ""; *p && fits;) {
        if (!strncmp(p, file_mark, sizeof file_mark - 1)) {
            fits = paste_file(file, out);
            p += sizeof file_mark - 1;
        } else if (!strncmp(p, call_mark, sizeof call_mark - 1)) {
            fits = paste_example(problem, out);
            p += sizeof call_mark - 1;
        } else {
            buf_char(out, *p++);
        }
    }
    if (!fits)
        out->n = start;
}
