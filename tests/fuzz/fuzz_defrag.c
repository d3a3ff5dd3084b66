/* A little program of fragments: datagram, offset, length, last or not, time, wrong content. A datagram that is put
 * together without any conflict is the one that was cut up. */
#include "base/mem.h"
#include "base/oddity.h"
#include "decode/defrag.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint8_t content(uint32_t id, uint32_t offset)
{
    return (uint8_t)((id * 131 + offset) * 2654435761u >> 13);
}

static void check_whole(const struct packet *p, uint32_t id, const bool *wrong)
{
    assert(p->flags & PACKET_REASSEMBLED);
    if (wrong[id] || p->l4 != L4_OTHER)
        return;
    for (uint32_t i = 0; i < p->payload_len; i++)
        assert(p->payload[i] == content(id, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint8_t bytes[4096];
    static const struct hash_seed SEED = {3, 4};
    struct defrag d;
    struct arena arena;
    bool wrong[8] = {false};
    int64_t now = 0;
    if (n < 2)
        return 0;
    arena_init(&arena);
    assert(defrag_init(&d, 2048u + data[0] * 256u, &SEED));
    if (data[1] & 0x80)
        mem_fail_after(data[1] & 0x7f);
    for (size_t at = 2; at + 6 <= n; at += 6) {
        const uint8_t *op = data + at;
        uint32_t id = op[0] & 7, offset = (uint32_t)(op[1] | (op[5] & 3) << 8) * 8;
        uint32_t len = (uint32_t)op[2] * 8 + (op[3] >> 5);
        struct packet p = {.ip_version = op[0] & 8 ? 6 : 4, .flags = PACKET_FRAGMENT, .frag_id = id, .ip_proto = 253,
                           .frag_offset = offset, .frag_more = op[3] & 1, .payload = bytes, .payload_len = len};
        p.tunnels = op[0] >> 4 & 1;
        now += (int64_t)(op[4] >> 3) * 100000000;
        p.ts_ns = now;
        for (uint32_t i = 0; i < len; i++)
            bytes[i] = content(id, offset + i);
        if (len && (op[4] & 7) == 7) {
            bytes[len / 2] ^= 0x55;
            wrong[id] = true;
        }
        if (defrag_input(&d, &p, &arena))
            check_whole(&p, id, wrong);
        assert(d.blocks.used <= d.blocks.held && d.blocks.held <= d.blocks.limit);
    }
    mem_fail_after(-1);
    defrag_expire(&d, now + 3600ll * 1000000000);
    assert(d.blocks.used == 0 && d.map.count == 0);
    defrag_release(&d);
    arena_release(&arena);
    return 0;
}
