/* Workers that are killed at any point of any call: client_deaths LOCATION COUNT SEED
 *
 * COUNT workers of `hello` are started at LOCATION, used until they die, and left. A timer kills each after a
 * random time, 0 to 20 ms, wherever the client is just then. Each must be an error of the client's, and no
 * descriptor, thread or child may be left (the leak checker sees to memory). How long errors took to come is
 * printed. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include <vgi/client.h>

#include "../support/folder.h"

enum { WARM_UP = 3, MOST_US = 20000, MOST_CALLS = 100000 };

/* Of the timer's handler. */
static volatile sig_atomic_t victim;
static struct timespec killed_at;

static void kill_victim(int signal_number)
{
    (void)signal_number;
    if (victim <= 0)
        return;
    clock_gettime(CLOCK_MONOTONIC, &killed_at);
    (void)kill(-(pid_t)victim, SIGKILL);
    (void)kill((pid_t)victim, SIGKILL);
}

static void arm(int64_t pid, long after_us)
{
    const struct itimerval timer = {.it_value = {.tv_usec = after_us + 1}};

    killed_at = (struct timespec){0};
    victim = (sig_atomic_t)pid;
    (void)setitimer(ITIMER_REAL, &timer, NULL);
}

static long milliseconds_since(const struct timespec *then)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)(now.tv_sec - then->tv_sec) * 1000 + (now.tv_nsec - then->tv_nsec) / 1000000;
}

/* ---- what the worker is used for --------------------------------------------------------------------------------- */

static vgi_status scan(vgi_attachment *attachment, const char *function, const vgi_value *argument,
                       const vgi_batch *input, vgi_error *err)
{
    const vgi_function_call call = {.schema_path = VGI_PATH("main"),
                                    .name = function,
                                    .arguments = argument,
                                    .n_arguments = argument ? 1 : 0,
                                    .input_schema = input ? input->schema : NULL};
    const vgi_batch *batch;
    vgi_run *run;
    vgi_status status;

    VGI_TRY(vgi_function_open(attachment, &call, &run, err));
    if (input)
        status = vgi_run_exchange(run, input, &batch, err);
    else
        do
            status = vgi_run_next(run, &batch, err);
        while (status == VGI_OK);
    vgi_run_free(run);
    return status == VGI_END ? VGI_OK : status;
}

static vgi_status use(vgi_client *client, vgi_attachment **attachment, vgi_result *result, vgi_error *err)
{
    static const vgi_field A = {.name = VGI_STR("a"), .type = VGI_TYPE_INT64, .nullable = true};
    static const vgi_field B = {.name = VGI_STR("b"), .type = VGI_TYPE_INT64, .nullable = true};
    static const vgi_field *const FIELDS[] = {&A, &B};
    static const vgi_arrow_schema SCHEMA = {.n_fields = 2, .fields = FIELDS};
    static const int64_t VALUES[] = {1, 2, 3};
    static const vgi_array COLUMNS[] = {{.field = &A, .length = 3, .buffers = {VALUES}},
                                        {.field = &B, .length = 3, .buffers = {VALUES}}};
    static const vgi_batch INPUT = {.schema = &SCHEMA, .rows = 3, .n_columns = 2, .columns = COLUMNS};
    const vgi_value stop = {.type = "BIGINT", .text = "5000"};
    vgi_schema_info_list schemas;

    vgi_result_clear(result);
    VGI_TRY(vgi_client_ping(client, err));
    if (!*attachment)
        VGI_TRY(vgi_client_attach(client, "hello", NULL, attachment, err));
    VGI_TRY(vgi_client_catalog_schemas(*attachment, NULL, result, &schemas, err));
    VGI_TRY(scan(*attachment, "series", &stop, NULL, err));
    return scan(*attachment, "add_ints", NULL, &INPUT, err);
}

/* One worker, from its start to its end. *ret_ms: how long after its death the error came. */
static vgi_status live_and_die(const char *location, vgi_result *result, long *ret_ms, vgi_error *err)
{
    const vgi_client_options options = {.worker_stderr = VGI_STDERR_CAPTURE};
    vgi_attachment *attachment = NULL;
    vgi_error death = {0};
    vgi_client *client;
    vgi_status status = VGI_OK;

    VGI_TRY(vgi_client_open(location, &options, &client, err));
    arm(vgi_client_worker_pid(client), rand() % MOST_US);
    for (int i = 0; i < MOST_CALLS && status == VGI_OK; i++)
        status = use(client, &attachment, result, &death);
    *ret_ms = killed_at.tv_sec ? milliseconds_since(&killed_at) : 0;
    if (!killed_at.tv_sec || vgi_client_is_usable(client) || status != VGI_ERR_IO)
        status = vgi_error_set(err, VGI_ERR_RUNTIME, "not the error of a worker that died: %.200s", death.message);
    else
        status = VGI_OK;
    vgi_attachment_free(attachment);
    vgi_client_close(client);
    victim = 0; /* its process id may be another's now */
    return status;
}

/* ---- what is left ------------------------------------------------------------------------------------------------ */

static bool is_clean(int descriptors, int threads)
{
    bool clean = true;

    if (count_entries("/proc/self/fd") != descriptors) {
        fprintf(stderr, "%d descriptors instead of %d\n", count_entries("/proc/self/fd"), descriptors);
        clean = false;
    }
    if (count_entries("/proc/self/task") != threads) {
        fprintf(stderr, "%d threads instead of %d\n", count_entries("/proc/self/task"), threads);
        clean = false;
    }
    if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD) {
        fprintf(stderr, "children are left\n");
        clean = false;
    }
    return clean;
}

int main(int argc, char **argv)
{
    const struct sigaction on_alarm = {.sa_handler = kill_victim};
    int descriptors = 0, threads = 0;
    long slowest = 0, slow = 0;
    vgi_result *result;
    vgi_error err = {0};

    if (argc != 4 || sigaction(SIGALRM, &on_alarm, NULL) != 0 || vgi_result_new(&result, &err) != VGI_OK)
        return 2;
    srand((unsigned)atoi(argv[3]));
    for (int i = 0; i < atoi(argv[2]) + WARM_UP && err.status == VGI_OK; i++) {
        long ms = 0;

        if (i == WARM_UP) {
            descriptors = count_entries("/proc/self/fd");
            threads = count_entries("/proc/self/task");
        }
        if (live_and_die(argv[1], result, &ms, &err) != VGI_OK)
            fprintf(stderr, "worker %d: %s\n", i, err.message);
        slowest = ms > slowest ? ms : slowest;
        slow += ms >= 1000;
    }
    vgi_result_free(result);
    printf("%s workers died; the slowest error came after %ld ms, %ld after a second or more\n", argv[2], slowest,
           slow);
    return err.status == VGI_OK && is_clean(descriptors, threads) ? 0 : 1;
}
