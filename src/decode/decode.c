/* The loop over the layers of one frame, and the short way for the most frequent frame of all. */
#include "decode/priv.h"

static const layer_fn LAYER[LAYERS] = {
    [LAYER_ETHERNET] = layer_ethernet,
    [LAYER_TYPE] = layer_type,
    [LAYER_VLAN] = layer_vlan,
    [LAYER_LLC] = layer_llc,
    [LAYER_MPLS] = layer_mpls,
    [LAYER_PPPOE] = layer_pppoe,
    [LAYER_PPP] = layer_ppp,
    [LAYER_PPP_DIRECTION] = layer_ppp_direction,
    [LAYER_HDLC] = layer_hdlc,
    [LAYER_BSD_LOOPBACK] = layer_bsd_loopback,
    [LAYER_COOKED1] = layer_cooked1,
    [LAYER_COOKED2] = layer_cooked2,
    [LAYER_IP] = layer_ip,
    [LAYER_IP4] = layer_ip4,
    [LAYER_IP6] = layer_ip6,
    [LAYER_PROTO] = layer_proto,
    [LAYER_IP6_EXTENSION] = layer_ip6_extension,
    [LAYER_IP6_FRAGMENT] = layer_ip6_fragment,
    [LAYER_AUTH] = layer_auth,
    [LAYER_UDP] = layer_udp,
    [LAYER_TCP] = layer_tcp,
    [LAYER_SCTP] = layer_sctp,
    [LAYER_ICMP] = layer_icmp,
    [LAYER_IP_IN_IP] = layer_ip_in_ip,
    [LAYER_GRE] = layer_gre,
    [LAYER_GTPU] = layer_gtpu,
    [LAYER_VXLAN] = layer_vxlan,
    [LAYER_GENEVE] = layer_geneve,
    [LAYER_OTHER] = layer_other,
};

/* LINKTYPE_ values, https://www.tcpdump.org/linktypes.html */
static const struct {
    uint16_t link_type;
    uint8_t layer;
} LINK_TYPES[] = {
    {1, LAYER_ETHERNET},       {113, LAYER_COOKED1}, {276, LAYER_COOKED2}, {0, LAYER_BSD_LOOPBACK},
    {108, LAYER_BSD_LOOPBACK}, {12, LAYER_IP},       {14, LAYER_IP},       {101, LAYER_IP},
    {228, LAYER_IP4},          {229, LAYER_IP6},     {9, LAYER_PPP},       {50, LAYER_HDLC},
    {51, LAYER_PPPOE},         {104, LAYER_HDLC},    {204, LAYER_PPP_DIRECTION},
};

static uint64_t first_half(const struct ip_addr *a)
{
    uint64_t x;
    memcpy(&x, a->b, 8);
    return x;
}

static uint64_t second_half(const struct ip_addr *a)
{
    uint64_t x;
    memcpy(&x, a->b + 8, 8);
    return x;
}

/* IPv4: an endpoint fits in 48 bits, the lower one goes first. IPv6: addresses are ordered, and the ports with them. */
uint64_t decode_flow_hash(const struct packet *p, const struct hash_seed *seed)
{
    uint64_t h = seed->k0 ^ p->ip_proto;
    if (p->ip_version == 4) {
        uint64_t a = second_half(&p->src) >> 32 << 16 | p->src_port, b = second_half(&p->dst) >> 32 << 16 | p->dst_port;
        return hash_add(seed, hash_add(seed, h, a < b ? a : b), a < b ? b : a);
    }
    const struct ip_addr *lo = &p->src, *hi = &p->dst;
    uint32_t ports = (uint32_t)p->src_port << 16 | p->dst_port;
    int order = memcmp(lo->b, hi->b, 16);
    if (order > 0 || (order == 0 && p->src_port > p->dst_port)) {
        lo = &p->dst;
        hi = &p->src;
        ports = (uint32_t)p->dst_port << 16 | p->src_port;
    }
    h = hash_add(seed, h ^ first_half(lo), second_half(lo));
    h = hash_add(seed, h ^ first_half(hi), second_half(hi));
    return hash_add(seed, h, ports);
}

static void run_layers(struct decoding *d, enum layer layer, const struct hash_seed *seed)
{
    struct packet *p = d->p;
    for (unsigned steps = 0; layer != LAYER_DONE; steps++) {
        if (steps == DECODE_STEPS_MAX) {
            packet_oddity(p, ODD_LINK_NESTING);
            break;
        }
        layer = LAYER[layer](d);
    }
    if (p->l4 >= L4_UDP && p->l4 <= L4_SCTP)
        p->flow_hash = decode_flow_hash(p, seed);
}

/* Ethernet, IPv4 without options and in one piece, UDP, all of it captured, lengths that agree, no tunnel. Anything
 * else is left to the layers, which give the same answer for this one. */
static bool decode_plain_udp(struct packet *p, const struct hash_seed *seed)
{
    const uint8_t *h = p->data;
    if (be16(h + 12) != 0x0800 || h[14] != 0x45 || h[23] != 17 || be16(h + 20) & 0x3fff)
        return false;
    size_t total = be16(h + 16), length = be16(h + 38);
    uint16_t src_port = be16(h + 34), dst_port = be16(h + 36);
    if (length < 8 || total != length + 20 || total + 14 > p->caplen || udp_tunnel(src_port, dst_port) != LAYER_DONE)
        return false;
    p->l4 = L4_UDP;
    p->ip_version = 4;
    p->ip_proto = 17;
    p->src = ip_from_v4(h + 26);
    p->dst = ip_from_v4(h + 30);
    p->src_port = src_port;
    p->dst_port = dst_port;
    p->payload = h + 42;
    p->payload_len = (uint32_t)length - 8;
    p->flow_hash = decode_flow_hash(p, seed);
    return true;
}

void decode_packet(struct packet *p, const struct hash_seed *seed)
{
    memset((char *)p + offsetof(struct packet, l4), 0, sizeof *p - offsetof(struct packet, l4));
    if (p->caplen < p->len)
        p->flags = PACKET_TRUNCATED;
    if (p->link_type == 1 && p->caplen >= 42 && decode_plain_udp(p, seed))
        return;
    struct decoding d = {.p = p, .at = p->data, .n = p->caplen, .wire = p->len > p->caplen ? p->len : p->caplen};
    enum layer layer = LAYER_DONE;
    for (size_t i = 0; i < sizeof LINK_TYPES / sizeof *LINK_TYPES && layer == LAYER_DONE; i++)
        if (LINK_TYPES[i].link_type == p->link_type)
            layer = LINK_TYPES[i].layer;
    if (layer == LAYER_DONE)
        packet_oddity(p, ODD_LINK_UNKNOWN);
    run_layers(&d, layer, seed);
}

void decode_ip_payload(struct packet *p, const struct hash_seed *seed, const uint8_t *data, size_t n)
{
    struct decoding d = {.p = p, .at = data, .n = n, .wire = n};
    p->flags &= ~(uint32_t)PACKET_FRAGMENT;
    p->frag_id = p->frag_offset = 0;
    p->frag_more = false;
    p->l4 = L4_NONE;
    p->payload = NULL;
    p->payload_len = p->payload_missing = 0;
    run_layers(&d, LAYER_PROTO, seed);
}
