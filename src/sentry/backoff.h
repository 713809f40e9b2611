/* Rate limits of a server: for how long it wants no events. send.c obeys them. */
#ifndef VG_SENTRY_BACKOFF_H
#define VG_SENTRY_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#include <vgi/type.h>

enum { VG_BACKOFF_DEFAULT_S = 60, VG_BACKOFF_MAX_S = 86400 };

/* What an answer said. */
typedef struct vg_backoff {
    bool is_told;    /* by X-Sentry-Rate-Limits, which may say 0: no limit for errors */
    int64_t limit_s; /* of that */
    int64_t retry_s; /* of Retry-After; 0: absent */
} vg_backoff;

/* Takes a line of the answer's head; others than these two are passed over. `now_s` is Unix time, for dates. */
void vg_backoff_header(vg_backoff *backoff, vgi_string line, int64_t now_s);

/* How long no error may be sent, after an answer with that status; 0: go on. */
int64_t vg_backoff_seconds(const vg_backoff *backoff, long http_status);

#endif
