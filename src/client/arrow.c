/* Runs as Arrow's C streams, in and out (https://arrow.apache.org/docs/format/CStreamInterface.html). See
 * <vgi/client.h>. */
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "client/run.h"

/* What is behind an ArrowArrayStream. */
typedef struct source {
    vgi_run *run;
    struct ArrowArrayStream input; /* released: none */
    const vgi_arrow_schema *input_schema;
    vgi_result memory; /* of the input's schema */
    vgi_result turn;
    vgi_error error;
} source;

static int code_of(vgi_status status)
{
    return status == VGI_ERR_MEMORY                             ? ENOMEM
           : status == VGI_ERR_NOT_IMPLEMENTED                  ? ENOSYS
           : status == VGI_ERR_IO || status == VGI_ERR_PROTOCOL ? EIO
                                                                : EINVAL;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    source *s = stream->private_data;

    vgi_error_clear(&s->error);
    return vgi_schema_to_arrow(vgi_run_schema(s->run), out, &s->error) == VGI_OK ? 0 : code_of(s->error.status);
}

/* The next batch of the input as an exchange's answer. VGI_END: the input has ended. */
static vgi_status pull_input(source *s, const vgi_batch **ret, vgi_error *err)
{
    struct ArrowArray array = {0};
    const vgi_batch *in;
    vgi_status status;
    const char *why;
    int code;

    code = s->input.get_next(&s->input, &array);
    if (code != 0) {
        why = s->input.get_last_error(&s->input);
        return vgi_error_set(err, VGI_ERR_IO, "the input failed: %s", why ? why : strerror(code));
    }
    if (!array.release)
        return VGI_END;
    vgi_result_clear(&s->turn);
    status = vgi_batch_from_arrow(&s->turn, s->input_schema, &array, &in, err);
    if (status == VGI_OK)
        status = vgi_run_exchange(s->run, in, ret, err);
    array.release(&array);
    return status;
}

/* Inputs are exchanged until one is answered; behind the last comes what the function still has to say. */
static vgi_status next_batch(source *s, const vgi_batch **ret, vgi_error *err)
{
    while (s->input.release) {
        vgi_status status = pull_input(s, ret, err);

        if (status == VGI_OK && *ret)
            return VGI_OK;
        if (status == VGI_OK)
            continue;
        s->input.release(&s->input);
        s->input.release = NULL;
        if (status != VGI_END)
            return status;
        VGI_TRY(vgi_run_finish(s->run, err));
    }
    return vgi_run_next(s->run, ret, err);
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    source *s = stream->private_data;
    const vgi_batch *batch;
    vgi_status status;

    memset(out, 0, sizeof *out);
    vgi_error_clear(&s->error);
    status = next_batch(s, &batch, &s->error);
    if (status == VGI_END)
        return 0;
    if (status == VGI_OK)
        status = vgi_batch_to_arrow(batch, out, &s->error);
    return status == VGI_OK ? 0 : code_of(status);
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    const source *s = stream->private_data;

    return s->error.status == VGI_OK ? NULL : s->error.message;
}

static void free_source(source *s)
{
    if (s->input.release)
        s->input.release(&s->input);
    vgi_run_free(s->run);
    vg_result_done(&s->memory);
    vg_result_done(&s->turn);
    vg_free(s);
}

static void release(struct ArrowArrayStream *stream)
{
    free_source(stream->private_data);
    stream->release = NULL;
}

static void give(source *s, struct ArrowArrayStream *ret)
{
    *ret = (struct ArrowArrayStream){.get_schema = get_schema,
                                     .get_next = get_next,
                                     .get_last_error = get_last_error,
                                     .release = release,
                                     .private_data = s};
}

static source *make(void)
{
    source *s = vg_malloc(sizeof *s);

    if (s)
        memset(s, 0, sizeof *s);
    return s;
}

vgi_status vgi_run_to_arrow(vgi_run *run, struct ArrowArrayStream *ret, vgi_error *err)
{
    source *s = make();

    memset(ret, 0, sizeof *ret);
    if (!s) {
        vgi_run_free(run);
        return vg_client_no_memory(err);
    }
    s->run = run;
    give(s, ret);
    return VGI_OK;
}

static vgi_status read_input_schema(source *s, vgi_error *err)
{
    struct ArrowSchema schema = {0};
    vgi_status status;
    const char *why;
    int code = s->input.get_schema(&s->input, &schema);

    if (code != 0) {
        why = s->input.get_last_error(&s->input);
        return vgi_error_set(err, VGI_ERR_IO, "the input has no schema: %s", why ? why : strerror(code));
    }
    status = vgi_schema_from_arrow(&s->memory, &schema, &s->input_schema, err);
    schema.release(&schema);
    return status;
}

static vgi_status open_run(source *s, vgi_attachment *attachment, const vgi_function_call *call, vgi_error *err)
{
    vgi_function_call with_input = *call;

    if (s->input.release) {
        VGI_TRY(read_input_schema(s, err));
        with_input.input_schema = s->input_schema;
    }
    return vgi_function_open(attachment, &with_input, &s->run, err);
}

vgi_status vgi_function_to_arrow(vgi_attachment *attachment, const vgi_function_call *call,
                                 struct ArrowArrayStream *input, struct ArrowArrayStream *ret, vgi_error *err)
{
    source *s = make();
    vgi_status status;

    memset(ret, 0, sizeof *ret);
    if (!s) {
        if (input && input->release)
            input->release(input);
        return vg_client_no_memory(err);
    }
    if (input) {
        s->input = *input;
        input->release = NULL;
    }
    status = open_run(s, attachment, call, err);
    if (status != VGI_OK) {
        free_source(s);
        return status;
    }
    give(s, ret);
    return VGI_OK;
}
