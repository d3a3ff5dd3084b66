#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "capture/writer.h"
#include "capture_bytes.h"

static struct bytes b;
static char folder[] = "/tmp/siptap-test-XXXXXX";

/* The path of a file in the test's folder; four of them live at a time. */
static const char *in_folder(const char *name)
{
    static char path[4][256];
    static unsigned next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static const char *write_file(const char *name, const void *p, size_t n)
{
    const char *path = in_folder(name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    fclose(f);
    return path;
}

static size_t read_file(const char *path, uint8_t *p, size_t cap)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(p, 1, cap, f);
    fclose(f);
    return n;
}

/* A pcap file of three packets that begins at a second; they say first, first + 1, first + 2. */
static const char *three(const char *name, uint32_t second, uint8_t first)
{
    pcap_header(&b, LITTLE, 0xa1b2c3d4, ETHERNET);
    for (uint8_t k = 0; k < 3; k++)
        pcap_record(&b, second + k, 0, 60, 60, (uint8_t)(first + k));
    return write_file(name, b.p, b.n);
}

static struct seen *read_files(const char *const *paths, size_t n, const char *filter)
{
    static struct seen s;
    memset(&s, 0, sizeof s);
    struct capture_reader *r = capture_open(paths, n, &s.e);
    s.opened = r != NULL;
    if (r && filter)
        assert_true(capture_set_filter(r, filter, &s.e));
    if (r)
        read_all(r, 2, &s);
    return &s;
}

static void files_are_read_in_the_order_of_their_first_packets(void **state)
{
    const char *late = three("late.pcap", 900, 31), *early = three("early.pcap", 100, 11);
    pcap_header(&b, LITTLE, 0xa1b2c3d4, ETHERNET);
    const char *empty = write_file("empty.pcap", b.p, b.n);
    b.n = 0;
    section(&b, BIG);
    interface(&b, RAW_IP, 0, 3, 0);
    enhanced(&b, 0, 500000, 20, 20, 21);
    const char *middle = write_file("middle.pcapng", b.p, b.n);
    struct seen *s = read_files((const char *[]){late, empty, middle, early}, 4, NULL);
    static const uint8_t want[] = {11, 12, 13, 21, 31, 32, 33};
    assert_true(s->opened);
    assert_int_equal(s->n, sizeof want);
    for (size_t i = 0; i < sizeof want; i++) {
        assert_int_equal(s->first_byte[i], want[i]);
        assert_int_equal(s->packet[i].number, i + 1);
    }
    assert_int_equal(s->packet[3].link_type, RAW_IP);
    assert_int_equal(s->packet[2].iface, 0);
    assert_int_equal(s->packet[3].iface, 1);
    assert_int_equal(s->packet[4].iface, 2);
    assert_int_equal(s->stats.files, 4);
    assert_int_equal(s->stats.files_done, 4);
    assert_int_equal(s->stats.bytes_done, s->stats.bytes_total);
    assert_int_equal(s->stats.first_ts, 100 * NS_PER_S);
    assert_int_equal(s->stats.last_ts, 902 * NS_PER_S);
}

static void a_damaged_file_does_not_stop_the_files_after_it(void **state)
{
    const char *second = three("second.pcap", 900, 31), *first = three("first.pcap", 100, 11);
    assert_int_equal(truncate(first, 24 + 76 + 76 + 30), 0);
    struct seen *s = read_files((const char *[]){second, first}, 2, NULL);
    assert_int_equal(s->n, 5);
    assert_int_equal(s->stats.damages, 1);
    assert_int_equal(s->damage.offset, 24 + 76 + 76);
    assert_string_equal(s->damage.reason, "it ends after 30 of the 76 bytes of a record");
    assert_int_equal(s->e.code, EXIT_DONE);
}

static void one_file_that_cannot_be_read_is_an_error_before_anything_is_read(void **state)
{
    const char *good = three("good.pcap", 100, 11), *text = write_file("notes.txt", "no capture\n", 11);
    struct seen *s = read_files((const char *[]){good, text}, 2, NULL);
    assert_false(s->opened);
    assert_int_equal(s->e.code, EXIT_IO);
    assert_non_null(strstr(s->e.text, "notes.txt: not a capture: text"));
    s = read_files((const char *[]){good, in_folder("absent.pcap")}, 2, NULL);
    assert_false(s->opened);
    assert_non_null(strstr(s->e.text, "absent.pcap: No such file"));
    s = read_files((const char *[]){folder}, 1, NULL);
    assert_false(s->opened);
    assert_non_null(strstr(s->e.text, "folder"));
    s = read_files((const char *[]){"-", "-"}, 2, NULL);
    assert_false(s->opened);
    assert_int_equal(s->e.code, EXIT_USAGE);
    s = read_files(NULL, 0, NULL);
    assert_false(s->opened);
    assert_int_equal(s->e.code, EXIT_USAGE);
}

static void a_file_that_vanishes_before_its_turn_is_damage(void **state)
{
    const char *early = three("stays.pcap", 100, 11), *late = three("goes.pcap", 900, 31);
    struct seen s = {0};
    struct capture_reader *r = capture_open((const char *[]){late, early}, 2, &s.e);
    assert_non_null(r);
    assert_non_null(strstr(capture_file(r, 1), "goes.pcap"));
    assert_null(capture_file(r, 2));
    assert_int_equal(unlink(late), 0);
    read_all(r, 8, &s);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.stats.damages, 1);
    assert_string_equal(s.damage.reason, "No such file or directory");
}

/* Puts a file's descriptor, or a pipe fed with its bytes, in the place of standard input. */
static struct seen *read_standard_input(const char *path, bool pipe_it, const char *other)
{
    uint8_t bytes[4096];
    int kept = dup(STDIN_FILENO), end[2];
    if (pipe_it) {
        size_t n = read_file(path, bytes, sizeof bytes);
        assert_int_equal(pipe(end), 0);
        assert_int_equal(write(end[1], bytes, n), n); /* fits in the pipe */
        close(end[1]);
    } else {
        end[0] = open(path, O_RDONLY);
    }
    assert_int_equal(dup2(end[0], STDIN_FILENO), STDIN_FILENO);
    close(end[0]);
    struct seen *s = read_files((const char *[]){"-", other}, other ? 2 : 1, NULL);
    dup2(kept, STDIN_FILENO);
    close(kept);
    return s;
}

static void standard_input_is_a_capture_like_any_other(void **state)
{
    const char *late = three("input.pcap", 900, 31);
    for (int pipe_it = 0; pipe_it < 2; pipe_it++) {
        struct seen *s = read_standard_input(late, pipe_it, NULL);
        assert_true(s->opened);
        assert_int_equal(s->n, 3);
        assert_int_equal(s->stats.damages, 0);
        s = read_standard_input(late, pipe_it, three("before.pcap", 100, 11)); /* looked at, not consumed */
        assert_int_equal(s->n, 6);
        assert_int_equal(s->first_byte[0], 11);
        assert_int_equal(s->first_byte[3], 31);
        assert_int_equal(s->packet[3].iface, s->packet[5].iface);
        assert_int_equal(s->stats.damages, 0);
    }
    assert_int_equal(truncate(late, 50), 0);
    struct seen *s = read_standard_input(late, true, three("before.pcap", 100, 11));
    assert_int_equal(s->n, 3);
    assert_int_equal(s->stats.damages, 1);
    assert_string_equal(s->damage.file, "standard input");
}

static void a_pipe_gives_what_it_has_without_waiting_for_a_full_batch(void **state)
{
    struct err e;
    struct batch batch;
    const char *path = in_folder("fifo");
    pcap_header(&b, LITTLE, 0xa1b2c3d4, ETHERNET);
    pcap_record(&b, 1, 1, 50, 50, 1);
    assert_int_equal(mkfifo(path, 0600), 0);
    int fd = open(path, O_RDWR); /* so that opening does not wait */
    assert_int_equal(write(fd, b.p, b.n), b.n);
    struct capture_reader *r = capture_open((const char *[]){path}, 1, &e);
    assert_non_null(r);
    assert_true(batch_init(&batch, 100));
    assert_true(capture_read(r, &batch, &e));
    assert_int_equal(batch.n, 1);
    assert_int_equal(write(fd, b.p + 24, b.n - 24), b.n - 24);
    assert_true(capture_read(r, &batch, &e));
    assert_int_equal(batch.n, 1);
    assert_int_equal(batch.packet[0].number, 2);
    capture_stop(r);
    assert_false(capture_read(r, &batch, &e));
    assert_int_equal(e.code, EXIT_DONE);
    capture_close(r);
    batch_release(&batch);
    close(fd);
}

/* 2000 packets written to a file whose name says how. */
static const char *pack(const char *name)
{
    struct err e;
    uint8_t data[400];
    const char *path = in_folder(name);
    struct capture_writer *w = capture_create(path, CAPTURE_BY_NAME, &e);
    assert_non_null(w);
    for (uint32_t k = 0; k < 2000; k++) {
        uint32_t caplen = 1 + k * 7919 % 400;
        memset(data, (int)(k * 31 + 1), sizeof data);
        struct packet p = {.ts_ns = (int64_t)k * 1000, .data = data, .caplen = caplen, .len = 400, .link_type = 1};
        assert_true(capture_write(w, &p, &e));
    }
    assert_true(capture_finish(w, &e));
    return path;
}

static void compressed_captures_are_told_by_their_bytes(void **state)
{
    static const char *const name[] = {"a.pcap.gz", "a.pcapng.gz", "a.pcap.zst", "a.pcapng.zst"};
    for (size_t i = 0; i < 4; i++) {
        const char *path = pack(name[i]), *other = in_folder("without-a-suffix");
        assert_int_equal(rename(path, other), 0);
        struct seen *s = read_files(&other, 1, NULL);
        assert_true(s->opened);
        assert_int_equal(s->n, 2000);
        assert_int_equal(s->stats.damages, 0);
        assert_int_equal(s->stats.bytes_done, s->stats.bytes_total);
    }
}

static void compressed_parts_may_stand_one_after_the_other(void **state)
{
    static uint8_t all[1 << 20];
    static const char *const name[] = {"a.pcapng.gz", "a.pcapng.zst"};
    for (size_t i = 0; i < 2; i++) {
        size_t n = read_file(pack(name[i]), all, sizeof all / 2);
        memcpy(all + n, all, n);
        struct seen *s = read_memory(all, 2 * n, 100); /* two sections of pcapng */
        assert_int_equal(s->n, 4000);
        assert_int_equal(s->stats.damages, 0);
        memset(all + n, 0, 512);
        s = read_memory(all, n + (i == 0 ? 512 : 0), 100); /* zeros after gzip are padding */
        assert_int_equal(s->n, 2000);
        assert_int_equal(s->stats.damages, 0);
        memcpy(all + n, "something else", 14);
        s = read_memory(all, n + 14, 100);
        assert_int_equal(s->n, 2000);
        assert_int_equal(s->stats.damages, 1);
    }
}

static void cut_or_damaged_compression_gives_what_could_be_unpacked(void **state)
{
    static uint8_t all[1 << 20];
    static const char *const name[] = {"a.pcapng.gz", "a.pcap.zst"};
    for (size_t i = 0; i < 2; i++) {
        size_t n = read_file(pack(name[i]), all, sizeof all);
        uint32_t before = 0;
        for (size_t cut = n / 50; cut < n; cut += n / 50) {
            struct seen *s = read_memory(all, cut, 100);
            if (!s->opened)
                continue;
            assert_true(s->n >= before);
            assert_int_equal(s->stats.damages, 1);
            before = s->n;
        }
        assert_true(i == 1 || (before > 1000 && before <= 2000)); /* zstd gives whole blocks only */
        all[n - 5] ^= 0x55;                                       /* the checksum, or close to it */
        struct seen *s = read_memory(all, n, 100);
        assert_true(s->opened);
        assert_int_equal(s->stats.damages, 1);
    }
}

/* Ethernet, IPv4 and UDP or TCP from a documentation address; enough for a filter to look at. */
static void put_ip(struct bytes *o, uint32_t second, uint8_t protocol, uint16_t port, bool raw)
{
    static const uint8_t ether[14] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
    uint8_t ip[40] = {0x45,
                      0,
                      0,
                      40,
                      0,
                      0,
                      0,
                      0,
                      64,
                      protocol,
                      0,
                      0,
                      192,
                      0,
                      2,
                      1,
                      198,
                      51,
                      100,
                      1,
                      (uint8_t)(port >> 8),
                      (uint8_t)port,
                      0x13,
                      0xc4,
                      0,
                      20};
    size_t body = block_begin(o, 6);
    put_number(o, raw, 4);
    put_number(o, 0, 4);
    put_number(o, second, 4);
    put_number(o, raw ? 40 : 54, 4);
    put_number(o, raw ? 40 : 54, 4);
    if (!raw)
        put(o, ether, sizeof ether);
    put(o, ip, sizeof ip);
    block_end(o, body);
}

static void a_filter_works_on_each_link_type_and_keeps_the_numbers(void **state)
{
    struct err e;
    struct batch batch;
    b.n = 0;
    section(&b, LITTLE);
    interface(&b, ETHERNET, 0, -1, 0);
    interface(&b, RAW_IP, 0, -1, 0);
    for (uint32_t k = 0; k < 40; k++)
        put_ip(&b, k, k % 2 ? 6 : 17, (uint16_t)(5060 + k % 4), k % 3 == 0);
    struct capture_reader *r = capture_open_memory(b.p, b.n, &e);
    assert_non_null(r);
    assert_false(capture_set_filter(r, "udp porrt 5060", &e));
    assert_int_equal(e.code, EXIT_USAGE);
    assert_non_null(strstr(e.text, "porrt"));
    assert_true(capture_set_filter(r, "udp src port 5062", &e));
    assert_true(batch_init(&batch, 4));
    uint64_t want = 3;
    while (capture_read(r, &batch, &e))
        for (uint32_t i = 0; i < batch.n; i++, want += 4)
            assert_int_equal(batch.packet[i].number, want);
    assert_string_equal(e.text, "end of the capture");
    assert_int_equal(want, 43);
    assert_int_equal(capture_stats(r)->packets, 40);
    assert_int_equal(capture_stats(r)->filtered, 30);
    assert_int_equal(capture_stats(r)->filter_unfit, 0);
    assert_int_equal(capture_stats(r)->links, 2);
    assert_int_equal(capture_stats(r)->damages, 0);
    assert_int_equal(capture_stats(r)->first_ts, 2000);
    capture_close(r);
    batch_release(&batch);
}

static void packets_for_which_a_filter_makes_no_sense_do_not_match(void **state)
{
    struct err e;
    struct batch batch;
    b.n = 0;
    section(&b, LITTLE);
    interface(&b, ETHERNET, 0, -1, 0);
    interface(&b, 60000, 0, -1, 0);
    put_ip(&b, 1, 17, 5060, false);
    enhanced(&b, 1, 1, 40, 40, 1);
    put_ip(&b, 1, 17, 5060, false);
    struct capture_reader *r = capture_open_memory(b.p, b.n, &e);
    assert_non_null(r);
    assert_true(capture_set_filter(r, "udp", &e));
    assert_true(batch_init(&batch, 4));
    assert_true(capture_read(r, &batch, &e));
    assert_int_equal(batch.n, 2);
    assert_false(capture_read(r, &batch, &e));
    assert_int_equal(e.code, EXIT_DONE);
    assert_int_equal(capture_stats(r)->filter_unfit, 1);
    capture_close(r);
    batch_release(&batch);
}

static void stopping_ends_the_reading(void **state)
{
    struct err e;
    struct batch batch;
    const char *path = three("stop.pcap", 1, 1);
    struct capture_reader *r = capture_open(&path, 1, &e);
    assert_non_null(r);
    assert_true(batch_init(&batch, 1));
    assert_true(capture_read(r, &batch, &e));
    capture_stop(r);
    assert_false(capture_read(r, &batch, &e));
    assert_int_equal(e.code, EXIT_DONE);
    assert_int_equal(capture_stats(r)->damages, 0);
    capture_close(r);
    batch_release(&batch);
}

static void a_reader_knows_its_files_under_any_name(void **state)
{
    struct err e;
    const char *path = three("one.pcap", 1, 1), *link_name = in_folder("two.pcap"), *other = three("other.pcap", 1, 1);
    assert_int_equal(symlink(path, link_name), 0);
    struct capture_reader *r = capture_open(&path, 1, &e);
    assert_non_null(r);
    assert_true(capture_reads(r, path));
    assert_true(capture_reads(r, link_name));
    assert_false(capture_reads(r, other));
    assert_false(capture_reads(r, in_folder("absent")));
    assert_false(capture_reads(r, "/dev/null"));
    capture_close(r);
}

/* One whole run; true if no allocation failed in it. */
static bool run(const char *const *paths, size_t n, uint32_t *packets)
{
    struct err e = {0};
    struct batch batch;
    bool ok = batch_init(&batch, 100);
    struct capture_reader *r = ok ? capture_open(paths, n, &e) : NULL;
    *packets = 0;
    ok = r && capture_set_filter(r, "len > 0", &e);
    while (ok && capture_read(r, &batch, &e))
        *packets += batch.n;
    ok = ok && e.code == EXIT_DONE && capture_stats(r)->damages == 0;
    assert_true(ok || !r || e.text[0]);
    capture_close(r);
    batch_release(&batch);
    return ok;
}

static void no_allocation_that_fails_does_harm(void **state)
{
    uint32_t packets;
    b.n = 0;
    section(&b, LITTLE);
    for (uint32_t k = 0; k < 20; k++) {
        interface(&b, ETHERNET, 0, -1, 0);
        enhanced(&b, k, k, 30, 30, 1);
    }
    const char *paths[] = {pack("oom.pcapng.gz"), write_file("oom.pcapng", b.p, b.n)};
    for (int64_t after = 0;; after++) {
        mem_fail_after(after);
        bool ok = run(paths, 2, &packets);
        mem_fail_after(-1);
        if (ok)
            break;
        assert_true(after < 1000);
    }
    assert_int_equal(packets, 2020);
}

static void reading_takes_no_memory_per_packet(void **state)
{
    struct err e;
    struct batch batch;
    const char *path = pack("steady.pcapng");
    struct capture_reader *r = capture_open(&path, 1, &e);
    assert_non_null(r);
    assert_true(batch_init(&batch, 16));
    assert_true(capture_read(r, &batch, &e));
    uint64_t before = mem_count();
    for (int k = 0; k < 60; k++)
        assert_true(capture_read(r, &batch, &e));
    assert_int_equal(mem_count(), before);
    capture_close(r);
    batch_release(&batch);
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
        cmocka_unit_test(files_are_read_in_the_order_of_their_first_packets),
        cmocka_unit_test(a_damaged_file_does_not_stop_the_files_after_it),
        cmocka_unit_test(one_file_that_cannot_be_read_is_an_error_before_anything_is_read),
        cmocka_unit_test(a_file_that_vanishes_before_its_turn_is_damage),
        cmocka_unit_test(standard_input_is_a_capture_like_any_other),
        cmocka_unit_test(a_pipe_gives_what_it_has_without_waiting_for_a_full_batch),
        cmocka_unit_test(compressed_captures_are_told_by_their_bytes),
        cmocka_unit_test(compressed_parts_may_stand_one_after_the_other),
        cmocka_unit_test(cut_or_damaged_compression_gives_what_could_be_unpacked),
        cmocka_unit_test(a_filter_works_on_each_link_type_and_keeps_the_numbers),
        cmocka_unit_test(packets_for_which_a_filter_makes_no_sense_do_not_match),
        cmocka_unit_test(stopping_ends_the_reading),
        cmocka_unit_test(a_reader_knows_its_files_under_any_name),
        cmocka_unit_test(no_allocation_that_fails_does_harm),
        cmocka_unit_test(reading_takes_no_memory_per_packet),
    };
    return cmocka_run_group_tests_name("capture: reader", tests, make_folder, remove_folder);
}
