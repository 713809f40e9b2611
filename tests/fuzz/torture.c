/* Runs a fuzz target over its corpus while the world around each session fails: torture STEP PATH...
 *
 * Every STEP-th allocation of a session fails; the peer leaves at every STEP-th byte of what it sends, reading or
 * not, or says nothing more; every STEP-th byte of what it gets is the last that it takes. A session must end all
 * the same, with every stream closed, nothing leaked (the leak checker sees to memory) and no descriptor or thread
 * left. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ipc/stream_file.h"
#include "../support/folder.h"
#include "connection.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One way to fail: the knob, and the number of places where it can be turned, as an undisturbed session tells. */
typedef struct trial {
    const char *what;
    size_t knob; /* offset of an int64_t in session_torture */
    size_t places;
    size_t flag; /* offset of a bool that is set meanwhile; 0: none */
} trial;

static const trial TRIALS[] = {
    {"allocations", offsetof(torture, fail_after), offsetof(torture, allocations), 0},
    {"bytes of a peer that leaves", offsetof(torture, cut_at), offsetof(torture, input_bytes), 0},
    {"bytes of a peer that was killed", offsetof(torture, cut_at), offsetof(torture, input_bytes),
     offsetof(torture, is_killed)},
    {"bytes of a peer that hangs", offsetof(torture, cut_at), offsetof(torture, input_bytes),
     offsetof(torture, is_hanging)},
    {"bytes that the peer takes", offsetof(torture, output_limit), offsetof(torture, output_bytes), 0},
};
enum { N_TRIALS = sizeof TRIALS / sizeof *TRIALS };

static int64_t *member(size_t offset)
{
    return (int64_t *)(void *)((char *)&session_torture + offset);
}

static void set_flag(const trial *t, bool value)
{
    if (t->flag > 0)
        *(bool *)(void *)((char *)&session_torture + t->flag) = value;
}

static long try_one(const trial *t, const uint8_t *bytes, size_t size, int64_t step)
{
    int64_t places;
    long runs = 0;

    LLVMFuzzerTestOneInput(bytes, size);
    places = *member(t->places);
    if (t->flag == offsetof(torture, is_hanging) && !session_torture.can_hang)
        return 0;
    set_flag(t, true);
    if (t->knob == offsetof(torture, fail_after))
        step = (step + 9) / 10; /* there are not so many */
    for (int64_t i = 0; i <= places; i += step, runs++) {
        *member(t->knob) = i;
        LLVMFuzzerTestOneInput(bytes, size);
    }
    *member(t->knob) = -1;
    set_flag(t, false);
    return runs;
}

static bool run_file(const char *path, int64_t step, long runs[N_TRIALS])
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes;
    size_t size;
    int descriptors, threads;

    if (!file || !(bytes = read_all(file, &size))) {
        perror(path);
        return false;
    }
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, size);
    descriptors = count_entries("/proc/self/fd");
    threads = count_entries("/proc/self/task");
    for (size_t i = 0; i < N_TRIALS; i++) {
        runs[i] += try_one(&TRIALS[i], bytes, size, step);
        if (count_entries("/proc/self/fd") != descriptors || count_entries("/proc/self/task") != threads) {
            fprintf(stderr, "%s: %s: descriptors or threads were left\n", path, TRIALS[i].what);
            return false;
        }
    }
    vg_free(bytes);
    return true;
}

/* A file, or those in a folder. */
static bool run_path(const char *path, int64_t step, long runs[N_TRIALS])
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    bool ok = true;

    if (!folder)
        return run_file(path, step, runs);
    while (ok && (entry = readdir(folder))) {
        char child[4096];
        snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        ok = entry->d_name[0] == '.' || run_file(child, step, runs);
    }
    closedir(folder);
    return ok;
}

int main(int argc, char **argv)
{
    int64_t step = argc > 1 ? atoll(argv[1]) : 0;
    long runs[N_TRIALS] = {0};
    bool ok = step > 0 && argc > 2;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    for (int i = 2; i < argc && ok; i++)
        ok = run_path(argv[i], step, runs);
    for (size_t i = 0; i < N_TRIALS; i++)
        printf("%ld runs over the %s\n", runs[i], TRIALS[i].what);
    return ok && runs[0] > 0 ? 0 : 1;
}
