/* What callbacks of a catalog were asked, one JSON object a line into the file that VGI_RECORD names: {"method": a
 * method of the protocol, "asked": the bytes in hex of the record that its callback got}. Nothing without the
 * variable. Included by test workers that link the library's objects. */
#ifndef VGI_TESTS_OPS_WRITTEN_H
#define VGI_TESTS_OPS_WRITTEN_H

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "protocol/codec.h"
#include "rpc/call.h"

static inline vgi_status write_down(vgi_call *call, const char *method, const vg_record *record, const void *asked)
{
    static const char DIGITS[] = "0123456789abcdef";
    const char *path = getenv("VGI_RECORD");
    vgi_bytes bytes;
    char *hex;
    vgi_string line;
    int file;

    if (!path)
        return VGI_OK;
    VGI_TRY(vg_record_encode(call->arena, record, asked, call->version_minor, &bytes, &call->error));
    hex = vgi_alloc(call, 2 * bytes.size + 1);
    if (!hex)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < bytes.size; i++) {
        hex[2 * i] = DIGITS[bytes.data[i] >> 4];
        hex[2 * i + 1] = DIGITS[bytes.data[i] & 15];
    }
    line = vg_arena_printf(call->arena, "{\"method\": \"catalog_%s\", \"asked\": \"%s\"}\n", method, hex);
    file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (file < 0 || write(file, line.data, line.size) != (ssize_t)line.size)
        return vgi_fail(call, VGI_ERR_IO, "cannot write down what was asked");
    close(file);
    return VGI_OK;
}

#endif
