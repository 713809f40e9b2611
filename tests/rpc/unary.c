/* The unary methods of the test service that no good service has, and those that look inside. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "service.h"

ONE_FIELD(R_int64, "result", .type = VGI_TYPE_INT64);
ONE_FIELD(P_text, "value", .type = VGI_TYPE_UTF8);
ONE_FIELD(P_int64, "value", .type = VGI_TYPE_INT64);
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

/* ---- limits of what goes out and of what a callback has ---------------------------------------------------------- */

/* Fails as an exception whose name is the parameter. */
static vgi_status fail_as(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    char name[64];

    (void)out;
    snprintf(name, sizeof name, "%.*s", (int)vgi_text(params, 0, 0).size, vgi_text(params, 0, 0).data);
    return vgi_fail_as(call, name, "as told");
}

/* Fails with so many bytes of details. */
static vgi_status fail_with_details(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    static const char HEAD[] = "[{\"@type\":\"", TAIL[] = "\"}]";
    size_t size = (size_t)vgi_i64(params, 0)[0];
    char *details = vgi_alloc(call, size + 1);

    (void)out;
    if (!details)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    memset(details, 'x', size);
    memcpy(details, HEAD, strlen(HEAD));
    memcpy(details + size - strlen(TAIL), TAIL, strlen(TAIL));
    return vgi_fail_with(call, &(vgi_failure){.code = "DATA_LOSS", .details = details}, "as told");
}

/* The length of the request's tracestate, -1 without one. */
static vgi_status tell_tracestate(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    vgi_string state = vgi_call_tracestate(call);

    (void)params;
    vgi_append_i64(vgi_out_column(out, 0), state.data ? (int64_t)state.size : -1);
    return VGI_OK;
}

enum { STACK_STEP = 64 << 10 };

static int64_t use_stack(int64_t bytes)
{
    volatile char step[STACK_STEP];

    for (size_t i = 0; i < sizeof step; i += 1024)
        step[i] = (char)i;
    return bytes > STACK_STEP ? use_stack(bytes - STACK_STEP) + STACK_STEP : step[1024] + STACK_STEP;
}

/* Uses that much of the stack of the connection's thread, and tells how much that was. */
static vgi_status take_stack(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call;
    vgi_append_i64(vgi_out_column(out, 0), use_stack(vgi_i64(params, 0)[0]));
    return VGI_OK;
}

/* Notices nothing for a minute. */
static vgi_status sleep_on(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    (void)call, (void)params;
    sleep(60);
    vgi_append_i64(vgi_out_column(out, 0), 60);
    return VGI_OK;
}

#define NUMBER(method_name, handler) {.name = (method_name), .kind = VG_UNARY, .result = &R_int64, .unary = (handler)}

const vg_method TEST_UNARY_METHODS[] = {
    NUMBER("test_allocations", count_allocations),
    NUMBER("test_answer_nothing", answer_nothing),
    {.name = "test_fail_as", .kind = VG_UNARY, .params = &P_text, .result = &R_int64, .unary = fail_as},
    {.name = "test_fail_details", .kind = VG_UNARY, .params = &P_int64, .result = &R_int64, .unary = fail_with_details},
    NUMBER("test_fail_silently", fail_silently),
    NUMBER("test_open_streams", open_streams),
    {.name = "test_recover", .kind = VG_UNARY, .params = &P_text, .result = &R_text, .unary = recover},
    {.name = "test_since_2", .kind = VG_UNARY, .result = &R_int64, .since_minor = 2, .unary = tell_version},
    NUMBER("test_sleep", sleep_on),
    {.name = "test_stack", .kind = VG_UNARY, .params = &P_int64, .result = &R_int64, .unary = take_stack},
    NUMBER("test_tracestate", tell_tracestate),
    NUMBER("test_version", tell_version),
};
const size_t TEST_N_UNARY_METHODS = COUNT_OF(TEST_UNARY_METHODS);
