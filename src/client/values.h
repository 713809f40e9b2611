/* Values by name, as vgi_value gives them: arguments, options, settings. run.c and aggregate.c call it. */
#ifndef VG_CLIENT_VALUES_H
#define VG_CLIENT_VALUES_H

#include "client/client.h"

/* The `arguments` of a bind (vgi.md §7): one row of one struct column, positional_<i> and named_<name>. In front of
 * the values are those of `encoded`, as a scan function's answer has them (§5): columns arg_<i>, others named. */
vgi_status vg_arguments_encode(vgi_result *result, const vgi_value *values, size_t count, vgi_bytes encoded,
                               vgi_bytes *ret, vgi_error *err);

#endif
