/* A message ladder as text: who sent what to whom, top to bottom in time. */
#pragma once
#include "base/buf.h"
#include "record/records.h"

struct ladder;

enum {
    LADDER_EVENTS_MAX = 20000,    /* messages and streams beyond are only counted */
    LADDER_PARTICIPANTS_MAX = 40, /* the last column stands for all addresses beyond */
};

struct ladder_options {
    unsigned width;  /* columns to fill; many participants make it wider, few leave room */
    bool utf8;       /* lines and arrows of Unicode; false: ASCII */
};

/* NULL when there is no memory. */
struct ladder *ladder_new(void);

/* Adds a message or a stream; what is kept of it is copied. call: 1, 2, ... in the order of the legend; 0 when only one is
 * drawn. False when it was not kept (LADDER_EVENTS_MAX, no memory). */
bool ladder_add_message(struct ladder *l, const struct record_message *m, uint32_t call);
bool ladder_add_stream(struct ladder *l, const struct record_stream *s, uint32_t call);

/* Events that were not kept. */
uint64_t ladder_dropped(const struct ladder *l);

/* Adds the ladder to out: one line for the day, the participants in order of their first message, one line for each event
 * with its time, the time since the one before, and an arrow; retransmissions are waved, RTP is a double bar from its
 * first packet. Empty when nothing was added. */
void ladder_print(struct ladder *l, const struct ladder_options *o, struct buf *out);

/* NULL is fine. */
void ladder_free(struct ladder *l);
