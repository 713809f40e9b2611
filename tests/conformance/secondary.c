/* conformance.Secondary.v1 (rpc.md §18): that calls are routed by protocol and method, and what errors can say. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "conformance.h"

enum { DETAILS_BYTES = 512, RETRY_BYTES = 128, PADDING_BYTES = 5000 };

vgi_status secondary_echo(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    static const char PREFIX[] = "secondary:";
    vgi_string value = vgi_text(params, 0, 0);
    char *text = vgi_alloc(call, sizeof PREFIX + value.size);

    if (!text)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for a text of %zu bytes", value.size);
    memcpy(text, PREFIX, sizeof PREFIX - 1);
    memcpy(text + sizeof PREFIX - 1, value.data, value.size);
    vgi_append_text(vgi_out_column(out, 0), text, sizeof PREFIX - 1 + value.size);
    return VGI_OK;
}

/* A whole number travels as one. */
static void retry_info(char text[RETRY_BYTES], double delay)
{
    char number[FLOAT_TEXT];

    if (delay == floor(delay) && fabs(delay) < 1e15)
        snprintf(number, sizeof number, "%.0f", delay);
    else
        float_text(delay, number);
    snprintf(text, RETRY_BYTES, "{\"@type\":\"vgi_rpc.RetryInfo\",\"retry_delay_seconds\":%s},", number);
}

vgi_status secondary_fail(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    vgi_string code = vgi_text(params, 0, 0), kind = vgi_text(params, 1, 0);
    double delay = vgi_f64(params, 2)[0];
    char *words = vgi_alloc(call, code.size + kind.size + 2), retry[RETRY_BYTES] = "", details[DETAILS_BYTES];
    vgi_failure failure = {.exception = "StatusError", .code = words, .details = details};

    (void)out;
    if (!words)
        return vgi_fail(call, VGI_ERR_MEMORY, "no memory for a failure");
    if (!vgi_is_error_code(code))
        return vgi_fail_with(
            call,
            &(vgi_failure){.exception = "StatusError",
                           .code = "INVALID_ARGUMENT",
                           .kind = "invalid_code",
                           .details = "[{\"@type\":\"vgi_rpc.BadRequest\",\"field_violations\":[{\"field\":\"code\","
                                      "\"description\":\"must be a canonical code name\"}]}]"},
            "'%.*s' is not a canonical error code", (int)code.size, code.data ? code.data : "");
    memcpy(words, code.data, code.size);
    if (kind.size > 0)
        failure.kind = memcpy(words + code.size + 1, kind.data, kind.size);
    if (delay > 0)
        retry_info(retry, delay);
    snprintf(
        details, sizeof details,
        "[{\"@type\":\"vgi_rpc.ErrorInfo\",\"metadata\":{\"fixture\":\"conformance.Secondary.v1\"}},%s"
        "{\"@type\":\"conformance.Secondary.v1.Probe\",\"note\":\"clients ignore detail types they do not know\"}]",
        retry);
    return vgi_fail_with(call, &failure, "conformance.Secondary.v1 fail: %s%s%s", words, failure.kind ? " " : "",
                         failure.kind ? failure.kind : "");
}

/* Details beyond what may travel: none of them does. */
vgi_status secondary_fail_oversized(vgi_call *call, const vgi_batch *params, vgi_batch *out)
{
    char padding[PADDING_BYTES + 1], details[PADDING_BYTES + DETAILS_BYTES];

    (void)params, (void)out;
    memset(padding, 'x', PADDING_BYTES);
    padding[PADDING_BYTES] = '\0';
    snprintf(details, sizeof details,
             "[{\"@type\":\"vgi_rpc.RetryInfo\",\"retry_delay_seconds\":1},"
             "{\"@type\":\"vgi_rpc.ErrorInfo\",\"metadata\":{\"padding\":\"%s\"}}]",
             padding);
    return vgi_fail_with(
        call,
        &(vgi_failure){
            .exception = "StatusError", .code = "RESOURCE_EXHAUSTED", .kind = "details_oversized", .details = details},
        "conformance.Secondary.v1 fail_oversized: details exceed 4 KiB");
}
