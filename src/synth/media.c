#include "synth/media.h"

#include <stdio.h>

enum { PACKET_NS = 20 * 1000000, SAMPLES = 160, RTCP_EVERY = 250, RTP_HEAD = 12, SAMPLE_RATE = 8000 };

static uint8_t *put32(uint8_t *p, uint32_t x)
{
    p[0] = (uint8_t)(x >> 24);
    p[1] = (uint8_t)(x >> 16);
    p[2] = (uint8_t)(x >> 8);
    p[3] = (uint8_t)x;
    return p + 4;
}

/* A quiet murmur: every sample is a small G.711 value with either sign. */
static void put_sound(struct rng *r, uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        uint64_t x = (rng_next(r) & 0x8f8f8f8f8f8f8f8f) | 0x6060606060606060;
        memcpy(p + i, &x, 8);
    }
}

/* Sender report and source description in one datagram (RFC 3550 6.4.1, 6.5). */
static void send_rtcp(struct sim *s, struct stream *st)
{
    uint8_t pkt[128] = {0}, *p = pkt;
    struct endpoint src = st->src, dst = st->dst;
    src.port++;
    dst.port++;
    int64_t now = s->now;
    size_t name = strlen(st->cname),
           chunk = (4 + 2 + name + 4) & ~(size_t)3; /* SSRC, type, length, text, at least one 0 */
    p = put32(p, 0x80c80006);
    p = put32(p, st->ssrc);
    p = put32(p, (uint32_t)(now / NS_PER_S + 2208988800)); /* NTP counts from 1900 */
    p = put32(p, (uint32_t)(((uint64_t)(now % NS_PER_S) << 32) / NS_PER_S));
    p = put32(p, st->rtp_ts);
    p = put32(put32(p, st->packets), st->octets);
    p = put32(p, 0x81ca0000 | (uint32_t)(chunk / 4));
    uint8_t *body = put32(p, st->ssrc);
    body[0] = 1; /* CNAME */
    body[1] = (uint8_t)name;
    memcpy(body + 2, st->cname, name);
    sim_emit_udp(s, &src, &dst, pkt, (size_t)(p - pkt) + chunk);
    s->truth->rtcp_packets++;
}

static void send_rtp(struct sim *s, struct stream *st)
{
    uint8_t pkt[RTP_HEAD + SAMPLES];
    pkt[0] = 0x80;
    pkt[1] = (uint8_t)(st->payload_type | (st->packets == 0 ? 0x80 : 0)); /* a talkspurt begins: marker */
    pkt[2] = (uint8_t)(st->seq >> 8);
    pkt[3] = (uint8_t)st->seq;
    put32(put32(pkt + 4, st->rtp_ts), st->ssrc);
    put_sound(&s->rng, pkt + RTP_HEAD, SAMPLES);
    sim_emit_udp(s, &st->src, &st->dst, pkt, sizeof pkt);
    s->truth->streams += st->packets == 0;
    s->truth->stream_packets++;
}

static void tick(struct sim *s, void *obj, uint32_t arg)
{
    struct stream *st = obj;
    if (st->ending) {
        sim_block_free(s, st);
        return;
    }
    if (st->packets && rng_chance(&s->rng, st->loss_ppm)) {
        st->gap++;
    } else {
        send_rtp(s, st);
        s->truth->stream_lost += st->gap; /* a loss shows when a packet follows it */
        st->gap = 0;
    }
    st->packets++;
    st->octets += SAMPLES;
    st->seq++;
    st->rtp_ts += SAMPLES;
    if (s->stopped)
        return;
    if (st->rtcp && st->packets % RTCP_EVERY == RTCP_EVERY / 2)
        send_rtcp(s, st);
    st->next += PACKET_NS;
    int64_t late = st->jitter_us ? rng_exponential(&s->rng, st->jitter_us * 1000) : 0;
    sim_at(s, st->next + (late < PACKET_NS - 1000000 ? late : 0), tick, st, 0);
}

struct stream *media_stream_start(struct sim *s, struct endpoint src, struct endpoint dst, uint8_t payload_type,
                                  const char *cname)
{
    struct stream *st = sim_block(s);
    if (!st)
        return NULL;
    st->src = src;
    st->dst = dst;
    st->ssrc = (uint32_t)rng_next(&s->rng);
    st->rtp_ts = (uint32_t)rng_next(&s->rng);
    st->seq = (uint16_t)rng_next(&s->rng);
    st->payload_type = payload_type;
    st->jitter_us = 400;
    st->rtcp = true;
    st->next = s->now + rng_between(&s->rng, 0, PACKET_NS);
    snprintf(st->cname, sizeof st->cname, "%s", cname);
    sim_at(s, st->next, tick, st, 0);
    return st;
}

void media_stream_end(struct stream *st)
{
    st->ending = true;
}
