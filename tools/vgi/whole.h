/* A whole catalog in one answer, where the worker offers it. */
#ifndef VGI_TOOL_WHOLE_H
#define VGI_TOOL_WHOLE_H

#include "contents.h"

typedef struct cli_whole cli_whole;

/* Asks once an attachment. NULL where the worker does not offer it. */
vgi_status cli_whole_get(cli *c, const cli_whole **ret, vgi_error *err);
vgi_status cli_whole_schemas(cli *c, const cli_whole *whole, vgi_schema_info_list *ret, vgi_error *err);
/* Adds what a listing of that type gives. */
vgi_status cli_whole_list(cli *c, const cli_whole *whole, vgi_string_list path, vgi_schema_object_type type,
                          cli_objects *ret, vgi_error *err);

#endif
