#include "sdp/priv.h"

enum { SEEN_V = 1, SEEN_O = 2, SEEN_S = 4, SEEN_T = 8, SEEN_MANDATORY = 15 };

static void set_oddity(struct sdp *s, enum oddity o)
{
    s->oddities |= 1ull << (o - ODDITY_SIP_FIRST);
}

struct sdp_connection sdp_connection_of(struct view value)
{
    struct sdp_connection c = {VIEW_NONE, {{0}}, false};
    sdp_word(&value); /* network type: only IN was ever registered for the internet */
    sdp_word(&value); /* address type: the literal tells it as well, and some stacks get this word wrong */
    struct view address = sdp_word(&value);
    c.host = sdp_until(&address, '/'); /* multicast: /ttl, /count */
    c.has_ip = c.host.n > 0 && ip_parse(c.host, &c.ip);
    return c;
}

static void parse_origin(struct sdp *s, struct view value)
{
    s->origin = value;
    s->origin_user = sdp_word(&value);
    s->session_id = sdp_word(&value);
    s->session_version = sdp_word(&value);
    sdp_word(&value);
    sdp_word(&value);
    s->origin_host = sdp_word(&value);
    if (s->origin_host.n == 0)
        set_oddity(s, ODD_SDP_MALFORMED);
}

/* "port" or "port/count" (RFC 8866 5.14). */
static void parse_port(struct sdp *s, struct sdp_media *m, struct view word)
{
    uint64_t n = 0;
    struct view port = sdp_until(&word, '/');
    if (!view_u64(port, UINT16_MAX, &n))
        set_oddity(s, ODD_SDP_PORT);
    else
        m->port = (uint16_t)n;
    m->port_count = 1;
    if (word.n && view_u64(word, UINT16_MAX, &n) && n > 0)
        m->port_count = (uint16_t)n;
}

static bool contains(struct view hay, struct view needle)
{
    for (size_t i = 0; i + needle.n <= hay.n; i++)
        if (ascii_lower((unsigned char)hay.p[i]) == ascii_lower((unsigned char)needle.p[0]) &&
            view_ieq(view_of(hay.p + i, needle.n), needle))
            return true;
    return false;
}

static bool has_format(const struct sdp_media *m, struct view wanted)
{
    struct view rest = m->formats, format;
    while (sdp_format_next(&rest, &format))
        if (view_ieq(format, wanted))
            return true;
    return false;
}

static void parse_media(struct sdp *s, struct sdp_media *m, struct view value)
{
    memset(m, 0, sizeof *m);
    m->type = sdp_word(&value);
    parse_port(s, m, sdp_word(&value));
    m->proto = sdp_word(&value);
    m->formats = view_trim(value);
    m->direction = s->direction;
    m->first_format = s->format_count;
    m->secure = contains(m->proto, V("SAVP")) || contains(m->proto, V("TLS"));
    m->t38 = view_ieq(m->type, V("image")) && has_format(m, V("t38"));
    if (m->formats.n == 0)
        set_oddity(s, ODD_SDP_MALFORMED);
}

/* Opens the next m= section: answers where it is kept, NULL when the store is full. */
static struct sdp_media *open_media(struct sdp *s, struct view value, const char *behind)
{
    s->media_total++;
    if (s->media_count == SDP_MEDIA_MAX)
        return NULL;
    struct sdp_media *m = &s->media[s->media_count++];
    parse_media(s, m, value);
    m->lines = view_of(behind, 0);
    return m;
}

static unsigned session_line(struct sdp *s, char type, struct view value)
{
    switch (type) {
    case 'v':
        if (!view_eq(value, V("0")))
            set_oddity(s, ODD_SDP_MALFORMED);
        return SEEN_V;
    case 'o':
        parse_origin(s, value);
        return SEEN_O;
    case 's':
        s->session_name = value;
        return SEEN_S;
    case 't':
        return SEEN_T;
    case 'c':
        s->connection = sdp_connection_of(value);
        return 0;
    case 'a':
        sdp_attribute(s, NULL, value);
        return 0;
    default:
        return 0;
    }
}

static void media_line(struct sdp *s, struct sdp_media *m, char type, struct view value)
{
    /* RFC 8866 5.7 allows several c= lines for layered multicast: the first one names the base layer. */
    if (type == 'c' && m->connection.host.n == 0)
        m->connection = sdp_connection_of(value);
    else if (type == 'a')
        sdp_attribute(s, m, value);
}

/* The session's address stands for media that have none; that can be told at the end alone, as c= may follow m=. */
static void inherit(struct sdp *s)
{
    for (unsigned i = 0; i < s->media_count; i++) {
        struct sdp_media *m = &s->media[i];
        if (m->connection.host.n == 0)
            m->connection = s->connection;
        if (m->connection.host.n == 0 && m->port != 0)
            set_oddity(s, ODD_SDP_NO_CONNECTION);
    }
}

static bool begins_like_sdp(struct view text)
{
    struct view line, value;
    bool ended;
    char type;
    if (!sdp_raw_line(&text, &line, &ended) || !sdp_split_line(line, &type, &value))
        return false;
    return memchr("vosiuepcbtrzkam", type, 15) != NULL;
}

static void clear(struct sdp *s)
{
    memset(s, 0, offsetof(struct sdp, media));
}

enum sdp_result sdp_parse(struct sdp *s, const char *buf, size_t len)
{
    struct view rest = view_of(buf, len), line, value;
    struct sdp_media *m = NULL;
    bool ended = true, in_session = true;
    unsigned seen = 0;
    char type;
    clear(s);
    if (len == 0 || !begins_like_sdp(rest))
        return SDP_NOT_SDP;
    s->lines = view_of(buf, 0);
    while (sdp_raw_line(&rest, &line, &ended)) {
        if (!sdp_split_line(line, &type, &value)) {
            set_oddity(s, ODD_SDP_MALFORMED);
        } else if (type == 'm') {
            m = open_media(s, value, rest.p);
            in_session = false;
            continue;
        } else if (in_session) {
            seen |= session_line(s, type, value);
        } else if (m) {
            media_line(s, m, type, value);
        }
        if (in_session)
            s->lines.n = (size_t)(line.p + line.n - s->lines.p);
        else if (m)
            m->lines.n = (size_t)(line.p + line.n - m->lines.p);
    }
    inherit(s);
    if ((seen & SEEN_V) == 0)
        set_oddity(s, ODD_SDP_MALFORMED);
    bool all = seen == SEEN_MANDATORY && s->media_total == s->media_count;
    return all && (buf[len - 1] == '\n' || buf[len - 1] == '\r' || buf[len - 1] == '\0') ? SDP_OK : SDP_PARTIAL;
}
