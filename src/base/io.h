/* Byte sources and sinks, as the IPC layer sees them. transport/ implements them over descriptors; here they exist
 * over memory, which is how a record inside a binary cell is read. */
#ifndef VG_BASE_IO_H
#define VG_BASE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <vgi/status.h>

/* Unread bytes and a way to get more. */
typedef struct vg_input vg_input;
struct vg_input {
    const uint8_t *data; /* the unread bytes */
    size_t size;
    /* Reads until `size >= need`. May move `data`, so nothing read before (and still needed) may live there: whoever
     * parses asks for a whole message at once. VGI_END: the source ended and `size` is 0; ended in between:
     * VGI_ERR_IO. */
    vgi_status (*fill)(vg_input *input, size_t need, vgi_error *err);
};

/* A sink that takes everything: short writes and EINTR are its own business. `parts` may be changed by the call. */
typedef struct vg_output vg_output;
struct vg_output {
    vgi_status (*write)(vg_output *output, struct iovec *parts, int count, vgi_error *err);
};

/* An input over memory that outlives it. */
vg_input vg_input_memory(const void *data, size_t size);

/* Makes at least `need` bytes available at input->data. */
static inline vgi_status vg_input_need(vg_input *input, size_t need, vgi_error *err)
{
    return input->size >= need ? VGI_OK : input->fill(input, need, err);
}

static inline void vg_input_skip(vg_input *input, size_t size)
{
    input->data += size;
    input->size -= size;
}

#endif
