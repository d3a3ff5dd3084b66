/* RTP and RTCP headers, and telling apart what shares a media port. */
#include "unit.h"

#include "rtp/rtcp.h"
#include "rtp/rtp.h"

static const uint8_t plain[] = {0x80, 0x88, 0x12, 0x34, 0, 0, 0, 160, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4};

/* Two CSRCs, an extension of one word, three bytes of payload, one of padding. */
static const uint8_t full[] = {0xb2, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5,
                               0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0, 7, 8, 9, 1};

static void a_plain_header_gives_all_its_fields(void **state)
{
    struct rtp_header h;
    assert_int_equal(rtp_parse(&h, plain, sizeof plain), RTP_OK);
    assert_int_equal(h.version, 2);
    assert_true(h.marker);
    assert_int_equal(h.payload_type, 8);
    assert_int_equal(h.seq, 0x1234);
    assert_int_equal(h.timestamp, 160);
    assert_int_equal(h.ssrc, 0xdeadbeef);
    assert_int_equal(h.payload_off, 12);
    assert_int_equal(h.payload_len, 4);
    assert_false(h.padding || h.extension);
}

static void csrcs_extension_and_padding_surround_the_payload(void **state)
{
    struct rtp_header h;
    assert_int_equal(rtp_parse(&h, full, sizeof full), RTP_OK);
    assert_int_equal(h.csrc_count, 2);
    assert_int_equal(h.extension_profile, 0xbede);
    assert_int_equal(h.extension_words, 1);
    assert_int_equal(h.payload_off, 28);
    assert_int_equal(h.payload_len, 3);
    assert_int_equal(h.padding_len, 1);
}

static void a_cut_header_still_gives_its_fixed_part(void **state)
{
    for (size_t n = 0; n < sizeof full; n++) {
        struct rtp_header h;
        char *p = guard_copy(full, n);
        enum rtp_result r = rtp_parse(&h, p, n);
        if (n < 12)
            assert_int_equal(r, RTP_NOT_RTP);
        else if (r == RTP_PARTIAL)
            assert_int_equal(h.payload_len, 0);
        else /* the last byte happens to be a padding count that fits */
            assert_true(n > 28 && h.payload_off + h.payload_len + h.padding_len == n);
        if (n >= 12)
            assert_int_equal(h.ssrc, 3);
        rtp_looks_like(p, n);
        guard_free(p, n);
    }
}

static void padding_that_cannot_be_is_partial(void **state)
{
    struct rtp_header h;
    uint8_t p[] = {0xa0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 0};
    assert_int_equal(rtp_parse(&h, p, sizeof p), RTP_PARTIAL);
    p[13] = 3;
    assert_int_equal(rtp_parse(&h, p, sizeof p), RTP_PARTIAL);
    assert_int_equal(rtp_parse(&h, p, 12), RTP_PARTIAL);
    p[13] = 2;
    assert_int_equal(rtp_parse(&h, p, sizeof p), RTP_OK);
    assert_int_equal(h.payload_len, 0);
}

static void another_version_is_not_rtp(void **state)
{
    struct rtp_header h;
    uint8_t p[12] = {0x40};
    assert_int_equal(rtp_parse(&h, p, sizeof p), RTP_NOT_RTP);
    p[0] = 0xc0;
    assert_int_equal(rtp_parse(&h, p, sizeof p), RTP_NOT_RTP);
}

static void what_shares_a_media_port_is_told_apart(void **state)
{
    static const struct {
        uint8_t p[20];
        size_t n;
        enum rtp_kind kind;
    } rows[] = {
        {{0x80, 0x00}, 20, RTP_KIND_RTP},
        {{0x80, 0x80 | 101}, 20, RTP_KIND_RTP},
        {{0x80, 50}, 20, RTP_KIND_NONE},           /* unassigned payload type */
        {{0x8f, 0x00}, 20, RTP_KIND_NONE},         /* 15 CSRCs in 20 bytes */
        {{0x81, 200, 0, 4}, 20, RTP_KIND_RTCP},
        {{0x81, 201, 0, 5}, 20, RTP_KIND_NONE},    /* longer than the datagram */
        {{0x81, 222, 0, 1}, 20, RTP_KIND_NONE},
        {{0x00, 0x01, 0, 0, 0x21, 0x12, 0xa4, 0x42}, 20, RTP_KIND_STUN},
        {{0x00, 0x01, 0, 0, 0x21, 0x12, 0xa4, 0x43}, 20, RTP_KIND_NONE},
        {{0x00, 0x01, 0, 4, 0x21, 0x12, 0xa4, 0x42}, 20, RTP_KIND_NONE},
        {{0x10, 0x00, 0, 0, 'Z', 'R', 'T', 'P'}, 20, RTP_KIND_ZRTP},
        {{22, 254, 255}, 20, RTP_KIND_DTLS},
        {{22, 3, 3}, 20, RTP_KIND_NONE},
        {{0x40, 0x00, 0, 16}, 20, RTP_KIND_TURN},
        {{0x40, 0x00, 0, 17}, 20, RTP_KIND_NONE},
        {{'I', 'N', 'V', 'I', 'T', 'E'}, 20, RTP_KIND_NONE},
        {{0xff, 0xff}, 20, RTP_KIND_NONE},
        {{0x80, 0x00}, 3, RTP_KIND_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t n = 0; n <= rows[i].n; n++) {
            char *p = guard_copy(rows[i].p, n);
            enum rtp_kind kind = rtp_looks_like(p, n);
            if (n == rows[i].n)
                assert_int_equal(kind, rows[i].kind);
            guard_free(p, n);
        }
}

/* An SR with one report block, an SDES with CNAME and TOOL, a BYE with a reason, padded. */
static const uint8_t compound[] = {
    0x81, 200, 0, 12, 0, 0, 0, 1, 0x83, 0xaa, 0x7e, 0x80, 0x80, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 50, 0, 0, 0x1f, 0x40,
    0, 0, 0, 2, 64, 0xff, 0xff, 0xfe, 0, 1, 0, 9, 0, 0, 0, 80, 0x7e, 0x80, 0x80, 0, 0, 1, 0, 0,
    0x81, 202, 0, 4, 0, 0, 0, 1, 1, 4, 'n', 'a', 'm', 'e', 6, 1, 't', 0, 0, 0,
    0xa1, 203, 0, 4, 0, 0, 0, 1, 3, 'e', 'n', 'd', 0, 0, 0, 0, 0, 0, 0, 4};

static void a_compound_is_walked_packet_by_packet(void **state)
{
    struct view rest = view_of((const char *)compound, sizeof compound);
    struct rtcp_packet p;
    struct rtcp_sender sender;
    struct rtcp_report r;
    assert_true(rtcp_next(&rest, &p));
    assert_int_equal(p.type, RTCP_SR);
    assert_int_equal(p.ssrc, 1);
    assert_true(rtcp_sender_info(&p, &sender));
    assert_true(sender.ntp == 0x83aa7e8080000000ull);
    assert_int_equal(sender.packets, 50);
    assert_int_equal(sender.octets, 8000);
    assert_true(rtcp_report_block(&p, 0, &r));
    assert_int_equal(r.ssrc, 2);
    assert_int_equal(r.fraction_lost, 64);
    assert_int_equal(r.cumulative_lost, -2);
    assert_int_equal(r.highest_seq, 65545);
    assert_int_equal(r.jitter, 80);
    assert_int_equal(r.dlsr, 65536);
    assert_false(rtcp_report_block(&p, 1, &r));
    assert_true(rtcp_next(&rest, &p));
    struct view name = rtcp_sdes_item(&p, 1), tool = rtcp_sdes_item(&p, 6);
    assert_true(view_eq(name, V("name")) && view_eq(tool, V("t")));
    assert_int_equal(rtcp_sdes_item(&p, 2).n, 0);
    assert_true(rtcp_next(&rest, &p));
    assert_int_equal(p.padding_len, 4);
    assert_true(view_eq(rtcp_bye_reason(&p), V("end")));
    assert_false(rtcp_next(&rest, &p));
    assert_int_equal(rest.n, 0);
}

static void a_loss_of_23_bits_is_positive(void **state)
{
    const uint8_t rr[] = {0x81, 201, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0x7f, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct view rest = view_of((const char *)rr, sizeof rr);
    struct rtcp_packet p;
    struct rtcp_report r;
    assert_true(rtcp_next(&rest, &p));
    assert_true(rtcp_report_block(&p, 0, &r));
    assert_int_equal(r.cumulative_lost, 0x7fffff);
}

static void voip_metrics_are_found_behind_other_blocks(void **state)
{
    uint8_t xr[4 + 4 + 8 + 36] = {0x80, 207, 0, 12, 0, 0, 0, 1, 4, 0, 0, 1, 0, 0, 0, 0, 7, 0, 0, 8, 0, 0, 0, 2, 13, 0};
    xr[16 + 16] = 0, xr[16 + 17] = 40, xr[16 + 20] = 0xec, xr[16 + 24] = 93, xr[16 + 26] = 41, xr[16 + 35] = 60;
    struct view rest = view_of((const char *)xr, sizeof xr);
    struct rtcp_packet p;
    struct rtcp_voip_metrics m;
    assert_true(rtcp_next(&rest, &p));
    assert_true(rtcp_voip_metrics(&p, &m));
    assert_int_equal(m.ssrc, 2);
    assert_int_equal(m.loss_rate, 13);
    assert_int_equal(m.round_trip_ms, 40);
    assert_int_equal(m.signal_dbm, -20);
    assert_int_equal(m.r_factor, 93);
    assert_int_equal(m.mos_lq, 41);
    assert_int_equal(m.jb_abs_max_ms, 60);
}

static void every_prefix_of_a_compound_stays_inside(void **state)
{
    for (size_t n = 0; n <= sizeof compound; n++) {
        char *bytes = guard_copy(compound, n);
        struct view rest = view_of(bytes, n);
        struct rtcp_packet p;
        unsigned packets = 0;
        while (rtcp_next(&rest, &p)) {
            struct rtcp_report r;
            struct rtcp_sender s;
            struct rtcp_voip_metrics m;
            assert_true(p.body.p >= bytes && p.body.p + p.body.n <= bytes + n);
            rtcp_sender_info(&p, &s);
            for (unsigned i = 0; rtcp_report_block(&p, i, &r); i++)
                ;
            rtcp_sdes_item(&p, 6);
            rtcp_bye_reason(&p);
            rtcp_voip_metrics(&p, &m);
            assert_int_equal(p.truncated && rest.n > 0, 0);
            packets++;
        }
        assert_true(packets <= 3);
        guard_free(bytes, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_header_gives_all_its_fields),
        cmocka_unit_test(csrcs_extension_and_padding_surround_the_payload),
        cmocka_unit_test(a_cut_header_still_gives_its_fixed_part),
        cmocka_unit_test(padding_that_cannot_be_is_partial),
        cmocka_unit_test(another_version_is_not_rtp),
        cmocka_unit_test(what_shares_a_media_port_is_told_apart),
        cmocka_unit_test(a_compound_is_walked_packet_by_packet),
        cmocka_unit_test(a_loss_of_23_bits_is_positive),
        cmocka_unit_test(voip_metrics_are_found_behind_other_blocks),
        cmocka_unit_test(every_prefix_of_a_compound_stays_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
