/* The progress line (progress.h): rows, megabytes, seconds; told by stream.c. */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Where stdout is the same terminal, rows show how far it is, and a line between them would be in the way. */
cli_progress cli_progress_begin(const cli *c)
{
    const char *term = getenv("TERM");
    bool dumb = !term || strcmp(term, "dumb") == 0;

    return (cli_progress){
        .wanted = !c->globals.quiet && !dumb && isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO),
        .started_s = now(),
    };
}

/* What its buffers hold: values of fixed width, texts and offsets; near enough for a rate. */
static int64_t bytes_of(const vgi_array *array)
{
    static const uint8_t WIDTHS[VGI_TYPE_COUNT] = {
        [VGI_TYPE_INT8] = 1,
        [VGI_TYPE_UINT8] = 1,
        [VGI_TYPE_INT16] = 2,
        [VGI_TYPE_UINT16] = 2,
        [VGI_TYPE_FLOAT16] = 2,
        [VGI_TYPE_INT32] = 4,
        [VGI_TYPE_UINT32] = 4,
        [VGI_TYPE_FLOAT32] = 4,
        [VGI_TYPE_DATE32] = 4,
        [VGI_TYPE_TIME32] = 4,
        [VGI_TYPE_INT64] = 8,
        [VGI_TYPE_UINT64] = 8,
        [VGI_TYPE_FLOAT64] = 8,
        [VGI_TYPE_DATE64] = 8,
        [VGI_TYPE_TIME64] = 8,
        [VGI_TYPE_TIMESTAMP] = 8,
        [VGI_TYPE_DURATION] = 8,
        [VGI_TYPE_DECIMAL128] = 16,
        [VGI_TYPE_DECIMAL256] = 32,
        [VGI_TYPE_INTERVAL_MONTHS] = 4,
        [VGI_TYPE_INTERVAL_DAY_TIME] = 8,
        [VGI_TYPE_INTERVAL_MONTH_DAY_NANO] = 16,
        [VGI_TYPE_UTF8] = 4,
        [VGI_TYPE_BINARY] = 4,
        [VGI_TYPE_LARGE_UTF8] = 8,
        [VGI_TYPE_LARGE_BINARY] = 8,
        [VGI_TYPE_LIST] = 4,
        [VGI_TYPE_MAP] = 4,
        [VGI_TYPE_LARGE_LIST] = 8,
        [VGI_TYPE_DICTIONARY] = 4,
        [VGI_TYPE_SPARSE_UNION] = 1,
        [VGI_TYPE_DENSE_UNION] = 5,
    };
    vgi_type_id type = array->field->type;
    int64_t size = array->length * WIDTHS[type], wide;
    int32_t narrow;

    if (type == VGI_TYPE_BOOL)
        size += array->length / 8;
    if (type == VGI_TYPE_FIXED_SIZE_BINARY)
        size += array->length * array->field->fixed_size;
    if ((type == VGI_TYPE_UTF8 || type == VGI_TYPE_BINARY) && array->length) {
        memcpy(&narrow, (const char *)array->buffers[0] + 4 * (array->offset + array->length), sizeof narrow);
        size += narrow;
    }
    if ((type == VGI_TYPE_LARGE_UTF8 || type == VGI_TYPE_LARGE_BINARY) && array->length) {
        memcpy(&wide, (const char *)array->buffers[0] + 8 * (array->offset + array->length), sizeof wide);
        size += wide;
    }
    for (int64_t k = 0; k < array->n_children; k++)
        size += bytes_of(&array->children[k]);
    return size;
}

int64_t cli_batch_bytes(const vgi_batch *batch)
{
    int64_t size = 0;

    for (int32_t k = 0; k < batch->n_columns; k++)
        size += bytes_of(&batch->columns[k]);
    return size;
}

void cli_progress_add(cli_progress *p, const vgi_batch *batch)
{
    double time;

    if (!p->wanted)
        return;
    p->rows += batch->rows;
    p->bytes += cli_batch_bytes(batch);
    time = now();
    if (time - p->started_s < 1 || time - p->told_s < 0.2)
        return;
    p->told_s = time;
    fprintf(stderr, "\r%lld rows, %.1f MB, %.1f s\033[K", (long long)p->rows, (double)p->bytes / 1e6,
            time - p->started_s);
}

void cli_progress_erase(cli_progress *p)
{
    if (p->told_s > 0)
        fputs("\r\033[K", stderr);
    p->told_s = 0;
}
