/* Names of methods. */
#include "sip/method.h"

static const struct view names[SIP_M_COUNT] = {{"", 0},
#define X(m) {#m, sizeof #m - 1},
                                               SIP_METHODS(X)
#undef X
};

/* The only method that a name with this first letter and length can be. */
static enum sip_method candidate(struct view name)
{
    switch (name.p[0]) {
    case 'R':
        return name.n == 8 ? SIP_M_REGISTER : SIP_M_REFER;
    case 'O':
        return SIP_M_OPTIONS;
    case 'N':
        return SIP_M_NOTIFY;
    case 'S':
        return SIP_M_SUBSCRIBE;
    case 'I':
        return name.n == 6 ? SIP_M_INVITE : SIP_M_INFO;
    case 'A':
        return SIP_M_ACK;
    case 'B':
        return SIP_M_BYE;
    case 'C':
        return SIP_M_CANCEL;
    case 'P':
        return name.n == 5 ? SIP_M_PRACK : SIP_M_PUBLISH;
    case 'U':
        return SIP_M_UPDATE;
    case 'M':
        return SIP_M_MESSAGE;
    default:
        return SIP_M_UNKNOWN;
    }
}

enum sip_method sip_method_identify(struct view name)
{
    if (!name.n)
        return SIP_M_UNKNOWN;
    enum sip_method m = candidate(name);
    return m && view_eq(name, names[m]) ? m : SIP_M_UNKNOWN;
}

const char *sip_method_text(enum sip_method m)
{
    return (unsigned)m < SIP_M_COUNT ? names[m].p : "";
}
