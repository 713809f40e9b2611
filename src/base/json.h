/* JSON, read strictly (RFC 8259; no name twice in an object), as a tree in an arena. For documents of a peer: filter
 * expressions (vgi.md §9). Depth and the number of values are bounded by the caller. */
#ifndef VG_BASE_JSON_H
#define VG_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

typedef enum vg_json_kind {
    VG_JSON_NULL,
    VG_JSON_BOOL,
    VG_JSON_NUMBER,
    VG_JSON_TEXT,
    VG_JSON_ARRAY,
    VG_JSON_OBJECT,
} vg_json_kind;

typedef struct vg_json vg_json;
struct vg_json {
    vg_json_kind kind;
    bool truth;      /* BOOL */
    vgi_string text; /* TEXT: without escapes; NUMBER: as it stands */
    vgi_string key;  /* of a member of an object */
    int32_t count;   /* ARRAY, OBJECT */
    vg_json *first;  /* ARRAY, OBJECT: the first child */
    vg_json *next;   /* the next child of the same parent */
};

/* Reads all of `text`. VGI_ERR_PROTOCOL: it is no JSON; VGI_ERR_LIMIT: nested deeper than `max_depth`, or more than
 * `max_values` values. */
vgi_status vg_json_parse(vg_arena *arena, vgi_string text, int max_depth, int32_t max_values, const vg_json **ret,
                         vgi_error *err);

/* The member with that name; NULL: there is none, or `json` is no object. */
const vg_json *vg_json_get(const vg_json *json, const char *key);

/* The number as an unsigned integer; false: it is no number, or not such a one. */
bool vg_json_u64(const vg_json *json, uint64_t *ret);

#endif
