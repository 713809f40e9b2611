/* Everything a worker offers, resolved: signatures parsed, types in Arrow, names looked up. Made once from the const
 * descriptors of vgi/catalog.h, read-only afterwards, shared by all connections.
 *
 * signature.c fills vg_function from signature text, scan_call.c parses `f(1, a := 'x')` of a table, registry.c puts
 * the whole together and collects every mistake (all are listed at once). Handlers (catalog_*.c, bind.c, scalar.c,
 * table.c) only look things up here. */
#ifndef VG_WORKER_REGISTRY_H
#define VG_WORKER_REGISTRY_H

#include <vgi/catalog.h>

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/arena.h"

/* One declared parameter of a function. */
typedef struct vg_param {
    vgi_string name;
    const vgi_field *field; /* as it stands in FunctionInfo.arguments: type plus vgi_* metadata (vgi.md §1) */
    bool is_any;            /* any type: field->type is null, metadata vgi_type=any */
    bool is_const;          /* CONST of a scalar function; every parameter of a table function but a TABLE */
    bool is_variadic;
    bool is_table;
    bool is_named; /* must be written `name := value`: has a default, in a table function */
    bool has_default;
    const vgi_array *default_value; /* one element of the parameter's type; for ANY of the literal's own type */
    const vgi_arg *spec;            /* doc and constraints; nullable */
    const vgi_array *min, *max;     /* bounds of `spec` as values like default_value; NULL: none */
} vg_param;

/* VG_FUNCTION_IN_OUT: a function over rows, called as a table function. */
typedef enum vg_function_kind { VG_FUNCTION_SCALAR, VG_FUNCTION_TABLE, VG_FUNCTION_IN_OUT } vg_function_kind;

typedef struct vg_schema_entry vg_schema_entry;

/* One overload of a function. */
typedef struct vg_function {
    vg_function_kind kind;
    vgi_string name;
    const vgi_scalar *scalar; /* the descriptor: that of the kind */
    const vgi_table_function *table;
    const vgi_table_in_out *in_out;
    int32_t n_params;
    const vg_param *params;            /* in the order of the signature */
    const vgi_arrow_schema *arguments; /* one field a parameter, FunctionInfo.arguments */
    /* What it gives: a scalar one field `result`, the others their columns. NULL: decided by the bind callback. */
    const vgi_arrow_schema *output;
    vgi_status (*bind)(vgi_call *call); /* of the descriptor; nullable */
    const vg_schema_entry *schema;
} vg_function;

/* True if it is called where a value stands, not where a table does. */
static inline bool vg_function_is_scalar(const vg_function *function)
{
    return function->kind == VG_FUNCTION_SCALAR;
}

/* True if the parameter takes values of whatever type, or columns. */
static inline bool vg_param_takes_all(const vg_param *param)
{
    return param->is_any || param->is_table;
}

/* One argument of a table's call. */
typedef struct vg_scan_argument {
    vgi_string name;        /* absent: positional */
    const vgi_array *value; /* one element, of the parameter's type where the function is this catalog's */
    size_t pos;             /* of the value in the call's text */
} vg_scan_argument;

/* A call of a function, as a table has it: its scan, and what writes it. */
typedef struct vg_table_call {
    vgi_string function; /* absent: the table has no such call */
    int32_t n_arguments;
    const vg_scan_argument *arguments;
    const vg_schema_entry *schema; /* where the function is found; NULL: it is the engine's own */
} vg_table_call;

typedef enum vg_write { VG_INSERT, VG_UPDATE, VG_DELETE, VG_WRITES } vg_write;

/* A table: its columns as TableInfo.columns has them (defaults and comments in field metadata) and its calls. */
typedef struct vg_table {
    vgi_string name;
    const vgi_table *descriptor;
    const vgi_arrow_schema *columns;
    vg_table_call scan;
    vg_table_call writes[VG_WRITES];
    vgi_write_result returns[VG_WRITES]; /* of the functions that write */
    const vg_schema_entry *schema;
} vg_table;

typedef struct vg_macro {
    vgi_string name;
    const vgi_macro *descriptor;
    bool is_table;
    vgi_string body;
    int32_t n_params;
    const vgi_string *params;
    const vgi_array *const *default_values; /* n_params; NULL where there is none */
    const vg_schema_entry *schema;
} vg_macro;

struct vg_schema_entry {
    vgi_string name;
    const vgi_schema *descriptor;
    int32_t n_functions;
    const vg_function *functions; /* by kind, each in the order of the descriptor */
    int32_t n_tables;
    const vg_table *tables;
    int32_t n_macros;
    const vg_macro *macros; /* views need no resolving: descriptor->views */
    bool may_hold_more;     /* than is declared: the catalog has callbacks */
};

/* A type of secret: its keys, `redact` in the metadata of those that are not shown. */
typedef struct vg_secret_type {
    const vgi_secret_type *descriptor;
    const vgi_arrow_schema *keys;
} vg_secret_type;

typedef struct vg_catalog_entry {
    vgi_string name;
    const vgi_catalog *descriptor;
    vgi_string default_schema;
    vg_function options;  /* those of ATTACH, as the parameters of a function that is called like the catalog */
    vg_function settings; /* likewise */
    int32_t n_secret_types;
    const vg_secret_type *secret_types;
    bool travels_in_time; /* a declared table supports AT, or the callbacks do */
    int32_t n_schemas;
    const vg_schema_entry *schemas;
} vg_catalog_entry;

/* One mistake in a descriptor: where ("catalog demo, schema main, table numbers") and what; may span lines (caret). */
typedef struct vg_mistake {
    vgi_string text;
    struct vg_mistake *next;
} vg_mistake;

typedef struct vg_registry {
    vg_arena arena;
    int32_t n_catalogs;
    const vg_catalog_entry *catalogs;
    const vg_mistake *mistakes; /* NULL: none */
} vg_registry;

/* Resolves `catalogs` (ends with NULL, borrowed for the registry's life). Mistakes are no failure: they are listed in
 * the registry, which then must not serve. Fails only when out of memory. */
vgi_status vg_registry_new(const vgi_catalog *const *catalogs, vg_registry **ret, vgi_error *err);
void vg_registry_free(vg_registry *registry);

/* Resolves one table of callbacks, in `arena`; foreign keys are not looked up. Returns its mistakes, NULL where there
 * are none. */
const vg_mistake *vg_table_make(vg_arena *arena, const vg_catalog_entry *catalog, const vg_schema_entry *schema,
                                const vgi_table *descriptor, vg_table *ret, bool *ret_out_of_memory);

/* Parses the signature of `function` (its descriptor is set) and fills the rest of it. */
vgi_status vg_signature_parse(vg_arena *arena, vgi_string signature, const vgi_arg *specs, vg_function *function,
                              vgi_error *err);

/* Parses a scan call: name, arguments as one-element arrays (literals: numbers, 'text', true, NULL, lists [..], structs
 * {'a': 1}, DATE '...', casts x::TYPE). Integers are BIGINT, decimals with a point DOUBLE. */
vgi_status vg_scan_parse(vg_arena *arena, vgi_string scan, vgi_string *ret_function, vg_scan_argument **ret_arguments,
                         int32_t *ret_n, vgi_error *err);

/* Parses one SQL literal that starts at text[*pos], as `type` (NULL: the literal's own type), and moves *pos behind it:
 * defaults of signatures, arguments of scans, bounds of vgi_arg. */
vgi_status vg_literal_parse(vg_arena *arena, vgi_string text, size_t *pos, const vgi_field *type, const vgi_array **ret,
                            vgi_error *err);

/* Marks a field as the rowid (vgi.md §1); the metadata that it has stay. False when out of memory. */
bool vg_row_id_mark(vg_arena *arena, vgi_field *field);

/* False of a value that no bound can be compared with: a list, an interval (constraint.c). */
bool vg_constraint_orders(const vgi_array *value);

/* True if two arguments are of one type as SQL sees it: the Arrow types are equal, and so are their extensions (UUID
 * and HUGEINT are both 16 bytes). */
bool vg_same_sql_type(const vgi_field *a, const vgi_field *b);

/* Look-ups; names compare without the case of ASCII letters, as the engine's do. NULL: not there. */
const vg_catalog_entry *vg_registry_catalog(const vg_registry *registry, vgi_string name);
const vg_schema_entry *vg_catalog_schema(const vg_catalog_entry *catalog, const vgi_string *path, size_t n_path);
const vg_table *vg_schema_table(const vg_schema_entry *schema, vgi_string name);
const vgi_view *vg_schema_view(const vg_schema_entry *schema, vgi_string name);
const vg_macro *vg_schema_macro(const vg_schema_entry *schema, vgi_string name);

#endif
