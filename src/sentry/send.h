/* The way to a Sentry server: envelopes, one at a time, over libcurl. sentry.c calls it on the observer's thread; only
 * vg_sender_hurry may be called from another one. */
#ifndef VG_SENTRY_SEND_H
#define VG_SENTRY_SEND_H

#include <vgi/type.h>

#include "sentry/dsn.h"

enum { VG_SEND_TIMEOUT_MS = 5000 }; /* of one envelope, connecting included */

typedef enum vg_sent {
    VG_SENT,
    VG_SENT_LIMITED,     /* not sent, or not taken: the server wants none for a while */
    VG_SENT_REFUSED,     /* the server has answered with something else */
    VG_SENT_UNREACHABLE, /* no answer */
} vg_sent;

typedef struct vg_sender vg_sender;

vgi_status vg_sender_new(const vg_dsn *dsn, vg_sender **ret, vgi_error *err);
void vg_sender_free(vg_sender *sender);

/* `now_s`: Unix time. */
vg_sent vg_sender_send(vg_sender *sender, vgi_string envelope, int64_t now_s);

/* True while the server wants no errors. */
bool vg_sender_is_limited(const vg_sender *sender);

/* What is being sent, and all that is sent from now on, must be through in so many milliseconds. From any thread. */
void vg_sender_hurry(vg_sender *sender, int64_t left_ms);

#endif
