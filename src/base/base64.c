/* Base64: see base64.h. */
#include "base/base64.h"

static int value_of(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

vgi_status vg_base64_decode(vg_arena *arena, vgi_string text, vgi_bytes *ret, vgi_error *err)
{
    const size_t padding = text.size < 4 || text.data[text.size - 1] != '=' ? 0
                           : text.data[text.size - 2] != '='                ? 1
                                                                            : 2;
    uint8_t *bytes = vg_arena_alloc(arena, text.size / 4 * 3 + 1), *out = bytes;
    uint32_t word = 0;

    if (!bytes)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for %zu bytes of base64", text.size);
    if (text.size % 4 != 0)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "base64 of %zu characters, which is no multiple of 4", text.size);
    for (size_t i = 0; i < text.size; i++) {
        const int value = i >= text.size - padding ? 0 : value_of(text.data[i]);

        if (value < 0)
            return vgi_error_set(err, VGI_ERR_PROTOCOL, "base64 holds a character that it cannot");
        word = word << 6 | (uint32_t)value;
        if (i % 4 != 3)
            continue;
        *out++ = (uint8_t)(word >> 16);
        *out++ = (uint8_t)(word >> 8);
        *out++ = (uint8_t)word;
    }
    *ret = (vgi_bytes){bytes, (size_t)(out - bytes) - padding};
    return VGI_OK;
}
