/* The set of an IN: its values in order, so that a row asks only a few of them. Sets may be as large as the keys of a
 * join. */
#include "filter/filter.h"

#include <string.h>

/* Merge sort: `from` in runs of `width` into `to`. */
static void merge(const vg_order *order, const vgi_array *set, const int64_t *from, int64_t *to, int64_t n,
                  int64_t width)
{
    for (int64_t begin = 0; begin < n; begin += 2 * width) {
        const int64_t middle = begin + width < n ? begin + width : n, end = middle + width < n ? middle + width : n;
        int64_t left = begin, right = middle;

        for (int64_t at = begin; at < end; at++) {
            const bool takes_left =
                left < middle && (right >= end || order->compare(order, set, from[left], set, from[right]) <= 0);

            to[at] = takes_left ? from[left++] : from[right++];
        }
    }
}

vgi_status vg_set_sort(const vg_maker *m, vg_expr *in)
{
    const vgi_array *set = in->node.values;
    int64_t *a = VG_NEW_ARRAY(m->arena, int64_t, set->length), *b = VG_NEW_ARRAY(m->arena, int64_t, set->length);
    int64_t n = 0;

    if (!a || !b)
        return vgi_error_set(m->err, VGI_ERR_MEMORY, "out of memory for a set of %" PRId64 " values", set->length);
    for (int64_t i = 0; i < set->length; i++)
        if (vgi_array_is_null(set, i))
            in->set_has_null = true;
        else
            a[n++] = i;
    for (int64_t width = 1; in->order && width < n; width *= 2) {
        int64_t *swap = a;

        merge(in->order, set, a, b, n, width);
        a = b;
        b = swap;
    }
    in->sorted = a;
    in->n_sorted = n;
    return VGI_OK;
}

bool vg_set_has(const vg_expr *in, const vgi_array *array, int64_t i)
{
    int64_t low = 0, high = in->n_sorted;

    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const int order = in->order->compare(in->order, array, i, in->node.values, in->sorted[middle]);

        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}
