/* A region of memory freed at once: one per call, one per stream, one per schema. Allocation is a pointer bump; reset
 * keeps the memory for the next use, so that the steady state allocates nothing. Not for use by several threads. */
#ifndef VG_BASE_ARENA_H
#define VG_BASE_ARENA_H

#include <stddef.h>

#include <vgi/type.h>

typedef struct vg_arena_block vg_arena_block;

/* A value: zero-initialise it ({0}) or call vg_arena_init; end it with vg_arena_done. */
typedef struct vg_arena {
    vg_arena_block *blocks; /* the newest first */
    size_t used;            /* bytes taken from the newest block */
    size_t total;           /* bytes handed out since the last reset */
    size_t max_total;       /* 0: no limit; beyond it allocation answers NULL */
} vg_arena;

void vg_arena_init(vg_arena *arena, size_t max_total);
void vg_arena_done(vg_arena *arena);

/* Forgets everything handed out; keeps one block, as large as all of them together were. */
void vg_arena_reset(vg_arena *arena);

/* The same, but an arena that has more than `kept` bytes of the system's gives all of it back: who is idle, or has
 * small things to do from now on, does not hold what one huge call took. */
void vg_arena_recycle(vg_arena *arena, size_t kept);
enum { VG_ARENA_KEPT = 4 << 20 }; /* `kept` of what the calls, turns and batches of a connection take */

/* Forgets what was handed out since `mark` was taken. Marks are given back in the opposite order, with no reset
 * between. */
typedef struct vg_arena_mark {
    vg_arena_block *block;
    size_t used, total;
} vg_arena_mark;
vg_arena_mark vg_arena_here(const vg_arena *arena);
void vg_arena_rewind(vg_arena *arena, vg_arena_mark mark);

/* Zeroed memory aligned to 16 bytes, valid until reset or done; NULL when out of memory or over the limit. */
void *vg_arena_alloc(vg_arena *arena, size_t size);
/* The same for `count` elements of `size` bytes; NULL also where the product overflows. */
void *vg_arena_array(vg_arena *arena, size_t count, size_t size);
/* A copy of the bytes, with a NUL behind them. An absent string stays absent; out of memory: absent too. */
vgi_string vg_arena_string(vg_arena *arena, vgi_string text);
/* printf into the arena; an absent string when out of memory. */
vgi_string vg_arena_printf(vg_arena *arena, const char *format, ...) VGI_PRINTF(2, 3);
vgi_string vg_arena_vprintf(vg_arena *arena, const char *format, va_list args);

#define VG_NEW(arena, type) ((type *)vg_arena_alloc((arena), sizeof(type)))
#define VG_NEW_ARRAY(arena, type, count) ((type *)vg_arena_array((arena), (size_t)(count), sizeof(type)))

#endif
