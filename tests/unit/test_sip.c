/* The SIP parser: fields of a message, the header index and its names, and the productions one by one. */
#include "unit.h"

#include "sip/auth.h"
#include "sip/contact.h"
#include "sip/cseq.h"
#include "sip/fold.h"
#include "sip/multipart.h"
#include "sip/normalise.h"
#include "sip/uri.h"
#include "sip/via.h"
#include "sip_same.h"

static void assert_view(struct view got, const char *want)
{
    if (got.n != strlen(want) || (got.n && memcmp(got.p, want, got.n) != 0))
        fail_msg("got \"%.*s\", wanted \"%s\"", (int)got.n, got.n ? got.p : "", want);
}

static const char invite[] =
    "\r\n\r\nINVITE sip:bob@example.com SIP/2.0\r\n"
    "Via: SIP/2.0/TLS proxy.example.com:5061;branch=z9hG4bKtop;received=198.51.100.1;rport=1024, SIP/2.0/UDP "
    "a;branch=z9hG4bK2\r\n"
    "v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKlow\r\n"
    "f: \"Alice \\\"A\\\" <x>\" <sip:alice@example.org;transport=tls>;tag=abc;x=\"a;tag=no\"\r\n"
    "TO: <sip:bob@example.com>;tag=def\r\ni: id-1@example.org\r\nCSEQ: 314159 INVITE\r\nMax-Forwards: 69\r\n"
    "m: <sip:alice@192.0.2.1>;expires=60\r\nUser-Agent: phone/1.0\r\nExpires: 120\r\nX-Own:  value  \r\n"
    "Subject: one\r\n two\r\n\tthree\r\nc: text/plain\r\nl: 5\r\n\r\nhello";

static void a_message_gives_its_fields(void **unused)
{
    struct sip_header store[32];
    struct sip_message m;
    assert_int_equal(sip_parse_same(&m, store, 32, invite, sizeof invite - 1, SIP_DATAGRAM), SIP_OK);
    assert_int_equal(m.oddities, 0);
    assert_ptr_equal(m.buf, invite + 4);
    assert_int_equal(m.len, sizeof invite - 1 - 4);
    assert_int_equal(m.kind, SIP_REQUEST);
    assert_int_equal(m.method, SIP_M_INVITE);
    assert_view(m.request_uri, "sip:bob@example.com");
    assert_view(m.call_id, "id-1@example.org");
    assert_int_equal(m.cseq, 314159);
    assert_int_equal(m.cseq_method, SIP_M_INVITE);
    assert_view(m.from.display, "Alice \\\"A\\\" <x>");
    assert_view(m.from.uri, "sip:alice@example.org;transport=tls");
    assert_view(m.from.tag, "abc");
    assert_view(m.to.tag, "def");
    assert_int_equal(m.via_count, 3);
    assert_view(m.via.transport, "TLS");
    assert_view(m.via.sent_by, "proxy.example.com:5061");
    assert_view(m.via.branch, "z9hG4bKtop");
    assert_view(m.via.received, "198.51.100.1");
    assert_view(m.via.rport, "1024");
    assert_view(m.contact, "<sip:alice@192.0.2.1>;expires=60");
    assert_view(m.user_agent, "phone/1.0");
    assert_view(m.content_type, "text/plain");
    assert_int_equal(m.content_length, 5);
    assert_int_equal(m.expires, 120);
    assert_int_equal(m.max_forwards, 69);
    assert_view(m.body, "hello");
    assert_int_equal(m.nheader, 14);
    int own = sip_header_find_name(&m, V("x-own"), 0);
    assert_view(sip_header_value(&m, own), "value");
    assert_int_equal(sip_header_find_name(&m, V("To"), 0), sip_header_find(&m, SIP_H_TO, 0));
    assert_int_equal(sip_header_find(&m, SIP_H_VIA, 1), 1);
    assert_int_equal(sip_header_find(&m, SIP_H_VIA, 2), -1);
    int subject = sip_header_find(&m, SIP_H_SUBJECT, 0);
    assert_true(m.header[subject].folded);
    char out[64];
    assert_view(sip_unfolded(sip_header_value(&m, subject), out, sizeof out), "one two three");
}

static void a_response_takes_its_method_from_cseq(void **unused)
{
    static const char text[] = "SIP/2.0 183 Session Progress\r\nCSeq: 2 INVITE\r\nServer: gw\r\n\r\n";
    struct sip_header store[8];
    struct sip_message m;
    assert_int_equal(sip_parse_same(&m, store, 8, text, sizeof text - 1, SIP_DATAGRAM), SIP_OK);
    assert_int_equal(m.kind, SIP_RESPONSE);
    assert_int_equal(m.status, 183);
    assert_view(m.reason, "Session Progress");
    assert_int_equal(m.method, SIP_M_INVITE);
    assert_view(m.user_agent, "gw");
    assert_int_equal(m.content_length, -1);
    assert_int_equal(m.expires, -1);
}

static void what_is_not_sip_is_refused(void **unused)
{
    static const char *const texts[] = {"",
                                        "\r\n\r\n",
                                        "GET / HTTP/1.1\r\n\r\n",
                                        "OPTIONS * HTTP/1.1\r\n\r\n",
                                        "HTTP/1.1 200 OK\r\n\r\n",
                                        "SIP",
                                        "hello world\r\n",
                                        "OPTIONS rtsp://example.com/x RTSP/1.0\r\n\r\n",
                                        "INVITE\r\n\r\n",
                                        "foo bar SIP/2.0\r\n\r\n",
                                        "SIP/x\r\n\r\n"};
    static const char *const sip[] = {
        "INVITE sip:",          "SIP/2.0 ", "SIP/2.0 200 OK\r\n", "FOO sip:x SIP/2.0\r\n", "\r\nBYE sip:x SIP/2.0\r\n",
        "BYE tel:+15550100\r\n",
                                      "\\EGISTER sip:x SIP/2.0\r\n"};
    struct sip_header store[8];
    struct sip_message m;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *p = guard_copy(texts[i], strlen(texts[i]));
        assert_int_equal(sip_parse_same(&m, store, 8, p, strlen(texts[i]), SIP_DATAGRAM), SIP_NOT_SIP);
        assert_int_equal(m.oddities, 0);
        assert_false(sip_looks_like(p, strlen(texts[i])));
        guard_free(p, strlen(texts[i]));
    }
    for (size_t i = 0; i < sizeof sip / sizeof sip[0]; i++) {
        assert_true(sip_looks_like(sip[i], strlen(sip[i])));
        assert_int_not_equal(sip_parse_same(&m, store, 8, sip[i], strlen(sip[i]), SIP_DATAGRAM), SIP_NOT_SIP);
    }
}

/* Fails when a name was added to header.h and header_hash.py was not run. */
static void every_header_name_is_known_in_every_case(void **unused)
{
    static const struct {
        const char *name, *compact;
        enum sip_header_id id;
    } names[] = {
#define X(symbol, name, compact) {name, compact, SIP_H_##symbol},
        SIP_HEADERS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *forms[2] = {names[i].name, names[i].compact};
        for (int f = 0; f < 2 && forms[f][0]; f++)
            for (int change = 0; change < 3; change++) {
                char text[256], name[64];
                size_t n = strlen(forms[f]);
                for (size_t k = 0; k <= n; k++)
                    name[k] = (char)(change == 0   ? forms[f][k]
                                     : change == 1 ? ascii_lower((unsigned char)forms[f][k])
                                     : forms[f][k] >= 'a' && forms[f][k] <= 'z' ? forms[f][k] - 32
                                                                                : forms[f][k]);
                int len = snprintf(text, sizeof text, "BYE sip:x SIP/2.0\r\n%s : 1\r\n\r\n", name);
                struct sip_header store[2];
                struct sip_message m;
                sip_parse_same(&m, store, 2, text, (size_t)len, SIP_DATAGRAM);
                assert_int_equal(m.nheader, 1);
                assert_int_equal(store[0].id, names[i].id);
                assert_int_equal(sip_header_identify(view_str(name)), names[i].id);
            }
        assert_string_equal(sip_header_text(names[i].id), names[i].name);
    }
    assert_int_equal(sip_header_identify(V("Session-Key")), SIP_H_UNKNOWN);
    assert_int_equal(sip_header_identify(V("")), SIP_H_UNKNOWN);
    for (int m = 1; m < SIP_M_COUNT; m++)
        assert_int_equal(sip_method_identify(view_str(sip_method_text((enum sip_method)m))), m);
    assert_int_equal(sip_method_identify(V("invite")), SIP_M_UNKNOWN);
}

static void more_headers_than_the_store_holds_are_told(void **unused)
{
    struct sip_header store[2];
    struct sip_message m;
    assert_int_equal(sip_parse_same(&m, store, 2, invite, sizeof invite - 1, SIP_DATAGRAM), SIP_OK);
    assert_true(m.header_overflow);
    assert_true(sip_has_oddity(&m, ODD_SIP_HEADER_LIMIT));
    assert_false(sip_has_oddity(&m, ODD_SIP_NO_CALL_ID));
    assert_int_equal(m.nheader, 2);
    assert_int_equal(sip_parse_same(&m, NULL, 0, invite, sizeof invite - 1, SIP_DATAGRAM), SIP_OK);
}

static void a_stream_message_ends_with_its_content_length(void **unused)
{
    static const char text[] = "BYE sip:x SIP/2.0\r\nContent-Length: 2\r\n\r\nabBYE";
    static const char bare[] = "BYE sip:x SIP/2.0\r\nCall-ID: 1\r\n\r\nBYE";
    struct sip_header store[8];
    struct sip_message m;
    assert_int_equal(sip_parse_same(&m, store, 8, text, sizeof text - 1, SIP_STREAM), SIP_OK);
    assert_view(m.body, "ab");
    assert_int_equal(m.len, sizeof text - 1 - 3);
    assert_int_equal(sip_parse_same(&m, store, 8, bare, sizeof bare - 1, SIP_STREAM), SIP_OK);
    assert_int_equal(m.body.n, 0);
    assert_true(sip_has_oddity(&m, ODD_SIP_NO_CONTENT_LENGTH));
}

static void uris_come_apart(void **unused)
{
    static const struct {
        const char *text;
        bool good;
        enum sip_uri_scheme scheme;
        const char *user, *password, *host;
        unsigned port;
        const char *params, *headers;
    } t[] = {
        {"sip:alice@example.com", true, SIP_URI_SIP, "alice", "", "example.com", 0, "", ""},
        {"SIPS:alice:secret@example.com:5071;transport=tcp;lr?subject=x&to=y", true, SIP_URI_SIPS, "alice", "secret",
         "example.com", 5071, ";transport=tcp;lr", "subject=x&to=y"},
        {"sip:[2001:db8::1]:5060", true, SIP_URI_SIP, "", "", "2001:db8::1", 5060, "", ""},
        {"sip:a;b=c?d/e@h", true, SIP_URI_SIP, "a;b=c?d/e", "", "h", 0, "", ""},
        {"sip:%61lice@h", true, SIP_URI_SIP, "%61lice", "", "h", 0, "", ""},
        {"tel:+1-555-0100;phone-context=x", true, SIP_URI_TEL, "+1-555-0100", "", "", 0, ";phone-context=x", ""},
        {"urn:service:sos", true, SIP_URI_URN, "", "", "", 0, "", ""},
        {"http://www.example.com/", true, SIP_URI_OTHER, "", "", "", 0, "", ""},
        {"sip:@h", false, SIP_URI_SIP, "", "", "h", 0, "", ""},
        {"sip:a@", false, SIP_URI_SIP, "a", "", "", 0, "", ""},
        {"sip:a@h:", false, SIP_URI_SIP, "a", "", "h", 0, "", ""},
        {"sip:a@h:0", false, SIP_URI_SIP, "a", "", "h", 0, "", ""},
        {"sip:a@h:65536", false, SIP_URI_SIP, "a", "", "h", 0, "", ""},
        {"sip:a@h:5o60", false, SIP_URI_SIP, "a", "", "h", 0, "", ""},
        {"sip:%6@h", false, SIP_URI_SIP, "%6", "", "h", 0, "", ""},
        {"sip:a@[2001:db8::1", false, SIP_URI_SIP, "a", "", "[2001:db8::1", 0, "", ""},
        {"sip:a@h>", false, SIP_URI_SIP, "a", "", "h", 0, "", ""},
        {"sip:", false, SIP_URI_SIP, "", "", "", 0, "", ""},
        {"alice", false, SIP_URI_NONE, "", "", "", 0, "", ""},
        {"", false, SIP_URI_NONE, "", "", "", 0, "", ""},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct sip_uri u;
        if (sip_uri_parse(&u, view_str(t[i].text)) != t[i].good)
            fail_msg("%s: good should be %d", t[i].text, t[i].good);
        assert_int_equal(u.scheme, t[i].scheme);
        assert_view(u.user, t[i].user);
        assert_view(u.password, t[i].password);
        assert_view(u.host, t[i].host);
        assert_int_equal(u.port, t[i].port);
        assert_view(u.params, t[i].params);
        assert_view(u.headers, t[i].headers);
    }
    struct sip_uri u;
    sip_uri_parse(&u, V("sip:h;Transport=TCP;lr"));
    assert_view(sip_uri_param(&u, V("transport")), "TCP");
    assert_non_null(sip_uri_param(&u, V("lr")).p);
    assert_null(sip_uri_param(&u, V("maddr")).p);
}

static void addresses_come_apart(void **unused)
{
    static const struct {
        const char *text;
        bool good;
        const char *display, *uri, *params;
    } t[] = {
        {"<sip:a@h>", true, "", "sip:a@h", ""},
        {"A B <sip:a@h;lr>;tag=1", true, "A B", "sip:a@h;lr", ";tag=1"},
        {"\"q \\\"<>\\\\\" <sip:a@h>", true, "q \\\"<>\\\\", "sip:a@h", ""},
        {"sip:a@h;tag=1", true, "", "sip:a@h", ";tag=1"},
        {"\"open <sip:a@h>;tag=1", false, "open", "sip:a@h", ";tag=1"},
        {"<sip:a@h", false, "", "sip:a@h", ""},
        {"A, B <sip:a@h>", false, "A, B", "sip:a@h", ""},
        {"<sip:a@h> junk", false, "", "sip:a@h", "junk"},
        {"", true, "", "", ""},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct sip_nameaddr a;
        if (sip_nameaddr_parse(&a, view_str(t[i].text)) != t[i].good)
            fail_msg("%s: good should be %d", t[i].text, t[i].good);
        assert_view(a.display, t[i].display);
        assert_view(a.uri, t[i].uri);
        assert_view(a.params, t[i].params);
    }
    char out[16];
    assert_view(view_of(out, sip_display_unescape(V("q \\\"x\\\\"), out, sizeof out)), "q \"x\\");
}

static void contacts_are_walked_over(void **unused)
{
    struct sip_commas it = sip_commas_of(
        V("\"a,b\" <sip:a,b@h?x=1>;q=0.7;expires=60;+sip.instance=\"<urn:uuid:1>\";reg-id=2,, sip:c@h;q=2"));
    struct sip_contact c;
    bool good;
    assert_true(sip_contact_next(&it, &c, &good));
    assert_true(good);
    assert_view(c.addr.display, "a,b");
    assert_view(c.addr.uri, "sip:a,b@h?x=1");
    assert_int_equal(c.q, 700);
    assert_int_equal(c.expires, 60);
    assert_int_equal(c.reg_id, 2);
    assert_view(c.instance, "<urn:uuid:1>");
    assert_true(sip_contact_next(&it, &c, &good));
    assert_false(good);
    assert_int_equal(c.q, -1);
    assert_false(sip_contact_next(&it, &c, &good));
    it = sip_commas_of(V("*"));
    assert_true(sip_contact_next(&it, &c, &good) && c.star && good);
}

static void credentials_and_challenges_come_apart(void **unused)
{
    struct sip_auth a;
    assert_true(sip_auth_parse(
        &a, V("Digest username=\"bob\", realm=\"a, b\" ,\r\n nonce=\"n\\\"1\", uri=\"sip:h\",response=\"00ff\","
              "nc=0000000A,qop=auth, algorithm=SHA-256, cnonce=\"c\"")));
    assert_view(a.scheme, "Digest");
    assert_view(a.username, "bob");
    assert_view(a.realm, "a, b");
    assert_view(a.nonce, "n\\\"1");
    assert_view(a.uri, "sip:h");
    assert_view(a.response, "00ff");
    assert_view(a.algorithm, "SHA-256");
    assert_view(a.qop, "auth");
    assert_int_equal(a.nc, 10);
    assert_true(sip_auth_parse(&a, V("digest realm=\"r\", nonce=\"n\", stale=TRUE")));
    assert_true(a.stale);
    assert_null(a.username.p);
    assert_true(sip_auth_parse(&a, V("Bearer abc.def==")));
    static const char *const bad[] = {
        "", "Digest", "Digest realm", "Digest realm=", "Digest realm=\"x", "Digest =x", "Digest a=b c=d", "\"\""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (sip_auth_parse(&a, view_str(bad[i])))
            fail_msg("%s was accepted", bad[i]);
}

static void one_via_comes_apart(void **unused)
{
    struct sip_via v;
    assert_true(sip_via_parse(&v, V("SIP / 2.0 / UDP  [2001:db8::1] : 5080 ; Branch=z9hG4bK1;rport;x=\"a;b\"")));
    assert_view(v.host, "2001:db8::1");
    assert_int_equal(v.port, 5080);
    assert_view(v.branch, "z9hG4bK1");
    assert_non_null(v.rport.p);
    assert_int_equal(v.rport.n, 0);
    assert_null(v.received.p);
    static const char *const bad[] = {"",
                                      "SIP",
                                      "SIP/2.0",
                                      "SIP/2.0/UDP",
                                      "SIP/2.0/UDP ;branch=1",
                                      "HTTP/2.0/UDP h",
                                      "SIP/2.0/UDP h:x",
                                      "SIP/2.0/UDP h x",
                                      "SIP/2.0/UDP [::1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (sip_via_parse(&v, view_str(bad[i])))
            fail_msg("%s was accepted", bad[i]);
}

static void cseq_numbers_have_limits(void **unused)
{
    uint32_t n;
    struct view method;
    assert_int_equal(sip_cseq_parse(V("2147483647 \t BYE"), &n, &method), SIP_CSEQ_OK);
    assert_int_equal(n, 2147483647);
    assert_int_equal(sip_cseq_parse(V("2147483648 BYE"), &n, &method), SIP_CSEQ_RANGE);
    assert_int_equal(sip_cseq_parse(V("99999999999999999999999 BYE"), &n, &method), SIP_CSEQ_RANGE);
    assert_int_equal(n, 0);
    assert_view(method, "BYE");
    assert_int_equal(sip_cseq_parse(V("1BYE"), &n, &method), SIP_CSEQ_MALFORMED);
    assert_int_equal(sip_cseq_parse(V("BYE"), &n, &method), SIP_CSEQ_MALFORMED);
    assert_int_equal(sip_cseq_parse(V("-1 BYE"), &n, &method), SIP_CSEQ_MALFORMED);
}

static void user_keys_are_the_same_however_the_uri_is_written(void **unused)
{
    static const struct {
        const char *uri, *folded, *kept;
    } t[] = {
        {"sip:Alice@Example.COM", "alice@example.com", "Alice@example.com"},
        {"sips:Alice:pw@example.com:5061;transport=tls?x=y", "alice@example.com", "Alice@example.com"},
        {"sip:%41lice@example.com:5060", "alice@example.com", "Alice@example.com"},
        {"sip:a%2fb%20c@h:5070", "a%2Fb%20c@h:5070", "a%2Fb%20c@h:5070"},
        {"sip:example.com", "@example.com", "@example.com"},
        {"sip:a@[2001:DB8::1]", "a@[2001:db8::1]", "a@[2001:db8::1]"},
        {"tel:+1-(555)-01.00", "+15550100", "+15550100"},
        {"tel:100;phone-context=Example.com", "100@example.com", "100@example.com"},
        {"http://Example.com", "http://Example.com", "http://Example.com"},
        {"", "", ""},
    };
    char out[64];
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        assert_view(view_of(out, sip_user_key(view_str(t[i].uri), true, out, sizeof out)), t[i].folded);
        assert_view(view_of(out, sip_user_key(view_str(t[i].uri), false, out, sizeof out)), t[i].kept);
    }
    assert_int_equal(sip_user_key(V("sip:alice@example.com"), true, out, 3), 3);
    assert_true(sip_uri_is_anonymous(V("sip:anonymous@anonymous.invalid")));
    assert_true(sip_uri_is_anonymous(V("sip:example.com")));
    assert_false(sip_uri_is_anonymous(V("sip:bob@example.com")));
}

static void multipart_bodies_come_apart(void **unused)
{
    struct sip_multipart it;
    struct sip_part part;
    struct view body = V("preamble\r\n--b1\r\nContent-Type: application/sdp\r\nX:\r\n folded\r\n\r\nv=0\r\n\r\n--b1  "
                         "\r\n\r\n--b10\r\n--b1\r\n"
                         "no empty line\r\n--b1--\r\nepilogue");
    assert_true(sip_multipart_init(&it, V("multipart/mixed ; x=y; boundary=\"b1\""), body));
    assert_true(sip_multipart_next(&it, &part));
    assert_view(sip_part_header(&part, V("content-type")), "application/sdp");
    assert_view(sip_part_header(&part, V("x")), "folded");
    assert_null(sip_part_header(&part, V("y")).p);
    assert_view(part.body, "v=0\r\n");
    assert_true(sip_multipart_next(&it, &part));
    assert_view(part.headers, "");
    assert_view(part.body, "--b10");
    assert_true(sip_multipart_next(&it, &part));
    assert_view(part.headers, "no empty line\r\n");
    assert_false(sip_multipart_next(&it, &part));
    assert_true(it.closed);
    assert_true(sip_multipart_init(&it, V("multipart/mixed;boundary=b1"), V("--b1\r\n\r\nopen")));
    assert_true(sip_multipart_next(&it, &part));
    assert_view(part.body, "open");
    assert_false(sip_multipart_next(&it, &part));
    assert_false(it.closed);
    assert_false(sip_multipart_init(&it, V("text/plain;boundary=b1"), body));
    assert_false(sip_multipart_init(&it, V("multipart/mixed"), body));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_gives_its_fields),
        cmocka_unit_test(a_response_takes_its_method_from_cseq),
        cmocka_unit_test(what_is_not_sip_is_refused),
        cmocka_unit_test(every_header_name_is_known_in_every_case),
        cmocka_unit_test(more_headers_than_the_store_holds_are_told),
        cmocka_unit_test(a_stream_message_ends_with_its_content_length),
        cmocka_unit_test(uris_come_apart),
        cmocka_unit_test(addresses_come_apart),
        cmocka_unit_test(contacts_are_walked_over),
        cmocka_unit_test(credentials_and_challenges_come_apart),
        cmocka_unit_test(one_via_comes_apart),
        cmocka_unit_test(cseq_numbers_have_limits),
        cmocka_unit_test(user_keys_are_the_same_however_the_uri_is_written),
        cmocka_unit_test(multipart_bodies_come_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
