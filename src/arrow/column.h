/* The builder of one column, as the files of arrow/ that build share it: build.c (the batch), column.c (slots,
 * validity, views), append.c (values), nested.c (lists, structs, unions, copies), lookup.c (dictionaries). */
#ifndef VG_ARROW_COLUMN_H
#define VG_ARROW_COLUMN_H

#include "arrow/array.h"
#include "arrow/bits.h"
#include "arrow/type.h"

typedef enum vg_column_mode {
    VG_COLUMN_NEW,      /* nothing written yet */
    VG_COLUMN_DIRECT,   /* written through its array */
    VG_COLUMN_APPENDED, /* appended to */
    VG_COLUMN_VIEW,     /* borrowed or imported */
    VG_COLUMN_DROPPED,  /* nobody asked for it: counts and forgets */
} vg_column_mode;

struct vgi_column {
    vg_builder *builder;
    const vgi_field *field;
    vgi_column *parent; /* NULL: a column of the batch */
    vgi_column *children;
    vgi_array *child_views; /* what batch->columns points into after the finish */
    vgi_column *dictionary; /* the values; they stay from batch to batch */
    vgi_array *dictionary_view;
    vg_layout layout;
    vg_column_mode mode;
    int32_t width;        /* bytes of a fixed-width value or an index; 0: bool */
    int32_t offset_bytes; /* 4 or 8 */
    int64_t length;       /* rows so far, those filled for invisible rows counted */
    int64_t filled;       /* of them filled for invisible rows */
    int64_t null_count;   /* above 0: `validity` is kept */
    int64_t taken;        /* of a union's member: values that belong to a row of the union */
    vg_buf values;        /* vgi_array.buffers[0] */
    vg_buf bytes;         /* vgi_array.buffers[1] */
    vg_buf validity;
    vg_buf slots;             /* of a dictionary column: the hash table of its values */
    bool is_closed;           /* of a dictionary column: the values were declared, others are mistakes */
    const vgi_field *checked; /* the field that vgi_append_value last found equal */
    vgi_array view;           /* mode VIEW */
    struct ArrowArray imported;
};

struct vg_builder {
    vgi_batch batch; /* first: a vgi_batch of a builder is its builder */
    vgi_error *err;
    vgi_error sticky;
    vg_arena arena;       /* columns and views: as long as the builder */
    vg_arena batch_arena; /* metadata, imported views: until the next begin */
    vgi_column *columns;
    vgi_array *views;
    vgi_column *dropped; /* two a position projected away (see build.c); the last two take calls with a wrong index */
    int32_t n_dropped;
    const int32_t *repeats; /* of vg_batch_repeat: n_repeats columns; NULL: none is */
    int32_t n_repeats;
    vgi_column **projected; /* batch.out of a projection of n_dropped columns; NULL: there was none yet */
    int32_t n_out;
    const uint8_t *visible;
    vg_buf scratch;  /* what vgi_out_* gives where it cannot give an array */
    vg_buf metadata; /* vgi_key_value */
};

/* Sets the sticky error of the batch; the message starts with the column's path. */
void vg_column_fail(vgi_column *column, vgi_status status, const char *format, ...) VGI_PRINTF(3, 4);
/* The same for what is the mistake of no column. */
void vg_builder_fail(vg_builder *builder, vgi_status status, const char *format, ...) VGI_PRINTF(3, 4);
/* The sticky error of a failed allocation; false. */
bool vg_column_out_of_memory(vgi_column *column);

/* column.c: life. `init` builds the tree of children in the builder's arena; `reset` empties it for the next batch. */
vgi_status vg_column_init(vgi_column *column, vg_builder *builder, vgi_column *parent, const vgi_field *field,
                          int32_t depth);
bool vg_column_reset(vgi_column *column);
void vg_column_done(vgi_column *column);

/* True if one more value may be appended now: no error so far, not written otherwise, rows left. Otherwise the value is
 * counted and to be forgotten. */
bool vg_column_ready(vgi_column *column);
/* After a value was put into the buffers: validity, length, the invisible rows behind it; `next`: only the last. */
void vg_column_appended(vgi_column *column);
void vg_column_next(vgi_column *column);
/* Turns a new column into an appended one and fills the invisible rows before the first visible one. */
void vg_column_start(vgi_column *column);
/* `n` rows that are NULL, or zero (empty, the first member) if not `null`. */
bool vg_column_fill(vgi_column *column, int64_t n, bool null);
/* The end of the values so far: the last offset of a variable or list layout. */
int64_t vg_column_last_offset(const vgi_column *column);
bool vg_column_put_offset(vgi_column *column, int64_t offset);
/* The values that member `i` has if every nested value has been ended. */
int64_t vg_column_expected(const vgi_column *column, int32_t i);
/* False, with the sticky error set, if parts of a nested value wait for the call that ends it. */
bool vg_column_is_complete(vgi_column *column);
/* The view of an appended column; checks that nested values are complete. */
bool vg_column_view(vgi_column *column, vgi_array *ret);

/* append.c: puts the bytes of one value, unchecked but for the offset's range. */
bool vg_column_put_bytes(vgi_column *column, const void *bytes, size_t size);

/* lookup.c: the index of a value of a dictionary column, added if it is new; -1 with the sticky error set. */
int64_t vg_column_lookup(vgi_column *column, const void *bytes, size_t size);
bool vg_column_put_index(vgi_column *column, int64_t index);
/* Fills in the values that the type declares (ENUM); forgets others where they are many. */
bool vg_column_dictionary_begin(vgi_column *column);

#endif
