/* See subject.h. */
#include "worker/subject.h"

#include "protocol/messages.h"

void vg_subject_asked(vgi_call *call, vg_method_index index, const void *request)
{
    if (index == VG_METHOD_catalog_attach) {
        const vgi_catalog_attach_request *attach = request;

        call->subject.catalog = attach->name;
        call->subject.data_version_spec = attach->data_version_spec;
        call->subject.implementation_version_spec = attach->implementation_version;
    } else if (index == VG_METHOD_catalog_create) {
        call->subject.catalog = ((const vgi_catalog_create_request *)request)->name;
    }
}

/* Observers are told when the answer has been sent, which is as long as a callback's memory must last. */
static vgi_bytes keep(vgi_call *call, vgi_bytes bytes)
{
    vgi_string kept = vg_arena_string(call->arena, (vgi_string){(const char *)bytes.data, bytes.size});

    return (vgi_bytes){(const uint8_t *)kept.data, kept.size};
}

void vg_subject_answered(vgi_call *call, vg_method_index index, const void *response)
{
    vg_subject *subject = &call->subject;

    if (index == VG_METHOD_catalog_attach) {
        const vgi_catalog_attach_result *result = response;

        subject->attach_opaque_data = keep(call, result->attach_opaque_data);
        subject->data_version = vg_arena_string(call->arena, result->resolved_data_version);
        subject->implementation_version = vg_arena_string(call->arena, result->resolved_implementation_version);
    } else if (index == VG_METHOD_catalog_transaction_begin) {
        subject->transaction_opaque_data =
            keep(call, ((const vgi_transaction_begin_response *)response)->transaction_opaque_data);
    }
}
