/* Errors that point at a place in a text: a mistake in a type, a signature, a column list. Called by sql.c and by the
 * signature parser. */
#include "arrow/type.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* How much of a long text is shown on either side of the mistake, in bytes. */
enum { BEFORE = 70, AFTER = 40 };

static bool continues(char c)
{
    return ((uint8_t)c & 0xC0) == 0x80;
}

/* Line breaks and tabs would move the caret away from what it points at. */
static char shown(char c)
{
    return (uint8_t)c < ' ' ? ' ' : c;
}

vgi_status vg_caret_error(vgi_error *err, vgi_status status, vgi_string text, size_t pos, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    status = vg_caret_errorv(err, status, text, pos, format, args);
    va_end(args);
    return status;
}

vgi_status vg_caret_errorv(vgi_error *err, vgi_status status, vgi_string text, size_t pos, const char *format,
                           va_list args)
{
    char message[300], line[BEFORE + AFTER + 1], pointer[BEFORE + 8];
    size_t begin, end, used = 0, column = 0;

    if (vsnprintf(message, sizeof message, format, args) >= (int)sizeof message)
        message[vg_utf8_cut(message, sizeof message - 1)] = '\0';
    pos = pos < text.size ? pos : text.size;
    begin = pos > BEFORE ? pos - BEFORE : 0;
    while (begin < pos && continues(text.data[begin]))
        begin++;
    end = text.size - pos > AFTER ? pos + vg_utf8_cut(text.data + pos, AFTER) : text.size;
    for (size_t i = begin; i < end; i++)
        line[used++] = shown(text.data[i]);
    line[used] = '\0';
    for (size_t i = begin; i < pos; i++)
        if (!continues(text.data[i]))
            pointer[column++] = ' ';
    pointer[column] = '\0';
    return vgi_error_set(err, status, "%s\n  %s%s%s\n  %s%s^", message, begin ? "..." : "", line,
                         end < text.size ? "..." : "", begin ? "   " : "", pointer);
}
