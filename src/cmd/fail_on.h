/* --fail-on: an expression over the numbers of a report. */
#pragma once
#include "record/summary.h"
#include "store/where.h"

struct fail_on {
    const struct summary *summary; /* NULL until the run is over */
    struct where *where;
};

/* Prepares the expression before anything is read. False and e (EXIT_USAGE), *place as where_new. */
bool fail_on_init(struct fail_on *f, const char *expr, struct where_place *place, struct err *e);

/* True when the expression holds for these numbers. */
bool fail_on_holds(struct fail_on *f, const struct summary *s);

void fail_on_release(struct fail_on *f);

/* The names there are: the i-th, or NULL behind the last; *meaning tells what it counts. */
const char *fail_on_name(size_t i, const char **meaning);
