/* The parts of the protocol tables that no record owns: the result schemas of unary methods (vgi.md §1, "unary
 * result"), and the record of no columns. Used by the rows of methods.def and by the codec. */
#include "protocol/record.h"

static const vgi_field REQUIRED = {.name = VGI_STR("result"), .type = VGI_TYPE_BINARY};
static const vgi_field NULLABLE = {.name = VGI_STR("result"), .type = VGI_TYPE_BINARY, .nullable = true};
static const vgi_field *const REQUIRED_FIELDS[] = {&REQUIRED};
static const vgi_field *const NULLABLE_FIELDS[] = {&NULLABLE};

const vgi_arrow_schema vg_required_result_schema = {.n_fields = 1, .fields = REQUIRED_FIELDS};
const vgi_arrow_schema vg_nullable_result_schema = {.n_fields = 1, .fields = NULLABLE_FIELDS};
const vgi_arrow_schema vg_none_schema = {0};
const vg_record vg_none_record = {
    .name = "none",
    .size = sizeof(vgi_none),
    .schemas = {&vg_none_schema, &vg_none_schema, &vg_none_schema},
};
