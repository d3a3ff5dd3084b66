/* Ethernet frames with IPv4 or IPv6 and UDP or TCP inside, checksums right, hardware addresses of the range for
 * documentation (00-00-5E-00-53-xx, RFC 7042 2.1.2). */
#pragma once
#include "base/addr.h"

enum { FRAME_OVERHEAD = 14 + 40 + 32, FRAME_MTU = 1500 };

struct frame_tcp {
    uint32_t seq, ack;
    uint8_t flags; /* FIN 1, SYN 2, RST 4, PSH 8, ACK 16 */
};

/* Each writes a frame to out, which holds FRAME_OVERHEAD + n bytes, and answers its length. Both ends are of the same
 * IP version. ip_id is the identification of IPv4 (RFC 791). */
size_t frame_udp_write(uint8_t *out, const struct endpoint *src, const struct endpoint *dst, uint16_t ip_id,
                       const void *payload, size_t n);
size_t frame_tcp_write(uint8_t *out, const struct endpoint *src, const struct endpoint *dst, uint16_t ip_id,
                       const struct frame_tcp *tcp, const void *payload, size_t n);

/* The Internet checksum of RFC 1071 over n bytes, added to sum and not yet complemented. */
uint64_t frame_sum(uint64_t sum, const void *data, size_t n);
