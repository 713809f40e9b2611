/* Values as JSON text. */
#include "worker/json.h"

#include <math.h>
#include <stdio.h>

#include "base/real.h"

static bool put_double(vg_text *to, double value)
{
    char digits[VG_REAL_TEXT];

    if (!isfinite(value))
        return false;
    (void)vg_real_print(value, digits);
    vg_text_puts(to, digits);
    return true;
}

static bool put_items(vg_text *to, const vgi_array *array, int64_t i)
{
    int64_t begin, end;
    bool ok = true;

    vg_text_puts(to, "[");
    vgi_array_items(array, i, &begin, &end);
    for (int64_t at = begin; ok && at < end; at++) {
        vg_text_puts(to, at == begin ? "" : ", ");
        ok = vg_json_value(to, &array->children[0], at);
    }
    vg_text_puts(to, "]");
    return ok;
}

static bool put_members(vg_text *to, const vgi_array *array, int64_t i)
{
    bool ok = true;

    vg_text_puts(to, "{");
    for (int32_t c = 0; ok && c < array->field->n_children; c++) {
        vg_text_puts(to, c == 0 ? "" : ", ");
        vg_text_json(to, array->field->children[c]->name);
        vg_text_puts(to, ": ");
        ok = vg_json_value(to, &array->children[c], array->offset + i);
    }
    vg_text_puts(to, "}");
    return ok;
}

static bool put_text(vg_text *to, const char *text)
{
    vg_text_puts(to, text);
    return true;
}

bool vg_json_value(vg_text *to, const vgi_array *array, int64_t i)
{
    char text[24];

    if (vgi_array_is_null(array, i))
        return put_text(to, "null");
    switch (array->field->type) {
    case VGI_TYPE_BOOL:
        return put_text(to, vgi_array_bool(array, i) ? "true" : "false");
    case VGI_TYPE_INT8:
    case VGI_TYPE_INT16:
    case VGI_TYPE_INT32:
    case VGI_TYPE_INT64:
    case VGI_TYPE_UINT8:
    case VGI_TYPE_UINT16:
    case VGI_TYPE_UINT32:
        snprintf(text, sizeof text, "%lld", (long long)vgi_array_i64(array, i));
        return put_text(to, text);
    case VGI_TYPE_UINT64:
        snprintf(text, sizeof text, "%llu", (unsigned long long)vgi_array_i64(array, i));
        return put_text(to, text);
    case VGI_TYPE_FLOAT32:
    case VGI_TYPE_FLOAT64:
        return put_double(to, vgi_array_f64(array, i));
    case VGI_TYPE_UTF8:
    case VGI_TYPE_LARGE_UTF8:
        vg_text_json(to, vgi_array_text(array, i));
        return true;
    case VGI_TYPE_LIST:
    case VGI_TYPE_LARGE_LIST:
    case VGI_TYPE_FIXED_SIZE_LIST:
        return put_items(to, array, i);
    case VGI_TYPE_STRUCT:
        return put_members(to, array, i);
    default:
        return false;
    }
}
