#include "unit.h"

#include "base/oddity.h"
#include "decode/decode.h"
#include "frame_bytes.h"

static const struct hash_seed SEED = {11, 22};
#define HELLO "OPTIONS sip:example.com SIP/2.0\r\n\r\n"
enum { HELLO_N = sizeof HELLO - 1 };

static struct packet decode(const struct frame *f, uint16_t link_type)
{
    struct packet p = frame_packet(f, link_type);
    decode_packet(&p, &SEED);
    return p;
}

static void datagram4(struct frame *f)
{
    frame_set(f, HELLO, HELLO_N);
    frame_udp(f, 5060, 5062);
    frame_ip4(f, 17, 1, 2);
}

static void datagram6(struct frame *f)
{
    frame_set(f, HELLO, HELLO_N);
    frame_udp(f, 5060, 5062);
    frame_ip6(f, 17, 1, 2);
}

static bool odd(const struct packet *p, unsigned oddity)
{
    return p->oddities >> oddity & 1;
}

/* Headers in front of a datagram of version `ip` for which the decoder has to find HELLO. */
static const struct {
    const char *name;
    uint16_t link_type;
    uint8_t ip, n;
    uint8_t header[40];
} LINKS[] = {
    {"Ethernet", 1, 4, 14, {[12] = 0x08, 0x00}},
    {"Ethernet, IPv6", 1, 6, 14, {[12] = 0x86, 0xdd}},
    {"VLAN", 1, 4, 18, {[12] = 0x81, 0x00, 0x00, 0x64, 0x08, 0x00}},
    {"802.1ad", 1, 6, 22, {[12] = 0x88, 0xa8, 0, 1, 0x81, 0x00, 0, 2, 0x86, 0xdd}},
    {"QinQ", 1, 4, 22, {[12] = 0x91, 0x00, 0, 1, 0x81, 0x00, 0, 2, 0x08, 0x00}},
    {"MPLS, one label", 1, 4, 18, {[12] = 0x88, 0x47, 0, 1, 0x01, 64}},
    {"MPLS, two labels, IPv6", 1, 6, 22, {[12] = 0x88, 0x48, 0, 1, 0x00, 64, 0, 2, 0x01, 64}},
    {"PPPoE", 1, 4, 22, {[12] = 0x88, 0x64, 0x11, 0, 0, 1, 0, 0, 0x00, 0x21}},
    {"PPPoE, IPv6", 1, 6, 22, {[12] = 0x88, 0x64, 0x11, 0, 0, 1, 0, 0, 0x00, 0x57}},
    {"802.3 with SNAP", 1, 4, 22, {[12] = 0x00, 0x60, 0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00}},
    {"802.3 with LLC", 1, 4, 17, {[12] = 0x00, 0x60, 6, 6, 3}},
    {"raw IP 12", 12, 4, 0, {0}},
    {"raw IP 14", 14, 6, 0, {0}},
    {"raw IP 101", 101, 6, 0, {0}},
    {"raw IPv4", 228, 4, 0, {0}},
    {"raw IPv6", 229, 6, 0, {0}},
    {"BSD loopback, little endian", 0, 4, 4, {2, 0, 0, 0}},
    {"BSD loopback, big endian", 0, 4, 4, {0, 0, 0, 2}},
    {"BSD loopback, IPv6 of one system", 0, 6, 4, {30, 0, 0, 0}},
    {"BSD loopback, IPv6 of another", 0, 6, 4, {0, 0, 0, 24}},
    {"loopback in network order", 108, 4, 4, {0, 0, 0, 2}},
    {"cooked v1", 113, 4, 16, {[14] = 0x08, 0x00}},
    {"cooked v1 with a VLAN tag", 113, 4, 20, {[14] = 0x81, 0x00, 0, 1, 0x08, 0x00}},
    {"cooked v2", 276, 6, 20, {0x86, 0xdd}},
    {"PPP", 9, 4, 4, {0xff, 3, 0x00, 0x21}},
    {"PPP without address and control, short protocol", 9, 6, 1, {0x57}},
    {"PPP in HDLC framing", 50, 4, 4, {0xff, 3, 0x00, 0x21}},
    {"Cisco HDLC", 104, 4, 4, {0x0f, 0, 0x08, 0x00}},
    {"PPP with direction", 204, 4, 5, {1, 0xff, 3, 0x00, 0x21}},
};

static void check_hello(const struct packet *p, unsigned ip)
{
    assert_int_equal(p->ip_version, ip);
    assert_int_equal(p->l4, L4_UDP);
    assert_int_equal(p->src_port, 5060);
    assert_int_equal(p->dst_port, 5062);
    assert_int_equal(p->payload_len, HELLO_N);
    assert_int_equal(p->payload_missing, 0);
    assert_memory_equal(p->payload, HELLO, HELLO_N);
    assert_int_equal(p->src.b[15], 1);
    assert_int_equal(p->dst.b[15], 2);
    assert_null(p->first_message);
    assert_int_not_equal(p->flow_hash, 0);
}

static void link_frame(size_t i, struct frame *f)
{
    if (LINKS[i].ip == 4)
        datagram4(f);
    else
        datagram6(f);
    frame_front(f, LINKS[i].header, LINKS[i].n);
}

static void every_link_layer_leads_to_the_datagram(void **state)
{
    static struct frame f;
    for (size_t i = 0; i < sizeof LINKS / sizeof *LINKS; i++) {
        link_frame(i, &f);
        struct packet p = decode(&f, LINKS[i].link_type);
        if (p.l4 != L4_UDP)
            print_error("%s\n", LINKS[i].name);
        check_hello(&p, LINKS[i].ip);
        assert_int_equal(p.oddities, 0);
        assert_int_equal(p.flags, 0);
    }
}

/* Decodes every prefix of the frame, cut by the capture, in front of an unreadable page. */
static void check_prefixes(const struct frame *f, uint16_t link_type)
{
    for (size_t k = 0; k < f->n; k++) {
        struct packet p = frame_packet(f, link_type);
        char *copy = guard_copy(f->b, k);
        p.data = (const uint8_t *)copy;
        p.caplen = (uint32_t)k;
        decode_packet(&p, &SEED);
        assert_true(p.flags & PACKET_TRUNCATED);
        if (p.payload_len)
            assert_true(p.payload >= p.data && p.payload + p.payload_len <= p.data + k);
        if (p.l4 == L4_UDP && p.dst_port == 5062)
            assert_int_equal(p.payload_len + p.payload_missing, HELLO_N);
        guard_free(copy, k);
    }
}

static void a_frame_cut_anywhere_is_read_up_to_the_cut(void **state)
{
    static struct frame f;
    for (size_t i = 0; i < sizeof LINKS / sizeof *LINKS; i++) {
        link_frame(i, &f);
        check_prefixes(&f, LINKS[i].link_type);
    }
}

static void a_cut_payload_says_how_much_is_missing(void **state)
{
    static struct frame f;
    datagram4(&f);
    frame_ethernet(&f, 0x0800);
    struct packet p = frame_packet(&f, 1);
    p.caplen -= 10;
    decode_packet(&p, &SEED);
    assert_int_equal(p.l4, L4_UDP);
    assert_int_equal(p.payload_len, HELLO_N - 10);
    assert_int_equal(p.payload_missing, 10);
    assert_true(odd(&p, ODD_IP4_TRUNCATED) && odd(&p, ODD_UDP_TRUNCATED));
    assert_true(p.flags & PACKET_TRUNCATED);
}

static void padding_is_not_payload(void **state)
{
    static struct frame f;
    frame_set(&f, "x", 1);
    frame_udp(&f, 5060, 5062);
    frame_ip4(&f, 17, 1, 2);
    frame_ethernet(&f, 0x0800);
    f.n = 60;
    struct packet p = decode(&f, 1);
    assert_int_equal(p.payload_len, 1);
    assert_int_equal(p.oddities, 0);
}

static void an_unknown_link_type_is_an_oddity_and_nothing_else(void **state)
{
    static struct frame f;
    datagram4(&f);
    struct packet p = decode(&f, 147);
    assert_true(odd(&p, ODD_LINK_UNKNOWN));
    assert_int_equal(p.ip_version, 0);
    assert_int_equal(p.payload_len, 0);
    assert_true(ip_is_zero(&p.src) || !ip_is_v4(&p.src));
}

static void ipv4_options_are_passed_over(void **state)
{
    static struct frame f;
    datagram4(&f);
    uint8_t head[20];
    memcpy(head, f.b, 20);
    memmove(f.b + 8, f.b, f.n);
    memcpy(f.b, head, 20);
    memset(f.b + 20, 1, 8);
    f.n += 8;
    f.b[0] = 0x47;
    put16(f.b + 2, (unsigned)f.n);
    struct packet p = decode(&f, 101);
    check_hello(&p, 4);
}

static void ipv6_extension_headers_are_passed_over(void **state)
{
    static struct frame f;
    static const uint8_t options[8] = {0, 0, 1, 4}, routing[24] = {0, 2}, auth[12] = {0, 1};
    frame_set(&f, HELLO, HELLO_N);
    frame_udp(&f, 5060, 5062);
    frame_front(&f, options, 8);
    f.b[0] = 17;
    frame_front(&f, auth, 12);
    f.b[0] = 60;
    frame_front(&f, routing, 24);
    f.b[0] = 51;
    frame_front(&f, options, 8);
    f.b[0] = 43;
    frame_ip6(&f, 0, 1, 2);
    struct packet p = decode(&f, 101);
    check_hello(&p, 6);
    assert_int_equal(p.ip_proto, 17);
    check_prefixes(&f, 101);
}

static void a_chain_of_extension_headers_has_an_end(void **state)
{
    static struct frame f;
    static const uint8_t options[8] = {60};
    frame_set(&f, HELLO, HELLO_N);
    for (int i = 0; i < 200; i++)
        frame_front(&f, options, 8);
    frame_ip6(&f, 60, 1, 2);
    struct packet p = decode(&f, 101);
    assert_true(odd(&p, ODD_IP6_EXTENSION));
    assert_int_equal(p.l4, L4_NONE);
}

static void an_atomic_fragment_is_a_whole_datagram(void **state)
{
    static struct frame f;
    static const uint8_t fragment[8] = {17, 0, 0, 0, 1, 2, 3, 4};
    frame_set(&f, HELLO, HELLO_N);
    frame_udp(&f, 5060, 5062);
    frame_front(&f, fragment, 8);
    frame_ip6(&f, 44, 1, 2);
    struct packet p = decode(&f, 101);
    check_hello(&p, 6);
}

static void fragments_say_where_they_belong(void **state)
{
    static struct frame f;
    frame_set(&f, HELLO, 32);
    frame_ip4(&f, 17, 1, 2);
    put16(f.b + 4, 0xbeef);
    put16(f.b + 6, 0x2000 | 5);
    struct packet p = decode(&f, 228);
    assert_true(p.flags & PACKET_FRAGMENT);
    assert_int_equal(p.l4, L4_NONE);
    assert_int_equal(p.frag_id, 0xbeef);
    assert_int_equal(p.frag_offset, 40);
    assert_true(p.frag_more);
    assert_int_equal(p.payload_len, 32);
    put16(f.b + 6, 0x1fff); /* ends beyond 65535 */
    p = decode(&f, 228);
    assert_true(odd(&p, ODD_IP4_FRAGMENT) && p.flags & PACKET_BAD);
    static const uint8_t fragment[8] = {17, 0, 0, 8 | 1, 0xde, 0xad, 0xbe, 0xef};
    frame_set(&f, HELLO, 31);
    frame_front(&f, fragment, 8);
    frame_ip6(&f, 44, 1, 2);
    p = decode(&f, 229);
    assert_int_equal(p.frag_id, 0xdeadbeef);
    assert_int_equal(p.frag_offset, 8);
    assert_true(odd(&p, ODD_IP6_FRAGMENT)); /* more follow, but it is not a multiple of 8 */
}

static void lengths_that_lie_are_noted_and_read_around(void **state)
{
    static struct frame f;
    datagram4(&f);
    put16(f.b + 2, 0); /* segmentation offload */
    struct packet p = decode(&f, 228);
    check_hello(&p, 4);
    assert_int_equal(p.oddities, 0);
    put16(f.b + 2, 10);
    p = decode(&f, 228);
    check_hello(&p, 4);
    assert_true(odd(&p, ODD_IP4_HEADER) && p.flags & PACKET_BAD);
    static const unsigned udp_lengths[] = {0, 7, 60000};
    for (size_t i = 0; i < 3; i++) {
        datagram4(&f);
        put16(f.b + 24, udp_lengths[i]);
        p = decode(&f, 228);
        check_hello(&p, 4);
        assert_true(odd(&p, ODD_UDP_LENGTH));
    }
    datagram4(&f);
    f.b[0] = 0x44;
    p = decode(&f, 228);
    assert_true(odd(&p, ODD_IP4_HEADER));
    assert_int_equal(p.l4, L4_NONE);
    datagram6(&f);
    put16(f.b + 4, 0);
    p = decode(&f, 229);
    check_hello(&p, 6);
    datagram6(&f);
    put16(f.b + 4, HELLO_N + 8 + 100);
    p = decode(&f, 229);
    assert_true(odd(&p, ODD_IP6_TRUNCATED));
    assert_int_equal(p.payload_len, HELLO_N);
}

static void tcp_fields_are_read(void **state)
{
    static struct frame f;
    frame_set(&f, HELLO, HELLO_N);
    frame_tcp(&f, 40000, 5060, 0xfffffff0, 0x18);
    frame_ip4(&f, 6, 1, 2);
    struct packet p = decode(&f, 228);
    assert_int_equal(p.l4, L4_TCP);
    assert_int_equal(p.tcp_seq, 0xfffffff0);
    assert_int_equal(p.tcp_ack, 77);
    assert_int_equal(p.tcp_flags, 0x18);
    assert_int_equal(p.payload_len, HELLO_N);
    f.b[32] = 4 << 4;
    p = decode(&f, 228);
    assert_true(odd(&p, ODD_TCP_HEADER));
    assert_int_equal(p.payload_len, 0);
    f.b[32] = 15 << 4;
    p = decode(&f, 228);
    assert_int_equal(p.payload_len, 0);
    check_prefixes(&f, 228);
}

static void sctp_has_ports_and_icmp_quotes_are_not_traffic(void **state)
{
    static struct frame f;
    frame_set(&f, "\x13\xc4\x13\xc6\0\0\0\1\0\0\0\0data", 16);
    frame_ip4(&f, 132, 1, 2);
    struct packet p = decode(&f, 228);
    assert_int_equal(p.l4, L4_SCTP);
    assert_int_equal(p.src_port, 5060);
    assert_int_equal(p.payload_len, 4);
    datagram4(&f);
    frame_front(&f, "\3\3\0\0\0\0\0\0", 8);
    frame_ip4(&f, 1, 3, 4);
    p = decode(&f, 228);
    assert_int_equal(p.l4, L4_ICMP);
    assert_true(p.flags & PACKET_ICMP_QUOTE);
    assert_int_equal(p.src_port, 0);
    assert_int_equal(p.src.b[15], 3);
    datagram6(&f);
    frame_front(&f, "\1\4\0\0\0\0\0\0", 8);
    frame_ip6(&f, 58, 3, 4);
    p = decode(&f, 229);
    assert_true(p.l4 == L4_ICMP && p.flags & PACKET_ICMP_QUOTE);
}

static void both_directions_have_one_flow_hash(void **state)
{
    static struct frame f;
    for (int version = 4; version <= 6; version += 2) {
        uint64_t hash[3];
        for (int i = 0; i < 3; i++) {
            frame_set(&f, HELLO, HELLO_N);
            frame_udp(&f, i == 1 ? 5062 : 5060, i == 1 ? 5060 : i == 2 ? 5064 : 5062);
            if (version == 4)
                frame_ip4(&f, 17, 1, 2);
            else
                frame_ip6(&f, 17, i == 1 ? 2 : 1, i == 1 ? 1 : 2);
            if (version == 4 && i == 1) {
                uint8_t a[4];
                memcpy(a, f.b + 12, 4);
                memcpy(f.b + 12, f.b + 16, 4);
                memcpy(f.b + 16, a, 4);
            }
            hash[i] = decode(&f, 101).flow_hash;
        }
        assert_true(hash[0] == hash[1] && hash[0] != hash[2]);
    }
}

/* Headers between an outer IPv4 header of protocol `proto` and an inner datagram. */
static const struct {
    const char *name;
    uint8_t proto, inner, n;
    uint8_t header[40];
} TUNNELS[] = {
    {"IPv4 in IPv4", 4, 4, 0, {0}},
    {"6in4", 41, 6, 0, {0}},
    {"GRE", 47, 4, 4, {0, 0, 0x08, 0x00}},
    {"GRE with checksum, key and sequence number", 47, 6, 16, {0xb0, 0, 0x86, 0xdd}},
    {"GRE with Ethernet", 47, 4, 18, {0, 0, 0x65, 0x58, [16] = 0x08, 0x00}},
    {"PPTP", 47, 4, 16, {0x30, 0x01, 0x88, 0x0b, [12] = 0xff, 3, 0, 0x21}},
    {"MPLS", 137, 4, 4, {0, 1, 1, 64}},
};

static void tunnels_are_opened(void **state)
{
    static struct frame f;
    for (size_t i = 0; i < sizeof TUNNELS / sizeof *TUNNELS; i++) {
        if (TUNNELS[i].inner == 4)
            datagram4(&f);
        else
            datagram6(&f);
        frame_front(&f, TUNNELS[i].header, TUNNELS[i].n);
        frame_ip4(&f, TUNNELS[i].proto, 101, 102);
        struct packet p = decode(&f, 228);
        if (p.l4 != L4_UDP)
            print_error("%s\n", TUNNELS[i].name);
        check_hello(&p, TUNNELS[i].inner);
        assert_int_equal(p.tunnels, 1);
        check_prefixes(&f, 228);
    }
}

static void gtp_user_packets_are_opened(void **state)
{
    static struct frame f;
    for (int flags = 0; flags < 8; flags++) {
        datagram4(&f);
        size_t n = f.n;
        if (flags & 4)
            frame_front(&f, "\1\x10\0\0", 4); /* one extension header, none after it */
        if (flags)
            frame_front(&f, flags & 4 ? "\0\0\0\x85" : "\0\0\0\0", 4);
        unsigned length = (unsigned)f.n;
        put16(frame_wrap(&f, 8) + 2, length);
        f.b[0] = (uint8_t)(0x30 | flags);
        f.b[1] = 255;
        frame_udp(&f, 40000, 2152);
        frame_ip4(&f, 17, 101, 102);
        frame_ethernet(&f, 0x0800);
        assert_true(f.n > n);
        struct packet p = decode(&f, 1);
        check_hello(&p, 4);
        assert_int_equal(p.tunnels, 1);
        check_prefixes(&f, 1);
    }
    frame_set(&f, HELLO, HELLO_N); /* not GTP on its port: the outer packet stands */
    frame_udp(&f, 5060, 2152);
    frame_ip4(&f, 17, 1, 2);
    frame_ethernet(&f, 0x0800);
    struct packet p = decode(&f, 1);
    assert_int_equal(p.l4, L4_UDP);
    assert_int_equal(p.payload_len, HELLO_N);
    assert_int_equal(p.tunnels, 0);
}

/* Headers between an outer UDP header and an inner Ethernet frame. */
static const struct {
    unsigned port;
    uint8_t n;
    uint8_t header[24];
} OVERLAYS[] = {
    {4789, 8, {0x08, 0, 0, 0, 0, 0, 42, 0}},
    {6081, 8, {0x00, 0, 0x65, 0x58, 0, 0, 42, 0}},
    {6081, 16, {0x02, 0, 0x65, 0x58, 0, 0, 42, 0, 1, 2, 3, 1}},
};

static void overlays_of_data_centers_are_opened(void **state)
{
    static struct frame f;
    for (size_t i = 0; i < sizeof OVERLAYS / sizeof *OVERLAYS; i++) {
        datagram4(&f);
        frame_ethernet(&f, 0x0800);
        frame_front(&f, OVERLAYS[i].header, OVERLAYS[i].n);
        frame_udp(&f, 40000, OVERLAYS[i].port);
        frame_ip6(&f, 17, 101, 102);
        struct packet p = decode(&f, 229);
        check_hello(&p, 4);
        assert_int_equal(p.tunnels, 1);
        check_prefixes(&f, 229);
    }
}

static void a_tunnel_that_holds_nothing_leaves_the_outer_packet(void **state)
{
    static struct frame f;
    frame_set(&f, "\0\0\x12\x34zzzz", 8);
    frame_ip4(&f, 47, 1, 2);
    struct packet p = decode(&f, 228);
    assert_int_equal(p.l4, L4_OTHER);
    assert_int_equal(p.ip_proto, 47);
    assert_int_equal(p.payload_len, 8);
    assert_int_equal(p.src.b[15], 1);
}

static void tunnels_in_tunnels_have_an_end(void **state)
{
    static struct frame f;
    for (int levels = 1; levels < 40; levels++) {
        datagram4(&f);
        for (int i = 0; i < levels; i++)
            frame_ip4(&f, 4, 7, 8);
        struct packet p = decode(&f, 228);
        assert_int_equal(p.tunnels, levels < 8 ? levels : 8);
        assert_int_equal(p.l4, levels <= 8 ? L4_UDP : L4_OTHER);
        assert_int_equal(odd(&p, ODD_LINK_NESTING), levels > 8);
    }
    frame_set(&f, HELLO, HELLO_N);
    for (int i = 0; i < 500; i++)
        frame_front(&f, "\0\1\x81\0", 4);
    frame_ethernet(&f, 0x8100);
    struct packet p = decode(&f, 1);
    assert_true(odd(&p, ODD_LINK_NESTING));
}

/* The short way for plain UDP must not differ from the layers: the same datagram behind a link layer without one. */
static void the_short_way_and_the_long_way_agree(void **state)
{
    static struct frame f, g;
    uint32_t x = 1;
    for (int round = 0; round < 20000; round++) {
        datagram4(&f);
        for (int flips = round % 4; flips > 0; flips--) {
            x = x * 1664525 + 1013904223;
            f.b[(x >> 8) % 28] = (uint8_t)(x >> 24);
        }
        g = (struct frame){.n = 0};
        frame_set(&g, f.b, f.n);
        frame_front(&g, "\2\0\0\0", 4);
        frame_ethernet(&f, 0x0800);
        struct packet a = decode(&f, 1), b = decode(&g, 0);
        assert_int_equal(a.l4, b.l4);
        assert_int_equal(a.oddities, b.oddities);
        assert_int_equal(a.flags, b.flags);
        assert_int_equal(a.payload_len, b.payload_len);
        assert_int_equal(a.src_port, b.src_port);
        assert_true(a.flow_hash == b.flow_hash && ip_eq(&a.src, &b.src) && ip_eq(&a.dst, &b.dst));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_layer_leads_to_the_datagram),
        cmocka_unit_test(a_frame_cut_anywhere_is_read_up_to_the_cut),
        cmocka_unit_test(a_cut_payload_says_how_much_is_missing),
        cmocka_unit_test(padding_is_not_payload),
        cmocka_unit_test(an_unknown_link_type_is_an_oddity_and_nothing_else),
        cmocka_unit_test(ipv4_options_are_passed_over),
        cmocka_unit_test(ipv6_extension_headers_are_passed_over),
        cmocka_unit_test(a_chain_of_extension_headers_has_an_end),
        cmocka_unit_test(an_atomic_fragment_is_a_whole_datagram),
        cmocka_unit_test(fragments_say_where_they_belong),
        cmocka_unit_test(lengths_that_lie_are_noted_and_read_around),
        cmocka_unit_test(tcp_fields_are_read),
        cmocka_unit_test(sctp_has_ports_and_icmp_quotes_are_not_traffic),
        cmocka_unit_test(both_directions_have_one_flow_hash),
        cmocka_unit_test(tunnels_are_opened),
        cmocka_unit_test(gtp_user_packets_are_opened),
        cmocka_unit_test(overlays_of_data_centers_are_opened),
        cmocka_unit_test(a_tunnel_that_holds_nothing_leaves_the_outer_packet),
        cmocka_unit_test(tunnels_in_tunnels_have_an_end),
        cmocka_unit_test(the_short_way_and_the_long_way_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
