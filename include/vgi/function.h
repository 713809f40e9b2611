/* Functions: their descriptors, and what their callbacks can ask.
 *
 * A descriptor is `static const` data. Its signature is SQL text (docs/signature.md has the grammar):
 *
 *   name(a BIGINT, CONST unit VARCHAR, scale DOUBLE := 1.0, VARIADIC rest ANY) -> BIGINT
 *   name(stop BIGINT, start BIGINT := 0) -> TABLE(n BIGINT, label VARCHAR)
 *   name(factor BIGINT, input TABLE) -> TABLE
 *
 * `-> ANY` and `-> TABLE` without columns leave the result to the bind callback. An argument with a default is named in
 * a table function (`start := 5`); CONST arguments of a scalar function are constants of the query. */
#ifndef VGI_FUNCTION_H
#define VGI_FUNCTION_H

#include <vgi/batch.h>
#include <vgi/call.h>
#include <vgi/filter.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A key and a value shown beside an object (duckdb_functions(), duckdb_tables(), ...). */
typedef struct vgi_tag {
    const char *key;
    const char *value;
} vgi_tag;
#define VGI_TAGS(...) ((const vgi_tag[]){__VA_ARGS__, {0}})

/* What signature text cannot say of one argument. Numbers are text; an absent bound is NULL. */
typedef struct vgi_arg {
    const char *name;
    const char *doc;
    const char *min;            /* inclusive: ">= min" */
    const char *max;            /* inclusive */
    const char *pattern;        /* POSIX extended regular expression that text must match whole */
    const char *const *choices; /* VGI_NAMES(...): the values allowed */
} vgi_arg;
#define VGI_ARGS(...) ((const vgi_arg[]){__VA_ARGS__, {0}})
#define VGI_NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

typedef struct vgi_example {
    const char *sql;
    const char *description;
    const char *expected_output; /* nullable */
} vgi_example;
#define VGI_EXAMPLES(...) ((const vgi_example[]){__VA_ARGS__, {0}})

/* A secret that a function needs: the caller looks it up before bind. One whose scope is not known before is asked for
 * with vgi_secret_find(). */
typedef struct vgi_required_secret {
    const char *type;
    const char *scope; /* nullable */
    const char *name;  /* nullable */
} vgi_required_secret;
#define VGI_REQUIRED_SECRETS(...) ((const vgi_required_secret[]){__VA_ARGS__, {0}})

typedef enum vgi_stability { VGI_CONSISTENT = 0, VGI_VOLATILE, VGI_CONSISTENT_WITHIN_QUERY } vgi_stability;

/* VGI_NULL_IN_NULL_OUT: a NULL argument makes the result NULL and the row is not visited. VGI_NULL_SPECIAL: every row
 * is visited. */
typedef enum vgi_null_handling { VGI_NULL_IN_NULL_OUT = 0, VGI_NULL_SPECIAL } vgi_null_handling;

typedef enum vgi_order_preservation {
    VGI_PRESERVES_ORDER = 0,
    VGI_NO_ORDER_GUARANTEE,
    VGI_FIXED_ORDER
} vgi_order_preservation;

/* A scalar function. */
typedef struct vgi_scalar {
    const char *signature;
    const char *comment;
    const char *description;
    const vgi_tag *tags;
    const vgi_arg *args;
    const vgi_example *examples;
    const char *const *categories;
    vgi_stability stability;
    vgi_null_handling null_handling;
    const vgi_required_secret *required_secrets; /* nullable */
    const char *const *required_settings;        /* nullable: names, for people to read */
    /* Nullable: checks constants, decides the result type (vgi_bind_result). Pure and cheap: the engine calls it
     * often. */
    vgi_status (*bind)(vgi_call *call);
    /* One batch: `in` has the non-constant arguments, `out` is the result column with room for in->rows. */
    vgi_status (*map)(vgi_call *call, const vgi_batch *in, vgi_column *out);
} vgi_scalar;

/* Rows that a scan will give: what is unknown stays unset. */
typedef struct vgi_cardinality {
    bool has_estimate, has_max;
    int64_t estimate, max;
} vgi_cardinality;

/* What is known of one column's values; what stays false is unknown. Never more than is certain: the engine leaves out
 * conditions, and whole scans, by it. */
typedef struct vgi_column_statistics {
    bool no_nulls;   /* no value is NULL */
    bool only_nulls; /* every value is NULL */
    bool is_ascii;   /* text: no byte above 127 */
    bool has_distinct_count, has_max_length;
    int64_t distinct_count;
    uint64_t max_length; /* of text */
} vgi_column_statistics;

/* Of all columns of a function as it is bound. */
typedef struct vgi_statistics {
    /* The function's columns: to one of booleans, numbers, dates, times or text append the least value and then the
     * greatest. Columns left empty are unknown; where one of the two is NULL, both are. Wider than the values is right,
     * too. */
    vgi_batch *bounds;
    vgi_column_statistics *columns; /* one a column */
    bool has_max_age;
    int64_t max_age_seconds; /* where has_max_age: how long the caller may keep them; 0: for this statement only */
} vgi_statistics;

/* How a scan is divided into parts, each scanned by a worker process of its own choice, at any time after. */
typedef struct vgi_plan {
    int64_t wanted;              /* so many parts keep the caller busy: a hint, at least 1 */
    int32_t max_workers;         /* to be set: at most so many parts at a time; 0: as the caller likes */
    struct vg_plan_parts *parts; /* libvgi's own */
} vgi_plan;

/* What becomes of filters that an engine could push down to a table function. */
typedef enum vgi_filter_mode {
    VGI_FILTER_NONE = 0, /* it is sent none, and filters itself */
    VGI_FILTER_APPLY,    /* libvgi takes the rows that do not fit out of every batch before it is sent. The function may
                            look at vgi_call_filter() to do less work, and may take predicates over */
} vgi_filter_mode;

/* A table function: a scan that gives batch after batch. */
typedef struct vgi_table_function {
    const char *signature;
    const char *comment;
    const char *description;
    const vgi_tag *tags;
    const vgi_arg *args;
    const vgi_example *examples;
    const char *const *categories;
    size_t cursor_size; /* plain data of the scan, zeroed: vgi_cursor(). No pointers: it may cross processes */
    size_t local_size;  /* what cannot travel (a file, a statement): vgi_local() */
    int64_t batch_rows; /* capacity of `out`; 0: 2048 */
    /* `next` may be called before the engine asks for its batch, so that both work at the same time. For a function
     * whose next computes or reads, and never waits for something to happen: an engine that ends the scan would wait
     * with it. What a tick brings (vgi_call_metadata, news in vgi_call_filter) is then seen a batch later. */
    bool read_ahead;
    const char *row_id;       /* nullable: the column that is the table's rowid, which `SELECT *` leaves out */
    bool projection_pushdown; /* only asked-for columns travel; vgi_out_column() of the others drops what it is given,
                                 vgi_wanted() tells */
    vgi_filter_mode filter;
    vgi_order_preservation order;
    const vgi_required_secret *required_secrets; /* nullable */
    const char *const *required_settings;        /* nullable: names, for people to read */
    /* Nullable: validates, decides the columns (vgi_bind_column). Pure and cheap. */
    vgi_status (*bind)(vgi_call *call);
    vgi_status (*cardinality)(vgi_call *call, vgi_cardinality *ret); /* nullable */
    vgi_status (*statistics)(vgi_call *call, vgi_statistics *ret);   /* nullable */
    /* Nullable: divides the scan, with vgi_plan_add for every part. All rows must be in the parts, each in one; no part
     * is no row. Rows of several parts come in any order. Who does not ask for a plan gets an undivided scan. */
    vgi_status (*plan)(vgi_call *call, vgi_plan *plan);
    vgi_status (*open)(vgi_call *call); /* nullable: fills cursor and local */
    /* Fills `out` with up to out->capacity rows and sets out->rows (appended rows are counted for you). VGI_END:
     * nothing more; rows already written are sent first. */
    vgi_status (*next)(vgi_call *call, vgi_batch *out);
    void (*close)(vgi_call *call); /* nullable: once, however the scan ended, also after a failed open */
} vgi_table_function;

/* What a function that writes answers with; who can answer with one can answer with those before it. */
typedef enum vgi_write_result {
    VGI_WRITE_COUNT = 0, /* one row with the number of changed rows, for every batch */
    VGI_WRITE_ROWS,      /* the changed rows as they are now; of DELETE, as they were */
    VGI_WRITE_CHANGES,   /* pairs of them: `old` (NULL for INSERT) and `new` (NULL for DELETE), two structs */
} vgi_write_result;

/* A function over rows: what a query gives goes in batch by batch, and rows come out, `f(3, (SELECT ...))`. Exactly one
 * of its parameters is a TABLE.
 *
 * One that `writes` changes a table of its catalog: INSERT, UPDATE and DELETE call it for the tables that name it
 * (vgi_table.insert, or the catalog's table_insert_function_get). It is given the table's columns (INSERT), the changed
 * ones and the rowid (UPDATE), or the rowid (DELETE). Its signature ends with `-> TABLE`, its bind callback says
 * vgi_bind_write_result, and its map appends what vgi_call_write()->result asks for. An engine writes while it still
 * scans: a scan of a table that is written gives the rows that there were when it was opened. */
typedef struct vgi_table_in_out {
    const char *signature;
    const char *comment;
    const char *description;
    const vgi_tag *tags;
    const vgi_arg *args;
    const vgi_example *examples;
    const char *const *categories;
    size_t cursor_size;       /* plain data of the run, zeroed: vgi_cursor(). No pointers: it may cross processes */
    size_t local_size;        /* what cannot travel: vgi_local() */
    bool projection_pushdown; /* as in vgi_table_function */
    vgi_order_preservation order;
    const vgi_required_secret *required_secrets; /* nullable */
    const char *const *required_settings;        /* nullable: names, for people to read */
    bool writes;
    vgi_write_result returns; /* of one that writes: the most that it can answer with; 0: counts alone */
    /* Nullable where the signature has the columns, or the result is what was given: validates, decides the columns
     * (vgi_bind_column) by vgi_input_schema. Pure and cheap. */
    vgi_status (*bind)(vgi_call *call);
    vgi_status (*open)(vgi_call *call); /* nullable: fills cursor and local, before the first batch */
    /* One batch in, none to any number of rows out. `in` may have no rows. Arrays (vgi_out_*) have room for
     * out->capacity rows, which is at least in->rows; appended rows may be more. */
    vgi_status (*map)(vgi_call *call, const vgi_batch *in, vgi_batch *out);
    /* Nullable: what is given once all batches have been, as vgi_table_function.next gives it: VGI_END ends it. The
     * cursor is as the last map left it; local is zeroed, `open` did not run. */
    vgi_status (*finish)(vgi_call *call, vgi_batch *out);
    void (*close)(vgi_call *call); /* nullable: once after every `open`, also a failed one, and once after `finish` */
} vgi_table_in_out;

/* How a function that writes was called; names are its caller's. */
typedef struct vgi_write_options {
    vgi_write_result result;
    vgi_string on_conflict; /* "throw", or another word of the caller's */
    const vgi_string *on_conflict_columns;
    size_t n_on_conflict_columns;
} vgi_write_options;

/* ---- in any callback of a function ------------------------------------------------------------------------------- */

/* Constant arguments by name: of a table function all of them, of a scalar function those marked CONST. Defaults are
 * filled in. A NULL argument fails with a sentence that names it; ask vgi_arg_is_null first where NULL is allowed.
 * vgi_arg_i64 takes every integer type; vgi_arg_f64 every number. Text is borrowed for the length of the call. */
VGI_EXPORT vgi_status vgi_arg_i64(vgi_call *call, const char *name, int64_t *ret) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_arg_f64(vgi_call *call, const char *name, double *ret) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_arg_bool(vgi_call *call, const char *name, bool *ret) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_arg_text(vgi_call *call, const char *name, vgi_string *ret) VGI_MUST_USE;
/* Any argument as an array of one element; NULL if there is no such argument. A VARIADIC one: `i` counts from 0. */
VGI_EXPORT const vgi_array *vgi_arg_array(vgi_call *call, const char *name, int32_t i);
/* How many values a VARIADIC argument was given; 1 for any other that is there, 0 if there is none. */
VGI_EXPORT int32_t vgi_arg_count(vgi_call *call, const char *name);
VGI_EXPORT bool vgi_arg_is_null(vgi_call *call, const char *name);
/* True if the caller wrote the argument, false if it has its default. */
VGI_EXPORT bool vgi_arg_given(vgi_call *call, const char *name);

/* The columns that a scalar function is given (its non-constant arguments), or a function over rows. */
VGI_EXPORT const vgi_arrow_schema *vgi_input_schema(vgi_call *call);

/* `AT (VERSION => ...)`, `AT (TIMESTAMP => ...)` of the table that is scanned; absent where there is none. */
VGI_EXPORT vgi_string vgi_at_unit(vgi_call *call);
VGI_EXPORT vgi_string vgi_at_value(vgi_call *call);

/* A setting that the catalog declares (vgi_catalog.settings): as the caller has set it, else its default. Read like
 * arguments: a NULL fails, and is asked for before with vgi_setting_array (NULL: no such setting is declared). */
VGI_EXPORT vgi_status vgi_setting_i64(vgi_call *call, const char *name, int64_t *ret) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_setting_f64(vgi_call *call, const char *name, double *ret) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_setting_bool(vgi_call *call, const char *name, bool *ret) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_setting_text(vgi_call *call, const char *name, vgi_string *ret) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_setting_array(vgi_call *call, const char *name, const vgi_array **ret) VGI_MUST_USE;

/* A secret of the caller's, of that type; for a `scope` (a URL, say) and of a `name` where they are not NULL. In bind,
 * one that is not at hand is asked for: VGI_END then, which the callback returns (VGI_TRY does), and bind runs again;
 * once, with all that was asked for. NULL in `*ret`: the caller has none. Its values are for nobody's eyes or logs. */
typedef struct vgi_secret vgi_secret;
VGI_EXPORT vgi_status vgi_secret_find(vgi_call *call, const char *type, const char *scope, const char *name,
                                      const vgi_secret **ret) VGI_MUST_USE;
/* The value of one of its keys; also "name", "provider", "scope" and "type". NULL: not given. */
VGI_EXPORT const vgi_array *vgi_secret_array(const vgi_secret *secret, const char *key);
/* The same as text that must be there. */
VGI_EXPORT vgi_status vgi_secret_text(vgi_call *call, const vgi_secret *secret, const char *key,
                                      vgi_string *ret) VGI_MUST_USE;

/* ---- in bind ---------------------------------------------------------------------------------------------------- */

/* The result type of a scalar function whose signature says ANY, or one more column of a table function whose signature
 * says TABLE: in SQL text, or as a field (copied, its name replaced). */
VGI_EXPORT vgi_status vgi_bind_result(vgi_call *call, const char *sql_type) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_bind_result_as(vgi_call *call, const vgi_field *type) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_bind_column(vgi_call *call, const char *name, const char *sql_type) VGI_MUST_USE;
VGI_EXPORT vgi_status vgi_bind_column_as(vgi_call *call, const char *name, const vgi_field *type) VGI_MUST_USE;

/* The same for the column that is the rowid (vgi_table_function.row_id says it where the signature has the columns). */
VGI_EXPORT vgi_status vgi_bind_row_id(vgi_call *call, const char *name, const char *sql_type) VGI_MUST_USE;

/* The result of a function that writes, instead of columns: what its caller asked for (vgi_call_write) of the table
 * whose columns these are. One that is marked as the rowid is left out. */
VGI_EXPORT vgi_status vgi_bind_write_result(vgi_call *call, const vgi_arrow_schema *table_columns) VGI_MUST_USE;
/* The same of columns as SQL, `id BIGINT, name VARCHAR`. */
VGI_EXPORT vgi_status vgi_bind_write_columns(vgi_call *call, const char *sql) VGI_MUST_USE;

/* ---- in plan ---------------------------------------------------------------------------------------------------- */

/* One more part: `bytes` (copied, 1 to 60,000) is what vgi_split() gives to its scan, which may be in another process.
 * `rows` (nullable): how many it has. */
VGI_EXPORT vgi_status vgi_plan_add(vgi_call *call, vgi_plan *plan, const void *bytes, size_t size,
                                   const vgi_cardinality *rows) VGI_MUST_USE;

/* ---- in a scan -------------------------------------------------------------------------------------------------- */

VGI_EXPORT void *vgi_cursor(vgi_call *call);
VGI_EXPORT void *vgi_local(vgi_call *call);

/* In a function that writes: how it was called; where it was called without a word of that, as for a count. NULL in any
 * other function. Lives as long as the call. */
VGI_EXPORT const vgi_write_options *vgi_call_write(const vgi_call *call);

/* The part that is to be scanned, as the plan callback gave it; absent: all of it. It came back by way of the caller,
 * and is checked to be of this function and these arguments, but not to be one that was ever planned. */
VGI_EXPORT vgi_bytes vgi_split(vgi_call *call);

/* Fails a scan whose data are no longer those that were planned: rows of two states are never mixed. Its caller is told
 * to run the query again. */
VGI_EXPORT vgi_status vgi_split_expired(vgi_call *call);

/* In `open`: the capacity of this scan's batches, instead of the descriptor's batch_rows (at least 1). */
VGI_EXPORT void vgi_set_batch_rows(vgi_call *call, int64_t rows);

/* True if the caller needs no more than `*ret_rows` rows of this scan (a LIMIT above it): a hint, more are thrown
 * away. */
VGI_EXPORT bool vgi_row_limit(const vgi_call *call, int64_t *ret_rows);

/* True if the engine asked for column `i` of the function's own columns; always true without projection pushdown. */
VGI_EXPORT bool vgi_wanted(const vgi_call *call, int32_t i);

/* What was pushed down to a scan with VGI_FILTER_APPLY, in `open` and `next`; before a `next` it has what the engine
 * learnt since the last one. NULL in other functions. vgi_filter_take on it promises that the function applies that
 * predicate exactly, to all rows it gives from then on; libvgi then leaves it alone. */
VGI_EXPORT vgi_filter *vgi_call_filter(vgi_call *call);

/* The function's own columns, unprojected, as bound. */
VGI_EXPORT const vgi_arrow_schema *vgi_output_schema(vgi_call *call);

#ifdef __cplusplus
}
#endif
#endif
