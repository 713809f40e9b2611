/* A table function whose filters libvgi applies (VGI_FILTER_APPLY): table.c lends its scan, init.c what was pushed
 * down. */
#ifndef VG_WORKER_SCAN_FILTER_H
#define VG_WORKER_SCAN_FILTER_H

#include "arrow/array.h"
#include "worker/function_call.h"

/* What such a scan has beside others. */
struct vg_scan_filter {
    vgi_filter *filter;
    vg_builder *inner; /* the author's batches, before rows are taken out; NULL: none yet */
    vgi_error inner_error;
    vgi_arrow_schema schema; /* of the inner batches: the columns asked for, then those that only the filter reads */
    int32_t n_hidden;
};

/* Reads what the engine pushed down, before the author's open. Sets function->filter, and in function->positions where
 * the columns are that the filter reads, but nobody asked for. */
vgi_status vg_scan_filter_open(vgi_call *call, vg_function_call *function, const vgi_init_request *request,
                               const vgi_arrow_schema *output);

/* What a tick brings is applied to the filter. */
vgi_status vg_scan_filter_heard(vgi_call *call, const vg_function_call *function, const vgi_batch *in);

/* One turn: rows are asked of the author until some are left. */
vgi_status vg_scan_filter_turn(vgi_call *call, vg_function_call *function, vgi_batch *out);

void vg_scan_filter_close(vg_function_call *function);

/* table.c: the author's next on a batch, with what it promises checked. */
vgi_status vg_table_next(vgi_call *call, const vg_function_call *function, vgi_batch *out);

#endif
