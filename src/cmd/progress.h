/* The progress bar on stderr. */
#pragma once
#include "pipeline/analysis.h"

struct progress {
    bool wanted, shown;
    double began_s; /* of the monotonic clock */
};

/* Wanted only when stderr is a terminal and the user did not ask for quiet. */
void progress_init(struct progress *p, bool quiet);

/* analysis_options.on_progress: draws once a run takes over a second. ctx is a struct progress. */
void progress_show(void *ctx, const struct analysis_progress *now);

/* Takes the bar away. */
void progress_clear(struct progress *p);
