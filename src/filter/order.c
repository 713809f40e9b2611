/* The order of values: see order.h. Plain types have a loop over a batch of their own; all others one that asks value
 * by value. */
#include "filter/order.h"

#include <math.h>
#include <string.h>

#include "arrow/array.h"
#include "arrow/sql_types.h"
#include "base/str.h"

/* ---- elements --------------------------------------------------------------------------------------------------- */

static const void *fixed(const vgi_array *array, int64_t i, size_t width)
{
    return (const char *)array->buffers[0] + (size_t)(array->offset + i) * width;
}

vg_i128 vg_element_i128(const vgi_array *array, int64_t i)
{
    vg_i128 value;

    memcpy(&value, fixed(array, i, sizeof value), sizeof value);
    return value;
}

bool vg_field_is_text(const vgi_field *field)
{
    if (field->type == VGI_TYPE_DICTIONARY)
        return field->dictionary && vg_field_is_text(field->dictionary);
    return field->type == VGI_TYPE_UTF8 || field->type == VGI_TYPE_LARGE_UTF8;
}

bool vg_field_is(const vgi_field *field, const char *sql_name)
{
    const vg_sql_type *row = field->metadata.count ? vg_sql_type_of(field) : NULL;

    return row && strcmp(row->name, sql_name) == 0;
}

bool vg_field_is_bool8(const vgi_field *field)
{
    return field->type == VGI_TYPE_INT8 &&
           vg_string_is(vgi_metadata_get(field->metadata, VG_EXTENSION_NAME), "arrow.bool8");
}

/* ---- plain types ------------------------------------------------------------------------------------------------ */

#define ORDER(x, y) (((x) > (y)) - ((x) < (y)))

static int order_f64(double x, double y)
{
    if (isnan(x) || isnan(y))
        return (isnan(x) != 0) - (isnan(y) != 0);
    return ORDER(x, y);
}

/* One comparison and one loop a C type; the loop looks at values under NULL, too, which are numbers as any other. */
#define PLAIN(name, type, order_of)                                                                                    \
    static int compare_##name(const vg_order *order, const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)     \
    {                                                                                                                  \
        type x, y;                                                                                                     \
                                                                                                                       \
        (void)order;                                                                                                   \
        memcpy(&x, fixed(a, i, sizeof x), sizeof x);                                                                   \
        memcpy(&y, fixed(b, k, sizeof y), sizeof y);                                                                   \
        return order_of(x, y);                                                                                         \
    }                                                                                                                  \
    static void fill_##name(const vg_order *order, const vgi_array *a, bool a_constant, const vgi_array *b,            \
                            bool b_constant, int64_t n, const uint8_t *skip, int8_t *ret)                              \
    {                                                                                                                  \
        const char *x = fixed(a, 0, sizeof(type)), *y = fixed(b, 0, sizeof(type));                                     \
        const size_t x_step = a_constant ? 0 : sizeof(type), y_step = b_constant ? 0 : sizeof(type);                   \
                                                                                                                       \
        (void)order;                                                                                                   \
        (void)skip;                                                                                                    \
        for (int64_t i = 0; i < n; i++, x += x_step, y += y_step) {                                                    \
            type p, q;                                                                                                 \
                                                                                                                       \
            memcpy(&p, x, sizeof p);                                                                                   \
            memcpy(&q, y, sizeof q);                                                                                   \
            ret[i] = (int8_t)(order_of(p, q));                                                                         \
        }                                                                                                              \
    }

PLAIN(i8, int8_t, ORDER)
PLAIN(i16, int16_t, ORDER)
PLAIN(i32, int32_t, ORDER)
PLAIN(i64, int64_t, ORDER)
PLAIN(u8, uint8_t, ORDER)
PLAIN(u16, uint16_t, ORDER)
PLAIN(u32, uint32_t, ORDER)
PLAIN(u64, uint64_t, ORDER)
PLAIN(i128, vg_i128, ORDER)
PLAIN(u128, vg_u128, ORDER)
PLAIN(f32, float, order_f64)
PLAIN(f64, double, order_f64)

/* Months, days and nanoseconds, carried over as the engine does: 30 days a month, 24 hours a day, microseconds. */
typedef struct interval {
    int32_t months, days;
    int64_t nanos;
} interval;

static int order_interval(interval x, interval y)
{
    static const int64_t DAY_US = INT64_C(86400000000), MONTH_US = 30 * INT64_C(86400000000);
    int64_t parts[2][3];
    const interval both[2] = {x, y};

    for (int s = 0; s < 2; s++) {
        int64_t micros = both[s].nanos / 1000, days = both[s].days;

        parts[s][0] = both[s].months + days / 30 + micros / MONTH_US;
        micros %= MONTH_US;
        parts[s][1] = days % 30 + micros / DAY_US;
        parts[s][2] = micros % DAY_US;
    }
    for (int p = 0; p < 3; p++)
        if (parts[0][p] != parts[1][p])
            return ORDER(parts[0][p], parts[1][p]);
    return 0;
}
PLAIN(interval, interval, order_interval)

/* ---- others ----------------------------------------------------------------------------------------------------- */

static int compare_bool(const vg_order *order, const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)
{
    (void)order;
    return (int)vgi_array_bool(a, i) - (int)vgi_array_bool(b, k);
}

static inline int order_bytes(vgi_bytes x, vgi_bytes y)
{
    const size_t size = x.size < y.size ? x.size : y.size;
    const int first = size ? memcmp(x.data, y.data, size) : 0;

    return first ? first : ORDER(x.size, y.size);
}

static int compare_bytes(const vg_order *order, const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)
{
    (void)order;
    return order_bytes(vgi_array_blob(a, i), vgi_array_blob(b, k));
}

/* Integers of two widths. */
static vg_i128 wide(const vgi_array *array, int64_t i)
{
    return array->field->type == VGI_TYPE_UINT64 ? (vg_i128)(uint64_t)vgi_array_i64(array, i)
                                                 : (vg_i128)vgi_array_i64(array, i);
}

static int compare_wide(const vg_order *order, const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)
{
    const vg_i128 x = wide(a, i), y = wide(b, k);

    (void)order;
    return ORDER(x, y);
}

static int compare_floats(const vg_order *order, const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)
{
    (void)order;
    return order_f64(vgi_array_f64(a, i), vgi_array_f64(b, k));
}

/* Inside a nested value a NULL equals another and lies above everything. */
static int compare_inner(const vg_order *order, const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)
{
    const bool x = vgi_array_is_null(a, i), y = vgi_array_is_null(b, k);

    return x || y ? x - y : order->compare(order, a, i, b, k);
}

static int compare_list(const vg_order *order, const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)
{
    int64_t x, x_end, y, y_end;

    vgi_array_items(a, i, &x, &x_end);
    vgi_array_items(b, k, &y, &y_end);
    for (; x < x_end && y < y_end; x++, y++) {
        const int item = compare_inner(order->children[0], a->children, x, b->children, y);

        if (item != 0)
            return item;
    }
    return ORDER(x_end - x, y_end - y);
}

static int compare_struct(const vg_order *order, const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)
{
    for (int32_t c = 0; c < order->n_children; c++) {
        const int member =
            compare_inner(order->children[c], &a->children[c], a->offset + i, &b->children[c], b->offset + k);

        if (member != 0)
            return member;
    }
    return 0;
}

static int compare_union(const vg_order *order, const vgi_array *a, int64_t i, const vgi_array *b, int64_t k)
{
    int64_t x_at, y_at;
    const vgi_array *x = vg_array_member(a, i, &x_at), *y = vg_array_member(b, k, &y_at);
    const int64_t x_member = x - a->children, y_member = y - b->children;

    if (x_member != y_member)
        return ORDER(x_member, y_member);
    return compare_inner(order->children[x_member], x, x_at, y, y_at);
}

/* The loop of all that have none of their own. */
static void fill_each(const vg_order *order, const vgi_array *a, bool a_constant, const vgi_array *b, bool b_constant,
                      int64_t n, const uint8_t *skip, int8_t *ret)
{
    for (int64_t i = 0; i < n; i++) {
        const int found = skip[i] ? 0 : order->compare(order, a, a_constant ? 0 : i, b, b_constant ? 0 : i);

        ret[i] = (int8_t)((found > 0) - (found < 0));
    }
}

static void fill_bytes(const vg_order *order, const vgi_array *a, bool a_constant, const vgi_array *b, bool b_constant,
                       int64_t n, const uint8_t *skip, int8_t *ret)
{
    if (!vg_array_is_short(a) || !vg_array_is_short(b)) {
        fill_each(order, a, a_constant, b, b_constant, n, skip, ret);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        const int found =
            skip[i] ? 0 : order_bytes(vg_short_at(a, a_constant ? 0 : i), vg_short_at(b, b_constant ? 0 : i));

        ret[i] = (int8_t)((found > 0) - (found < 0));
    }
}

/* ---- which ------------------------------------------------------------------------------------------------------ */

#define ROW(name) {compare_##name, fill_##name, NULL, 0}

/* Types whose values are compared as they lie there, with values of the same type and parameters. */
static const vg_order SAME[VGI_TYPE_COUNT] = {
    [VGI_TYPE_BOOL] = {compare_bool, fill_each, NULL, 0},
    [VGI_TYPE_INT8] = ROW(i8),
    [VGI_TYPE_INT16] = ROW(i16),
    [VGI_TYPE_INT32] = ROW(i32),
    [VGI_TYPE_INT64] = ROW(i64),
    [VGI_TYPE_UINT8] = ROW(u8),
    [VGI_TYPE_UINT16] = ROW(u16),
    [VGI_TYPE_UINT32] = ROW(u32),
    [VGI_TYPE_UINT64] = ROW(u64),
    [VGI_TYPE_FLOAT32] = ROW(f32),
    [VGI_TYPE_FLOAT64] = ROW(f64),
    [VGI_TYPE_DECIMAL128] = ROW(i128),
    [VGI_TYPE_DATE32] = ROW(i32),
    [VGI_TYPE_DATE64] = ROW(i64),
    [VGI_TYPE_TIME32] = ROW(i32),
    [VGI_TYPE_TIME64] = ROW(i64),
    [VGI_TYPE_TIMESTAMP] = ROW(i64),
    [VGI_TYPE_DURATION] = ROW(i64),
    [VGI_TYPE_INTERVAL_MONTH_DAY_NANO] = ROW(interval),
};
static const vg_order HUGE = ROW(i128), UHUGE = ROW(u128);
static const vg_order BYTES = {compare_bytes, fill_bytes, NULL, 0};
static const vg_order WIDE = {compare_wide, fill_each, NULL, 0};
static const vg_order FLOATS = {compare_floats, fill_each, NULL, 0};

static bool is_integer(const vgi_field *field)
{
    return field->type >= VGI_TYPE_INT8 && field->type <= VGI_TYPE_UINT64;
}

static bool is_float(const vgi_field *field)
{
    return field->type == VGI_TYPE_FLOAT32 || field->type == VGI_TYPE_FLOAT64;
}

static bool is_blob(const vgi_field *field)
{
    return field->type == VGI_TYPE_BINARY || field->type == VGI_TYPE_LARGE_BINARY;
}

static bool is_list(const vgi_field *field)
{
    return field->type == VGI_TYPE_LIST || field->type == VGI_TYPE_LARGE_LIST || field->type == VGI_TYPE_MAP ||
           field->type == VGI_TYPE_FIXED_SIZE_LIST;
}

static bool is_union(const vgi_field *field)
{
    return field->type == VGI_TYPE_SPARSE_UNION || field->type == VGI_TYPE_DENSE_UNION;
}

/* The engine says a hugeint in a filter as the decimal that has its bytes. */
static const vg_order *choose_wide(const vgi_field *a, const vgi_field *b)
{
    const bool a_whole = a->type == VGI_TYPE_DECIMAL128 && a->scale == 0;
    const bool b_whole = b->type == VGI_TYPE_DECIMAL128 && b->scale == 0;

    if ((vg_field_is(a, "UHUGEINT") && (b_whole || vg_field_is(b, "UHUGEINT"))) ||
        (a_whole && vg_field_is(b, "UHUGEINT")))
        return &UHUGE;
    if ((vg_field_is(a, "HUGEINT") && (b_whole || vg_field_is(b, "HUGEINT"))) || (a_whole && vg_field_is(b, "HUGEINT")))
        return &HUGE;
    return NULL;
}

static const vg_order *choose_plain(const vgi_field *a, const vgi_field *b)
{
    const bool is_fixed_bytes = a->type == VGI_TYPE_FIXED_SIZE_BINARY && b->type == a->type;

    if ((vg_field_is_text(a) && vg_field_is_text(b)) || (is_blob(a) && is_blob(b)))
        return &BYTES;
    if (a->type == VGI_TYPE_FIXED_SIZE_BINARY || b->type == VGI_TYPE_FIXED_SIZE_BINARY)
        return is_fixed_bytes && a->fixed_size == b->fixed_size && vg_field_is(a, "UUID") == vg_field_is(b, "UUID") &&
                       (vg_field_is(a, "UUID") || a->metadata.count == 0)
                   ? &BYTES
                   : choose_wide(a, b);
    if (a->type != b->type)
        return is_integer(a) && is_integer(b) ? &WIDE : is_float(a) && is_float(b) ? &FLOATS : NULL;
    if (a->unit != b->unit || a->scale != b->scale ||
        (a->type == VGI_TYPE_TIMESTAMP && !a->timezone.data != !b->timezone.data))
        return NULL;
    return SAME[a->type].compare ? &SAME[a->type] : NULL;
}

static bool is_nested_alike(const vgi_field *a, const vgi_field *b)
{
    if (a->type == VGI_TYPE_STRUCT || is_union(a))
        return a->type == b->type && a->n_children == b->n_children;
    return is_list(a) && is_list(b) && a->n_children == 1 && b->n_children == 1;
}

vgi_status vg_order_choose(vg_arena *arena, const vgi_field *a, const vgi_field *b, const vg_order **ret,
                           vgi_error *err)
{
    const bool nested = is_nested_alike(a, b);
    vg_order *order = nested ? VG_NEW(arena, vg_order) : NULL;
    const vg_order **children = nested ? VG_NEW_ARRAY(arena, const vg_order *, a->n_children) : NULL;

    *ret = nested ? NULL : choose_plain(a, b);
    if (!nested)
        return VGI_OK;
    if (!order || !children)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a filter");
    for (int32_t c = 0; c < a->n_children; c++) {
        VGI_TRY(vg_order_choose(arena, a->children[c], b->children[c], &children[c], err));
        if (!children[c])
            return VGI_OK;
    }
    *order = (vg_order){.compare = is_list(a)    ? compare_list
                                   : is_union(a) ? compare_union
                                                 : compare_struct,
                        .fill = fill_each,
                        .children = children,
                        .n_children = a->n_children};
    *ret = order;
    return VGI_OK;
}
