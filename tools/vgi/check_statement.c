/* What vgi check-transactions asks of a worker (check.h): as an engine asks it, one call after the other, each by the
 * process that the check names (vgi.md §2, §13). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

/* ---- DDL -------------------------------------------------------------------------------------------------------- */

static vgi_status join(kit_worker *w, vgi_bytes tx, vgi_error *err)
{
    vgi_result_clear(w->result);
    return vgi_attachment_join(w->attachment, tx, err);
}

vgi_status kit_try_create(const kit *k, kit_worker *w, vgi_bytes tx, const char *table, bool has_key, vgi_error *err)
{
    static const int32_t ID[] = {0};
    static const vgi_int32_list KEY[] = {{ID, 1, true}};
    vgi_table_create_request request = {
        .schema_path = k->path,
        .name = vgi_str(table),
        .on_conflict = VGI_ON_CONFLICT_ERROR,
        .not_null_constraints = {ID, has_key ? 1 : 0, true},
        .unique_constraints = {.present = true},
        .check_constraints = {.present = true},
        .primary_key_constraints = {KEY, has_key ? 1 : 0, true},
        .foreign_key_constraints = {.present = true},
    };
    const vgi_arrow_schema *columns;

    VGI_TRY(join(w, tx, err));
    VGI_TRY(vgi_columns_parse(w->result, "id BIGINT, note VARCHAR", &columns, err));
    VGI_TRY(vgi_schema_encode(w->result, columns, &request.columns, err));
    return vgi_client_catalog_table_create(w->attachment, &request, w->result, err);
}

vgi_status kit_try_drop(const kit *k, kit_worker *w, vgi_bytes tx, const char *table, vgi_error *err)
{
    const vgi_catalog_table_drop_params params = {
        .schema_path = k->path, .name = vgi_str(table), .ignore_not_found = true};

    VGI_TRY(join(w, tx, err));
    return vgi_client_catalog_table_drop(w->attachment, &params, w->result, err);
}

vgi_status kit_try_find(const kit *k, kit_worker *w, vgi_bytes tx, const char *table, bool *ret, vgi_error *err)
{
    const vgi_catalog_table_get_params params = {.schema_path = k->path, .name = vgi_str(table)};
    vgi_table_info_list list = {0};

    VGI_TRY(join(w, tx, err));
    VGI_TRY(vgi_client_catalog_table_get(w->attachment, &params, w->result, &list, err));
    *ret = list.count > 0;
    return VGI_OK;
}

/* ---- begin and end ---------------------------------------------------------------------------------------------- */

vgi_status kit_try_begin(kit *k, kit_worker *w, kit_tx *ret, const char *name, vgi_error *err)
{
    vgi_bytes id;

    *ret = (kit_tx){0};
    snprintf(ret->name, sizeof ret->name, "%s", name);
    VGI_TRY(join(w, (vgi_bytes){0}, err));
    VGI_TRY(vgi_attachment_begin(w->attachment, err));
    id = vgi_attachment_transaction(w->attachment);
    ret->id.data = memcpy(cli_keep(k->c, id.size + 1), id.data, id.size);
    ret->id.size = id.size;
    k->begun[k->n_begun++ % KIT_BEGUN] = ret->id;
    return VGI_OK;
}

vgi_status kit_try_end(kit_worker *w, vgi_bytes tx, bool commits, vgi_error *err)
{
    VGI_TRY(join(w, tx, err));
    return commits ? vgi_attachment_commit(w->attachment, err) : vgi_attachment_rollback(w->attachment, err);
}

/* ---- insert ----------------------------------------------------------------------------------------------------- */

static vgi_status make_row(vgi_result *result, int id, const vgi_batch **ret, vgi_error *err)
{
    char text[16];
    const vgi_value values[] = {
        {.name = "id", .type = "BIGINT", .text = text},
        {.name = "note", .type = "VARCHAR", .text = "written by vgi check-transactions"},
    };
    vgi_bytes bytes;

    snprintf(text, sizeof text, "%d", id);
    VGI_TRY(vgi_values_encode(result, values, sizeof values / sizeof *values, &bytes, err));
    return vgi_batch_decode(result, bytes, ret, err);
}

/* The answer to a row: that it was one. */
static vgi_status check_count(const vgi_batch *answer, vgi_error *err)
{
    const int64_t *count = answer && answer->rows == 1 && answer->n_columns == 1 ? vgi_i64(answer, 0) : NULL;

    if (count && *count == 1)
        return VGI_OK;
    return vgi_error_set(err, VGI_ERR_RUNTIME,
                         "the insert function was asked for a count, and did not answer a row of 1");
}

vgi_status kit_try_insert_open(const kit *k, kit_worker *w, vgi_bytes tx, int id, vgi_run **ret, vgi_error *err)
{
    vgi_write write = {.schema_path = k->path, .table = k->table, .kind = VGI_WRITE_INSERT};
    const vgi_batch *row, *answer;
    vgi_status status;

    *ret = NULL;
    VGI_TRY(join(w, tx, err));
    VGI_TRY(make_row(w->result, id, &row, err));
    write.input_schema = row->schema;
    VGI_TRY(vgi_write_open(w->attachment, &write, ret, err));
    status = vgi_run_exchange(*ret, row, &answer, err);
    if (status == VGI_OK)
        status = check_count(answer, err);
    if (status == VGI_OK)
        return VGI_OK;
    vgi_run_free(*ret);
    *ret = NULL;
    return status;
}

vgi_status kit_try_insert(const kit *k, kit_worker *w, vgi_bytes tx, int id, vgi_error *err)
{
    vgi_run *run;
    vgi_status status;

    VGI_TRY(kit_try_insert_open(k, w, tx, id, &run, err));
    status = vgi_run_close(run, err);
    vgi_run_free(run);
    return status;
}

/* ---- scan ------------------------------------------------------------------------------------------------------- */

static vgi_status count_rows(const vgi_batch *batch, int ret[KIT_ROWS], vgi_error *err)
{
    for (int32_t i = 0; i < batch->n_columns; i++) {
        if (!vgi_string_equal(batch->schema->fields[i]->name, vgi_str("id")))
            continue;
        for (int64_t row = 0; row < batch->rows; row++) {
            int64_t id = vgi_array_i64(&batch->columns[i], row);

            if (id < 0 || id >= KIT_ROWS)
                return vgi_error_set(err, VGI_ERR_RUNTIME, "the table has a row that nobody inserted: id %" PRId64, id);
            ret[id]++;
        }
        return VGI_OK;
    }
    return vgi_error_set(err, VGI_ERR_RUNTIME, "the scan of the table has no column 'id'");
}

vgi_status kit_try_rows(const kit *k, kit_worker *w, vgi_bytes tx, int ret[KIT_ROWS], vgi_error *err)
{
    vgi_run *run;
    const vgi_batch *batch;
    vgi_status status;

    memset(ret, 0, KIT_ROWS * sizeof *ret);
    VGI_TRY(join(w, tx, err));
    VGI_TRY(vgi_table_open(w->attachment, k->path, k->table, NULL, &run, err));
    while ((status = vgi_run_next(run, &batch, err)) == VGI_OK && (status = count_rows(batch, ret, err)) == VGI_OK)
        ;
    vgi_run_free(run);
    return status == VGI_END ? VGI_OK : status;
}

/* ---- what must succeed ------------------------------------------------------------------------------------------ */

static bool held(kit *k, vgi_status status, const vgi_error *err, const char *format, const kit_tx *tx, int worker)
{
    char what[96];

    if (status == VGI_OK)
        return true;
    snprintf(what, sizeof what, format, tx ? tx->name : "a transaction of its own", worker + 1);
    return kit_failed(k, what, err);
}

bool kit_begin(kit *k, int worker, kit_tx *ret, const char *name)
{
    kit_worker *w = kit_worker_get(k, worker);
    vgi_error err = {0};

    *ret = (kit_tx){0};
    return w && held(k, kit_try_begin(k, w, ret, name, &err), &err, "begin of %s by worker %d", ret, worker);
}

bool kit_insert(kit *k, int worker, const kit_tx *tx, int id)
{
    kit_worker *w = kit_worker_get(k, worker);
    vgi_error err = {0};

    return w && held(k, kit_try_insert(k, w, tx->id, id, &err), &err, "insert in %s by worker %d", tx, worker);
}

bool kit_commit(kit *k, int worker, const kit_tx *tx)
{
    kit_worker *w = kit_worker_get(k, worker);
    vgi_error err = {0};

    return w && held(k, kit_try_end(w, tx->id, true, &err), &err, "commit of %s by worker %d", tx, worker);
}

bool kit_rollback(kit *k, int worker, const kit_tx *tx)
{
    kit_worker *w = kit_worker_get(k, worker);
    vgi_error err = {0};

    return w && held(k, kit_try_end(w, tx->id, false, &err), &err, "rollback of %s by worker %d", tx, worker);
}

bool kit_table(kit *k, bool has_key)
{
    kit_worker *w = kit_worker_get(k, 0);
    kit_tx tx;
    vgi_error err = {0};
    vgi_status status;

    if (!w || !kit_begin(k, 0, &tx, "making a table"))
        return false;
    status = kit_try_create(k, w, tx.id, k->table, has_key, &err);
    if (status == VGI_OK)
        return kit_commit(k, 0, &tx);
    (void)kit_rollback(k, 0, &tx);
    cli_text_clear(&k->why);
    if (status == VGI_ERR_NOT_IMPLEMENTED || status == VGI_ERR_READ_ONLY)
        return kit_skip(k, "the worker makes no tables: %s", err.message);
    return kit_failed(k, "making a scratch table", &err);
}

/* "{1, 2 (2 times)}" */
static void put_ids(cli_text *out, const int counts[KIT_ROWS])
{
    const char *between = "";

    cli_text_char(out, '{');
    for (int i = 0; i < KIT_ROWS; i++) {
        if (!counts[i])
            continue;
        cli_text_printf(out, "%s%d", between, i);
        if (counts[i] > 1)
            cli_text_printf(out, " (%d times)", counts[i]);
        between = ", ";
    }
    cli_text_char(out, '}');
}

static bool same_ids(kit *k, const int found[KIT_ROWS], uint32_t ids, int worker, const kit_tx *tx, const char *when)
{
    int wanted[KIT_ROWS];
    cli_text line = {0};

    for (int i = 0; i < KIT_ROWS; i++)
        wanted[i] = ids >> i & 1;
    if (memcmp(found, wanted, sizeof wanted) == 0)
        return true;
    cli_text_printf(&line, "%s, %s sees by worker %d the rows ", when, tx ? tx->name : "another transaction",
                    worker + 1);
    put_ids(&line, found);
    cli_text_puts(&line, ", and not ");
    put_ids(&line, wanted);
    kit_no(k, "%s", line.data);
    cli_text_free(&line);
    return false;
}

bool kit_sees(kit *k, int worker, const kit_tx *tx, uint32_t ids, const char *when)
{
    kit_worker *w = kit_worker_get(k, worker);
    int found[KIT_ROWS];
    kit_tx own = {0};
    vgi_error err = {0};

    if (!w || (!tx && !kit_begin(k, worker, &own, "a reader")) ||
        !held(k, kit_try_rows(k, w, tx ? tx->id : own.id, found, &err), &err, "scan in %s by worker %d", tx, worker))
        return false;
    return (tx || kit_commit(k, worker, &own)) && same_ids(k, found, ids, worker, tx, when);
}

bool kit_finds(kit *k, int worker, const kit_tx *tx, const char *table, bool exists, const char *when)
{
    kit_worker *w = kit_worker_get(k, worker);
    bool found = false;
    kit_tx own = {0};
    vgi_error err = {0};

    if (!w || (!tx && !kit_begin(k, worker, &own, "a reader")) ||
        !held(k, kit_try_find(k, w, tx ? tx->id : own.id, table, &found, &err), &err, "look-up in %s by worker %d", tx,
              worker))
        return false;
    if (!tx && !kit_commit(k, worker, &own))
        return false;
    return found == exists || kit_no(k, "%s, %s %s the table by worker %d", when, tx ? tx->name : "another transaction",
                                     found ? "finds" : "does not find", worker + 1);
}

static vgi_status write_once(kit *k, kit_worker *w, int id, vgi_error *err)
{
    kit_tx tx;
    vgi_error ignored = {0};
    vgi_status status = kit_try_begin(k, w, &tx, "the next writer", err);

    if (status != VGI_OK)
        return status;
    status = kit_try_insert(k, w, tx.id, id, err);
    if (status == VGI_OK)
        return kit_try_end(w, tx.id, true, err);
    if (vgi_client_is_usable(w->client))
        (void)kit_try_end(w, tx.id, false, &ignored);
    return status;
}

bool kit_can_write(kit *k, int worker, int id, const char *when)
{
    double end = kit_now_s() + kit_patience_s(k);
    vgi_error err;

    for (;;) {
        kit_worker *w = kit_worker_get(k, worker);

        err = (vgi_error){0};
        if (!w)
            return false;
        if (write_once(k, w, id, &err) == VGI_OK)
            return true;
        if (kit_now_s() > end)
            return kit_no(k, "%s, nobody else could write for %.0f s: %s", when, kit_patience_s(k), err.message);
        kit_pause();
    }
}
