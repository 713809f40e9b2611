/* Batches for writing: the columns of one output stream, reused for every batch, and what is checked before a batch may
 * leave. Called by worker/ and client/ around an author's callback; the author meets the columns (vgi/batch.h). */
#include "arrow/column.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

static const vgi_field DROPPED_FIELD = {.name = VGI_STR("(not asked for)"), .type = VGI_TYPE_NULL, .nullable = true};

static vg_builder *builder_of(vgi_batch *batch)
{
    return (vg_builder *)batch;
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

/* Columns for positions that nobody asked for, two a position: itself, and the child that all its children are. */
static bool make_dropped(vg_builder *b, int32_t n)
{
    vgi_column *dropped = VG_NEW_ARRAY(&b->arena, vgi_column, 2 * ((int64_t)n + 1));

    if (!dropped)
        return false;
    for (int32_t i = 0; i < 2 * (n + 1); i++)
        dropped[i] = (vgi_column){.builder = b,
                                  .field = &DROPPED_FIELD,
                                  .mode = VG_COLUMN_DROPPED,
                                  .parent = i % 2 ? &dropped[i - 1] : NULL,
                                  .children = &dropped[i | 1]};
    b->dropped = dropped;
    b->n_dropped = n;
    b->projected = NULL;
    return true;
}

static vgi_status init(vg_builder *b, const vgi_arrow_schema *schema)
{
    const int32_t n = schema->n_fields;

    b->batch.schema = schema;
    b->columns = VG_NEW_ARRAY(&b->arena, vgi_column, n);
    b->views = VG_NEW_ARRAY(&b->arena, vgi_array, n);
    b->batch.out = VG_NEW_ARRAY(&b->arena, vgi_column *, n);
    if (!b->columns || !b->views || !b->batch.out || !make_dropped(b, 0))
        return VGI_ERR_MEMORY;
    b->n_out = n;
    for (; b->batch.n_columns < n; b->batch.n_columns++) {
        const int32_t i = b->batch.n_columns;

        VGI_TRY(vg_column_init(&b->columns[i], b, NULL, schema->fields[i], 0));
        b->batch.out[i] = &b->columns[i];
    }
    return VGI_OK;
}

vgi_status vg_builder_new(const vgi_arrow_schema *schema, vgi_error *err, vg_builder **ret)
{
    vg_builder *b = vg_malloc(sizeof *b);
    vgi_status status;

    if (!b)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a batch of %d columns", schema->n_fields);
    *b = (vg_builder){.err = err};
    status = init(b, schema);
    if (status != VGI_OK) {
        if (status == VGI_ERR_LIMIT)
            (void)vgi_error_set(err, status, "column '%.*s' is nested too deeply to be built",
                                VG_FMT(schema->fields[b->batch.n_columns]->name));
        vg_builder_free(b);
        return vgi_error_set(err, status, "out of memory for a batch of %d columns", schema->n_fields);
    }
    *ret = b;
    return VGI_OK;
}

void vg_builder_free(vg_builder *b)
{
    if (!b)
        return;
    /* A column whose init failed half-way is done, too: what it has not got is zero. */
    for (int32_t i = 0; b->columns && i < b->batch.schema->n_fields; i++)
        if (b->columns[i].field)
            vg_column_done(&b->columns[i]);
    vg_buf_done(&b->scratch);
    vg_buf_done(&b->metadata);
    vg_arena_done(&b->batch_arena);
    vg_arena_done(&b->arena);
    vg_free(b);
}

/* Fresh memory is zeroed once, so that no byte of the heap ever travels in an array that an author left unwritten. */
static bool reserve_zeroed(vg_buf *buf, int64_t count, int32_t width)
{
    const size_t had = buf->capacity;
    size_t need;

    if (count < 0 || !vg_mul_size((size_t)count, (size_t)width, &need) || !vg_buf_reserve(buf, need ? need : 1))
        return false;
    if (buf->capacity != had)
        memset(buf->data, 0, buf->capacity);
    return true;
}

static bool begin_column(vgi_column *c, int64_t capacity)
{
    if (!vg_column_reset(c))
        return false;
    return vg_type_info_of(c->field->type)->c_type == VG_C_NONE || reserve_zeroed(&c->values, capacity, c->width);
}

vgi_batch *vg_builder_begin(vg_builder *b, int64_t capacity)
{
    bool done = reserve_zeroed(&b->scratch, capacity, (int32_t)sizeof(int64_t));

    b->visible = NULL;
    for (int32_t i = 0; done && i < b->batch.n_columns; i++)
        done = begin_column(&b->columns[i], capacity);
    if (!done)
        return NULL;
    for (int32_t i = 0; i < 2 * (b->n_dropped + 1); i++)
        b->dropped[i].length = 0;
    vgi_error_clear(&b->sticky);
    vg_arena_reset(&b->batch_arena);
    b->metadata.size = 0;
    b->batch.rows = 0;
    b->batch.capacity = capacity;
    b->batch.columns = NULL;
    b->batch.metadata = (vgi_metadata){0};
    return &b->batch;
}

void vg_batch_show(vgi_batch *out, const uint8_t *visible)
{
    builder_of(out)->visible = visible;
}

vgi_status vg_batch_project(vgi_batch *out, const int32_t *positions, int32_t n, vgi_error *err)
{
    vg_builder *b = builder_of(out);

    for (int32_t i = 0; i < n; i++)
        if (positions[i] < -1 || positions[i] >= b->batch.n_columns)
            return vgi_error_set(err, VGI_ERR_VALUE, "column %d is projected to position %d of %d", i, positions[i],
                                 b->batch.n_columns);
    /* A scan projects each of its batches: memory is taken for the first one only. */
    if (b->n_dropped != n && !make_dropped(b, n))
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a projection of %d columns", n);
    if (!b->projected)
        b->projected = VG_NEW_ARRAY(&b->arena, vgi_column *, n);
    if (!b->projected)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory for a projection of %d columns", n);
    for (int32_t i = 0; i < n; i++)
        b->projected[i] = positions[i] < 0 ? &b->dropped[2 * i] : &b->columns[positions[i]];
    b->batch.out = b->projected;
    b->n_out = n;
    return VGI_OK;
}

void vg_batch_repeat(vgi_batch *out, const int32_t *source, int32_t n)
{
    builder_of(out)->repeats = source;
    builder_of(out)->n_repeats = n;
}

/* The column that `i` is another one of; -1: it is its own. */
static int32_t repeated(const vg_builder *b, int32_t i)
{
    return i < b->n_repeats ? b->repeats[i] : -1;
}

void vg_builder_fail(vg_builder *b, vgi_status status, const char *format, ...)
{
    va_list args;

    if (b->sticky.status != VGI_OK)
        return;
    va_start(args, format);
    (void)vgi_error_setv(&b->sticky, status, format, args);
    va_end(args);
    (void)vgi_error_set(b->err, status, "%s", b->sticky.message);
}

vgi_column *vgi_out_column(vgi_batch *out, int32_t i)
{
    vg_builder *b = builder_of(out);

    if (i >= 0 && i < b->n_out)
        return b->batch.out[i];
    vg_builder_fail(b, VGI_ERR_TYPE, "output column %d was asked for, but there are only %d", i, b->n_out);
    return &b->dropped[2 * b->n_dropped];
}

void vgi_out_metadata(vgi_batch *out, const char *key, const void *value, size_t size)
{
    vg_builder *b = builder_of(out);
    const vgi_string text = {value ? value : "", value ? size : 0};
    const vgi_key_value item = {vg_arena_string(&b->batch_arena, vgi_str(key)), vg_arena_string(&b->batch_arena, text)};

    if (!item.key.data || !item.value.data || !vg_buf_append(&b->metadata, &item, sizeof item)) {
        vg_builder_fail(b, VGI_ERR_MEMORY, "out of memory for metadata of a batch");
        return;
    }
    out->metadata =
        (vgi_metadata){(const vgi_key_value *)(const void *)b->metadata.data, b->metadata.size / sizeof item};
}

/* ---- finishing -------------------------------------------------------------------------------------------------- */

/* The visible bitmap becomes the validity of an array that has none, and narrows one that has. */
static bool narrow(vgi_column *c, vgi_array *array)
{
    const uint8_t *visible = c->builder->visible;
    const int64_t n = array->length;

    if (!visible || c->layout == VG_LAYOUT_NULL || c->layout == VG_LAYOUT_SPARSE_UNION ||
        c->layout == VG_LAYOUT_DENSE_UNION)
        return true;
    if (!array->validity && array->offset == 0) {
        array->validity = visible;
    } else {
        /* A sliced array keeps its offset, so as many unused bits come first. */
        c->validity.size = 0;
        if (!vg_bits_append(&c->validity, 0, array->offset, true))
            return vg_column_out_of_memory(c);
        for (int64_t i = 0; i < n; i++) /* rare: a borrowed array under rows that are not visited */
            if (!vg_bits_append(&c->validity, array->offset + i, 1,
                                vg_bit(visible, i) && (!array->validity || vg_bit(array->validity, array->offset + i))))
                return vg_column_out_of_memory(c);
        array->validity = c->validity.data;
    }
    array->null_count = -1;
    return true;
}

static bool view_direct(vgi_column *c, vgi_array *ret)
{
    const vg_builder *b = c->builder;
    const int64_t rows = b->batch.rows;

    if (rows > b->batch.capacity) {
        vg_column_fail(c, VGI_ERR_VALUE, "has room for %" PRId64 " rows, but the batch says %" PRId64,
                       b->batch.capacity, rows);
        return false;
    }
    *ret = (vgi_array){.field = c->field, .length = rows, .buffers = {c->values.data, NULL}};
    if (c->null_count > 0) {
        ret->validity = c->validity.data;
        if (b->visible)
            vg_bits_and(c->validity.data, b->visible, 0, rows);
    } else {
        ret->validity = b->visible;
    }
    ret->null_count = ret->validity ? -1 : 0;
    return true;
}

static bool view_of(vgi_column *c, vgi_array *ret)
{
    if (c->mode == VG_COLUMN_NEW && c->layout == VG_LAYOUT_NULL && !vg_column_fill(c, c->builder->batch.rows, true))
        return false;
    if (c->mode == VG_COLUMN_NEW && c->builder->visible)
        vg_column_start(c);
    switch (c->mode) {
    case VG_COLUMN_DIRECT:
        return view_direct(c, ret);
    case VG_COLUMN_VIEW:
        *ret = c->view;
        ret->field = c->field;
        return narrow(c, ret);
    default:
        return vg_column_view(c, ret);
    }
}

static void settle_nulls(vgi_array *array)
{
    if (array->null_count < 0)
        array->null_count =
            array->validity ? array->length - vg_bits_count(array->validity, array->offset, array->length) : 0;
    if (array->null_count == 0)
        array->validity = NULL;
}

static bool finish_column(vgi_column *c, vgi_array *ret)
{
    const int64_t rows = c->builder->batch.rows;

    if (!view_of(c, ret))
        return false;
    settle_nulls(ret);
    if (ret->length != rows)
        vg_column_fail(c, VGI_ERR_VALUE, "got %" PRId64 " values, but the batch has %" PRId64 " rows", ret->length,
                       rows);
    else if (ret->null_count > 0 && !c->field->nullable)
        vg_column_fail(c, VGI_ERR_VALUE, "is NOT NULL, but %" PRId64 " of its values are NULL", ret->null_count);
    return c->builder->sticky.status == VGI_OK;
}

/* Rows that only appends know of. */
static int64_t appended_rows(const vg_builder *b)
{
    int64_t rows = 0;

    for (int32_t i = 0; i < b->batch.n_columns; i++) {
        const vgi_column *c = &b->columns[i];

        if (c->mode == VG_COLUMN_DIRECT)
            return 0;
        if (c->mode == VG_COLUMN_APPENDED && rows == 0)
            rows = c->length;
        else if (c->mode == VG_COLUMN_VIEW && rows == 0)
            rows = c->view.length;
    }
    return rows;
}

vgi_status vg_builder_finish(vg_builder *b, vgi_error *err)
{
    if (b->batch.rows == 0)
        b->batch.rows = appended_rows(b);
    if (b->batch.rows < 0)
        (void)vgi_error_set(&b->sticky, VGI_ERR_VALUE, "a batch cannot have %" PRId64 " rows", b->batch.rows);
    for (int32_t i = 0; i < b->batch.n_columns && b->sticky.status == VGI_OK; i++)
        if (repeated(b, i) < 0)
            (void)finish_column(&b->columns[i], &b->views[i]);
    for (int32_t i = 0; i < b->n_repeats; i++)
        if (b->repeats[i] >= 0)
            b->views[i] = b->views[b->repeats[i]];
    if (b->sticky.status != VGI_OK) {
        (void)vgi_error_set(b->err, b->sticky.status, "%s", b->sticky.message);
        return vgi_error_set(err, b->sticky.status, "%s", b->sticky.message);
    }
    b->batch.columns = b->views;
    return VGI_OK;
}

vgi_status vg_batch_settle(vgi_batch *out, vgi_error *err)
{
    return vg_builder_finish(builder_of(out), err);
}
