/* Any bytes as a session description: views lie in the buffer, counts add up, walks end. */
#include <assert.h>

#include "sdp/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *begin, *end;

static void inside(struct view v)
{
    assert(v.n == 0 || (v.p >= begin && v.n <= (size_t)(end - v.p)));
}

static unsigned walk_lines(struct view rest)
{
    struct view value;
    unsigned lines = 0;
    char type;
    inside(rest);
    while ((type = sdp_line_next(&rest, &value)) != 0) {
        assert(type >= 'a' && type <= 'z');
        inside(value);
        lines++;
    }
    return lines;
}

static void check_media(const struct sdp *s, const struct sdp_media *m)
{
    struct sdp_candidate c;
    struct sdp_codec codec;
    struct endpoint e;
    struct view rest = m->formats, format;
    unsigned candidates = 0;
    inside(m->type), inside(m->proto), inside(m->formats), inside(m->connection.host), inside(m->rtcp.host);
    inside(m->mid), inside(m->label), inside(m->ice_ufrag), inside(m->fingerprint);
    assert(m->direction <= SDP_INACTIVE && m->port_count >= 1);
    assert(m->first_format + m->format_count <= s->format_count);
    while (sdp_format_next(&rest, &format)) {
        assert(format.n > 0);
        inside(format);
    }
    for (rest = m->lines; sdp_candidate_next(&rest, &c); candidates++)
        inside(c.foundation), inside(c.host), inside(c.transport), inside(c.type_name);
    assert(candidates <= m->candidates || m->candidates == UINT16_MAX);
    assert(candidates <= walk_lines(m->lines));
    for (unsigned pt = 0; pt < 129; pt++)
        if (sdp_codec_of(s, m, pt, &codec) && codec.from_rtpmap)
            inside(codec.encoding), inside(codec.fmtp);
    int first = sdp_first_codec(s, m, &codec);
    assert(first >= -1 && first <= 127 && (first < 0) == (codec.encoding.n == 0));
    assert(!sdp_rtcp_endpoint(m, &e) || sdp_rtp_endpoint(m, &e));
    assert(!sdp_is_hold(m) || m->port != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sdp s;
    uint64_t known = 1ull << (ODD_SDP_MALFORMED - ODDITY_SIP_FIRST) | 1ull << (ODD_SDP_NO_CONNECTION - ODDITY_SIP_FIRST) |
                     1ull << (ODD_SDP_PORT - ODDITY_SIP_FIRST);
    begin = (const char *)data, end = begin + size;
    enum sdp_result r = sdp_parse(&s, begin, size);
    assert((s.oddities & ~known) == 0);
    assert(s.media_count <= SDP_MEDIA_MAX && s.media_count <= s.media_total && s.format_count <= SDP_FORMAT_MAX);
    assert(r != SDP_OK || s.media_count == s.media_total);
    assert(r != SDP_NOT_SDP || (s.media_count == 0 && s.oddities == 0));
    inside(s.origin), inside(s.origin_user), inside(s.session_id), inside(s.session_version), inside(s.origin_host);
    inside(s.session_name), inside(s.connection.host);
    walk_lines(s.lines);
    unsigned formats = 0;
    for (unsigned i = 0; i < s.media_count; i++) {
        check_media(&s, &s.media[i]);
        formats += s.media[i].format_count;
    }
    assert(formats == s.format_count);
    return 0;
}
