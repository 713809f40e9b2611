/* Rules about values. See values.h. */
#include "values.h"

#include <string.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/load.h"

static bool whole_days(const vgi_field *field, const uint8_t *value)
{
    (void)field;
    return vg_load_i64(value) % INT64_C(86400000) == 0;
}

static bool time_of_day(const vgi_field *field, const uint8_t *value)
{
    static const int64_t PER_SECOND[] = {1, 1000, 1000000, 1000000000};
    int64_t time = field->type == VGI_TYPE_TIME32 ? vg_load_i32(value) : vg_load_i64(value);

    return time >= 0 && time < 86400 * PER_SECOND[field->unit];
}

/* |value| < 10^precision, in words of 32 bits, the lowest first. */
static bool fits_precision(const vgi_field *field, const uint8_t *value)
{
    enum { WORDS = 8 };
    int words = field->type == VGI_TYPE_DECIMAL128 ? 4 : WORDS;
    uint32_t number[WORDS] = {0}, limit[WORDS] = {1};
    bool negative;

    memcpy(number, value, (size_t)words * 4);
    negative = number[words - 1] >> 31;
    for (int i = 0, carry = 1; negative && i < words; i++) {
        number[i] = ~number[i] + (uint32_t)carry;
        carry = carry && number[i] == 0;
    }
    for (int digit = 0; digit < field->precision; digit++) {
        uint64_t carry = 0;
        for (int i = 0; i < WORDS; i++) {
            carry += (uint64_t)limit[i] * 10;
            limit[i] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    for (int i = WORDS - 1; i >= 0; i--)
        if (number[i] != limit[i])
            return number[i] < limit[i];
    return false;
}

static const struct rule {
    bool (*good)(const vgi_field *field, const uint8_t *value);
    const char *what;
} RULES[VGI_TYPE_COUNT] = {
    [VGI_TYPE_DATE64] = {whole_days, "not a whole day"},
    [VGI_TYPE_TIME32] = {time_of_day, "not a time of day"},
    [VGI_TYPE_TIME64] = {time_of_day, "not a time of day"},
    [VGI_TYPE_DECIMAL128] = {fits_precision, "more digits than the precision allows"},
    [VGI_TYPE_DECIMAL256] = {fits_precision, "more digits than the precision allows"},
};

vgi_status check_values(const vgi_array *array, vgi_error *err)
{
    const struct rule *rule = &RULES[array->field->type];
    int64_t width = vg_field_width_bits(array->field) / 8;

    for (int64_t i = array->offset; rule->good && i < array->offset + array->length; i++)
        if (!(array->validity && !vg_bit(array->validity, i)) &&
            !rule->good(array->field, (const uint8_t *)array->buffers[0] + i * width))
            return vgi_error_set(err, VGI_ERR_VALUE, "field '%.*s': %s", (int)array->field->name.size,
                                 array->field->name.data, rule->what);
    for (int64_t i = 0; i < array->n_children; i++)
        VGI_TRY(check_values(&array->children[i], err));
    return array->dictionary ? check_values(array->dictionary, err) : VGI_OK;
}
