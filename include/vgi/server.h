/* A server inside a program with a main of its own: no signals, no dup of stdout. vgi/worker.h makes one of catalogs,
 * vgi/rpc.h one of protocols. */
#ifndef VGI_SERVER_H
#define VGI_SERVER_H

#include <vgi/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the structs that a program was compiled with: every entry point takes it, so that a newer library
 * knows which members an older program has. */
#define VGI_API_VERSION 1

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
