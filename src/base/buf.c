/* Growable bytes. See buf.h. */
#include "base/buf.h"

#include <string.h>

#include "base/alloc.h"

enum { FIRST_CAPACITY = 256 };

void vg_buf_done(vg_buf *buf)
{
    vg_free(buf->data);
    *buf = (vg_buf){0};
}

bool vg_buf_reserve(vg_buf *buf, size_t more)
{
    size_t need, capacity = buf->capacity ? buf->capacity : FIRST_CAPACITY;
    uint8_t *data;

    if (!vg_add_size(buf->size, more, &need) || need > SIZE_MAX / 2)
        return false;
    if (need <= buf->capacity)
        return true;
    while (capacity < need)
        capacity *= 2;
    data = vg_malloc_aligned(capacity);
    if (!data)
        return false;
    if (buf->size)
        memcpy(data, buf->data, buf->size);
    vg_free(buf->data);
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

bool vg_buf_append(vg_buf *buf, const void *bytes, size_t size)
{
    if (!vg_buf_reserve(buf, size))
        return false;
    if (size)
        memcpy(buf->data + buf->size, bytes, size);
    buf->size += size;
    return true;
}

bool vg_buf_append_zeros(vg_buf *buf, size_t count)
{
    if (!vg_buf_reserve(buf, count))
        return false;
    if (count)
        memset(buf->data + buf->size, 0, count);
    buf->size += count;
    return true;
}
