/* Does a version that a worker serves satisfy what ATTACH asks for (vgi.md §3, data_version_spec and
 * implementation_version)? Ranges are npm's (node-semver's grammar of ranges). */
#ifndef VG_WORKER_CATALOG_SEMVER_H
#define VG_WORKER_CATALOG_SEMVER_H

#include <vgi/type.h>

/* What a spec may look like, for messages. */
#define VG_SEMVER_FORMS                                                                                                \
    "X, X.Y, X.Y.Z, X.Y.Z-rc.1, 1.x, *, ^X.Y.Z, ~X.Y.Z, >=X.Y.Z, <=, >, <, =, 'A - B', several with ' ' or ',' (and) " \
    "or '||' (or)"

/* Sets `ret` to whether `version` lies in the range `spec`. A spec that is the version letter by letter always matches,
 * also where the version is no X.Y.Z. A version before a release (1.0.0-rc.1) lies in a range only if one of the
 * comparators names such a version of the same X.Y.Z. Absent or empty spec: true. VGI_ERR_VALUE: the spec is none of
 * the forms. */
vgi_status vg_semver_matches(vgi_string spec, vgi_string version, bool *ret, vgi_error *err);

/* True of X.Y.Z, with or without -pre.release and +build. */
bool vg_semver_is_version(vgi_string text);

/* Less than, equal to, greater than 0, as `a` is older than, as old as, newer than `b`. What is no version is older
 * than all that are. */
int vg_semver_compare(vgi_string a, vgi_string b);

#endif
