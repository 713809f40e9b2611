/* The one list of rules about values that pyarrow's validate(full=True) has and that the library's reader leaves to
 * whoever uses the values. The differential tests apply them, so that "pyarrow rejects, ours accepts" must be 0:
 *   decimal128, decimal256    the value has no more digits than the precision
 *   date64                    whole days
 *   time32, time64            at or after midnight, before the next
 *
 * UTF-8 is no exception: the reader checks it itself. */
#ifndef VG_TESTS_IPC_VALUES_H
#define VG_TESTS_IPC_VALUES_H

#include <vgi/batch.h>

/* Checks an array, its children and its dictionary. */
vgi_status check_values(const vgi_array *array, vgi_error *err);

#endif
