/* recording_worker.py in C: a catalog of callbacks that accepts every method, writes down what it was asked, and
 * answers with what it finds in a folder.
 *
 * VGI_ANSWERS is a folder: the file `method.variant` has the record, or of a listing the records as rows, that is
 * answered; where there is none, nothing is. The variant is what was attached. */
#include <sys/stat.h>

#include <vgi/seal.h>
#include <vgi/vgi.h>

#include "ipc/reader.h"
#include "written.h"

/* ---- answered ---------------------------------------------------------------------------------------------------- */

static vgi_status read_answer(vgi_call *call, const char *method, vgi_bytes variant, vgi_bytes *ret)
{
    vgi_string path = vg_arena_printf(call->arena, "%s/catalog_%s.%.*s", getenv("VGI_ANSWERS"), method,
                                      (int)variant.size, (const char *)variant.data);
    int file = open(path.data, O_RDONLY);
    struct stat about;
    uint8_t *data;

    *ret = (vgi_bytes){0};
    if (file < 0)
        return VGI_OK;
    if (fstat(file, &about) < 0 || !(data = vgi_alloc(call, (size_t)about.st_size + 1)) ||
        read(file, data, (size_t)about.st_size) != (ssize_t)about.st_size)
        return vgi_fail(call, VGI_ERR_IO, "cannot read %s", path.data);
    close(file);
    if (about.st_size > 0)
        *ret = (vgi_bytes){data, (size_t)about.st_size};
    return VGI_OK;
}

static vgi_status answer(vgi_call *call, const char *method, const vg_record *record, vgi_bytes variant, void *ret)
{
    vgi_bytes bytes;

    VGI_TRY(read_answer(call, method, variant, &bytes));
    if (record == &vg_none_record)
        *(vgi_bytes *)ret = bytes;
    else if (bytes.data)
        return vg_record_decode(call->arena, bytes, NULL, record, ret, &call->error);
    return VGI_OK;
}

static vgi_status list(vgi_call *call, const char *method, const vg_record *record, vgi_record_id id, vgi_bytes variant,
                       vgi_listing *ret)
{
    vgi_bytes bytes;
    const vgi_batch *batch;

    VGI_TRY(read_answer(call, method, variant, &bytes));
    if (!bytes.data)
        return VGI_OK;
    VGI_TRY(vg_batch_decode(call->arena, bytes, vg_call_limits(call), &batch, &call->error));
    for (int64_t i = 0; i < batch->rows; i++)
        VGI_TRY(vg_row_decode_at(call->arena, batch, i, record, vgi_listing_add(ret, id), &call->error));
    return VGI_OK;
}

/* ---- the callbacks ----------------------------------------------------------------------------------------------- */

#define vg_bytes_record vg_none_record
#define TELLS(name, request)                                                                                           \
    static vgi_status op_##name(vgi_call *call, const vgi_##request *asked)                                            \
    {                                                                                                                  \
        return write_down(call, #name, &vg_##request##_record, asked);                                                 \
    }
#define CHANGES(name, request) TELLS(name, request)
#define GIVES(name, request, response, is_change)                                                                      \
    static vgi_status op_##name(vgi_call *call, const vgi_##request *asked, vgi_##response *ret)                       \
    {                                                                                                                  \
        VGI_TRY(write_down(call, #name, &vg_##request##_record, asked));                                               \
        return answer(call, #name, &vg_##response##_record, asked->attach_opaque_data, ret);                           \
    }
#define LISTS(name, request, item, ITEM)                                                                               \
    static vgi_status op_##name(vgi_call *call, const vgi_##request *asked, vgi_listing *ret)                          \
    {                                                                                                                  \
        VGI_TRY(write_down(call, #name, &vg_##request##_record, asked));                                               \
        return list(call, #name, &vg_##item##_record, VGI_RECORD_##ITEM, asked->attach_opaque_data, ret);              \
    }
#include "worker/catalog_ops.def"
#undef TELLS
#undef CHANGES
#undef GIVES
#undef LISTS

static vgi_status op_catalogs(vgi_call *call, vgi_listing *ret)
{
    vgi_none nothing = {0};

    VGI_TRY(write_down(call, "catalogs", &vg_none_record, &nothing));
    return list(call, "catalogs", &vg_catalog_info_record, VGI_RECORD_CATALOG_INFO,
                (vgi_bytes){(const uint8_t *)"full", 4}, ret);
}

static vgi_status op_attach(vgi_call *call, const vgi_catalog_attach_request *asked, vgi_catalog_attach_result *ret)
{
    vgi_bytes name = {(const uint8_t *)asked->name.data, asked->name.size};

    VGI_TRY(write_down(call, "attach", &vg_catalog_attach_request_record, asked));
    VGI_TRY(answer(call, "attach", &vg_catalog_attach_result_record, name, ret));
    ret->attach_opaque_data = name;
    return VGI_OK;
}

static const vgi_catalog_ops OPS = {
    .catalogs = op_catalogs,
    .attach = op_attach,
#define TELLS(member, request) .member = op_##member,
#define CHANGES(member, request) .member = op_##member,
#define GIVES(member, request, response, is_change) .member = op_##member,
#define LISTS(member, request, item, ITEM) .member = op_##member,
#include "worker/catalog_ops.def"
};
static const vgi_catalog RECORDER = {.name = "recorder", .ops = &OPS};

int main(int argc, char **argv)
{
    const vgi_worker_options options = {.catalogs = VGI_CATALOGS(&RECORDER), .seal = &vgi_seal_where_keyed};

    return vgi_worker_main_with(&options, argc, argv);
}
