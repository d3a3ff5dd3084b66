#include "base/oddity.h"

#include <assert.h>

_Static_assert(ODDITY_PACKET_COUNT <= 64, "packet oddities are bits of one word");
_Static_assert(ODDITY_COUNT - ODDITY_SIP_FIRST <= 64, "message oddities are bits of one word");

const struct oddity_info *oddity_info(unsigned oddity)
{
    static const struct oddity_info info[] = {
#define X(symbol, name, source, meaning) {name, source, meaning},
        ODDITIES_PACKET(X) ODDITIES_SIP(X)
#undef X
    };
    assert(oddity < sizeof info / sizeof *info);
    return &info[oddity];
}
