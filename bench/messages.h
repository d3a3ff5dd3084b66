/* SIP messages to measure parsers with: made here, or the UDP payloads of a capture file. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/view.h"

struct messages {
    struct view *v;
    size_t n, cap;
    size_t bytes; /* of all messages */
};

/* About n messages of an open server: REGISTER 38 %, OPTIONS 23, NOTIFY 20, SUBSCRIBE 12, INVITE dialogs 5, others 2,
 * each with its answer; a quarter with Digest; several user agents with their own order of headers. The same seed gives
 * the same messages. */
void messages_generate(struct messages *m, size_t n, uint64_t seed);

/* The payloads of UDP over IPv4 over Ethernet that look like SIP, at most n, of a pcap file. False if it is not one. */
bool messages_read(struct messages *m, const char *path, size_t n);
