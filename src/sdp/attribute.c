/* The a= lines (RFC 8866 6): a table from name to what it sets; names that are not in it stay in the lines view. */
#include "sdp/priv.h"

static uint32_t number(struct view v, uint32_t max)
{
    uint64_t n = 0;
    return view_u64(v, max, &n) ? (uint32_t)n : 0;
}

/* Milliseconds; some write "20.0" or "20 ": what stands before the point counts. */
static uint16_t milliseconds(struct view v)
{
    struct view word = sdp_word(&v);
    return (uint16_t)number(sdp_until(&word, '.'), UINT16_MAX);
}

/* The entry of payload type pt in medium m, made when there is none; NULL when pt is no payload type or the store is
 * full. Only the medium that is open, the last one, ever gets here, so its run can grow at the end of the store. */
static struct sdp_format *format_entry(struct sdp *s, struct sdp_media *m, struct view word)
{
    int pt = sdp_payload_type(word);
    if (pt < 0)
        return NULL;
    for (unsigned i = 0; i < m->format_count; i++)
        if (s->format[m->first_format + i].payload_type == pt)
            return &s->format[m->first_format + i];
    if (s->format_count == SDP_FORMAT_MAX)
        return NULL;
    struct sdp_format *f = &s->format[s->format_count++];
    m->format_count++;
    memset(f, 0, sizeof *f);
    f->payload_type = (uint8_t)pt;
    return f;
}

static void set_rtpmap(struct sdp *s, struct sdp_media *m, struct view value)
{
    struct sdp_format *f = m ? format_entry(s, m, sdp_word(&value)) : NULL;
    if (!f || f->encoding.n)
        return; /* the first rtpmap of a payload type counts */
    struct view mapping = view_trim(value);
    f->encoding = sdp_until(&mapping, '/');
    f->clock = number(sdp_until(&mapping, '/'), UINT32_MAX);
    f->parameters = mapping;
}

static void set_fmtp(struct sdp *s, struct sdp_media *m, struct view value)
{
    struct sdp_format *f = m ? format_entry(s, m, sdp_word(&value)) : NULL;
    if (f && f->fmtp.n == 0)
        f->fmtp = view_trim(value);
}

static void set_ptime(struct sdp *s, struct sdp_media *m, struct view value)
{
    if (m)
        m->ptime_ms = milliseconds(value);
}

static void set_maxptime(struct sdp *s, struct sdp_media *m, struct view value)
{
    if (m)
        m->maxptime_ms = milliseconds(value);
}

/* "53020 IN IP4 192.0.2.1", the address may be absent (RFC 3605 2.1). */
static void set_rtcp(struct sdp *s, struct sdp_media *m, struct view value)
{
    uint64_t port;
    if (!m)
        return;
    if (view_u64(sdp_word(&value), UINT16_MAX, &port))
        m->rtcp_port = (uint16_t)port;
    else
        s->oddities |= 1ull << (ODD_SDP_PORT - ODDITY_SIP_FIRST);
    m->rtcp = sdp_connection_of(value);
}

static void set_rtcp_mux(struct sdp *s, struct sdp_media *m, struct view value)
{
    if (m)
        m->rtcp_mux = true;
}

static void set_crypto(struct sdp *s, struct sdp_media *m, struct view value)
{
    if (m)
        m->secure = true;
}

static void set_candidate(struct sdp *s, struct sdp_media *m, struct view value)
{
    if (m && m->candidates < UINT16_MAX)
        m->candidates++;
}

static void set_mid(struct sdp *s, struct sdp_media *m, struct view value)
{
    if (m)
        m->mid = value;
}

static void set_label(struct sdp *s, struct sdp_media *m, struct view value)
{
    if (m)
        m->label = value;
}

static void set_ice_ufrag(struct sdp *s, struct sdp_media *m, struct view value)
{
    if (m)
        m->ice_ufrag = value;
}

static void set_fingerprint(struct sdp *s, struct sdp_media *m, struct view value)
{
    if (m)
        m->fingerprint = value;
}

static const struct {
    struct view name;
    void (*set)(struct sdp *s, struct sdp_media *m, struct view value);
} attributes[] = {
    {{"rtpmap", 6}, set_rtpmap},
    {{"fmtp", 4}, set_fmtp},
    {{"ptime", 5}, set_ptime},
    {{"maxptime", 8}, set_maxptime},
    {{"rtcp", 4}, set_rtcp},
    {{"rtcp-mux", 8}, set_rtcp_mux},
    {{"crypto", 6}, set_crypto},
    {{"candidate", 9}, set_candidate},
    {{"mid", 3}, set_mid},
    {{"label", 5}, set_label},
    {{"ice-ufrag", 9}, set_ice_ufrag},
    {{"fingerprint", 11}, set_fingerprint},
};

static const char *const direction_names[] = {"sendrecv", "sendonly", "recvonly", "inactive"};

const char *sdp_direction_name(unsigned direction)
{
    return direction_names[direction < 4 ? direction : SDP_SENDRECV];
}

void sdp_attribute(struct sdp *s, struct sdp_media *m, struct view value)
{
    struct view name = view_trim(sdp_until(&value, ':'));
    value = view_trim(value);
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        if (name.n == attributes[i].name.n && view_ieq(name, attributes[i].name)) {
            attributes[i].set(s, m, value);
            return;
        }
    for (unsigned i = 0; i < 4 && name.n == 8; i++) /* all four have eight letters */
        if (view_ieq(name, view_of(direction_names[i], 8)))
            *(m ? &m->direction : &s->direction) = (uint8_t)i;
}
