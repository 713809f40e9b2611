/* What lies in a schema, of all kinds, in one list. */
#ifndef VGI_TOOL_CONTENTS_H
#define VGI_TOOL_CONTENTS_H

#include "cli.h"

typedef enum cli_object_kind {
    CLI_OBJECT_TABLE,
    CLI_OBJECT_VIEW,
    CLI_OBJECT_FUNCTION,
    CLI_OBJECT_MACRO,
    CLI_OBJECT_INDEX,
} cli_object_kind;

typedef struct cli_object {
    cli_object_kind kind;
    const char *word; /* "table", "scalar function", ... */
    vgi_string name;
    vgi_string comment;
    union {
        const void *record; /* the one that `kind` says */
        const vgi_table_info *table;
        const vgi_view_info *view;
        const vgi_function_info *function;
        const vgi_macro_info *macro;
        const vgi_index_info *index;
    };
} cli_object;

typedef struct cli_objects {
    cli_object *items;
    size_t count;
} cli_objects;

/* All that is in a schema, kept in the run's result. A method that the worker does not have lists nothing. */
int cli_contents(cli *c, vgi_string_list path, cli_objects *ret);
void cli_objects_add(cli *c, cli_objects *objects, cli_object object);
int cli_schemas(cli *c, vgi_schema_info_list *ret);
/* Attaches, and sees whether there is such a table (scan.c). */
int cli_table_find(cli *c, vgi_string_list path, vgi_string table);
/* Names are equal without regard to case, as for the engine. */
bool cli_same_name(vgi_string a, vgi_string b);
bool cli_same_path(vgi_string_list a, vgi_string_list b);

#endif
