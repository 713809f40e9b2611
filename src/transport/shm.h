/* A client's shared memory segment, as both sides use it: made by the client, attached by name by the server, read
 * from, written to, its table of regions kept (rpc.md §9). rpc/pointer drives it.
 *
 * The segment is read and written through its descriptor and never mapped. The peer may change or truncate it at any
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

/* What a client may ask for: far beyond any memory, and no sum with it overflows. */
#define VG_SHM_MAX_BYTES (UINT64_C(1) << 46)

typedef struct vg_shm vg_shm;

/* Opens the segment, which is the client's to make and to unlink. A leading slash of `name` is optional (rpc.md §9.3).
 * VGI_ERR_VALUE: a name that is none. VGI_ERR_PROTOCOL: the header is not that of a segment of its size. VGI_ERR_IO. */
vgi_status vg_shm_attach(vgi_string name, vg_shm **ret, vgi_error *err);
/* The same for whoever only looks: all that writes fails. */
vgi_status vg_shm_watch(vgi_string name, vg_shm **ret, vgi_error *err);
/* Makes a segment with room for `bytes` of data, all of which is there (a hole would be SIGBUS for a peer that maps
 * it), under a name that cannot be guessed, for this user only. VGI_ERR_VALUE, VGI_ERR_MEMORY, VGI_ERR_IO: it is not to
 * be had. */
vgi_status vg_shm_create(uint64_t bytes, vg_shm **ret, vgi_error *err);

/* Closes it; one that was made here is unlinked, too. */
void vg_shm_detach(vg_shm *shm);

/* Without the slash; of the whole segment. */
vgi_string vg_shm_name(const vg_shm *shm);
uint64_t vg_shm_size(const vg_shm *shm);
bool vg_shm_is_named(const vg_shm *shm, vgi_string name);

/* Appends the bytes of a region. VGI_ERR_PROTOCOL: it is not inside the segment, or larger than the memory that the
 * segment really has (a hole costs its owner nothing, but us a copy). */
vgi_status vg_shm_read(vg_shm *shm, uint64_t offset, uint64_t length, vg_buf *to, vgi_error *err);

/* Takes the first gap of `size` bytes. VGI_END: there is none, or the table is full. VGI_ERR_PROTOCOL: the header is
 * broken. */
vgi_status vg_shm_reserve(vg_shm *shm, uint64_t size, uint64_t *ret_offset, vgi_error *err);

/* Gives the region that begins at `offset` back; one that is not in the table is none of our business (rpc.md §9.1). */
vgi_status vg_shm_release(vg_shm *shm, uint64_t offset, vgi_error *err);

/* Forgets all regions: the owner's to do, while nobody uses one. */
vgi_status vg_shm_reset(vg_shm *shm, vgi_error *err);

/* A sink that writes into the segment, from `offset` on. Whoever uses it has reserved the room. One at a time. */
vg_output *vg_shm_output(vg_shm *shm);
void vg_shm_output_at(vg_shm *shm, uint64_t offset);

/* ---- shm_make.c -------------------------------------------------------------------------------------------------- */

/* New memory of `size` bytes under a new name, which is written with its slash to `name`. Removes what processes that
 * were killed have left behind. */
vgi_status vg_shm_make(uint64_t size, char *name, int *ret_fd, vgi_error *err);

#endif
