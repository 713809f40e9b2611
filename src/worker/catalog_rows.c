/* Shared by the catalog handlers: rows and their encoding, look-ups, names in sentences (vgi.md §1, §5). */
#include "worker/catalog_rows.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"
#include "protocol/codec.h"
#include "worker/worker.h"

enum { NAME_PART_MAX = 128 };

vgi_status vg_call_out_of_memory(vgi_call *call)
{
    return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
}

vgi_status vg_rows_add(vgi_call *call, vg_rows *rows, void **ret)
{
    size_t size = rows->record->size;

    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity ? 2 * rows->capacity : 8;
        uint8_t *data = vg_arena_array(call->arena, capacity, size);

        if (!data)
            return vg_call_out_of_memory(call);
        if (rows->count)
            memcpy(data, rows->data, rows->count * size);
        rows->data = data;
        rows->capacity = capacity;
    }
    *ret = rows->data + rows->count++ * size;
    return VGI_OK;
}

vgi_status vg_encode_record(vgi_call *call, const vg_record *record, const void *row, vgi_bytes *ret)
{
    return vg_record_encode(call->arena, record, row, call->version_minor, ret, vgi_call_error(call));
}

vgi_status vg_rows_items(vgi_call *call, const vg_rows *rows, vgi_bytes_list *ret)
{
    vgi_bytes *items = VG_NEW_ARRAY(call->arena, vgi_bytes, rows->count);

    if (!items)
        return vg_call_out_of_memory(call);
    VGI_TRY(vg_records_encode_each(call->arena, rows->record, rows->data, rows->count, call->version_minor, items,
                                   vgi_call_error(call)));
    *ret = (vgi_bytes_list){.items = items, .count = rows->count, .present = true};
    return VGI_OK;
}

vgi_status vg_list_nothing(vgi_call *call, const vg_schema_entry *schema, vg_rows *rows)
{
    (void)call;
    (void)schema;
    (void)rows;
    return VGI_OK;
}

/* ---- look-ups ---------------------------------------------------------------------------------------------------- */

static vgi_status check_path(vgi_call *call, vgi_string_list path)
{
    if (path.count == 0)
        return vgi_fail(call, VGI_ERR_VALUE, "the schema path has no parts; it needs at least one");
    for (size_t i = 0; i < path.count; i++)
        if (path.items[i].size == 0)
            return vgi_fail(call, VGI_ERR_VALUE, "part %zu of the schema path is empty; name a schema", i + 1);
    return VGI_OK;
}

vgi_status vg_call_schema(vgi_call *call, vgi_bytes attach_opaque_data, vgi_string_list path,
                          const vg_schema_entry **ret)
{
    const vg_catalog_entry *catalog;

    VGI_TRY(vg_call_catalog(call, attach_opaque_data, &catalog));
    VGI_TRY(check_path(call, path));
    *ret = vg_catalog_schema(catalog, path.items, path.count);
    return VGI_OK;
}

vgi_status vg_answer_listing(vgi_call *call, vgi_bytes attach_opaque_data, vgi_string_list path,
                             const vg_record *record, vg_list *list, vgi_bytes_list *ret)
{
    const vg_schema_entry *schema;
    vg_rows rows = {.record = record};

    VGI_TRY(vg_call_schema(call, attach_opaque_data, path, &schema));
    if (!schema && call->attachment->catalog->descriptor->ops)
        return vg_rows_items(call, &rows, ret); /* the callbacks' own: nothing of it is declared */
    if (!schema)
        return vgi_fail(call, VGI_ERR_NOT_FOUND, "Schema %s does not exist",
                        vg_call_name(call, path, (vgi_string){0}, (vgi_string){0}));
    VGI_TRY(list(call, schema, &rows));
    return vg_rows_items(call, &rows, ret);
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static bool is_plain(vgi_string name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];

        if (c != '_' && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(i > 0 && c >= '0' && c <= '9'))
            return false;
    }
    return name.size > 0;
}

static char *put(char *at, vgi_string name)
{
    size_t size = vg_utf8_cut(name.data, name.size < NAME_PART_MAX ? name.size : NAME_PART_MAX);

    if (is_plain(name)) {
        memcpy(at, name.data, size);
        return at + size;
    }
    *at++ = '"';
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)name.data[i];

        if (c == '"')
            *at++ = '"';
        *at++ = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    *at++ = '"';
    return at;
}

const char *vg_call_name(vgi_call *call, vgi_string_list path, vgi_string name, vgi_string column)
{
    size_t parts = path.count < 8 ? path.count : 8, size;
    const vgi_string tail[] = {name, column};
    char *text, *at;

    size = (parts + 2) * (2 * NAME_PART_MAX + 3) + 1;
    text = at = vg_arena_alloc(call->arena, size);
    if (!text)
        return "(out of memory)";
    for (size_t i = 0; i < parts + 2; i++) {
        vgi_string part = i < parts ? path.items[i] : tail[i - parts];

        if (!part.data)
            continue;
        if (at > text)
            *at++ = '.';
        at = put(at, part);
    }
    return text;
}

/* ---- descriptor lists -------------------------------------------------------------------------------------------- */

vgi_status vg_tags_map(vgi_call *call, const vgi_tag *tags, vgi_string_map *ret)
{
    size_t count = 0;
    vgi_string_pair *pairs;

    *ret = (vgi_string_map){.present = true};
    while (tags && tags[count].key)
        count++;
    if (count == 0)
        return VGI_OK;
    pairs = VG_NEW_ARRAY(call->arena, vgi_string_pair, count);
    if (!pairs)
        return vg_call_out_of_memory(call);
    for (size_t i = 0; i < count; i++)
        pairs[i] = (vgi_string_pair){vgi_str(tags[i].key), vgi_str(tags[i].value ? tags[i].value : "")};
    ret->items = pairs;
    ret->count = count;
    return VGI_OK;
}

vgi_status vg_names_list(vgi_call *call, const char *const *names, vgi_string_list *ret)
{
    size_t count = 0;
    vgi_string *items;

    *ret = (vgi_string_list){.present = true};
    while (names && names[count])
        count++;
    if (count == 0)
        return VGI_OK;
    items = VG_NEW_ARRAY(call->arena, vgi_string, count);
    if (!items)
        return vg_call_out_of_memory(call);
    for (size_t i = 0; i < count; i++)
        items[i] = vgi_str(names[i]);
    ret->items = items;
    ret->count = count;
    return VGI_OK;
}
