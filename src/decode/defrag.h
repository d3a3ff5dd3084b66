/* IP fragments are put together to whole datagrams (RFC 791 3.2, RFC 8200 4.5), within a fixed amount of memory. */
#pragma once
#include "base/map.h"
#include "decode/blocks.h"
#include "decode/decode.h"

enum {
    DEFRAG_TIMEOUT_S = 30,       /* capture time after the first fragment; RFC 791 suggests 15, RFC 8200 says 60 */
    DEFRAG_FRAGMENTS_MAX = 512,  /* pieces kept per datagram; one more and the datagram is given up */
    DEFRAG_DATAGRAM_MAX = 65535, /* bytes of a datagram after its IP header */
};

struct defrag_counters {
    uint64_t fragments; /* fragments seen */
    uint64_t datagrams; /* put together */
    uint64_t timeouts;  /* datagrams given up because fragments were missing for too long */
    uint64_t evicted;   /* datagrams given up because memory or the limit of pieces was reached */
    uint64_t overlaps;  /* datagrams whose fragments overlapped with different content */
    uint64_t bad;       /* fragments refused: empty, beyond 65535 bytes, not a multiple of 8, cut by the capture */
};

struct defrag_entry;

struct defrag_slot {
    struct defrag_entry *entry;
    uint32_t next_free;
};

struct defrag {
    struct hash_seed seed;
    struct blocks blocks;
    struct map map;
    struct defrag_slot *slot; /* by reference; [0] is not used */
    uint32_t slots, free_slot;
    uint32_t oldest, newest; /* by arrival of the first fragment */
    struct defrag_counters count;
};

/* An empty table that holds at most limit bytes of fragments. seed is the one given to decode_packet, because the
 * flow_hash of what is put together must be the same as that of whole datagrams. False when there is no memory. */
bool defrag_init(struct defrag *d, size_t limit, const struct hash_seed *seed);
void defrag_release(struct defrag *d);

/* Takes the fragment *p (PACKET_FRAGMENT is set). True when it was the last missing one: the datagram's payload was
 * built in arena (alive until the arena is reset) and *p decoded from it as decode_packet does for a whole one:
 * PACKET_FRAGMENT cleared, PACKET_REASSEMBLED set, frag_id that of its pieces, ports, payload, flow_hash, inner tunnels followed, fragments inside
 * tunnels too. False when more are needed or it cannot be used; *p then stays a fragment.
 * The first copy of a byte wins; different content sets ODD_FRAGMENT_OVERLAP on the completing packet, and so does on
 * itself a fragment that is refused because it contradicts where the datagram ends. A fragment that meets pieces older
 * than DEFRAG_TIMEOUT_S under its own key starts anew and carries ODD_FRAGMENT_TIMEOUT. Fragments cut short by the
 * capture are used only as far as they go: the datagram is then not completed.
 * Time per fragment is bounded by DEFRAG_FRAGMENTS_MAX. */
bool defrag_input(struct defrag *d, struct packet *p, struct arena *arena);

/* Gives up the datagrams whose first fragment is more than DEFRAG_TIMEOUT_S before now_ns. defrag_input does so too. */
void defrag_expire(struct defrag *d, int64_t now_ns);
