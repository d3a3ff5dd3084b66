#include "unit.h"

#include "base/addr.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/oddity.h"

static void numbers_are_read_only_when_they_are_whole_and_in_range(void **state)
{
    uint64_t x = 7;
    assert_true(view_u64(V("0"), 10, &x) && x == 0);
    assert_true(view_u64(V("18446744073709551615"), UINT64_MAX, &x) && x == UINT64_MAX);
    assert_false(view_u64(V("18446744073709551616"), UINT64_MAX, &x));
    assert_false(view_u64(V("256"), 255, &x));
    assert_false(view_u64(V(""), 255, &x));
    assert_false(view_u64(V("1a"), 255, &x));
}

static void times_print_as_rfc_3339(void **state)
{
    char t[TS_TEXT];
    ts_print(1700000000123456789, 6, t);
    assert_string_equal(t, "2023-11-14T22:13:20.123456Z");
    ts_print(0, 0, t);
    assert_string_equal(t, "1970-01-01T00:00:00Z");
    ts_print(-1, 9, t);
    assert_string_equal(t, "1969-12-31T23:59:59.999999999Z");
    ts_print(951782400 * NS_PER_S, 3, t);
    assert_string_equal(t, "2000-02-29T00:00:00.000Z");
    assert_int_equal(ts_print(TS_NONE, 9, t), 0);
}

static void addresses_print_and_parse(void **state)
{
    struct ip_addr a;
    char t[ENDPOINT_TEXT];
    assert_true(ip_parse(V("192.0.2.1"), &a) && ip_is_v4(&a) && !ip_is_private(&a));
    ip_print(&a, t);
    assert_string_equal(t, "192.0.2.1");
    assert_true(ip_parse(V("[2001:db8::1]"), &a) && !ip_is_v4(&a));
    endpoint_print(&(struct endpoint){a, 5060}, t);
    assert_string_equal(t, "[2001:db8::1]:5060");
    assert_true(ip_parse(V("10.1.2.3"), &a) && ip_is_private(&a));
    assert_false(ip_parse(V("192.0.2"), &a));
    assert_false(ip_parse(V("example.com"), &a));
    assert_false(ip_parse(V(""), &a));
}

static void a_map_finds_what_was_put_and_only_that(void **state)
{
    struct map m;
    struct hash_seed seed = {1, 2};
    assert_true(map_init(&m, 4));
    for (uint32_t i = 1; i <= 5000; i++)
        assert_true(map_put(&m, hash_bytes(&seed, &i, sizeof i), i));
    for (uint32_t i = 1; i <= 5000; i += 2)
        assert_true(map_remove(&m, hash_bytes(&seed, &i, sizeof i), i));
    for (uint32_t i = 1; i <= 5000; i++) {
        uint64_t h = hash_bytes(&seed, &i, sizeof i);
        bool found = false;
        for (uint32_t pos = map_start(&m, h), r; (r = map_next(&m, h, &pos));)
            found |= r == i;
        assert_int_equal(found, i % 2 == 0);
    }
    assert_int_equal(m.count, 2500);
    map_release(&m);
}

static void arena_memory_is_reused_after_reset(void **state)
{
    struct arena a;
    arena_init(&a);
    for (int i = 0; i < 3000; i++)
        assert_non_null(arena_alloc(&a, 1000));
    size_t held = arena_held(&a);
    uint64_t before = mem_count();
    for (int round = 0; round < 5; round++) {
        arena_reset(&a);
        for (int i = 0; i < 3000; i++)
            assert_non_null(arena_alloc(&a, 1000));
    }
    assert_int_equal(arena_held(&a), held);
    assert_int_equal(mem_count(), before);
    arena_release(&a);
}

static void json_escapes_and_separates(void **state)
{
    struct buf b;
    struct json j;
    buf_init(&b, 0);
    json_init(&j, &b, 0);
    json_open(&j, '{');
    json_kv_view(&j, "a", V("q\"\\\n\x01\xff\xc3\xa9"));
    json_kv_double(&j, "b", 1.5, 3);
    json_kv_double(&j, "c", 0.0 / 0.0, 3);
    json_key(&j, "d");
    json_open(&j, '[');
    json_u64(&j, 1);
    json_i64(&j, -2);
    json_close(&j, ']');
    json_key(&j, "e");
    json_open(&j, '{');
    json_close(&j, '}');
    json_close(&j, '}');
    buf_char(&b, 0);
    assert_string_equal(b.p, "{\"a\":\"q\\\"\\\\\\n\\u0001\xef\xbf\xbd\xc3\xa9\",\"b\":1.5,\"c\":null,\"d\":[1,-2],\"e\":{}}");
    buf_release(&b);
}

static void a_buffer_with_a_ceiling_says_that_it_lost_bytes(void **state)
{
    struct buf b;
    buf_init(&b, 300);
    for (int i = 0; i < 400; i++)
        buf_char(&b, 'x');
    assert_true(b.failed && b.n == 300);
    buf_release(&b);
}

static void every_oddity_has_a_name_of_its_own(void **state)
{
    for (unsigned i = 0; i < ODDITY_COUNT; i++) {
        assert_true(oddity_info(i)->meaning[0]);
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(oddity_info(i)->name, oddity_info(k)->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_only_when_they_are_whole_and_in_range),
        cmocka_unit_test(times_print_as_rfc_3339),
        cmocka_unit_test(addresses_print_and_parse),
        cmocka_unit_test(a_map_finds_what_was_put_and_only_that),
        cmocka_unit_test(arena_memory_is_reused_after_reset),
        cmocka_unit_test(json_escapes_and_separates),
        cmocka_unit_test(a_buffer_with_a_ceiling_says_that_it_lost_bytes),
        cmocka_unit_test(every_oddity_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
