/* The fuzz target of shared memory: any header, any region, any pointer into it, and sessions that use them (rpc.md
 * §9).
 *
 * The input: one byte that says what is called, and with its highest bit that the segment is cut; two, how many bytes
 * of header follow, then these, by which the right header is changed; offset and length of the pointer, 8 bytes each;
 * the rest lies at the start of the data region. Built and replayed like fuzz_rpc.c. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "ipc/writer.h"
#include "rpc/keys.h"
#include "service.h"
#include "session.h"
#include "transport/shm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEGMENT_BYTES = 256 << 10 };

ONE_FIELD(BYTES, "data", .type = VGI_TYPE_BINARY);
ONE_FIELD(FACTOR, "factor", .type = VGI_TYPE_FLOAT64);
ONE_FIELD(VALUE, "value", .type = VGI_TYPE_FLOAT64, .nullable = true);
static const vgi_field NAMES = {.name = VGI_STR("value"), .type = VGI_TYPE_UTF8, .nullable = true};
ONE_FIELD(STATUS, "status", .type = VGI_TYPE_DICTIONARY, .dictionary = &NAMES, .index_type = VGI_TYPE_INT16);

static const vgi_arrow_schema EMPTY = {0};

typedef struct take {
    const uint8_t *data;
    size_t size;
} take;

/* The next `size` bytes, zeros where there are no more. */
static void take_bytes(take *from, void *to, size_t size)
{
    size_t n = from->size < size ? from->size : size;

    memset(to, 0, size);
    if (n > 0)
        memcpy(to, from->data, n);
    from->data += n;
    from->size -= n;
}

typedef struct segment {
    char name[64];
    int fd;
} segment;

/* The segment, as the input wants it. */
static void make_segment(segment *s, take *from)
{
    uint8_t head[VG_SHM_HEADER_BYTES] = "VGIS\1";
    uint64_t data_size = SEGMENT_BYTES - VG_SHM_HEADER_BYTES;
    uint16_t n;

    snprintf(s->name, sizeof s->name, "/vgi-fuzz-%d", (int)getpid());
    s->fd = shm_open(s->name, O_RDWR | O_CREAT | O_EXCL, 0600);
    memcpy(head + 8, &data_size, sizeof data_size);
    take_bytes(from, &n, sizeof n);
    if (n > from->size)
        n = (uint16_t)from->size;
    for (size_t i = 0; i < n; i++)
        head[i] ^= from->data[i]; /* zeros leave it as it should be */
    from->data += n;
    from->size -= n;
    if (s->fd < 0 || ftruncate(s->fd, SEGMENT_BYTES) != 0 || pwrite(s->fd, head, sizeof head, 0) != sizeof head)
        abort();
}

static void end_segment(segment *s)
{
    close(s->fd);
    (void)shm_unlink(s->name);
}

/* A batch of no rows with metadata, as a stream of its own. */
static void queue_pointer(vg_writer *writer, const vgi_arrow_schema *schema, const vgi_key_value *items, size_t n)
{
    if (vg_writer_open(writer, schema, NULL) != VGI_OK ||
        vg_writer_empty(writer, (vgi_metadata){items, n}, NULL) != VGI_OK || vg_writer_close(writer, NULL) != VGI_OK)
        abort();
}

typedef struct sink {
    vg_output output;
    vg_buf bytes;
} sink;

static vgi_status gather(vg_output *output, struct iovec *parts, int count, vgi_error *err)
{
    sink *s = (sink *)output;

    (void)err;
    for (int i = 0; i < count; i++)
        if (!vg_buf_append(&s->bytes, parts[i].iov_base, parts[i].iov_len))
            abort();
    return VGI_OK;
}

/* A call whose request, or whose input, is a pointer; and a call that is answered through the segment. */
static void call_with(const char *name, unsigned kind, vgi_string offset, vgi_string length)
{
    static const char *const METHODS[] = {"echo_bytes", "echo_enum", "exchange_scale", "exchange_accumulate"};
    static const vgi_arrow_schema *const SCHEMAS[] = {&BYTES, &STATUS, &FACTOR, &EMPTY};
    const double factor = 2.0;
    const vgi_array column = {.field = &FACTOR_field, .length = 1, .buffers = {&factor, NULL}};
    const vgi_key_value items[] = {
        {VGI_STR(VG_KEY_SHM_OFFSET), offset},
        {VGI_STR(VG_KEY_SHM_LENGTH), length},
        {VGI_STR(VG_KEY_METHOD), vgi_str(METHODS[kind % 4])},
        {VGI_STR(VG_KEY_REQUEST_VERSION), VGI_STR(VG_REQUEST_VERSION)},
        {VGI_STR(VG_KEY_PROTOCOL), VGI_STR("ConformanceService")},
        {VGI_STR(VG_KEY_PROTOCOL_VERSION), VGI_STR("2.0.0")},
        {VGI_STR(VG_KEY_SHM_NAME), vgi_str(name)},
    };
    vgi_batch request = {.schema = &FACTOR, .rows = 1, .n_columns = 1, .columns = &column, .metadata = {items + 2, 5}};
    sink out = {.output = {gather}};
    vg_writer *writer;

    if (vg_writer_new(&out.output, &writer, NULL) != VGI_OK)
        abort();
    if (kind % 4 != 2) {
        queue_pointer(writer, SCHEMAS[kind % 4], items, COUNT_OF(items));
    } else if (vg_writer_open(writer, &FACTOR, NULL) != VGI_OK || vg_writer_batch(writer, &request, NULL) != VGI_OK ||
               vg_writer_close(writer, NULL) != VGI_OK) {
        abort();
    }
    if (kind % 4 >= 2)
        queue_pointer(writer, &VALUE, items, 2);
    if (vg_writer_flush(writer, NULL) != VGI_OK)
        abort();
    fuzz_session(out.bytes.data, out.bytes.size);
    vg_writer_free(writer);
    vg_buf_done(&out.bytes);
}

/* The table alone: whatever it says, regions that are given lie inside and apart. */
static void use_table(const char *name, uint64_t offset, uint64_t length)
{
    uint64_t first, second;
    vg_buf bytes = {0};
    vg_shm *shm;

    if (vg_shm_attach(vgi_str(name), &shm, NULL) != VGI_OK)
        return;
    (void)vg_shm_release(shm, offset, NULL);
    if (vg_shm_read(shm, offset, length, &bytes, NULL) == VGI_OK && bytes.size != length)
        abort();
    if (vg_shm_reserve(shm, length, &first, NULL) == VGI_OK) {
        if (first < VG_SHM_HEADER_BYTES || first > SEGMENT_BYTES || length > SEGMENT_BYTES - first)
            abort();
        if (vg_shm_reserve(shm, 64, &second, NULL) == VGI_OK && second < first + length && first < second + 64)
            abort();
        if (vg_shm_release(shm, first, NULL) != VGI_OK)
            abort();
    }
    vg_buf_done(&bytes);
    vg_shm_detach(shm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    take from = {data, size};
    uint64_t offset, length;
    char digits[2][24];
    segment s;
    uint8_t kind;

    setenv("VGI_RPC_SHM_MIN_BATCH_BYTES", "1", 0);
    take_bytes(&from, &kind, sizeof kind);
    make_segment(&s, &from);
    take_bytes(&from, &offset, sizeof offset);
    take_bytes(&from, &length, sizeof length);
    if (from.size > SEGMENT_BYTES - VG_SHM_HEADER_BYTES)
        from.size = SEGMENT_BYTES - VG_SHM_HEADER_BYTES;
    if (pwrite(s.fd, from.data, from.size, VG_SHM_HEADER_BYTES) != (ssize_t)from.size)
        abort();
    if (kind & 128 && ftruncate(s.fd, (off_t)(length % SEGMENT_BYTES)) != 0)
        abort();
    snprintf(digits[0], sizeof digits[0], "%" PRIu64, offset);
    snprintf(digits[1], sizeof digits[1], "%" PRIu64, length);
    call_with(s.name, kind, vgi_str(digits[0]), vgi_str(digits[1]));
    use_table(s.name, offset, length);
    end_segment(&s);
    return 0;
}
