/* Catalogs as const data: schemas, tables, views and functions that DuckDB sees after ATTACH.
 *
 * Everything is checked when the worker starts; all mistakes are listed at once. Lists end with NULL: use the
 * macros. */
#ifndef VGI_CATALOG_H
#define VGI_CATALOG_H

#include <vgi/catalog_ops.h>
#include <vgi/function.h>
#include <vgi/transactions.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What one column needs beyond its name and type. */
typedef struct vgi_column_info {
    const char *name;
    const char *comment;       /* nullable */
    const char *default_value; /* nullable: SQL expression */
} vgi_column_info;
#define VGI_COLUMNS(...) ((const vgi_column_info[]){__VA_ARGS__, {0}})

/* A foreign key: columns of this table refer to columns of another, in the same order. */
typedef struct vgi_foreign_key {
    const char *const *columns;
    const char *referenced_schema; /* NULL: the same */
    const char *referenced_table;
    const char *const *referenced_columns;
} vgi_foreign_key;
#define VGI_FOREIGN_KEYS(...) ((const vgi_foreign_key[]){__VA_ARGS__, {0}})

/* A list of column groups: VGI_KEYS(VGI_NAMES("a"), VGI_NAMES("b", "c")). */
#define VGI_KEYS(...) ((const char *const *const[]){__VA_ARGS__, NULL})

/* A table: what it is called, what its columns are, and the function call that gives its rows. */
typedef struct vgi_table {
    const char *name;
    const char *comment;
    const vgi_tag *tags;
    /* SQL column list, `id BIGINT, name VARCHAR`; NULL: those of the scan function of this catalog. */
    const char *columns;
    /* A call with constant arguments, `series(1000)` or `read_parquet('x.parquet', hive_partitioning := true)`: a table
     * function of this catalog (looked for in the table's schema, then in the others; for some names the engine looks
     * elsewhere first: docs/signature.md), or any of the engine's. */
    const char *scan;
    /* Nullable: calls of functions of this catalog that write, `insert_into('t')`: without one the table is read-only
     * in that respect. UPDATE and DELETE need a rowid. What RETURNING may ask for is what the function `returns`. */
    const char *insert;
    const char *update;
    const char *delete_from;
    const char *const *required_extensions; /* loaded by the engine before the scan */
    const vgi_column_info *column_info;
    const char *row_id; /* nullable: the column that is the rowid: `SELECT rowid` reads it, `SELECT *` leaves it out */
    const char *const *not_null;
    const char *const *primary_key;
    const char *const *const *unique;
    const char *const *check; /* SQL expressions */
    const vgi_foreign_key *foreign_keys;
    bool has_cardinality;
    int64_t cardinality; /* rows, where has_cardinality */
    /* `FROM t AT (VERSION => 3)` is allowed: the scan function asks vgi_at_unit() and vgi_at_value(). Else it is
     * refused. Columns that differ from version to version need vgi_catalog_ops.table_get. */
    bool supports_time_travel;
} vgi_table;
#define VGI_TABLES(...) ((const vgi_table *const[]){__VA_ARGS__, NULL})

typedef struct vgi_view {
    const char *name;
    const char *definition; /* SQL SELECT; names resolve in the view's catalog and schema */
    const char *comment;
    const vgi_tag *tags;
    const vgi_column_info *column_info; /* comments only */
} vgi_view;
#define VGI_VIEWS(...) ((const vgi_view *const[]){__VA_ARGS__, NULL})

/* A macro: `name(a, b := 1) AS a + b` or `name(a) AS TABLE SELECT ...`. */
typedef struct vgi_macro {
    const char *definition;
    const char *comment;
    const vgi_tag *tags;
} vgi_macro;
#define VGI_MACROS(...) ((const vgi_macro *const[]){__VA_ARGS__, NULL})

#define VGI_SCALARS(...) ((const vgi_scalar *const[]){__VA_ARGS__, NULL})
#define VGI_TABLE_FUNCTIONS(...) ((const vgi_table_function *const[]){__VA_ARGS__, NULL})
#define VGI_TABLE_IN_OUTS(...) ((const vgi_table_in_out *const[]){__VA_ARGS__, NULL})

typedef struct vgi_schema {
    const char *name;
    const char *comment;
    const vgi_tag *tags;
    const vgi_scalar *const *scalars;
    const vgi_table_function *const *table_functions;
    const vgi_table_in_out *const *table_in_outs;
    const vgi_table *const *tables;
    const vgi_view *const *views;
    const vgi_macro *const *macros;
} vgi_schema;
#define VGI_SCHEMAS(...) ((const vgi_schema *const[]){__VA_ARGS__, NULL})

/* What ATTACH may say in its parentheses. In the attach callback its value is an argument: vgi_arg_text(call, "path",
 * &path). Without a value and without a default it is NULL. */
typedef struct vgi_attach_option {
    const char *name;
    const char *type;          /* SQL */
    const char *default_value; /* nullable: SQL literal; not for a required one */
    const char *description;   /* nullable */
    bool is_required;
    bool is_secret; /* masked by the engine; its value is in no sentence of libvgi */
    /* Logs may tell what was given (docs/observability.md). Nothing is logged otherwise. Not for a secret. */
    bool is_loggable;
} vgi_attach_option;
#define VGI_ATTACH_OPTIONS(...) ((const vgi_attach_option[]){__VA_ARGS__, {0}})

/* A setting of the engine, while the catalog is attached: `SET shop_currency = 'EUR'`. Its name is one for everybody in
 * the process: begin it with the catalog's. Functions read it: vgi_setting_text(call, "shop_currency", &currency). */
typedef struct vgi_setting {
    const char *name;
    const char *type;          /* SQL */
    const char *default_value; /* nullable: SQL literal; NULL: none */
    const char *description;   /* nullable */
} vgi_setting;
#define VGI_SETTINGS(...) ((const vgi_setting[]){__VA_ARGS__, {0}})

/* A type of secret, for CREATE SECRET (TYPE name, key value, ...). Functions read one: vgi_secret_find(). */
typedef struct vgi_secret_key {
    const char *name;
    const char *type; /* SQL */
    bool is_redacted; /* duckdb_secrets() does not show it */
} vgi_secret_key;
#define VGI_SECRET_KEYS(...) ((const vgi_secret_key[]){__VA_ARGS__, {0}})
typedef struct vgi_secret_type {
    const char *name;
    const char *description; /* nullable */
    const vgi_secret_key *keys;
} vgi_secret_type;
#define VGI_SECRET_TYPES(...) ((const vgi_secret_type[]){__VA_ARGS__, {0}})

/* Another catalog that the engine attaches with this one, and detaches with the last that asked for it. */
typedef struct vgi_attach_catalog {
    const char *alias;
    const char *target;     /* what stands behind ATTACH: a file, ':memory:', ... */
    const char *db_type;    /* TYPE: duckdb, sqlite, postgres, ... */
    const vgi_tag *options; /* nullable: what else stands in the parentheses */
    const char *secret_ref; /* nullable: the name of a secret */
    bool is_hidden;         /* not shown */
    bool is_required;       /* without it this catalog is not attached either */
} vgi_attach_catalog;
#define VGI_ATTACH_CATALOGS(...) ((const vgi_attach_catalog[]){__VA_ARGS__, {0}})

/* A version of the data that can be attached. */
typedef struct vgi_release {
    const char *version;   /* semver: X.Y.Z */
    int64_t released_at;   /* microseconds since 1970 in UTC; 0: not told */
    const char *summary;   /* nullable */
    const char *notes_url; /* nullable */
} vgi_release;
#define VGI_RELEASES(...) ((const vgi_release[]){__VA_ARGS__, {0}})

typedef struct vgi_catalog {
    const char *name;
    const char *default_schema; /* NULL: main */
    const char *comment;
    const vgi_tag *tags;
    const vgi_schema *const *schemas;
    const char *implementation_version; /* nullable: semver of the worker */
    const char *data_version; /* nullable: semver of the data; with releases, what ATTACH gets that asks for none */
    /* Nullable: the versions of the data that can be attached. ATTACH gets the newest in the range that it asks for,
     * and keeps it: vgi_call_data_version(). Without data_version, and asked for none, the newest. */
    const vgi_release *releases;
    const char *source_url; /* nullable */
    /* 0: the catalog never changes. Otherwise a number that grows with each change of its content: the engine asks for
     * it now and then (options.load runs first) and reads the catalog again where it grew. */
    int64_t version;
    const vgi_attach_option *attach_options; /* nullable: none. Others than these are refused */
    const vgi_setting *settings;
    const vgi_secret_type *secret_types;
    const vgi_attach_catalog *attach_catalogs;
    /* Names of functions of this catalog that can be called without its name, too: as `PREFIX_NAME`. */
    const char *const *global_functions;
    const char *global_function_prefix; /* needed where there are global_functions */
    /* Nullable: callbacks for what the descriptors do not say, or say otherwise (vgi/catalog_ops.h). Without callbacks
     * the catalog is what the descriptors say, and read-only. */
    const vgi_catalog_ops *ops;
    /* Nullable: libvgi keeps transactions (vgi/transactions.h), instead of ops->transaction_begin, _commit and
     * _rollback. */
    const vgi_transactions *transactions;
} vgi_catalog;
#define VGI_CATALOGS(...) ((const vgi_catalog *const[]){__VA_ARGS__, NULL})

#ifdef __cplusplus
}
#endif
#endif
