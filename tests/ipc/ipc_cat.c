/* ipc_cat: decodes an Arrow IPC stream from stdin and encodes it again to stdout, batch by batch. Exit 1 with a
 * sentence on stderr where that fails. The subject of the round-trip tests: reader and writer together lose nothing. */
#include <stdio.h>

#include "ipc/reader.h"
#include "ipc/writer.h"
#include "stream_file.h"

static vgi_status write_stdout(vg_output *output, struct iovec *parts, int count, vgi_error *err)
{
    (void)output;
    for (int i = 0; i < count; i++)
        if (fwrite(parts[i].iov_base, 1, parts[i].iov_len, stdout) != parts[i].iov_len)
            return vgi_error_set(err, VGI_ERR_IO, "stdout cannot be written");
    return VGI_OK;
}

static vgi_status copy(vg_reader *reader, vg_writer *writer, vgi_error *err)
{
    const vgi_arrow_schema *schema;
    const vgi_batch *batch;
    vgi_status status;

    status = vg_reader_open(reader, &schema, err);
    if (status == VGI_END)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "nothing is there");
    VGI_TRY(status);
    VGI_TRY(vg_writer_open(writer, schema, err));
    while ((status = vg_reader_next(reader, &batch, err)) == VGI_OK) {
        VGI_TRY(vg_writer_batch(writer, batch, err));
        VGI_TRY(vg_writer_flush(writer, err));
    }
    if (status != VGI_END)
        return status;
    VGI_TRY(vg_writer_close(writer, err));
    return vg_writer_flush(writer, err);
}

int main(void)
{
    vg_output output = {.write = write_stdout};
    vg_reader *reader = NULL;
    vg_writer *writer = NULL;
    vgi_error err = {0};
    vgi_status status;
    vg_input input;
    size_t size = 0;
    uint8_t *bytes = read_all(stdin, &size);

    if (!bytes) {
        fprintf(stderr, "ipc_cat: stdin cannot be read\n");
        return 2;
    }
    input = vg_input_memory(bytes, size);
    status = vg_reader_new(&input, &VG_DEFAULT_LIMITS, &reader, &err);
    if (status == VGI_OK)
        status = vg_writer_new(&output, &writer, &err);
    if (status == VGI_OK)
        status = copy(reader, writer, &err);
    vg_writer_free(writer);
    vg_reader_free(reader);
    vg_free(bytes);
    if (status != VGI_OK || fflush(stdout) != 0) {
        fprintf(stderr, "%s: %s\n", vgi_status_exception(err.status), err.message);
        return 1;
    }
    return 0;
}
