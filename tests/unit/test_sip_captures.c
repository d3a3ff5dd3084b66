/* Messages that others test their parsers with, where they are at hand (../shared/captures beside the project): the
 * outcome for each message of RFC 4475 by its name there, and no difference between the variants for any file. */
#include "unit.h"

#include <dirent.h>
#include <stdio.h>

#include "sip_same.h"

enum { FILE_MAX_BYTES = 1 << 20, PATH_ROOM = 1024 };

/* Everything of RFC 4475, in its order; what our parser must say. A name without oddities is either valid there or
 * wrong in a way that shows only in what is done with the message (a transaction, a registration), not in its text. */
static const struct expected {
    const char *name;
    enum sip_result result;
    uint8_t odd[6]; /* enum oddity, 0 ends */
} expected[] = {
    /* 3.1.1 valid; wsinv and longreq have branches of RFC 2543, the methods of intmeth and esc02 are nobody's */
    {"wsinv", SIP_OK, {ODD_SIP_VIA_BRANCH}},
    {"intmeth", SIP_OK, {ODD_SIP_METHOD_UNKNOWN}},
    {"esc01", SIP_OK, {0}},
    {"escnull", SIP_OK, {0}},
    {"esc02", SIP_OK, {ODD_SIP_METHOD_UNKNOWN}},
    {"lwsdisp", SIP_OK, {0}},
    {"longreq", SIP_OK, {ODD_SIP_VIA_BRANCH}},
    {"dblreq", SIP_OK, {ODD_SIP_CONTENT_LENGTH_SHORT}},
    {"semiuri", SIP_OK, {0}},
    {"transports", SIP_OK, {0}},
    {"mpart01", SIP_OK, {0}},
    {"unreason", SIP_OK, {0}},
    {"noreason", SIP_OK, {0}},
    /* 3.1.2 invalid */
    {"badinv01", SIP_OK, {ODD_SIP_VIA_BRANCH}},
    {"clerr", SIP_PARTIAL, {ODD_SIP_TRUNCATED, ODD_SIP_CONTENT_LENGTH_LONG}},
    {"ncl", SIP_OK, {ODD_SIP_CONTENT_LENGTH}},
    {"scalar02", SIP_OK, {ODD_SIP_CSEQ_RANGE, ODD_SIP_MAX_FORWARDS, ODD_SIP_EXPIRES, ODD_SIP_CONTACT}},
    {"scalarlg", SIP_OK, {ODD_SIP_CSEQ_RANGE, ODD_SIP_WARNING}},
    {"quotbal", SIP_OK, {ODD_SIP_NAME_ADDR}},
    {"ltgtruri", SIP_OK, {ODD_SIP_RURI_BRACKETS}},
    {"lwsruri", SIP_OK, {ODD_SIP_RURI_SPACES}},
    {"lwsstart", SIP_OK, {ODD_SIP_START_LINE}},
    {"trws", SIP_OK, {ODD_SIP_START_LINE}},
    {"escruri", SIP_OK, {ODD_SIP_RURI_HEADERS}},
    {"baddate", SIP_OK, {ODD_SIP_DATE}},
    {"regbadct", SIP_OK, {ODD_SIP_ADDR_BARE}},
    {"badaspec", SIP_OK, {ODD_SIP_URI}},
    {"baddn", SIP_OK, {ODD_SIP_NAME_ADDR}},
    {"badvers", SIP_OK, {ODD_SIP_VERSION}},
    {"mismatch01", SIP_OK, {ODD_SIP_CSEQ_METHOD}},
    {"mismatch02", SIP_OK, {ODD_SIP_METHOD_UNKNOWN, ODD_SIP_CSEQ_METHOD}},
    {"bigcode", SIP_OK, {ODD_SIP_STATUS}},
    /* 3.2, 3.3: the text is fine, or one named thing is not */
    {"badbranch", SIP_OK, {ODD_SIP_VIA_BRANCH}},
    {"insuf",
     SIP_OK,
     {ODD_SIP_NO_CALL_ID, ODD_SIP_NO_FROM, ODD_SIP_NO_TO, ODD_SIP_NO_MAX_FORWARDS, ODD_SIP_NO_CONTACT}},
    {"unkscm", SIP_OK, {ODD_SIP_URI_SCHEME}},
    {"novelsc", SIP_OK, {ODD_SIP_URI_SCHEME}},
    {"unksm2", SIP_OK, {ODD_SIP_URI_SCHEME}},
    {"bext01", SIP_OK, {0}},
    {"invut", SIP_OK, {0}},
    {"regaut01", SIP_OK, {0}},
    {"multi01",
     SIP_OK,
     {ODD_SIP_DUP_CALL_ID, ODD_SIP_DUP_CSEQ, ODD_SIP_DUP_FROM, ODD_SIP_DUP_TO, ODD_SIP_DUP_MAX_FORWARDS}},
    {"mcl01", SIP_OK, {ODD_SIP_DUP_CONTENT_LENGTH}},
    {"bcast", SIP_OK, {0}},
    {"zeromf", SIP_OK, {0}},
    {"cparam01", SIP_OK, {0}},
    {"cparam02", SIP_OK, {0}},
    {"regescrt", SIP_OK, {0}},
    {"sdp01", SIP_OK, {0}},
    {"inv2543", SIP_OK, {ODD_SIP_VIA_BRANCH, ODD_SIP_NO_FROM_TAG, ODD_SIP_NO_MAX_FORWARDS, ODD_SIP_NO_CONTACT}},
};

static struct sip_header store[1024];
static struct sip_message message;
static unsigned files, messages, named;

static bool captures_path(char *out, const char *below)
{
    const char *root = getenv("SIPTAP_SOURCE");
    snprintf(out, PATH_ROOM, "%s/../shared/captures/public%s%s", root ? root : ".", *below ? "/" : "", below);
    return access(out, R_OK) == 0;
}

static void assert_outcome(const char *path, const struct expected *x, enum sip_result r)
{
    uint64_t want = 0;
    for (size_t i = 0; i < sizeof x->odd && x->odd[i]; i++)
        want |= 1ull << (x->odd[i] - ODDITY_SIP_FIRST);
    if (r == x->result && message.oddities == want)
        return;
    sip_print_oddities("has", message.oddities & ~want);
    sip_print_oddities("lacks", want & ~message.oddities);
    fail_msg("%s: result %d, wanted %d", path, (int)r, (int)x->result);
}

static void check_bytes(const char *path, const char *bytes, size_t n)
{
    char *p = guard_copy(bytes, n);
    enum sip_result r = sip_parse_same(&message, store, 1024, p, n, SIP_DATAGRAM);
    const char *name = strrchr(path, '/') + 1;
    size_t stem = strcspn(name, ".");
    messages += r != SIP_NOT_SIP;
    for (size_t i = 0; strstr(path, "rfc4475") && i < sizeof expected / sizeof expected[0]; i++)
        if (strlen(expected[i].name) == stem && strncmp(expected[i].name, name, stem) == 0) {
            named++;
            assert_outcome(path, &expected[i], r);
        }
    sip_parse_same(&message, store, 1024, p, n, SIP_STREAM);
    guard_free(p, n);
}

static void check_file(const char *path)
{
    static char bytes[FILE_MAX_BYTES];
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    files++;
    check_bytes(path, bytes, n);
    if (n > 15 && memcmp(bytes, "expected_error:", 15) == 0) { /* a note in front of the message */
        const char *lf = memchr(bytes, '\n', n);
        if (lf)
            check_bytes(path, lf + 1, n - (size_t)(lf + 1 - bytes));
    }
}

static void check_folder(const char *path)
{
    DIR *d = opendir(path);
    if (!d) {
        check_file(path);
        return;
    }
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char child[PATH_ROOM];
        if (e->d_name[0] == '.' || (size_t)snprintf(child, sizeof child, "%s/%s", path, e->d_name) >= sizeof child)
            continue;
        check_folder(child);
    }
    closedir(d);
}

static void messages_of_others_have_the_outcome_their_authors_name(void **unused)
{
    static const char *const folders[] = {"poroh+ersip", "emiago+sipgo", "lileimt+libosip2", "kamailio+kamailio"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char path[PATH_ROOM];
        if (captures_path(path, folders[i]))
            check_folder(path);
    }
    if (!files) {
        print_message("skipped: no captures beside the project\n");
        skip();
    }
    print_message("%u files, %u of them SIP, %u of RFC 4475 by name\n", files, messages, named);
    assert_true(messages > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_others_have_the_outcome_their_authors_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
