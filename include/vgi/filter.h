/* Filters that an engine pushes down (vgi.md §9, encoding v2): read from the wire, looked into, evaluated over batches,
 * printed as SQL, built and written.
 *
 * A vgi_filter is a list of predicates, joined by AND, over the columns of one table; a predicate is a tree of
 * vgi_expr. A *required* predicate must be applied: the engine does not ask it again. An *advisory* one only saves
 * work, and may come, change and go while a scan runs.
 *
 * Evaluation is DuckDB's: three truths; NaN equals itself and lies above all numbers, -0.0 equals 0.0; text by its
 * bytes; decimals exactly; nested values member by member, a NULL inside them equal to another and above all values.
 *
 * A filter owns everything that it gives out; a tree is valid until its predicate is replaced, or the filter freed. It
 * belongs to one thread. */
#ifndef VGI_FILTER_H
#define VGI_FILTER_H

#include <vgi/batch.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the tree --------------------------------------------------------------------------------------------------- */

typedef enum vgi_expr_kind {
    VGI_EXPR_COLUMN,     /* index, name: of the table, unprojected */
    VGI_EXPR_FIELD,      /* index, name: member of the struct children[0] */
    VGI_EXPR_LITERAL,    /* values: one element */
    VGI_EXPR_COMPARE,    /* op: VGI_EQ ... VGI_NOT_DISTINCT; two children */
    VGI_EXPR_AND,        /* two children or more */
    VGI_EXPR_OR,         /* the same */
    VGI_EXPR_NOT,        /* children[0] */
    VGI_EXPR_IS_NULL,    /* children[0]; negated: IS NOT NULL */
    VGI_EXPR_IN,         /* children[0]; values: the set, which may hold NULL; negated: NOT IN */
    VGI_EXPR_CAST,       /* children[0] to `type` */
    VGI_EXPR_ARITHMETIC, /* op: VGI_ADD ...; two children */
    VGI_EXPR_NEGATE,     /* children[0] */
    VGI_EXPR_CALL,       /* op: VGI_STARTS_WITH ...; two children. VGI_OTHER_FUNCTION: `name`, any children */
    VGI_EXPR_RUNTIME,    /* a hint in a form of its engine's own, called `name`; children[0] is what it looks at */
} vgi_expr_kind;

typedef enum vgi_expr_op {
    VGI_NO_OP = 0,
    VGI_EQ,
    VGI_NE,
    VGI_LT,
    VGI_LE,
    VGI_GT,
    VGI_GE,
    VGI_DISTINCT,     /* IS DISTINCT FROM */
    VGI_NOT_DISTINCT, /* IS NOT DISTINCT FROM */
    VGI_ADD,
    VGI_SUBTRACT,
    VGI_MULTIPLY,
    VGI_DIVIDE,
    VGI_MODULO,
    VGI_STARTS_WITH, /* text and its beginning */
    VGI_ENDS_WITH,
    VGI_CONTAINS,
    VGI_LIST_CONTAINS, /* a list and a value */
    VGI_OTHER_FUNCTION,
} vgi_expr_op;

typedef struct vgi_expr vgi_expr;
struct vgi_expr {
    vgi_expr_kind kind;
    vgi_expr_op op;
    bool negated;
    int32_t index;
    vgi_string name;
    const vgi_field *type; /* of the value: a boolean for every test; NULL: known to nobody here */
    const vgi_array *values;
    int32_t n_children;
    const vgi_expr *const *children;
    bool is_evaluable; /* false: it, or what is below it, holds what libvgi cannot evaluate */
};

/* Calls `visit` for the expression and for all below it, a parent before its children. VGI_END from it: not below this
 * one. Anything else but VGI_OK ends the walk and is what it returns. */
typedef vgi_status vgi_expr_visit(void *user, const vgi_expr *expr, int depth);
VGI_EXPORT vgi_status vgi_expr_walk(const vgi_expr *expr, vgi_expr_visit *visit, void *user) VGI_MUST_USE;

/* One predicate of a filter. */
typedef struct vgi_predicate {
    vgi_string id;
    uint64_t revision;
    bool required;
    bool is_taken;     /* somebody else applies it (vgi_filter_take) */
    bool is_evaluable; /* false: it holds what libvgi does not know; of advisory predicates only */
    vgi_string source; /* "query", "join", "top_n", "split_refinement", "other" */
    const vgi_expr *expression;
} vgi_predicate;

/* ---- a filter --------------------------------------------------------------------------------------------------- */

typedef struct vgi_filter vgi_filter;

/* An empty filter over these columns (copied). Owned: vgi_filter_free (NULL does nothing). */
VGI_EXPORT vgi_status vgi_filter_new(const vgi_arrow_schema *columns, vgi_filter **ret, vgi_error *err) VGI_MUST_USE;
VGI_EXPORT void vgi_filter_free(vgi_filter *filter);

/* Reads a snapshot, `pushdown_filters` of a request (copied), into an empty filter. `join_keys` are the batches that
 * sets may be in. VGI_ERR_PROTOCOL, VGI_ERR_LIMIT: the document is broken, or too large. VGI_ERR_NOT_IMPLEMENTED: a
 * required predicate cannot be evaluated. */
VGI_EXPORT vgi_status vgi_filter_decode(vgi_filter *filter, vgi_bytes snapshot, const vgi_bytes *join_keys,
                                        size_t n_join_keys, vgi_error *err) VGI_MUST_USE;
/* Applies a delta: all of it, or, where it fails, nothing. Trees of predicates that it replaces are gone. */
VGI_EXPORT vgi_status vgi_filter_update(vgi_filter *filter, vgi_bytes delta, vgi_error *err) VGI_MUST_USE;

VGI_EXPORT const vgi_arrow_schema *vgi_filter_columns(const vgi_filter *filter);
VGI_EXPORT size_t vgi_filter_count(const vgi_filter *filter);
VGI_EXPORT const vgi_predicate *vgi_filter_get(const vgi_filter *filter, size_t i);
/* Grows with every update that changed something. */
VGI_EXPORT uint64_t vgi_filter_generation(const vgi_filter *filter);
/* True if a predicate that is applied here reads column `i`. */
VGI_EXPORT bool vgi_filter_reads(const vgi_filter *filter, int32_t i);

/* Whoever calls this applies predicate `i` exactly: vgi_filter_select leaves it out from now on. */
VGI_EXPORT void vgi_filter_take(vgi_filter *filter, size_t i);

/* Writes the rows of the batch for which all predicates are true, in order, into `ret_rows` (room for batch->rows), and
 * their number. `positions[c]` is where column c of the filter is in the batch, -1: it is not there (an advisory
 * predicate that reads it is left out; a required one is an error); NULL: the batch has all columns in order. A value
 * that cannot be cast is an error where it decides: as in SQL, not in a row that an earlier predicate has refused. */
VGI_EXPORT vgi_status vgi_filter_select(vgi_filter *filter, const vgi_batch *batch, const int32_t *positions,
                                        int64_t *ret_rows, int64_t *ret_count, vgi_error *err) VGI_MUST_USE;

/* ---- printing --------------------------------------------------------------------------------------------------- */

typedef enum vgi_sql_dialect { VGI_SQL_DUCKDB = 0, VGI_SQL_SQLITE } vgi_sql_dialect;

/* How columns are spelt; NULL from it: not at all, what reads the column is left. VGI_SQL_SQLITE takes the column to
 * hold what its type says and nothing else: integers and booleans as INTEGER, DOUBLE as REAL, text as TEXT, blobs as
 * BLOB; other types are left. */
typedef const char *vgi_sql_column(void *user, int32_t index);

typedef struct vgi_sql_options {
    vgi_sql_dialect dialect;
    vgi_sql_column *column; /* NULL: its name, quoted */
    void *user;
} vgi_sql_options;

/* A condition that is exactly as true as what it stands for; what cannot be said exactly is left. */
typedef struct vgi_sql {
    vgi_string text;                    /* "" where nothing was printed; values are `?` */
    const vgi_array *const *parameters; /* one element each, in the order of the ?s */
    size_t n_parameters;
    const vgi_expr *const *left; /* parts, joined by AND, that remain to be applied */
    size_t n_left;
    size_t n_left_required; /* of them, of required predicates: they come first */
} vgi_sql;

/* Prints all predicates. A predicate none of whose parts is left has been taken over if its text is used: tell it with
 * vgi_filter_take_printed. Borrowed from the filter until it is printed again, updated or freed. */
VGI_EXPORT vgi_status vgi_filter_print(vgi_filter *filter, const vgi_sql_options *options, vgi_sql *ret,
                                       vgi_error *err) VGI_MUST_USE;
/* Takes the predicates that the last vgi_filter_print printed whole. */
VGI_EXPORT void vgi_filter_take_printed(vgi_filter *filter);

/* ---- building and writing --------------------------------------------------------------------------------------- */

/* Nodes, in the filter's memory; NULL: out of memory, or a mistake, which vgi_filter_add then tells. A NULL child makes
 * its parent NULL. Values are copied. */
VGI_EXPORT const vgi_expr *vgi_expr_column(vgi_filter *filter, int32_t index);
VGI_EXPORT const vgi_expr *vgi_expr_field(vgi_filter *filter, const vgi_expr *of, int32_t index);
VGI_EXPORT const vgi_expr *vgi_expr_literal(vgi_filter *filter, const vgi_array *value, int64_t i);
VGI_EXPORT const vgi_expr *vgi_expr_test(vgi_filter *filter, vgi_expr_op op, const vgi_expr *left,
                                         const vgi_expr *right); /* comparisons and standard functions */
VGI_EXPORT const vgi_expr *vgi_expr_join(vgi_filter *filter, vgi_expr_kind kind, const vgi_expr *const *children,
                                         int32_t n); /* AND, OR; NOT of one */
VGI_EXPORT const vgi_expr *vgi_expr_is_null(vgi_filter *filter, const vgi_expr *of, bool negated);
/* The set is all elements of `n` arrays; a NULL array stands for one NULL. One array is not NULL. */
VGI_EXPORT const vgi_expr *vgi_expr_in(vgi_filter *filter, const vgi_expr *of, const vgi_array *const *sets, size_t n,
                                       bool negated);
VGI_EXPORT const vgi_expr *vgi_expr_cast(vgi_filter *filter, const vgi_expr *of, const vgi_field *type);

/* One more predicate, called "query:N". */
VGI_EXPORT vgi_status vgi_filter_add(vgi_filter *filter, const vgi_expr *expr, bool required,
                                     vgi_error *err) VGI_MUST_USE;

/* The snapshot as an engine sends it; absent where there is nothing to send. `as_hints`: all predicates as advisory
 * ones, so that whoever cannot evaluate one leaves it; those that break a limit of the encoding, or cannot be said in
 * it, are then left out, and are errors otherwise. Borrowed from the filter until it is encoded again or freed. */
VGI_EXPORT vgi_status vgi_filter_encode(vgi_filter *filter, bool as_hints, vgi_bytes *ret, vgi_error *err) VGI_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
