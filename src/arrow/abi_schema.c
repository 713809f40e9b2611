/* Schemas through the Arrow C data interface (https://arrow.apache.org/docs/format/CDataInterface.html): copied both
 * ways, since an ArrowSchema's texts end with NUL and its owner may release it at any time. Arrays: abi.c. */
#include "arrow/type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

enum { MAX_DEPTH = 64, MAX_METADATA = 1 << 26 };

/* Formats that are one fixed text; the others have parameters. */
static const char *const FORMATS[VGI_TYPE_COUNT] = {
    [VGI_TYPE_NULL] = "n",
    [VGI_TYPE_BOOL] = "b",
    [VGI_TYPE_INT8] = "c",
    [VGI_TYPE_INT16] = "s",
    [VGI_TYPE_INT32] = "i",
    [VGI_TYPE_INT64] = "l",
    [VGI_TYPE_UINT8] = "C",
    [VGI_TYPE_UINT16] = "S",
    [VGI_TYPE_UINT32] = "I",
    [VGI_TYPE_UINT64] = "L",
    [VGI_TYPE_FLOAT16] = "e",
    [VGI_TYPE_FLOAT32] = "f",
    [VGI_TYPE_FLOAT64] = "g",
    [VGI_TYPE_UTF8] = "u",
    [VGI_TYPE_LARGE_UTF8] = "U",
    [VGI_TYPE_BINARY] = "z",
    [VGI_TYPE_LARGE_BINARY] = "Z",
    [VGI_TYPE_DATE32] = "tdD",
    [VGI_TYPE_DATE64] = "tdm",
    [VGI_TYPE_INTERVAL_MONTHS] = "tiM",
    [VGI_TYPE_INTERVAL_DAY_TIME] = "tiD",
    [VGI_TYPE_INTERVAL_MONTH_DAY_NANO] = "tin",
    [VGI_TYPE_LIST] = "+l",
    [VGI_TYPE_LARGE_LIST] = "+L",
    [VGI_TYPE_STRUCT] = "+s",
    [VGI_TYPE_MAP] = "+m",
};
static const char UNITS[] = "smun";

/* ---- export ----------------------------------------------------------------------------------------------------- */

static vgi_status out_of_memory(vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for an ArrowSchema");
}

/* Each node owns its memory, since a consumer may move a child out and release the rest. */
static void release_schema(struct ArrowSchema *schema)
{
    vg_arena *arena = schema->private_data;

    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    if (schema->dictionary && schema->dictionary->release)
        schema->dictionary->release(schema->dictionary);
    schema->release = NULL;
    vg_arena_done(arena);
    vg_free(arena);
}

static vgi_string union_format(vg_arena *arena, const vgi_field *field)
{
    vgi_string text = vg_arena_printf(arena, "+u%c:", field->type == VGI_TYPE_DENSE_UNION ? 'd' : 's');

    for (int32_t i = 0; text.data && i < field->n_children; i++)
        text = vg_arena_printf(arena, "%s%s%d", text.data, i ? "," : "", field->type_codes ? field->type_codes[i] : i);
    return text;
}

static vgi_string format_of(vg_arena *arena, const vgi_field *field)
{
    const char unit = UNITS[field->unit & 3];

    switch (field->type) {
    case VGI_TYPE_DECIMAL128:
        return vg_arena_printf(arena, "d:%d,%d", field->precision, field->scale);
    case VGI_TYPE_DECIMAL256:
        return vg_arena_printf(arena, "d:%d,%d,256", field->precision, field->scale);
    case VGI_TYPE_FIXED_SIZE_BINARY:
        return vg_arena_printf(arena, "w:%d", field->fixed_size);
    case VGI_TYPE_FIXED_SIZE_LIST:
        return vg_arena_printf(arena, "+w:%d", field->fixed_size);
    case VGI_TYPE_TIME32:
    case VGI_TYPE_TIME64:
        return vg_arena_printf(arena, "tt%c", unit);
    case VGI_TYPE_DURATION:
        return vg_arena_printf(arena, "tD%c", unit);
    case VGI_TYPE_TIMESTAMP:
        return vg_arena_printf(arena, "ts%c:%.*s", unit, VG_FMT(field->timezone));
    case VGI_TYPE_SPARSE_UNION:
    case VGI_TYPE_DENSE_UNION:
        return union_format(arena, field);
    case VGI_TYPE_DICTIONARY:
        return vgi_str(FORMATS[field->index_type]);
    default:
        return vgi_str(FORMATS[field->type]);
    }
}

static uint8_t *put_text(uint8_t *to, vgi_string text)
{
    const int32_t size = (int32_t)text.size;

    memcpy(to, &size, sizeof size);
    if (text.size)
        memcpy(to + sizeof size, text.data, text.size);
    return to + sizeof size + text.size;
}

static bool export_metadata(vg_arena *arena, vgi_metadata metadata, const char **ret)
{
    const int32_t count = (int32_t)metadata.count;
    size_t size = sizeof count;
    uint8_t *to;

    *ret = NULL;
    if (metadata.count == 0)
        return true;
    for (size_t i = 0; i < metadata.count; i++)
        size += 2 * sizeof(int32_t) + metadata.items[i].key.size + metadata.items[i].value.size;
    if (size > INT32_MAX || !(to = vg_arena_alloc(arena, size)))
        return false;
    *ret = (const char *)to;
    memcpy(to, &count, sizeof count);
    to += sizeof count;
    for (size_t i = 0; i < metadata.count; i++)
        to = put_text(put_text(to, metadata.items[i].key), metadata.items[i].value);
    return true;
}

static int64_t flags_of(const vgi_field *field)
{
    return (field->nullable ? ARROW_FLAG_NULLABLE : 0) | (field->keys_sorted ? ARROW_FLAG_MAP_KEYS_SORTED : 0) |
           (field->dictionary_ordered ? ARROW_FLAG_DICTIONARY_ORDERED : 0);
}

static vgi_status export_field(const vgi_field *field, struct ArrowSchema *ret, vgi_error *err);

/* The children are made one by one, each counted once it can be released. */
static vgi_status export_children(vg_arena *arena, const vgi_field *const *fields, int32_t n, struct ArrowSchema *ret,
                                  vgi_error *err)
{
    struct ArrowSchema *children = VG_NEW_ARRAY(arena, struct ArrowSchema, n);

    ret->children = VG_NEW_ARRAY(arena, struct ArrowSchema *, n);
    if (!children || !ret->children)
        return out_of_memory(err);
    for (int32_t i = 0; i < n; i++) {
        VGI_TRY(export_field(fields[i], &children[i], err));
        ret->children[i] = &children[i];
        ret->n_children = i + 1;
    }
    return VGI_OK;
}

static vgi_status export_node(vg_arena *arena, const vgi_field *field, struct ArrowSchema *ret, vgi_error *err)
{
    struct ArrowSchema *dictionary;

    if (field->name.data && memchr(field->name.data, '\0', field->name.size))
        return vgi_error_set(err, VGI_ERR_VALUE, "the name of field '%.*s' holds a NUL byte", VG_FMT(field->name));
    ret->format = vg_arena_string(arena, format_of(arena, field)).data;
    ret->name = vg_arena_string(arena, field->name.data ? field->name : vgi_str("")).data;
    ret->flags = flags_of(field);
    if (!ret->format || !ret->name || !export_metadata(arena, field->metadata, &ret->metadata))
        return out_of_memory(err);
    if (field->type == VGI_TYPE_DICTIONARY) {
        if (!(dictionary = VG_NEW(arena, struct ArrowSchema)))
            return out_of_memory(err);
        VGI_TRY(export_field(field->dictionary, dictionary, err));
        ret->dictionary = dictionary;
    }
    return export_children(arena, field->children, field->n_children, ret, err);
}

static vgi_status export_field(const vgi_field *field, struct ArrowSchema *ret, vgi_error *err)
{
    vg_arena *arena = vg_malloc(sizeof *arena);
    vgi_status status;

    if (!arena)
        return out_of_memory(err);
    vg_arena_init(arena, 0);
    *ret = (struct ArrowSchema){.release = release_schema, .private_data = arena};
    status = export_node(arena, field, ret, err);
    if (status != VGI_OK)
        ret->release(ret);
    return status;
}

vgi_status vg_schema_export(const vgi_arrow_schema *schema, struct ArrowSchema *ret, vgi_error *err)
{
    const vgi_field row = {.type = VGI_TYPE_STRUCT,
                           .children = schema->fields,
                           .n_children = schema->n_fields,
                           .metadata = schema->metadata};

    return export_field(&row, ret, err);
}

/* ---- import ----------------------------------------------------------------------------------------------------- */

static vgi_status bad_format(const char *format, vgi_error *err)
{
    return vgi_error_set(err, VGI_ERR_NOT_IMPLEMENTED, "an ArrowSchema has the format '%.40s', which is not understood",
                         format);
}

static bool read_unit(char c, vgi_time_unit *ret)
{
    const char *at = c ? strchr(UNITS, c) : NULL;

    if (at)
        *ret = (vgi_time_unit)(at - UNITS);
    return at != NULL;
}

/* A number; false where there is none or it is too large. */
static bool read_number(const char **at, int32_t *ret)
{
    char *end;
    const long value = strtol(*at, &end, 10);

    if (end == *at || value < INT32_MIN || value > INT32_MAX)
        return false;
    *at = end;
    *ret = (int32_t)value;
    return true;
}

static bool read_decimal(const char *at, vgi_field *ret)
{
    int32_t bits = 128;

    if (!read_number(&at, &ret->precision) || *at++ != ',' || !read_number(&at, &ret->scale))
        return false;
    if (*at == ',' && (at++, !read_number(&at, &bits)))
        return false;
    ret->type = bits == 256 ? VGI_TYPE_DECIMAL256 : VGI_TYPE_DECIMAL128;
    return *at == '\0' && (bits == 128 || bits == 256) && ret->precision >= 1 &&
           ret->precision <= (bits == 128 ? 38 : 76);
}

static bool read_temporal(vg_arena *arena, const char *at, vgi_field *ret)
{
    if (!read_unit(at[1], &ret->unit))
        return false;
    switch (at[0]) {
    case 't':
        ret->type = ret->unit <= VGI_MILLISECOND ? VGI_TYPE_TIME32 : VGI_TYPE_TIME64;
        return at[2] == '\0';
    case 'D':
        ret->type = VGI_TYPE_DURATION;
        return at[2] == '\0';
    case 's':
        ret->type = VGI_TYPE_TIMESTAMP;
        if (at[2] != ':')
            return false;
        if (at[3])
            ret->timezone = vg_arena_string(arena, vgi_str(at + 3));
        return !at[3] || ret->timezone.data;
    default:
        return false;
    }
}

static bool read_union(vg_arena *arena, const char *at, int64_t n_children, vgi_field *ret)
{
    int8_t *codes;
    int32_t code;

    if ((at[0] != 'd' && at[0] != 's') || at[1] != ':' || n_children > INT8_MAX + 1 ||
        !(codes = VG_NEW_ARRAY(arena, int8_t, n_children)))
        return false;
    ret->type = at[0] == 'd' ? VGI_TYPE_DENSE_UNION : VGI_TYPE_SPARSE_UNION;
    ret->type_codes = codes;
    at += 2;
    for (int64_t i = 0; i < n_children; i++) {
        if ((i > 0 && *at++ != ',') || !read_number(&at, &code) || code < 0 || code > INT8_MAX)
            return false;
        codes[i] = (int8_t)code;
    }
    return *at == '\0';
}

static bool read_sized(const char *at, vgi_type_id type, vgi_field *ret)
{
    ret->type = type;
    return read_number(&at, &ret->fixed_size) && *at == '\0' && ret->fixed_size >= 0;
}

static bool read_format(vg_arena *arena, const struct ArrowSchema *source, vgi_field *ret)
{
    const char *format = source->format;

    for (int i = 0; i < VGI_TYPE_COUNT; i++)
        if (FORMATS[i] && strcmp(FORMATS[i], format) == 0) {
            ret->type = (vgi_type_id)i;
            return true;
        }
    if (strncmp(format, "d:", 2) == 0)
        return read_decimal(format + 2, ret);
    if (strncmp(format, "w:", 2) == 0)
        return read_sized(format + 2, VGI_TYPE_FIXED_SIZE_BINARY, ret);
    if (strncmp(format, "+w:", 3) == 0)
        return read_sized(format + 3, VGI_TYPE_FIXED_SIZE_LIST, ret);
    if (strncmp(format, "+u", 2) == 0)
        return read_union(arena, format + 2, source->n_children, ret);
    return format[0] == 't' && format[1] && read_temporal(arena, format + 1, ret);
}

static bool read_text(vg_arena *arena, const char **at, vgi_string *ret)
{
    int32_t size;

    memcpy(&size, *at, sizeof size);
    if (size < 0 || size > MAX_METADATA)
        return false;
    *ret = vg_arena_string(arena, (vgi_string){*at + sizeof size, (size_t)size});
    *at += sizeof size + (size_t)size;
    return ret->data != NULL;
}

static vgi_status import_metadata(vg_arena *arena, const char *at, vgi_metadata *ret, vgi_error *err)
{
    vgi_key_value *items;
    int32_t count;

    *ret = (vgi_metadata){0};
    if (!at)
        return VGI_OK;
    memcpy(&count, at, sizeof count);
    at += sizeof count;
    if (count < 0 || count > MAX_METADATA || !(items = VG_NEW_ARRAY(arena, vgi_key_value, count)))
        return vgi_error_set(err, VGI_ERR_VALUE, "an ArrowSchema has metadata that cannot be read");
    for (int32_t i = 0; i < count; i++)
        if (!read_text(arena, &at, &items[i].key) || !read_text(arena, &at, &items[i].value))
            return vgi_error_set(err, VGI_ERR_VALUE, "an ArrowSchema has metadata that cannot be read");
    *ret = (vgi_metadata){items, (size_t)count};
    return VGI_OK;
}

/* Layouts with a set number of children have it. */
static bool has_its_children(const vgi_field *field)
{
    switch (vg_type_info_of(field->type)->layout) {
    case VG_LAYOUT_LIST:
        if (field->type == VGI_TYPE_MAP)
            return field->n_children == 1 && field->children[0]->type == VGI_TYPE_STRUCT &&
                   field->children[0]->n_children == 2;
        return field->n_children == 1;
    case VG_LAYOUT_FIXED_LIST:
        return field->n_children == 1;
    case VG_LAYOUT_STRUCT:
    case VG_LAYOUT_SPARSE_UNION:
    case VG_LAYOUT_DENSE_UNION:
        return true;
    default:
        return field->n_children == 0;
    }
}

static vgi_status import_field(vg_arena *arena, const struct ArrowSchema *source, int depth, const vgi_field **ret,
                               vgi_error *err);

static vgi_status import_children(vg_arena *arena, const struct ArrowSchema *source, int depth, vgi_field *ret,
                                  vgi_error *err)
{
    const vgi_field **children;

    if (source->n_children < 0 || source->n_children > INT32_MAX ||
        !(children = VG_NEW_ARRAY(arena, const vgi_field *, source->n_children)))
        return out_of_memory(err);
    for (int64_t i = 0; i < source->n_children; i++)
        VGI_TRY(import_field(arena, source->children[i], depth + 1, &children[i], err));
    ret->n_children = (int32_t)source->n_children;
    ret->children = children;
    return has_its_children(ret) ? VGI_OK : bad_format(source->format, err);
}

static vgi_status import_dictionary(vg_arena *arena, const struct ArrowSchema *source, int depth, vgi_field *ret,
                                    vgi_error *err)
{
    if (ret->type < VGI_TYPE_INT8 || ret->type > VGI_TYPE_UINT64)
        return bad_format(source->format, err);
    ret->index_type = ret->type;
    ret->type = VGI_TYPE_DICTIONARY;
    ret->dictionary_ordered = source->flags & ARROW_FLAG_DICTIONARY_ORDERED;
    return import_field(arena, source->dictionary, depth + 1, &ret->dictionary, err);
}

static vgi_status import_field(vg_arena *arena, const struct ArrowSchema *source, int depth, const vgi_field **ret,
                               vgi_error *err)
{
    vgi_field *field = VG_NEW(arena, vgi_field);

    if (!source || !source->release || !source->format)
        return vgi_error_set(err, VGI_ERR_VALUE, "an ArrowSchema was released already");
    if (depth > MAX_DEPTH)
        return vgi_error_set(err, VGI_ERR_LIMIT, "an ArrowSchema is nested deeper than %d", MAX_DEPTH);
    if (!field)
        return out_of_memory(err);
    if (!read_format(arena, source, field))
        return bad_format(source->format, err);
    field->name = vg_arena_string(arena, vgi_str(source->name ? source->name : ""));
    if (!field->name.data)
        return out_of_memory(err);
    field->nullable = source->flags & ARROW_FLAG_NULLABLE;
    field->keys_sorted = source->flags & ARROW_FLAG_MAP_KEYS_SORTED;
    VGI_TRY(import_metadata(arena, source->metadata, &field->metadata, err));
    VGI_TRY(import_children(arena, source, depth, field, err));
    if (source->dictionary)
        VGI_TRY(import_dictionary(arena, source, depth, field, err));
    *ret = field;
    return VGI_OK;
}

vgi_status vg_schema_import(vg_arena *arena, const struct ArrowSchema *source, const vgi_arrow_schema **ret,
                            vgi_error *err)
{
    vgi_arrow_schema *schema = VG_NEW(arena, vgi_arrow_schema);
    const vgi_field *row;

    if (!schema)
        return out_of_memory(err);
    VGI_TRY(import_field(arena, source, 0, &row, err));
    if (row->type != VGI_TYPE_STRUCT)
        return vgi_error_set(err, VGI_ERR_TYPE, "an ArrowSchema is %s where the struct of a batch's columns belongs",
                             vgi_type_name(row->type));
    *schema = (vgi_arrow_schema){row->n_children, row->children, row->metadata};
    *ret = schema;
    return VGI_OK;
}
