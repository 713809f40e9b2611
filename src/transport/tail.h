/* The end of what a child writes to stderr: a pipe, emptied by a thread into a ring of fixed size, so that the child
 * never waits for us and never fills our memory. For spawn.c. */
#ifndef VG_TRANSPORT_TAIL_H
#define VG_TRANSPORT_TAIL_H

#include <stddef.h>

#include <vgi/status.h>

/* As much as is kept; what was said before is forgotten. */
enum { VG_TAIL_BYTES = 65536 };

typedef struct vg_tail vg_tail;

/* `ret_write_fd` (owned, close-on-exec) is what the child gets. */
vgi_status vg_tail_new(vg_tail **ret, int *ret_write_fd, vgi_error *err);

/* The last of all bytes that have been written until now, with a NUL. Returns how many. */
size_t vg_tail_text(vg_tail *tail, char *text, size_t size);

/* Who still writes to the pipe finds it closed. NULL: nothing happens. */
void vg_tail_free(vg_tail *tail);

#endif
