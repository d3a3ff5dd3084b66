/* Where packets go to: pcapng and pcap files, plain or compressed, written as a stream. */
#pragma once
#include "base/err.h"
#include "base/packet.h"

struct capture_writer;

enum capture_format {
    CAPTURE_BY_NAME, /* pcap if the name ends in .pcap (before .gz or .zst), else pcapng */
    CAPTURE_PCAPNG,
    CAPTURE_PCAP,
};

/* Creates (or empties) the file at path; "-" is standard output, refused when it is a terminal. A name that ends in .gz
 * or .zst is compressed. NULL and e (EXIT_IO) when it cannot be created. */
struct capture_writer *capture_create(const char *path, enum capture_format format, struct err *e);

/* Appends one packet: ts_ns, data, caplen, len, link_type and ts_digits are used. Times are kept exactly: a packet with
 * ts_digits above 6, or with a time that is no whole microsecond, is written with nanoseconds. pcapng takes any mix of
 * link types and resolutions (one interface for each). pcap takes one link type, and its resolution is that of the
 * first packet: later nanoseconds are cut to microseconds. Times before 1970 (and in pcap after 2106) become that
 * limit. False and e when the link type does not fit, when the packet is longer than a record may be or when writing
 * fails; the writer then only takes capture_finish. */
bool capture_write(struct capture_writer *w, const struct packet *p, struct err *e);

/* Hands on what is still held, so that a reader of the file or pipe sees every packet written so far. */
bool capture_flush(struct capture_writer *w, struct err *e);

/* Writes what is still held, closes and frees the writer. False and e if something did not reach the file. A file that
 * never got a packet is a valid empty capture. NULL is fine. */
bool capture_finish(struct capture_writer *w, struct err *e);
