/* URIs, name-addr, Via and credentials on their own: views lie in the text, the shortcuts of the fast variants agree
 * with the grammar, and a user key is its own user key. */
#include "sip/auth.h"
#include "sip/nameaddr.h"
#include "sip/normalise.h"
#include "sip/params.h"
#include "sip/uri.h"
#include "sip/via.h"

#include "../unit/sip_same.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { SLACK = 192 };

/* room as it is in the middle of a message, and none at all. */
static void shortcuts_agree(struct view text, size_t room)
{
    for (const struct sip_variant *v = sip_variants(); v->name; v++) {
        struct sip_address fast;
        struct sip_via_top top;
        struct sip_nameaddr a;
        struct sip_via via;
        struct sip_uri u;
        if (v->uri(text, room))
            sip_must(sip_uri_parse(&u, text) && u.scheme == SIP_URI_SIP && !u.headers.n, "uri");
        if (text.n && v->address(&fast, text, room)) {
            sip_must(sip_nameaddr_parse(&a, text) && !a.needs_brackets && sip_uri_parse(&u, a.uri), "address");
            sip_view_same(fast.display, a.display, "display");
            sip_view_same(fast.uri, a.uri, "uri");
            sip_view_same(fast.tag, sip_params_value(a.params, V("tag")), "tag");
        }
        if (v->via(&top, text, room)) {
            sip_must(sip_via_parse(&via, text), "via");
            sip_view_same(top.sent_by, via.sent_by, "sent-by");
            sip_view_same(top.branch, via.branch, "branch");
            sip_view_same(top.received, via.received, "received");
            sip_view_same(top.rport, via.rport, "rport");
        }
    }
}

static void uri_parts(struct view text)
{
    struct sip_uri u;
    char key[4096], again[4096], wrapped[4096 + 8];
    bool good = sip_uri_parse(&u, text);
    size_t parts = u.user.n + u.password.n + u.host.n + u.port_text.n + u.params.n + u.headers.n;
    sip_must(parts <= u.rest.n && u.rest.n <= text.n, "parts are no longer than the whole");
    if (!good || text.n > 1000 || (u.scheme != SIP_URI_SIP && u.scheme != SIP_URI_SIPS))
        return;
    size_t k = sip_user_key(text, true, key, sizeof key);
    memcpy(wrapped, "sip:", 4);
    size_t skip = k && key[0] == '@';
    memcpy(wrapped + 4, key + skip, k - skip);
    size_t l = sip_user_key(view_of(wrapped, 4 + k - skip), true, again, sizeof again);
    sip_must(k == l && memcmp(key, again, k) == 0, "the key of a key is itself");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *tight = malloc(n + !n), *roomy = malloc(n + SLACK);
    struct sip_auth a;
    struct sip_nameaddr addr;
    sip_must(tight && roomy, "memory");
    memcpy(tight, data, n);
    memcpy(roomy, data, n);
    memset(roomy + n, n & 1 ? '<' : 'a', SLACK);
    shortcuts_agree(view_of(tight, n), n);
    shortcuts_agree(view_of(roomy, n), n + SLACK);
    uri_parts(view_of(tight, n));
    sip_auth_parse(&a, view_of(tight, n));
    sip_nameaddr_parse(&addr, view_of(tight, n));
    free(tight);
    free(roomy);
    return 0;
}
