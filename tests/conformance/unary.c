/* The unary methods (rpc.md §20.2). */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance.h"

/* The worker counts for its whole process, whichever connection asks. */
static atomic_int_fast64_t probes[PROBES];

void probe_add(int probe, int64_t by)
{
    atomic_fetch_add(&probes[probe], by);
}

int64_t probe_get(int probe)
{
    return atomic_load(&probes[probe]);
}

const char *float_text(double value, char text[FLOAT_TEXT])
{
    int precision = 0, exponent;

    if (!isfinite(value)) {
        snprintf(text, FLOAT_TEXT, "%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return text;
    }
    while (snprintf(text, FLOAT_TEXT, "%.*e", precision, value), precision < 16 && strtod(text, NULL) != value)
        precision++;
    exponent = atoi(strchr(text, 'e') + 1);
    if (exponent >= -4 && exponent < 16)
        snprintf(text, FLOAT_TEXT, "%.*f", precision > exponent ? precision - exponent : 1, value);
    return text;
}

vgi_status echo(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call;
    vgi_append_value(vgi_out_column(out, 0), &params->columns[0], 0);
    return VGI_OK;
}

vgi_status echo_record(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    const vgi_batch *record;

    VGI_TRY(vgi_record_read(call, params, 0, &record));
    if (record)
        return vgi_record_copy(call, vgi_out_column(out, 0), record);
    vgi_append_null(vgi_out_column(out, 0));
    return VGI_OK;
}

vgi_status do_nothing(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call, (void)params, (void)out;
    return VGI_OK;
}

vgi_status inspect_point(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    const vgi_batch *point;
    char x[FLOAT_TEXT], y[FLOAT_TEXT], text[2 * FLOAT_TEXT + 16];

    VGI_TRY(vgi_record_read(call, params, 0, &point));
    snprintf(text, sizeof text, "Point(%s, %s)", float_text(vgi_f64(point, 0)[0], x),
             float_text(vgi_f64(point, 1)[0], y));
    vgi_append_string(vgi_out_column(out, 0), text);
    return VGI_OK;
}

/* Each value once, in the order of the first appearance. */
static void append_distinct(vgi_column *to, const vgi_array *items, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++) {
        int64_t before = begin;
        while (before < i && !vgi_string_equal(vgi_array_text(items, before), vgi_array_text(items, i)))
            before++;
        if (before == i)
            vgi_append_value(vgi_child(to, 0), items, i);
    }
    vgi_append_list(to);
}

static void append_first(vgi_column *to, const vgi_array *list)
{
    int64_t begin, end;

    vgi_array_items(list, 0, &begin, &end);
    if (begin < end)
        vgi_append_value(to, &list->children[0], begin);
    else
        vgi_append_null(to);
}

static vgi_status append_tagged_batch(vgi_call *call, vgi_column *to)
{
    vgi_batch *batch;

    VGI_TRY(vgi_record_new(call, "TaggedBatch", 2, &batch));
    for (int64_t value = 1; value <= 2; value++)
        vgi_append_i64(vgi_out_column(batch, 0), value);
    return vgi_record_append(call, to, batch);
}

vgi_status pack_nested_containers(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    const vgi_array *statuses = &params->columns[0], *points = &params->columns[1];
    int64_t begin, end;
    vgi_batch *packed;

    VGI_TRY(vgi_record_new(call, "NestedContainers", 1, &packed));
    for (int32_t i = 0; i < 3; i++)
        vgi_append_value(vgi_out_column(packed, i), &params->columns[i], 0);
    vgi_array_items(statuses, 0, &begin, &end);
    append_distinct(vgi_out_column(packed, 3), &statuses->children[0], begin, end);
    append_first(vgi_out_column(packed, 4), statuses);
    append_first(vgi_out_column(packed, 5), points);
    VGI_TRY(append_tagged_batch(call, vgi_out_column(packed, 6)));
    return vgi_record_append(call, vgi_out_column(out, 0), packed);
}

vgi_status add_floats(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call;
    vgi_append_f64(vgi_out_column(out, 0), vgi_f64(params, 0)[0] + vgi_f64(params, 1)[0]);
    return VGI_OK;
}

vgi_status concatenate(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    vgi_string prefix = vgi_text(params, 0, 0), suffix = vgi_text(params, 1, 0), separator = vgi_text(params, 2, 0);
    const size_t size = prefix.size + separator.size + suffix.size;
    char *text = vgi_alloc(call, size + 1);

    if (!text)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for a text of %zu bytes", size);
    memcpy(text, prefix.data, prefix.size);
    memcpy(text + prefix.size, separator.data, separator.size);
    memcpy(text + prefix.size + separator.size, suffix.data, suffix.size);
    vgi_append_text(vgi_out_column(out, 0), text, size);
    return VGI_OK;
}

vgi_status with_defaults(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    vgi_string text = vgi_text(params, 1, 0);
    char *line = vgi_alloc(call, text.size + 100);

    if (!line)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for a text of %zu bytes", text.size);
    sprintf(line, "required=%" PRId64 ", optional_str=%.*s, optional_int=%" PRId64, vgi_i64(params, 0)[0],
            (int)text.size, text.data, vgi_i64(params, 2)[0]);
    vgi_append_string(vgi_out_column(out, 0), line);
    return VGI_OK;
}

/* The detail is the status. */
vgi_status raise_error(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    const vgi_status *status = vgi_call_detail(call);
    vgi_string message = vgi_text(params, 0, 0);

    (void)out;
    return vgi_fail(call, *status, "%.*s", (int)message.size, message.data);
}

/* The detail is a letter a level, in order. */
vgi_status log_levels(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    static const char LETTERS[] = "tdiwe";
    static const char *const NAMES[] = {"trace", "debug", "info", "warn", "error"};
    vgi_string value = vgi_text(params, 0, 0);

    for (const char *letter = vgi_call_detail(call); *letter; letter++) {
        const long level = strchr(LETTERS, *letter) - LETTERS;
        vgi_log(call, (vgi_log_level)level, "%s: %.*s", NAMES[level], (int)value.size, value.data);
    }
    return echo(call, params, out);
}

vgi_status log_extras(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    vgi_string value = vgi_text(params, 0, 0);
    const vgi_key_value extra[] = {{VGI_STR("source"), VGI_STR("conformance")}, {VGI_STR("detail"), value}};
    char *text = vgi_alloc(call, value.size + 16);

    if (!text)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for a text of %zu bytes", value.size);
    sprintf(text, "info: %.*s", (int)value.size, value.data);
    vgi_log_with(call, VGI_LOG_INFO, vgi_str(text), (vgi_metadata){extra, 2});
    return echo(call, params, out);
}

vgi_status oversized_unary(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    const int64_t size = vgi_i64(params, 0)[0];
    void *bytes;

    if (size < 0)
        return vgi_fail(call, VGI_ERR_VALUE, "target_bytes must be non-negative");
    bytes = vgi_alloc(call, (size_t)size + 1);
    if (!bytes)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for %" PRId64 " bytes", size);
    vgi_append_blob(vgi_out_column(out, 0), bytes, (size_t)size);
    return VGI_OK;
}

vgi_status cancel_probe_counters(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    vgi_column *counters = vgi_out_column(out, 0);

    (void)call, (void)params;
    for (int i = 0; i < PROBES; i++)
        vgi_append_i64(vgi_child(counters, 0), probe_get(i));
    vgi_append_list(counters);
    return VGI_OK;
}

vgi_status reset_cancel_probe(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call, (void)params, (void)out;
    for (int i = 0; i < PROBES; i++)
        atomic_store(&probes[i], 0);
    return VGI_OK;
}

/* Sticky sessions are a matter of HTTP (rpc.md §13.4). */
vgi_status open_counter(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)params, (void)out;
    return vgi_fail(call, VGI_ERR_RUNTIME, "sticky sessions not available on this transport");
}

vgi_status need_session(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)params, (void)out;
    return vgi_fail(call, VGI_ERR_RUNTIME, "no sticky counter bound to this request");
}

vgi_status need_storage(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)params, (void)out;
    return vgi_fail(call, VGI_ERR_RUNTIME, "published_string requires external storage");
}
