/* Where media go, and whether they go at all. */
#include "sdp/priv.h"

bool sdp_rtp_endpoint(const struct sdp_media *m, struct endpoint *out)
{
    memset(out, 0, sizeof *out);
    if (m->port == 0 || !m->connection.has_ip)
        return false;
    out->ip = m->connection.ip;
    out->port = m->port;
    return true;
}

bool sdp_rtcp_endpoint(const struct sdp_media *m, struct endpoint *out)
{
    if (!sdp_rtp_endpoint(m, out))
        return false;
    if (m->rtcp_mux)
        return true;
    if (m->rtcp.has_ip)
        out->ip = m->rtcp.ip;
    if (m->rtcp_port != 0)
        out->port = m->rtcp_port;
    else if (m->port < UINT16_MAX)
        out->port = (uint16_t)(m->port + 1);
    else
        return false;
    return true;
}

bool sdp_is_hold(const struct sdp_media *m)
{
    if (m->port == 0)
        return false;
    if (m->direction == SDP_SENDONLY || m->direction == SDP_INACTIVE)
        return true;
    return m->connection.has_ip && ip_is_zero(&m->connection.ip);
}
