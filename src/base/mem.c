#include "base/mem.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Test instrumentation, not program state: nothing reads these but tests. */
static atomic_uint_fast64_t allocations;
static atomic_int_fast64_t fail_after = -1;

static int must_fail(void)
{
    int64_t left = atomic_load_explicit(&fail_after, memory_order_relaxed);
    if (left < 0)
        return 0;
    if (left == 0)
        return 1;
    atomic_store_explicit(&fail_after, left - 1, memory_order_relaxed);
    return 0;
}

static void *counted(void *p)
{
    if (p)
        atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return p;
}

void *mem_alloc(size_t n)
{
    return must_fail() ? NULL : counted(malloc(n ? n : 1));
}

void *mem_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : counted(calloc(count ? count : 1, size ? size : 1));
}

void *mem_realloc(void *p, size_t n)
{
    return must_fail() ? NULL : counted(realloc(p, n ? n : 1));
}

void mem_free(void *p)
{
    free(p);
}

uint64_t mem_count(void)
{
    return atomic_load_explicit(&allocations, memory_order_relaxed);
}

void mem_fail_after(int64_t after)
{
    atomic_store_explicit(&fail_after, after, memory_order_relaxed);
}
