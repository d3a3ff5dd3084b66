/* A little program of segments of a few connections. The content of a stream is a function of the sequence number, so
 * every delivered byte can be checked, and that nothing is skipped without a word. */
#include "base/mem.h"
#include "base/oddity.h"
#include "decode/tcp.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct reference {
    bool wrong;        /* some segment had other bytes: content is not checked */
    unsigned appetite; /* how the callback consumes */
    uint64_t calls;
};

static uint8_t content(uint32_t seq)
{
    return (uint8_t)(seq * 2654435761u >> 21);
}

/* user: [0] sequence number expected next, [1] set once it is known, [2] the rest was dropped */
static size_t deliver(void *ctx, struct tcp_half *h, const struct packet *p, const char *data, size_t n,
                      unsigned events)
{
    struct reference *ref = ctx;
    uint32_t first = h->next - (uint32_t)n;
    size_t used = n;
    assert(n > 0 || events & TCP_END);
    assert(p || !(events & TCP_STABLE));
    if (h->user[1] && !(events & TCP_GAP) && n)
        assert(h->user[0] == first && !h->user[2]);
    assert(!(events & TCP_START) || !h->user[1]);
    for (size_t i = 0; i < n && !ref->wrong; i++)
        assert((uint8_t)data[i] == content(first + (uint32_t)i));
    if (n)
        assert(h->first_packet > 0);
    switch (ref->appetite + ref->calls++ % 3) {
    case 0:
        used = 0;
        break;
    case 1:
        used = n / 2;
        h->want = 64;
        break;
    case 2:
        used = n > 3 ? 3 : n;
        break;
    default:
        break;
    }
    h->user[0] = first + (uint32_t)used;
    h->user[1] = 1;
    h->user[2] = events & TCP_CUT && used < n && !used;
    return used;
}

static void segment(struct tcp_table *t, struct reference *ref, const uint8_t *op, int64_t now, uint64_t number)
{
    static uint8_t bytes[70000];
    uint32_t c = op[0] & 3, back = op[0] >> 2 & 1, len = op[2];
    uint32_t base = op[0] & 8 ? 0xffffff00u : 5000;
    struct packet p = {.ts_ns = now, .number = number, .l4 = L4_TCP, .ip_version = 4, .ip_proto = 6, .payload = bytes};
    if (op[3] & 0x80)
        len *= 33;
    p.src.b[15] = (uint8_t)(1 + back);
    p.dst.b[15] = (uint8_t)(2 - back);
    p.src_port = (uint16_t)(back ? 5060 : c);
    p.dst_port = (uint16_t)(back ? c : 5060);
    p.flow_hash = c;
    p.tcp_seq = base + op[1] * (op[0] & 16 ? 64u : 1u) + (op[0] & 32 ? 9u << 20 : 0);
    p.tcp_flags = (op[3] & 31) & ~(op[3] & 32 ? 0 : 6) & ~(op[3] & 64 ? 0 : 1);
    p.tcp_ack = base + (uint32_t)op[4] * 64;
    p.payload_len = len;
    p.payload_missing = op[5] == 1 ? 100 : 0;
    for (uint32_t i = 0; i < len; i++)
        bytes[i] = content(p.tcp_seq + (p.tcp_flags & 2 ? 1 : 0) + i);
    if (op[5] == 2 && len) {
        bytes[len - 1] ^= 0xff;
        ref->wrong = true;
    }
    if (len == 1)
        p.tcp_flags |= 16;
    tcp_input(t, &p, deliver, ref);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct hash_seed SEED = {5, 6};
    struct tcp_table t;
    struct reference ref = {.appetite = n > 2 ? data[2] & 3 : 0};
    int64_t now = 1000000000;
    uint64_t number = 0;
    if (n < 3)
        return 0;
    assert(tcp_table_init(&t, 1024u + data[0] * 4096u, 1 + (data[2] >> 2 & 3), &SEED));
    if (data[1] & 0x80)
        mem_fail_after(data[1] & 0x7f);
    for (size_t at = 3; at + 6 <= n; at += 6) {
        now += (int64_t)(data[at + 5] >> 4) * 200000000;
        if (data[at + 5] == 3)
            tcp_expire(&t, now, deliver, &ref);
        segment(&t, &ref, data + at, now, ++number);
        assert(t.blocks.used <= t.blocks.held && t.blocks.held <= t.blocks.limit);
        assert(t.connections <= t.max_connections);
    }
    mem_fail_after(-1);
    if (data[0] & 1)
        tcp_expire(&t, now + 7200ll * 1000000000, deliver, &ref);
    tcp_finish(&t, deliver, &ref);
    assert(t.blocks.used == 0 && t.connections == 0 && t.map.count == 0);
    tcp_table_release(&t);
    return 0;
}
