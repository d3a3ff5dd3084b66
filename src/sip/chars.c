/* Which bytes may stand where (RFC 3261 25.1), and the quoted string, which every production meets. */
#include "sip/priv.h"

enum {
    MARK = C_USER | C_PASSWORD | C_PARAM | C_HEADER | C_URI,
    LETTER = MARK | C_TOKEN | C_HOST,
    NUMERAL = LETTER | C_DIGIT | C_HEX | C_PHONE,
};

const uint16_t sip_char[256] = {
    ['0' ... '9'] = NUMERAL,
    ['a' ... 'f'] = LETTER | C_HEX | C_PHONE,
    ['g' ... 'z'] = LETTER,
    ['A' ... 'F'] = LETTER | C_HEX | C_PHONE,
    ['G' ... 'Z'] = LETTER,
    [' '] = C_LWS,
    ['\t'] = C_LWS,
    ['\r'] = C_LWS,
    ['\n'] = C_LWS,
    ['-'] = MARK | C_TOKEN | C_HOST | C_PHONE,
    ['.'] = MARK | C_TOKEN | C_HOST | C_PHONE,
    ['_'] = MARK | C_TOKEN | C_HOST,
    ['!'] = MARK | C_TOKEN,
    ['~'] = MARK | C_TOKEN,
    ['*'] = MARK | C_TOKEN | C_PHONE,
    ['\''] = MARK | C_TOKEN,
    ['('] = MARK | C_PHONE,
    [')'] = MARK | C_PHONE,
    ['%'] = C_TOKEN,
    ['`'] = C_TOKEN,
    ['+'] = C_TOKEN | C_USER | C_PASSWORD | C_PARAM | C_HEADER | C_URI | C_PHONE,
    ['&'] = C_USER | C_PASSWORD | C_PARAM | C_HEADER | C_URI,
    ['='] = C_USER | C_PASSWORD | C_PARAM | C_HEADER | C_URI,
    ['$'] = C_USER | C_PASSWORD | C_PARAM | C_HEADER | C_URI,
    [','] = C_USER | C_PASSWORD | C_URI,
    [';'] = C_USER | C_PARAM | C_URI,
    ['?'] = C_USER | C_HEADER | C_URI,
    ['/'] = C_USER | C_PARAM | C_HEADER | C_URI,
    [':'] = C_PARAM | C_HEADER | C_URI,
    ['['] = C_PARAM | C_HEADER | C_URI,
    [']'] = C_PARAM | C_HEADER | C_URI,
    ['@'] = C_URI,
    ['#'] = C_URI | C_PHONE,
};

const char *sip_skip_quoted(const char *p, const char *end)
{
    const char *begin = ++p, *q;
    while (p < end && (q = memchr(p, '"', (size_t)(end - p))) != NULL) {
        const char *b = q;
        while (b > begin && b[-1] == '\\')
            b--;
        if ((q - b) % 2 == 0)
            return q + 1;
        begin = p = q + 1; /* an escaped quote: what stands before it does not matter any more */
    }
    return NULL;
}
