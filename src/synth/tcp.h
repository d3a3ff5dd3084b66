/* One TCP connection as a tap sees it: handshake, segments that do not respect message borders, reordering,
 * retransmission, pure acknowledgements. */
#pragma once
#include "synth/sim.h"

enum conn_dir { CONN_UP, CONN_DOWN }; /* client to server, server to client */

struct conn {
    struct endpoint end[2]; /* [CONN_UP] sends up: the client */
    uint32_t next[2];       /* sequence number of the next byte */
    uint8_t *held[2];       /* a pool block with bytes that wait for company, NULL for none */
    uint16_t held_n[2], held_messages[2];
    struct conn *next_conn;
    bool open, untidy; /* untidy: splits, holds, reorders, repeats */
};

/* A connection not yet opened, alive as long as the run. NULL and a failed run when there is no memory. */
struct conn *conn_new(struct sim *s, const struct endpoint *client, const struct endpoint *server, bool untidy);

/* Bytes into the stream; opens the connection when needed. */
void conn_send(struct sim *s, struct conn *c, enum conn_dir dir, const void *p, size_t n);

/* Sends what all connections still hold, at the end of the run. */
void conn_flush_all(struct sim *s);
