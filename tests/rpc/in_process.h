/* A server of the RPC layer on a thread of the test, and the client's end of its connection, message by message: for
 * what can only be seen from inside (session_test.c, ahead_test.c). What fails, fails the test. */
#ifndef TEST_RPC_IN_PROCESS_H
#define TEST_RPC_IN_PROCESS_H

#include <pthread.h>

#include "ipc/reader.h"
#include "ipc/writer.h"
#include "rpc/server.h"
#include "transport/transport.h"

extern const vgi_arrow_schema NOTHING;
extern const vgi_batch TICK;

/* A server's thread and the client's end of its connection. */
typedef struct session {
    vg_server *server;
    vg_connection *theirs, *ours;
    vg_reader *reader;
    vg_writer *writer;
    pthread_t thread;
    vgi_status result;
    int fd; /* of `ours` */
} session;

/* Both ends; session_start lets the server serve, session_end waits for it. */
void session_begin(session *s, const vg_binding *bindings, size_t n_bindings);
void session_start(session *s);
void session_end(session *s);

/* A batch of one row without NULLs. */
vgi_batch one_row(const vgi_arrow_schema *schema, vgi_array *column, const void *value);
void send_request(session *s, const char *method, vgi_batch params);
/* The first turn of a stream, with which the schemas travel; one more; its end. */
void open_stream(session *s, const char *method, vgi_batch params, const vgi_batch *in);
const vgi_batch *turn(session *s, const vgi_batch *in);
void end_stream(session *s);
/* Reads a reply that is an error, whatever stream it comes in. */
void assert_refused(session *s, const char *text);

#endif
