/* The worker processes of vgi check-transactions (check.h): started as an engine starts them, and killed. */
#include <signal.h>
#include <string.h>
#include <time.h>

#include "check.h"

enum { DEFAULT_PATIENCE_S = 60 };

double kit_now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Between two attempts. */
void kit_pause(void)
{
    const struct timespec t = {.tv_nsec = 50 * 1000 * 1000};

    nanosleep(&t, NULL);
}

double kit_patience_s(const kit *k)
{
    return k->args->patience_s.has ? (double)k->args->patience_s.value : DEFAULT_PATIENCE_S;
}

vgi_status kit_worker_open(kit *k, kit_worker *worker, vgi_error *err)
{
    vgi_status status = vgi_result_new(&worker->result, err);

    if (status == VGI_OK)
        status = cli_open(k->c, &worker->client, err);
    if (status == VGI_OK)
        status = vgi_attachment_over(k->c->attachment, worker->client, &worker->attachment, err);
    if (status != VGI_OK)
        kit_worker_close(worker);
    return status;
}

void kit_worker_close(kit_worker *worker)
{
    vgi_attachment_free(worker->attachment);
    vgi_client_close(worker->client);
    vgi_result_free(worker->result);
    *worker = (kit_worker){0};
}

kit_worker *kit_worker_get(kit *k, int i)
{
    kit_worker *worker = &k->workers[i];
    vgi_error err = {0};

    if (worker->client && !vgi_client_is_usable(worker->client))
        kit_worker_close(worker);
    if (worker->client)
        return worker;
    if (kit_worker_open(k, worker, &err) == VGI_OK)
        return worker;
    kit_failed(k, "starting another worker", &err);
    return NULL;
}

void kit_close_workers(kit *k)
{
    for (int i = 0; i < KIT_WORKERS; i++)
        kit_worker_close(&k->workers[i]);
}

/* A worker that a client starts leads a process group, in which a shell is, too. */
void kit_kill(kit *k, int i)
{
    kit_worker *worker = &k->workers[i];

    if (!worker->client)
        return;
    (void)kill(-(pid_t)vgi_client_worker_pid(worker->client), SIGKILL);
    kit_worker_close(worker);
}
