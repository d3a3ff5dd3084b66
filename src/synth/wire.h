/* The wire between two parties: a message becomes a datagram or bytes of a TCP connection; every message is counted. */
#pragma once
#include "synth/party.h"

/* What the truth has to know of a message. */
struct wire_note {
    uint8_t method;  /* enum sip_method: of the request, or the one a response answers */
    uint16_t status; /* 0 for a request */
    bool repeated, malformed, credentials, challenge;
};

/* Sends s->text. Nothing is sent or counted once the run has stopped. */
void wire_send(struct sim *s, struct party *from, struct party *to, const struct wire_note *note);

/* CR LF keep-alive of RFC 5626 3.5.1 (CR LF CR LF, answered by CR LF on TCP). */
void wire_send_crlf(struct sim *s, struct party *from, struct party *to);
