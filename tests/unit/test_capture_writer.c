#include "unit.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/mem.h"
#include "capture/writer.h"
#include "capture_bytes.h"

static char folder[] = "/tmp/siptap-test-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static uint8_t data[CAPTURE_PACKET_MAX];

/* Packets of all lengths, two link types, three clocks. */
static struct packet packet_number(uint32_t k, bool one_kind)
{
    struct packet p = {.ts_ns = 1700000000 * NS_PER_S + (int64_t)k * 1000,
                       .data = data,
                       .caplen = k % 70,
                       .len = k % 70 + k % 2,
                       .link_type = ETHERNET,
                       .ts_digits = 6};
    memset(data, (int)k, sizeof data);
    if (!one_kind && k % 3 == 1)
        p.link_type = RAW_IP;
    if (!one_kind && k % 5 == 1)
        p.ts_digits = 9;
    if (!one_kind && k % 7 == 1)
        p.ts_ns++; /* a clock that says less than it has */
    return p;
}

static void write_packets(const char *path, enum capture_format format, uint32_t n, bool one_kind)
{
    struct err e;
    struct capture_writer *w = capture_create(path, format, &e);
    assert_non_null(w);
    for (uint32_t k = 0; k < n; k++) {
        struct packet p = packet_number(k, one_kind);
        assert_true(capture_write(w, &p, &e));
    }
    assert_true(capture_finish(w, &e));
}

static void expect_packets(const char *path, uint32_t n, bool one_kind)
{
    struct err e;
    struct batch b;
    uint32_t k = 0;
    struct capture_reader *r = capture_open(&path, 1, &e);
    assert_non_null(r);
    assert_true(batch_init(&b, 1000));
    while (capture_read(r, &b, &e))
        for (uint32_t i = 0; i < b.n; i++, k++) {
            struct packet want = packet_number(k, one_kind), *p = &b.packet[i];
            bool nano = want.ts_digits == 9 || want.ts_ns % 1000;
            assert_int_equal(p->ts_ns, want.ts_ns);
            assert_int_equal(p->ts_digits, nano ? 9 : 6);
            assert_int_equal(p->link_type, want.link_type);
            assert_int_equal(p->caplen, want.caplen);
            assert_int_equal(p->len, want.len);
            assert_memory_equal(p->data, want.data, want.caplen);
        }
    assert_int_equal(k, n);
    assert_int_equal(capture_stats(r)->damages, 0);
    capture_close(r);
    batch_release(&b);
}

static void what_is_written_is_read_again(void **state)
{
    static const char *const name[] = {"a.pcap",     "a.pcapng",     "a.pcap.gz", "a.PCAPNG.GZ",
                                       "a.pcap.zst", "a.pcapng.zst", "a"};
    static const uint32_t count[] = {0, 1, 7, 30000};
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++)
        for (size_t c = 0; c < 4; c++) {
            bool pcap = strstr(name[i], ".pcap") && !strstr(name[i], ".pcapng");
            write_packets(in_folder(name[i]), CAPTURE_BY_NAME, count[c], pcap);
            expect_packets(in_folder(name[i]), count[c], pcap);
        }
}

static uint32_t magic_of(const char *path)
{
    uint32_t magic = 0;
    int fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, &magic, 4), 4);
    close(fd);
    return magic;
}

static void the_name_or_the_caller_chooses_the_format(void **state)
{
    static const struct {
        const char *name;
        enum capture_format format;
        uint32_t magic;
    } row[] = {
        {"b.pcap", CAPTURE_BY_NAME, 0xa1b2c3d4},     {"b.Pcap", CAPTURE_BY_NAME, 0xa1b2c3d4},
        {"b.pcapng", CAPTURE_BY_NAME, 0x0a0d0d0a},   {"b.cap", CAPTURE_BY_NAME, 0x0a0d0d0a},
        {"b.pcap", CAPTURE_PCAPNG, 0x0a0d0d0a},      {"b.pcapng", CAPTURE_PCAP, 0xa1b2c3d4},
        {"b.pcap.zst", CAPTURE_BY_NAME, 0xfd2fb528},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        write_packets(in_folder(row[i].name), row[i].format, 2, true);
        assert_int_equal(magic_of(in_folder(row[i].name)), row[i].magic);
    }
}

static void a_pcap_file_takes_its_resolution_from_its_first_packet(void **state)
{
    struct err e;
    struct packet p = packet_number(1, false);
    struct capture_writer *w = capture_create(in_folder("n.pcap"), CAPTURE_BY_NAME, &e);
    assert_non_null(w);
    assert_true(capture_write(w, &p, &e));
    assert_true(capture_finish(w, &e));
    assert_int_equal(magic_of(in_folder("n.pcap")), 0xa1b23c4d);
}

static void what_does_not_fit_is_an_error_that_stays(void **state)
{
    struct err e;
    struct packet p = packet_number(0, true), other = packet_number(1, false), huge = packet_number(2, true);
    other.link_type = RAW_IP;
    huge.caplen = CAPTURE_PACKET_MAX + 1;
    struct capture_writer *w = capture_create(in_folder("c.pcap"), CAPTURE_BY_NAME, &e);
    assert_non_null(w);
    assert_true(capture_write(w, &p, &e));
    assert_false(capture_write(w, &other, &e));
    assert_int_equal(e.code, EXIT_IO);
    assert_non_null(strstr(e.text, ".pcapng"));
    assert_false(capture_write(w, &p, &e));
    assert_false(capture_flush(w, &e));
    assert_false(capture_finish(w, &e));
    w = capture_create(in_folder("c.pcapng"), CAPTURE_BY_NAME, &e);
    assert_non_null(w);
    assert_false(capture_write(w, &huge, &e));
    assert_false(capture_finish(w, &e));
    assert_null(capture_create(in_folder("no/such/folder.pcap"), CAPTURE_BY_NAME, &e));
    assert_non_null(strstr(e.text, "No such file"));
    assert_true(capture_finish(NULL, &e));
}

static void times_outside_the_format_become_its_limit(void **state)
{
    struct err e;
    struct batch b;
    struct packet p = packet_number(3, true);
    const char *path = in_folder("t.pcap");
    struct capture_writer *w = capture_create(path, CAPTURE_BY_NAME, &e);
    assert_non_null(w);
    p.ts_ns = -5;
    assert_true(capture_write(w, &p, &e));
    p.ts_ns = INT64_MAX / 1000 * 1000;
    assert_true(capture_write(w, &p, &e));
    assert_true(capture_finish(w, &e));
    struct capture_reader *r = capture_open(&path, 1, &e);
    assert_true(batch_init(&b, 4));
    assert_true(capture_read(r, &b, &e));
    assert_int_equal(b.packet[0].ts_ns, 0);
    assert_int_equal(b.packet[1].ts_ns / NS_PER_S, 0xffffffffll);
    capture_close(r);
    batch_release(&b);
}

static void a_full_disk_is_told(void **state)
{
    struct err e;
    if (access("/dev/full", W_OK) != 0)
        skip();
    for (int flush = 0; flush < 2; flush++) {
        struct capture_writer *w = capture_create("/dev/full", CAPTURE_BY_NAME, &e);
        assert_non_null(w);
        struct packet p = packet_number(4, true);
        assert_true(capture_write(w, &p, &e));
        if (flush)
            assert_false(capture_flush(w, &e));
        assert_false(capture_finish(w, &e));
        assert_int_equal(e.code, EXIT_IO);
        assert_non_null(strstr(e.text, "/dev/full: cannot be written: No space left"));
    }
}

static void a_flush_shows_every_packet_written_so_far(void **state)
{
    static const char *const name[] = {"f.pcap", "f.pcapng.gz", "f.pcapng.zst"};
    for (size_t i = 0; i < 3; i++) {
        struct err e;
        struct seen s = {0};
        const char *path = in_folder(name[i]);
        struct capture_writer *w = capture_create(path, CAPTURE_BY_NAME, &e);
        assert_non_null(w);
        for (uint32_t k = 1; k <= 3; k++) {
            struct packet p = packet_number(k, true);
            assert_true(capture_write(w, &p, &e));
        }
        assert_true(capture_flush(w, &e));
        read_all(capture_open(&path, 1, &e), 8, &s);
        assert_int_equal(s.n, 3);
        assert_true(capture_finish(w, &e));
    }
}

static void standard_output_takes_packets(void **state)
{
    const char *path = in_folder("out.pcapng");
    fflush(stdout);
    int kept = dup(STDOUT_FILENO), fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
    close(fd);
    write_packets("-", CAPTURE_BY_NAME, 100, false);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    expect_packets(path, 100, false);
}

static void no_allocation_that_fails_does_harm(void **state)
{
    static const char *const name[] = {"m.pcapng", "m.pcapng.gz", "m.pcapng.zst"};
    for (size_t i = 0; i < 3; i++) {
        bool ok = false;
        for (int64_t after = 0; !ok && after < 100; after++) {
            struct err e = {0};
            mem_fail_after(after);
            struct capture_writer *w = capture_create(in_folder(name[i]), CAPTURE_BY_NAME, &e);
            ok = w != NULL;
            for (uint32_t k = 0; ok && k < 12; k++) {
                struct packet p = packet_number(k, true);
                p.link_type = (uint16_t)k;
                ok = capture_write(w, &p, &e);
            }
            ok = capture_finish(w, &e) && ok;
            mem_fail_after(-1);
            assert_true(ok || e.text[0]);
        }
        assert_true(ok);
    }
}

static int make_folder(void **state)
{
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(the_name_or_the_caller_chooses_the_format),
        cmocka_unit_test(a_pcap_file_takes_its_resolution_from_its_first_packet),
        cmocka_unit_test(what_does_not_fit_is_an_error_that_stays),
        cmocka_unit_test(times_outside_the_format_become_its_limit),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(a_flush_shows_every_packet_written_so_far),
        cmocka_unit_test(standard_output_takes_packets),
        cmocka_unit_test(no_allocation_that_fails_does_harm),
    };
    return cmocka_run_group_tests_name("capture: writer", tests, make_folder, remove_folder);
}
