/* Chosen messages of a capture: found by an expression in one reading, recognised by their place in the next. */
#pragma once
#include "cmd/command.h"

/* A message is the i-th (0 is the first) that ends in packet `number`. */
struct messagecount {
    uint64_t packet;
    uint32_t next;
};

/* The ordinal of the next message, which ends in this packet. */
uint32_t messagecount_next(struct messagecount *c, uint64_t packet);

struct message_place {
    uint64_t packet;
    uint32_t ordinal;
};

struct messageset {
    struct message_place *place; /* n, ascending; messages are told in packet order */
    size_t n, cap, at;           /* at: where the last question was answered */
    bool failed;
};

/* Reads the traffic and keeps the places of the messages for which the expression holds. Standard input is made
 * rereadable first. False after complaining, *code is the exit code then. */
bool messageset_choose(struct messageset *s, struct invocation *v, const char *where, int *code);

/* Asked in ascending order. */
bool messageset_has(struct messageset *s, uint64_t packet, uint32_t ordinal);

void messageset_release(struct messageset *s);
