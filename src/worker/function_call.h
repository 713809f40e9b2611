/* A call of a function, bound: what vgi_call.function points to in the callbacks of vgi/function.h.
 *
 * resolve.c makes it from a BindRequest (vgi.md §7, §8): which overload is meant, what its arguments are, what it
 * gives. It is made anew in every bind, cardinality and init, because each may reach another process; all of it
 * lives in call->arena. */
#ifndef VG_WORKER_FUNCTION_CALL_H
#define VG_WORKER_FUNCTION_CALL_H

#include "protocol/messages.h"
#include "rpc/server.h"
#include "worker/registry.h"

/* The constant values of one parameter: `count` arrays of one element. */
typedef struct vg_argument {
    bool given;    /* written by the caller; else its default */
    int32_t count; /* 1, or any number for VARIADIC; 0: not constant */
    const vgi_array *const *values;
} vg_argument;

/* One column that a bind callback has decided on. */
typedef struct vg_bound_column {
    const vgi_field *field;
    struct vg_bound_column *next;
} vg_bound_column;

/* A secret that a bind callback asks the caller for (settings.c). */
typedef struct vg_lookup {
    vgi_string type, scope, name; /* empty: any */
    struct vg_lookup *next;
} vg_lookup;

typedef struct vg_function_call {
    const vg_function *function;
    const vgi_bind_request *request;    /* that it was made of */
    const vg_argument *arguments;       /* function->n_params */
    const vgi_arrow_schema *wire_input; /* the columns as the engine sends them; no fields: none */
    const vgi_arrow_schema *input;      /* the same in the declared forms (adapt.h): what map sees */
    bool adapts;                        /* the two differ */
    const vgi_arrow_schema *output;     /* as bound, unprojected; NULL before that */
    vgi_string at_unit, at_value;
    bool binding; /* the bind callback runs */
    vg_bound_column *columns, **columns_end;
    int32_t n_columns;
    void *cursor, *local;
    vgi_opt_int64 row_limit;
    vgi_bytes split; /* the part that is scanned; absent: all */
    int64_t batch_rows;
    struct vg_scan_filter *filter;        /* scan_filter.h; NULL: the function takes no filters */
    vgi_write_options *write;             /* of a function that writes; else NULL */
    vgi_bytes execution_id, substream_id; /* of the init that opened it; absent before */
    const vgi_batch *settings, *secrets;  /* of the request, where read_batches; NULL: none */
    bool has_read_batches;
    vg_lookup *lookups; /* what its bind asks for; NULL: nothing */
    size_t n_lookups;
    const int32_t *positions; /* where function column i goes in the output, -1: not wanted; NULL: all are */
    const int32_t *repeats;   /* of n_repeats columns of the output: which of it they are again, -1; NULL: none */
    int32_t n_repeats;
} vg_function_call;

/* Finds the function that a request means, reads its arguments, checks them, and runs its bind callback. Sets
 * call->function. */
vgi_status vg_function_call_resolve(vgi_call *call, const vgi_bind_request *request, vg_function_call **ret);

/* The same from a record's bytes: `bind_call` of the requests that come after bind. */
vgi_status vg_function_call_decode(vgi_call *call, vgi_bytes bind_call, vg_function_call **ret);

/* The overload that the names, numbers and types of the arguments fit best (overload.c). `positional` are the constant
 * arguments in order, `names` those of the named ones. */
vgi_status vg_overload_choose(vgi_call *call, const vg_schema_entry *schema, bool is_scalar, vgi_string name,
                              const vgi_array *positional, int32_t n_positional, const vgi_string *names,
                              int32_t n_names, const vgi_arrow_schema *input, const vg_function **ret);

/* The parameter that the `index`-th constant argument, or input column, goes to; NULL: none. */
const vg_param *vg_overload_param(const vg_function *function, bool constant, int32_t index);

/* Bounds, choices and pattern of one value of a parameter (constraint.c); `position` is its place among the positional
 * arguments. NULL passes. */
vgi_status vg_constraint_check(vgi_call *call, const vg_param *param, int32_t position, const vgi_array *value);

/* One value that `what` ("argument") calls `name`, as vgi_arg_i64() and its like give it. */
vgi_status vg_value_i64(vgi_call *call, const char *what, const char *name, const vgi_array *value, int64_t *ret);
vgi_status vg_value_f64(vgi_call *call, const char *what, const char *name, const vgi_array *value, double *ret);
vgi_status vg_value_bool(vgi_call *call, const char *what, const char *name, const vgi_array *value, bool *ret);
vgi_status vg_value_text(vgi_call *call, const char *what, const char *name, const vgi_array *value, vgi_string *ret);

/* The answer of a bind whose callback has asked for secrets (settings.c). */
vgi_status vg_lookups_answer(vgi_call *call, const vg_function_call *function, vgi_bind_response *ret);

/* The part that a split token stands for (plan.c): sets function->split, or fails as [SPLIT_TOKEN_INVALID]. */
vgi_status vg_split_open(vgi_call *call, vgi_bytes token, vg_function_call *function);

/* Functions that write (write.c). Their caller says how in a named argument that no signature has. */
#define VG_WRITE_OPTIONS "write_options"
static inline bool vg_function_writes(const vg_function *function)
{
    return function->kind == VG_FUNCTION_IN_OUT && function->in_out->writes;
}
/* Reads them; `value` NULL: not given. Sets function->write. */
vgi_status vg_write_open(vgi_call *call, vg_function_call *function, const vgi_array *value);
/* After map: what it gave must be what its caller asked for. */
vgi_status vg_write_check(vgi_call *call, const vg_function_call *function, const vgi_batch *in, vgi_batch *out);

/* Before `out` is given to a callback: its columns are those that were asked for. */
vgi_status vg_function_project(vgi_call *call, const vg_function_call *function, vgi_batch *out);

/* The streams of init.c: scalar.c, table.c and in_out.c fill in what is theirs. */
vgi_status vg_scalar_open(vgi_call *call, vg_function_call *function, vg_stream *stream);
vgi_status vg_table_open(vgi_call *call, vg_function_call *function, const vgi_init_request *request,
                         vg_stream *stream);
vgi_status vg_in_out_open(vgi_call *call, vg_function_call *function, const vgi_init_request *request,
                          vg_stream *stream);

#endif
