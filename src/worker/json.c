/* Values as JSON text. */
#include "worker/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool put(vg_buf *buf, const char *text)
{
    return vg_buf_append(buf, text, strlen(text));
}

bool vg_json_string(vg_buf *buf, vgi_string text)
{
    char escape[8];
    bool ok = put(buf, "\"");

    for (size_t i = 0; ok && i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '"' || c == '\\') {
            snprintf(escape, sizeof escape, "\\%c", c);
            ok = put(buf, escape);
        } else if (c < 0x20) {
            snprintf(escape, sizeof escape, "\\u%04x", c);
            ok = put(buf, escape);
        } else {
            ok = vg_buf_append(buf, &text.data[i], 1);
        }
    }
    return ok && put(buf, "\"");
}

/* The shortest of 15 to 17 digits that reads back as the same number. */
static bool put_double(vg_buf *buf, double value)
{
    char text[40];

    if (!isfinite(value))
        return false;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (!(strtod(text, NULL) < value) && !(strtod(text, NULL) > value))
            break;
    }
    return put(buf, text);
}

static bool put_items(vg_buf *buf, const vgi_array *array, int64_t i)
{
    int64_t begin, end;
    bool ok = put(buf, "[");

    vgi_array_items(array, i, &begin, &end);
    for (int64_t at = begin; ok && at < end; at++)
        ok = (at == begin || put(buf, ", ")) && vg_json_value(buf, &array->children[0], at);
    return ok && put(buf, "]");
}

static bool put_members(vg_buf *buf, const vgi_array *array, int64_t i)
{
    bool ok = put(buf, "{");

    for (int32_t c = 0; ok && c < array->field->n_children; c++)
        ok = (c == 0 || put(buf, ", ")) && vg_json_string(buf, array->field->children[c]->name) && put(buf, ": ") &&
             vg_json_value(buf, &array->children[c], array->offset + i);
    return ok && put(buf, "}");
}

bool vg_json_value(vg_buf *buf, const vgi_array *array, int64_t i)
{
    char text[24];

    if (vgi_array_is_null(array, i))
        return put(buf, "null");
    switch (array->field->type) {
    case VGI_TYPE_BOOL:
        return put(buf, vgi_array_bool(array, i) ? "true" : "false");
    case VGI_TYPE_INT8:
    case VGI_TYPE_INT16:
    case VGI_TYPE_INT32:
    case VGI_TYPE_INT64:
    case VGI_TYPE_UINT8:
    case VGI_TYPE_UINT16:
    case VGI_TYPE_UINT32:
        snprintf(text, sizeof text, "%lld", (long long)vgi_array_i64(array, i));
        return put(buf, text);
    case VGI_TYPE_UINT64:
        snprintf(text, sizeof text, "%llu", (unsigned long long)vgi_array_i64(array, i));
        return put(buf, text);
    case VGI_TYPE_FLOAT32:
    case VGI_TYPE_FLOAT64:
        return put_double(buf, vgi_array_f64(array, i));
    case VGI_TYPE_UTF8:
    case VGI_TYPE_LARGE_UTF8:
        return vg_json_string(buf, vgi_array_text(array, i));
    case VGI_TYPE_LIST:
    case VGI_TYPE_LARGE_LIST:
    case VGI_TYPE_FIXED_SIZE_LIST:
        return put_items(buf, array, i);
    case VGI_TYPE_STRUCT:
        return put_members(buf, array, i);
    default:
        return false;
    }
}
