/* A DSN: where the events of a project go, and with which key. sentry.c reads SENTRY_DSN with it. */
#ifndef VG_SENTRY_DSN_H
#define VG_SENTRY_DSN_H

#include <vgi/status.h>

enum { VG_DSN_MAX_BYTES = 512 };

typedef struct vg_dsn {
    char url[VG_DSN_MAX_BYTES + 32]; /* of the envelope endpoint */
    char key[VG_DSN_MAX_BYTES];      /* the public one; letters and digits */
} vg_dsn;

/* SCHEME://KEY@HOST[:PORT][/PATH]/PROJECT; what older ones have behind the key, a secret, is left out. The sentence of
 * a failure does not repeat the text. */
vgi_status vg_dsn_parse(const char *text, vg_dsn *ret, vgi_error *err);

#endif
