/* A function call that is running: what run.c (the public face), bind.c (how it begins) and buffering.c (functions
 * that see all their input first) share (vgi.md §8). */
#ifndef VG_CLIENT_RUN_H
#define VG_CLIENT_RUN_H

#include "client/client.h"

/* What a run is doing. */
typedef enum vg_run_phase {
    VG_RUN_STREAMING, /* the stream of init is open */
    VG_RUN_BUFFERING, /* input goes to table_buffering_process */
    VG_RUN_FINISHED,  /* nothing more comes */
} vg_run_phase;

struct vgi_run {
    vgi_attachment *attachment;
    vgi_client *client;
    vgi_result memory; /* as long as the run */
    vgi_result turn;   /* of one call in between */
    vg_run_phase phase;
    bool takes_input; /* exchange: scalars, functions that take a table */
    bool has_finalize;
    bool is_finishing; /* the input has ended */
    vgi_function_type type;
    vgi_bytes bind_call; /* the BindRequest, encoded */
    vgi_init_request init;
    const vgi_bind_response *bind;
    const vgi_global_init_response *answer; /* of the first init */
    const vgi_arrow_schema *output;         /* projected */
    const vgi_arrow_schema *input;          /* nullable */
    vgi_bytes_list state_ids;               /* of buffering: what process answered */
    size_t state_capacity;
    vgi_bytes_list finalize_ids;
    size_t next_finalize;
    const char *function_name;
    vgi_string_list schema_path;
};

/* bind.c: binds, and opens the first stream. */
vgi_status vg_run_begin(vgi_run *run, const vgi_function_call *call, vgi_error *err);
/* Opens a stream of `run->init` as it stands; the answer's header, in `memory`. */
vgi_status vg_run_open_stream(vgi_run *run, const vgi_global_init_response **ret, vgi_error *err);
/* The request of a bind: what aggregates need of it, too. Texts and bytes live in `memory`. */
vgi_status vg_bind_make(vgi_attachment *attachment, const vgi_function_call *call, vgi_result *memory,
                        vgi_bind_request *ret, vgi_error *err);

/* buffering.c */
vgi_status vg_buffering_process(vgi_run *run, const vgi_batch *in, vgi_error *err);
vgi_status vg_buffering_combine(vgi_run *run, vgi_error *err);
/* Opens the stream of the next finalize id; VGI_END: there is none. */
vgi_status vg_buffering_next(vgi_run *run, vgi_error *err);
void vg_buffering_destroy(vgi_run *run);

#endif
