/* What a workload is to the runner; one file each. */
#pragma once
#include "synth/party.h"

/* Sets the scene and the first events; answers false when there is no memory (the run has failed). */
typedef bool (*workload_fn)(struct sim *s, const struct synth_options *o);

bool workload_sample(struct sim *s, const struct synth_options *o);
bool workload_open_server(struct sim *s, const struct synth_options *o);
bool workload_rtp(struct sim *s, const struct synth_options *o);
