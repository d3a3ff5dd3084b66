/* The small grammar everything else stands on: lines and words (RFC 8866 9). */
#include "sdp/priv.h"

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

/* Bytes before the next line end, n when there is none. Lines are short and memchr knows one byte at a time: looking for
 * LF, then CR, over all that is left would make a text with one of them alone quadratic. So eight bytes at once, stopping
 * for a closer look when one of them may be below 14 (CR is 13). */
static size_t line_length(const char *p, size_t n)
{
    const uint64_t ones = 0x0101010101010101u, high = ones << 7;
    size_t i = 0;
    while (i < n) {
        uint64_t x;
        size_t stop = n - i < 8 ? n : i + 8;
        if (stop - i == 8) {
            memcpy(&x, p + i, 8);
            if (((x - ones * 14) & ~x & high) == 0) {
                i = stop;
                continue;
            }
        }
        for (; i < stop; i++)
            if (is_line_end(p[i]))
                return i;
    }
    return n;
}

bool sdp_raw_line(struct view *rest, struct view *line, bool *ended)
{
    size_t i = 0, begin;
    /* Empty lines carry nothing; taking LF and CR alike makes a CRLF one line end and an empty line. NULs that some
     * stacks leave at the end of the body go the same way. */
    while (i < rest->n && (is_line_end(rest->p[i]) || rest->p[i] == '\0'))
        i++;
    begin = i;
    if (i < rest->n)
        i += line_length(rest->p + i, rest->n - i);
    *line = view_of(rest->n ? rest->p + begin : rest->p, i - begin);
    *ended = i < rest->n;
    if (*ended)
        i++;
    *rest = view_of(rest->n ? rest->p + i : rest->p, rest->n - i);
    return line->n > 0;
}

bool sdp_split_line(struct view line, char *type, struct view *value)
{
    if (line.n < 2 || line.p[1] != '=' || ascii_lower((unsigned char)line.p[0]) - (unsigned)'a' > 25u)
        return false;
    *type = (char)ascii_lower((unsigned char)line.p[0]);
    *value = view_trim(view_of(line.p + 2, line.n - 2));
    return true;
}

char sdp_line_next(struct view *rest, struct view *value)
{
    struct view line;
    bool ended;
    char type;
    while (sdp_raw_line(rest, &line, &ended))
        if (sdp_split_line(line, &type, value))
            return type;
    return 0;
}

struct view sdp_word(struct view *rest)
{
    size_t i = 0, begin;
    while (i < rest->n && (rest->p[i] == ' ' || rest->p[i] == '\t'))
        i++;
    begin = i;
    while (i < rest->n && rest->p[i] != ' ' && rest->p[i] != '\t')
        i++;
    if (rest->n == 0)
        return *rest;
    struct view word = view_of(rest->p + begin, i - begin);
    *rest = view_of(rest->p + i, rest->n - i);
    return word;
}

struct view sdp_until(struct view *rest, char c)
{
    size_t at = view_find(*rest, c);
    struct view head = view_of(rest->p, at);
    if (at < rest->n)
        at++;
    if (rest->n)
        *rest = view_of(rest->p + at, rest->n - at);
    return head;
}

bool sdp_format_next(struct view *rest, struct view *format)
{
    *format = sdp_word(rest);
    return format->n > 0;
}
