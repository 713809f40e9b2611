/* Growing text and its escapes (text.h); used by everything that prints. */
#include "text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

void *cli_realloc(void *old, size_t size)
{
    void *data = realloc(old, size ? size : 1);

    if (!data) {
        fputs("vgi: out of memory\n", stderr);
        exit(1);
    }
    return data;
}

void *cli_alloc(size_t size)
{
    void *data = cli_realloc(NULL, size);

    memset(data, 0, size ? size : 1);
    return data;
}

void cli_text_add(cli_text *text, const char *data, size_t size)
{
    if (text->room - text->size <= size) {
        size_t room = (text->size + size) * 2 + 64;

        text->data = cli_realloc(text->data, room);
        text->room = room;
    }
    if (size)
        memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = '\0';
}

void cli_text_char(cli_text *text, char c)
{
    cli_text_add(text, &c, 1);
}

void cli_text_puts(cli_text *text, const char *line)
{
    cli_text_add(text, line, strlen(line));
}

void cli_text_string(cli_text *text, vgi_string string)
{
    cli_text_add(text, string.data, string.size);
}

void cli_text_printf(cli_text *text, const char *format, ...)
{
    va_list args;
    char *line = NULL;
    int size;

    va_start(args, format);
    size = vasprintf(&line, format, args);
    va_end(args);
    if (size < 0) {
        fputs("vgi: out of memory\n", stderr);
        exit(1);
    }
    cli_text_add(text, line, (size_t)size);
    free(line);
}

void cli_text_repeat(cli_text *text, const char *piece, size_t count)
{
    while (count--)
        cli_text_puts(text, piece);
}

void cli_text_free(cli_text *text)
{
    free(text->data);
    *text = (cli_text){0};
}

void cli_text_clear(cli_text *text)
{
    text->size = 0;
}

/* One character of `text` at `i`: its bytes, and the code point; -1 where the bytes are no UTF-8 (then 1 byte). */
static size_t decode(vgi_string text, size_t i, int32_t *ret)
{
    static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *p = (const uint8_t *)text.data + i;
    size_t left = text.size - i, size = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    int32_t code = size == 1 ? p[0] : p[0] & (0x7f >> size);

    *ret = -1;
    if ((p[0] >= 0x80 && p[0] < 0xc2) || p[0] > 0xf4 || size > left)
        return 1;
    for (size_t k = 1; k < size; k++) {
        if ((p[k] & 0xc0) != 0x80)
            return 1;
        code = code << 6 | (p[k] & 0x3f);
    }
    if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 1;
    *ret = code;
    return size;
}

static size_t width_of(int32_t code)
{
    int width = code < 0 ? 1 : code < 0x80 ? 1 : wcwidth((wchar_t)code);

    return width < 0 ? 1 : (size_t)width;
}

size_t cli_text_width(vgi_string text)
{
    size_t width = 0;
    int32_t code;

    for (size_t i = 0; i < text.size;) {
        i += decode(text, i, &code);
        width += width_of(code);
    }
    return width;
}

size_t cli_text_fit(vgi_string text, size_t width)
{
    size_t i = 0, used = 0;
    int32_t code;

    while (i < text.size) {
        size_t size = decode(text, i, &code);

        used += width_of(code);
        if (used > width)
            break;
        i += size;
    }
    return i;
}

/* Controls of ASCII and of Latin-1, and what turns the direction of text round. */
static bool is_control(int32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0x2028 || code == 0x2029;
}

void cli_text_visible(cli_text *out, vgi_string text)
{
    int32_t code;

    for (size_t i = 0; i < text.size;) {
        size_t size = decode(text, i, &code);

        if (code == '\n')
            cli_text_puts(out, "\\n");
        else if (code == '\t')
            cli_text_puts(out, "\\t");
        else if (code < 0)
            cli_text_printf(out, "\\x%02X", (unsigned)(uint8_t)text.data[i]);
        else if (is_control(code))
            cli_text_printf(out, code < 0x100 ? "\\x%02X" : "\\u%04X", (unsigned)code);
        else
            cli_text_add(out, text.data + i, size);
        i += size;
    }
}

void cli_text_csv(cli_text *out, vgi_string text)
{
    bool quote = text.size == 0 || text.data[0] == ' ' || text.data[text.size - 1] == ' ';

    for (size_t i = 0; i < text.size; i++)
        if (strchr("\",\r\n", text.data[i]))
            quote = true;
    if (!quote) {
        cli_text_string(out, text);
        return;
    }
    cli_text_char(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            cli_text_char(out, '"');
        cli_text_char(out, text.data[i]);
    }
    cli_text_char(out, '"');
}

void cli_text_json(cli_text *out, vgi_string text)
{
    int32_t code;

    cli_text_char(out, '"');
    for (size_t i = 0; i < text.size;) {
        size_t size = decode(text, i, &code);

        if (code == '"' || code == '\\')
            cli_text_printf(out, "\\%c", (char)code);
        else if (code == '\n')
            cli_text_puts(out, "\\n");
        else if (code == '\t')
            cli_text_puts(out, "\\t");
        else if (code < 0)
            cli_text_puts(out, "\xef\xbf\xbd");
        else if (is_control(code))
            cli_text_printf(out, "\\u%04x", (unsigned)code);
        else
            cli_text_add(out, text.data + i, size);
        i += size;
    }
    cli_text_char(out, '"');
}

void cli_text_quote(cli_text *out, vgi_string text)
{
    cli_text_char(out, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'')
            cli_text_char(out, '\'');
        cli_text_char(out, text.data[i]);
    }
    cli_text_char(out, '\'');
}

void cli_text_name(cli_text *out, vgi_string name)
{
    bool plain = name.size > 0 && !isdigit((unsigned char)name.data[0]);

    for (size_t i = 0; i < name.size; i++)
        if (!isalnum((unsigned char)name.data[i]) && name.data[i] != '_' && (uint8_t)name.data[i] < 0x80)
            plain = false;
    if (plain) {
        cli_text_string(out, name);
        return;
    }
    cli_text_char(out, '"');
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '"')
            cli_text_char(out, '"');
        cli_text_char(out, name.data[i]);
    }
    cli_text_char(out, '"');
}

void cli_text_path(cli_text *out, vgi_string_list path, vgi_string name)
{
    for (size_t i = 0; i < path.count; i++) {
        if (i)
            cli_text_char(out, '.');
        cli_text_name(out, path.items[i]);
    }
    if (path.count && name.data)
        cli_text_char(out, '.');
    if (name.data)
        cli_text_name(out, name);
}

void cli_text_hex(cli_text *out, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        cli_text_printf(out, "%02x", bytes[i]);
}
