/* What of a value a trace may show (trace.h). Bytes in messages of the protocol are opaque (vgi.md §1: attach and
 * transaction data, states, tokens, secrets) unless their column is known to hold a record, a batch or a schema: so a
 * column that is new, or forgotten here, is hashed and not shown. */
#include <string.h>

#include "trace.h"
#include "value.h"

enum { MAX_SHOWN_BYTES = 2000 }; /* of one value's text */

/* The columns whose bytes are opened: `carries` in the protocol's tables, and those that hold batches by their
 * meaning; tests/checks/trace_columns.py compares the two. */
static const struct {
    const char *name;
    trace_rule rule;
    trace_rule in_list;
} RULES[] = {
    {"request", TRACE_OPEN, TRACE_HASH},
    {"result", TRACE_OPEN, TRACE_HASH},
    {"aggregate_functions", TRACE_HASH, TRACE_OPEN},
    {"arguments", TRACE_OPEN, TRACE_HASH},
    {"arguments_schema", TRACE_OPEN, TRACE_HASH},
    {"attach_catalogs", TRACE_HASH, TRACE_OPEN},
    {"attach_option_specs", TRACE_HASH, TRACE_OPEN},
    {"bind_call", TRACE_OPEN, TRACE_HASH},
    {"bind_result", TRACE_OPEN, TRACE_HASH},
    {"branches", TRACE_HASH, TRACE_OPEN},
    {"client_capabilities", TRACE_OPEN, TRACE_HASH},
    {"column_definition", TRACE_OPEN, TRACE_HASH},
    {"column_statistics", TRACE_OPEN, TRACE_HASH},
    {"columns", TRACE_OPEN, TRACE_HASH},
    {"default_value", TRACE_HIDE, TRACE_HASH}, /* of an option or a setting */
    {"delete_function", TRACE_OPEN, TRACE_HASH},
    {"expected_schema", TRACE_OPEN, TRACE_HASH},
    {"foreign_key_constraints", TRACE_HASH, TRACE_OPEN},
    {"format_options", TRACE_HIDE, TRACE_HASH},
    {"functions", TRACE_OPEN, TRACE_HASH},
    {"global_functions", TRACE_HASH, TRACE_OPEN},
    {"group_ids_batch", TRACE_OPEN, TRACE_HASH},
    {"indexes", TRACE_OPEN, TRACE_OPEN},
    {"input_batch", TRACE_OPEN, TRACE_HASH},
    {"input_schema", TRACE_OPEN, TRACE_HASH},
    {"insert_function", TRACE_OPEN, TRACE_HASH},
    {"items", TRACE_HASH, TRACE_OPEN},
    {"join_keys", TRACE_HASH, TRACE_OPEN},
    {"macros", TRACE_OPEN, TRACE_HASH},
    {"merge_batch", TRACE_OPEN, TRACE_HASH},
    {"options", TRACE_HIDE, TRACE_HASH},
    {"output_schema", TRACE_OPEN, TRACE_HASH},
    {"parameter_default_values", TRACE_OPEN, TRACE_HASH},
    {"parameters_schema", TRACE_OPEN, TRACE_HASH},
    {"partition_batch", TRACE_OPEN, TRACE_HASH},
    {"partition_bounds", TRACE_OPEN, TRACE_HASH},
    {"partitioning", TRACE_HASH, TRACE_OPEN},
    {"pushdown_filters", TRACE_OPEN, TRACE_HASH},
    {"refined_filters", TRACE_OPEN, TRACE_HASH},
    {"result_batch", TRACE_OPEN, TRACE_HASH},
    {"scalar_functions", TRACE_HASH, TRACE_OPEN},
    {"scalar_macros", TRACE_HASH, TRACE_OPEN},
    {"scan_function", TRACE_OPEN, TRACE_HASH},
    {"schema", TRACE_OPEN, TRACE_HASH},
    {"schemas", TRACE_OPEN, TRACE_HASH},
    {"secret_types", TRACE_HASH, TRACE_OPEN}, /* what kinds there are; no secret */
    {"settings", TRACE_HIDE, TRACE_OPEN},     /* values in a bind; a list describes which there are */
    {"sort_order", TRACE_HASH, TRACE_OPEN},
    {"splits", TRACE_HASH, TRACE_OPEN},
    {"table_functions", TRACE_HASH, TRACE_OPEN},
    {"table_macros", TRACE_HASH, TRACE_OPEN},
    {"tables", TRACE_OPEN, TRACE_OPEN},
    {"type", TRACE_OPEN, TRACE_HASH},
    {"update_function", TRACE_OPEN, TRACE_HASH},
    {"views", TRACE_OPEN, TRACE_OPEN},
};

static bool begins_with(vgi_string text, const char *start)
{
    return text.size >= strlen(start) && memcmp(text.data, start, strlen(start)) == 0;
}

bool trace_hides_all(vgi_string protocol)
{
    return begins_with(protocol, "vgi.secret.") || begins_with(protocol, "vgi_rpc.Identity.");
}

/* Of protocols that are not VGI's nothing is known: what is a batch is shown, all other bytes are hashed. */
trace_rule trace_rule_of(const trace *t, vgi_string protocol, vgi_string name, bool in_list)
{
    trace_rule rule = TRACE_HASH;

    if (!begins_with(protocol, "vgi."))
        return TRACE_OPEN;
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++)
        if (vgi_string_equal(name, vgi_str(RULES[i].name)))
            rule = in_list ? RULES[i].in_list : RULES[i].rule;
    return rule == TRACE_HIDE && t->shows_options ? TRACE_OPEN : rule;
}

trace_content trace_open(const trace *t, vgi_bytes bytes, const vgi_batch **ret_batch,
                         const vgi_arrow_schema **ret_schema)
{
    if (vgi_batch_decode(t->result, bytes, ret_batch, NULL) == VGI_OK)
        return TRACE_BATCH;
    if (vgi_schema_decode(t->result, bytes, ret_schema, NULL) == VGI_OK)
        return TRACE_SCHEMA;
    return TRACE_BYTES;
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

void trace_hidden(cli_text *out, const void *bytes, size_t size)
{
    char digest[VGI_TAP_DIGEST_SIZE];

    vgi_tap_digest(size ? bytes : "", size, digest);
    cli_text_puts(out, digest);
}

/* The longest start of a text that is short enough, in whole characters. */
static vgi_string cut(const cli_text *text)
{
    size_t size = text->size;

    if (size > MAX_SHOWN_BYTES)
        for (size = MAX_SHOWN_BYTES; size > 0 && ((uint8_t)text->data[size] & 0xc0) == 0x80;)
            size--;
    return (vgi_string){text->data ? text->data : "", size};
}

void trace_value_text(cli_text *out, const vgi_array *array, int64_t i, bool hidden)
{
    cli_text plain = {0};
    vgi_string shown;

    cli_value_nested(&plain, array, i);
    shown = cut(&plain);
    if (hidden && !cli_value_is_null(array, i)) {
        trace_hidden(out, plain.data, plain.size);
    } else {
        cli_text_visible(out, shown);
        if (shown.size < plain.size)
            cli_text_printf(out, "... (%zu bytes)", plain.size);
    }
    cli_text_free(&plain);
}

void trace_value_json(cli_text *out, const vgi_array *array, int64_t i, bool hidden)
{
    cli_text plain = {0};

    if (hidden && !cli_value_is_null(array, i)) {
        cli_value_nested(&plain, array, i);
        cli_text_char(out, '"');
        trace_hidden(out, plain.data, plain.size);
        cli_text_char(out, '"');
    } else {
        cli_value_json(&plain, array, i);
        if (plain.size <= MAX_SHOWN_BYTES)
            cli_text_add(out, plain.data, plain.size);
        else
            cli_text_json(out, cut(&plain)); /* no longer JSON of its own: a text */
    }
    cli_text_free(&plain);
}

/* ---- types ------------------------------------------------------------------------------------------------------ */

bool trace_is_bytes(const vgi_field *field)
{
    return field->type == VGI_TYPE_BINARY || field->type == VGI_TYPE_LARGE_BINARY ||
           (field->type == VGI_TYPE_DICTIONARY && trace_is_bytes(field->dictionary));
}

bool trace_is_list(const vgi_field *field)
{
    return field->type == VGI_TYPE_LIST || field->type == VGI_TYPE_LARGE_LIST ||
           field->type == VGI_TYPE_FIXED_SIZE_LIST || field->type == VGI_TYPE_MAP;
}

bool trace_has_bytes(const vgi_field *field)
{
    if (trace_is_bytes(field))
        return true;
    for (int32_t k = 0; k < field->n_children; k++)
        if (trace_has_bytes(field->children[k]))
            return true;
    return field->type == VGI_TYPE_DICTIONARY && trace_has_bytes(field->dictionary);
}

vgi_string trace_type(const trace *t, const vgi_field *field)
{
    const vgi_field *plain = field->type == VGI_TYPE_DICTIONARY ? field->dictionary : field;
    vgi_string type = vgi_type_sql(t->result, plain);

    return type.data ? type : vgi_str("?");
}

void trace_columns(const trace *t, cli_text *out, const vgi_arrow_schema *schema)
{
    cli_text_char(out, '(');
    for (int32_t k = 0; k < schema->n_fields; k++) {
        cli_text_puts(out, k ? ", " : "");
        cli_text_name(out, schema->fields[k]->name);
        cli_text_char(out, ' ');
        cli_text_visible(out, trace_type(t, schema->fields[k]));
    }
    cli_text_char(out, ')');
}

bool trace_is_news(vgi_string key)
{
    static const char *const OLD[] = {
        "vgi_rpc.method",        "vgi_rpc.request_version", "vgi_rpc.protocol",  "vgi_rpc.protocol_version",
        "vgi_rpc.log_level",     "vgi_rpc.log_message",     "vgi_rpc.log_extra", "vgi_rpc.error_kind",
        "vgi_rpc.error_details", "vgi_rpc.cancel",
    };

    for (size_t i = 0; i < sizeof OLD / sizeof *OLD; i++)
        if (vgi_string_equal(key, vgi_str(OLD[i])))
            return false;
    return true;
}
