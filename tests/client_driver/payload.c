/* What lines carry: base64, batches, texts, errors, logs. See driver.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* ---- base64 ------------------------------------------------------------------------------------------------------ */

static json_t *base64(vgi_bytes bytes)
{
    char *text = malloc((bytes.size + 2) / 3 * 4 + 1), *out = text;
    json_t *ret;

    if (!text)
        return NULL;
    for (size_t i = 0; i < bytes.size; i += 3) {
        const size_t left = bytes.size - i;
        const uint32_t three = (uint32_t)bytes.data[i] << 16 | (left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0) |
                               (left > 2 ? bytes.data[i + 2] : 0);

        *out++ = DIGITS[three >> 18];
        *out++ = DIGITS[three >> 12 & 63];
        *out++ = left > 1 ? DIGITS[three >> 6 & 63] : '=';
        *out++ = left > 2 ? DIGITS[three & 63] : '=';
    }
    ret = json_stringn_nocheck(text, (size_t)(out - text));
    free(text);
    return ret;
}

/* Four digits, the last of which may be padding: the bytes put to `out`, or -1. */
static int take_four(const char *at, bool is_last, uint8_t *out)
{
    const int padding = is_last ? (at[3] == '=') + (at[3] == '=' && at[2] == '=') : 0;
    uint32_t bits = 0;

    for (int i = 0; i < 4; i++) {
        const char *digit = i < 4 - padding ? memchr(DIGITS, at[i], sizeof DIGITS - 1) : DIGITS;

        if (!digit)
            return -1;
        bits = bits << 6 | (uint32_t)(digit - DIGITS);
    }
    for (int i = 0; i < 3 - padding; i++)
        out[i] = (uint8_t)(bits >> (16 - 8 * i));
    return 3 - padding;
}

static bool unbase64(driver *d, const char *text, size_t size, vgi_bytes *ret)
{
    uint8_t *bytes = vgi_result_alloc(d->memory, size / 4 * 3 + 1), *out = bytes;

    if (!bytes || size % 4 != 0)
        return false;
    for (size_t i = 0; i < size; i += 4) {
        const int n = take_four(text + i, i + 4 == size, out);

        if (n < 0)
            return false;
        out += n;
    }
    *ret = (vgi_bytes){bytes, (size_t)(out - bytes)};
    return true;
}

/* ---- batches ----------------------------------------------------------------------------------------------------- */

const vgi_batch *take_batch(driver *d, const json_t *line, const char *name, json_t **ret_refusal)
{
    const json_t *text = json_object_get(line, name);
    const vgi_batch *batch;
    vgi_error err = {0};
    vgi_bytes bytes;

    if (!json_is_string(text))
        *ret_refusal = refuse("%s is missing, or is no string", name);
    else if (!unbase64(d, json_string_value(text), json_string_length(text), &bytes))
        *ret_refusal = refuse("%s is not base64", name);
    else if (vgi_batch_decode(d->memory, bytes, &batch, &err) != VGI_OK)
        *ret_refusal = refuse("%s: %s", name, err.message);
    else
        return batch;
    return NULL;
}

json_t *batch_base64(driver *d, const vgi_batch *batch)
{
    vgi_bytes bytes;

    return vgi_batch_encode(d->memory, batch, &bytes, NULL) == VGI_OK ? base64(bytes) : NULL;
}

json_t *schema_base64(driver *d, const vgi_arrow_schema *schema)
{
    vgi_bytes bytes;

    return vgi_schema_encode(d->memory, schema, &bytes, NULL) == VGI_OK ? base64(bytes) : NULL;
}

/* ---- texts, errors, logs ----------------------------------------------------------------------------------------- */

json_t *text_of(vgi_string text)
{
    json_t *ret = json_stringn(text.data ? text.data : "", text.size);

    return ret ? ret : json_sprintf("(%zu bytes that are no UTF-8)", text.size);
}

json_t *refuse(const char *format, ...)
{
    char text[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return json_pack("{s:b, s:o}", "ok", 0, "error", text_of(vgi_str(text)));
}

json_t *refuse_because(const vgi_error *err)
{
    return refuse("%s", err->message);
}

/* A list of what JSON has in `text`; an empty one where there is none. */
static json_t *details_of(vgi_string text)
{
    json_t *details = text.data ? json_loadb(text.data, text.size, JSON_ALLOW_NUL, NULL) : NULL;

    if (details && json_is_array(details))
        return details;
    json_decref(details);
    return json_array();
}

static json_t *error_of(const driver *d, const vgi_error *err)
{
    const vgi_remote_error *remote = vgi_client_remote_error(d->client);
    const char *type = err->exception[0] ? err->exception : vgi_status_exception(err->status);

    if (!remote)
        return json_pack("{s:o, s:o, s:s}", "error_type", text_of(vgi_str(type)), "error_message",
                         text_of(vgi_str(err->message)), "traceback", "");
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "error_type", text_of(remote->type), "error_message",
                     text_of(remote->full), "traceback", text_of(remote->traceback), "error_kind",
                     text_of(remote->kind), "error_code", text_of(remote->code), "error_details",
                     details_of(remote->details));
}

json_t *failed(const driver *d, const vgi_error *err)
{
    return json_pack("{s:b, s:o}", "ok", 1, "error", error_of(d, err));
}

/* The texts among the members of a JSON object. */
static json_t *extra_of(vgi_string text)
{
    json_t *all = text.data ? json_loadb(text.data, text.size, JSON_ALLOW_NUL, NULL) : NULL;
    json_t *ret = json_object(), *value;
    const char *key;

    json_object_foreach(all, key, value) if (json_is_string(value)) json_object_set(ret, key, value);
    json_decref(all);
    return ret;
}

void add_log(void *user, const vgi_client_log *log)
{
    driver *d = user;

    json_array_append_new(d->logs, json_pack("{s:o, s:o, s:o}", "level", text_of(log->level), "message",
                                             text_of(log->message), "extra", extra_of(log->extra)));
}
