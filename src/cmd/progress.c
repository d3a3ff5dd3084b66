#include "cmd/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* The only clock that is not capture time: it decides when a person begins to wait. */
static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void progress_init(struct progress *p, bool quiet)
{
    *p = (struct progress){.wanted = !quiet && isatty(STDERR_FILENO), .began_s = now_s()};
}

void progress_show(void *ctx, const struct analysis_progress *now)
{
    enum { CELLS = 30 };
    struct progress *p = ctx;
    double elapsed = now_s() - p->began_s;
    if (!p->wanted || elapsed < 1)
        return;
    p->shown = true;
    if (!now->bytes_total) {
        fprintf(stderr, "\r\x1b[K%llu packets, %llu messages", (unsigned long long)now->packets, (unsigned long long)now->messages);
        return;
    }
    double share = (double)now->bytes_done / (double)now->bytes_total;
    share = share > 1 ? 1 : share;
    char bar[CELLS + 1];
    for (int i = 0; i < CELLS; i++)
        bar[i] = i < (int)(share * CELLS) ? '#' : '.';
    bar[CELLS] = 0;
    fprintf(stderr, "\r\x1b[K[%s] %3.0f %%  %llu messages", bar, share * 100, (unsigned long long)now->messages);
    if (share > 0.02)
        fprintf(stderr, "  %.0f s left", elapsed / share - elapsed);
}

void progress_clear(struct progress *p)
{
    if (p->shown)
        fputs("\r\x1b[K", stderr);
    p->shown = false;
}
