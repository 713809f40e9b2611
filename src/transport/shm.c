/* Shared memory segments: the header of rpc.md §9.1, the table of regions in it, and reading and writing by position.
 * See shm.h; shm_make.c makes the memory of the client's own. Lockstep means that only one side is active at a time, so
 * nothing is locked. */
#include "transport/shm.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "transport/fd.h"

enum {
    FIRST_READ = 1024,
    GRANULE = 64,
    PAGE_BYTES = 4096,
    BLOCK_BYTES = 512 /* of st_blocks, whatever the file system */
};

typedef struct region {
    uint64_t offset;
    uint64_t length;
} region;

/* The header, as it lies in the segment. */
typedef struct header {
    char magic[4];
    uint32_t version;
    uint64_t data_size;
    uint32_t n_regions;
    uint32_t padding;
    region regions[VG_SHM_MAX_REGIONS];
} header;
enum { FIXED_BYTES = offsetof(header, regions) };
_Static_assert(sizeof(header) <= VG_SHM_HEADER_BYTES && FIXED_BYTES == 24, "the layout of rpc.md");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the header is little-endian");

struct vg_shm {
    int fd;
    bool is_own;                    /* made here: unlinked when it is detached */
    char name[VG_SHM_MAX_NAME + 2]; /* with its slash */
    header header;                  /* as read last */
    uint64_t size;                  /* of the segment, at that time */
    uint64_t resident;              /* bytes of it that are more than a hole */
    vg_output output;
    uint64_t output_at;
};

/* ---- names ------------------------------------------------------------------------------------------------------ */

static vgi_string bare_name(vgi_string name)
{
    if (name.size > 0 && name.data[0] == '/')
        return (vgi_string){name.data + 1, name.size - 1};
    return name;
}

/* One path component: shm_open must not be led anywhere else. */
static bool is_name(vgi_string name)
{
    return name.size > 0 && name.size <= VG_SHM_MAX_NAME && name.data[0] != '.' && !memchr(name.data, '/', name.size) &&
           !memchr(name.data, '\0', name.size);
}

vgi_string vg_shm_name(const vg_shm *shm)
{
    return vgi_str(shm->name + 1);
}

uint64_t vg_shm_size(const vg_shm *shm)
{
    return shm->size;
}

bool vg_shm_is_named(const vg_shm *shm, vgi_string name)
{
    name = bare_name(name);
    return strlen(shm->name) == name.size + 1 && memcmp(shm->name + 1, name.data, name.size) == 0;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* Reads `size` bytes at `at`, or as many as there are. */
static vgi_status read_at(const vg_shm *shm, void *to, size_t size, uint64_t at, size_t *ret_got, vgi_error *err)
{
    *ret_got = 0;
    while (*ret_got < size) {
        size_t rest = size - *ret_got;
        ssize_t got =
            pread(shm->fd, (uint8_t *)to + *ret_got, rest < VG_MAX_IO ? rest : VG_MAX_IO, (off_t)(at + *ret_got));
        if (got == 0)
            break;
        if (got > 0)
            *ret_got += (size_t)got;
        else if (errno != EINTR)
            return vg_io_error(err, "reading from a shared memory segment", errno);
    }
    return VGI_OK;
}

/* The kernel's size is the truth, now and not when it was attached (rpc.md §9.1). */
static vgi_status look_at_size(vg_shm *shm, vgi_error *err)
{
    struct stat status;

    if (fstat(shm->fd, &status) < 0)
        return vg_io_error(err, "a shared memory segment", errno);
    if (!S_ISREG(status.st_mode))
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "the shared memory segment is no memory");
    if (status.st_size <= VG_SHM_HEADER_BYTES)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "a shared memory segment of %lld bytes has no room for data",
                             (long long)status.st_size);
    shm->size = (uint64_t)status.st_size;
    shm->resident = (uint64_t)status.st_blocks * BLOCK_BYTES;
    return VGI_OK;
}

static vgi_status broken(vgi_error *err, const char *what)
{
    return vgi_error_set(err, VGI_ERR_PROTOCOL, "the header of the shared memory segment is broken: %s", what);
}

/* Regions in order, apart, and inside. */
static vgi_status check_regions(const vg_shm *shm, vgi_error *err)
{
    uint64_t end = VG_SHM_HEADER_BYTES;

    for (uint32_t i = 0; i < shm->header.n_regions; i++) {
        const region *r = &shm->header.regions[i];
        if (r->offset < end || r->offset > shm->size || r->length > shm->size - r->offset)
            return broken(err, "its regions overlap or leave the segment");
        end = r->offset + r->length;
    }
    return VGI_OK;
}

/* Reads the header anew and checks all of it. */
static vgi_status read_header(vg_shm *shm, vgi_error *err)
{
    header *h = &shm->header;
    size_t got, wanted;

    VGI_TRY(look_at_size(shm, err));
    VGI_TRY(read_at(shm, h, FIRST_READ, 0, &got, err));
    if (got < FIRST_READ)
        return broken(err, "it ends early");
    if (memcmp(h->magic, "VGIS", sizeof h->magic) != 0)
        return broken(err, "it does not begin with VGIS");
    if (h->version != 1)
        return broken(err, "its version is not 1");
    if (h->data_size != shm->size - VG_SHM_HEADER_BYTES)
        return broken(err, "its data_size is not that of the segment");
    if (h->n_regions > VG_SHM_MAX_REGIONS)
        return broken(err, "it has more regions than there is room for");
    wanted = FIXED_BYTES + h->n_regions * sizeof(region);
    if (wanted > FIRST_READ) {
        VGI_TRY(read_at(shm, (uint8_t *)h + FIRST_READ, wanted - FIRST_READ, FIRST_READ, &got, err));
        if (got < wanted - FIRST_READ)
            return broken(err, "it ends early");
    }
    return check_regions(shm, err);
}

vgi_status vg_shm_read(vg_shm *shm, uint64_t offset, uint64_t length, vg_buf *to, vgi_error *err)
{
    size_t got;

    VGI_TRY(look_at_size(shm, err));
    if (offset < VG_SHM_HEADER_BYTES || offset > shm->size || length > shm->size - offset)
        return vgi_error_set(err, VGI_ERR_PROTOCOL,
                             "a region of %llu bytes at %llu is not inside a shared memory "
                             "segment of %llu bytes",
                             (unsigned long long)length, (unsigned long long)offset, (unsigned long long)shm->size);
    if (length > shm->resident)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "a region of %llu bytes in a shared memory segment that holds %llu",
                             (unsigned long long)length, (unsigned long long)shm->resident);
    if (length == 0)
        return VGI_OK;
    if (!vg_buf_reserve(to, (size_t)length))
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for %llu bytes of shared memory",
                             (unsigned long long)length);
    VGI_TRY(read_at(shm, to->data + to->size, (size_t)length, offset, &got, err));
    if (got < length)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "the shared memory segment was cut while it was read");
    to->size += got;
    return VGI_OK;
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

/* Writes the number of regions and the table back. */
static vgi_status write_table(vg_shm *shm, vgi_error *err)
{
    const size_t from = offsetof(header, n_regions);
    struct iovec part = {(uint8_t *)&shm->header + from, FIXED_BYTES - from + shm->header.n_regions * sizeof(region)};

    return vg_fd_write(shm->fd, (int64_t)from, &part, 1, "writing to a shared memory segment", err);
}

vgi_status vg_shm_reserve(vg_shm *shm, uint64_t size, uint64_t *ret_offset, vgi_error *err)
{
    header *h = &shm->header;
    uint64_t at = VG_SHM_HEADER_BYTES, need = (size + GRANULE - 1) & ~(uint64_t)(GRANULE - 1);
    uint32_t i = 0;

    VGI_TRY(read_header(shm, err));
    if (size == 0 || size > shm->size || h->n_regions >= VG_SHM_MAX_REGIONS)
        return VGI_END;
    while (i < h->n_regions && h->regions[i].offset - at < need) {
        at = h->regions[i].offset + h->regions[i].length;
        i++;
    }
    if (i == h->n_regions && shm->size - at < need)
        return VGI_END;
    memmove(&h->regions[i + 1], &h->regions[i], (h->n_regions - i) * sizeof(region));
    h->regions[i] = (region){at, need};
    h->n_regions++;
    *ret_offset = at;
    return write_table(shm, err);
}

vgi_status vg_shm_release(vg_shm *shm, uint64_t offset, vgi_error *err)
{
    header *h = &shm->header;
    uint32_t i = 0;

    VGI_TRY(read_header(shm, err));
    while (i < h->n_regions && h->regions[i].offset != offset)
        i++;
    if (i == h->n_regions)
        return VGI_OK;
    h->n_regions--;
    memmove(&h->regions[i], &h->regions[i + 1], (h->n_regions - i) * sizeof(region));
    return write_table(shm, err);
}

vgi_status vg_shm_reset(vg_shm *shm, vgi_error *err)
{
    shm->header.n_regions = 0;
    return write_table(shm, err);
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static vgi_status write_parts(vg_output *output, struct iovec *parts, int count, vgi_error *err)
{
    vg_shm *shm = (vg_shm *)((char *)output - offsetof(vg_shm, output));

    return vg_fd_write(shm->fd, (int64_t)shm->output_at, parts, count, "writing to a shared memory segment", err);
}

vg_output *vg_shm_output(vg_shm *shm)
{
    return &shm->output;
}

void vg_shm_output_at(vg_shm *shm, uint64_t offset)
{
    shm->output_at = offset;
}

/* ---- attaching and making --------------------------------------------------------------------------------------- */

static vg_shm *new_shm(vgi_error *err)
{
    vg_shm *shm = vg_malloc(sizeof *shm);

    if (!shm) {
        (void)vgi_error_set(err, VGI_ERR_MEMORY, "no memory to attach a shared memory segment");
        return NULL;
    }
    memset(shm, 0, sizeof *shm);
    shm->fd = -1;
    shm->output.write = write_parts;
    return shm;
}

/* Gives the segment that is open now out, where its header is one. */
static vgi_status give(vg_shm *shm, vg_shm **ret, vgi_error *err)
{
    vgi_status status = read_header(shm, err);

    if (status != VGI_OK) {
        vg_shm_detach(shm);
        return status;
    }
    *ret = shm;
    return VGI_OK;
}

static vgi_status attach(vgi_string name, int access, vg_shm **ret, vgi_error *err)
{
    vg_shm *shm;

    *ret = NULL;
    name = bare_name(name);
    if (!is_name(name))
        return vgi_error_set(err, VGI_ERR_VALUE, "that is no name of a shared memory segment");
    shm = new_shm(err);
    if (!shm)
        return VGI_ERR_MEMORY;
    shm->name[0] = '/';
    memcpy(shm->name + 1, name.data, name.size);
    shm->fd = shm_open(shm->name, access | O_CLOEXEC, 0);
    if (shm->fd < 0) {
        int code = errno;

        vg_shm_detach(shm);
        return vg_io_error(err, "opening a shared memory segment", code);
    }
    return give(shm, ret, err);
}

vgi_status vg_shm_attach(vgi_string name, vg_shm **ret, vgi_error *err)
{
    return attach(name, O_RDWR, ret, err);
}

vgi_status vg_shm_watch(vgi_string name, vg_shm **ret, vgi_error *err)
{
    return attach(name, O_RDONLY, ret, err);
}

static vgi_status write_header(vg_shm *shm, uint64_t bytes, vgi_error *err)
{
    struct iovec part = {&shm->header, FIXED_BYTES};

    shm->header = (header){.magic = {'V', 'G', 'I', 'S'}, .version = 1, .data_size = bytes};
    return vg_fd_write(shm->fd, 0, &part, 1, "writing to a shared memory segment", err);
}

vgi_status vg_shm_create(uint64_t bytes, vg_shm **ret, vgi_error *err)
{
    vgi_status status;
    vg_shm *shm;

    *ret = NULL;
    if (bytes == 0 || bytes > VG_SHM_MAX_BYTES)
        return vgi_error_set(err, VGI_ERR_VALUE, "%llu bytes are no size of a shared memory segment",
                             (unsigned long long)bytes);
    shm = new_shm(err);
    if (!shm)
        return VGI_ERR_MEMORY;
    bytes = (bytes + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
    status = vg_shm_make(VG_SHM_HEADER_BYTES + bytes, shm->name, &shm->fd, err);
    shm->is_own = status == VGI_OK;
    if (status == VGI_OK)
        status = write_header(shm, bytes, err);
    if (status != VGI_OK) {
        vg_shm_detach(shm);
        return status;
    }
    return give(shm, ret, err);
}

void vg_shm_detach(vg_shm *shm)
{
    if (!shm)
        return;
    if (shm->is_own)
        (void)shm_unlink(shm->name);
    if (shm->fd >= 0)
        close(shm->fd);
    vg_free(shm);
}
