#include "unit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "capture/live.h"

static struct capture_reader *open_loopback(const char *filter)
{
    struct err e;
    struct capture_live live = {.ifaces = "lo", .filter = filter, .buffer_mb = 2};
    struct capture_reader *r = capture_open_live(&live, &e);
    if (!r) {
        print_message("skipped, live capture is not possible here: %s\n", e.text);
        skip();
    }
    return r;
}

/* Sends n datagrams to the discard port of the loopback interface. */
static void send_datagrams(unsigned n)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (unsigned i = 0; i < n; i++)
        sendto(fd, "hello siptap", 12, 0, (struct sockaddr *)&to, sizeof to);
    close(fd);
}

static void packets_on_an_interface_are_read_with_their_times(void **state)
{
    struct err e;
    struct batch b;
    unsigned seen = 0;
    int64_t last = 0;
    struct capture_reader *r = open_loopback("udp dst port 9");
    assert_true(batch_init(&b, 16));
    send_datagrams(100);
    for (unsigned reads = 0; reads < 100 && seen < 100; reads++) {
        assert_true(capture_read(r, &b, &e));
        for (uint32_t i = 0; i < b.n; i++) {
            const struct packet *p = &b.packet[i];
            assert_memory_equal(p->data + p->caplen - 12, "hello siptap", 12);
            assert_true(p->ts_ns > 1600000000 * NS_PER_S);
            assert_int_equal(p->number, ++seen);
            assert_string_equal(capture_iface(r, p->iface)->name, "lo");
            last = p->ts_ns;
        }
    }
    assert_true(seen >= 100); /* loopback shows a packet once, or twice on some systems */
    assert_int_equal(capture_stats(r)->last_ts, last);
    capture_stop(r);
    while (capture_read(r, &b, &e))
        ;
    assert_int_equal(e.code, EXIT_DONE);
    assert_int_equal(capture_stats(r)->dropped, 0);
    capture_close(r);
    batch_release(&b);
}

static void a_quiet_interface_gives_the_caller_its_turn(void **state)
{
    struct err e;
    struct batch b;
    struct timespec before, after;
    struct capture_reader *r = open_loopback("ip proto 253");
    assert_true(batch_init(&b, 16));
    clock_gettime(CLOCK_MONOTONIC, &before);
    assert_true(capture_read(r, &b, &e));
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_int_equal(b.n, 0);
    assert_true(after.tv_sec - before.tv_sec <= 1);
    capture_stop(r);
    assert_false(capture_read(r, &b, &e));
    capture_close(r);
    batch_release(&b);
}

static void several_interfaces_are_one_capture(void **state)
{
    struct err e;
    struct capture_live live = {.ifaces = "lo,any,lo", .snaplen = 96};
    struct capture_reader *r = capture_open_live(&live, &e);
    if (!r) {
        print_message("skipped, live capture is not possible here: %s\n", e.text);
        skip();
    }
    assert_string_equal(capture_iface(r, 0)->name, "lo");
    assert_string_equal(capture_iface(r, 1)->name, "any");
    assert_int_equal(capture_iface(r, 0)->snaplen, 96);
    assert_null(capture_iface(r, 2));
    capture_close(r);
}

static void what_cannot_be_captured_is_told(void **state)
{
    static const struct {
        const char *ifaces, *filter;
        enum exit_code code;
        const char *says;
    } row[] = {
        {"", NULL, EXIT_USAGE, "no interface"},
        {",,", NULL, EXIT_USAGE, "no interface"},
        {"a-name-that-is-longer-than-any-interface-may-have", NULL, EXIT_USAGE, "too long"},
        {"none0", NULL, EXIT_IO, "there are: "},
        {"lo", "udp porrt 9", EXIT_USAGE, "porrt"},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct err e;
        struct capture_live live = {.ifaces = row[i].ifaces, .filter = row[i].filter};
        assert_null(capture_open_live(&live, &e));
        if (strstr(e.text, "permission")) {
            assert_non_null(strstr(e.text, "setcap"));
            continue;
        }
        assert_int_equal(e.code, row[i].code);
        assert_non_null(strstr(e.text, row[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_on_an_interface_are_read_with_their_times),
        cmocka_unit_test(a_quiet_interface_gives_the_caller_its_turn),
        cmocka_unit_test(several_interfaces_are_one_capture),
        cmocka_unit_test(what_cannot_be_captured_is_told),
    };
    return cmocka_run_group_tests_name("capture: live", tests, NULL, NULL);
}
