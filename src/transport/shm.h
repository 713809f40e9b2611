/* A client's shared memory segment, as the server uses it: attached by name, read from, written to, its table of
 * regions kept (rpc.md §9). rpc/pointer drives it.
 *
 * The segment is read and written through its descriptor and never mapped. The owner may change or truncate it at any
 * time: what was copied can no longer change under the checks that it passed, and a read past the end is short where a
 * mapped one would be SIGBUS. Every use looks at the kernel's size and at the header again. One thread. */
#ifndef VG_TRANSPORT_SHM_H
#define VG_TRANSPORT_SHM_H

#include <stdbool.h>

#include <vgi/type.h>

#include "base/buf.h"
#include "base/io.h"

enum {
    VG_SHM_HEADER_BYTES = 65536,
    VG_SHM_MAX_REGIONS = 4094, /* what the header has room for */
    VG_SHM_MAX_NAME = 254,     /* without the slash */
};

typedef struct vg_shm vg_shm;

/* Opens the segment, which is the client's to make and to unlink. A leading slash of `name` is optional (rpc.md §9.3).
 * VGI_ERR_VALUE: a name that is none. VGI_ERR_PROTOCOL: the header is not that of a segment of its size. VGI_ERR_IO. */
vgi_status vg_shm_attach(vgi_string name, vg_shm **ret, vgi_error *err);
void vg_shm_detach(vg_shm *shm);
bool vg_shm_is_named(const vg_shm *shm, vgi_string name);

/* Appends the bytes of a region. VGI_ERR_PROTOCOL: it is not inside the segment, or larger than the memory that the
 * segment really has (a hole costs its owner nothing, but us a copy). */
vgi_status vg_shm_read(vg_shm *shm, uint64_t offset, uint64_t length, vg_buf *to, vgi_error *err);

/* Takes the first gap of `size` bytes. VGI_END: there is none, or the table is full. VGI_ERR_PROTOCOL: the header is
 * broken. */
vgi_status vg_shm_reserve(vg_shm *shm, uint64_t size, uint64_t *ret_offset, vgi_error *err);

/* Gives the region that begins at `offset` back; one that is not in the table is none of our business (rpc.md §9.1). */
vgi_status vg_shm_release(vg_shm *shm, uint64_t offset, vgi_error *err);

/* A sink that writes into the segment, from `offset` on. Whoever uses it has reserved the room. One at a time. */
vg_output *vg_shm_output(vg_shm *shm);
void vg_shm_output_at(vg_shm *shm, uint64_t offset);

#endif
