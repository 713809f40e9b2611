/* One evaluation of a filter over a batch: what eval.c (tests, and what they let through) and eval_value.c (the values
 * that they are about) share. */
#ifndef VG_FILTER_EVAL_H
#define VG_FILTER_EVAL_H

#include "filter/filter.h"

/* AND is the least of the first three, OR the greatest, NOT what is missing to IS_TRUE. */
enum { IS_FALSE, IS_UNKNOWN, IS_TRUE, IS_WRONG };

typedef struct vg_evaluation {
    vg_arena *arena;
    const vgi_arrow_schema *columns;
    const vgi_batch *batch;
    const int32_t *positions;
    int64_t n;
    vgi_error *wrong; /* what was wrong first */
    vgi_error *err;
    vg_arena_mark mark; /* before the first test */
} vg_evaluation;

/* The values of a node: one for each row, or one for all. */
typedef struct vg_vector {
    const vgi_array *array;
    bool is_constant;
    const uint8_t *is_wrong; /* NULL: none is */
} vg_vector;

/* The values of a node, and the truths of a test, one a row; each may be asked for by the other. */
vgi_status vg_eval_values(const vg_evaluation *e, const vgi_expr *node, vg_vector *ret);
vgi_status vg_eval_truths(const vg_evaluation *e, const vgi_expr *node, uint8_t *ret);

/* Scratch memory: a zero for each row; and the failure. */
vgi_status vg_eval_bytes(const vg_evaluation *e, uint8_t **ret);
vgi_status vg_eval_no_memory(const vg_evaluation *e);

/* 1 for every row whose value is NULL. */
void vg_eval_nulls(const vg_vector *values, int64_t n, uint8_t *ret);
bool vg_eval_is_wrong(const vg_vector *values, int64_t i);

#endif
