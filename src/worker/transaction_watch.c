/* Who began a transaction may be gone without a word: the engine tells no worker when it ends. A thread of the process
 * that keeps the transactions waits for that, and rolls back at once (transaction_table.h). */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker/transaction_table.h"

enum {
    MAX_WATCHED = 256,
    LOOK_MS = 1000, /* where the kernel has no pidfds */
};

/* A descriptor that becomes readable when the process ends; -1: none. */
static int open_process(const vg_process *process)
{
#ifdef SYS_pidfd_open
    int fd = (int)syscall(SYS_pidfd_open, (pid_t)process->pid, 0);

    if (fd >= 0 && vg_process_is_over(process)) { /* its number was given again before we opened it */
        close(fd);
        return -1;
    }
    return fd;
#else
    (void)process;
    return -1;
#endif
}

static void wake(const vg_transactions *table)
{
    const uint64_t one = 1;

    if (table->wake_fd >= 0 && write(table->wake_fd, &one, sizeof one) < 0)
        return; /* full: it is awake */
}

void vg_transactions_watch_one(vg_transactions *table, vg_transaction *transaction)
{
    if (table->wake_fd < 0 || transaction->is.engine.pid <= 0)
        return;
    transaction->engine_fd = open_process(&transaction->is.engine);
    wake(table);
}

/* Those whose engine is to be watched, held. */
static nfds_t collect(vg_transactions *table, vg_transaction **list, struct pollfd *wanted, int *ret_timeout_ms)
{
    nfds_t n = 0;

    *ret_timeout_ms = -1;
    for (vg_transaction *each = table->first; each && n < MAX_WATCHED; each = each->next) {
        if (each->phase != VG_PHASE_WRITES || each->is.engine.pid <= 0)
            continue;
        each->users++;
        list[n] = each;
        wanted[n++] = (struct pollfd){.fd = each->engine_fd, .events = POLLIN};
        if (each->engine_fd < 0)
            *ret_timeout_ms = LOOK_MS;
    }
    return n;
}

static void look_at(vg_transaction *transaction, const struct pollfd *seen)
{
    bool is_over = transaction->engine_fd >= 0 ? seen->revents != 0 : vg_process_is_over(&transaction->is.engine);

    if (is_over) {
        vg_transaction_lock_one(transaction);
        if (transaction->phase == VG_PHASE_WRITES)
            vg_transaction_roll_back_one(transaction, VG_PHASE_ROLLED_BACK);
        vg_transaction_unlock_one(transaction);
    }
    vg_transaction_release_one(transaction);
}

static void *watch(void *argument)
{
    vg_transactions *table = argument;
    struct pollfd wanted[MAX_WATCHED + 1];
    vg_transaction *list[MAX_WATCHED];

    pthread_mutex_lock(&table->lock);
    while (!table->stops) {
        int timeout_ms;
        nfds_t n = collect(table, list, wanted, &timeout_ms);
        uint64_t ignored;

        wanted[n] = (struct pollfd){.fd = table->wake_fd, .events = POLLIN};
        pthread_mutex_unlock(&table->lock);
        if (poll(wanted, n + 1, timeout_ms) < 0)
            for (nfds_t i = 0; i <= n; i++)
                wanted[i].revents = 0;
        if (wanted[n].revents && read(table->wake_fd, &ignored, sizeof ignored) < 0)
            ignored = 0; /* somebody else has read it: nobody does */
        pthread_mutex_lock(&table->lock);
        for (nfds_t i = 0; i < n; i++)
            look_at(list[i], &wanted[i]);
    }
    pthread_mutex_unlock(&table->lock);
    return NULL;
}

vgi_status vg_transactions_watch(vg_transactions *table, vgi_error *err)
{
    sigset_t all, before;
    int code = -1;

    table->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the program's: its own thread waits for them */
    if (table->wake_fd >= 0)
        code = pthread_create(&table->watcher, NULL, watch, table);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code == 0)
        return VGI_OK;
    if (table->wake_fd >= 0)
        close(table->wake_fd);
    table->wake_fd = -1;
    return vgi_error_set(err, VGI_ERR_IO, "engines cannot be watched: no descriptor, or no thread");
}

void vg_transactions_unwatch(vg_transactions *table)
{
    if (table->wake_fd < 0)
        return;
    pthread_mutex_lock(&table->lock);
    table->stops = true;
    pthread_mutex_unlock(&table->lock);
    wake(table);
    pthread_join(table->watcher, NULL);
    close(table->wake_fd);
    table->wake_fd = -1;
}
