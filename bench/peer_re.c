/* libre: sip_msg_decode decodes the start line and the headers it knows at once, the others lazily. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <re/re.h>

#include "peers.h"

bool peer_re(const char *p, size_t n)
{
    struct mbuf *mb = mbuf_alloc(n);
    struct sip_msg *msg = NULL;
    if (!mb)
        return false;
    mbuf_write_mem(mb, (const uint8_t *)p, n);
    mb->pos = 0;
    bool good = sip_msg_decode(&msg, mb) == 0;
    mem_deref(msg);
    mem_deref(mb);
    return good;
}
