/* Scans in parts: ranges of rowids, asked for by --max-workers. Each part is scanned by a process of its own, in a read
 * transaction of its own; the version of the file travels with it, and a part that finds another one fails: rows of two
 * states are never mixed. What has no rowids, is small, or is of a state that cannot be told apart from the next one
 * (version.c) is one part. */
#include <string.h>

#include "sq.h"

enum {
    MIN_ROWS = 20000,  /* of a part: below that, starting it costs more than it saves */
    PARTS_A_WORKER = 4 /* rowids may lie unevenly: who is done first takes the next one */
};

/* Equal ranges of first..last, none empty. */
static vgi_status add_parts(vgi_call *call, vgi_plan *plan, const sq_part *whole, uint64_t parts)
{
    uint64_t span = (uint64_t)whole->last - (uint64_t)whole->first, step = span / parts + 1;
    uint64_t first = (uint64_t)whole->first;

    for (uint64_t done = 0;; done += step, first += step) {
        uint64_t left = span - done;
        sq_part part = *whole;

        part.first = (int64_t)first;
        part.last = left < step ? whole->last : (int64_t)(first + step - 1);
        VGI_TRY(vgi_plan_add(call, plan, &part, sizeof part, NULL));
        if (left < step)
            return VGI_OK;
    }
}

static vgi_status plan_table(vgi_call *call, const sq_use *use, const sq_table *table, vgi_plan *plan)
{
    const sq_worker *worker = use->worker;
    sqlite3 *db = use->db;
    sq_part part = {0};
    /* what a transaction has changed is seen by its own connection alone */
    bool has_version = use->is_own && table->rowid && sq_version_read(table->file, db, &part.version);
    int64_t rows = has_version ? sq_estimate(db, table) : 0;
    uint64_t parts = rows > 0 ? (uint64_t)rows / MIN_ROWS : 0;

    if (parts > (uint64_t)worker->max_workers * PARTS_A_WORKER)
        parts = (uint64_t)worker->max_workers * PARTS_A_WORKER;
    if (parts < 2 || !sq_rowid_span(db, table, &part.first, &part.last)) {
        part = (sq_part){0};
        return vgi_plan_add(call, plan, &part, sizeof part, NULL);
    }
    part.is_part = 1;
    return add_parts(call, plan, &part, parts);
}

vgi_status sq_plan(vgi_call *call, vgi_plan *plan)
{
    const sq_table *table;
    sq_use use;
    vgi_status status;

    VGI_TRY(sq_find(call, &use, &table));
    plan->max_workers = use.worker->max_workers;
    status = plan_table(call, &use, table, plan);
    sq_use_end(&use);
    return status;
}

vgi_status sq_part_open(vgi_call *call, const sq_use *use, const sq_table *table, sq_part *ret)
{
    vgi_bytes split = vgi_split(call);
    sq_version version;

    *ret = (sq_part){0};
    if (!split.data)
        return VGI_OK;
    if (split.size != sizeof *ret)
        return vgi_fail(call, VGI_ERR_VALUE, "a part of %zu bytes is none of this worker's", split.size);
    memcpy(ret, split.data, sizeof *ret);
    if (!ret->is_part)
        return VGI_OK;
    if (!use->is_own || !table->rowid || !sq_version_read(table->file, use->db, &version) ||
        memcmp(&version, &ret->version, sizeof version) != 0)
        return vgi_split_expired(call);
    return VGI_OK;
}
