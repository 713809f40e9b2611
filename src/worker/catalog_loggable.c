/* What logs may tell of the options of ATTACH and of catalog_create: those that are declared loggable, and those that
 * the callback loggable_attach_options names (vgi.md §3). Fail-closed: nothing else, and nothing where anything goes
 * wrong. Called by catalog_options.c and catalog_ops.c. */
#include "base/str.h"
#include "ipc/reader.h"
#include "worker/catalog_rows.h"
#include "worker/function_call.h"
#include "worker/json.h"
#include "worker/worker.h"

enum { MAX_TOLD = 64 };

struct vgi_loggable {
    vgi_call *call;
    const vg_catalog_entry *catalog;
    const vgi_batch *options;
    vg_text text;              /* "{...", or nothing yet */
    vgi_string told[MAX_TOLD]; /* names */
    int n_told;
};

/* The start of a member. False: one of that name has been told. */
static bool put_name(vgi_loggable *loggable, vgi_string name)
{
    for (int i = 0; i < loggable->n_told; i++)
        if (vg_string_is_nocase(loggable->told[i], name))
            return false;
    if (loggable->n_told == MAX_TOLD)
        return false;
    loggable->told[loggable->n_told++] = name;
    vg_text_puts(&loggable->text, loggable->n_told == 1 ? "{" : ",");
    vg_text_json(&loggable->text, name);
    vg_text_puts(&loggable->text, ":");
    return true;
}

static void put_value(vgi_loggable *loggable, vgi_string name, const vgi_array *value)
{
    vg_text json = {.arena = loggable->call->arena};
    vgi_string text;

    if (!vg_json_value(&json, value, 0))
        return;
    text = vg_text_take(&json);
    if (text.data && put_name(loggable, name))
        vg_text_add(&loggable->text, text.data, text.size);
}

static void finish(vgi_loggable *loggable)
{
    if (loggable->n_told == 0)
        return;
    vg_text_puts(&loggable->text, "}");
    loggable->call->attach_options = vg_text_take(&loggable->text);
}

/* ---- told by callbacks ------------------------------------------------------------------------------------------- */

static bool is_secret(const vg_catalog_entry *catalog, vgi_string name)
{
    const vgi_attach_option *options = catalog->descriptor->attach_options;

    for (; options && options->name; options++)
        if (options->is_secret && vg_string_is_nocase(vgi_str(options->name), name))
            return true;
    return false;
}

void vgi_loggable_add(vgi_loggable *loggable, const char *name)
{
    vgi_string wanted = vgi_str(name);

    if (is_secret(loggable->catalog, wanted))
        return;
    for (int32_t i = 0; i < loggable->options->n_columns; i++)
        if (vg_string_is_nocase(loggable->options->columns[i].field->name, wanted))
            put_value(loggable, wanted, &loggable->options->columns[i]);
}

void vgi_loggable_add_text(vgi_loggable *loggable, const char *name, vgi_string text)
{
    vg_text json = {.arena = loggable->call->arena};
    vgi_string value;

    vg_text_json(&json, text);
    value = vg_text_take(&json);
    if (value.data && put_name(loggable, vgi_str(name)))
        vg_text_add(&loggable->text, value.data, value.size);
}

static void ask(vgi_call *call, const vg_catalog_entry *catalog, vgi_bytes given, vgi_loggable *loggable)
{
    const vgi_catalog_ops *ops = catalog->descriptor->ops;
    vgi_error err = {0};
    vgi_status status;

    if (!ops || !ops->loggable_attach_options || given.size == 0)
        return;
    if (vg_batch_decode(call->arena, given, vg_call_limits(call), &loggable->options, &err) != VGI_OK ||
        loggable->options->rows != 1)
        return;
    status = ops->loggable_attach_options(call, loggable->options, loggable);
    vg_call_forgive(call);
    if (status != VGI_OK)
        loggable->n_told = 0;
}

/* ---- asked for --------------------------------------------------------------------------------------------------- */

void vg_options_tell(vgi_call *call, const vg_catalog_entry *catalog, const vg_argument *arguments, vgi_bytes given)
{
    vgi_loggable loggable = {.call = call, .catalog = catalog, .text = {.arena = call->arena}};

    for (int32_t i = 0; arguments && i < catalog->options.n_params; i++)
        if (catalog->descriptor->attach_options[i].is_loggable && arguments[i].given)
            put_value(&loggable, catalog->options.params[i].name, arguments[i].values[0]);
    ask(call, catalog, given, &loggable);
    finish(&loggable);
}
