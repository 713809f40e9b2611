/* The unary methods of the test service (rpc.md §20.2). */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "arrow/array.h"
#include "base/alloc.h"
#include "ipc/reader.h"
#include "service.h"

static atomic_int_fast64_t probes[PROBES];

void test_probe_add(int probe, int64_t by)
{
    atomic_fetch_add(&probes[probe], by);
}

int64_t test_probe_get(int probe)
{
    return atomic_load(&probes[probe]);
}

/* ---- schemas ----------------------------------------------------------------------------------------------------- */

static const vgi_field TEXT_ITEM = {.name = VGI_STR("item"), .type = VGI_TYPE_UTF8, .nullable = true};
static const vgi_field *const TEXT_ITEMS[] = {&TEXT_ITEM};
static const vgi_field INT_ITEM = {.name = VGI_STR("item"), .type = VGI_TYPE_INT64, .nullable = true};
static const vgi_field *const INT_ITEMS[] = {&INT_ITEM};
static const vgi_field INTS_ITEM = {
    .name = VGI_STR("item"), .type = VGI_TYPE_LIST, .nullable = true, .n_children = 1, .children = INT_ITEMS};
static const vgi_field *const INTS_ITEMS[] = {&INTS_ITEM};
static const vgi_field MAP_KEY = {.name = VGI_STR("key"), .type = VGI_TYPE_UTF8};
static const vgi_field MAP_VALUE = {.name = VGI_STR("value"), .type = VGI_TYPE_INT64, .nullable = true};
static const vgi_field *const MAP_MEMBERS[] = {&MAP_KEY, &MAP_VALUE};
static const vgi_field MAP_ENTRY = {
    .name = VGI_STR("entries"), .type = VGI_TYPE_STRUCT, .n_children = 2, .children = MAP_MEMBERS};
static const vgi_field *const MAP_ENTRIES[] = {&MAP_ENTRY};
static const vgi_field ENUM_VALUES = {.name = VGI_STR(""), .type = VGI_TYPE_UTF8, .nullable = true};

ECHO_SCHEMAS(text, "value", .type = VGI_TYPE_UTF8);
ECHO_SCHEMAS(optional_text, "value", .type = VGI_TYPE_UTF8, .nullable = true);
ECHO_SCHEMAS(large_text, "value", .type = VGI_TYPE_LARGE_UTF8);
ECHO_SCHEMAS(bytes, "data", .type = VGI_TYPE_BINARY);
ECHO_SCHEMAS(large_bytes, "value", .type = VGI_TYPE_LARGE_BINARY);
ECHO_SCHEMAS(fixed_bytes, "value", .type = VGI_TYPE_FIXED_SIZE_BINARY, .fixed_size = 8);
ECHO_SCHEMAS(int8, "value", .type = VGI_TYPE_INT8);
ECHO_SCHEMAS(int16, "value", .type = VGI_TYPE_INT16);
ECHO_SCHEMAS(int32, "value", .type = VGI_TYPE_INT32);
ECHO_SCHEMAS(int64, "value", .type = VGI_TYPE_INT64);
ECHO_SCHEMAS(optional_int32, "value", .type = VGI_TYPE_INT32, .nullable = true);
ECHO_SCHEMAS(optional_int64, "value", .type = VGI_TYPE_INT64, .nullable = true);
ECHO_SCHEMAS(uint8, "value", .type = VGI_TYPE_UINT8);
ECHO_SCHEMAS(uint16, "value", .type = VGI_TYPE_UINT16);
ECHO_SCHEMAS(uint32, "value", .type = VGI_TYPE_UINT32);
ECHO_SCHEMAS(uint64, "value", .type = VGI_TYPE_UINT64);
ECHO_SCHEMAS(float32, "value", .type = VGI_TYPE_FLOAT32);
ECHO_SCHEMAS(float64, "value", .type = VGI_TYPE_FLOAT64);
ECHO_SCHEMAS(boolean, "value", .type = VGI_TYPE_BOOL);
ECHO_SCHEMAS(date, "value", .type = VGI_TYPE_DATE32);
ECHO_SCHEMAS(stamp, "value", .type = VGI_TYPE_TIMESTAMP, .unit = VGI_MICROSECOND);
ECHO_SCHEMAS(stamp_utc, "value", .type = VGI_TYPE_TIMESTAMP, .unit = VGI_MICROSECOND, .timezone = VGI_STR("UTC"));
ECHO_SCHEMAS(time, "value", .type = VGI_TYPE_TIME64, .unit = VGI_MICROSECOND);
ECHO_SCHEMAS(duration, "value", .type = VGI_TYPE_DURATION, .unit = VGI_MICROSECOND);
ECHO_SCHEMAS(decimal, "value", .type = VGI_TYPE_DECIMAL128, .precision = 20, .scale = 4);
ECHO_SCHEMAS(words, "value", .type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT16, .dictionary = &ENUM_VALUES);
ECHO_SCHEMAS(status, "status", .type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT16, .dictionary = &ENUM_VALUES);
ECHO_SCHEMAS(texts, "values", .type = VGI_TYPE_LIST, .n_children = 1, .children = TEXT_ITEMS);
ECHO_SCHEMAS(matrix, "matrix", .type = VGI_TYPE_LIST, .n_children = 1, .children = INTS_ITEMS);
ECHO_SCHEMAS(mapping, "mapping", .type = VGI_TYPE_MAP, .n_children = 1, .children = MAP_ENTRIES);
ECHO_SCHEMAS(box, "box", .type = VGI_TYPE_BINARY);
ECHO_SCHEMAS(point, "point", .type = VGI_TYPE_BINARY);
ECHO_SCHEMAS(optional_point, "point", .type = VGI_TYPE_BINARY, .nullable = true);
ONE_FIELD(P_message, "message", .type = VGI_TYPE_UTF8);
ONE_FIELD(P_target_bytes, "target_bytes", .type = VGI_TYPE_INT64);
ONE_FIELD(R_ints, "result", .type = VGI_TYPE_LIST, .n_children = 1, .children = INT_ITEMS);
static const vgi_arrow_schema NOTHING = {0};

static const vgi_field FLOAT_A = {.name = VGI_STR("a"), .type = VGI_TYPE_FLOAT64};
static const vgi_field FLOAT_B = {.name = VGI_STR("b"), .type = VGI_TYPE_FLOAT64};
static const vgi_field *const ADD_FIELDS[] = {&FLOAT_A, &FLOAT_B};
static const vgi_arrow_schema P_add = SCHEMA_OF(ADD_FIELDS);
static const vgi_field PREFIX = {.name = VGI_STR("prefix"), .type = VGI_TYPE_UTF8};
static const vgi_field SUFFIX = {.name = VGI_STR("suffix"), .type = VGI_TYPE_UTF8};
static const vgi_field SEPARATOR = {.name = VGI_STR("separator"), .type = VGI_TYPE_UTF8};
static const vgi_field *const CONCATENATE_FIELDS[] = {&PREFIX, &SUFFIX, &SEPARATOR};
static const vgi_arrow_schema P_concatenate = SCHEMA_OF(CONCATENATE_FIELDS);
static const vgi_field REQUIRED = {.name = VGI_STR("required"), .type = VGI_TYPE_INT64};
static const vgi_field OPTIONAL_STR = {.name = VGI_STR("optional_str"), .type = VGI_TYPE_UTF8};
static const vgi_field OPTIONAL_INT = {.name = VGI_STR("optional_int"), .type = VGI_TYPE_INT64};
static const vgi_field *const DEFAULTS_FIELDS[] = {&REQUIRED, &OPTIONAL_STR, &OPTIONAL_INT};
static const vgi_arrow_schema P_defaults = SCHEMA_OF(DEFAULTS_FIELDS);

/* ---- handlers ---------------------------------------------------------------------------------------------------- */

static vgi_status echo(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call;
    vgi_append_value(vgi_out_column(out, 0), &params->columns[0], 0);
    return VGI_OK;
}

static vgi_status echo_enum(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    static const char *const MEMBERS[] = {"PENDING", "ACTIVE", "CLOSED"};
    vgi_string name = vgi_text(params, 0, 0);

    for (size_t i = 0; i < COUNT_OF(MEMBERS); i++)
        if (vgi_string_equal(name, vgi_str(MEMBERS[i])))
            return echo(call, params, out);
    return vgi_fail(call, VGI_ERR_NOT_FOUND, "'%.*s' is no status", (int)name.size, name.data);
}

static vgi_status add_floats(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call;
    vgi_append_f64(vgi_out_column(out, 0), vgi_f64(params, 0)[0] + vgi_f64(params, 1)[0]);
    return VGI_OK;
}

static vgi_status concatenate(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    vgi_string prefix = vgi_text(params, 0, 0), suffix = vgi_text(params, 1, 0), separator = vgi_text(params, 2, 0);
    char *text = vgi_alloc(call, prefix.size + separator.size + suffix.size + 1);

    if (!text)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory");
    memcpy(text, prefix.data, prefix.size);
    memcpy(text + prefix.size, separator.data, separator.size);
    memcpy(text + prefix.size + separator.size, suffix.data, suffix.size);
    vgi_append_text(vgi_out_column(out, 0), text, prefix.size + separator.size + suffix.size);
    return VGI_OK;
}

static vgi_status with_defaults(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    vgi_string text = vgi_text(params, 1, 0);
    char line[256];

    (void)call;
    snprintf(line, sizeof line, "required=%" PRId64 ", optional_str=%.*s, optional_int=%" PRId64, vgi_i64(params, 0)[0],
             (int)text.size, text.data, vgi_i64(params, 2)[0]);
    vgi_append_string(vgi_out_column(out, 0), line);
    return VGI_OK;
}

static vgi_status do_nothing(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call, (void)params, (void)out;
    return VGI_OK;
}

static vgi_status raise_error(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    vgi_string message = vgi_text(params, 0, 0);
    const vgi_status *status = call->row->detail;

    (void)out;
    return vgi_fail(call, *status, "%.*s", (int)message.size, message.data);
}

static const vgi_status VALUE_ERROR = VGI_ERR_VALUE, TYPE_ERROR = VGI_ERR_TYPE, RUNTIME_ERROR = VGI_ERR_RUNTIME;

static vgi_status fail_silently(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call, (void)params, (void)out;
    return VGI_ERR_VALUE;
}

static vgi_status answer_nothing(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call, (void)params, (void)out;
    return VGI_OK;
}

/* A failure that a handler has dealt with is none. */
static vgi_status recover(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)vgi_fail(call, VGI_ERR_VALUE, "dealt with");
    return echo(call, params, out);
}

/* `detail` is a letter a level, in order. */
static vgi_status log_levels(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    static const char LETTERS[] = "tdiwe";
    static const char *const NAMES[] = {"trace", "debug", "info", "warn", "error"};
    vgi_string value = vgi_text(params, 0, 0);

    for (const char *level = call->row->detail; *level; level++) {
        size_t i = (size_t)(strchr(LETTERS, *level) - LETTERS);
        vgi_log(call, (vgi_log_level)i, "%s: %.*s", NAMES[i], (int)value.size, value.data);
    }
    return echo(call, params, out);
}

static vgi_status log_extras(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    vgi_string value = vgi_text(params, 0, 0);
    const vgi_key_value extra[] = {{VGI_STR("source"), VGI_STR("conformance")}, {VGI_STR("detail"), value}};
    vgi_string message = vg_arena_printf(call->arena, "info: %.*s", (int)value.size, value.data);

    vgi_log_with(call, VGI_LOG_INFO, message, (vgi_metadata){extra, 2});
    return echo(call, params, out);
}

static vgi_status inspect_point(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    const vgi_batch *point;
    char line[80];

    VGI_TRY(vg_batch_decode(call->arena, vgi_blob(params, 0, 0), &VG_DEFAULT_LIMITS, &point, &call->error));
    if (!vgi_f64(point, 0) || !vgi_f64(point, 1))
        return vgi_fail(call, VGI_ERR_TYPE, "a point has two doubles");
    snprintf(line, sizeof line, "Point(%.1f, %.1f)", vgi_f64(point, 0)[0], vgi_f64(point, 1)[0]);
    vgi_append_string(vgi_out_column(out, 0), line);
    return VGI_OK;
}

static vgi_status oversized(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    int64_t size = vgi_i64(params, 0)[0];
    void *bytes;

    if (size < 0)
        return vgi_fail(call, VGI_ERR_VALUE, "target_bytes must not be negative, got %" PRId64, size);
    bytes = vgi_alloc(call, (size_t)size + 1);
    if (!bytes)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for %" PRId64 " bytes", size);
    vgi_append_blob(vgi_out_column(out, 0), bytes, (size_t)size);
    return VGI_OK;
}

static vgi_status cancel_probe_counters(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    vgi_column *column = vgi_out_column(out, 0);

    (void)call, (void)params;
    for (int i = 0; i <= PROBE_CANCEL; i++)
        vgi_append_i64(vgi_child(column, 0), test_probe_get(i));
    vgi_append_list(column);
    return VGI_OK;
}

static vgi_status reset_cancel_probe(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call, (void)params, (void)out;
    for (int i = 0; i <= PROBE_CANCEL; i++)
        test_probe_add(i, -test_probe_get(i));
    return VGI_OK;
}

static vgi_status open_streams(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call, (void)params;
    vgi_append_i64(vgi_out_column(out, 0), test_probe_get(PROBE_OPEN));
    return VGI_OK;
}

static vgi_status count_allocations(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call, (void)params;
    vgi_append_i64(vgi_out_column(out, 0), (int64_t)vg_alloc_count());
    return VGI_OK;
}

static vgi_status tell_version(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)params;
    vgi_append_i64(vgi_out_column(out, 0), call->version_minor);
    return VGI_OK;
}

#define ROW(method_name, params_schema, result_schema, handler)                                                        \
    {.name = (method_name),                                                                                            \
     .kind = VG_UNARY,                                                                                                 \
     .params = &(params_schema),                                                                                       \
     .result = &(result_schema),                                                                                       \
     .unary = (handler)}
#define DETAILED_ROW(method_name, params_schema, result_schema, handler, detail_pointer)                               \
    {.name = (method_name),                                                                                            \
     .kind = VG_UNARY,                                                                                                 \
     .params = &(params_schema),                                                                                       \
     .result = &(result_schema),                                                                                       \
     .unary = (handler),                                                                                               \
     .detail = (detail_pointer)}

const vg_method TEST_UNARY_METHODS[] = {
    ROW("add_floats", P_add, R_float64, add_floats),
    ROW("cancel_probe_counters", NOTHING, R_ints, cancel_probe_counters),
    ROW("concatenate", P_concatenate, R_text, concatenate),
    ROW("echo_annotated_optional_int", P_optional_int32, R_optional_int32, echo),
    ROW("echo_bool", P_boolean, R_boolean, echo),
    ROW("echo_bounding_box", P_box, R_box, echo),
    ROW("echo_bytes", P_bytes, R_bytes, echo),
    ROW("echo_date", P_date, R_date, echo),
    ROW("echo_decimal", P_decimal, R_decimal, echo),
    ROW("echo_dict", P_mapping, R_mapping, echo),
    ROW("echo_dict_encoded_string", P_words, R_words, echo),
    ROW("echo_duration", P_duration, R_duration, echo),
    ROW("echo_enum", P_status, R_status, echo_enum),
    ROW("echo_fixed_binary", P_fixed_bytes, R_fixed_bytes, echo),
    ROW("echo_float", P_float64, R_float64, echo),
    ROW("echo_float32", P_float32, R_float32, echo),
    ROW("echo_int", P_int64, R_int64, echo),
    ROW("echo_int16", P_int16, R_int16, echo),
    ROW("echo_int32", P_int32, R_int32, echo),
    ROW("echo_int8", P_int8, R_int8, echo),
    ROW("echo_large_binary", P_large_bytes, R_large_bytes, echo),
    ROW("echo_large_string", P_large_text, R_large_text, echo),
    ROW("echo_list", P_texts, R_texts, echo),
    ROW("echo_nested_list", P_matrix, R_matrix, echo),
    ROW("echo_optional_int", P_optional_int64, R_optional_int64, echo),
    ROW("echo_optional_point", P_optional_point, R_optional_point, echo),
    ROW("echo_optional_string", P_optional_text, R_optional_text, echo),
    ROW("echo_outer_optional_non_null", P_int32, R_int32, echo),
    ROW("echo_point", P_point, R_point, echo),
    ROW("echo_string", P_text, R_text, echo),
    ROW("echo_time", P_time, R_time, echo),
    ROW("echo_timestamp", P_stamp, R_stamp, echo),
    ROW("echo_timestamp_utc", P_stamp_utc, R_stamp_utc, echo),
    ROW("echo_uint16", P_uint16, R_uint16, echo),
    ROW("echo_uint32", P_uint32, R_uint32, echo),
    ROW("echo_uint64", P_uint64, R_uint64, echo),
    ROW("echo_uint8", P_uint8, R_uint8, echo),
    DETAILED_ROW("echo_with_all_log_levels", P_text, R_text, log_levels, "tdiwe"),
    DETAILED_ROW("echo_with_info_log", P_text, R_text, log_levels, "i"),
    ROW("echo_with_log_extras", P_text, R_text, log_extras),
    DETAILED_ROW("echo_with_multi_logs", P_text, R_text, log_levels, "diw"),
    ROW("inspect_point", P_point, R_text, inspect_point),
    ROW("oversized_unary", P_target_bytes, R_bytes, oversized),
    DETAILED_ROW("raise_runtime_error", P_message, R_text, raise_error, &RUNTIME_ERROR),
    DETAILED_ROW("raise_type_error", P_message, R_text, raise_error, &TYPE_ERROR),
    DETAILED_ROW("raise_value_error", P_message, R_text, raise_error, &VALUE_ERROR),
    ROW("reset_cancel_probe", NOTHING, NOTHING, reset_cancel_probe),
    ROW("test_allocations", NOTHING, R_int64, count_allocations),
    ROW("test_answer_nothing", NOTHING, R_int64, answer_nothing),
    ROW("test_fail_silently", NOTHING, R_int64, fail_silently),
    ROW("test_open_streams", NOTHING, R_int64, open_streams),
    ROW("test_recover", P_text, R_text, recover),
    {.name = "test_since_2", .kind = VG_UNARY, .result = &R_int64, .since_minor = 2, .unary = tell_version},
    ROW("test_version", NOTHING, R_int64, tell_version),
    ROW("void_noop", NOTHING, NOTHING, do_nothing),
    ROW("void_with_param", P_int64, NOTHING, do_nothing),
    ROW("with_defaults", P_defaults, R_text, with_defaults),
};
const size_t TEST_N_UNARY_METHODS = COUNT_OF(TEST_UNARY_METHODS);
