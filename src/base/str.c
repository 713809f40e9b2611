/* Text helpers; also vgi_str and vgi_string_equal of vgi/type.h. */
#include "base/str.h"

#include <string.h>

vgi_string vgi_str(const char *text)
{
    return text ? (vgi_string){text, strlen(text)} : (vgi_string){0};
}

bool vgi_string_equal(vgi_string a, vgi_string b)
{
    if (!a.data || !b.data)
        return a.data == b.data;
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

vgi_string vgi_metadata_get(vgi_metadata metadata, const char *key)
{
    for (size_t i = 0; i < metadata.count; i++)
        if (vg_string_is(metadata.items[i].key, key))
            return metadata.items[i].value;
    return (vgi_string){0};
}

bool vg_string_is(vgi_string a, const char *b)
{
    size_t size = strlen(b);

    return a.data && a.size == size && memcmp(a.data, b, size) == 0;
}

void vg_text_tame(char *text)
{
    for (char *at = text; *at; at++) {
        const unsigned char here = (unsigned char)*at, next = (unsigned char)at[1];

        if ((here < 0x20 && here != '\n' && here != '\t') || here == 0x7f)
            *at = '?';
        else if (here == 0xc2 && next >= 0x80 && next < 0xa0)
            at[0] = at[1] = '?';
    }
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool vg_string_is_nocase(vgi_string a, vgi_string b)
{
    if (!a.data || !b.data || a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}
