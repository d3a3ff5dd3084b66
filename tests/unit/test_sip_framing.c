/* Framing of SIP streams: messages, keep-alives, garbage; the same frames however the bytes arrive. */
#include "unit.h"

#include <stdio.h>

#include "sip/framing.h"

enum { FRAMES_MAX = 64 };

struct frames {
    size_t n, taken, left;
    struct sip_frame f[FRAMES_MAX];
};

/* Feeds text in pieces of `step` bytes; keep-alives and garbage that touch are joined, as pieces may cut them. */
static void feed(struct frames *fs, const char *text, size_t n, size_t step)
{
    struct sip_framing_state s = {0};
    size_t begin = 0;
    *fs = (struct frames){.n = 0};
    for (size_t end = step < n ? step : n;; end = end + step < n ? end + step : n) {
        while (begin < end) {
            char *p = guard_copy(text + begin, end - begin);
            struct sip_frame f = sip_framing_next(&s, p, end - begin);
            guard_free(p, end - begin);
            if (f.kind == SIP_FRAME_NEED_MORE)
                break;
            assert_in_range(f.length, 1, end - begin);
            begin += f.length;
            struct sip_frame *last = fs->n ? &fs->f[fs->n - 1] : NULL;
            if (last && last->kind == f.kind && f.kind != SIP_FRAME_MESSAGE)
                last->length += f.length;
            else if (fs->n < FRAMES_MAX)
                fs->f[fs->n++] = f;
        }
        if (end == n)
            break;
    }
    fs->taken = begin;
    fs->left = n - begin;
}

#define HEAD "Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1\r\n"

static const struct {
    const char *name, *text;
    struct {
        enum sip_frame_kind kind;
        uint32_t length;
    } want[8];
    size_t left;
} table[] = {
    {"two messages and keep-alives",
     "\r\n\r\nBYE sip:x SIP/2.0\r\nl: 3\r\n\r\nabcBYE sip:x SIP/2.0\nContent-Length:\n 0\n\n\r\n",
     {{SIP_FRAME_KEEPALIVE, 4}, {SIP_FRAME_MESSAGE, 30}, {SIP_FRAME_MESSAGE, 38}, {SIP_FRAME_KEEPALIVE, 2}},
     0},
    {"garbage in front",
     "end of a lost message\r\n\r\nv=0\r\nBYE sip:x SIP/2.0\r\nl: 0\r\n\r\n",
     {{SIP_FRAME_GARBAGE, 30}, {SIP_FRAME_MESSAGE, 27}},
     0},
    {"no Content-Length",
     "SIP/2.0 200 OK\r\n" HEAD "\r\nrest\r\n",
     {{SIP_FRAME_MESSAGE, 62}, {SIP_FRAME_GARBAGE, 6}},
     0},
    {"an unfinished body", "BYE sip:x SIP/2.0\r\nl: 9\r\n\r\nabc", {{SIP_FRAME_NEED_MORE, 0}}, 30},
    {"an unfinished header", "BYE sip:x SIP/2.0\r\nl: 9\r\n\r", {{SIP_FRAME_NEED_MORE, 0}}, 26},
    {"a body of many gigabytes",
     "BYE sip:x SIP/2.0\r\nl: 4294967295\r\n\r\nBYE sip:x SIP/2.0\r\nl: 0\r\n\r\n",
     {{SIP_FRAME_MESSAGE, 36}, {SIP_FRAME_MESSAGE, 27}},
     0},
    {"a TLS record", "\x16\x03\x01\x02\x00", {{SIP_FRAME_GARBAGE, 5}}, 0},
    {"a stray CR behind garbage",
     "junk\n\rBYE sip:x SIP/2.0\r\nl: 0\r\n\r\n",
     {{SIP_FRAME_GARBAGE, 6}, {SIP_FRAME_MESSAGE, 27}},
     0},
    {"a stray CR behind the length", "BYE sip:x SIP/2.0\r\nl: 3\r\r\n\r\nabc", {{SIP_FRAME_MESSAGE, 31}}, 0},
};

static void frames_are_the_same_for_any_pieces(void **unused)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        for (size_t step = 1; step < 80; step++) {
            struct frames fs;
            size_t n = i == 6 ? 5 : strlen(table[i].text);
            feed(&fs, table[i].text, n, step);
            for (size_t k = 0; k < 8 && table[i].want[k].kind != SIP_FRAME_NEED_MORE; k++)
                if (k >= fs.n || fs.f[k].kind != table[i].want[k].kind || fs.f[k].length != table[i].want[k].length)
                    fail_msg("%s in pieces of %zu: frame %zu is kind %d of %u bytes", table[i].name, step, k,
                             (int)fs.f[k].kind, fs.f[k].length);
            assert_int_equal(fs.left, table[i].left);
        }
}

static void a_body_that_is_awaited_is_announced(void **unused)
{
    static const char text[] = "BYE sip:x SIP/2.0\r\nl: 9\r\n\r\nabc";
    struct sip_framing_state s = {0};
    struct sip_frame f = sip_framing_next(&s, text, sizeof text - 1);
    assert_int_equal(f.kind, SIP_FRAME_NEED_MORE);
    assert_int_equal(f.want, 27 + 9);
}

static void endless_headers_are_dropped(void **unused)
{
    static char text[SIP_FRAMING_HEADERS_MAX + 100];
    struct sip_framing_state s = {0};
    memset(text, 'a', sizeof text);
    memcpy(text, "BYE sip:x SIP/2.0\r\n", 19);
    struct sip_frame f = sip_framing_next(&s, text, sizeof text);
    assert_int_equal(f.kind, SIP_FRAME_GARBAGE);
    assert_int_equal(f.length, SIP_FRAMING_HEADERS_MAX);
    f = sip_framing_next(&s, text + f.length, 100);
    assert_int_equal(f.kind, SIP_FRAME_GARBAGE);
    assert_int_equal(f.length, 100);
}

static void a_message_without_a_length_says_so(void **unused)
{
    static const char bad[] = "BYE sip:x SIP/2.0\r\nl: x\r\n\r\n", large[] = "BYE sip:x SIP/2.0\r\nl: 16777217\r\n\r\n";
    struct sip_framing_state s = {0};
    assert_true(sip_framing_next(&s, bad, sizeof bad - 1).no_content_length);
    struct sip_frame f = sip_framing_next(&s, large, sizeof large - 1);
    assert_true(f.body_too_long);
    assert_int_equal(f.length, sizeof large - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_the_same_for_any_pieces),
        cmocka_unit_test(a_body_that_is_awaited_is_announced),
        cmocka_unit_test(endless_headers_are_dropped),
        cmocka_unit_test(a_message_without_a_length_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
