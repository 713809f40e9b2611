/* A server inside a program with a main of its own: no signals, no dup of stdout. vgi/worker.h makes one of catalogs,
 * vgi/rpc.h one of protocols. */
#ifndef VGI_SERVER_H
#define VGI_SERVER_H

#include <stdint.h>

#include <vgi/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the structs that a program was compiled with: every entry point takes it, so that a newer library
 * knows which members an older program has. */
#define VGI_API_VERSION 1

/* What a caller may ask of a server (docs/limits.md, where the defaults are). 0: the default. */
typedef struct vgi_limits {
    int64_t max_metadata_bytes;     /* FlatBuffer part of one message */
    int64_t max_body_bytes;         /* body of one message, as sent */
    int64_t max_decompressed_bytes; /* what the compressed buffers of one message may become */
    int64_t max_rows;               /* of one batch */
    int32_t max_depth;              /* nesting of fields; a column is at depth 1 */
    int32_t max_fields;             /* fields of one schema, children and dictionary values counted */
    int32_t max_dictionaries;       /* of one stream */
    int64_t max_dictionary_bytes;   /* bytes held by the dictionaries of one stream */
    int64_t max_shm_bytes;          /* a batch in shared memory, which is copied whole before it is decoded */
} vgi_limits;

typedef struct vgi_server vgi_server;

/* Serves one connection over two descriptors (borrowed; equal for a socket) until its end; several threads may serve at
 * once. VGI_OK: the peer has closed, also in the middle of a call. VGI_ERR_PROTOCOL: what came was no request. A
 * peer that leaves raises no SIGPIPE. */
VGI_EXPORT vgi_status vgi_server_serve(vgi_server *server, int read_fd, int write_fd, vgi_error *err);
/* Makes every vgi_server_serve return after the call in flight. From any thread. */
VGI_EXPORT void vgi_server_stop(vgi_server *server);
VGI_EXPORT void vgi_server_free(vgi_server *server);

#ifdef __cplusplus
}
#endif
#endif
