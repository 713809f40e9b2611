/* The limits that a reader is given unless it is told otherwise, and how it is told: by name, from a program's command
 * line, or in a struct from an embedder. See limits.h. */
#include "ipc/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const vg_limits VG_DEFAULT_LIMITS = {
    .max_metadata_bytes = INT64_C(16) << 20,
    .max_body_bytes = INT64_C(16) << 30,
    .max_decompressed_bytes = INT64_C(256) << 20,
    .max_rows = INT32_MAX,
    .max_depth = 64,
    .max_fields = 65536,
    .max_dictionaries = 1024,
    .max_dictionary_bytes = INT64_C(256) << 20,
    .max_shm_bytes = INT64_C(1) << 30,
};

#define TEBIBYTE (INT64_C(1) << 40)
#define ROW(name, max, help) {#name, help, offsetof(vg_limits, name), sizeof((vg_limits *)0)->name, max}

/* Lengths on the wire are 32-bit numbers, as are rows in offsets; nesting is followed by recursion. */
const vg_limit_row VG_LIMIT_ROWS[] = {
    ROW(max_metadata_bytes, INT32_MAX, "what describes one message"),
    ROW(max_body_bytes, TEBIBYTE, "the body of one message"),
    ROW(max_decompressed_bytes, TEBIBYTE, "what the compressed buffers of one message become"),
    ROW(max_rows, INT32_MAX, "rows of one batch"),
    ROW(max_depth, 64, "nesting of fields"),
    ROW(max_fields, 1 << 24, "fields of one schema, children counted"),
    ROW(max_dictionaries, 1 << 20, "dictionaries of one stream"),
    ROW(max_dictionary_bytes, TEBIBYTE, "bytes held by the dictionaries of one stream"),
    ROW(max_shm_bytes, TEBIBYTE, "one batch in shared memory"),
};
const size_t VG_N_LIMIT_ROWS = sizeof VG_LIMIT_ROWS / sizeof *VG_LIMIT_ROWS;

int64_t vg_limit_get(const vg_limits *limits, const vg_limit_row *row)
{
    const char *at = (const char *)limits + row->offset;

    return row->size == sizeof(int32_t) ? *(const int32_t *)(const void *)at : *(const int64_t *)(const void *)at;
}

static vgi_status put(vg_limits *limits, const vg_limit_row *row, int64_t value, vgi_error *err)
{
    char *at = (char *)limits + row->offset;

    if (value < 1 || value > row->max)
        return vgi_error_set(err, VGI_ERR_VALUE, "the limit %s is a number from 1 to %" PRId64 ", not %" PRId64,
                             row->name, row->max, value);
    if (row->size == sizeof(int32_t))
        *(int32_t *)(void *)at = (int32_t)value;
    else
        *(int64_t *)(void *)at = value;
    return VGI_OK;
}

/* The row whose name stands before `=`. */
static const vg_limit_row *find(const char *text, size_t size)
{
    for (size_t i = 0; i < VG_N_LIMIT_ROWS; i++)
        if (strlen(VG_LIMIT_ROWS[i].name) == size && memcmp(VG_LIMIT_ROWS[i].name, text, size) == 0)
            return &VG_LIMIT_ROWS[i];
    return NULL;
}

/* Digits, then K, M or G, then the end or a comma. False: it is none of that, or beyond 64 bits. */
static bool parse_number(const char **text, int64_t *ret)
{
    static const char UNITS[] = "KMG";
    const char *unit;
    char *end;
    int shift = 0;

    errno = 0;
    *ret = **text >= '0' && **text <= '9' ? strtoll(*text, &end, 10) : -1;
    if (*ret < 0 || errno != 0)
        return false;
    unit = *end ? strchr(UNITS, *end) : NULL;
    if (unit) {
        shift = 10 * (int)(unit - UNITS + 1);
        end++;
    }
    *text = end;
    return (*end == '\0' || *end == ',') && !__builtin_mul_overflow(*ret, INT64_C(1) << shift, ret);
}

vgi_status vg_limits_set(vg_limits *limits, const char *text, vgi_error *err)
{
    for (const char *at = text;; at++) {
        size_t size = strcspn(at, "=,");
        const vg_limit_row *row = at[size] == '=' ? find(at, size) : NULL;
        int64_t value;

        if (at[size] != '=')
            return vgi_error_set(err, VGI_ERR_VALUE, "'%s': expected NAME=NUMBER, such as max_rows=100000", text);
        if (!row)
            return vgi_error_set(err, VGI_ERR_VALUE, "'%s': there is no limit '%.*s'; --help lists them", text,
                                 (int)(size < 64 ? size : 64), at);
        at += size + 1;
        if (!parse_number(&at, &value))
            return vgi_error_set(err, VGI_ERR_VALUE, "'%s': %s is a number, with K, M or G behind it or without", text,
                                 row->name);
        VGI_TRY(put(limits, row, value, err));
        if (*at == '\0')
            return VGI_OK;
    }
}

vgi_status vg_limits_merge(const vg_limits *base, const vg_limits *over, vg_limits *ret, vgi_error *err)
{
    *ret = VG_DEFAULT_LIMITS;
    for (size_t i = 0; i < VG_N_LIMIT_ROWS; i++) {
        const vg_limit_row *row = &VG_LIMIT_ROWS[i];
        int64_t value = over ? vg_limit_get(over, row) : 0;

        if (value == 0 && base)
            value = vg_limit_get(base, row);
        if (value != 0)
            VGI_TRY(put(ret, row, value, err));
    }
    return VGI_OK;
}
