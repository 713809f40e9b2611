/* Little-endian loads from any address: the wire's numbers are little-endian and not always aligned. */
#ifndef VG_BASE_LOAD_H
#define VG_BASE_LOAD_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "libvgi reads Arrow buffers in place and needs a little-endian machine"
#endif

static inline uint16_t vg_load_u16(const void *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}
static inline uint32_t vg_load_u32(const void *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}
static inline int32_t vg_load_i32(const void *at)
{
    int32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}
static inline int64_t vg_load_i64(const void *at)
{
    int64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

#endif
