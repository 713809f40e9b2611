/* ipc_probe [--structure] FILE: decodes one Arrow IPC stream and looks at every value. Exit 0: accepted; 1:
 * rejected, with the reason on stdout. The subject of the corpus and mutation tests, where pyarrow's full validation
 * is the oracle; --structure leaves out the rules about values that the library leaves to others (values.h). */
#include <stdio.h>
#include <string.h>

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

int main(int argc, char **argv)
{
    bool values = !(argc > 1 && strcmp(argv[1], "--structure") == 0);
    const char *path = argc > 1 ? argv[argc - 1] : NULL;
    FILE *file = path ? fopen(path, "rb") : NULL;
    vgi_error err = {0};
    vgi_status status;
    vg_input input;
    int batches = 0;
    uint8_t *bytes;
    size_t size;

    if (!file) {
        fprintf(stderr, "usage: ipc_probe [--structure] FILE\n");
        return 2;
    }
    bytes = read_all(file, &size);
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
