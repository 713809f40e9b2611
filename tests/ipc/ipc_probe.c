/* ipc_probe [--structure] FILE: decodes one Arrow IPC stream and looks at every value. Exit 0: accepted; 1:
 * rejected, with the reason on stdout. The subject of the corpus and mutation tests, where pyarrow's full validation
 * is the oracle; --structure leaves out the rules about values that the library leaves to others (values.h).
 *
 * ipc_probe --many: names of files on stdin, one a line; a process for each, forked from this one, which has paid for
 * its start; on stdout what each printed, then a line `= EXIT-STATUS` (128 + the signal that ended it; no answer:
 * 142). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arrow/array.h"
#include "ipc/reader.h"
#include "stream_file.h"
#include "values.h"

static vgi_status look(const vgi_batch *batch, bool values, vgi_error *err)
{
    for (int32_t i = 0; i < batch->n_columns; i++) {
        if (!vg_array_equal(&batch->columns[i], &batch->columns[i]))
            return vgi_error_set(err, VGI_ERR_RUNTIME, "column %d does not equal itself", i);
        if (values)
            VGI_TRY(check_values(&batch->columns[i], err));
    }
    return VGI_OK;
}

static vgi_status probe(vg_input *input, bool values, int *ret_batches, vgi_error *err)
{
    const vgi_arrow_schema *schema;
    const vgi_batch *batch;
    vg_reader *reader;
    vgi_status status;

    VGI_TRY(vg_reader_new(input, &VG_DEFAULT_LIMITS, &reader, err));
    status = vg_reader_open(reader, &schema, err);
    if (status == VGI_END)
        status = vgi_error_set(err, VGI_ERR_PROTOCOL, "nothing is there");
    while (status == VGI_OK && (status = vg_reader_next(reader, &batch, err)) == VGI_OK) {
        ++*ret_batches;
        status = look(batch, values, err);
    }
    if (status != VGI_END && !vg_reader_broken(reader)) {
        vgi_error ignored = {0};
        (void)vg_reader_drain(reader, &ignored); /* must not crash, whatever is left */
    }
    vg_reader_free(reader);
    return status == VGI_END ? VGI_OK : status;
}

static int probe_file(const char *path, bool values)
{
    FILE *file = fopen(path, "rb");
    vgi_error err = {0};
    vgi_status status;
    vg_input input;
    int batches = 0;
    uint8_t *bytes;
    size_t size;

    bytes = file ? read_all(file, &size) : NULL;
    if (file)
        fclose(file);
    if (!bytes) {
        fprintf(stderr, "ipc_probe: cannot read %s\n", path);
        return 2;
    }
    input = vg_input_memory(bytes, size);
    status = probe(&input, values, &batches, &err);
    vg_free(bytes);
    if (status != VGI_OK) {
        printf("%s: %s\n", vgi_status_exception(err.status), err.message);
        return 1;
    }
    printf("%d batches\n", batches);
    return 0;
}

static int probe_many(void)
{
    char path[4096];

    while (fgets(path, sizeof path, stdin)) {
        int status;
        pid_t child = fork();

        path[strcspn(path, "\n")] = '\0';
        if (child < 0)
            return 2;
        if (child == 0) {
            alarm(20);
            exit(probe_file(path, true));
        }
        if (waitpid(child, &status, 0) != child)
            return 2;
        printf("= %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        fflush(stdout);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--many") == 0)
        return probe_many();
    if (argc == 2 || (argc == 3 && strcmp(argv[1], "--structure") == 0))
        return probe_file(argv[argc - 1], argc == 2);
    fprintf(stderr, "usage: ipc_probe [--structure] FILE, or ipc_probe --many\n");
    return 2;
}
