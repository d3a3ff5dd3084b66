#include "unit.h"

#include <stdio.h>

#include "capture/reader.h"

/* Real captures beside the project, when they are there: the catalogue says how many packets each of them holds. */
static char folder[1024];
static char *catalog;

static int find_catalog(void **state)
{
    const char *root = getenv("SIPTAP_SOURCE");
    char path[1100];
    snprintf(folder, sizeof folder, "%s/../shared/captures/public", root ? root : ".");
    snprintf(path, sizeof path, "%s/catalog.json", folder);
    FILE *f = fopen(path, "rb");
    if (!f)
        return 0;
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    rewind(f);
    catalog = calloc(1, n + 1);
    if (!catalog || fread(catalog, 1, n, f) != n)
        abort();
    fclose(f);
    return 0;
}

static int forget_catalog(void **state)
{
    free(catalog);
    return 0;
}

/* Entries of the catalogue begin with a brace on a line of its own. */
static const char *next_entry(const char *after)
{
    const char *p = strstr(after, "\n{\n");
    return p ? p + 2 : NULL;
}

static const char *entry_end(const char *entry)
{
    const char *next = strstr(entry, "\n{\n");
    return next ? next : entry + strlen(entry);
}

/* \uXXXX below U+0800, the only escape in names here, becomes UTF-8 in place. */
static void unescape(char *s)
{
    char *out = s;
    for (; *s; s++) {
        unsigned c;
        if (s[0] == '\\' && s[1] == 'u' && sscanf(s + 2, "%4x", &c) == 1 && c < 0x800) {
            *out++ = (char)(0xc0 | c >> 6);
            *out++ = (char)(0x80 | (c & 0x3f));
            s += 5;
        } else {
            *out++ = *s;
        }
    }
    *out = '\0';
}

/* The text after `"key": "` between begin and end, up to the next quote; false if it is not there. */
static bool text_of(const char *begin, const char *end, const char *key, char *out, size_t cap)
{
    const char *p = strstr(begin, key);
    if (!p || p > end)
        return false;
    p += strlen(key);
    size_t n = strcspn(p, "\"");
    snprintf(out, cap, "%.*s", (int)n, p);
    unescape(out);
    return true;
}

static void check_file(const char *path, uint64_t packets, uint32_t cap)
{
    struct err e;
    struct batch b;
    uint64_t n = 0;
    struct capture_reader *r = capture_open(&path, 1, &e);
    if (!r)
        fail_msg("%s", e.text);
    assert_true(batch_init(&b, cap));
    while (capture_read(r, &b, &e))
        n += b.n;
    if (n != packets || e.code != EXIT_DONE || capture_stats(r)->damages)
        fail_msg("%s: %lu packets, expected %lu, %u damages", path, (unsigned long)n, (unsigned long)packets,
                 capture_stats(r)->damages);
    capture_close(r);
    batch_release(&b);
}

static void public_captures_hold_as_many_packets_as_their_catalogue_says(void **state)
{
    char name[512], type[64], packets[32], path[2048];
    unsigned files = 0;
    if (!catalog) {
        print_message("skipped: no captures at %s\n", folder);
        skip();
    }
    for (const char *p = next_entry(catalog), *end; p; p = next_entry(end)) {
        end = entry_end(p);
        if (!text_of(p, end, "\"ftype\": \"", type, sizeof type) ||
            !text_of(p, end, "\"pkts\": \"", packets, sizeof packets) ||
            !text_of(p, end, "\"path\": \"", name, sizeof name))
            continue;
        if (!strstr(type, "pcap")) /* another format, see below */
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, name);
        if (access(path, R_OK) != 0)
            continue;
        check_file(path, strtoull(packets, NULL, 10), files % 2 ? 7 : 1024);
        files++;
    }
    print_message("%u captures agree\n", files);
    assert_true(files > 0);
}

static void other_formats_are_refused_by_name(void **state)
{
    static const struct {
        const char *type, *says;
    } row[] = {{"netmon2", "unsupported format: Microsoft Network Monitor"}, {"", "not a capture: text"}};
    char name[512], type[64], path[2048];
    if (!catalog) {
        print_message("skipped: no captures at %s\n", folder);
        skip();
    }
    for (const char *p = next_entry(catalog), *end; p; p = next_entry(end)) {
        end = entry_end(p);
        bool typed = text_of(p, end, "\"ftype\": \"", type, sizeof type);
        size_t i = typed ? 0 : 1;
        if ((typed && strcmp(type, row[0].type) != 0) || !text_of(p, end, "\"path\": \"", name, sizeof name))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, name);
        if (access(path, R_OK) != 0)
            continue;
        struct err e;
        assert_null(capture_open((const char *[]){path}, 1, &e));
        assert_int_equal(e.code, EXIT_IO);
        assert_non_null(strstr(e.text, row[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_captures_hold_as_many_packets_as_their_catalogue_says),
        cmocka_unit_test(other_formats_are_refused_by_name),
    };
    return cmocka_run_group_tests_name("capture: public", tests, find_catalog, forget_catalog);
}
