/* Heap allocation with a count and an injected failure. See alloc.h. */
#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

/* The only mutable globals of the library: a statistic and a test's switch, both atomic. */
static atomic_uint_fast64_t allocations;
static atomic_int_fast64_t fail_after = -1;

static bool must_fail(void)
{
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    if (atomic_load_explicit(&fail_after, memory_order_relaxed) < 0)
        return false;
    if (atomic_load_explicit(&fail_after, memory_order_relaxed) == 0)
        return true;
    atomic_fetch_sub_explicit(&fail_after, 1, memory_order_relaxed);
    return false;
}

void *vg_malloc(size_t size)
{
    return must_fail() ? NULL : malloc(size ? size : 1);
}

void *vg_realloc(void *pointer, size_t size)
{
    return must_fail() ? NULL : realloc(pointer, size ? size : 1);
}

void vg_free(void *pointer)
{
    free(pointer);
}

void *vg_malloc_aligned(size_t size)
{
    void *pointer = NULL;

    if (must_fail() || size > SIZE_MAX - 64 || posix_memalign(&pointer, 64, (size + 63) & ~(size_t)63) != 0)
        return NULL;
    return pointer;
}

uint64_t vg_alloc_count(void)
{
    return atomic_load_explicit(&allocations, memory_order_relaxed);
}

void vg_alloc_fail_after(int64_t count)
{
    atomic_store_explicit(&fail_after, count, memory_order_relaxed);
}
