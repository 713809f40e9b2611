/* The unary methods of the test service that no good service has, and those that look inside. */
#include "base/alloc.h"
#include "service.h"

ONE_FIELD(R_int64, "result", .type = VGI_TYPE_INT64);
ONE_FIELD(P_text, "value", .type = VGI_TYPE_UTF8);
ONE_FIELD(R_text, "result", .type = VGI_TYPE_UTF8);

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
    (void)vgi_fail_with(call, &(vgi_failure){.code = "DATA_LOSS"}, "dealt with");
    vgi_append_value(vgi_out_column(out, 0), &params->columns[0], 0);
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

#define NUMBER(method_name, handler) {.name = (method_name), .kind = VG_UNARY, .result = &R_int64, .unary = (handler)}

const vg_method TEST_UNARY_METHODS[] = {
    NUMBER("test_allocations", count_allocations),
    NUMBER("test_answer_nothing", answer_nothing),
    NUMBER("test_fail_silently", fail_silently),
    NUMBER("test_open_streams", open_streams),
    {.name = "test_recover", .kind = VG_UNARY, .params = &P_text, .result = &R_text, .unary = recover},
    {.name = "test_since_2", .kind = VG_UNARY, .result = &R_int64, .since_minor = 2, .unary = tell_version},
    NUMBER("test_version", tell_version),
};
const size_t TEST_N_UNARY_METHODS = COUNT_OF(TEST_UNARY_METHODS);
