/* A set of Call-IDs that grows. */
#pragma once
#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"

struct callset {
    struct map map;
    struct arena arena; /* the bytes of the Call-IDs */
    struct view *id;    /* n; in the order added */
    uint32_t n, cap;
    struct hash_seed seed;
};

/* False when there is no memory; release is fine then too. */
bool callset_init(struct callset *s);
void callset_release(struct callset *s);

/* Adds a copy; a Call-ID that is there already is fine. False when there is no memory. */
bool callset_add(struct callset *s, struct view call_id);

/* 1 for the first Call-ID added, 2 for the second ...; 0 when it is not in the set. */
uint32_t callset_find(const struct callset *s, struct view call_id);
