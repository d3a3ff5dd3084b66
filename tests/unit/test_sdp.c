/* Session descriptions (RFC 8866): what is understood, what is forgiven, and that no byte beyond the end is touched. */
#include "unit.h"

#include <stdio.h>

#include "sdp/sdp.h"

static const char offer[] = "v=0\r\n"
                            "o=alice 2890844526 2890842807 IN IP4 192.0.2.1\r\n"
                            "s=A call\r\n"
                            "c=IN IP4 192.0.2.1\r\n"
                            "t=0 0\r\n"
                            "m=audio 49170 RTP/AVP 0 8 97 101\r\n"
                            "a=rtpmap:97 opus/48000/2\r\n"
                            "a=fmtp:97 useinbandfec=1\r\n"
                            "a=rtpmap:101 telephone-event/8000\r\n"
                            "a=fmtp:101 0-15\r\n"
                            "a=ptime:20\r\n"
                            "a=maxptime:60\r\n"
                            "m=video 51372/2 RTP/SAVPF 31 99\r\n"
                            "c=IN IP6 2001:db8::7\r\n"
                            "a=rtpmap:99 H264/90000\r\n"
                            "a=rtcp:53020 IN IP4 198.51.100.9\r\n"
                            "a=recvonly\r\n";

static bool odd(const struct sdp *s, enum oddity o)
{
    return s->oddities >> (o - ODDITY_SIP_FIRST) & 1;
}

static enum sdp_result parse(struct sdp *s, const char *text)
{
    return sdp_parse(s, text, strlen(text));
}

static void assert_view(struct view v, const char *want)
{
    assert_int_equal(v.n, strlen(want));
    assert_memory_equal(v.p ? v.p : "", want, v.n);
}

static void assert_ip(const struct ip_addr *ip, const char *want)
{
    char text[IP_TEXT];
    ip_print(ip, text);
    assert_string_equal(text, want);
}

static void an_offer_gives_its_session_lines(void **state)
{
    struct sdp s;
    assert_int_equal(parse(&s, offer), SDP_OK);
    assert_int_equal(s.oddities, 0);
    assert_view(s.origin_user, "alice");
    assert_view(s.session_id, "2890844526");
    assert_view(s.session_version, "2890842807");
    assert_view(s.origin_host, "192.0.2.1");
    assert_view(s.session_name, "A call");
    assert_int_equal(s.media_count, 2);
    assert_int_equal(s.media_total, 2);
}

static void an_offer_gives_its_media(void **state)
{
    struct sdp s;
    parse(&s, offer);
    const struct sdp_media *a = &s.media[0], *v = &s.media[1];
    assert_view(a->type, "audio");
    assert_int_equal(a->port, 49170);
    assert_int_equal(a->port_count, 1);
    assert_view(a->proto, "RTP/AVP");
    assert_view(a->formats, "0 8 97 101");
    assert_int_equal(a->ptime_ms, 20);
    assert_int_equal(a->maxptime_ms, 60);
    assert_int_equal(a->direction, SDP_SENDRECV);
    assert_false(a->secure);
    assert_ip(&a->connection.ip, "192.0.2.1");
    assert_int_equal(v->port_count, 2);
    assert_true(v->secure);
    assert_int_equal(v->direction, SDP_RECVONLY);
    assert_ip(&v->connection.ip, "2001:db8::7");
}

static void rtcp_goes_where_the_medium_says(void **state)
{
    struct sdp s;
    struct endpoint e;
    parse(&s, offer);
    assert_true(sdp_rtp_endpoint(&s.media[0], &e));
    assert_int_equal(e.port, 49170);
    assert_true(sdp_rtcp_endpoint(&s.media[0], &e));
    assert_int_equal(e.port, 49171);
    assert_true(sdp_rtcp_endpoint(&s.media[1], &e));
    assert_int_equal(e.port, 53020);
    assert_ip(&e.ip, "198.51.100.9");
    parse(&s, "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 65535 RTP/AVP 0\r\n"
              "m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\nm=audio 0 RTP/AVP 0\r\n");
    assert_false(sdp_rtcp_endpoint(&s.media[0], &e));
    assert_true(sdp_rtcp_endpoint(&s.media[1], &e));
    assert_int_equal(e.port, 4000);
    assert_false(sdp_rtp_endpoint(&s.media[2], &e));
}

static void a_payload_type_means_its_rtpmap_else_the_static_table(void **state)
{
    struct sdp s;
    struct sdp_codec c;
    parse(&s, offer);
    assert_true(sdp_codec_of(&s, &s.media[0], 97, &c));
    assert_view(c.encoding, "opus");
    assert_view(c.fmtp, "useinbandfec=1");
    assert_int_equal(c.clock, 48000);
    assert_int_equal(c.channels, 2);
    assert_true(c.from_rtpmap);
    assert_true(sdp_codec_of(&s, &s.media[0], 8, &c));
    assert_view(c.encoding, "PCMA");
    assert_false(c.from_rtpmap);
    assert_true(sdp_codec_of(&s, &s.media[1], 31, &c));
    assert_view(c.encoding, "H261");
    assert_int_equal(c.clock, 90000);
    assert_false(sdp_codec_of(&s, &s.media[0], 99, &c)); /* of the other medium */
    assert_int_equal(c.encoding.n, 0);
    assert_false(sdp_codec_of(&s, &s.media[0], 127, &c));
    assert_false(sdp_codec_of(&s, &s.media[0], 4000, &c));
}

static void the_static_table_is_that_of_rfc_3551(void **state)
{
    static const struct {
        unsigned pt;
        const char *encoding;
        uint32_t clock;
    } rows[] = {{0, "PCMU", 8000},  {3, "GSM", 8000},   {4, "G723", 8000},   {8, "PCMA", 8000},  {9, "G722", 8000},
                {10, "L16", 44100}, {13, "CN", 8000},   {15, "G728", 8000},  {18, "G729", 8000}, {26, "JPEG", 90000},
                {31, "H261", 90000}, {34, "H263", 90000}};
    struct view name;
    struct sdp_codec c;
    uint32_t clock;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(sdp_static_codec(rows[i].pt, &name, &clock));
        assert_view(name, rows[i].encoding);
        assert_int_equal(clock, rows[i].clock);
    }
    assert_false(sdp_static_codec(20, &name, &clock));
    assert_false(sdp_static_codec(72, &name, &clock));
    assert_true(sdp_codec_of(NULL, NULL, 10, &c));
    assert_int_equal(c.channels, 2);
}

static void the_first_codec_is_no_event_and_no_noise(void **state)
{
    struct sdp s;
    struct sdp_codec c;
    parse(&s, "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 101 13 120 18\n"
              "a=rtpmap:101 telephone-event/8000\nm=image 4002 udptl t38\n");
    assert_int_equal(sdp_first_codec(&s, &s.media[0], &c), 18);
    assert_view(c.encoding, "G729");
    assert_int_equal(sdp_first_codec(&s, &s.media[1], &c), -1);
    assert_int_equal(c.encoding.n, 0);
}

static void formats_are_walked_one_by_one(void **state)
{
    struct view rest = V(" 0  8\t101 "), f;
    assert_true(sdp_format_next(&rest, &f));
    assert_view(f, "0");
    assert_true(sdp_format_next(&rest, &f));
    assert_true(sdp_format_next(&rest, &f));
    assert_int_equal(sdp_payload_type(f), 101);
    assert_false(sdp_format_next(&rest, &f));
    assert_int_equal(sdp_payload_type(V("128")), -1);
    assert_int_equal(sdp_payload_type(V("t38")), -1);
    assert_int_equal(sdp_payload_type(VIEW_NONE), -1);
}

static void hold_has_four_forms(void **state)
{
    static const struct {
        const char *text;
        bool hold;
    } rows[] = {
        {"c=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 0\n", false},
        {"c=IN IP4 0.0.0.0\nt=0 0\nm=audio 4000 RTP/AVP 0\n", true},
        {"c=IN IP6 ::\nt=0 0\nm=audio 4000 RTP/AVP 0\n", true},
        {"c=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 0\na=sendonly\n", true},
        {"c=IN IP4 192.0.2.1\nt=0 0\na=inactive\nm=audio 4000 RTP/AVP 0\n", true},
        {"c=IN IP4 192.0.2.1\nt=0 0\na=inactive\nm=audio 4000 RTP/AVP 0\na=sendrecv\n", false},
        {"c=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 0\na=recvonly\n", false},
        {"c=IN IP4 0.0.0.0\nt=0 0\nm=audio 0 RTP/AVP 0\na=sendonly\n", false},
    };
    struct sdp s;
    char text[256];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text, "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\n%s", rows[i].text);
        assert_int_equal(parse(&s, text), SDP_OK);
        assert_int_equal(sdp_is_hold(&s.media[0]), rows[i].hold);
    }
}

static void fax_is_recognised(void **state)
{
    struct sdp s;
    parse(&s, "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=image 4000 udptl t38\na=T38FaxVersion:0\n"
              "m=audio 4002 RTP/AVP 0\n");
    assert_true(s.media[0].t38);
    assert_false(s.media[1].t38);
}

static void candidates_are_counted_and_walked(void **state)
{
    struct sdp s;
    struct sdp_candidate c;
    assert_int_equal(parse(&s, "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 UDP/TLS/RTP/SAVPF 0\n"
                               "a=ice-ufrag:abcd\na=mid:x\na=rtcp-mux\na=fingerprint:sha-256 00:11\n"
                               "a=candidate:1 1 UDP 2130706431 192.0.2.1 8998 typ host\n"
                               "a=candidate:nonsense\n"
                               "a=candidate:2 1 udp 1694498815 203.0.113.5 45664 typ srflx raddr 192.0.2.1 rport 8998 generation 0\n"
                               "a=candidate:3 1 udp 7 name.example.local 9 typ host\n"), SDP_OK);
    const struct sdp_media *m = &s.media[0];
    struct view rest = m->lines;
    assert_int_equal(m->candidates, 4);
    assert_true(m->secure && m->rtcp_mux);
    assert_view(m->ice_ufrag, "abcd");
    assert_view(m->mid, "x");
    assert_view(m->fingerprint, "sha-256 00:11");
    assert_true(sdp_candidate_next(&rest, &c));
    assert_int_equal(c.type, SDP_CANDIDATE_HOST);
    assert_int_equal(c.port, 8998);
    assert_int_equal(c.priority, 2130706431);
    assert_true(sdp_candidate_next(&rest, &c));
    assert_int_equal(c.type, SDP_CANDIDATE_SRFLX);
    assert_ip(&c.ip, "203.0.113.5");
    assert_ip(&c.related.ip, "192.0.2.1");
    assert_int_equal(c.related.port, 8998);
    assert_true(sdp_candidate_next(&rest, &c));
    assert_false(c.has_ip);
    assert_view(c.host, "name.example.local");
    assert_false(sdp_candidate_next(&rest, &c));
}

static void lines_are_walked_and_nonsense_is_skipped(void **state)
{
    struct view rest = V("\r\na=one\r\nnonsense\n\nb = x\nB=AS:64\rz="), value;
    assert_int_equal(sdp_line_next(&rest, &value), 'a');
    assert_view(value, "one");
    assert_int_equal(sdp_line_next(&rest, &value), 'b');
    assert_view(value, "AS:64");
    assert_int_equal(sdp_line_next(&rest, &value), 'z');
    assert_int_equal(value.n, 0);
    assert_int_equal(sdp_line_next(&rest, &value), 0);
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *text;
        enum sdp_result result;
        int oddity; /* -1: none */
    } rows[] = {
        {"", SDP_NOT_SDP, -1},
        {"\r\n", SDP_NOT_SDP, -1},
        {"hello\r\n", SDP_NOT_SDP, -1},
        {"Signal=1\r\nDuration=160\r\n", SDP_NOT_SDP, -1},
        {"y=0\r\n", SDP_NOT_SDP, -1},
        {"v=0\n", SDP_PARTIAL, -1},
        {"v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n", SDP_OK, -1},
        {"v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0", SDP_PARTIAL, -1},
        {"v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n%0", SDP_PARTIAL, ODD_SDP_MALFORMED},
        {"v=1\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n", SDP_OK, ODD_SDP_MALFORMED},
        {"v=0\no=-\ns=-\nt=0 0\n", SDP_OK, ODD_SDP_MALFORMED},
        {"o=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n", SDP_PARTIAL, ODD_SDP_MALFORMED},
        {"v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=audio 9 RTP/AVP 0\n", SDP_OK, ODD_SDP_NO_CONNECTION},
        {"v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=audio 0 RTP/AVP 0\n", SDP_OK, -1},
        {"v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 65536 RTP/AVP 0\n", SDP_OK, ODD_SDP_PORT},
        {"v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio -1 RTP/AVP 0\n", SDP_OK, ODD_SDP_PORT},
        {"v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio\n", SDP_OK, ODD_SDP_PORT},
        {"v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 9 RTP/AVP\n", SDP_OK, ODD_SDP_MALFORMED},
        {"v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=audio 9 RTP/AVP 0\nc=IN IP4 host.example.org\n", SDP_OK, -1},
    };
    struct sdp s;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(parse(&s, rows[i].text), rows[i].result);
        if (rows[i].oddity < 0)
            assert_int_equal(s.oddities, 0);
        else
            assert_true(odd(&s, (enum oddity)rows[i].oddity));
    }
}

static void more_media_than_fit_are_counted_not_kept(void **state)
{
    struct sdp s;
    char text[4096] = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n";
    for (int i = 0; i < 20; i++)
        strcat(text, "m=audio 4000 RTP/AVP 0 96\na=rtpmap:96 opus/48000\n");
    assert_int_equal(parse(&s, text), SDP_PARTIAL);
    assert_int_equal(s.media_count, SDP_MEDIA_MAX);
    assert_int_equal(s.media_total, 20);
    assert_int_equal(s.format_count, SDP_MEDIA_MAX);
}

static void more_formats_than_fit_are_left_out(void **state)
{
    struct sdp s;
    struct sdp_codec c;
    char text[8192] = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 0\n";
    for (int i = 0; i < 128; i++)
        sprintf(text + strlen(text), "a=rtpmap:%d x%d/8000\na=rtpmap:%d y/1\n", i, i, i);
    parse(&s, text);
    assert_int_equal(s.format_count, SDP_FORMAT_MAX);
    assert_true(sdp_codec_of(&s, &s.media[0], 95, &c));
    assert_view(c.encoding, "x95");
    assert_false(sdp_codec_of(&s, &s.media[0], 96, &c));
}

static void no_prefix_of_an_offer_is_whole_unless_it_ends_with_a_line(void **state)
{
    size_t whole = strlen(offer), mandatory = (size_t)(strstr(offer, "m=audio") - offer);
    for (size_t n = 0; n <= whole; n++) {
        struct sdp s;
        char *p = guard_copy(offer, n);
        enum sdp_result r = sdp_parse(&s, p, n);
        bool line_ends = n > 0 && (p[n - 1] == '\r' || p[n - 1] == '\n');
        if (n < 2)
            assert_int_equal(r, SDP_NOT_SDP);
        else
            assert_int_equal(r, line_ends && n >= mandatory - 1 ? SDP_OK : SDP_PARTIAL);
        for (unsigned i = 0; i < s.media_count; i++) {
            struct view rest = s.media[i].lines, value;
            while (sdp_line_next(&rest, &value))
                assert_true(value.p >= p && value.p + value.n <= p + n);
        }
        guard_free(p, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offer_gives_its_session_lines),
        cmocka_unit_test(an_offer_gives_its_media),
        cmocka_unit_test(rtcp_goes_where_the_medium_says),
        cmocka_unit_test(a_payload_type_means_its_rtpmap_else_the_static_table),
        cmocka_unit_test(the_static_table_is_that_of_rfc_3551),
        cmocka_unit_test(the_first_codec_is_no_event_and_no_noise),
        cmocka_unit_test(formats_are_walked_one_by_one),
        cmocka_unit_test(hold_has_four_forms),
        cmocka_unit_test(fax_is_recognised),
        cmocka_unit_test(candidates_are_counted_and_walked),
        cmocka_unit_test(lines_are_walked_and_nonsense_is_skipped),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(more_media_than_fit_are_counted_not_kept),
        cmocka_unit_test(more_formats_than_fit_are_left_out),
        cmocka_unit_test(no_prefix_of_an_offer_is_whole_unless_it_ends_with_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
