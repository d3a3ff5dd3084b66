/* Mergeable quantiles of a positive quantity with a relative error of at most 1 % (logarithmic buckets, the idea of
 * DDSketch, Masson et al. 2019). Fixed size; exact count, mean, least and greatest. */
#pragma once
#include <stdint.h>

enum { SKETCH_BUCKETS = 2048 };

struct sketch {
    uint64_t n;
    double sum, min, max;
    uint32_t bucket[SKETCH_BUCKETS]; /* from 1e-7 up to 1e10; what lies outside goes into the first or the last */
};

/* Adds x; NaN is ignored, what is not positive counts as the least bucket. */
void sketch_add(struct sketch *s, double x);
void sketch_merge(struct sketch *into, const struct sketch *from);

/* Quantile q in [0, 1]; NaN when empty. */
double sketch_quantile(const struct sketch *s, double q);
double sketch_mean(const struct sketch *s);
