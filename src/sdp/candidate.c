/* a=candidate lines (RFC 8839 5.1). */
#include "sdp/priv.h"

static const char *const type_names[] = {"host", "srflx", "prflx", "relay"};

static uint8_t type_of(struct view name)
{
    for (uint8_t i = 0; i < SDP_CANDIDATE_OTHER; i++)
        if (view_ieq(name, view_str(type_names[i])))
            return i;
    return SDP_CANDIDATE_OTHER;
}

static uint64_t number_word(struct view *rest, uint64_t max, bool *good)
{
    uint64_t n = 0;
    if (!view_u64(sdp_word(rest), max, &n))
        *good = false;
    return n;
}

/* What follows the type: pairs of name and value, of which raddr and rport matter here. */
static void parse_extensions(struct view rest, struct sdp_candidate *c)
{
    struct view name, value;
    uint64_t port;
    while ((name = sdp_word(&rest)).n > 0) {
        value = sdp_word(&rest);
        if (view_ieq(name, V("raddr")) && !ip_parse(value, &c->related.ip))
            memset(&c->related.ip, 0, sizeof c->related.ip);
        else if (view_ieq(name, V("rport")) && view_u64(value, UINT16_MAX, &port))
            c->related.port = (uint16_t)port;
    }
}

static bool parse_candidate(struct view value, struct sdp_candidate *c)
{
    bool good = true;
    memset(c, 0, sizeof *c);
    c->foundation = sdp_word(&value);
    c->component = (uint32_t)number_word(&value, UINT32_MAX, &good);
    c->transport = sdp_word(&value);
    c->priority = (uint32_t)number_word(&value, UINT32_MAX, &good);
    c->host = sdp_word(&value);
    c->port = (uint16_t)number_word(&value, UINT16_MAX, &good);
    if (!view_ieq(sdp_word(&value), V("typ")))
        return false;
    c->type_name = sdp_word(&value);
    c->type = type_of(c->type_name);
    c->has_ip = ip_parse(c->host, &c->ip);
    if (!good || c->type_name.n == 0)
        return false;
    parse_extensions(value, c);
    return true;
}

bool sdp_candidate_next(struct view *rest, struct sdp_candidate *out)
{
    struct view value;
    char type;
    while ((type = sdp_line_next(rest, &value)) != 0) {
        if (type != 'a' || !view_istarts(value, V("candidate:")))
            continue;
        if (parse_candidate(view_of(value.p + 10, value.n - 10), out))
            return true;
    }
    memset(out, 0, sizeof *out);
    return false;
}
