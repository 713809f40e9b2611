/* What table-create and table-column-add have beside the columns that vgi_columns_parse reads: defaults and comments,
 * which travel as metadata of a column (vgi.md §1), and constraints. Called by methods.c before the call. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "method.h"

/* ---- metadata of columns ----------------------------------------------------------------------------------------- */

/* -1: there is none of that name. */
static int32_t find_column(const vgi_arrow_schema *schema, vgi_string name)
{
    int32_t k = 0;

    while (k < schema->n_fields && !vgi_string_equal(schema->fields[k]->name, name))
        k++;
    return k < schema->n_fields ? k : -1;
}

static int no_column(cli *c, const vgi_arrow_schema *schema, vgi_string name)
{
    vgi_string *names = cli_keep(c, ((size_t)schema->n_fields + 1) * sizeof *names);

    for (int32_t k = 0; k < schema->n_fields; k++)
        names[k] = schema->fields[k]->name;
    cli_not_found(c, "column", name, names, (size_t)schema->n_fields);
    return CLI_USAGE;
}

/* `fields` are copies that may be changed. */
static void annotate(cli *c, vgi_field *field, const char *key, vgi_string value)
{
    vgi_key_value *items = cli_keep(c, (field->metadata.count + 1) * sizeof *items);

    if (field->metadata.count)
        memcpy(items, field->metadata.items, field->metadata.count * sizeof *items);
    items[field->metadata.count] = (vgi_key_value){vgi_str(key), value};
    field->metadata = (vgi_metadata){items, field->metadata.count + 1};
}

static int annotate_all(cli *c, const vgi_arrow_schema *schema, vgi_field *fields, const char *key,
                        vgi_string_map values)
{
    for (size_t i = 0; i < values.count; i++) {
        int32_t k = find_column(schema, values.items[i].key);

        if (k < 0)
            return no_column(c, schema, values.items[i].key);
        annotate(c, &fields[k], key, values.items[i].value);
    }
    return CLI_OK;
}

static int annotate_columns(cli *c, vgi_bytes *columns, vgi_string_map defaults, vgi_string_map comments)
{
    const vgi_arrow_schema *schema;
    const vgi_field **pointers;
    vgi_field *fields;
    vgi_error err = {0};
    vgi_status status = vgi_schema_decode(c->result, *columns, &schema, &err);
    int code;

    if (status != VGI_OK)
        return cli_fail(c, status, &err);
    fields = cli_keep(c, ((size_t)schema->n_fields + 1) * sizeof *fields);
    pointers = cli_keep(c, ((size_t)schema->n_fields + 1) * sizeof(vgi_field *));
    for (int32_t k = 0; k < schema->n_fields; k++) {
        fields[k] = *schema->fields[k];
        pointers[k] = &fields[k];
    }
    code = annotate_all(c, schema, fields, "default", defaults);
    if (code == CLI_OK)
        code = annotate_all(c, schema, fields, "comment", comments);
    if (code != CLI_OK)
        return code;
    status =
        vgi_schema_encode(c->result, &(vgi_arrow_schema){schema->n_fields, pointers, schema->metadata}, columns, &err);
    return status == VGI_OK ? CLI_OK : cli_fail(c, status, &err);
}

/* The one column that is added. */
int cli_prepare_column_add(cli *c, void *params)
{
    cli_column_add *p = params;
    const vgi_arrow_schema *schema;
    vgi_string_pair value = {p->default_expression, p->default_expression}, comment = {p->comment, p->comment};
    vgi_error err = {0};
    vgi_status status = vgi_schema_decode(c->result, p->params.column_definition, &schema, &err);

    if (status != VGI_OK)
        return cli_fail(c, status, &err);
    if (schema->n_fields != 1)
        return cli_tell(c, CLI_USAGE, "DEFINITION: one column is added at a time");
    value.key = comment.key = schema->fields[0]->name;
    return annotate_columns(c, &p->params.column_definition, (vgi_string_map){&value, value.value.data != NULL, true},
                            (vgi_string_map){&comment, comment.value.data != NULL, true});
}

/* ---- foreign keys ------------------------------------------------------------------------------------------------ */

static vgi_string part(const char *begin, const char *end)
{
    while (begin < end && *begin == ' ')
        begin++;
    while (begin < end && end[-1] == ' ')
        end--;
    return (vgi_string){begin, (size_t)(end - begin)};
}

/* `A,B REFERENCES SCHEMA.TABLE (X,Y)`; the table's schema is the new table's where none is said. */
static bool parse_foreign_key(cli *c, vgi_string text, vgi_string_list schema_path, vgi_foreign_key_info *ret)
{
    static const char WORD[] = " REFERENCES ";
    const char *word = text.data, *open = strrchr(text.data, '('), *close = strrchr(text.data, ')');
    vgi_string_list target;

    while (*word && strncasecmp(word, WORD, sizeof WORD - 1) != 0)
        word++;
    if (!*word || !open || !close || open < word || close < open || close[1])
        return false;
    if (cli_texts_parse(c, part(text.data, word), &ret->fk_columns) ||
        cli_texts_parse(c, part(open + 1, close), &ret->pk_columns) ||
        !cli_path_parse(c, part(word + sizeof WORD - 1, open), &target))
        return false;
    ret->referenced_table = target.items[target.count - 1];
    ret->referenced_schema_path =
        target.count > 1 ? (vgi_string_list){target.items, target.count - 1, true} : schema_path;
    return ret->fk_columns.count == ret->pk_columns.count;
}

static int encode_foreign_key(cli *c, const cli_table_create *p, const vgi_arrow_schema *schema, vgi_string text,
                              vgi_bytes *ret)
{
    vgi_foreign_key_info info = {0};
    vgi_error err = {0};
    vgi_status status;

    if (!parse_foreign_key(c, text, p->request.schema_path, &info))
        return cli_tell(c, CLI_USAGE, "--foreign-key: '%s' is not A,B REFERENCES TABLE (X,Y)", text.data);
    for (size_t i = 0; i < info.fk_columns.count; i++)
        if (find_column(schema, info.fk_columns.items[i]) < 0)
            return no_column(c, schema, info.fk_columns.items[i]);
    status = vgi_record_encode(c->result, VGI_RECORD_FOREIGN_KEY_INFO, &info, sizeof info,
                               vgi_client_protocol_version(c->client), ret, &err);
    return status == VGI_OK ? CLI_OK : cli_fail(c, status, &err);
}

static int encode_foreign_keys(cli *c, cli_table_create *p, const vgi_arrow_schema *schema)
{
    vgi_bytes *items = cli_keep(c, (p->foreign_keys.count + 1) * sizeof *items);

    for (size_t i = 0; i < p->foreign_keys.count; i++) {
        int code = encode_foreign_key(c, p, schema, p->foreign_keys.items[i], &items[i]);

        if (code != CLI_OK)
            return code;
    }
    p->request.foreign_key_constraints = (vgi_bytes_list){items, p->foreign_keys.count, true};
    return CLI_OK;
}

/* ---- table-create ------------------------------------------------------------------------------------------------ */

static int to_indexes(cli *c, const vgi_arrow_schema *schema, vgi_string_list_list groups, vgi_int32_list_list *ret)
{
    vgi_int32_list *lists = cli_keep(c, (groups.count + 1) * sizeof *lists);

    for (size_t i = 0; i < groups.count; i++) {
        int32_t *items = cli_keep(c, (groups.items[i].count + 1) * sizeof *items);

        for (size_t k = 0; k < groups.items[i].count; k++) {
            items[k] = find_column(schema, groups.items[i].items[k]);
            if (items[k] < 0)
                return no_column(c, schema, groups.items[i].items[k]);
        }
        lists[i] = (vgi_int32_list){items, groups.items[i].count, true};
    }
    *ret = (vgi_int32_list_list){lists, groups.count, true};
    return CLI_OK;
}

int cli_prepare_table_create(cli *c, void *params)
{
    cli_table_create *p = params;
    const vgi_arrow_schema *schema;
    vgi_error err = {0};
    vgi_status status = vgi_schema_decode(c->result, p->request.columns, &schema, &err);
    int32_t *not_null;
    size_t count = 0;
    int code;

    if (status != VGI_OK)
        return cli_fail(c, status, &err);
    if (!p->request.on_conflict)
        p->request.on_conflict = VGI_ON_CONFLICT_ERROR;
    not_null = cli_keep(c, ((size_t)schema->n_fields + 1) * sizeof *not_null);
    for (int32_t k = 0; k < schema->n_fields; k++)
        if (!schema->fields[k]->nullable)
            not_null[count++] = k;
    p->request.not_null_constraints = (vgi_int32_list){not_null, count, true};
    code = to_indexes(c, schema, p->primary_keys, &p->request.primary_key_constraints);
    if (code == CLI_OK)
        code = to_indexes(c, schema, p->uniques, &p->request.unique_constraints);
    if (code == CLI_OK)
        code = encode_foreign_keys(c, p, schema);
    return code == CLI_OK ? annotate_columns(c, &p->request.columns, p->defaults, p->comments) : code;
}
