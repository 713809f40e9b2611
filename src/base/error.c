/* The error value of vgi/status.h. */
#include <vgi/status.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static const char *const EXCEPTIONS[] = {
    [VGI_OK] = "",
    [VGI_END] = "StopIteration",
    [VGI_ERR_VALUE] = "ValueError",
    [VGI_ERR_TYPE] = "TypeError",
    [VGI_ERR_ARGUMENT] = "ArgumentValidationError",
    [VGI_ERR_NOT_FOUND] = "KeyError",
    [VGI_ERR_READ_ONLY] = "CatalogReadOnlyError",
    [VGI_ERR_NOT_IMPLEMENTED] = "NotImplementedError",
    [VGI_ERR_PERMISSION] = "PermissionError",
    [VGI_ERR_IO] = "OSError",
    [VGI_ERR_MEMORY] = "MemoryError",
    [VGI_ERR_LIMIT] = "LimitError",
    [VGI_ERR_PROTOCOL] = "ProtocolError",
    [VGI_ERR_RUNTIME] = "RuntimeError",
};

const char *vgi_status_exception(vgi_status status)
{
    size_t i = (size_t)status;

    return i < sizeof EXCEPTIONS / sizeof *EXCEPTIONS ? EXCEPTIONS[i] : "RuntimeError";
}

void vgi_error_clear(vgi_error *err)
{
    if (!err)
        return;
    err->status = VGI_OK;
    err->exception[0] = '\0';
    err->message[0] = '\0';
}

vgi_status vgi_error_setv(vgi_error *err, vgi_status status, const char *format, va_list args)
{
    int size;

    if (!err || err->status != VGI_OK)
        return status;
    err->status = status;
    err->exception[0] = '\0';
    size = vsnprintf(err->message, sizeof err->message, format, args);
    if (size >= (int)sizeof err->message)
        err->message[vg_utf8_cut(err->message, sizeof err->message - 1)] = '\0';
    return status;
}

vgi_status vgi_error_set(vgi_error *err, vgi_status status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vgi_error_setv(err, status, format, args);
    va_end(args);
    return status;
}
