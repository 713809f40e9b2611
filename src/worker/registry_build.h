/* What the parts of the registry's making share: the arena, and the list of mistakes. registry.c starts it and does
 * schemas and functions, registry_table.c tables and views, registry_call.c what tables call, registry_macro.c
 * macros. */
#ifndef VG_WORKER_REGISTRY_BUILD_H
#define VG_WORKER_REGISTRY_BUILD_H

#include "worker/registry.h"

typedef struct vg_making {
    vg_arena *arena;
    const vg_mistake **mistakes_end; /* where the next one is hooked in */
    int n_mistakes;
    bool out_of_memory; /* nothing that was made can be used */
} vg_making;

/* Where something is: "catalog demo, schema main, table numbers". */
typedef struct vg_place {
    const char *catalog;
    const char *schema; /* nullable */
    const char *kind;   /* nullable: "table" */
    const char *name;   /* nullable */
} vg_place;

void vg_making_mistake(vg_making *making, vg_place place, const char *format, ...) VGI_PRINTF(3, 4);

/* Notes a failure of a parser; running out of memory is no mistake of the author. */
void vg_making_failed(vg_making *making, vg_place place, const vgi_error *err);

/* Arena memory; notes where there is none. */
void *vg_making_array(vg_making *making, size_t count, size_t size);

/* The number of items of a list that ends with NULL; NULL is empty. */
int32_t vg_list_count(const void *list);

/* True if the name is missing or empty, which is then noted. */
bool vg_making_unnamed(vg_making *making, vg_place place, const char *name);

/* Settles what the text of a call means: `what` is the member that has it. Gives the function of this catalog that is
 * meant; NULL: it is none of them, or the text is a mistake, which is noted: ret->function is absent then
 * (registry_call.c). */
const vg_function *vg_making_call(vg_making *making, vg_place place, const vg_catalog_entry *catalog,
                                  const vg_schema_entry *schema, const char *what, const char *text,
                                  vg_table_call *ret);

/* Tables and macros of one schema; functions of all schemas of the catalog are there already. */
void vg_making_tables(vg_making *making, const vg_catalog_entry *catalog, vg_schema_entry *schema);
void vg_making_views(vg_making *making, const vg_catalog_entry *catalog, const vg_schema_entry *schema);
void vg_making_options(vg_making *making, vg_catalog_entry *catalog);  /* catalog_options.c */
void vg_making_settings(vg_making *making, vg_catalog_entry *catalog); /* settings.c, with types of secrets */
void vg_making_publish(vg_making *making, vg_catalog_entry *catalog);  /* catalog_publish.c */

/* A typed value with an optional default, `default_text`, as a parameter of the function that declares such things. */
void vg_making_value(vg_making *making, vg_place place, const char *name, const char *type, const char *default_text,
                     vg_param *param); /* catalog_options.c */
void vg_making_macros(vg_making *making, const vg_catalog_entry *catalog, vg_schema_entry *schema);

#endif
