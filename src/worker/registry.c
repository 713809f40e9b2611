/* The registry: const descriptors resolved once, every mistake in them collected (registry.h). */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "worker/registry_build.h"

enum { MAX_MISTAKES = 100 };

/* ---- mistakes ---------------------------------------------------------------------------------------------------- */

static void add_mistake(vg_making *making, vg_place place, const char *message)
{
    vg_mistake *mistake = VG_NEW(making->arena, vg_mistake);

    if (making->n_mistakes++ >= MAX_MISTAKES)
        return;
    if (mistake)
        mistake->text = vg_arena_printf(
            making->arena, "catalog %s%s%s%s%s%s%s: %s", place.catalog, place.schema ? ", schema " : "",
            place.schema ? place.schema : "", place.kind ? ", " : "", place.kind ? place.kind : "",
            place.kind && place.name && *place.name ? " " : "", place.kind && place.name ? place.name : "", message);
    if (!mistake || !mistake->text.data) {
        making->out_of_memory = true;
        return;
    }
    *making->mistakes_end = mistake;
    making->mistakes_end = (const vg_mistake **)(void *)&mistake->next;
}

void vg_making_mistake(vg_making *making, vg_place place, const char *format, ...)
{
    char message[512];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    add_mistake(making, place, message);
}

void vg_making_failed(vg_making *making, vg_place place, const vgi_error *err)
{
    if (err->status == VGI_ERR_MEMORY)
        making->out_of_memory = true;
    else
        add_mistake(making, place, err->message);
}

void *vg_making_array(vg_making *making, size_t count, size_t size)
{
    void *memory = vg_arena_array(making->arena, count, size);

    making->out_of_memory |= memory == NULL;
    return memory;
}

int32_t vg_list_count(const void *list)
{
    const void *const *items = list;
    int32_t n = 0;

    while (items && items[n])
        ++n;
    return n;
}

bool vg_making_unnamed(vg_making *making, vg_place place, const char *name)
{
    if (name && *name)
        return false;
    vg_making_mistake(making, place, "has no name");
    return true;
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

static bool same_key(const vgi_field *a, const vgi_field *b, const char *key)
{
    vgi_string x = vgi_metadata_get(a->metadata, key), y = vgi_metadata_get(b->metadata, key);

    return (!x.data && !y.data) || vgi_string_equal(x, y);
}

bool vg_same_sql_type(const vgi_field *a, const vgi_field *b)
{
    return vg_type_equal(a, b) && same_key(a, b, "ARROW:extension:name") && same_key(a, b, "ARROW:extension:metadata");
}

/* True if a call could mean either: same name, kind, and types of the positional arguments. */
static bool same_overload(const vg_function *a, const vg_function *b)
{
    int32_t i = 0;

    if (vg_function_is_scalar(a) != vg_function_is_scalar(b) || !vg_string_is_nocase(a->name, b->name))
        return false;
    for (; i < a->n_params && i < b->n_params; i++) {
        const vg_param *x = &a->params[i], *y = &b->params[i];
        if (x->is_named || y->is_named)
            break;
        if (x->is_any != y->is_any || x->is_table != y->is_table || x->is_variadic != y->is_variadic ||
            x->is_const != y->is_const || !vg_same_sql_type(x->field, y->field))
            return false;
    }
    return (i == a->n_params || a->params[i].is_named) && (i == b->n_params || b->params[i].is_named);
}

bool vg_row_id_mark(vg_arena *arena, vgi_field *field)
{
    vgi_key_value *items = VG_NEW_ARRAY(arena, vgi_key_value, field->metadata.count + 1);

    if (!items)
        return false;
    if (field->metadata.count)
        memcpy(items, field->metadata.items, field->metadata.count * sizeof *items);
    items[field->metadata.count] = (vgi_key_value){VGI_STR("is_row_id"), VGI_STR("")};
    field->metadata = (vgi_metadata){items, field->metadata.count + 1};
    return true;
}

/* Marks the column that descriptor->row_id names, in a schema of its own. */
static void mark_row_id(vg_making *making, vg_place place, vg_function *function)
{
    const char *name = function->kind == VG_FUNCTION_TABLE ? function->table->row_id : NULL;
    const vgi_arrow_schema *output = function->output;
    int32_t at = name && output ? vg_schema_find_nocase(output, vgi_str(name)) : -1;
    vgi_arrow_schema *schema;
    const vgi_field **fields;
    vgi_field *field;

    if (!name)
        return;
    if (at < 0) {
        vg_making_mistake(making, place, "row_id names the column %s, which its signature does not have", name);
        return;
    }
    schema = vg_making_array(making, 1, sizeof *schema);
    fields = vg_making_array(making, (size_t)output->n_fields, sizeof *fields);
    field = vg_making_array(making, 1, sizeof *field);
    if (!schema || !fields || !field)
        return;
    memcpy(fields, output->fields, (size_t)output->n_fields * sizeof *fields);
    *field = *fields[at];
    making->out_of_memory |= !vg_row_id_mark(making->arena, field);
    fields[at] = field;
    *schema = (vgi_arrow_schema){.n_fields = output->n_fields, .fields = fields, .metadata = output->metadata};
    function->output = schema;
}

static void check_in_out(vg_making *making, vg_place place, const vg_function *function)
{
    const vgi_table_in_out *self = function->in_out;

    if (!self->map)
        vg_making_mistake(making, place, "has no map callback");
    if (self->writes && function->output)
        vg_making_mistake(making, place, "it writes, so its signature must end with `-> TABLE`");
    if (self->writes && !self->bind)
        vg_making_mistake(making, place, "it writes, and has no bind callback that says vgi_bind_write_result");
    if ((unsigned)self->returns > VGI_WRITE_CHANGES || (self->returns && !self->writes))
        vg_making_mistake(making, place, "`returns` is for one that writes: counts, rows or changes");
    if (self->writes && self->projection_pushdown)
        vg_making_mistake(making, place, "it writes, so all columns of its answer travel: no projection_pushdown");
    if (self->writes && self->finish)
        vg_making_mistake(making, place, "it writes, so map must answer every batch: there is no finish");
}

static void check_table(vg_making *making, vg_place place, const vg_function *function)
{
    if (!function->table->next)
        vg_making_mistake(making, place, "has no next callback");
    if (function->table->batch_rows < 0)
        vg_making_mistake(making, place, "batch_rows is negative");
}

/* What a signature cannot show to be wrong. */
static void check_function(vg_making *making, vg_place place, const vg_function *function)
{
    bool over_rows = function->kind == VG_FUNCTION_IN_OUT;
    int32_t tables = 0;

    for (int32_t i = 0; i < function->n_params; i++)
        tables += function->params[i].is_table;
    if (over_rows ? tables != 1 : tables > 0)
        vg_making_mistake(making, place, "takes %d TABLE arguments; %s", tables,
                          over_rows ? "expected one" : "a function over rows is a vgi_table_in_out");
    if (over_rows)
        check_in_out(making, place, function);
    else if (function->kind == VG_FUNCTION_TABLE)
        check_table(making, place, function);
    else if (!function->scalar->map)
        vg_making_mistake(making, place, "has no map callback");
    if (!function->output && !function->bind && !over_rows)
        vg_making_mistake(making, place, "the signature leaves the result to a bind callback, and there is none");
}

/* Parses one; false where it is of no use. */
static bool make_function(vg_making *making, const vg_catalog_entry *catalog, const vg_schema_entry *schema,
                          const char *signature, const vgi_arg *specs, vg_function *function)
{
    const char *kind = vg_function_is_scalar(function) ? "scalar function" : "table function";
    vg_place place = {catalog->name.data, schema->name.data, kind, signature};
    vgi_error err = {0};

    if (!signature || !*signature) {
        vg_making_mistake(making, place, "has no signature");
        return false;
    }
    function->schema = schema;
    if (vg_signature_parse(making->arena, vgi_str(signature), specs, function, &err) != VGI_OK) {
        place.name = NULL;
        vg_making_failed(making, place, &err);
        return false;
    }
    place.name = function->name.data;
    check_function(making, place, function);
    mark_row_id(making, place, function);
    for (int32_t i = 0; i < schema->n_functions; i++)
        if (same_overload(&schema->functions[i], function))
            vg_making_mistake(making, place, "there are two of that name with the same arguments");
    return true;
}

/* All of a schema, kind by kind. */
static void make_functions(vg_making *making, const vg_catalog_entry *catalog, vg_schema_entry *schema)
{
    const vgi_scalar *const *scalars = schema->descriptor->scalars;
    const vgi_table_function *const *tables = schema->descriptor->table_functions;
    const vgi_table_in_out *const *in_outs = schema->descriptor->table_in_outs;
    int32_t n = vg_list_count(scalars) + vg_list_count(tables) + vg_list_count(in_outs);
    vg_function *functions = vg_making_array(making, (size_t)n, sizeof *functions);

    if (!functions)
        return;
    schema->functions = functions;
    for (; scalars && *scalars; scalars++) {
        vg_function one = {.kind = VG_FUNCTION_SCALAR, .scalar = *scalars, .bind = (*scalars)->bind};
        if (make_function(making, catalog, schema, (*scalars)->signature, (*scalars)->args, &one))
            functions[schema->n_functions++] = one;
    }
    for (; tables && *tables; tables++) {
        vg_function one = {.kind = VG_FUNCTION_TABLE, .table = *tables, .bind = (*tables)->bind};
        if (make_function(making, catalog, schema, (*tables)->signature, (*tables)->args, &one))
            functions[schema->n_functions++] = one;
    }
    for (; in_outs && *in_outs; in_outs++) {
        vg_function one = {.kind = VG_FUNCTION_IN_OUT, .in_out = *in_outs, .bind = (*in_outs)->bind};
        if (make_function(making, catalog, schema, (*in_outs)->signature, (*in_outs)->args, &one))
            functions[schema->n_functions++] = one;
    }
}

/* ---- schemas and catalogs ---------------------------------------------------------------------------------------- */

/* What a catalog of callbacks declares where it declares nothing. */
static const vgi_schema NOTHING_DECLARED = {.name = "main"};
static const vgi_schema *const ONE_SCHEMA[] = {&NOTHING_DECLARED, NULL};

static void make_schemas(vg_making *making, vg_catalog_entry *catalog)
{
    const vgi_catalog_ops *ops = catalog->descriptor->ops;
    const vgi_schema *const *descriptors =
        ops && !catalog->descriptor->schemas ? ONE_SCHEMA : catalog->descriptor->schemas;
    int32_t n = vg_list_count(descriptors);
    vg_schema_entry *schemas = vg_making_array(making, (size_t)n, sizeof *schemas);
    vg_place place = {.catalog = catalog->name.data, .kind = "schema"};

    if (!schemas)
        return;
    catalog->schemas = schemas;
    for (; descriptors && *descriptors; descriptors++) {
        place.name = (*descriptors)->name;
        if (vg_making_unnamed(making, place, place.name))
            continue;
        for (int32_t i = 0; i < catalog->n_schemas; i++)
            if (vg_string_is_nocase(schemas[i].name, vgi_str(place.name)))
                vg_making_mistake(making, place, "there are two of that name");
        schemas[catalog->n_schemas++] =
            (vg_schema_entry){.name = vgi_str(place.name), .descriptor = *descriptors, .may_hold_more = ops != NULL};
    }
    for (int32_t i = 0; i < catalog->n_schemas; i++)
        make_functions(making, catalog, &schemas[i]);
    for (int32_t i = 0; i < catalog->n_schemas; i++) {
        vg_making_tables(making, catalog, &schemas[i]);
        vg_making_views(making, catalog, &schemas[i]);
        vg_making_macros(making, catalog, &schemas[i]);
    }
}

/* True if callbacks may know schemas that are not declared. */
static bool lists_schemas(const vgi_catalog_ops *ops)
{
    return ops && (ops->schemas || ops->schema_get || ops->attach);
}

static void check_transactions(vg_making *making, vg_place place, const vgi_catalog *descriptor)
{
    const vgi_transactions *transactions = descriptor->transactions;
    const vgi_catalog_ops *ops = descriptor->ops;

    if (!transactions)
        return;
    if (!transactions->begin || !transactions->commit || !transactions->rollback)
        vg_making_mistake(making, place, "its transactions lack begin, commit or rollback");
    if (transactions->wait_ms < 0 || transactions->idle_ms < 0)
        vg_making_mistake(making, place, "wait_ms or idle_ms of its transactions is negative");
    if (ops && (ops->transaction_begin || ops->transaction_commit || ops->transaction_rollback))
        vg_making_mistake(making, place, "has transactions, and callbacks of ops for them: one of the two is wanted");
}

static void make_catalog(vg_making *making, vg_catalog_entry *catalog)
{
    vg_place place = {.catalog = catalog->name.data};
    const char *named = catalog->descriptor->default_schema;
    vgi_string wanted = vgi_str(named ? named : "main");

    catalog->default_schema = wanted;
    check_transactions(making, place, catalog->descriptor);
    make_schemas(making, catalog);
    vg_making_options(making, catalog);
    vg_making_settings(making, catalog);
    vg_making_publish(making, catalog);
    if (!vg_catalog_schema(catalog, &wanted, 1) && !lists_schemas(catalog->descriptor->ops))
        vg_making_mistake(making, place, "the default schema `%s` is not among its schemas", wanted.data);
}

static void make_catalogs(vg_making *making, const vgi_catalog *const *descriptors, vg_registry *registry)
{
    int32_t n = vg_list_count(descriptors);
    vg_catalog_entry *catalogs = vg_making_array(making, (size_t)n, sizeof *catalogs);
    vg_place place = {.catalog = ""};

    if (!catalogs)
        return;
    registry->catalogs = catalogs;
    if (n == 0)
        vg_making_mistake(making, place, "this worker has no catalog");
    for (; descriptors && *descriptors; descriptors++) {
        vg_catalog_entry *catalog = &catalogs[registry->n_catalogs];
        if (vg_making_unnamed(making, place, (*descriptors)->name))
            continue;
        catalog->name = vgi_str((*descriptors)->name);
        catalog->descriptor = *descriptors;
        if (vg_registry_catalog(registry, catalog->name))
            vg_making_mistake(making, (vg_place){.catalog = catalog->name.data}, "there are two of that name");
        ++registry->n_catalogs;
        make_catalog(making, catalog);
    }
}

vgi_status vg_registry_new(const vgi_catalog *const *catalogs, vg_registry **ret, vgi_error *err)
{
    vg_registry *registry = vg_malloc(sizeof *registry);
    vg_making making = {0};

    if (!registry)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    *registry = (vg_registry){0};
    making.arena = &registry->arena;
    making.mistakes_end = &registry->mistakes;
    make_catalogs(&making, catalogs, registry);
    if (making.n_mistakes > MAX_MISTAKES) {
        int more = making.n_mistakes - MAX_MISTAKES;
        making.n_mistakes = 0;
        vg_making_mistake(&making, (vg_place){.catalog = ""}, "and %d more", more);
    }
    if (making.out_of_memory) {
        vg_registry_free(registry);
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    }
    *ret = registry;
    return VGI_OK;
}

void vg_registry_free(vg_registry *registry)
{
    if (!registry)
        return;
    vg_arena_done(&registry->arena);
    vg_free(registry);
}

/* ---- look-ups ---------------------------------------------------------------------------------------------------- */

const vg_catalog_entry *vg_registry_catalog(const vg_registry *registry, vgi_string name)
{
    for (int32_t i = 0; i < registry->n_catalogs; i++)
        if (vg_string_is_nocase(registry->catalogs[i].name, name))
            return &registry->catalogs[i];
    return NULL;
}

/* Schemas here are not nested: a path has one part. */
const vg_schema_entry *vg_catalog_schema(const vg_catalog_entry *catalog, const vgi_string *path, size_t n_path)
{
    for (int32_t i = 0; n_path == 1 && i < catalog->n_schemas; i++)
        if (vg_string_is_nocase(catalog->schemas[i].name, path[0]))
            return &catalog->schemas[i];
    return NULL;
}

const vg_table *vg_schema_table(const vg_schema_entry *schema, vgi_string name)
{
    for (int32_t i = 0; i < schema->n_tables; i++)
        if (vg_string_is_nocase(schema->tables[i].name, name))
            return &schema->tables[i];
    return NULL;
}

const vgi_view *vg_schema_view(const vg_schema_entry *schema, vgi_string name)
{
    const vgi_view *const *views = schema->descriptor->views;

    for (; views && *views; views++)
        if (vg_string_is_nocase(vgi_str((*views)->name), name))
            return *views;
    return NULL;
}

const vg_macro *vg_schema_macro(const vg_schema_entry *schema, vgi_string name)
{
    for (int32_t i = 0; i < schema->n_macros; i++)
        if (vg_string_is_nocase(schema->macros[i].name, name))
            return &schema->macros[i];
    return NULL;
}
