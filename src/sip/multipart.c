/* Delimiters stand at the beginning of a line: "--" boundary, with "--" behind it for the last one. */
#include "sip/multipart.h"

#include "sip/params.h"
#include "sip/priv.h"

enum { BOUNDARY_MAX = 70 };

bool sip_multipart_init(struct sip_multipart *it, struct view content_type, struct view body)
{
    *it = (struct sip_multipart){.p = body.p, .end = sip_end(body)};
    size_t semi = view_find(content_type, ';');
    if (!view_istarts(sip_trim(view_of(content_type.p, semi)), V("multipart/")))
        return false;
    it->boundary = sip_params_value(view_of(content_type.p + semi, content_type.n - semi), V("boundary"));
    return it->boundary.n > 0 && it->boundary.n <= BOUNDARY_MAX;
}

static const char *line_end(const char *p, const char *end)
{
    const char *lf = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    return lf ? lf + 1 : end;
}

/* Is the line at p a delimiter? Only blanks may follow the boundary. */
static bool is_delimiter(const struct sip_multipart *it, const char *p, const char *next, bool *last)
{
    size_t n = (size_t)(next - p), b = it->boundary.n;
    if (n < b + 2 || p[0] != '-' || p[1] != '-' || memcmp(p + 2, it->boundary.p, b) != 0)
        return false;
    struct view rest = view_of(p + 2 + b, n - 2 - b);
    *last = rest.n >= 2 && rest.p[0] == '-' && rest.p[1] == '-';
    if (*last)
        rest = view_of(rest.p + 2, rest.n - 2);
    return sip_all(rest, C_LWS);
}

/* Goes to the next delimiter line; answers where it begins, or end. it->p then stands behind it. */
static const char *delimiter_find(struct sip_multipart *it)
{
    const char *p = it->p;
    while (p < it->end) {
        const char *next = line_end(p, it->end);
        bool last = false;
        if (is_delimiter(it, p, next, &last)) {
            it->closed |= last;
            it->p = next;
            return p;
        }
        p = next;
    }
    it->p = it->end;
    return p;
}

/* Splits the bytes between two delimiters at the empty line. */
static void part_split(struct sip_part *part, const char *begin, const char *end)
{
    const char *p = begin;
    while (p < end) {
        const char *next = line_end(p, end);
        if (*p == '\n' || (*p == '\r' && next - p == 2)) {
            part->headers = view_range(begin, p);
            p = next;
            break;
        }
        if (next == end)
            part->headers = view_range(begin, end);
        p = next;
    }
    if (end > p && end[-1] == '\n')
        end--;
    if (end > p && end[-1] == '\r')
        end--;
    part->body = view_range(p, end);
}

bool sip_multipart_next(struct sip_multipart *it, struct sip_part *part)
{
    *part = (struct sip_part){.headers = VIEW_NONE};
    if (it->closed || it->p == it->end)
        return false;
    if (!it->started) { /* what stands before the first delimiter is no part */
        it->started = true;
        delimiter_find(it);
        if (it->closed || it->p == it->end)
            return false;
    }
    const char *begin = it->p, *end = delimiter_find(it);
    part_split(part, begin, end);
    return true;
}

struct view sip_part_header(const struct sip_part *part, struct view name)
{
    const char *p = part->headers.p, *end = sip_end(part->headers);
    while (p < end) {
        const char *next = line_end(p, end);
        while (next < end && (*next == ' ' || *next == '\t'))
            next = line_end(next, end);
        size_t colon = view_find(view_range(p, next), ':');
        if (p + colon < next && view_ieq(sip_trim(view_of(p, colon)), name))
            return sip_trim(view_range(p + colon + 1, next));
        p = next;
    }
    return VIEW_NONE;
}
