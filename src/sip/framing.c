/* Framing of a stream: start line, headers up to the empty line, Content-Length bytes. */
#include "sip/framing.h"

#include "sip/message.h"
#include "sip/priv.h"

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

/* A frame ends here: whatever follows is looked at afresh. */
static struct sip_frame frame_end(struct sip_framing_state *s, enum sip_frame_kind kind, size_t length, bool mid_line)
{
    struct sip_frame f = {.kind = kind, .length = (uint32_t)length};
    if (kind == SIP_FRAME_MESSAGE) {
        f.no_content_length = s->no_content_length;
        f.body_too_long = s->body_too_long;
    }
    *s = (struct sip_framing_state){.mid_line = mid_line, .in_garbage = kind == SIP_FRAME_GARBAGE};
    return f;
}

static struct sip_frame need_more(struct sip_framing_state *s, size_t scanned)
{
    s->scanned = (uint32_t)scanned;
    return (struct sip_frame){.kind = SIP_FRAME_NEED_MORE, .want = s->total};
}

/* No control character but TAB and CR belongs into a start line; TLS records and RTP are full of them. */
static bool is_text(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)p[i] < 0x20 && p[i] != '\t' && p[i] != '\r')
            return false;
    return true;
}

/* Nothing begins at p: drops line after line up to one that is empty, looks like SIP or is not complete yet. */
static struct sip_frame garbage(struct sip_framing_state *s, const char *p, size_t n)
{
    size_t i = 0;
    while (i < n) {
        const char *lf = memchr(p + i, '\n', n - i);
        if (!lf)
            break;
        i = (size_t)(lf - p) + 1;
        lf = i < n ? memchr(p + i, '\n', n - i) : NULL;
        if (!lf || is_line_end(p[i]) || sip_looks_like(p + i, (size_t)(lf - p) + 1 - i))
            return frame_end(s, SIP_FRAME_GARBAGE, i, false);
    }
    return i ? frame_end(s, SIP_FRAME_GARBAGE, i, false) : frame_end(s, SIP_FRAME_GARBAGE, n, true);
}

/* The value of Content-Length among the headers, folded or not: -1 if there is none or it is no number. */
static int64_t content_length_find(const char *p, const char *end)
{
    while (p < end) {
        const char *lf = memchr(p, '\n', (size_t)(end - p)), *next = lf ? lf + 1 : end;
        bool candidate = (*p | 0x20) == 'l' || (*p | 0x20) == 'c';
        if (candidate) {
            while (next < end && (*next == ' ' || *next == '\t')) {
                lf = memchr(next, '\n', (size_t)(end - next));
                next = lf ? lf + 1 : end;
            }
            struct view line = view_range(p, next);
            size_t colon = view_find(line, ':');
            struct view name = view_of(p, colon < line.n ? colon : 0);
            while (name.n && (name.p[name.n - 1] == ' ' || name.p[name.n - 1] == '\t'))
                name.n--;
            if (sip_header_identify(name) == SIP_H_CONTENT_LENGTH) {
                uint64_t x;
                return view_u64(sip_trim(view_of(p + colon + 1, line.n - colon - 1)), UINT32_MAX, &x) ? (int64_t)x : -1;
            }
        }
        p = next;
    }
    return -1;
}

static void total_set(struct sip_framing_state *s, const char *p, size_t headers)
{
    int64_t length = content_length_find(p, p + headers);
    s->no_content_length = length < 0;
    s->body_too_long = length > SIP_FRAMING_BODY_MAX;
    s->total = (uint32_t)headers + (length > 0 && !s->body_too_long ? (uint32_t)length : 0);
}

/* Length of the headers with the empty line, or 0 if it is not there yet; *scanned moves on. */
static size_t headers_end(const char *p, size_t n, size_t *scanned)
{
    size_t i = *scanned;
    while (i < n) {
        const char *lf = memchr(p + i, '\n', n - i);
        if (!lf) {
            *scanned = n;
            return 0;
        }
        i = (size_t)(lf - p);
        if (i + 1 < n && p[i + 1] == '\n')
            return i + 2;
        if (i + 2 < n && p[i + 1] == '\r' && p[i + 2] == '\n')
            return i + 3;
        if (i + 2 >= n && (i + 1 == n || p[i + 1] == '\r')) { /* the next byte decides */
            *scanned = i;
            return 0;
        }
        i++;
    }
    *scanned = n;
    return 0;
}

static struct sip_frame message_next(struct sip_framing_state *s, const char *p, size_t n)
{
    if (!s->total) {
        size_t scanned = s->scanned, room = n < SIP_FRAMING_HEADERS_MAX ? n : SIP_FRAMING_HEADERS_MAX;
        size_t headers = headers_end(p, room, &scanned);
        if (!headers && n >= SIP_FRAMING_HEADERS_MAX)
            return frame_end(s, SIP_FRAME_GARBAGE, room, p[room - 1] != '\n');
        if (!headers)
            return need_more(s, scanned);
        total_set(s, p, headers);
    }
    if (n < s->total)
        return need_more(s, s->scanned);
    return frame_end(s, SIP_FRAME_MESSAGE, s->total, false);
}

struct sip_frame sip_framing_next(struct sip_framing_state *s, const char *p, size_t n)
{
    if (!n)
        return need_more(s, s->scanned);
    if (s->in_headers)
        return message_next(s, p, n);
    if (s->mid_line) {
        const char *lf = memchr(p, '\n', n);
        return frame_end(s, SIP_FRAME_GARBAGE, lf ? (size_t)(lf - p) + 1 : n, !lf);
    }
    if (is_line_end(p[0])) {
        size_t run = 0;
        while (run < n && is_line_end(p[run]))
            run++;
        if (run == n && p[run - 1] == '\r' && run < SIP_FRAMING_LINE_MAX)
            return need_more(s, 0);
        return frame_end(s, s->in_garbage ? SIP_FRAME_GARBAGE : SIP_FRAME_KEEPALIVE, run, false);
    }
    size_t room = n < SIP_FRAMING_LINE_MAX ? n : SIP_FRAMING_LINE_MAX;
    size_t from = s->scanned < room ? s->scanned : room;
    const char *lf = memchr(p + from, '\n', room - from);
    size_t line = lf ? (size_t)(lf - p) : room;
    if (!is_text(p + from, line - from))
        return garbage(s, p, n);
    if (!lf)
        return n < SIP_FRAMING_LINE_MAX ? need_more(s, n) : garbage(s, p, n);
    if (!sip_looks_like(p, line + 1))
        return garbage(s, p, n);
    s->in_headers = true;
    s->scanned = (uint32_t)line;
    return message_next(s, p, n);
}
