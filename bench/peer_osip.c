/* libosip2: osip_message_parse parses all headers. */
#include <sys/time.h>

#include <osipparser2/osip_parser.h>

#include "peers.h"

bool peer_osip(const char *p, size_t n)
{
    static bool ready;
    if (!ready)
        ready = parser_init() == 0;
    osip_message_t *msg = NULL;
    if (osip_message_init(&msg) != 0)
        return false;
    bool good = osip_message_parse(msg, p, n) == 0;
    osip_message_free(msg);
    return good;
}
