/* One message per phenomenon of RFC 4475 and RFC 5118, in our own words: those that are right carry no oddity, the
 * others exactly the ones named. Every message goes through every variant of the parser, which must agree. */
#include "unit.h"

#include <stdio.h>
#include <time.h>

#include "sip/framing.h"
#include "sip_same.h"

#define TOP "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKt1\r\n"
#define FROM "From: <sip:alice@example.org>;tag=a1\r\n"
#define TO "To: <sip:bob@example.com>\r\n"
#define ID "Call-ID: c1@192.0.2.7\r\n"
#define MF "Max-Forwards: 70\r\n"
#define CONTACT "Contact: <sip:alice@192.0.2.7>\r\n"
#define NOBODY "Content-Length: 0\r\n\r\n"
#define OPTIONS_LINE "OPTIONS sip:bob@example.com SIP/2.0\r\n"
#define INVITE_LINE "INVITE sip:bob@example.com SIP/2.0\r\n"
#define OPTIONS_SEQ "CSeq: 7 OPTIONS\r\n"
#define INVITE_SEQ "CSeq: 7 INVITE\r\n"
#define REST TOP FROM TO ID MF OPTIONS_SEQ

struct torture {
    const char *name, *text;
    size_t n;
    uint8_t odd[6]; /* enum oddity, ends with 0 (a link-layer one, never a message's) */
    uint8_t result;
};

#define T(name, text, result, ...)                                                                                     \
    {                                                                                                                  \
        name, text, sizeof(text) - 1, {__VA_ARGS__}, result                                                            \
    }
#define GOOD(name, text)                                                                                               \
    {                                                                                                                  \
        name, text, sizeof(text) - 1, {0}, SIP_OK                                                                      \
    }

static const struct torture table[] = {
    /* RFC 4475 3.1.1: valid */
    T("a short tortuous INVITE",
      "INVITE sip:vivi@example.com;unknownparam SIP/2.0\r\n"
      "TO :\r\n  sip:vivi@example.com ;   tag    = 19181833n\r\n"
      "from   : \"J Rose \\\\\\\"\"       <sip:jrose@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n"
      "MaX-fOrWaRdS: 0068\r\nCall-ID: wsinv.ndaksdj@192.0.2.1\r\nContent-Length   : 0\r\ncseq: 0009\r\n  INVITE\r\n"
      "Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=z9hG4bK390\r\ns :\r\n"
      "NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"
      "UnknownHeaderWithUnusualValue: ;;,,;;,;\r\nContent-Type: application/sdp\r\n"
      "Route:\r\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\r\n"
      "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n"
      " SIP  /    2.0   / UDP  198.51.100.111   ; branch=\r\n z9hG4bK30239\r\n"
      "m:\"Quoted string \\\"\\\"\" <sip:jrose@example.com> ; newparam =\r\n      newvalue ;\r\n  secondparam ; q = "
      "0.33\r\n\r\n",
      SIP_OK, 0),
    T("a wide range of characters",
      "!odd-Method0123456789_*+`.%indeed'~ sip:1_u.n!d*(us)'&=+$,;?/%20:&it+has=1,weird!*pas$wo~d@example.com "
      "SIP/2.0\r\n"
      "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~\r\n"
      "To: \"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7F\" <sip:1_u@example.com>\r\n"
      "From: token1~` token2'+_ token3*%!.- "
      "<sip:mundane@example.com>;fromParam''~+*_!.-%=\"work\";tag=_token~1'+`*%!-.\r\n"
      "Call-ID: word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\r\nCSeq: 139122385 !odd-Method0123456789_*+`.%indeed'~\r\n"
      "Max-Forwards: 255\r\nextensionHeader-!.%*+_`'~:\xef\xbb\xbf\xe5\xa4\xa7\r\nContent-Length: 0\r\n\r\n",
      SIP_OK, ODD_SIP_METHOD_UNKNOWN),
    GOOD("escapes in the URI", "OPTIONS sip:sips%3Auser%40example.com@example.net SIP/2.0\r\n" TOP
                               "From: <sip:I%20have%20spaces@example.net>;tag=938\r\n" TO ID MF OPTIONS_SEQ NOBODY),
    GOOD("an escaped NUL in a user", "OPTIONS sip:null-%00-null@example.com SIP/2.0\r\n" TOP
                                     "From: <sip:n%00u@example.com>;tag=1\r\n" TO ID MF OPTIONS_SEQ NOBODY),
    T("a percent sign that is no escape in a method",
      "RE%47IST%45R sip:example.com SIP/2.0\r\n" TOP FROM TO ID MF
      "CSeq: 1 RE%47IST%45R\r\nContact: <sip:alias1@host1.example.com>\r\n" NOBODY,
      SIP_OK, ODD_SIP_METHOD_UNKNOWN),
    GOOD("no white space before the bracket",
         OPTIONS_LINE TOP "From: caller<sip:caller@example.com>;tag=323\r\n" TO ID MF OPTIONS_SEQ NOBODY),
    GOOD("a semicolon in the user part", "OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0\r\n" REST NOBODY),
    GOOD("several transports in Via", OPTIONS_LINE TOP
         "Via: SIP/2.0/SCTP 192.0.2.9;branch=z9hG4bK1\r\n"
         "Via: SIP/2.0/TLS 192.0.2.8;branch=z9hG4bK2\r\nVia: SIP/2.0/UNKNOWN 192.0.2.6;branch=z9hG4bK3\r\n" FROM TO ID
             MF OPTIONS_SEQ NOBODY),
    GOOD("multipart MIME",
         "MESSAGE sip:bob@example.com SIP/2.0\r\n" TOP FROM TO ID MF "CSeq: 1 MESSAGE\r\n"
         "Content-Type: multipart/mixed;boundary=\"7a9\"\r\nContent-Length: 66\r\n\r\n"
         "--7a9\r\nContent-Type: text/plain\r\n\r\nHello\r\n--7a9\r\n\r\n\x00\x01\xff\x80\r\n--7a9--\r\n"),
    GOOD("an unusual reason phrase",
         "SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe \xd1\x81\r\n" TOP FROM TO ID OPTIONS_SEQ NOBODY),
    GOOD("an empty reason phrase", "SIP/2.0 100 \r\n" TOP FROM TO ID INVITE_SEQ NOBODY),
    /* RFC 4475 3.1.2: invalid */
    T("extraneous separators in a header",
      INVITE_LINE "Via: SIP/2.0/UDP 192.0.2.15;;,;,,\r\n" FROM TO ID MF INVITE_SEQ
                  "Contact: \"Joe\" <sip:joe@example.org>;;;;\r\n" NOBODY,
      SIP_OK, ODD_SIP_VIA_BRANCH),
    T("a Content-Length beyond the datagram",
      OPTIONS_LINE REST "Content-Type: text/plain\r\nContent-Length: 9999\r\n\r\nabc", SIP_PARTIAL, ODD_SIP_TRUNCATED,
      ODD_SIP_CONTENT_LENGTH_LONG),
    T("a negative Content-Length", OPTIONS_LINE REST "Content-Length: -999\r\n\r\n", SIP_OK, ODD_SIP_CONTENT_LENGTH),
    T("request numbers that overflow",
      "REGISTER sip:example.com SIP/2.0\r\n" TOP FROM TO ID "CSeq: 36893488147419103232 REGISTER\r\n"
      "Max-Forwards: 300\r\nExpires: 10000000000000000000000\r\nContact: "
      "<sip:u@host129.example.com>;expires=280297596632815\r\n" NOBODY,
      SIP_OK, ODD_SIP_CSEQ_RANGE, ODD_SIP_MAX_FORWARDS, ODD_SIP_EXPIRES, ODD_SIP_CONTACT),
    T("response numbers that overflow",
      "SIP/2.0 503 Service Unavailable\r\n" TOP FROM TO ID
      "CSeq: 9292394834772304023312 OPTIONS\r\nRetry-After: 949302838503028349304023988\r\n"
      "Warning: 1812 overture \"In Progress\"\r\n" NOBODY,
      SIP_OK, ODD_SIP_CSEQ_RANGE, ODD_SIP_WARNING),
    T("an unterminated quote in To",
      OPTIONS_LINE TOP FROM "To: \"Mr. J. User <sip:j.user@example.com>\r\n" ID MF OPTIONS_SEQ NOBODY, SIP_OK,
      ODD_SIP_NAME_ADDR),
    T("angle brackets around the Request-URI", "OPTIONS <sip:user@example.com> SIP/2.0\r\n" REST NOBODY, SIP_OK,
      ODD_SIP_RURI_BRACKETS),
    T("white space in the Request-URI", "OPTIONS sip:user@example.com; lr SIP/2.0\r\n" REST NOBODY, SIP_OK,
      ODD_SIP_RURI_SPACES),
    T("several blanks in the request line", "OPTIONS  sip:user@example.com  SIP/2.0\r\n" REST NOBODY, SIP_OK,
      ODD_SIP_START_LINE),
    T("blanks behind the request line", "OPTIONS sip:user@example.com SIP/2.0  \r\n" REST NOBODY, SIP_OK,
      ODD_SIP_START_LINE),
    T("headers in the Request-URI", "OPTIONS sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0\r\n" REST NOBODY,
      SIP_OK, ODD_SIP_RURI_HEADERS),
    T("a date that is not in GMT", OPTIONS_LINE REST "Date: Fri, 01 Jan 2010 16:00:00 EST\r\n" NOBODY, SIP_OK,
      ODD_SIP_DATE),
    GOOD("a date in GMT", OPTIONS_LINE REST "Date: Fri, 01 Jan 2010 16:00:00 GMT\r\n" NOBODY),
    T("a bare Contact with headers",
      "REGISTER sip:example.com SIP/2.0\r\n" TOP FROM TO ID MF "CSeq: 1 REGISTER\r\n"
      "Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E\r\n" NOBODY,
      SIP_OK, ODD_SIP_ADDR_BARE),
    T("white space inside the angle brackets",
      OPTIONS_LINE TOP FROM "To: \"Watson\" < sip:t.watson@example.org >\r\n" ID MF OPTIONS_SEQ NOBODY, SIP_OK,
      ODD_SIP_URI),
    T("a comma in a display name without quotes",
      OPTIONS_LINE TOP "From: Bell, Alex <sip:a.g.bell@example.org>;tag=43\r\n" TO ID MF OPTIONS_SEQ NOBODY, SIP_OK,
      ODD_SIP_NAME_ADDR),
    T("an unknown version", "OPTIONS sip:t.watson@example.org SIP/7.0\r\n" REST NOBODY, SIP_OK, ODD_SIP_VERSION),
    T("CSeq names another method", OPTIONS_LINE TOP FROM TO ID MF INVITE_SEQ NOBODY, SIP_OK, ODD_SIP_CSEQ_METHOD),
    T("CSeq names another method than an unknown one",
      "NEWMETHOD sip:b@example.com SIP/2.0\r\n" TOP FROM TO ID MF INVITE_SEQ NOBODY, SIP_OK, ODD_SIP_METHOD_UNKNOWN,
      ODD_SIP_CSEQ_METHOD),
    T("a status beyond all numbers",
      "SIP/2.0 4294967301 better not break the receiver\r\n" TOP FROM TO ID OPTIONS_SEQ NOBODY, SIP_OK, ODD_SIP_STATUS),
    /* RFC 4475 3.2, 3.3 */
    T("a branch that is only the cookie's half",
      OPTIONS_LINE "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4b\r\n" FROM TO ID MF OPTIONS_SEQ NOBODY, SIP_OK,
      ODD_SIP_VIA_BRANCH),
    T("a branch that is only the cookie",
      OPTIONS_LINE "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK\r\n" FROM TO ID MF OPTIONS_SEQ NOBODY, SIP_OK,
      ODD_SIP_VIA_BRANCH),
    T("missing required headers",
      "INVITE sip:user@example.com SIP/2.0\r\nCSeq: 193942 INVITE\r\n"
      "Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj\r\nMax-Forwards: 70\r\n" CONTACT NOBODY,
      SIP_OK, ODD_SIP_NO_CALL_ID, ODD_SIP_NO_FROM, ODD_SIP_NO_TO),
    T("an unknown scheme in the Request-URI", "OPTIONS nobodyKnowsThisScheme:totallyopaque SIP/2.0\r\n" REST NOBODY,
      SIP_OK, ODD_SIP_URI_SCHEME),
    T("a known scheme that SIP does not use", "OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0\r\n" REST NOBODY, SIP_OK,
      ODD_SIP_URI_SCHEME),
    T("unknown schemes in From and To",
      OPTIONS_LINE TOP "From: <http://www.example.com>;tag=3\r\nTo: <isbn:2983792873>\r\n" ID MF OPTIONS_SEQ NOBODY,
      SIP_OK, ODD_SIP_URI_SCHEME),
    GOOD("an unknown Proxy-Require",
         OPTIONS_LINE REST "Proxy-Require: nothingSupportsThis\r\nRequire: nothing\r\n" NOBODY),
    GOOD("an unknown authorization scheme",
         OPTIONS_LINE REST "Authorization: NoOneKnowsThisScheme opaque-data=here\r\n" NOBODY),
    T("several values of single headers",
      "OPTIONS sip:b@example.com SIP/2.0\r\n" TOP FROM TO ID MF OPTIONS_SEQ
      "CSeq: 8 OPTIONS\r\nCall-ID: other@192.0.2.1\r\nMax-Forwards: 5\r\nFrom: <sip:x@example.org>;tag=2\r\nTo: "
      "<sip:y@example.org>\r\n" NOBODY,
      SIP_OK, ODD_SIP_DUP_CSEQ, ODD_SIP_DUP_CALL_ID, ODD_SIP_DUP_MAX_FORWARDS, ODD_SIP_DUP_FROM, ODD_SIP_DUP_TO),
    T("several Content-Length",
      OPTIONS_LINE REST "Content-Type: text/plain\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", SIP_OK,
      ODD_SIP_DUP_CONTENT_LENGTH, ODD_SIP_CONTENT_LENGTH_SHORT),
    T("bytes behind the announced body", OPTIONS_LINE REST NOBODY "INVITE sip:x@example.com SIP/2.0\r\n\r\n", SIP_OK,
      ODD_SIP_CONTENT_LENGTH_SHORT),
    GOOD("a response with a broadcast Via",
         "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923\r\n"
         "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23\r\n" FROM TO ID OPTIONS_SEQ NOBODY),
    GOOD("Max-Forwards of zero", OPTIONS_LINE TOP FROM TO ID "Max-Forwards: 0\r\n" OPTIONS_SEQ NOBODY),
    GOOD("unknown Contact parameters", "REGISTER sip:example.com SIP/2.0\r\n" TOP FROM TO ID MF "CSeq: 81 REGISTER\r\n"
                                       "Contact: sip:+15550100@gw1.example.net;unknownparam\r\n" NOBODY),
    GOOD("escaped headers in a Contact",
         "REGISTER sip:example.com SIP/2.0\r\n" TOP FROM TO ID MF "CSeq: 81 REGISTER\r\n"
         "Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>\r\n" NOBODY),
    T("an INVITE of RFC 2543",
      "INVITE sip:u@example.com SIP/2.0\r\nVia: SIP/2.0/UDP iftgw.example.com\r\n"
      "From: <sip:iftgw@example.com>\r\nTo: <sip:+15550100@ss1.example.net;user=phone>\r\n" ID INVITE_SEQ CONTACT
          NOBODY,
      SIP_OK, ODD_SIP_VIA_BRANCH, ODD_SIP_NO_FROM_TAG, ODD_SIP_NO_MAX_FORWARDS),
    /* RFC 5118 */
    GOOD("an IPv6 reference",
         "REGISTER sip:[2001:db8::10] SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111\r\n" FROM TO ID
             MF "CSeq: 98176 REGISTER\r\nContact: <sip:user@[2001:db8::9:1]>\r\n" NOBODY),
    T("an IPv6 address without brackets",
      "REGISTER sip:2001:db8::10 SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bK1\r\n" FROM TO ID MF
      "CSeq: 98176 REGISTER\r\n" CONTACT NOBODY,
      SIP_OK, ODD_SIP_RURI),
    GOOD("a port that may be a part of the address",
         "REGISTER sip:[2001:db8::10:5070] SIP/2.0\r\n" TOP FROM TO ID MF "CSeq: 1 REGISTER\r\n" CONTACT NOBODY),
    GOOD("a port behind the brackets",
         "REGISTER sip:[2001:db8::10]:5070 SIP/2.0\r\n" TOP FROM TO ID MF "CSeq: 1 REGISTER\r\n" CONTACT NOBODY),
    GOOD("received with brackets",
         "BYE sip:[2001:db8::10] SIP/2.0\r\n"
         "Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3\r\n" FROM TO ID MF
         "CSeq: 1 BYE\r\n" NOBODY),
    GOOD("received without brackets",
         "OPTIONS sip:[2001:db8::10] SIP/2.0\r\n"
         "Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3\r\n" FROM TO ID MF OPTIONS_SEQ
             NOBODY),
    T("three colons", "OPTIONS sip:user@[2001:db8:::192.0.2.1] SIP/2.0\r\n" REST NOBODY, SIP_OK, ODD_SIP_RURI),
    GOOD("an IPv4-mapped address", "OPTIONS sip:user@[::ffff:192.0.2.10] SIP/2.0\r\n" REST NOBODY),
    /* beyond the two */
    T("bare line feeds",
      "OPTIONS sip:b@example.com SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKt1\n"
      "From: <sip:alice@example.org>;tag=a1\nTo: <sip:bob@example.com>\nCall-ID: 1\nCSeq: 1 OPTIONS\nMax-Forwards: "
      "70\n\n",
      SIP_OK, ODD_SIP_HEADER_BARE_LF),
    T("a line without a colon and a name that is no token",
      OPTIONS_LINE REST "no colon here\r\nbad name: x\r\n: empty\r\n" NOBODY, SIP_OK, ODD_SIP_HEADER_SYNTAX),
    T("a fold before any header", OPTIONS_LINE " lost\r\n" REST NOBODY, SIP_OK, ODD_SIP_HEADER_FIRST_FOLD),
    T("a NUL in a header", OPTIONS_LINE REST "Subject: a\0b\r\n" NOBODY, SIP_OK, ODD_SIP_NUL),
    T("no Via", OPTIONS_LINE FROM TO ID MF OPTIONS_SEQ NOBODY, SIP_OK, ODD_SIP_NO_VIA),
    T("a Via that is none", OPTIONS_LINE "Via: 192.0.2.1;branch=z9hG4bK1\r\n" FROM TO ID MF OPTIONS_SEQ NOBODY, SIP_OK,
      ODD_SIP_VIA, ODD_SIP_VIA_BRANCH),
    T("an unknown transport",
      OPTIONS_LINE "Via: SIP/2.0/XYZ 192.0.2.1;branch=z9hG4bK1\r\n" FROM TO ID MF OPTIONS_SEQ NOBODY, SIP_OK,
      ODD_SIP_VIA_TRANSPORT),
    T("no CSeq", OPTIONS_LINE TOP FROM TO ID MF NOBODY, SIP_OK, ODD_SIP_NO_CSEQ),
    T("CSeq without a method", OPTIONS_LINE TOP FROM TO ID MF "CSeq: 7\r\n" NOBODY, SIP_OK, ODD_SIP_CSEQ),
    T("a request without Max-Forwards", OPTIONS_LINE TOP FROM TO ID OPTIONS_SEQ NOBODY, SIP_OK,
      ODD_SIP_NO_MAX_FORWARDS),
    T("an INVITE without Contact", INVITE_LINE TOP FROM TO ID MF INVITE_SEQ NOBODY, SIP_OK, ODD_SIP_NO_CONTACT),
    T("a star beside another Contact",
      "REGISTER sip:example.com SIP/2.0\r\n" TOP FROM TO ID MF
      "CSeq: 1 REGISTER\r\nContact: *, <sip:a@192.0.2.1>\r\nExpires: 0\r\n" NOBODY,
      SIP_OK, ODD_SIP_CONTACT_STAR),
    GOOD("a star with Expires 0", "REGISTER sip:example.com SIP/2.0\r\n" TOP FROM TO ID MF
                                  "CSeq: 1 REGISTER\r\nContact: *\r\nExpires: 0\r\n" NOBODY),
    T("a method in lower case", "options sip:b@example.com SIP/2.0\r\n" TOP FROM TO ID MF "CSeq: 1 options\r\n" NOBODY,
      SIP_OK, ODD_SIP_METHOD_CASE),
    T("a method that is no token",
      "OPT@IONS sip:b@example.com SIP/2.0\r\n" TOP FROM TO ID MF "CSeq: 1 OPT@IONS\r\n" NOBODY, SIP_OK,
      ODD_SIP_METHOD_TOKEN, ODD_SIP_CSEQ),
    T("no version at all", "OPTIONS sip:b@example.com\r\n" REST NOBODY, SIP_OK, ODD_SIP_START_LINE, ODD_SIP_VERSION),
    T("a reason that is not UTF-8", "SIP/2.0 200 O\xff\r\n" TOP FROM TO ID OPTIONS_SEQ NOBODY, SIP_OK,
      ODD_SIP_REASON_BYTES),
    T("a status of two digits", "SIP/2.0 20 OK\r\n" TOP FROM TO ID OPTIONS_SEQ NOBODY, SIP_OK, ODD_SIP_STATUS),
    T("a body without a type", OPTIONS_LINE REST "Content-Length: 2\r\n\r\nhi", SIP_OK, ODD_SIP_NO_CONTENT_TYPE),
    T("a multipart that does not close",
      OPTIONS_LINE REST "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhi\r\n", SIP_OK,
      ODD_SIP_MULTIPART),
    T("a multipart without a boundary", OPTIONS_LINE REST "Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nhi\r\n--x--",
      SIP_OK, ODD_SIP_MULTIPART),
    T("a challenge in a request",
      OPTIONS_LINE REST "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"1\"\r\n" NOBODY, SIP_OK,
      ODD_SIP_REQUIRE_RESPONSE),
    T("credentials with an open quote", OPTIONS_LINE REST "Authorization: Digest username=\"bob, realm=x\r\n" NOBODY,
      SIP_OK, ODD_SIP_AUTH),
    T("a Contact that is no URI",
      "REGISTER sip:example.com SIP/2.0\r\n" TOP FROM TO ID MF "CSeq: 1 REGISTER\r\nContact: <nonsense>\r\n" NOBODY,
      SIP_OK, ODD_SIP_URI),
    T("the headers never end", OPTIONS_LINE REST "Subject: x\r\n", SIP_PARTIAL, ODD_SIP_TRUNCATED),
    T("a name that would be Call-ID if a carriage return were a hyphen",
      OPTIONS_LINE TOP FROM TO "Call\rID: x\r\n" MF OPTIONS_SEQ NOBODY, SIP_OK, ODD_SIP_NO_CALL_ID,
      ODD_SIP_HEADER_SYNTAX),
};

static uint64_t wanted(const struct torture *t)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof t->odd && t->odd[i]; i++)
        bits |= 1ull << (t->odd[i] - ODDITY_SIP_FIRST);
    return bits;
}

static void torture_messages_have_the_oddities_their_section_names(void **unused)
{
    struct sip_header store[64];
    struct sip_message m;
    int bad = 0;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct torture *t = &table[i];
        char *p = guard_copy(t->text, t->n);
        enum sip_result r = sip_parse_same(&m, store, 64, p, t->n, SIP_DATAGRAM);
        if (r != t->result || m.oddities != wanted(t)) {
            bad++;
            printf("%s: result %d, wanted %d\n", t->name, (int)r, t->result);
            sip_print_oddities("has", m.oddities & ~wanted(t));
            sip_print_oddities("lacks", wanted(t) & ~m.oddities);
        }
        guard_free(p, t->n);
    }
    assert_int_equal(bad, 0);
}

/* Every proper prefix, placed against an unreadable page. One that ends with the empty line but lacks the body is
 * caught by Content-Length. */
static void no_proper_prefix_of_a_whole_message_is_ok(void **unused)
{
    static const char text[] = INVITE_LINE TOP FROM TO ID MF INVITE_SEQ CONTACT
        "Content-Type: application/sdp\r\nContent-Length: 17\r\n\r\nv=0\r\ns=-\r\nt=0 0\r\n";
    struct sip_header store[64];
    struct sip_message m;
    for (size_t n = 0; n < sizeof text; n++) {
        char *p = guard_copy(text, n);
        enum sip_result r = sip_parse_same(&m, store, 64, p, n, SIP_DATAGRAM);
        enum sip_result s = sip_parse_same(&m, store, 64, p, n, SIP_STREAM);
        assert_int_equal(r == SIP_OK, n == sizeof text - 1);
        assert_int_equal(s == SIP_OK, n == sizeof text - 1);
        if (r == SIP_PARTIAL)
            assert_true(sip_has_oddity(&m, ODD_SIP_TRUNCATED));
        guard_free(p, n);
    }
}

/* Four megabytes of what a scanner with a grudge would send: anything quadratic takes minutes, not milliseconds. */
static void hostile_values_take_linear_time(void **unused)
{
    static const char *const hostile[][2] = {{"Contact: ", "<"},
                                             {"Contact: ", "<,"},
                                             {"Contact: ", "\","},
                                             {"Contact: ", "<sip:a>,"},
                                             {"Contact: \"", "\\\""},
                                             {"Via: ", ","},
                                             {"Via: SIP/2.0/UDP x", ";branch=\""},
                                             {"From: <sip:a>", ";x=\""},
                                             {"From: \"", "\\"},
                                             {"", "a\r\n"},
                                             {"", "Via: a,b\r\n"},
                                             {"", "Contact: a\r\n"},
                                             {"", "l: 3\r\n"},
                                             {"", " \r\n"},
                                             {"", "INVITE sip:a SIP/2.0\n"},
                                             {"Warning: ", "\","},
                                             {"Authorization: Digest ", "a=\"\","},
                                             {"Content-Type: multipart/x;boundary=a\r\n\r\n", "--a\n\n"}};
    enum { BYTES = 4 << 20, HEADERS = 65536 };
    char *text = malloc(BYTES + 256);
    struct sip_header *store = malloc(HEADERS * sizeof *store);
    struct sip_message m;
    assert_true(text && store);
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        size_t n = (size_t)sprintf(text, "INVITE sip:x@h SIP/2.0\r\n%s", hostile[i][0]), unit = strlen(hostile[i][1]);
        for (; n + unit < BYTES; n += unit)
            memcpy(text + n, hostile[i][1], unit);
        memcpy(text + n, "\r\n\r\n", 4);
        clock_t begin = clock();
        sip_message_parse(&m, store, HEADERS, text, n + 4, SIP_DATAGRAM);
        struct sip_framing_state s = {0};
        for (size_t taken = 0; taken < n;) {
            struct sip_frame f = sip_framing_next(&s, text + taken, n - taken);
            if (f.kind == SIP_FRAME_NEED_MORE)
                break;
            taken += f.length;
        }
        if (clock() - begin > 4 * CLOCKS_PER_SEC)
            fail_msg("\"%s\" again and again takes too long", hostile[i][1]);
    }
    free(store);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torture_messages_have_the_oddities_their_section_names),
        cmocka_unit_test(no_proper_prefix_of_a_whole_message_is_ok),
        cmocka_unit_test(hostile_values_take_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
