/* Heap allocation: the one door to malloc. Everything in src/ allocates through it, so that tests can count
 * allocations ("none per batch in the steady state") and make the n-th one fail. */
#ifndef VG_BASE_ALLOC_H
#define VG_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As malloc, realloc and free; NULL when out of memory. Sizes of 0 are rounded up to 1. Free with vg_free only. */
void *vg_malloc(size_t size);
void *vg_realloc(void *pointer, size_t size);
void vg_free(void *pointer);

/* Memory aligned to 64 bytes (Arrow's recommendation) for buffers that writev and SIMD read. Free with vg_free. */
void *vg_malloc_aligned(size_t size);

/* `a * b` and `a + b`; false (and nothing stored) where the result does not fit. */
static inline bool vg_mul_size(size_t a, size_t b, size_t *ret)
{
    return !__builtin_mul_overflow(a, b, ret);
}
static inline bool vg_add_size(size_t a, size_t b, size_t *ret)
{
    return !__builtin_add_overflow(a, b, ret);
}

/* For tests only: the number of allocations (malloc and growing realloc) of the process so far, and a countdown after
 * which every allocation fails (negative: never, the default). */
uint64_t vg_alloc_count(void);
void vg_alloc_fail_after(int64_t allocations);

#endif
