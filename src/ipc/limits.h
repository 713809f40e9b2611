/* What a peer may ask of the decoder. Checked before memory is taken; each has a test at the limit and one past it. */
#ifndef VG_IPC_LIMITS_H
#define VG_IPC_LIMITS_H

#include <stddef.h>

#include <vgi/server.h>

typedef vgi_limits vg_limits;

/* 16 MiB, 16 GiB, 256 MiB, 2^31 - 1 rows, 64, 65,536, 1,024, 256 MiB, 1 GiB. */
extern const vg_limits VG_DEFAULT_LIMITS;

/* One row a limit, in the order of the struct. */
typedef struct vg_limit_row {
    const char *name; /* "max_rows" */
    const char *help;
    size_t offset;
    size_t size; /* of the member: 4 or 8 bytes */
    int64_t max; /* the least is 1 */
} vg_limit_row;
extern const vg_limit_row VG_LIMIT_ROWS[];
extern const size_t VG_N_LIMIT_ROWS;

int64_t vg_limit_get(const vg_limits *limits, const vg_limit_row *row);

/* Sets what `text` says: NAME=NUMBER, the number in bytes or with K, M, G behind it (powers of 1,024); several with
 * commas between. VGI_ERR_VALUE: no such limit, no such number, or one that is out of range. */
vgi_status vg_limits_set(vg_limits *limits, const char *text, vgi_error *err);

/* `over` where it is not 0, else `base` (nullable), else the default. VGI_ERR_VALUE: one is out of range. */
vgi_status vg_limits_merge(const vg_limits *base, const vg_limits *over, vg_limits *ret, vgi_error *err);

#endif
