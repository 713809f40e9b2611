/* Does a version that a worker serves satisfy what ATTACH asks for (vgi.md §3, data_version_spec and
 * implementation_version)? */
#ifndef VG_WORKER_CATALOG_SEMVER_H
#define VG_WORKER_CATALOG_SEMVER_H

#include <vgi/type.h>

/* What a spec may look like, for messages. */
#define VG_SEMVER_FORMS "X, X.Y, X.Y.Z, ^X.Y.Z, ~X.Y.Z, >=X.Y.Z, <=, >, <, =, *, several with ',' (and) or '||' (or)"

/* Sets `ret` to whether `version` lies in the range `spec`. A spec that is the version letter by letter always matches,
 * also where the version is no X.Y.Z; a version with a pre-release part (1.0.0-rc.1) matches only so. Absent or empty
 * spec: true. VGI_ERR_VALUE: the spec is none of the forms. */
vgi_status vg_semver_matches(vgi_string spec, vgi_string version, bool *ret, vgi_error *err);

#endif
