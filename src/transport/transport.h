/* A connection's bytes: an input and an output over descriptors, and the listeners that make connections.
 *
 * Reads fill one growing, aligned buffer, as much as the kernel has; writes are one writev, repeated only after a short
 * write. EINTR is hidden; EPIPE and ECONNRESET are VGI_ERR_IO (SIGPIPE is ignored by whoever owns the process). */
#ifndef VG_TRANSPORT_TRANSPORT_H
#define VG_TRANSPORT_TRANSPORT_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/io.h"

typedef struct vg_connection vg_connection;

/* Over two descriptors (equal for a socket), *taken*: closed with the connection. Pipes are widened to 1 MiB. */
vgi_status vg_connection_new(int read_fd, int write_fd, vg_connection **ret, vgi_error *err);
void vg_connection_free(vg_connection *connection);
/* Frees it and leaves its descriptor open, for the caller to close. Of a socket that nothing was read from. */
int vg_connection_release(vg_connection *connection);

vg_input *vg_connection_input(vg_connection *connection);
vg_output *vg_connection_output(vg_connection *connection);

/* True over pipes and unix sockets: the peer is on this machine, and may share memory (rpc.md §9). TCP is not local. */
bool vg_connection_is_local(const vg_connection *connection);

/* Who is at the other end, for logs: the IP address over TCP, `unix:pid=123,uid=1000` over a unix socket, where the
 * process is the one that connected; "" over pipes. */
enum { VG_REMOTE_BYTES = 64 };
void vg_connection_remote(const vg_connection *connection, char to[VG_REMOTE_BYTES]);

/* The process at the other end of a unix socket, and its user; false where the system does not tell. */
bool vg_connection_process(const vg_connection *connection, int64_t *ret_pid, int64_t *ret_uid);

/* True once the peer has closed its end, also in the middle of a message: what failed since then failed because of
 * that. */
bool vg_connection_peer_left(const vg_connection *connection);

/* Ends reading from another thread: what has arrived is still read, then comes the end. A blocked read of a socket
 * wakes; that of a pipe ends with its next bytes. */
void vg_connection_shutdown(vg_connection *connection);
/* The same, and writing fails, too: the peer is given up. */
void vg_connection_abort(vg_connection *connection);

/* ---- the client's side ------------------------------------------------------------------------------------------- */

/* Makes it a client's, whose descriptors nobody else uses: no call blocks beyond the deadline, and a peer that is gone
 * is an error and no SIGPIPE. */
void vg_connection_guard(vg_connection *connection);

/* Reading and writing of a guarded connection fail from then on (monotonic milliseconds; negative: never): VGI_ERR_IO
 * with the exception "TimeoutError". */
void vg_connection_deadline(vg_connection *connection, int64_t deadline_ms);

/* A guarded connection to a unix socket, or to TCP at "HOST:PORT". VGI_ERR_IO: nobody listens there, or not by the
 * deadline; *ret_errno (nullable) is then why. */
vgi_status vg_connect_unix(const char *path, int64_t deadline_ms, vg_connection **ret, int *ret_errno, vgi_error *err);
vgi_status vg_connect_tcp(const char *address, int64_t deadline_ms, vg_connection **ret, vgi_error *err);

/* ---- listening (rpc.md §10.2) ------------------------------------------------------------------------------------ */

typedef struct vg_listener vg_listener;

/* A unix socket at `path` (0600, stale sockets removed, live ones refused) or TCP at "[HOST:]PORT". */
vgi_status vg_listen_unix(const char *path, vg_listener **ret, vgi_error *err);
vgi_status vg_listen_tcp(const char *address, vg_listener **ret, vgi_error *err);

/* The discovery line without its newline: `UNIX:<absolute path>`, `TCP:<host>:<port>`. Valid until free. */
const char *vg_listener_announcement(const vg_listener *listener);

/* Blocks for the next connection; never polls. VGI_END after vg_listener_stop or when `deadline_ms` (monotonic
 * milliseconds, negative: none) has passed. Out of descriptors or memory: waits a little and goes on. */
vgi_status vg_listener_accept(vg_listener *listener, int64_t deadline_ms, vg_connection **ret, vgi_error *err);

/* Sleeps as accept does, without accepting: until vg_listener_wake (VGI_OK), a stop or the deadline (VGI_END). */
vgi_status vg_listener_wait(vg_listener *listener, int64_t deadline_ms, vgi_error *err);

/* Makes one blocked or coming accept answer VGI_OK with no connection (*ret NULL), or one wait end. From any thread. */
void vg_listener_wake(vg_listener *listener);

/* Ends accept for good, from any thread or a signal handler. */
void vg_listener_stop(vg_listener *listener);

/* Stops listening: later connects are refused; removes the socket file if it is still ours. Free does it, too. */
void vg_listener_close(vg_listener *listener);
void vg_listener_free(vg_listener *listener);

#endif
