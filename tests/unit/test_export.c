/* Rows as table, JSON, NDJSON and CSV; hostile text: src/export, src/record/cell.c, src/base/utf8.c. */
#include "unit.h"

#include <math.h>
#include <signal.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "export/exporter.h"
#include "export/printable.h"
#include "record/records.h"

static const struct column columns[] = {
    {.name = "ts"}, {.name = "name"}, {.name = "n", .number = true}, {.name = "x", .number = true}, {.name = "ok"}, {.name = "list"}};
enum { N = sizeof columns / sizeof *columns };
static const struct view two[] = {{"a", 1}, {"b,\"c", 4}};

/* 2026-01-31T12:00:00.123456789Z */
#define TIME 1769860800123456789ll

static void fill(struct cell cell[N])
{
    memset(cell, 0, N * sizeof *cell);
    cell[0] = (struct cell){.type = FIELD_TS, .as.i = TIME};
    cell[1] = (struct cell){.type = FIELD_TEXT, .as.text = V("alice, \"A\"")};
    cell[2] = (struct cell){.type = FIELD_COUNT, .as.u = 42};
    cell[3] = (struct cell){.type = FIELD_REAL, .digits = 3, .as.d = 1.5};
    cell[4] = (struct cell){.type = FIELD_BOOL, .as.b = true};
    cell[5] = (struct cell){.type = FIELD_LIST, .as.list = {two, 2}};
}

/* One full row and one of undefined values. */
static void expect(const char *format, unsigned width, unsigned digits, bool utf8, const char *want)
{
    struct output out;
    struct exporter x;
    struct err e;
    struct cell cell[N];
    output_init_memory(&out);
    assert_true(exporter_init(&x, export_format(format), columns, N, &out, &e));
    x.width = width;
    x.utf8 = utf8;
    x.style.ts_digits = digits;
    fill(cell);
    exporter_row(&x, cell);
    memset(cell, 0, sizeof cell);
    exporter_row(&x, cell);
    exporter_finish(&x);
    buf_char(&out.text, 0);
    assert_string_equal(out.text.p, want);
    buf_release(&out.text);
}

static void ndjson_has_one_object_on_each_line(void **state)
{
    expect("ndjson", 0, 6, true,
           "{\"ts\":\"2026-01-31T12:00:00.123456Z\",\"name\":\"alice, \\\"A\\\"\",\"n\":42,\"x\":1.5,\"ok\":true,"
           "\"list\":[\"a\",\"b,\\\"c\"]}\n"
           "{\"ts\":null,\"name\":null,\"n\":null,\"x\":null,\"ok\":null,\"list\":null}\n");
}

static void json_is_one_array(void **state)
{
    expect("json", 0, 9, true,
           "[\n{\"ts\":\"2026-01-31T12:00:00.123456789Z\",\"name\":\"alice, \\\"A\\\"\",\"n\":42,\"x\":1.5,\"ok\":true,"
           "\"list\":[\"a\",\"b,\\\"c\"]},\n"
           "{\"ts\":null,\"name\":null,\"n\":null,\"x\":null,\"ok\":null,\"list\":null}\n]\n");
}

static void csv_quotes_what_needs_it_and_leaves_undefined_values_empty(void **state)
{
    expect("csv", 0, 0, true,
           "ts,name,n,x,ok,list\n"
           "2026-01-31T12:00:00Z,\"alice, \"\"A\"\"\",42,1.5,true,\"a;b,\"\"c\"\n"
           ",,,,,\n");
}

static void a_table_aligns_numbers_right_and_text_left(void **state)
{
    expect("table", 0, 3, true,
           "ts                        name         n    x  ok    list\n"
           "2026-01-31T12:00:00.123Z  alice, \"A\"  42  1.5  true  a;b,\"c\n"
           "-                         -            -    -  -     -\n");
}

static void a_table_that_is_too_wide_is_cut_where_it_is_widest(void **state)
{
    expect("table", 50, 3, true,
           "ts               name         n    x  ok    list\n"
           "2026-01-31T12:\xe2\x80\xa6  alice, \"A\"  42  1.5  true  a;b,\"c\n"
           "-                -            -    -  -     -\n");
    expect("table", 50, 3, false,
           "ts               name         n    x  ok    list\n"
           "2026-01-31T12..  alice, \"A\"  42  1.5  true  a;b,\"c\n"
           "-                -            -    -  -     -\n");
}

static void an_empty_result_is_still_a_document(void **state)
{
    static const struct {
        const char *format, *want;
    } row[] = {{"json", "[]\n"}, {"ndjson", ""}, {"csv", "ts,name,n,x,ok,list\n"}, {"table", "ts  name  n  x  ok  list\n"}};
    for (size_t i = 0; i < 4; i++) {
        struct output out;
        struct exporter x;
        struct err e;
        output_init_memory(&out);
        assert_true(exporter_init(&x, export_format(row[i].format), columns, N, &out, &e));
        exporter_finish(&x);
        buf_char(&out.text, 0);
        assert_string_equal(out.text.p, row[i].want);
        buf_release(&out.text);
    }
}

static void hostile_text_cannot_steer_a_terminal_in_any_format(void **state)
{
    /* escape sequence, C1 CSI as a byte and as UTF-8, right-to-left override, broken UTF-8, NUL, line end, DEL */
    static const char hostile[] = "a\x1b[2J\x9b" "31m\xc2\x9b" "1m\xe2\x80\xae\xc3(\xf0\x9f\x98\0\r\nb\x7f";
    static const struct column one[] = {{.name = "text"}};
    for (const struct export_format *f = export_formats; f->name; f++) {
        char *copy = guard_copy(hostile, sizeof hostile - 1);
        struct cell cell = {.type = FIELD_TEXT, .as.text = view_of(copy, sizeof hostile - 1)};
        struct output out;
        struct exporter x;
        struct err e;
        output_init_memory(&out);
        assert_true(exporter_init(&x, f, one, 1, &out, &e));
        x.utf8 = true;
        exporter_row(&x, &cell);
        exporter_finish(&x);
        struct view text = view_of(out.text.p, out.text.n);
        for (size_t i = 0; i < text.n;) {
            uint32_t code;
            size_t n = utf8_decode(text, i, &code);
            assert_true(n > 0);
            assert_true(code == '\n' || !utf8_steers(code));
            i += n;
        }
        buf_release(&out.text);
        guard_free(copy, sizeof hostile - 1);
    }
}

static void printable_text_shows_bytes_that_do_not_print(void **state)
{
    static const struct {
        struct view in;
        const char *want, *want_ascii, *want_lines;
    } row[] = {
        {V("plain"), "plain", "plain", "plain"},
        {V("J\xc3\xbcrgen"), "J\xc3\xbcrgen", "J\\xc3\\xbcrgen", "J\xc3\xbcrgen"},
        {V("a\r\nb\tc\rd"), "a\\x0d\\x0ab\\x09c\\x0dd", "a\\x0d\\x0ab\\x09c\\x0dd", "a\nb\tc\\x0dd"},
        {V("\x1b]0;x\x07"), "\\x1b]0;x\\x07", "\\x1b]0;x\\x07", "\\x1b]0;x\\x07"},
        {V("\xc0\xaf\xed\xa0\x80"), "\\xc0\\xaf\\xed\\xa0\\x80", "\\xc0\\xaf\\xed\\xa0\\x80", "\\xc0\\xaf\\xed\\xa0\\x80"},
        {V("\xe2\x80\xae"), "\\xe2\\x80\\xae", "\\xe2\\x80\\xae", "\\xe2\\x80\\xae"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct buf b;
        buf_init(&b, 0);
        printable_add(&b, row[i].in, true);
        buf_char(&b, 0);
        assert_string_equal(b.p, row[i].want);
        buf_reset(&b);
        printable_add(&b, row[i].in, false);
        buf_char(&b, 0);
        assert_string_equal(b.p, row[i].want_ascii);
        buf_reset(&b);
        printable_add_lines(&b, row[i].in, true);
        buf_char(&b, 0);
        assert_string_equal(b.p, row[i].want_lines);
        buf_release(&b);
    }
}

static void columns_count_wide_and_combining_characters(void **state)
{
    assert_int_equal(printable_columns(V("abc")), 3);
    assert_int_equal(printable_columns(V("\xe6\x97\xa5\xe6\x9c\xac")), 4);
    assert_int_equal(printable_columns(V("e\xcc\x81")), 1);
    assert_int_equal(printable_cut(V("\xe6\x97\xa5\xe6\x9c\xac"), 3).n, 3);
    assert_int_equal(printable_cut(V("abc"), 9).n, 3);
}

static void every_sequence_of_three_bytes_is_decoded_or_refused_within_bounds(void **state)
{
    char *p = guard_copy("...", 3);
    for (uint32_t i = 0; i < 1u << 24; i += 7) {
        uint32_t code = 0;
        p[0] = (char)(i >> 16), p[1] = (char)(i >> 8), p[2] = (char)i;
        size_t n = utf8_decode(view_of(p, 3), 0, &code);
        assert_true(n <= 3);
        if (n == 2)
            assert_in_range(code, 0x80, 0x7ff);
        if (n == 3)
            assert_true(code >= 0x800 && (code < 0xd800 || code > 0xdfff));
    }
    guard_free(p, 3);
}

static void numbers_print_as_briefly_as_they_are_exact(void **state)
{
    static const struct {
        double x;
        unsigned digits;
        const char *want;
    } row[] = {{0, 3, "0"}, {-0.0001, 3, "0"}, {1.5, 0, "2"}, {99.999, 2, "100"}, {2.50, 2, "2.5"}, {1e20, 2, "1e+20"},
               {0.1, CELL_DIGITS_ALL, "0.1"}, {1234567.0, CELL_DIGITS_ALL, "1234567"}, {100, 0, "100"}};
    struct cell_style s;
    struct buf b;
    cell_style_init(&s, 6);
    buf_init(&b, 0);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct cell c = {.type = FIELD_REAL, .digits = (uint8_t)row[i].digits, .as.d = row[i].x};
        buf_reset(&b);
        cell_print(&c, &s, &b);
        buf_char(&b, 0);
        assert_string_equal(b.p, row[i].want);
    }
    buf_reset(&b);
    cell_print(&(struct cell){.type = FIELD_INT, .as.i = -9223372036854775807ll}, &s, &b);
    buf_char(&b, 0);
    assert_string_equal(b.p, "-9223372036854775807");
    buf_release(&b);
}

static void times_are_printed_like_the_clock_prints_them(void **state)
{
    static const int64_t times[] = {0, 1, -1, TIME, -TIME, 999999999, 1000000000, 4102444799999999999ll, INT64_MIN + 1, INT64_MAX};
    struct cell_style s;
    struct buf b;
    cell_style_init(&s, 0);
    buf_init(&b, 0);
    for (unsigned digits = 0; digits <= 9; digits++) {
        for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
            char want[TS_TEXT];
            s.ts_digits = digits;
            buf_reset(&b);
            cell_print(&(struct cell){.type = FIELD_TS, .as.i = times[i]}, &s, &b);
            buf_char(&b, 0);
            ts_print(times[i], digits, want);
            assert_string_equal(b.p, want);
        }
    }
    buf_release(&b);
}

static void undefined_members_of_a_record_are_undefined_cells(void **state)
{
    struct record_call r = {.status = INT64_MIN, .start_ts = TS_NONE, .ring_ts = TS_NONE, .answer_ts = TS_NONE, .end_ts = TS_NONE,
                            .duration_s = NAN, .pdd_ms = NAN, .setup_ms = NAN, .mos = NAN};
    for (uint16_t i = 0; i < record_call_type.nfield; i++) {
        const struct field *f = &record_call_type.field[i];
        struct cell c = record_cell(f, &r);
        bool always = f->type == FIELD_COUNT || f->type == FIELD_LIST || f->type == FIELD_BOOL;
        assert_int_equal(c.type, always ? f->type : 0);
    }
}

static void a_disk_that_is_full_is_an_error_and_a_reader_that_left_is_not(void **state)
{
    struct output out;
    struct err e;
    int end[2];
    if (access("/dev/full", W_OK) == 0) {
        assert_true(output_open(&out, "/dev/full", &e));
        buf_str(&out.text, "x");
        assert_false(output_finish(&out, &e));
        assert_int_equal(e.code, EXIT_IO);
        assert_non_null(strstr(e.text, "/dev/full"));
    }
    assert_false(output_open(&out, "/nonexistent/file", &e));
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(end), 0);
    close(end[0]);
    output_init_memory(&out);
    out.fd = end[1];
    buf_str(&out.text, "x");
    output_flush(&out);
    assert_true(out.closed);
    assert_false(output_open_still(&out));
    assert_true(output_finish(&out, &e));
    close(end[1]);
}

static void lack_of_memory_at_any_point_is_noticed(void **state)
{
    for (const struct export_format *f = export_formats; f->name; f++) {
        for (int64_t n = 0; n < 12; n++) {
            struct output out;
            struct exporter x;
            struct err e;
            struct cell cell[N];
            fill(cell);
            output_init_memory(&out);
            mem_fail_after(n);
            if (exporter_init(&x, f, columns, N, &out, &e)) {
                exporter_row(&x, cell);
                exporter_finish(&x);
            }
            mem_fail_after(-1);
            buf_release(&out.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ndjson_has_one_object_on_each_line),
        cmocka_unit_test(json_is_one_array),
        cmocka_unit_test(csv_quotes_what_needs_it_and_leaves_undefined_values_empty),
        cmocka_unit_test(a_table_aligns_numbers_right_and_text_left),
        cmocka_unit_test(a_table_that_is_too_wide_is_cut_where_it_is_widest),
        cmocka_unit_test(an_empty_result_is_still_a_document),
        cmocka_unit_test(hostile_text_cannot_steer_a_terminal_in_any_format),
        cmocka_unit_test(printable_text_shows_bytes_that_do_not_print),
        cmocka_unit_test(columns_count_wide_and_combining_characters),
        cmocka_unit_test(every_sequence_of_three_bytes_is_decoded_or_refused_within_bounds),
        cmocka_unit_test(numbers_print_as_briefly_as_they_are_exact),
        cmocka_unit_test(times_are_printed_like_the_clock_prints_them),
        cmocka_unit_test(undefined_members_of_a_record_are_undefined_cells),
        cmocka_unit_test(a_disk_that_is_full_is_an_error_and_a_reader_that_left_is_not),
        cmocka_unit_test(lack_of_memory_at_any_point_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
