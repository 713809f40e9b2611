/* Sentry: an observer (vgi/sys/observer.h) that sends failures as events, with what was before them as breadcrumbs. Of
 * the library libvgi-http (CMake component `http`, vgi-http.pc), which needs libcurl.
 *
 *   const vgi_worker_options options = {..., .observers = VGI_OBSERVERS(&vgi_sentry)};
 *
 * Off unless SENTRY_DSN is set. docs/observability.md says what is sent, and which other variables there are. */
#ifndef VGI_SENTRY_H
#define VGI_SENTRY_H

#include <vgi/sys/observer.h>

#ifdef __cplusplus
extern "C" {
#endif

VGI_EXPORT extern const vgi_observer vgi_sentry;

#ifdef __cplusplus
}
#endif
#endif
