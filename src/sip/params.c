/* Parameters and comma lists. */
#include "sip/params.h"

#include "sip/priv.h"

/* generic-param's value: a quoted string or whatever comes before the next ';' or ','. */
static const char *value_parse(const char *p, const char *end, struct sip_param *out)
{
    p = sip_skip_lws(p, end);
    if (p < end && *p == '"') {
        const char *q = sip_skip_quoted(p, end);
        out->quoted = true;
        out->value = view_range(p + 1, q ? q - 1 : end);
        p = q ? q : end;
        while (p < end && *p != ';' && *p != ',')
            p++;
        return p;
    }
    const char *v = p;
    while (p < end && *p != ';' && *p != ',')
        p++;
    out->value = sip_trim(view_range(v, p));
    return p;
}

bool sip_params_next(struct sip_params *it, struct sip_param *out)
{
    const char *p = it->p, *end = it->end;
    while (p < end && (*p == ';' || sip_is(*p, C_LWS)))
        p++;
    it->p = p;
    if (p == end || *p == ',')
        return false;
    const char *name = p;
    while (p < end && *p != '=' && *p != ';' && *p != ',')
        p++;
    *out = (struct sip_param){.name = sip_trim(view_range(name, p))};
    if (p < end && *p == '=')
        p = value_parse(p + 1, end, out);
    it->p = p;
    return true;
}

struct view sip_params_value(struct view params, struct view name)
{
    struct sip_params it = sip_params_of(params);
    struct sip_param p;
    while (sip_params_next(&it, &p))
        if (view_ieq(p.name, name))
            return p.value.p ? p.value : view_of(p.name.p, 0);
    return VIEW_NONE;
}

/* The end of the element that begins at p: a comma outside quotes and brackets, or end. */
static const char *element_end(const char *p, const char *end)
{
    while (p < end && *p != ',') {
        if (*p == '"') {
            p = sip_skip_quoted(p, end);
            if (!p)
                return end;
            continue;
        }
        if (*p == '<') {
            p = memchr(p, '>', (size_t)(end - p));
            if (!p)
                return end;
        }
        p++;
    }
    return p;
}

bool sip_commas_next(struct sip_commas *it, struct view *element)
{
    while (it->p < it->end) {
        const char *e = element_end(it->p, it->end);
        *element = sip_trim(view_range(it->p, e));
        it->p = e < it->end ? e + 1 : e;
        if (element->n)
            return true;
    }
    return false;
}
