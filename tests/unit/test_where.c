/* Expressions over a row, and records as SQL tables: src/store. */
#include "unit.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "store/sql.h"
#include "store/where.h"

static const struct view codec[] = {{"PCMU", 4}, {"opus", 4}};

static struct record_call call(void)
{
    return (struct record_call){
        .call_id = V("a@192.0.2.1"),
        .from_uri = V("sip:alice@example.com"),
        .to_uri = V("sip:bob'; DROP TABLE calls; --@example.com"),
        .state = V("failed"),
        .status = 486,
        .start_ts = 1769860800123456789ll,
        .ring_ts = TS_NONE,
        .answer_ts = TS_NONE,
        .end_ts = TS_NONE,
        .duration_s = NAN,
        .pdd_ms = 120.5,
        .setup_ms = NAN,
        .mos = NAN,
        .src = {ip_from_v4((const uint8_t[]){192, 0, 2, 1}), 5060},
        .legs = 2,
        .codecs = {codec, 2},
    };
}

static void an_expression_holds_or_not(void **state)
{
    static const struct {
        const char *expr;
        bool want;
    } row[] = {
        {"state = 'failed'", true},
        {"state = 'failed' AND status >= 400", true},
        {"STATUS BETWEEN 400 AND 499", true},
        {"duration_s > 0", false},      /* undefined */
        {"NOT duration_s > 0", false},  /* still undefined */
        {"duration_s IS NULL", true},
        {"pdd_ms > 120", true},
        {"from_uri LIKE '%ALICE%'", true},
        {"src = '192.0.2.1:5060'", true},
        {"dst IS NULL", true},
        {"codecs LIKE '%opus%'", true},
        {"EXISTS (SELECT 1 FROM json_each(codecs) WHERE value = 'opus')", true},
        {"json_array_length(codecs) = 2", true},
        {"start_ts >= '2026-01-31T12'", true},
        {"start_ts = '2026-01-31T12:00:00.123456Z'", true},
        {"\"call_id\" = 'a@192.0.2.1'", true},
        {"legs", true},
        {"retransmissions", false},
        {"1 -- a comment", true},
        {"instr(to_uri, 'DROP TABLE') > 0", true},
    };
    struct record_call r = call();
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct err e = {0};
        struct where *w = where_new_record(&record_call_type, row[i].expr, NULL, &e);
        if (!w)
            print_message("%s: %s\n", row[i].expr, e.text);
        assert_non_null(w);
        if (where_matches_record(w, &r) != row[i].want)
            fail_msg("%s", row[i].expr);
        assert_true(where_matches_record(w, &r) == row[i].want); /* and again: nothing is left over */
        assert_null(where_failed(w));
        where_free(w);
    }
}

static void a_wrong_expression_is_told_with_its_place_and_the_nearest_name(void **state)
{
    static const struct {
        const char *expr, *text;
        int at;
    } row[] = {
        {"staus = 1", "no such column: staus (did you mean status?)", 0},
        {"status = 1 AND xyzzy", "no such column: xyzzy", 15},
        {"status = \"x\"", "no such column: x", 9},
        {"status >", NULL, -1},
        {"", "the expression is empty", -1},
        {" \t", "the expression is empty", -1},
        {"1) UNION SELECT (1", NULL, -2},
        {"status = 1;", NULL, -2},
        {"nosuch(1)", "no such function: nosuch", -2},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct where_place place;
        struct err e = {0};
        struct where *w = where_new_record(&record_call_type, row[i].expr, &place, &e);
        if (w) { /* two SELECTs are still reading only: allowed, if useless */
            assert_int_equal(row[i].at, -2);
            where_free(w);
            continue;
        }
        assert_int_equal(e.code, EXIT_USAGE);
        if (row[i].text)
            assert_string_equal(e.text, row[i].text);
        if (row[i].at > -2)
            assert_int_equal(place.at, row[i].at);
    }
}

static void an_expression_has_no_way_out_of_its_row(void **state)
{
    static const char *const bad[] = {
        "load_extension('x')",
        "(SELECT load_extension('x'))",
        "readfile('/etc/passwd')",
        "writefile('x', 'y')",
        "edit('x')",
        "1); ATTACH 'x' AS y; --",
        "1); PRAGMA writable_schema = 1; --",
        "(SELECT 1 FROM pragma_database_list)",
        "(SELECT 1 FROM nosuchtable)",
        "(INSERT INTO record VALUES (1))",
        "?1 = 1; DELETE FROM record",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {0};
        struct where *w = where_new_record(&record_call_type, bad[i], NULL, &e);
        if (w)
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(e.code, EXIT_USAGE);
    }
}

static void an_endless_expression_is_stopped_and_told(void **state)
{
    static const char expr[] = "(WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM x) SELECT max(i) FROM x) > 1";
    struct record_call r = call();
    struct err e;
    struct where *w = where_new_record(&record_call_type, expr, NULL, &e);
    assert_non_null(w);
    assert_false(where_matches_record(w, &r));
    assert_string_equal(where_failed(w), "the expression takes too long");
    where_free(w);
}

static void a_value_that_grows_without_end_is_refused(void **state)
{
    struct record_call r = call();
    struct err e;
    struct where *w = where_new_record(&record_call_type, "length(randomblob(1000000000)) > 0", NULL, &e);
    assert_non_null(w);
    assert_false(where_matches_record(w, &r));
    assert_non_null(where_failed(w));
    where_free(w);
}

static struct cell number(void *ctx, size_t i)
{
    return (struct cell){.type = FIELD_COUNT, .as.u = (i + 1) * *(const uint64_t *)ctx};
}

static double twice(void *ctx, struct view arg)
{
    uint64_t x = 0;
    view_u64(arg, 1000, &x);
    return (double)(2 * x);
}

static void any_row_of_named_values_can_be_asked(void **state)
{
    static const char *const name[] = {"one", "two"};
    static const struct where_function function[] = {{"twice", twice}, {NULL, NULL}};
    uint64_t unit = 10;
    struct where_table t = {.what = "numbers", .name = name, .n = 2, .value = number, .function = function, .ctx = &unit};
    struct err e;
    struct where *w = where_new(&t, "one = 10 AND two = twice('10') AND twice(NULL) = 0 AND twice(4) = 8", NULL, &e);
    assert_non_null(w);
    assert_true(where_matches(w));
    unit = 11;
    assert_false(where_matches(w));
    where_free(w);
}

struct answers {
    char text[2048];
    size_t n;
};

static bool begin(void *ctx, const char *const *name, size_t n)
{
    struct answers *a = ctx;
    for (size_t i = 0; i < n; i++)
        a->n += (size_t)snprintf(a->text + a->n, sizeof a->text - a->n, "%s%s", i ? "," : "", name[i]);
    a->n += (size_t)snprintf(a->text + a->n, sizeof a->text - a->n, "\n");
    return true;
}

static bool row(void *ctx, const struct cell *cell, size_t n)
{
    struct answers *a = ctx;
    struct cell_style s;
    struct buf b;
    cell_style_init(&s, 6);
    buf_init(&b, 0);
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_char(&b, ',');
        cell_print(&cell[i], &s, &b);
    }
    a->n += (size_t)snprintf(a->text + a->n, sizeof a->text - a->n, "%.*s\n", (int)b.n, b.p);
    buf_release(&b);
    return true;
}

static void end(void *ctx)
{
}

static void records_can_be_asked_in_sql(void **state)
{
    static const char sql[] = "SELECT call_id, start_ts, pdd_ms, mos, codecs FROM calls; SELECT count(*) AS n FROM messages -- x";
    struct answers a = {.n = 0};
    struct record_call r = call();
    struct err e;
    int at;
    struct sql_store *s = sql_store_new(&e);
    assert_non_null(s);
    assert_true(sql_store_plan(s, sql, &at, &e));
    assert_true(sql_store_wants(s, &record_call_type));
    assert_true(sql_store_wants(s, &record_message_type));
    assert_false(sql_store_wants(s, &record_user_type));
    struct record_sink sink = sql_store_sink(s);
    assert_null(sink.user);
    sink.call(sink.ctx, &r);
    sink.call(sink.ctx, &r);
    assert_true(sql_store_ready(s, &e));
    assert_true(sql_store_query(s, sql, &(struct sql_answer){&a, begin, row, end}, NULL, &e));
    assert_string_equal(a.text, "call_id,start_ts,pdd_ms,mos,codecs\n"
                                "a@192.0.2.1,2026-01-31T12:00:00.123456Z,120.5,,[\"PCMU\",\"opus\"]\n"
                                "a@192.0.2.1,2026-01-31T12:00:00.123456Z,120.5,,[\"PCMU\",\"opus\"]\n"
                                "n\n0\n");
    sql_store_free(s);
}

static void a_plan_finds_every_table_that_is_read(void **state)
{
    static const struct {
        const char *sql;
        bool messages, calls, streams;
    } row[] = {
        {"SELECT count(*) FROM calls", false, true, false},
        {"SELECT count(*) FROM messages m JOIN calls c USING (call_id)", true, true, false},
        {"SELECT 1 FROM messages NATURAL JOIN streams", true, false, true},
        {"SELECT * FROM calls WHERE call_id IN (SELECT call_id FROM streams)", false, true, true},
        {"WITH x AS (SELECT * FROM messages) SELECT (SELECT count(*) FROM x), (SELECT max(mos) FROM calls)", true, true, false},
        {"SELECT 1; SELECT call_id FROM calls UNION SELECT call_id FROM streams", false, true, true},
        {"SELECT 1", false, false, false},
        {"EXPLAIN SELECT 1", true, true, true},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct err e;
        int at;
        struct sql_store *s = sql_store_new(&e);
        assert_true(sql_store_plan(s, row[i].sql, &at, &e));
        if (sql_store_wants(s, &record_message_type) != row[i].messages || sql_store_wants(s, &record_call_type) != row[i].calls ||
            sql_store_wants(s, &record_stream_type) != row[i].streams)
            fail_msg("%s", row[i].sql);
        sql_store_free(s);
    }
}

static void a_query_only_reads(void **state)
{
    static const char *const bad[] = {"",         "  -- nothing",        "DELETE FROM calls",
                                      "DROP TABLE calls", "ATTACH 'x' AS y", "PRAGMA temp_store_directory = '/tmp'",
                                      "VACUUM INTO '/tmp/x'", "CREATE TABLE t(x)", "SELECT load_extension('x')",
                                      "SELECT * FROM nosuch", "SELEC 1",         "SELECT 1; INSERT INTO calls(call_id) VALUES (1)"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {0};
        int at;
        struct sql_store *s = sql_store_new(&e);
        if (sql_store_plan(s, bad[i], &at, &e))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(e.code, EXIT_USAGE);
        sql_store_free(s);
    }
}

static void lack_of_memory_is_told_and_not_a_crash(void **state)
{
    struct record_call r = call();
    for (int64_t n = 0; n < 40; n++) {
        struct err e;
        mem_fail_after(n);
        struct where *w = where_new_record(&record_call_type, "src = 'x' OR codecs = 'y'", NULL, &e);
        if (w)
            where_matches_record(w, &r);
        where_free(w);
        struct sql_store *s = sql_store_new(&e);
        if (s) {
            struct record_sink sink = sql_store_sink(s);
            sink.call(sink.ctx, &r);
            sql_store_ready(s, &e);
        }
        sql_store_free(s);
        mem_fail_after(-1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_expression_holds_or_not),
        cmocka_unit_test(a_wrong_expression_is_told_with_its_place_and_the_nearest_name),
        cmocka_unit_test(an_expression_has_no_way_out_of_its_row),
        cmocka_unit_test(an_endless_expression_is_stopped_and_told),
        cmocka_unit_test(a_value_that_grows_without_end_is_refused),
        cmocka_unit_test(any_row_of_named_values_can_be_asked),
        cmocka_unit_test(records_can_be_asked_in_sql),
        cmocka_unit_test(a_plan_finds_every_table_that_is_read),
        cmocka_unit_test(a_query_only_reads),
        cmocka_unit_test(lack_of_memory_is_told_and_not_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
