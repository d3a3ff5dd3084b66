/* contact-param = (name-addr / addr-spec) *(SEMI contact-params); "*" alone. */
#include "sip/contact.h"

#include "sip/priv.h"

/* qvalue = "0" ["." 0*3DIGIT] / "1" ["." 0*3("0")], in thousandths; -1 if it is not one. */
static int32_t qvalue(struct view v)
{
    int32_t q;
    if (!v.n || v.n > 5 || (v.p[0] != '0' && v.p[0] != '1') || (v.n > 1 && v.p[1] != '.'))
        return -1;
    q = (v.p[0] - '0') * 1000;
    int32_t unit = 100;
    for (size_t i = 2; i < v.n; i++, unit /= 10) {
        if (!sip_is(v.p[i], C_DIGIT))
            return -1;
        q += (v.p[i] - '0') * unit;
    }
    return q <= 1000 ? q : -1;
}

static bool number_param(struct view v, uint64_t max, int64_t *out)
{
    uint64_t x;
    if (!view_u64(v, max, &x))
        return false;
    *out = (int64_t)x;
    return true;
}

static bool param_take(struct sip_contact *c, const struct sip_param *p)
{
    if (view_ieq(p->name, V("expires")))
        return number_param(p->value, UINT32_MAX, &c->expires);
    if (view_ieq(p->name, V("q"))) {
        c->q = qvalue(p->value);
        return c->q >= 0;
    }
    if (view_ieq(p->name, V("reg-id")))
        return number_param(p->value, INT32_MAX, &c->reg_id);
    if (view_ieq(p->name, V("+sip.instance")))
        c->instance = p->value;
    return true;
}

bool sip_contact_next(struct sip_commas *it, struct sip_contact *c, bool *good)
{
    struct view value;
    struct sip_param p;
    *c = (struct sip_contact){.expires = -1, .q = -1, .reg_id = -1};
    *good = true;
    if (!sip_commas_next(it, &value))
        return false;
    if (value.n == 1 && value.p[0] == '*') {
        c->star = true;
        return true;
    }
    *good = sip_nameaddr_parse(&c->addr, value) && c->addr.uri.n;
    struct sip_params params = sip_params_of(c->addr.params);
    while (sip_params_next(&params, &p))
        *good &= param_take(c, &p);
    return true;
}
