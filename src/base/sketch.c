#include "base/sketch.h"

#include <math.h>

static const double least = 1e-7;
static const double log_gamma = 0.0198026272961797; /* ln(1.02): bucket borders 2 % apart, 1 % from the middle */

void sketch_add(struct sketch *s, double x)
{
    if (isnan(x))
        return;
    if (!s->n || x < s->min)
        s->min = x;
    if (!s->n || x > s->max)
        s->max = x;
    s->n++;
    s->sum += x;
    double i = x > least ? floor(log(x / least) / log_gamma) + 1 : 0;
    s->bucket[i < SKETCH_BUCKETS ? (int)i : SKETCH_BUCKETS - 1]++;
}

void sketch_merge(struct sketch *into, const struct sketch *from)
{
    if (!from->n)
        return;
    if (!into->n || from->min < into->min)
        into->min = from->min;
    if (!into->n || from->max > into->max)
        into->max = from->max;
    into->n += from->n;
    into->sum += from->sum;
    for (int i = 0; i < SKETCH_BUCKETS; i++)
        into->bucket[i] += from->bucket[i];
}

double sketch_quantile(const struct sketch *s, double q)
{
    if (!s->n)
        return NAN;
    uint64_t rank = (uint64_t)ceil(q * (double)s->n), seen = 0;
    int i = 0;
    for (; i < SKETCH_BUCKETS - 1; i++) {
        seen += s->bucket[i];
        if (seen >= rank && seen)
            break;
    }
    double x = i ? least * exp(((double)i - 0.5) * log_gamma) : s->min;
    return x < s->min ? s->min : x > s->max ? s->max : x;
}

double sketch_mean(const struct sketch *s)
{
    return s->n ? s->sum / (double)s->n : NAN;
}
