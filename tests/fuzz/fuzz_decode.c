/* All link types: the first byte chooses one, the second how much longer the frame was on the wire. Whatever comes in,
 * the payload lies in the captured bytes, and the short way for plain UDP gives what the layers give. */
#include "base/oddity.h"
#include "decode/decode.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const uint16_t LINK_TYPES[] = {1, 0, 9, 12, 14, 50, 51, 101, 104, 108, 113, 204, 228, 229, 276, 252};
static const struct hash_seed SEED = {1, 2};

static void check(const struct packet *p)
{
    if (p->payload_len) {
        assert(p->payload >= p->data && p->payload + p->payload_len <= p->data + p->caplen);
        assert(p->ip_version == 4 || p->ip_version == 6);
    }
    assert(p->payload_len + (uint64_t)p->payload_missing <= 1u << 17);
    assert(p->tunnels <= DECODE_TUNNELS_MAX);
    assert(!(p->flags & PACKET_FRAGMENT) || p->l4 == L4_NONE);
    assert((p->l4 == L4_UDP || p->l4 == L4_TCP || p->l4 == L4_SCTP) || p->flow_hash == 0);
    assert(p->ip_version != 4 || (ip_is_v4(&p->src) && ip_is_v4(&p->dst)));
    assert(p->oddities >> ODDITY_PACKET_COUNT == 0);
    struct packet back = *p;
    back.src = p->dst;
    back.dst = p->src;
    back.src_port = p->dst_port;
    back.dst_port = p->src_port;
    assert(decode_flow_hash(&back, &SEED) == decode_flow_hash(p, &SEED));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2 || n > 65536)
        return 0;
    struct packet p = {.link_type = LINK_TYPES[data[0] % (sizeof LINK_TYPES / sizeof *LINK_TYPES)],
                       .data = data + 2,
                       .caplen = (uint32_t)n - 2,
                       .len = (uint32_t)n - 2 + data[1]};
    decode_packet(&p, &SEED);
    check(&p);
    return 0;
}
