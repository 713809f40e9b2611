/* The protocols as data: every type and every method of rpc.md §20, one row each. */
#include "conformance.h"

#define POINT "x: float64, y: float64"
#define COUNTER .output = "index?: int64, value?: int64", .state_size = sizeof(progress)
#define FLOATS .input = "value?: float64", .output = "value?: float64", .state_size = sizeof(progress)
#define COMMON_FIELDS                                                                                                  \
    "str_field: utf8, bytes_field: binary, int_field: int64, float_field: float64, bool_field: bool, "                 \
    "list_of_int: list<int64>, list_of_str: list<utf8>, dict_field: map<utf8, int64>, enum_field: Status, "            \
    "nested_point: Point, optional_str?: utf8, optional_int?: int64, optional_nested?: Point, "                        \
    "list_of_nested: list<Point>, "
#define DECIMAL "decimal128(20, 4)"

static const vgi_rpc_type TYPES[] = {
    {"Status", .members = "PENDING, ACTIVE, CLOSED"},
    {"Point", .fields = POINT},
    {"BoundingBox", .fields = "top_left: Point, bottom_right: Point, label: utf8"},
    {"ConformanceHeader", .fields = "total_expected: int64, description: utf8"},
    {"AllTypes", .fields = COMMON_FIELDS
                 "annotated_int32: int32, annotated_float32: float32, nested_list: list<list<int64>>, "
                 "dict_str_str: map<utf8, utf8>"},
    {"RichHeader", .fields = COMMON_FIELDS
                   "nested_list: list<list<int64>>, annotated_int32: int32, annotated_float32: float32, "
                   "dict_str_str: map<utf8, utf8>"},
    {"WideTypes",
     .fields = "int8_field: int8, int16_field: int16, int32_field: int32, uint8_field: uint8, uint16_field: uint16, "
               "uint32_field: uint32, uint64_field: uint64, float32_field: float32, date_field: date32, "
               "timestamp_field: timestamp(us), timestamp_utc_field: timestamp(us, tz=UTC), time_field: time64(us), "
               "duration_field: duration(us), decimal_field: " DECIMAL ", large_string_field: large_utf8, "
               "large_binary_field: large_binary, fixed_binary_field: fixed_size_binary(8)"},
    {"ContainerWideTypes",
     .fields = "list_decimal: list<" DECIMAL ">, list_date: list<date32>, "
               "list_timestamp: list<timestamp(us)>, optional_date?: date32, optional_decimal?: " DECIMAL
               ", optional_timestamp?: timestamp(us), dict_str_decimal: map<utf8, " DECIMAL
               ">, frozenset_int: list<int64>, list_optional_int: list<int64>"},
    {"DeepNested", .fields = "list_of_lists_decimal: list<list<" DECIMAL ">>, optional_list_date?: list<date32>, "
                             "dict_encoded_string: dictionary<int16, utf8>, "
                             "list_of_dict_encoded: list<dictionary<int16, utf8>>"},
    {"EmbeddedArrow", .fields = "batch: binary, schema: binary"},
    {"NestedContainers", .fields = "statuses: list<Status>, points: list<Point>, status_by_name: map<utf8, Status>, "
                                   "frozen_statuses: list<Status>, tagged_status?: Status, tagged_point?: Point, "
                                   "tagged_batch?: binary"},
    {"TaggedBatch", .fields = "value?: int64"},
    {0},
};

#define ECHO(signature_text) {signature_text, .unary = echo}
#define ECHO_RECORD(signature_text) {signature_text, .unary = echo_record}
#define METHODS                                                                                                        \
    ECHO("echo_string(value: utf8) -> utf8"), ECHO("echo_bytes(data: binary) -> binary"),                              \
        ECHO("echo_int(value: int64) -> int64"), ECHO("echo_float(value: float64) -> float64"),                        \
        ECHO("echo_bool(value: bool) -> bool"), ECHO("echo_int8(value: int8) -> int8"),                                \
        ECHO("echo_int16(value: int16) -> int16"), ECHO("echo_int32(value: int32) -> int32"),                          \
        ECHO("echo_uint8(value: uint8) -> uint8"), ECHO("echo_uint16(value: uint16) -> uint16"),                       \
        ECHO("echo_uint32(value: uint32) -> uint32"), ECHO("echo_uint64(value: uint64) -> uint64"),                    \
        ECHO("echo_float32(value: float32) -> float32"), ECHO("echo_date(value: date32) -> date32"),                   \
        ECHO("echo_timestamp(value: timestamp(us)) -> timestamp(us)"),                                                 \
        ECHO("echo_timestamp_utc(value: timestamp(us, tz=UTC)) -> timestamp(us, tz=UTC)"),                             \
        ECHO("echo_time(value: time64(us)) -> time64(us)"),                                                            \
        ECHO("echo_duration(value: duration(us)) -> duration(us)"),                                                    \
        ECHO("echo_decimal(value: " DECIMAL ") -> " DECIMAL),                                                          \
        ECHO("echo_large_string(value: large_utf8) -> large_utf8"),                                                    \
        ECHO("echo_large_binary(value: large_binary) -> large_binary"),                                                \
        ECHO("echo_fixed_binary(value: fixed_size_binary(8)) -> fixed_size_binary(8)"),                                \
        ECHO("echo_dict_encoded_string(value: dictionary<int16, utf8>) -> dictionary<int16, utf8>"),                   \
        ECHO("echo_enum(status: Status) -> Status"), ECHO("echo_list(values: list<utf8>) -> list<utf8>"),              \
        ECHO("echo_dict(mapping: map<utf8, int64>) -> map<utf8, int64>"),                                              \
        ECHO("echo_nested_list(matrix: list<list<int64>>) -> list<list<int64>>"),                                      \
        ECHO("echo_status_list(statuses: list<Status>) -> list<Status>"),                                              \
        ECHO("echo_optional_string(value?: utf8) -> utf8?"), ECHO("echo_optional_int(value?: int64) -> int64?"),       \
        ECHO("echo_annotated_optional_int(value?: int32) -> int32?"),                                                  \
        ECHO("echo_outer_optional_non_null(value: int32) -> int32"),                                                   \
        ECHO_RECORD("echo_optional_point(point?: Point) -> Point?"), ECHO_RECORD("echo_point(point: Point) -> Point"), \
        ECHO_RECORD("echo_all_types(data: AllTypes) -> AllTypes"),                                                     \
        ECHO_RECORD("echo_bounding_box(box: BoundingBox) -> BoundingBox"),                                             \
        ECHO_RECORD("echo_wide_types(data: WideTypes) -> WideTypes"),                                                  \
        ECHO_RECORD("echo_container_wide_types(data: ContainerWideTypes) -> ContainerWideTypes"),                      \
        ECHO_RECORD("echo_embedded_arrow(data: EmbeddedArrow) -> EmbeddedArrow"),                                      \
        ECHO_RECORD("echo_deep_nested(data: DeepNested) -> DeepNested"),                                               \
        {"inspect_point(point: Point) -> utf8", .unary = inspect_point},                                               \
        {"pack_nested_containers(statuses: list<Status>, points: list<Point>, status_by_name: map<utf8, Status>)"      \
         " -> NestedContainers",                                                                                       \
         .unary = pack_nested_containers},                                                                             \
        {"add_floats(a: float64, b: float64) -> float64", .unary = add_floats},                                        \
        {"concatenate(prefix: utf8, suffix: utf8, separator: utf8) -> utf8", .unary = concatenate},                    \
        {"with_defaults(required: int64, optional_str: utf8, optional_int: int64) -> utf8", .unary = with_defaults},   \
        {"void_noop()", .unary = do_nothing}, {"void_with_param(value: int64)", .unary = do_nothing},                  \
        {"raise_value_error(message: utf8) -> utf8", .unary = raise_error,                                             \
         .detail = &(const vgi_status){VGI_ERR_VALUE}},                                                                \
        {"raise_runtime_error(message: utf8) -> utf8", .unary = raise_error,                                           \
         .detail = &(const vgi_status){VGI_ERR_RUNTIME}},                                                              \
        {"raise_type_error(message: utf8) -> utf8", .unary = raise_error,                                              \
         .detail = &(const vgi_status){VGI_ERR_TYPE}},                                                                 \
        {"echo_with_info_log(value: utf8) -> utf8", .unary = log_levels, .detail = "i"},                               \
        {"echo_with_multi_logs(value: utf8) -> utf8", .unary = log_levels, .detail = "diw"},                           \
        {"echo_with_all_log_levels(value: utf8) -> utf8", .unary = log_levels, .detail = "tdiwe"},                     \
        {"echo_with_log_extras(value: utf8) -> utf8", .unary = log_extras},                                            \
        {"oversized_unary(target_bytes: int64) -> binary", .unary = oversized_unary},                                  \
        {"cancel_probe_counters() -> list<int64>", .unary = cancel_probe_counters},                                    \
        {"reset_cancel_probe()", .unary = reset_cancel_probe},                                                         \
        {"open_counter(initial: int64) -> int64", .unary = open_counter},                                              \
        {"increment_counter(by: int64) -> int64", .unary = need_session},                                              \
        {"close_counter() -> int64", .unary = need_session},                                                           \
        {"produce_n(count: int64)", COUNTER, .open = open_counts, .turn = produce},                                    \
        {"produce_empty()", COUNTER, .turn = produce},                                                                 \
        {"produce_single()", COUNTER, .open = open_counts, .turn = produce},                                           \
        {"produce_large_batches(rows_per_batch: int64, batch_count: int64)", COUNTER, .open = open_large,              \
         .turn = produce_large},                                                                                       \
        {"produce_oversized_batch(rows_per_batch: int64)", COUNTER, .open = open_large, .turn = produce_large},        \
        {"produce_annotated_batches(count: int64, rows_per_batch: int64)", .output = "value?: int64",                  \
         .state_size = sizeof(progress), .open = open_rows, .turn = produce_annotated},                                \
        {"produce_tick_metadata(count: int64)", .output = "index?: int64, seen?: utf8",                                \
         .state_size = sizeof(progress), .open = open_counts, .turn = produce_tick_metadata},                          \
        {"produce_with_logs(count: int64)", COUNTER, .open = open_counts, .turn = produce_with_log},                   \
        {"produce_error_mid_stream(emit_before_error: int64)", COUNTER, .open = open_counts, .turn = produce_error},   \
        {"produce_error_on_init()", COUNTER, .open = fail_init},                                                       \
        {"produce_with_header(count: int64)", COUNTER, .header = "ConformanceHeader", .open = open_header,             \
         .turn = produce},                                                                                             \
        {"produce_with_header_and_logs(count: int64)", COUNTER, .header = "ConformanceHeader",                         \
         .open = open_header_and_log, .turn = produce},                                                                \
        {"produce_with_rich_header(seed: int64, count: int64)", COUNTER, .header = "RichHeader", .open = open_rich,    \
         .turn = produce},                                                                                             \
        {"produce_dynamic_schema(seed: int64, count: int64, include_strings: bool, include_floats: bool)",             \
         .header = "RichHeader", .state_size = sizeof(progress), .open = open_dynamic, .turn = produce_dynamic},       \
        {"exchange_scale(factor: float64)", FLOATS, .open = open_factor, .turn = scale},                               \
        {"exchange_cast_compatible()", FLOATS, .open = open_nothing, .turn = scale},                                   \
        {"exchange_accumulate()", .input = "value?: float64",                                                          \
         .output = "running_sum?: float64, exchange_count?: int64", .state_size = sizeof(progress),                    \
         .turn = accumulate},                                                                                          \
        {"exchange_with_logs()", FLOATS, .open = open_nothing, .turn = exchange_with_logs},                            \
        {"exchange_error_on_nth(fail_on: int64)", FLOATS, .open = open_counts, .turn = exchange_error},                \
        {"exchange_error_on_init()", FLOATS, .open = fail_exchange_init},                                              \
        {"exchange_zero_columns()", .input = "", .output = "", .turn = exchange_empty},                                \
        {"exchange_input_metadata()", .input = "value?: float64", .output = "seen?: utf8, keys?: utf8",                \
         .turn = exchange_metadata},                                                                                   \
        {"exchange_oversized(rows_per_batch: int64)", .input = "value?: float64", COUNTER, .open = open_counts,        \
         .turn = exchange_oversized},                                                                                  \
        {"exchange_with_header(factor: float64)", FLOATS, .header = "ConformanceHeader", .open = open_scale_header,    \
         .turn = scale},                                                                                               \
        {"exchange_with_rich_header(seed: int64, factor: float64)", FLOATS, .header = "RichHeader",                    \
         .open = open_rich_factor, .turn = scale},                                                                     \
        {"cancellable_producer()", COUNTER, .turn = produce_cancellable, .cancel = count_cancel},                      \
        {"cancellable_exchange()", FLOATS, .open = open_nothing, .turn = exchange_cancellable,                         \
         .cancel = count_cancel},                                                                                      \
        {"stream_session_counter(count: int64)", .output = "value?: int64", .turn = turn_needs_session},               \
    {                                                                                                                  \
        "exchange_session_counter()", .input = "by?: int64", .output = "value?: int64", .turn = turn_needs_session     \
    }

const vgi_rpc_protocol CONFORMANCE_47 = {
    .name = "ConformanceService", .version = "2.0.0", .types = TYPES, .methods = VGI_METHODS(METHODS)};

const vgi_rpc_protocol CONFORMANCE_52 = {
    .name = "ConformanceService",
    .version = "2.0.0",
    .types = TYPES,
    .methods =
        VGI_METHODS(METHODS, {"published_string(value: utf8, include_sha256: bool) -> utf8", .unary = need_storage})};

const vgi_rpc_protocol SECONDARY = {
    .name = "conformance.Secondary.v1",
    .methods = VGI_METHODS({"echo_string(value: utf8) -> utf8", .unary = secondary_echo},
                           {"fail(code: utf8, kind: utf8, retry_delay_seconds: float64)", .unary = secondary_fail},
                           {"fail_oversized()", .unary = secondary_fail_oversized})};
