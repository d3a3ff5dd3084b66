#include "unit.h"

#include "capture_bytes.h"

static struct bytes b;

static const struct {
    const char *what;
    bool big;
    uint32_t magic;
    int64_t unit;
    uint8_t digits;
} pcap_kinds[] = {
    {"microseconds, little-endian", LITTLE, 0xa1b2c3d4, 1000, 6},
    {"microseconds, big-endian", BIG, 0xa1b2c3d4, 1000, 6},
    {"nanoseconds, little-endian", LITTLE, 0xa1b23c4d, 1, 9},
    {"nanoseconds, big-endian", BIG, 0xa1b23c4d, 1, 9},
};

static void pcap_is_read_in_both_byte_orders_and_resolutions(void **state)
{
    for (size_t i = 0; i < sizeof pcap_kinds / sizeof pcap_kinds[0]; i++) {
        pcap_header(&b, pcap_kinds[i].big, pcap_kinds[i].magic, ETHERNET);
        pcap_record(&b, 1000, 7, 60, 60, 1);
        pcap_record(&b, 0xffffffff, 999999, 61, 1500, 2);
        struct seen *s = read_memory(b.p, b.n, 8);
        assert_true(s->opened);
        assert_int_equal(s->n, 2);
        assert_int_equal(s->packet[0].ts_ns, 1000 * NS_PER_S + 7 * pcap_kinds[i].unit);
        assert_int_equal(s->packet[1].ts_ns, 0xffffffffll * NS_PER_S + 999999 * pcap_kinds[i].unit);
        assert_int_equal(s->packet[0].ts_digits, pcap_kinds[i].digits);
        assert_int_equal(s->packet[0].flags, 0);
        assert_int_equal(s->packet[1].flags, PACKET_TRUNCATED);
        assert_int_equal(s->packet[1].caplen, 61);
        assert_int_equal(s->packet[1].len, 1500);
        assert_int_equal(s->first_byte[1], 2);
        assert_int_equal(s->stats.truncated_packets, 1);
        assert_int_equal(s->stats.bytes, 121);
        assert_int_equal(s->stats.wire_bytes, 1560);
        assert_int_equal(s->stats.first_ts, s->packet[0].ts_ns);
        assert_int_equal(s->stats.last_ts, s->packet[1].ts_ns);
        assert_int_equal(s->stats.damages, 0);
        assert_int_equal(s->stats.bytes_done, b.n);
        assert_int_equal(s->stats.bytes_total, b.n);
        assert_int_equal(s->stats.files_done, 1);
    }
}

static void modified_pcap_records_are_eight_bytes_longer(void **state)
{
    for (int big = 0; big < 2; big++) {
        pcap_header(&b, big, 0xa1b2cd34, ETHERNET);
        for (uint8_t k = 1; k <= 3; k++) {
            pcap_record(&b, k, 0, 0, 50, k);
            put_number(&b, 2, 4); /* interface, protocol and packet type */
            put_number(&b, 0x0800, 2);
            put_number(&b, 0, 2);
            memcpy(b.p + b.n - 16, (uint8_t[]){big ? 0 : 50, 0, 0, big ? 50 : 0}, 4);
            put_data(&b, k, 50);
        }
        struct seen *s = read_memory(b.p, b.n, 8);
        assert_int_equal(s->n, 3);
        assert_int_equal(s->packet[2].caplen, 50);
        assert_int_equal(s->first_byte[2], 3);
    }
}

static void upper_bits_of_the_link_type_are_not_the_link_type(void **state)
{
    static const struct {
        uint32_t field;
        uint16_t type;
    } row[] = {{1, 1}, {0x24000001, 1}, {0xf4000071, 113}, {101, 101}, {12, 101}, {14, 101}, {228, 228}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        pcap_header(&b, LITTLE, 0xa1b2c3d4, row[i].field);
        pcap_record(&b, 1, 1, 20, 20, 1);
        struct seen *s = read_memory(b.p, b.n, 8);
        assert_int_equal(s->packet[0].link_type, row[i].type);
        assert_int_equal(s->stats.links, 1);
        assert_int_equal(s->stats.link[0].type, row[i].type);
        assert_int_equal(s->stats.link[0].packets, 1);
    }
}

static void lengths_of_old_pcap_versions_stand_the_other_way_round(void **state)
{
    pcap_header(&b, LITTLE, 0xa1b2c3d4, ETHERNET);
    b.p[6] = 2; /* version 2.2 */
    pcap_record(&b, 1, 1, 0, 30, 1);
    memcpy(b.p + 24 + 8, (uint8_t[]){90, 0, 0, 0, 30, 0, 0, 0}, 8);
    put_data(&b, 1, 30);
    struct seen *s = read_memory(b.p, b.n, 8);
    assert_int_equal(s->n, 1);
    assert_int_equal(s->packet[0].caplen, 30);
    assert_int_equal(s->packet[0].len, 90);
}

static void pcap_versions_that_hold_the_lengths_in_order_tolerate_more_captured_than_sent(void **state)
{
    pcap_header(&b, LITTLE, 0xa1b2c3d4, ETHERNET);
    pcap_record(&b, 1, 1, 90, 30, 1);
    pcap_record(&b, 2, 1, 90, 90, 1);
    struct seen *s = read_memory(b.p, b.n, 8);
    assert_int_equal(s->n, 2);
    assert_int_equal(s->packet[0].caplen, 90);
    assert_int_equal(s->packet[0].len, 30);
    assert_int_equal(s->packet[0].flags, 0);
}

static const struct {
    int resolution;
    int64_t offset_s;
    uint64_t ticks;
    int64_t ns;
    uint8_t digits;
} times[] = {
    {-1, 0, 1000000, NS_PER_S, 6},
    {6, 0, 1700000000123456, 1700000000123456000, 6},
    {9, 0, 1700000000123456789, 1700000000123456789, 9},
    {0, 0, 5, 5 * NS_PER_S, 0},
    {3, 0, 5, 5 * NS_PER_MS, 3},
    {12, 0, 7000999, 7000, 9},
    {38, 0, UINT64_MAX, 0, 9},
    {127, 0, UINT64_MAX, 0, 9},
    {0x80, 0, 3, 3 * NS_PER_S, 0},
    {0x8a, 0, 1536, 1500 * NS_PER_MS, 4},
    {0xa0, 0, 0x180000000, 1500 * NS_PER_MS, 9},
    {0xff, 0, UINT64_MAX, 0, 9},
    {6, 3600, 1, 3600 * NS_PER_S + 1000, 6},
    {6, -3600, 0, -3600 * NS_PER_S, 6},
    {0, 0, UINT64_MAX, (int64_t)1 << 62, 0}, /* a clock that lies is stopped at the border */
    {0, INT64_MIN, 0, -((int64_t)1 << 62), 0},
    {0, INT64_MAX, UINT64_MAX, (int64_t)1 << 62, 0},
};

static void pcapng_times_follow_the_resolution_and_the_offset(void **state)
{
    for (int big = 0; big < 2; big++)
        for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
            b.n = 0;
            section(&b, big);
            interface(&b, ETHERNET, 0, times[i].resolution, times[i].offset_s);
            enhanced(&b, 0, times[i].ticks, 33, 44, 9);
            struct seen *s = read_memory(b.p, b.n, 8);
            assert_int_equal(s->n, 1);
            assert_int_equal(s->packet[0].ts_ns, times[i].ns);
            assert_int_equal(s->packet[0].ts_digits, times[i].digits);
            assert_int_equal(s->packet[0].caplen, 33);
            assert_int_equal(s->packet[0].len, 44);
            assert_int_equal(s->stats.damages, 0);
        }
}

static void put_blocks_of_no_interest(struct bytes *o)
{
    static const uint32_t type[] = {4, 10, 0x0bad, 0x40000bad, 9, 0x7777};
    for (size_t i = 0; i < sizeof type / sizeof type[0]; i++) {
        size_t body = block_begin(o, type[i]);
        put_data(o, 0xee, 40 * i);
        block_end(o, body);
    }
}

static void every_kind_of_pcapng_packet_block_is_read(void **state)
{
    for (int big = 0; big < 2; big++) {
        b.n = 0;
        section(&b, big);
        put_blocks_of_no_interest(&b);
        interface(&b, ETHERNET, 40, -1, 0);
        interface(&b, RAW_IP, 0, 9, 0);
        enhanced(&b, 1, 5, 21, 21, 1);
        simple(&b, 40, 100, 2); /* cut at the snap length of interface 0 */
        simple(&b, 33, 33, 3);
        put_blocks_of_no_interest(&b);
        size_t body = block_begin(&b, 2);
        put_number(&b, 0, 2);
        put_number(&b, 12, 2); /* drops */
        put_number(&b, 0, 4);
        put_number(&b, 77, 4);
        put_number(&b, 18, 4);
        put_number(&b, 19, 4);
        put_data(&b, 4, 18);
        block_end(&b, body);
        struct seen *s = read_memory(b.p, b.n, 8);
        assert_int_equal(s->n, 4);
        for (uint8_t k = 0; k < 4; k++)
            assert_int_equal(s->first_byte[k], k + 1);
        assert_int_equal(s->packet[0].link_type, RAW_IP);
        assert_int_equal(s->packet[0].iface, 1);
        assert_int_equal(s->packet[1].caplen, 40);
        assert_int_equal(s->packet[1].len, 100);
        assert_int_equal(s->packet[1].ts_ns, 5); /* the time of the packet before */
        assert_int_equal(s->packet[3].ts_ns, 77000);
        assert_int_equal(s->packet[3].caplen, 18);
        assert_int_equal(s->stats.untimed_packets, 2);
        assert_int_equal(s->stats.dropped, 12);
        assert_int_equal(s->stats.skipped_blocks, 8);
        assert_int_equal(s->stats.links, 2);
    }
}

static void sections_of_both_byte_orders_follow_each_other(void **state)
{
    b.n = 0;
    section(&b, LITTLE);
    interface(&b, ETHERNET, 0, 9, 0);
    enhanced(&b, 0, 10, 30, 30, 1);
    section(&b, BIG);
    interface(&b, RAW_IP, 0, 3, 0);
    interface(&b, ETHERNET, 0, -1, 0);
    enhanced(&b, 1, 11, 30, 30, 2);
    enhanced(&b, 0, 12, 30, 30, 3);
    section(&b, LITTLE);
    interface(&b, RAW_IP, 0, 9, 0);
    enhanced(&b, 0, 13, 30, 30, 4);
    struct seen *s = read_memory(b.p, b.n, 8);
    assert_int_equal(s->n, 4);
    assert_int_equal(s->packet[1].ts_ns, 11000);
    assert_int_equal(s->packet[2].ts_ns, 12 * NS_PER_MS);
    assert_int_equal(s->packet[2].link_type, RAW_IP);
    assert_int_equal(s->packet[3].iface, 3);
    assert_int_equal(s->stats.damages, 0);
}

static void drops_of_packets_and_of_statistics_are_not_counted_twice(void **state)
{
    b.n = 0;
    section(&b, LITTLE);
    interface(&b, ETHERNET, 0, 9, 0);
    size_t body = block_begin(&b, 6);
    put_number(&b, 0, 12);
    put_number(&b, 5, 4);
    put_number(&b, 5, 4);
    put_data(&b, 1, 5);
    put(&b, "\0\0\0", 3);
    option(&b, 1, "hello", 5);
    option_number(&b, 4, 10, 8);
    block_end(&b, body);
    for (uint64_t k = 1; k <= 2; k++) {
        body = block_begin(&b, 5);
        put_number(&b, 0, 4);
        put_number(&b, 0, 8);
        option_number(&b, 4, 1000, 8); /* received */
        option_number(&b, 5, 7 * k, 8);
        option_number(&b, 7, 8 * k, 8);
        block_end(&b, body);
    }
    struct seen *s = read_memory(b.p, b.n, 8);
    assert_int_equal(s->n, 1);
    assert_int_equal(s->stats.dropped, 30);
}

static void interfaces_have_names(void **state)
{
    struct err e;
    struct batch batch;
    b.n = 0;
    section(&b, LITTLE);
    interface(&b, ETHERNET, 96, 9, 0);
    enhanced(&b, 0, 1, 8, 8, 1);
    struct capture_reader *r = capture_open_memory(b.p, b.n, &e);
    assert_non_null(r);
    assert_true(batch_init(&batch, 4));
    assert_true(capture_read(r, &batch, &e));
    const struct capture_iface *i = capture_iface(r, 0);
    assert_non_null(i);
    assert_string_equal(i->name, "eth0");
    assert_string_equal(i->file, "memory");
    assert_int_equal(i->snaplen, 96);
    assert_int_equal(i->ts_digits, 9);
    assert_null(capture_iface(r, 1));
    capture_close(r);
    batch_release(&batch);
}

/* Builds file number `kind` and notes where its records end. */
static size_t sample(int kind, size_t *end)
{
    size_t n = 0;
    if (kind < 2) {
        pcap_header(&b, kind == 1, 0xa1b2c3d4, ETHERNET);
        end[n++] = b.n;
        for (uint8_t k = 1; k <= 4; k++) {
            pcap_record(&b, k, 0, 10u * k, 100, k);
            end[n++] = b.n;
        }
        return n;
    }
    b.n = 0;
    section(&b, kind == 3);
    end[n++] = b.n;
    interface(&b, ETHERNET, 0, 9, 0);
    end[n++] = b.n;
    for (uint8_t k = 1; k <= 4; k++) {
        enhanced(&b, 0, k, 10u * k + 1, 100, k);
        end[n++] = b.n;
        size_t body = block_begin(&b, 4);
        put_data(&b, 0, 20);
        block_end(&b, body);
        end[n++] = b.n;
    }
    return n;
}

static void every_prefix_gives_what_is_whole_and_says_when_it_is_cut(void **state)
{
    size_t end[32];
    for (int kind = 0; kind < 4; kind++) {
        size_t ends = sample(kind, end), header = kind < 2 ? 24 : 28;
        uint32_t before = 0;
        for (size_t n = 0; n <= b.n; n++) {
            struct seen *s = read_memory(b.p, n, 3);
            bool at_border = false;
            size_t last = 0;
            for (size_t i = 0; i < ends; i++) {
                at_border |= end[i] == n;
                last = end[i] <= n ? end[i] : last;
            }
            assert_int_equal(s->opened, n >= header);
            if (!s->opened) {
                assert_int_equal(s->e.code, EXIT_IO);
                continue;
            }
            assert_true(s->n == before || s->n == before + 1);
            before = s->n;
            assert_int_equal(s->stats.damages, at_border ? 0 : 1);
            if (!at_border)
                assert_int_equal(s->damage.offset, last);
        }
        assert_int_equal(before, 4);
    }
}

/* A damage in the third record: what comes before it is used. */
static void damage_ends_a_file_and_is_told_with_its_place(void **state)
{
    static const struct {
        int kind;
        size_t at; /* counted from the record */
        uint32_t value;
        const char *reason;
    } row[] = {
        {0, 8, 262145, "captured bytes"},
        {0, 8, 0xffffffff, "captured bytes"},
        {2, 4, 0, "length"},
        {2, 4, 8, "length"},
        {2, 4, 61, "length"},
        {2, 4, 0xfffffffc, "length"},
        {2, 4, 60, "another length"},
        {2, 8, 1, "interface"},
        {2, 20, 0xffffffff, "captured bytes"},
        {2, 20, 200, "captured bytes"},
        {2, 0, 0x0a0d0d0a, "byte-order"},
    };
    size_t end[32];
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        sample(row[i].kind, end);
        size_t at = row[i].kind == 0 ? end[2] : end[5];
        memcpy(b.p + at + row[i].at, &row[i].value, 4);
        struct seen *s = read_memory(b.p, b.n, 8);
        assert_true(s->opened);
        assert_int_equal(s->n, 2);
        assert_int_equal(s->stats.damages, 1);
        assert_int_equal(s->damage.offset, at);
        assert_non_null(strstr(s->damage.reason, row[i].reason));
        assert_int_equal(s->e.code, EXIT_DONE);
    }
}

static void large_records_and_blocks_pass_and_larger_ones_are_damage(void **state)
{
    static uint8_t big[CAPTURE_PACKET_MAX * 12];
    for (uint32_t caplen = CAPTURE_PACKET_MAX - 1; caplen <= CAPTURE_PACKET_MAX + 1; caplen++) {
        size_t n = 24;
        memset(big, 0, sizeof big);
        pcap_header(&b, LITTLE, 0xa1b2c3d4, ETHERNET);
        memcpy(big, b.p, 24);
        for (int k = 0; k < 9; k++) {
            memcpy(big + n, (uint32_t[]){1, 1, caplen, caplen}, 16);
            n += 16 + caplen;
        }
        struct seen *s = read_memory(big, n, 100);
        assert_int_equal(s->n, caplen > CAPTURE_PACKET_MAX ? 0 : 9);
        assert_int_equal(s->stats.damages, caplen > CAPTURE_PACKET_MAX);
    }
    b.n = 0; /* a block of no interest may be of any length */
    section(&b, LITTLE);
    size_t n = b.n;
    memcpy(big, b.p, n);
    memcpy(big + n, (uint32_t[]){10, 3000000}, 8);
    n += 3000000;
    b.n = 0;
    interface(&b, ETHERNET, 0, 9, 0);
    enhanced(&b, 0, 1, 10, 10, 7);
    memcpy(big + n, b.p, b.n);
    struct seen *s = read_memory(big, n + b.n, 8);
    assert_int_equal(s->n, 1);
    assert_int_equal(s->stats.damages, 0);
    s = read_memory(big, n - 1, 8);
    assert_int_equal(s->stats.damages, 1);
    assert_non_null(strstr(s->damage.reason, "holds no packet"));
}

static void batches_of_any_size_give_the_same_packets(void **state)
{
    pcap_header(&b, LITTLE, 0xa1b2c3d4, ETHERNET);
    for (uint32_t k = 0; k < 1000; k++)
        pcap_record(&b, k, 0, k % 100, 100, (uint8_t)k);
    for (uint32_t cap = 1; cap < 2000; cap = cap * 3 + 1) {
        struct seen *s = read_memory(b.p, b.n, cap);
        assert_int_equal(s->n, 1000);
        assert_int_equal(s->stats.bytes, 49500);
        assert_int_equal(s->stats.damages, 0);
    }
}

static void what_is_no_capture_is_named(void **state)
{
    static const struct {
        const char *p;
        size_t n;
        const char *says;
    } row[] = {
        {"", 0, "empty file"},
        {"INVITE sip:a@example.com SIP/2.0\r\n", 34, "text"},
        {"GMBU\0\0\0\0\0\0\0\0", 12, "Network Monitor"},
        {"TRSNIFF data    \x1a", 17, "Sniffer"},
        {"snoop\0\0\0\0\0\0\2", 12, "snoop"},
        {"\xd4\xc3\xb2\xa1\2\0", 6, "cut short"},
        {"\x0a\x0d\x0d\x0a\x1c\0\0\0", 8, "cut short"},
        {"\x0a\x0d\x0d\x0a\x1c\0\0\0\1\2\3\4\1\0\0\0\1\2\3\4\5\6\7\x8\x1c\0\0\0", 28, "byte-order"},
        {"\xfd"
         "7zXZ\0\0\0",
         8, "xz"},
        {"\1\2\3", 3, "neither"},
        {"\x28\xb5\x2f\xfd\x24\0\1\0\0\x99\xe9\xd8\x51", 13, "zstd"},
        {"\x1f\x8b\x08\0\0", 5, "gzip"},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct seen *s = read_memory(row[i].p, row[i].n, 8);
        assert_false(s->opened);
        assert_int_equal(s->e.code, EXIT_IO);
        assert_non_null(strstr(s->e.text, row[i].says));
        assert_int_equal(strncmp(s->e.text, "memory: ", 8), 0);
    }
}

static void a_capture_without_packets_is_a_good_one(void **state)
{
    pcap_header(&b, LITTLE, 0xa1b2c3d4, ETHERNET);
    struct seen *s = read_memory(b.p, b.n, 8);
    assert_true(s->opened);
    assert_int_equal(s->n, 0);
    assert_int_equal(s->stats.first_ts, TS_NONE);
    assert_int_equal(s->stats.damages, 0);
}

static void too_many_interfaces_are_damage(void **state)
{
    static uint8_t big[5000 * 20 + 28];
    b.n = 0;
    section(&b, LITTLE);
    size_t n = b.n;
    memcpy(big, b.p, n);
    for (int k = 0; k < 4097; k++, n += 20)
        memcpy(big + n, (uint32_t[]){1, 20, 1, 0, 20}, 20);
    struct seen *s = read_memory(big, n, 8);
    assert_int_equal(s->stats.damages, 1);
    assert_non_null(strstr(s->damage.reason, "interfaces"));
    s = read_memory(big, n - 20, 8);
    assert_int_equal(s->stats.damages, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pcap_is_read_in_both_byte_orders_and_resolutions),
        cmocka_unit_test(modified_pcap_records_are_eight_bytes_longer),
        cmocka_unit_test(upper_bits_of_the_link_type_are_not_the_link_type),
        cmocka_unit_test(lengths_of_old_pcap_versions_stand_the_other_way_round),
        cmocka_unit_test(pcap_versions_that_hold_the_lengths_in_order_tolerate_more_captured_than_sent),
        cmocka_unit_test(pcapng_times_follow_the_resolution_and_the_offset),
        cmocka_unit_test(every_kind_of_pcapng_packet_block_is_read),
        cmocka_unit_test(sections_of_both_byte_orders_follow_each_other),
        cmocka_unit_test(drops_of_packets_and_of_statistics_are_not_counted_twice),
        cmocka_unit_test(interfaces_have_names),
        cmocka_unit_test(every_prefix_gives_what_is_whole_and_says_when_it_is_cut),
        cmocka_unit_test(damage_ends_a_file_and_is_told_with_its_place),
        cmocka_unit_test(large_records_and_blocks_pass_and_larger_ones_are_damage),
        cmocka_unit_test(batches_of_any_size_give_the_same_packets),
        cmocka_unit_test(what_is_no_capture_is_named),
        cmocka_unit_test(a_capture_without_packets_is_a_good_one),
        cmocka_unit_test(too_many_interfaces_are_damage),
    };
    return cmocka_run_group_tests_name("capture: formats", tests, NULL, NULL);
}
