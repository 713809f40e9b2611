/* Fixed sessions of the client with whatever worker is at the other end: fuzz_client.c runs them over any bytes,
 * client_record.c over a real worker whose answers become the corpus. */
#ifndef VG_FUZZ_CLIENT_SESSION_H
#define VG_FUZZ_CLIENT_SESSION_H

#include <vgi/client.h>

/* What is asked for. */
typedef struct client_names {
    const char *catalog, *schema, *table, *table_function, *scalar, *in_out, *buffering, *aggregate, *failing;
} client_names;

enum { CLIENT_SESSIONS = 12 };

/* Runs session `which`, and looks at every byte of what comes back. The status of what the session cannot do
 * without. */
vgi_status client_session(vgi_client *client, unsigned which, const client_names *names, vgi_error *err);

#endif
