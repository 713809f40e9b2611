/* Printing types in the wire's words (type_text.h; rpc.md §8.1). rpc/hash calls it. */
#include <inttypes.h>
#include <stdio.h>

#include "base/str.h"
#include "rpc/type_text.h"

static const char *const UNITS[] = {
    [VGI_SECOND] = "s", [VGI_MILLISECOND] = "ms", [VGI_MICROSECOND] = "us", [VGI_NANOSECOND] = "ns"};

static void print_number(vg_text *text, const char *before, int32_t number, const char *after)
{
    char digits[16];

    snprintf(digits, sizeof digits, "%" PRId32, number);
    vg_text_puts(text, before);
    vg_text_puts(text, digits);
    vg_text_puts(text, after);
}

static void print_child(vg_text *text, vgi_string name, const vgi_field *child)
{
    vg_text_add(text, name.data, name.size);
    vg_text_puts(text, child->nullable ? "?:" : ":");
    vg_type_print(text, child);
}

static void print_members(vg_text *text, const vgi_field *field)
{
    bool is_union = field->type != VGI_TYPE_STRUCT;

    vg_text_puts(text, "<");
    for (int32_t i = 0; i < field->n_children; i++) {
        if (i > 0)
            vg_text_puts(text, ",");
        if (is_union)
            print_number(text, "", field->type_codes ? field->type_codes[i] : i, "=");
        print_child(text, field->children[i]->name, field->children[i]);
    }
    vg_text_puts(text, ">");
}

static void print_map(vg_text *text, const vgi_field *field)
{
    const vgi_field *entries = field->children[0];

    vg_text_puts(text, "<");
    print_child(text, vgi_str("key"), entries->children[0]);
    vg_text_puts(text, ",");
    print_child(text, vgi_str("value"), entries->children[1]);
    vg_text_puts(text, field->keys_sorted ? ">,keys_sorted" : ">");
}

static void print_dictionary(vg_text *text, const vgi_field *field)
{
    vg_text_puts(text, "<index:");
    vg_text_puts(text, vgi_type_name(field->index_type));
    vg_text_puts(text, ",value:");
    vg_type_print(text, field->dictionary);
    vg_text_puts(text, field->dictionary_ordered ? ">,ordered" : ">");
}

static void print_parameters(vg_text *text, const vgi_field *field)
{
    switch (field->type) {
    case VGI_TYPE_DECIMAL128:
    case VGI_TYPE_DECIMAL256:
        print_number(text, "(", field->precision, ",");
        print_number(text, "", field->scale, ")");
        break;
    case VGI_TYPE_FIXED_SIZE_BINARY:
        print_number(text, "(", field->fixed_size, ")");
        break;
    case VGI_TYPE_TIME32:
    case VGI_TYPE_TIME64:
    case VGI_TYPE_DURATION:
    case VGI_TYPE_TIMESTAMP:
        vg_text_puts(text, "(");
        vg_text_puts(text, UNITS[field->unit]);
        if (field->timezone.size > 0) {
            vg_text_puts(text, ",tz=");
            vg_text_add(text, field->timezone.data, field->timezone.size);
        }
        vg_text_puts(text, ")");
        break;
    case VGI_TYPE_FIXED_SIZE_LIST:
        print_number(text, "(", field->fixed_size, ")");
        /* fall through */
    case VGI_TYPE_LIST:
    case VGI_TYPE_LARGE_LIST:
        vg_text_puts(text, "<");
        print_child(text, vgi_str("item"), field->children[0]);
        vg_text_puts(text, ">");
        break;
    case VGI_TYPE_MAP:
        print_map(text, field);
        break;
    case VGI_TYPE_STRUCT:
    case VGI_TYPE_SPARSE_UNION:
    case VGI_TYPE_DENSE_UNION:
        print_members(text, field);
        break;
    case VGI_TYPE_DICTIONARY:
        print_dictionary(text, field);
        break;
    default:
        break;
    }
}

void vg_type_print(vg_text *text, const vgi_field *field)
{
    vgi_string extension = vgi_metadata_get(field->metadata, "ARROW:extension:name");

    if (extension.data) {
        vg_text_puts(text, "extension(");
        vg_text_add(text, extension.data, extension.size);
        vg_text_puts(text, ")<");
    }
    vg_text_puts(text, vgi_type_name(field->type));
    print_parameters(text, field);
    if (extension.data)
        vg_text_puts(text, ">");
}
