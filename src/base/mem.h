/* The one door to the heap: every allocation of ours goes through here, so that tests can count and fail them. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Like malloc, calloc, realloc and free. NULL when there is no memory (or when a test says so). */
void *mem_alloc(size_t n);
void *mem_calloc(size_t count, size_t size);
void *mem_realloc(void *p, size_t n);
void mem_free(void *p);

/* Number of successful mem_alloc, mem_calloc and mem_realloc calls of this process so far. */
uint64_t mem_count(void);

/* Tests only: the allocation that comes after `after` more successful ones fails, and all later ones too.
 * A negative value turns failing off. */
void mem_fail_after(int64_t after);
