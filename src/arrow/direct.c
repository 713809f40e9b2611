/* Columns written without a call a row: fixed-width arrays (vgi_out_*), and whole arrays that are borrowed or imported
 * (vgi/batch.h). */
#include "arrow/column.h"

#include <inttypes.h>
#include <string.h>

static bool may_be_direct(vgi_column *c, vg_c_type type, const char *call)
{
    if (c->parent)
        vg_column_fail(c, VGI_ERR_TYPE, "%s gives the array of a column of the batch, not of a part of one", call);
    else if (vg_type_info_of(c->field->type)->c_type != type)
        vg_column_fail(c, VGI_ERR_TYPE, "%s does not fit its type %s", call, vgi_type_name(c->field->type));
    else if (c->mode == VG_COLUMN_APPENDED)
        vg_column_fail(c, VGI_ERR_TYPE, "%s was called after values were appended", call);
    else if (c->mode == VG_COLUMN_VIEW)
        vg_column_fail(c, VGI_ERR_TYPE, "%s was called after an array was borrowed", call);
    else
        return true;
    return false;
}

/* Where no array can be given, scratch memory of the same size is, so that an author's loop needs no check. */
static void *direct(vgi_column *c, vg_c_type type, const char *call)
{
    if (c->mode == VG_COLUMN_DROPPED || !may_be_direct(c, type, call))
        return c->builder->scratch.data;
    c->mode = VG_COLUMN_DIRECT;
    return c->values.data;
}

int8_t *vgi_out_i8(vgi_column *c)
{
    return direct(c, VG_C_I8, "vgi_out_i8");
}

int16_t *vgi_out_i16(vgi_column *c)
{
    return direct(c, VG_C_I16, "vgi_out_i16");
}

int32_t *vgi_out_i32(vgi_column *c)
{
    return direct(c, VG_C_I32, "vgi_out_i32");
}

int64_t *vgi_out_i64(vgi_column *c)
{
    return direct(c, VG_C_I64, "vgi_out_i64");
}

uint8_t *vgi_out_u8(vgi_column *c)
{
    return direct(c, VG_C_U8, "vgi_out_u8");
}

uint16_t *vgi_out_u16(vgi_column *c)
{
    return direct(c, VG_C_U16, "vgi_out_u16");
}

uint32_t *vgi_out_u32(vgi_column *c)
{
    return direct(c, VG_C_U32, "vgi_out_u32");
}

uint64_t *vgi_out_u64(vgi_column *c)
{
    return direct(c, VG_C_U64, "vgi_out_u64");
}

float *vgi_out_f32(vgi_column *c)
{
    return direct(c, VG_C_F32, "vgi_out_f32");
}

double *vgi_out_f64(vgi_column *c)
{
    return direct(c, VG_C_F64, "vgi_out_f64");
}

void vgi_set_null(vgi_column *c, int64_t row)
{
    const int64_t capacity = c->builder->batch.capacity;

    if (c->mode == VG_COLUMN_DROPPED)
        return;
    if (c->mode == VG_COLUMN_NEW && !c->parent && vg_type_info_of(c->field->type)->c_type != VG_C_NONE)
        c->mode = VG_COLUMN_DIRECT;
    if (c->mode != VG_COLUMN_DIRECT) {
        vg_column_fail(c, VGI_ERR_TYPE, "is not written through its array; append a NULL instead of setting one");
        return;
    }
    if (row < 0 || row >= capacity) {
        vg_column_fail(c, VGI_ERR_VALUE, "row %" PRId64 " cannot be NULL: there is room for %" PRId64, row, capacity);
        return;
    }
    if (!c->field->nullable) {
        vg_column_fail(c, VGI_ERR_VALUE, "is NOT NULL, but row %" PRId64 " was made NULL", row);
        return;
    }
    if (c->null_count == 0 && !vg_bits_append(&c->validity, 0, capacity, true)) {
        (void)vg_column_out_of_memory(c);
        return;
    }
    c->null_count = 1; /* counted at the end: a row may be set twice, or not be sent */
    c->validity.data[row >> 3] &= (uint8_t)~(1 << (row & 7));
}

/* ---- whole arrays ----------------------------------------------------------------------------------------------- */

static bool may_be_view(vgi_column *c)
{
    if (c->builder->sticky.status != VGI_OK)
        return false;
    if (c->parent)
        vg_column_fail(c, VGI_ERR_TYPE, "only a column of the batch can be an array as a whole");
    else if (c->mode != VG_COLUMN_NEW)
        vg_column_fail(c, VGI_ERR_TYPE, "an array was given after the column was written");
    return c->builder->sticky.status == VGI_OK;
}

void vgi_column_borrow(vgi_column *c, const vgi_array *array)
{
    if (c->mode == VG_COLUMN_DROPPED || !may_be_view(c))
        return;
    if (!vg_type_equal(array->field, c->field)) {
        vg_column_fail(c, VGI_ERR_TYPE, "is %s, but the borrowed array has another type (%s)",
                       vgi_type_name(c->field->type), vgi_type_name(array->field->type));
        return;
    }
    c->mode = VG_COLUMN_VIEW;
    c->view = *array;
}

void vgi_column_import(vgi_column *c, struct ArrowArray *array)
{
    vgi_error err = {0};
    const vgi_array *view;
    struct ArrowArray taken = *array;

    array->release = NULL;
    if (c->mode == VG_COLUMN_DROPPED || !may_be_view(c)) {
        if (taken.release)
            taken.release(&taken);
        return;
    }
    c->imported = taken;
    if (vg_array_import(&c->builder->batch_arena, c->field, &c->imported, &view, &err) != VGI_OK) {
        vg_column_fail(c, err.status, "%s", err.message);
        return;
    }
    c->mode = VG_COLUMN_VIEW;
    c->view = *view;
}
