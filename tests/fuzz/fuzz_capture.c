/* Any bytes as a capture file: the first byte says how large the batches are, the second whether a filter runs. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

static uint64_t check_packets(const struct capture_reader *r, const struct batch *b, uint64_t *number,
                              uint64_t *touched)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        const struct packet *p = &b->packet[i];
        const char *begin = (const char *)p->data;
        const struct capture_iface *iface = capture_iface(r, p->iface);
        must(begin >= b->bytes && begin + p->caplen <= b->bytes + b->bytes_cap, "packets lie in the batch");
        must(p->number > *number, "numbers grow");
        must(iface != NULL, "the interface is known");
        must(p->ts_ns >= -((int64_t)1 << 62) && p->ts_ns <= (int64_t)1 << 62, "times are in range");
        must(p->ts_digits <= 9, "digits are in range");
        must((p->caplen < p->len) == (p->flags == PACKET_TRUNCATED), "only the flag of the capture is set");
        for (uint32_t k = 0; k < p->caplen; k++)
            *touched += p->data[k];
        *number = p->number;
        bytes += p->caplen;
    }
    return bytes;
}

static void check_stats(const struct capture_stats *s, uint64_t packets, uint64_t bytes)
{
    uint64_t links = 0;
    must(s->packets == packets + s->filtered, "packets add up");
    must(s->bytes == bytes, "bytes add up");
    for (uint32_t i = 0; i < s->links; i++)
        links += s->link[i].packets;
    must(links == packets, "link types add up");
    must(s->damages <= 1, "a file has one damage");
    must(s->damages == 0 || s->damage[0].reason[0], "damage has a reason");
    must((s->first_ts == TS_NONE) == (s->last_ts == TS_NONE) && s->first_ts <= s->last_ts, "times are in order");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e;
    struct batch b;
    uint64_t packets = 0, bytes = 0, number = 0, touched = 0;
    if (n < 2)
        return 0;
    struct capture_reader *r = capture_open_memory(data + 2, n - 2, &e);
    if (!r)
        return 0;
    must(batch_init(&b, data[0] + 1u), "memory");
    if (data[1] & 1)
        capture_set_filter(r, "udp or tcp or len > 40", &e);
    while (capture_read(r, &b, &e)) {
        must(b.n <= b.cap, "the batch is not overfull");
        packets += b.n;
        bytes += check_packets(r, &b, &number, &touched);
    }
    must(b.n == 0 && e.code == EXIT_DONE, "the end is a good one");
    check_stats(capture_stats(r), packets, bytes);
    capture_close(r);
    batch_release(&b);
    return touched == UINT64_MAX;
}
