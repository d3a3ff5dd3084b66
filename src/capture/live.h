/* Packets from live network interfaces, behind the same reader as files. */
#pragma once
#include "capture/reader.h"

struct capture_live {
    const char *ifaces; /* names with commas between; "any" is all of them */
    const char *filter; /* pcap-filter(7) text run by the kernel; NULL or "": everything */
    uint32_t snaplen;   /* bytes kept per packet; 0: all (CAPTURE_PACKET_MAX) */
    uint32_t buffer_mb; /* kernel buffer per interface; 0: 16 */
    bool promiscuous;
};

/* A reader over live interfaces (libpcap), nanosecond times where the system has them. NULL and e: no such interface
 * (names the ones there are; EXIT_IO), not allowed (says what to do; EXIT_IO), filter (pcap's words; EXIT_USAGE). */
struct capture_reader *capture_open_live(const struct capture_live *live, struct err *e);
