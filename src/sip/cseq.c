/* CSeq = 1*DIGIT LWS Method. */
#include "sip/cseq.h"

#include "sip/priv.h"

enum sip_cseq_result sip_cseq_parse(struct view value, uint32_t *number, struct view *method)
{
    const char *p = value.p, *end = sip_end(value), *digits = p;
    uint64_t x = 0;
    bool big = false;
    for (; p < end && sip_is(*p, C_DIGIT); p++) {
        x = x * 10 + (uint64_t)(*p - '0');
        big |= x > UINT32_MAX;
        x = big ? 0 : x;
    }
    bool good = p > digits && p < end && sip_is(*p, C_LWS);
    *number = (uint32_t)x;
    *method = sip_trim(view_range(p, end));
    if (!good || !method->n || !sip_all(*method, C_TOKEN))
        return SIP_CSEQ_MALFORMED;
    return big || x > INT32_MAX ? SIP_CSEQ_RANGE : SIP_CSEQ_OK;
}
