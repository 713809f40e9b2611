/* A run of a function, printed as it comes (stream.h); used by scan.c and call.c. Long ones tell on stderr how far they
 * are, where that is a terminal and stdout is not. */
#include "stream.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

typedef struct progress {
    bool wanted;
    double started, told;
} progress;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void tell_progress(progress *p, int64_t rows)
{
    double time = now();

    if (!p->wanted || time - p->started < 1 || time - p->told < 0.2)
        return;
    p->told = time;
    fprintf(stderr, "\r%lld rows, %.1f s ", (long long)rows, time - p->started);
}

static int print_batch(cli_out *out, const vgi_batch *batch, int64_t limit, int64_t *rows)
{
    int64_t take = limit >= 0 && batch->rows > limit - *rows ? limit - *rows : batch->rows;

    *rows += take;
    return take ? cli_out_batch(out, batch, take) : CLI_OK;
}

static int print_all(cli *c, vgi_run *run, const vgi_batch *first, bool more, int64_t limit, cli_out *out)
{
    progress p = {!c->globals.quiet && isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO), now(), 0};
    int64_t rows = 0;
    int code = first ? print_batch(out, first, limit, &rows) : CLI_OK;

    while (more && code == CLI_OK && (limit < 0 || rows < limit)) {
        const vgi_batch *batch;
        vgi_error err = {0};
        vgi_status status = vgi_run_next(run, &batch, &err);

        if (status == VGI_END)
            break;
        code = status == VGI_OK ? print_batch(out, batch, limit, &rows) : cli_fail(c, status, &err);
        tell_progress(&p, rows);
    }
    if (p.told > 0)
        fputs("\r\033[K", stderr);
    return code;
}

int cli_stream_print(cli *c, vgi_run *run, const vgi_batch *first, bool more, int64_t limit)
{
    cli_out *out = NULL;
    int code = cli_out_begin(c, vgi_run_schema(run), false, &out);
    int ended;

    if (code == CLI_OK)
        code = print_all(c, run, first, more, limit, out);
    ended = cli_out_end(out, code == CLI_OK);
    vgi_run_free(run);
    return code == CLI_OK ? ended : code;
}
