/* via-parm = sent-protocol LWS sent-by *( SEMI via-params ). */
#include "sip/via.h"

#include "base/addr.h"
#include "sip/params.h"
#include "sip/priv.h"

/* A token at *p with white space around it; moves *p behind. */
static struct view token_take(const char **p, const char *end)
{
    const char *t = sip_skip_lws(*p, end), *q = t;
    while (q < end && sip_is(*q, C_TOKEN))
        q++;
    *p = sip_skip_lws(q, end);
    return view_range(t, q);
}

static bool slash_take(const char **p, const char *end)
{
    if (*p == end || **p != '/')
        return false;
    ++*p;
    return true;
}

/* host [ COLON port ]; false if a part is missing or wrong. */
static bool sent_by_parse(struct sip_via *v)
{
    const char *p = v->sent_by.p, *end = sip_end(v->sent_by), *h = p;
    struct ip_addr a;
    uint64_t port;
    bool good;
    if (p < end && *p == '[') {
        const char *close = memchr(p, ']', (size_t)(end - p));
        if (!close)
            return false;
        v->host = view_range(p + 1, close);
        good = ip_parse(v->host, &a);
        p = close + 1;
    } else {
        while (p < end && sip_is(*p, C_HOST))
            p++;
        v->host = view_range(h, p);
        good = v->host.n > 0;
    }
    p = sip_skip_lws(p, end);
    if (p == end)
        return good;
    if (*p != ':' || !view_u64(sip_trim(view_range(p + 1, end)), UINT16_MAX, &port) || !port)
        return false;
    v->port = (uint16_t)port;
    return good;
}

/* The parameters everybody asks for, by their first occurrence. */
static void params_parse(struct sip_via *v)
{
    struct sip_params it = sip_params_of(v->params);
    struct sip_param p;
    while (sip_params_next(&it, &p)) {
        struct view value = p.value.p ? p.value : view_of(p.name.p, 0);
        if (!v->branch.p && view_ieq(p.name, V("branch")))
            v->branch = value;
        else if (!v->received.p && view_ieq(p.name, V("received")))
            v->received = value;
        else if (!v->rport.p && view_ieq(p.name, V("rport")))
            v->rport = value;
    }
}

bool sip_via_parse(struct sip_via *v, struct view value)
{
    const char *p = value.p, *end = sip_end(value);
    *v = (struct sip_via){.port = 0};
    struct view name = token_take(&p, end);
    if (!slash_take(&p, end))
        return false;
    v->version = token_take(&p, end);
    if (!slash_take(&p, end))
        return false;
    v->transport = token_take(&p, end);
    const char *s = p;
    while (p < end && *p != ';' && *p != ',')
        p++;
    v->sent_by = sip_trim(view_range(s, p));
    v->params = view_range(p, end);
    params_parse(v);
    return sent_by_parse(v) && view_ieq(name, V("SIP")) && v->version.n && v->transport.n;
}
