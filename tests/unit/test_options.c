/* The command line: src/cmd/options.c and the tables of src/cmd/commands.c. */
#include "unit.h"

#include <stdio.h>

#include "base/mem.h"
#include "cmd/command.h"
#include "cmd/options.h"

struct values {
    bool flag, other;
    const char *text, *format;
    struct texts list;
    uint64_t count, size;
    double seconds, number;
    struct ports ports;
};

#define O(member) offsetof(struct values, member)
static const struct option table[] = {
    {"flag", 'q', 0, OPTION_FLAG, O(flag), NULL, "", NULL},
    {"flat", 'x', 'y', OPTION_FLAG, O(other), NULL, "", NULL},
    {"text", 't', 0, OPTION_TEXT, O(text), "TEXT", "", NULL},
    {"list", 'l', 0, OPTION_LIST, O(list), "ITEM", "", NULL},
    {"count", 'n', 0, OPTION_COUNT, O(count), "N", "", NULL},
    {"size", 0, 0, OPTION_SIZE, O(size), "SIZE", "", NULL},
    {"seconds", 0, 0, OPTION_SECONDS, O(seconds), "TIME", "", NULL},
    {"number", 0, 0, OPTION_NUMBER, O(number), "X", "", NULL},
    {"ports", 0, 0, OPTION_PORTS, O(ports), "LIST", "", NULL},
    {"json", 0, 0, OPTION_FIXED, O(format), NULL, "", "json"},
    {0},
};

struct parsed {
    struct values v;
    struct texts rest;
    struct err e;
    bool ok;
};

static void parse(struct parsed *p, int n, const char *const *word)
{
    *p = (struct parsed){0};
    struct option_group group[] = {{"", table, &p->v}, {0}};
    p->ok = options_parse(group, n, (char **)word, &p->rest, &p->e);
}

static void release(struct parsed *p)
{
    struct option_group group[] = {{"", table, &p->v}, {0}};
    options_release(group);
    texts_release(&p->rest);
}

#define PARSE(p, ...) parse(p, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static void long_options_take_their_value_after_a_blank_or_an_equals_sign(void **state)
{
    struct parsed p;
    PARSE(&p, "--text", "a", "file", "--count=7", "--json", "--text=b=c");
    assert_true(p.ok);
    assert_string_equal(p.v.text, "b=c");
    assert_int_equal(p.v.count, 7);
    assert_string_equal(p.v.format, "json");
    assert_int_equal(p.rest.n, 1);
    assert_string_equal(p.rest.v[0], "file");
    release(&p);
}

static void short_options_may_stand_in_clusters(void **state)
{
    struct parsed p;
    PARSE(&p, "-qyn", "12", "-tabc", "-l", "1", "-l2");
    assert_true(p.ok);
    assert_true(p.v.flag);
    assert_true(p.v.other);
    assert_int_equal(p.v.count, 12);
    assert_string_equal(p.v.text, "abc");
    assert_int_equal(p.v.list.n, 2);
    assert_string_equal(p.v.list.v[1], "2");
    release(&p);
}

static void everything_behind_two_dashes_is_no_option_and_one_dash_is_a_file(void **state)
{
    struct parsed p;
    PARSE(&p, "-", "--", "-q", "--");
    assert_true(p.ok);
    assert_false(p.v.flag);
    assert_int_equal(p.rest.n, 3);
    assert_string_equal(p.rest.v[0], "-");
    assert_string_equal(p.rest.v[2], "--");
    release(&p);
}

static void the_beginning_of_a_name_is_enough_when_it_is_the_only_one(void **state)
{
    struct parsed p;
    PARSE(&p, "--sec=5", "--flag");
    assert_true(p.ok);
    assert_true(p.v.seconds == 5 && p.v.flag);
    release(&p);
    PARSE(&p, "--fla");
    assert_false(p.ok);
    assert_non_null(strstr(p.e.text, "--flag --flat"));
    release(&p);
}

static void what_is_wrong_is_named_with_the_nearest_option(void **state)
{
    static const struct {
        const char *word[2];
        int n;
        const char *text;
    } row[] = {
        {{"--tetx=1"}, 1, "unknown option --tetx (did you mean --text?)"},
        {{"--zzzzzzzz"}, 1, "unknown option --zzzzzzzz"},
        {{"--=x"}, 1, "unknown option --"},
        {{"-z"}, 1, "unknown option -z"},
        {{"--text"}, 1, "--text needs TEXT"},
        {{"-t"}, 1, "-t needs TEXT"},
        {{"--flag=1"}, 1, "--flag takes no argument"},
        {{"--count", "x"}, 2, "--count: 'x' is not a whole number"},
        {{"--count", "-1"}, 2, "--count: '-1' is not a whole number"},
        {{"--size", "1X"}, 2, "--size: '1X' is not a size such as 64M or 1G"},
        {{"--ports", "0"}, 2, "--ports: '0' is not ports such as 5060,5080-5090"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct parsed p;
        parse(&p, row[i].n, row[i].word);
        assert_false(p.ok);
        assert_int_equal(p.e.code, EXIT_USAGE);
        assert_string_equal(p.e.text, row[i].text);
        release(&p);
    }
}

static void sizes_and_times_have_suffixes(void **state)
{
    static const struct {
        const char *text;
        double want; /* -1: refused */
    } size[] = {{"0", 0}, {"65536", 65536}, {"64K", 65536}, {"64M", 64 << 20}, {"1G", 1 << 30}, {"1.5GiB", 1610612736.0},
                {"2mb", 2 << 20}, {"", -1}, {"M", -1}, {"1Q", -1}, {"-1", -1}, {"1e999", -1}, {"nan", -1}, {"16777216T", -1}},
      time[] = {{"90", 90}, {"1.5s", 1.5}, {"10m", 600}, {"1h", 3600}, {"2d", 172800}, {"x", -1}, {"1w", -1}, {"inf", -1}};
    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        uint64_t x = 0;
        assert_true(option_size(size[i].text, &x) == (size[i].want >= 0));
        assert_true(size[i].want < 0 || (double)x == size[i].want);
    }
    for (size_t i = 0; i < sizeof time / sizeof *time; i++) {
        double x = 0;
        assert_true(option_seconds(time[i].text, &x) == (time[i].want >= 0));
        assert_true(time[i].want < 0 || x == time[i].want);
    }
}

static void ports_are_lists_of_numbers_and_ranges(void **state)
{
    struct parsed p;
    PARSE(&p, "--ports", "5080-5082,5060,5081");
    assert_true(p.ok);
    assert_int_equal(p.v.ports.n, 4);
    assert_int_equal(p.v.ports.v[0], 5060);
    assert_int_equal(p.v.ports.v[3], 5082);
    release(&p);
    static const char *const bad[] = {"", ",", "5060,", "5060-", "-5", "70000", "5-4", "a", "1-99999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        PARSE(&p, "--ports", bad[i]);
        assert_false(p.ok);
        release(&p);
    }
}

static void a_word_is_as_far_away_as_it_has_typing_mistakes(void **state)
{
    assert_int_equal(word_distance("report", "report"), 0);
    assert_int_equal(word_distance("reprot", "report"), 1);
    assert_int_equal(word_distance("calls", "call"), 1);
    assert_int_equal(word_distance("", "abc"), 3);
    assert_int_equal(word_distance("show", "stow"), 1);
    assert_true(word_distance("a", "a word that is much longer than any name of an option is") > 30);
}

/* Two options of one command with one name or letter would hide each other. */
static void no_command_has_an_option_twice(void **state)
{
    for (const struct command *c = commands; c->name; c++) {
        const struct option *group[] = {c->own, c->takes & TAKES_LISTING ? listing_options : NULL,
                                        c->takes & TAKES_TRAFFIC ? traffic_options : NULL, general_options};
        char names[4096] = " ", letters[256] = "";
        for (size_t g = 0; g < 4; g++) {
            for (const struct option *o = group[g]; o && o->kind; o++) {
                char name[64];
                snprintf(name, sizeof name, " %s ", o->name);
                assert_null(strstr(names, name));
                strcat(names, name);
                assert_true(!o->letter || !strchr(letters, o->letter));
                assert_true(!o->letter2 || !strchr(letters, o->letter2));
                strcat(letters, (char[]){o->letter ? o->letter : ' ', 0});
                strcat(letters, (char[]){o->letter2 ? o->letter2 : ' ', 0});
                assert_true(o->kind == OPTION_FLAG || o->kind == OPTION_FIXED || o->arg);
            }
        }
    }
}

static void lack_of_memory_is_told_and_not_a_crash(void **state)
{
    for (int64_t n = 0; n < 6; n++) {
        struct parsed p;
        mem_fail_after(n);
        PARSE(&p, "--list", "a", "--ports", "5060", "b");
        mem_fail_after(-1);
        release(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_options_take_their_value_after_a_blank_or_an_equals_sign),
        cmocka_unit_test(short_options_may_stand_in_clusters),
        cmocka_unit_test(everything_behind_two_dashes_is_no_option_and_one_dash_is_a_file),
        cmocka_unit_test(the_beginning_of_a_name_is_enough_when_it_is_the_only_one),
        cmocka_unit_test(what_is_wrong_is_named_with_the_nearest_option),
        cmocka_unit_test(sizes_and_times_have_suffixes),
        cmocka_unit_test(ports_are_lists_of_numbers_and_ranges),
        cmocka_unit_test(a_word_is_as_far_away_as_it_has_typing_mistakes),
        cmocka_unit_test(no_command_has_an_option_twice),
        cmocka_unit_test(lack_of_memory_is_told_and_not_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
