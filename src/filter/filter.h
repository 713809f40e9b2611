/* What the files of filter/ share (vgi/filter.h; vgi.md §9). expr.c makes nodes and settles how each is evaluated;
 * decode.c, decode_node.c and set.c read the wire's documents, encode.c writes them; filter.c keeps the predicates of a
 * scan; eval.c, eval_value.c and cast.c evaluate; print.c prints. */
#ifndef VG_FILTER_FILTER_H
#define VG_FILTER_FILTER_H

#include <inttypes.h>

#include <vgi/filter.h>

#include "base/arena.h"
#include "base/buf.h"
#include "filter/order.h"

/* The limits of encoding v2. */
enum {
    VG_FILTER_MAX_JSON = 1 << 20,
    VG_FILTER_MAX_DEPTH = 64,
    VG_FILTER_MAX_NODES = 10000,
    VG_FILTER_MAX_PREDICATES = 1024,
    VG_FILTER_MAX_IDS = 4096,
    VG_FILTER_MAX_ARGUMENTS = 256,
    VG_FILTER_MAX_ID = 128,
    VG_FILTER_MAX_PAYLOAD = 16 << 20,
};

/* Our own: what evaluating one test of a filter may take, and so much a row more (fifty tests of a row's widest value).
 */
enum { VG_FILTER_SCRATCH = 64 << 20, VG_FILTER_SCRATCH_A_ROW = 32 };

/* A node and what evaluating it needs. */
typedef struct vg_expr vg_expr;
struct vg_expr {
    vgi_expr node; /* first: a vgi_expr of ours is one of these */
    int32_t depth, nodes;
    const char *why;       /* it cannot be evaluated */
    const vg_order *order; /* COMPARE, IN, LIST_CONTAINS: of the left, or of an item, and the right */
    const int64_t *sorted; /* IN: the set's elements that are not NULL, in order */
    int64_t n_sorted;
    bool set_has_null;
};

static inline const vg_expr *vg_expr_of(const vgi_expr *node)
{
    return (const vg_expr *)(const void *)node;
}

/* Where nodes are made. */
typedef struct vg_maker {
    vg_arena *arena;
    const vgi_arrow_schema *columns;
    vgi_error *err;
} vg_maker;

extern const vgi_field VG_FILTER_BOOLEAN;

/* Nodes. They fail for what can never be right (VGI_ERR_TYPE, VGI_ERR_LIMIT, VGI_ERR_MEMORY); what only libvgi cannot
 * evaluate is a node with is_evaluable false. Values are borrowed. */
vgi_status vg_expr_column(const vg_maker *m, uint64_t index, const vgi_expr **ret);
vgi_status vg_expr_field(const vg_maker *m, const vgi_expr *of, uint64_t index, const vgi_expr **ret);
vgi_status vg_expr_literal(const vg_maker *m, const vgi_array *value, const vgi_expr **ret);
vgi_status vg_expr_test(const vg_maker *m, vgi_expr_op op, const vgi_expr *left, const vgi_expr *right,
                        const vgi_expr **ret);
vgi_status vg_expr_join(const vg_maker *m, vgi_expr_kind kind, const vgi_expr *const *children, int32_t n,
                        const vgi_expr **ret);
vgi_status vg_expr_is_null(const vg_maker *m, const vgi_expr *of, bool negated, const vgi_expr **ret);
vgi_status vg_expr_in(const vg_maker *m, const vgi_expr *of, const vgi_array *set, bool negated, const vgi_expr **ret);
vgi_status vg_expr_cast(const vg_maker *m, const vgi_expr *of, const vgi_field *type, const vgi_expr **ret);
vgi_status vg_expr_arithmetic(const vg_maker *m, vgi_expr_op op, const vgi_expr *left, const vgi_expr *right,
                              const vgi_expr **ret);
vgi_status vg_expr_negate(const vg_maker *m, const vgi_expr *of, const vgi_expr **ret);
/* What libvgi does not evaluate: a function, or a runtime filter, by name. */
vgi_status vg_expr_other(const vg_maker *m, vgi_expr_kind kind, vgi_string name, const vgi_expr *const *children,
                         int32_t n, const vgi_expr **ret);

/* set.c: sorts the set of an IN. */
vgi_status vg_set_sort(const vg_maker *m, vg_expr *in);
/* True if the set holds the element. */
bool vg_set_has(const vg_expr *in, const vgi_array *array, int64_t i);

/* A document and the memory of all that came of it; predicates share it. */
typedef struct vg_document {
    vg_arena arena;
    int32_t users;
} vg_document;

/* One predicate that is there, or that was: the engine counts revisions of those, too. */
typedef struct vg_entry {
    vgi_predicate predicate; /* expression NULL: removed */
    vg_document *document;
    bool is_printed;
} vg_entry;

struct vgi_filter {
    vg_arena arena; /* as long as the filter: columns, ids, built nodes */
    vg_arena scratch;
    vg_arena print_arena, encode_arena;
    const vgi_arrow_schema *columns;
    const vgi_batch **join_keys;
    size_t n_join_keys;
    vg_entry **entries;
    size_t n_entries, max_entries;
    const vgi_predicate **live;
    size_t n_live;
    uint64_t generation;
    bool has_snapshot;
    vgi_error build_error;
};

/* decode.c: one change that a document asks for. */
typedef struct vg_change {
    vgi_string id;
    uint64_t revision;
    bool is_removal;
    vgi_predicate predicate;
} vg_change;

/* Reads a document over `filter`, which stays as it is, into the document's arena. Updates of a delta that are older
 * than what the filter has are left out. */
typedef struct vg_decoded {
    vg_change *changes;
    size_t count;
} vg_decoded;
vgi_status vg_filter_read(const vgi_filter *filter, vg_document *document, bool is_delta, vgi_bytes bytes,
                          vg_decoded *ret, vgi_error *err);

/* filter.c: the predicate that is there, or was, under that id; NULL: none. */
const vg_entry *vg_filter_find(const vgi_filter *filter, vgi_string id);

/* cast.c: how values become those of another type; NULL: not here. What is out of range is marked: whether that is a
 * mistake, the rest of the filter decides. */
typedef struct vg_cast_rows {
    const vgi_array *from;
    int64_t n;
    const uint8_t *is_null;
    uint8_t *is_wrong; /* zeros, to be set */
    vgi_array *to;     /* field set, buffers[0] to be filled */
} vg_cast_rows;
/* False if any value was out of range. */
typedef bool vg_cast(const vg_cast_rows *rows);
vg_cast *vg_cast_choose(const vgi_field *from, const vgi_field *to);

#endif
