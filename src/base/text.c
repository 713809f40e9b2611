/* Growing text and JSON strings in an arena. See text.h; rpc/reply, rpc/call and observe/ call it. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum { FIRST_CAPACITY = 128 };

static bool reserve(vg_text *text, size_t more)
{
    size_t capacity = text->capacity ? text->capacity : FIRST_CAPACITY;
    char *grown;

    if (text->failed)
        return false;
    if (text->capacity - text->size > more)
        return true;
    while (capacity - text->size <= more && capacity < SIZE_MAX / 2)
        capacity *= 2;
    grown = vg_arena_alloc(text->arena, capacity);
    if (!grown) {
        text->failed = true;
        return false;
    }
    if (text->size > 0)
        memcpy(grown, text->data, text->size);
    text->data = grown;
    text->capacity = capacity;
    return true;
}

void vg_text_add(vg_text *text, const char *bytes, size_t size)
{
    if (size == 0 || !reserve(text, size))
        return;
    memcpy(text->data + text->size, bytes, size);
    text->size += size;
}

void vg_text_puts(vg_text *text, const char *string)
{
    vg_text_add(text, string, strlen(string));
}

void vg_text_clean(vg_text *text, vgi_string string)
{
    size_t start = text->size;
    bool valid = string.size == 0 || vg_utf8_valid(string.data, string.size);

    vg_text_add(text, string.data, string.size);
    for (size_t i = start; !text->failed && i < text->size; i++) {
        unsigned char byte = (unsigned char)text->data[i];

        if (byte >= 0x80 ? !valid : byte == 0x7F || (byte < 0x20 && byte != '\n' && byte != '\t'))
            text->data[i] = '?';
    }
}

static void add_json_byte(vg_text *text, char byte)
{
    static const char NAMED[][2] = {{'"', '"'}, {'\\', '\\'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}};
    char escape[8];

    for (size_t i = 0; i < sizeof NAMED / sizeof *NAMED; i++) {
        if (byte == NAMED[i][0]) {
            vg_text_add(text, (const char[]){'\\', NAMED[i][1]}, 2);
            return;
        }
    }
    if ((unsigned char)byte >= 0x20) {
        vg_text_add(text, &byte, 1);
        return;
    }
    snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)byte);
    vg_text_add(text, escape, 6);
}

void vg_text_json(vg_text *text, vgi_string string)
{
    bool valid = string.size == 0 || vg_utf8_valid(string.data, string.size);

    vg_text_puts(text, "\"");
    for (size_t i = 0; i < string.size; i++)
        add_json_byte(text, valid || (unsigned char)string.data[i] < 0x80 ? string.data[i] : '?');
    vg_text_puts(text, "\"");
}

void vg_text_member(vg_text *text, const char *key, vgi_string value)
{
    if (text->size > 0 && text->data[text->size - 1] != '{')
        vg_text_puts(text, ",");
    vg_text_json(text, vgi_str(key));
    vg_text_puts(text, ":");
    vg_text_json(text, value);
}

vgi_string vg_text_take(vg_text *text)
{
    if (!reserve(text, 1))
        return (vgi_string){0};
    text->data[text->size] = '\0';
    return (vgi_string){text->data, text->size};
}
