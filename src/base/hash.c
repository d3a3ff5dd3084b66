#include "base/hash.h"

#include <sys/random.h>
#include <time.h>

struct hash_seed hash_seed_random(void)
{
    struct hash_seed s;
    if (getrandom(&s, sizeof s, 0) != (ssize_t)sizeof s) {
        /* Only before the kernel's pool is ready; addresses and time are better than a constant. */
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        s.k0 = (uint64_t)(uintptr_t)&s ^ (uint64_t)t.tv_nsec << 20;
        s.k1 = (uint64_t)t.tv_sec * 0x9e3779b97f4a7c15u;
    }
    return s;
}
