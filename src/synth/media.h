/* RTP streams of G.711 with jitter and loss, and their RTCP reports (RFC 3550). */
#pragma once
#include "synth/sim.h"

struct stream {
    struct endpoint src, dst;
    uint32_t ssrc, rtp_ts, loss_ppm;
    uint16_t seq;
    uint8_t payload_type;
    bool ending, rtcp;
    int64_t next; /* when the sender sends; jitter is added to it */
    uint32_t jitter_us, packets, octets;
    uint32_t gap; /* packets lost since the last one sent */
    char cname[40];
};

/* A stream of 20 ms packets from src to dst that begins now. NULL and a failed run when there is no memory. */
struct stream *media_stream_start(struct sim *s, struct endpoint src, struct endpoint dst, uint8_t payload_type,
                                  const char *cname);

/* Ends it before its next packet; st is dead afterwards. */
void media_stream_end(struct stream *st);
