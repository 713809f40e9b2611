/* A filter document that is being read: what decode.c (the document, its predicates) and decode_node.c (their nodes)
 * share. */
#ifndef VG_FILTER_DECODE_H
#define VG_FILTER_DECODE_H

#include "base/json.h"
#include "filter/filter.h"

/* A column behind the JSON: value_3, type_0, artifact_1. */
typedef struct vg_payload {
    char kind; /* the first letter */
    uint64_t number;
    int32_t column;
} vg_payload;

typedef struct vg_decoding {
    vg_maker m;
    const vgi_filter *filter;
    vg_document *document;
    const vgi_batch *batch;
    vg_payload *payloads; /* in order */
    size_t n_payloads;
    int32_t nodes;
    vgi_error *err;
} vg_decoding;

/* Failures: a document that `what` says of, no memory. */
vgi_status vg_decode_broken(const vg_decoding *r, const char *what);
vgi_status vg_decode_no_memory(const vg_decoding *r);

/* An object of exactly these members, a comma between two; those behind a '?' may be missing. */
vgi_status vg_decode_members(const vg_decoding *r, const vg_json *object, const char *members);

/* Members that must be there: an unsigned integer, a text that is not empty, the column that one refers to by number.
 */
vgi_status vg_decode_u64(const vg_decoding *r, const vg_json *object, const char *key, uint64_t *ret);
vgi_status vg_decode_text(const vg_decoding *r, const vg_json *object, const char *key, vgi_string *ret);
vgi_status vg_decode_payload(const vg_decoding *r, char kind, const vg_json *object, const char *key,
                             const vgi_array **ret);

/* A node and all below it; depth 1: a whole predicate. */
vgi_status vg_decode_node(vg_decoding *r, const vg_json *node, int depth, const vgi_expr **ret);

#endif
