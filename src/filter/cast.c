/* Casts between numbers, as DuckDB casts (vgi.md §9: a filter's casts throw). A source is an integer with a scale, or a
 * double; a target takes either. Casts that depend on a session (of texts, of dates and times) are not claimed, so
 * that no engine sends them. Called by eval.c. */
#include "arrow/type.h"
#include "filter/filter.h"

#include <math.h>
#include <string.h>

typedef struct number {
    bool is_float;
    int32_t scale;
    vg_i128 whole;
    double real;
} number;

static vg_i128 power10(int32_t exponent)
{
    vg_i128 power = 1;

    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* ---- sources ---------------------------------------------------------------------------------------------------- */

static number take_integer(const vgi_array *array, int64_t i)
{
    const int64_t value = vgi_array_i64(array, i);

    return (number){.whole = array->field->type == VGI_TYPE_UINT64 ? (vg_i128)(uint64_t)value : (vg_i128)value};
}

static number take_float(const vgi_array *array, int64_t i)
{
    return (number){.is_float = true, .real = vgi_array_f64(array, i)};
}

static number take_decimal(const vgi_array *array, int64_t i)
{
    return (number){.whole = vg_element_i128(array, i), .scale = array->field->scale};
}

/* Beyond the range of the others it is but a double, which no integer target takes. */
static number take_unsigned(const vgi_array *array, int64_t i)
{
    const vg_u128 value = (vg_u128)vg_element_i128(array, i);

    if (value >> 127 == 0)
        return (number){.whole = (vg_i128)value};
    return (number){.is_float = true,
                    .real = (double)(uint64_t)value + (double)(uint64_t)(value >> 64) * 18446744073709551616.0};
}

typedef number take_number(const vgi_array *array, int64_t i);

static take_number *source_of(const vgi_field *field)
{
    if (field->type >= VGI_TYPE_INT8 && field->type <= VGI_TYPE_UINT64)
        return take_integer;
    if (field->type == VGI_TYPE_FLOAT32 || field->type == VGI_TYPE_FLOAT64)
        return take_float;
    if (vg_field_is(field, "UHUGEINT"))
        return take_unsigned;
    if (vg_field_is(field, "HUGEINT") ||
        (field->type == VGI_TYPE_DECIMAL128 && field->scale >= 0 && field->scale <= 38))
        return take_decimal;
    return NULL;
}

/* ---- targets ---------------------------------------------------------------------------------------------------- */

/* Half away from zero. */
static vg_i128 divide_rounded(vg_i128 value, vg_i128 power)
{
    const vg_i128 whole = value / power, rest = value % power;

    if (power == 1)
        return value;
    return rest >= power / 2 ? whole + 1 : rest <= -(power / 2) ? whole - 1 : whole;
}

/* Half to the even one, without libm: beyond 2^52 there are no halves, and up to it the sum has no room for them. */
static double round_even(double value)
{
    static const double NO_HALVES = 4503599627370496.0;

    if (value >= NO_HALVES || value <= -NO_HALVES)
        return value;
    return value < 0 ? value - NO_HALVES + NO_HALVES : value + NO_HALVES - NO_HALVES;
}

typedef struct integer_range {
    vg_i128 min, max;
} integer_range;

static integer_range range_of(vgi_type_id type)
{
    const int32_t bits = vg_type_info_of(type)->width_bits;
    const vg_i128 one = 1;

    return type >= VGI_TYPE_UINT8 ? (integer_range){0, (one << bits) - 1}
                                  : (integer_range){-(one << (bits - 1)), (one << (bits - 1)) - 1};
}

static bool put_integer(const number *from, const vgi_field *field, void *to)
{
    const integer_range range = range_of(field->type);
    vg_i128 value;

    if (from->is_float) {
        if (!(from->real >= (double)range.min && from->real < (double)(range.max + 1)))
            return false;
        value = (vg_i128)round_even(from->real);
    } else {
        value = divide_rounded(from->whole, power10(from->scale));
    }
    if (value < range.min || value > range.max)
        return false;
    memcpy(to, &value, (size_t)vg_type_info_of(field->type)->width_bits / 8);
    return true;
}

/* As the engine makes doubles of its 128-bit integers: the halves one by one, but for small negative ones. */
static double to_double(vg_i128 value)
{
    const uint64_t low = (uint64_t)value;
    const int64_t high = (int64_t)(value >> 64);

    if (value >= INT64_MIN && value <= INT64_MAX)
        return (double)(int64_t)value;
    return high == -1 ? -(double)(UINT64_MAX - low) - 1 : (double)low + (double)high * 18446744073709551616.0;
}

static double decimal_to_double(const number *from)
{
    const vg_i128 power = power10(from->scale), exact = (vg_i128)1 << 53;

    if (from->scale == 0 || (from->whole >= -exact && from->whole <= exact))
        return to_double(from->whole) / to_double(power);
    return to_double(from->whole / power) + to_double(from->whole % power) / to_double(power);
}

static bool put_f64(const number *from, const vgi_field *field, void *to)
{
    const double value = from->is_float ? from->real : decimal_to_double(from);

    (void)field;
    memcpy(to, &value, sizeof value);
    return true;
}

static float whole_to_float(vg_i128 value)
{
    if (value >= INT64_MIN && value <= INT64_MAX)
        return (float)(int64_t)value;
    if (value > 0 && value <= UINT64_MAX)
        return (float)(uint64_t)value;
    return (float)(uint64_t)value + (float)(int64_t)(value >> 64) * 18446744073709551616.0F;
}

static bool put_f32(const number *from, const vgi_field *field, void *to)
{
    const vg_i128 power = power10(from->scale), exact = (vg_i128)1 << 24;
    float value;

    (void)field;
    if (from->is_float) {
        value = (float)from->real;
        if (isinf(value) && !isinf(from->real))
            return false;
    } else if (from->scale == 0 || (from->whole >= -exact && from->whole <= exact)) {
        value = whole_to_float(from->whole) / (float)to_double(power);
    } else {
        value = whole_to_float(from->whole / power) + whole_to_float(from->whole % power) / (float)to_double(power);
    }
    memcpy(to, &value, sizeof value);
    return true;
}

static bool put_decimal(const number *from, const vgi_field *field, void *to)
{
    const int32_t digits = field->precision > 0 && field->precision <= 38 ? field->precision : 38;
    vg_i128 value, limit = power10(digits);

    if (from->is_float) {
        const double sign = (from->real > 0) - (from->real < 0);
        const double scaled = from->real * to_double(power10(field->scale)) + sign * 1e-9;

        if (!(scaled > -to_double(limit) && scaled < to_double(limit)))
            return false;
        value = (vg_i128)round_even(scaled);
    } else if (from->scale > field->scale) {
        value = divide_rounded(from->whole, power10(from->scale - field->scale));
    } else if (__builtin_mul_overflow(from->whole, power10(field->scale - from->scale), &value)) {
        return false;
    }
    if (digits < 38 && (value <= -limit || value >= limit))
        return false;
    memcpy(to, &value, sizeof value);
    return true;
}

/* A double of 2^127 is no hugeint any more. */
static bool put_huge(const number *from, const vgi_field *field, void *to)
{
    static const double LIMIT = 170141183460469231731687303715884105728.0;
    vg_i128 value;

    if (from->is_float && !(from->real > -LIMIT && from->real < LIMIT))
        return false;
    value = from->is_float ? (vg_i128)round_even(from->real) : divide_rounded(from->whole, power10(from->scale));
    if (value < 0 && vg_field_is(field, "UHUGEINT"))
        return false;
    memcpy(to, &value, sizeof value);
    return true;
}

typedef bool put_number(const number *from, const vgi_field *field, void *to);

static put_number *target_of(const vgi_field *field)
{
    if (field->type >= VGI_TYPE_INT8 && field->type <= VGI_TYPE_UINT64)
        return put_integer;
    if (field->type == VGI_TYPE_FLOAT32 || field->type == VGI_TYPE_FLOAT64)
        return field->type == VGI_TYPE_FLOAT32 ? put_f32 : put_f64;
    if (vg_field_is(field, "HUGEINT") || vg_field_is(field, "UHUGEINT"))
        return put_huge;
    return field->type == VGI_TYPE_DECIMAL128 && field->scale >= 0 && field->scale <= 38 ? put_decimal : NULL;
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

static bool cast_rows(const vg_cast_rows *rows)
{
    const vgi_field *from = rows->from->field, *to = rows->to->field;
    take_number *take = source_of(from);
    put_number *put = target_of(to);
    const size_t width = (size_t)vg_field_width_bits(to) / 8;
    char *out = (char *)(uintptr_t)rows->to->buffers[0];
    bool all_fit = true;

    for (int64_t i = 0; i < rows->n; i++, out += width) {
        number value;

        if (rows->is_null[i])
            continue;
        value = take(rows->from, i);
        if (put(&value, to, out))
            continue;
        rows->is_wrong[i] = 1;
        all_fit = false;
    }
    return all_fit;
}

vg_cast *vg_cast_choose(const vgi_field *from, const vgi_field *to)
{
    return source_of(from) && target_of(to) ? cast_rows : NULL;
}
