/* From a captured frame to addresses, ports and payload: link layers, tunnels, IP, UDP, TCP, SCTP. No state. */
#pragma once
#include "base/hash.h"
#include "base/packet.h"

enum {
    DECODE_TUNNELS_MAX = 8, /* tunnels inside one another that are opened; deeper ones are ODD_LINK_NESTING */
    DECODE_STEPS_MAX = 48,  /* headers of any kind (tags, labels, extensions count too) read from one frame */
};

/* Fills every field of the decode part of *p (capture need not zero them) from p->data, p->caplen, p->len and
 * p->link_type; clears the pipeline's fields. p->flags keeps only PACKET_TRUNCATED, which is set when caplen < len.
 *
 * Link types (values of the file format): 0 and 108 BSD loopback, 1 Ethernet, 9, 50, 51, 104 and 204 PPP and Cisco
 * HDLC, 12, 14, 101, 228 and 229 raw IP, 113 and 276 Linux cooked; inside them VLAN tags, MPLS, PPPoE sessions,
 * LLC/SNAP. Any other type: ODD_LINK_UNKNOWN, nothing decoded. Tunnels that are opened: IP in IP, 6in4, GRE, PPTP, MPLS
 * over IP, GTP-U, VXLAN, GENEVE; the innermost addresses and ports are the ones reported, p->tunnels says how many were
 * opened.
 *
 * What comes out:
 *   ip_version 0      no IP in it (ARP, unknown link); everything else is zero
 *   l4 UDP/TCP/SCTP   ports, flow_hash, payload (UDP, TCP; of SCTP the chunks), tcp_*
 *   l4 ICMP           addresses and the ICMP message as payload; packets quoted in errors are not looked at, and
 *                     PACKET_ICMP_QUOTE is set on those errors
 *   l4 OTHER          another protocol (ip_proto says which); payload is the IP payload
 *   l4 NONE with IP   headers too short to tell, or PACKET_FRAGMENT: payload is this fragment's part of the datagram,
 *                     frag_* and ip_proto are set; give it to defrag_input
 * payload lies in p->data[0, caplen); payload_len is what was captured, payload_missing what the headers announce
 * beyond that. Bytes after the IP total length (link padding) are not payload; a total length of 0 (segmentation
 * offload) means the whole frame. Wrong lengths set oddities and PACKET_BAD and the rest is read as far as it makes
 * sense. RFC 791, 8200, 768, 9293, 9260, 2784, 2890, 2003, 4213, 3032, 2516, 7348, 8926;
 * 3GPP TS 29.281 (GTP-U). */
void decode_packet(struct packet *p, const struct hash_seed *seed);

/* The same from an IP payload on: n bytes at data, of IP protocol p->ip_proto, belong to a datagram between p->src and
 * p->dst at tunnel depth p->tunnels. Clears PACKET_FRAGMENT and the frag_* fields first. Used for reassembled
 * datagrams; may end with PACKET_FRAGMENT again when a tunnel in it carries a fragment. */
void decode_ip_payload(struct packet *p, const struct hash_seed *seed, const uint8_t *data, size_t n);

/* Seeded hash of protocol, addresses and ports of *p, the same for both directions. */
uint64_t decode_flow_hash(const struct packet *p, const struct hash_seed *seed);
