/* Lists inside header values: ;name=value parameters and comma lists (RFC 3261 7.3.1), aware of quotes and brackets. */
#pragma once
#include "base/view.h"

struct sip_param {
    struct view name;
    struct view value; /* without the quotes, escapes untouched; p NULL: there is no '=' */
    bool quoted;
};

struct sip_params {
    const char *p, *end;
};

/* A walk over the parameters of v; v may begin with the first ';' or behind it. */
static inline struct sip_params sip_params_of(struct view v)
{
    return (struct sip_params){v.p, v.n ? v.p + v.n : v.p};
}

/* The next parameter; false at the end. Stops at a ',' outside quotes too. Folding counts as white space. */
bool sip_params_next(struct sip_params *it, struct sip_param *out);

/* Value of the first parameter with this name, in any case: p NULL if it is absent, n 0 if it has no value. */
struct view sip_params_value(struct view params, struct view name);

/* A walk over the elements of a comma list. */
struct sip_commas {
    const char *p, *end;
};

static inline struct sip_commas sip_commas_of(struct view v)
{
    return (struct sip_commas){v.p, v.n ? v.p + v.n : v.p};
}

/* The next element that is not empty, trimmed; false at the end. Commas in quoted strings and in <...> do not count;
 * one of these that never closes takes the rest. */
bool sip_commas_next(struct sip_commas *it, struct view *element);
