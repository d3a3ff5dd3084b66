/* Who takes part: phones, servers, gateways and scanners, and the software they run. */
#pragma once
#include "base/addr.h"
#include "synth/sim.h"

struct conn;

/* How one kind of software writes its messages. */
struct agent {
    const char *name;  /* User-Agent or Server; NULL sends none */
    const char *order; /* header fields in its order, one letter each: see message.c */
    const char *allow, *supported, *accept;
    const char *events; /* Allow-Events */
    const char *codecs; /* payload types of its offers, most wanted first: "0 8 101" */
    uint8_t id_style;   /* of Call-ID, tags and branches: 0 to 4 */
    bool compact;       /* short header names (RFC 3261 7.3.3) */
    bool rport;         /* asks for rport (RFC 3581) */
    bool qop;           /* answers challenges with qop=auth */
};

enum { PARTY_USER = 24, PARTY_NAME = 28, AGENT_PHONES = 13 };

/* The 13 kinds of phones first, then the ones below. */
enum agent_kind { AGENT_PROXY = AGENT_PHONES, AGENT_GATEWAY, AGENT_SCANNER, AGENT_COUNT };

const struct agent *agent_of(unsigned kind);

/* Exchanges of one phone that share Call-ID, tags and counting: its registrations (RFC 3261 10.2), the dialog of its
 * subscription, its keep-alives. */
struct series {
    uint64_t id;
    uint32_t cseq_a, cseq_b;
    bool seen;
};

enum series_kind { SERIES_REGISTER, SERIES_SUBSCRIBE, SERIES_NOTIFY, SERIES_KINDS };

struct party {
    struct endpoint addr;  /* as the tap sees it */
    struct endpoint local; /* as it knows itself: written in Via and Contact */
    const struct agent *agent;
    const char *domain;
    char user[PARTY_USER], name[PARTY_NAME];
    bool tcp;
    struct conn *conn; /* its connection to the server; servers have none */
    uint64_t id;       /* seeds of its identifiers */
    struct series series[SERIES_KINDS];
    uint64_t nonce;
    uint32_t nc, expires;
    bool seen, bound; /* appears; has a binding */
};

/* Fills the parts that never change. agent: an agent_kind or a phone's number. local is set to addr. */
void party_init(struct sim *s, struct party *p, const char *user, const char *name, const char *domain, unsigned agent,
                struct endpoint addr);

/* a.b.c.d:port */
struct endpoint endpoint_v4(unsigned a, unsigned b, unsigned c, unsigned d, unsigned port);

static inline bool party_is_nated(const struct party *p)
{
    return !endpoint_eq(&p->addr, &p->local);
}
