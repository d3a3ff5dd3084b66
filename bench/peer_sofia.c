/* sofia-sip: msg_make parses all headers into its typed structures. */
#include <sofia-sip/msg.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_parser.h>

#include "peers.h"

bool peer_sofia(const char *p, size_t n)
{
    msg_t *msg = msg_make(sip_default_mclass(), 0, p, (ssize_t)n);
    if (!msg)
        return false;
    bool good = sip_object(msg) != NULL;
    msg_destroy(msg);
    return good;
}
