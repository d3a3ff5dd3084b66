/* Offers and answers of a synthetic phone (RFC 8866, RFC 3264). */
#pragma once
#include "synth/party.h"

struct sdp_offer {
    const struct party *party;
    const struct endpoint *media;
    uint64_t session;
    uint32_t version;
    bool hold, answer; /* answer: one codec of the offer, not the whole list */
};

/* Writes at most max bytes to out; answers how many. */
size_t sdp_write(char *out, size_t max, const struct sdp_offer *o);
