/* Reads what a SQLite file holds into an sq_snapshot: tables, views and virtual tables with their columns, keys,
 * constraints and defaults, through SQLite's own pragmas. What SQLite itself cannot show (a view on a table that is
 * gone, a virtual table of a module that is not here) is left out, and said. Called by use.c, in the read transaction
 * that the connection is in: all of one snapshot is of one moment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sq.h"

/* Everything that reading needs. */
struct reading {
    const sq_worker *worker;
    const sq_file *file;
    sqlite3 *db;
    sq_mem *mem;
    sq_text left_out;
    vgi_error *err;
};

/* A list that grows, of pointers; kept in the snapshot's memory with a NULL at its end. */
struct list {
    void **items;
    size_t count, capacity;
    bool failed;
};

static void list_add(struct list *list, void *item)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 8;
        void **items = realloc(list->items, capacity * sizeof(*items));

        if (!items) {
            list->failed = true;
            return;
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = item;
    list->failed = list->failed || !item;
}

static void *list_keep(struct list *list, sq_mem *mem)
{
    void **kept = list->failed ? NULL : sq_alloc(mem, list->count + 1, sizeof(*kept));

    if (kept && list->count)
        memcpy(kept, list->items, list->count * sizeof(*kept));
    free(list->items);
    *list = (struct list){0};
    return kept;
}

static vgi_status no_memory(struct reading *r)
{
    return vgi_error_set(r->err, VGI_ERR_MEMORY, "out of memory");
}

/* A statement with `name` as ?1 (nullable). NULL: SQLite failed. */
static sqlite3_stmt *prepare(struct reading *r, const char *sql, const char *name)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(r->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return NULL;
    if (name && sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC) != SQLITE_OK) {
        sqlite3_finalize(statement);
        return NULL;
    }
    return statement;
}

/* Column `i` as text that outlives the statement; NULL where it is NULL (or out of memory). */
static char *text_of(struct reading *r, sqlite3_stmt *statement, int i)
{
    const char *text = (const char *)sqlite3_column_text(statement, i);

    return text ? sq_strdup(r->mem, text) : NULL;
}

/* Ends a statement that gave its last row, failed, or could not be prepared (NULL). */
static vgi_status finish(struct reading *r, sqlite3_stmt *statement)
{
    int code = statement ? sqlite3_finalize(statement) : sqlite3_errcode(r->db);

    return code == SQLITE_OK ? VGI_OK : sq_fail(r->file, r->db, "", r->err);
}

static void leave_out(struct reading *r, const char *name, const char *why)
{
    size_t size = strlen(name);

    if (r->left_out.size)
        sq_text_puts(&r->left_out, "\n");
    if (sq_utf8_valid((const unsigned char *)name, size))
        sq_text_quoted(&r->left_out, name, size, '"');
    else
        sq_text_puts(&r->left_out, "(a name that is not UTF-8)");
    sq_text_puts(&r->left_out, ": ");
    sq_text_puts(&r->left_out, sq_utf8_valid((const unsigned char *)why, strlen(why)) ? why : "its SQL is not UTF-8");
}

/* The canonical spelling of a column of the table; NULL: it has no such (visible) column. */
static const char *column_named(const sq_table *table, const char *name)
{
    for (int i = 0; i < table->n_columns; i++)
        if (sqlite3_stricmp(table->columns[i].name, name) == 0)
            return table->columns[i].name;
    return NULL;
}

static const char *translate_default(struct reading *r, const char *text)
{
    sq_text out = {0};

    if (!text || strlen(text) > 65536 || !sq_utf8_valid((const unsigned char *)text, strlen(text)) ||
        !sq_expr_translate(text, strlen(text), NULL, &out)) {
        sq_text_done(&out);
        return NULL;
    }
    return sq_text_keep(&out, r->mem);
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

static bool read_column(struct reading *r, sqlite3_stmt *statement, sq_column *column)
{
    const char *declared = (const char *)sqlite3_column_text(statement, 1);

    if (!declared || !sq_utf8_valid((const unsigned char *)declared, strlen(declared)))
        declared = "";
    column->name = text_of(r, statement, 0);
    column->declared = sq_strdup(r->mem, declared);
    column->kind = sq_kind_of(declared);
    if (r->worker->types == SQ_TYPES_TEXT && column->kind != SQ_BLOB)
        column->kind = SQ_VARCHAR;
    column->type = sq_type_text(column->kind, column->declared ? column->declared : "", r->mem);
    column->not_null = sqlite3_column_int(statement, 2) != 0;
    column->default_value = translate_default(r, (const char *)sqlite3_column_text(statement, 3));
    column->has_own_default = !column->default_value && sqlite3_column_type(statement, 3) != SQLITE_NULL;
    column->primary_key = sqlite3_column_int(statement, 4);
    column->is_generated = sqlite3_column_int(statement, 5) != 0;
    return column->name && column->declared && column->type;
}

/* Why a table with these columns cannot be shown; NULL: it can. */
static const char *unfit(const sq_table *table)
{
    if (!table->n_columns)
        return "it has no columns";
    if (!*table->name)
        return "it has an empty name";
    if (!sq_utf8_valid((const unsigned char *)table->name, strlen(table->name)))
        return "its name is not UTF-8";
    for (int i = 0; i < table->n_columns; i++) {
        const char *name = table->columns[i].name;

        if (!*name)
            return "a column has an empty name";
        if (!sq_utf8_valid((const unsigned char *)name, strlen(name)))
            return "the name of a column is not UTF-8";
    }
    return NULL;
}

static bool keep_columns(struct reading *r, struct list *list, sq_table *table)
{
    size_t count = list->count;
    sq_column *const *found = list_keep(list, r->mem);
    sq_column *columns = SQ_NEW(r->mem, sq_column, count + 1);
    const char **names = SQ_NEW(r->mem, const char *, count + 1);

    if (!found || !columns || !names)
        return false;
    for (size_t i = 0; i < count; i++) {
        columns[i] = *found[i];
        names[i] = columns[i].name;
    }
    table->columns = columns;
    table->column_names = names;
    table->n_columns = (int)count;
    return true;
}

/* VGI_END: SQLite cannot show this table; why has been said. */
static vgi_status read_columns(struct reading *r, sq_table *table)
{
    struct list list = {0};
    const char *why;
    int code;
    /* hidden: 1 the secret columns of a virtual table; 2, 3 generated ones, which are read like any other */
    sqlite3_stmt *statement =
        prepare(r,
                "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1, "
                "'main') WHERE hidden <> 1 ORDER BY cid",
                table->name);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        sq_column *column = SQ_NEW(r->mem, sq_column, 1);

        list_add(&list, column);
        if (!column || !read_column(r, statement, column))
            list.failed = true;
    }
    code = statement ? sqlite3_finalize(statement) : sqlite3_errcode(r->db);
    if (code != SQLITE_OK) {
        free(list.items);
        if ((code & 0xFF) != SQLITE_ERROR)
            return sq_fail(r->file, r->db, "", r->err);
        leave_out(r, table->name, sqlite3_errmsg(r->db));
        return VGI_END;
    }
    if (!keep_columns(r, &list, table))
        return no_memory(r);
    why = unfit(table);
    if (!why)
        return VGI_OK;
    leave_out(r, table->name, why);
    return VGI_END;
}

/* The first of the rowid's three names that no column has taken. */
static const char *rowid_of(const sq_table *table)
{
    static const char *const NAMES[] = {"rowid", "_rowid_", "oid"};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
        if (!column_named(table, NAMES[i]))
            return NAMES[i];
    return NULL;
}

/* ---- constraints ------------------------------------------------------------------------------------------------- */

/* The columns of a unique index; NULL where one is an expression (or out of memory, which the list then knows). */
static const char *const *index_columns(struct reading *r, const sq_table *table, const char *index, bool *failed)
{
    struct list names = {0};
    bool is_plain = true;
    const char *const *kept;
    sqlite3_stmt *statement =
        prepare(r, "SELECT name FROM pragma_index_xinfo(?1, 'main') WHERE \"key\" ORDER BY seqno", index);

    while (is_plain && sqlite3_step(statement) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        const char *column = name ? column_named(table, name) : NULL;

        is_plain = column != NULL;
        if (is_plain)
            list_add(&names, (void *)(uintptr_t)column);
    }
    sqlite3_finalize(statement);
    if (!is_plain || !names.count) {
        free(names.items);
        return NULL;
    }
    kept = list_keep(&names, r->mem);
    *failed = *failed || !kept;
    return kept;
}

static bool same_columns(const char *const *a, const char *const *b)
{
    for (; *a && *a == *b; a++, b++)
        ;
    return *a == *b;
}

static vgi_status read_unique(struct reading *r, sq_table *table)
{
    struct list unique = {0};
    sqlite3_stmt *statement = prepare(r,
                                      "SELECT name FROM pragma_index_list(?1, 'main') WHERE \"unique\" AND NOT partial "
                                      "AND origin <> 'pk' ORDER BY seq DESC",
                                      table->name);

    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *const *columns =
            index_columns(r, table, (const char *)sqlite3_column_text(statement, 0), &unique.failed);
        bool is_new = columns != NULL;

        for (size_t i = 0; i < unique.count && is_new; i++)
            is_new = !same_columns(unique.items[i], columns);
        if (is_new)
            list_add(&unique, (void *)(uintptr_t)columns);
    }
    table->unique = list_keep(&unique, r->mem);
    VGI_TRY(finish(r, statement));
    return table->unique ? VGI_OK : no_memory(r);
}

/* Which columns an index begins with, and which one is the rowid: a primary key that has no index of its own. */
static vgi_status read_indexes(struct reading *r, const sq_table *table)
{
    sq_column *columns = (sq_column *)(uintptr_t)table->columns, *key = NULL;
    bool key_has_index = false;
    int n_key = 0;
    sqlite3_stmt *statement =
        prepare(r,
                "SELECT l.name, l.origin, x.name FROM pragma_index_list(?1, 'main') AS l, "
                "pragma_index_xinfo(l.name, 'main') AS x WHERE NOT l.partial AND x.seqno = 0 ORDER BY l.seq",
                table->name);

    for (int i = 0; i < table->n_columns; i++)
        if (columns[i].primary_key) {
            key = &columns[i];
            n_key++;
        }
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *origin = (const char *)sqlite3_column_text(statement, 1);
        const char *name = (const char *)sqlite3_column_text(statement, 2);

        key_has_index = key_has_index || (origin && strcmp(origin, "pk") == 0);
        for (int i = 0; name && i < table->n_columns; i++)
            if (!columns[i].index && sqlite3_stricmp(columns[i].name, name) == 0)
                columns[i].index = text_of(r, statement, 0);
    }
    if (table->rowid && n_key == 1 && !key_has_index)
        key->is_rowid = true;
    return finish(r, statement);
}

struct checks {
    struct reading *r;
    const sq_table *table;
    struct list list;
};

static bool check_found(void *user, const char *expr, size_t size)
{
    struct checks *checks = user;
    sq_text out = {0};

    if (size <= 65536 && sq_expr_translate(expr, size, checks->table->column_names, &out))
        list_add(&checks->list, sq_text_keep(&out, checks->r->mem));
    sq_text_done(&out);
    return !checks->list.failed;
}

static vgi_status read_checks(struct reading *r, sq_table *table)
{
    struct checks checks = {.r = r, .table = table};

    if (table->sql && strcmp(table->type, "table") == 0)
        sq_ddl_checks(table->sql, check_found, &checks);
    table->checks = list_keep(&checks.list, r->mem);
    return table->checks ? VGI_OK : no_memory(r);
}

/* ---- foreign keys ------------------------------------------------------------------------------------------------ */

/* Where a foreign key names no columns it means the other table's primary key. */
static const char *parent_column(const sq_table *parent, const char *name, int place)
{
    if (name)
        return column_named(parent, name);
    for (int i = 0; i < parent->n_columns; i++)
        if (parent->columns[i].primary_key == place)
            return parent->columns[i].name;
    return NULL;
}

static bool keep_foreign_key(struct reading *r, struct list *keys, const sq_table *parent, struct list *own,
                             struct list *theirs)
{
    vgi_foreign_key *key;

    if (!own->count) {
        free(own->items);
        free(theirs->items);
        return true;
    }
    key = SQ_NEW(r->mem, vgi_foreign_key, 1);
    list_add(keys, key);
    if (!key)
        return false;
    key->referenced_table = parent->name;
    key->columns = list_keep(own, r->mem);
    key->referenced_columns = list_keep(theirs, r->mem);
    return key->columns && key->referenced_columns;
}

/* A key to a table or a column that is not there is left out: SQLite takes such keys, the engine cannot show them. */
static vgi_status read_foreign_keys(struct reading *r, const sq_snapshot *snapshot, sq_table *table)
{
    struct list keys = {0}, own = {0}, theirs = {0};
    const sq_table *parent = NULL;
    bool is_whole = true;
    vgi_foreign_key *kept, *const *found;
    size_t count;
    sqlite3_stmt *statement = prepare(
        r, "SELECT seq, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1, 'main') ORDER BY id DESC, seq",
        table->name);

    while (sqlite3_step(statement) == SQLITE_ROW) {
        int seq = sqlite3_column_int(statement, 0);
        const char *other = (const char *)sqlite3_column_text(statement, 1);
        const char *from = (const char *)sqlite3_column_text(statement, 2), *mine, *its;

        if (seq == 0) {
            is_whole = keep_foreign_key(r, &keys, parent, &own, &theirs) && is_whole;
            own = theirs = (struct list){0};
            parent = other ? sq_snapshot_table(snapshot, other, strlen(other)) : NULL;
        }
        if (!parent)
            continue;
        mine = from ? column_named(table, from) : NULL;
        its = parent_column(parent, (const char *)sqlite3_column_text(statement, 3), seq + 1);
        if (mine && its) {
            list_add(&own, (void *)(uintptr_t)mine);
            list_add(&theirs, (void *)(uintptr_t)its);
        } else {
            own.count = theirs.count = 0;
            parent = NULL;
        }
    }
    is_whole = keep_foreign_key(r, &keys, parent, &own, &theirs) && is_whole;
    count = keys.count;
    found = list_keep(&keys, r->mem);
    kept = SQ_NEW(r->mem, vgi_foreign_key, count + 1);
    VGI_TRY(finish(r, statement));
    if (!is_whole || !found || !kept)
        return no_memory(r);
    for (size_t i = 0; i < count; i++)
        kept[i] = *found[i];
    table->foreign_keys = kept;
    return VGI_OK;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* One row of the list: type, name, WITHOUT ROWID, SQL. VGI_END: it is left out. */
static vgi_status read_table(struct reading *r, sqlite3_stmt *statement, sq_table *table)
{
    const char *sql = (const char *)sqlite3_column_text(statement, 3);
    const char *name = (const char *)sqlite3_column_text(statement, 1);
    bool without_rowid = sqlite3_column_int(statement, 2) != 0;

    table->file = r->file;
    table->type = text_of(r, statement, 0);
    table->name = name ? sq_strdup(r->mem, name) : NULL;
    if (sql && sq_utf8_valid((const unsigned char *)sql, strlen(sql)))
        table->sql = sq_strdup(r->mem, sql);
    if (!table->type || !table->name)
        return no_memory(r);
    VGI_TRY(read_columns(r, table));
    if (strcmp(table->type, "table") == 0 && !without_rowid)
        table->rowid = rowid_of(table);
    VGI_TRY(read_unique(r, table));
    if (strcmp(table->type, "table") == 0)
        VGI_TRY(read_indexes(r, table));
    return read_checks(r, table);
}

static vgi_status read_tables(struct reading *r, struct list *list)
{
    vgi_status status = VGI_OK;
    sqlite3_stmt *statement = prepare(r,
                                      "SELECT l.type, l.name, l.wr, s.sql FROM pragma_table_list AS l JOIN "
                                      "main.sqlite_schema AS s ON s.name = l.name AND s.type IN ('table', 'view') "
                                      "WHERE l.schema = 'main' AND l.type IN ('table', 'view', 'virtual') "
                                      "AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND s.sql IS NOT ?1 "
                                      "ORDER BY s.rowid",
                                      SQ_COMMENTS_SQL);

    if (!statement)
        return sq_fail(r->file, r->db, "", r->err);
    while (status == VGI_OK && sqlite3_step(statement) == SQLITE_ROW) {
        sq_table *table = SQ_NEW(r->mem, sq_table, 1);

        status = table ? read_table(r, statement, table) : no_memory(r);
        if (status == VGI_OK)
            list_add(list, table);
        else if (status == VGI_END)
            status = VGI_OK;
    }
    if (status == VGI_OK)
        return finish(r, statement);
    sqlite3_finalize(statement);
    return status;
}

static vgi_status keep_tables(struct reading *r, struct list *list, sq_snapshot *snapshot)
{
    size_t count = list->count;
    sq_table *tables = SQ_NEW(r->mem, sq_table, count + 1), *const *found = list_keep(list, r->mem);

    if (!found || !tables)
        return no_memory(r);
    for (size_t i = 0; i < count; i++)
        tables[i] = *found[i];
    snapshot->tables = tables;
    snapshot->n_tables = (int)count;
    return VGI_OK;
}

/* All tables, and then what they refer to. */
static vgi_status read_all(struct reading *r, sq_snapshot *snapshot)
{
    struct list list = {0};
    vgi_status status = read_tables(r, &list);

    if (status != VGI_OK) {
        free(list.items);
        return status;
    }
    VGI_TRY(keep_tables(r, &list, snapshot));
    for (int i = 0; i < snapshot->n_tables; i++)
        VGI_TRY(read_foreign_keys(r, snapshot, (sq_table *)(uintptr_t)&snapshot->tables[i]));
    return sq_comments_read(r->db, snapshot) ? VGI_OK : sq_fail(r->file, r->db, "", r->err);
}

vgi_status sq_schema_read(sq_worker *worker, const sq_file *file, sqlite3 *db, const sq_identity *identity,
                          sq_snapshot **ret, vgi_error *err)
{
    sq_snapshot *snapshot = calloc(1, sizeof(*snapshot));
    struct reading r = {.worker = worker, .file = file, .db = db, .mem = snapshot ? &snapshot->mem : NULL, .err = err};
    vgi_status status;

    *ret = NULL;
    if (!snapshot)
        return no_memory(&r);
    snapshot->worker = worker;
    snapshot->file = file;
    snapshot->identity = *identity;
    snapshot->users = 1;
    status = read_all(&r, snapshot);
    if (status == VGI_OK && r.left_out.size) {
        snapshot->left_out = sq_text_keep(&r.left_out, r.mem);
        if (!snapshot->left_out)
            status = no_memory(&r);
    }
    sq_text_done(&r.left_out);
    if (status == VGI_OK && !sq_describe(worker, snapshot))
        status = no_memory(&r);
    if (status != VGI_OK) {
        sq_snapshot_free(snapshot);
        return status;
    }
    *ret = snapshot;
    return VGI_OK;
}

void sq_snapshot_free(const sq_snapshot *snapshot)
{
    sq_snapshot *mine = (sq_snapshot *)(uintptr_t)snapshot;

    if (!mine)
        return;
    sq_mem_free(&mine->mem);
    free(mine);
}

const sq_table *sq_snapshot_table(const sq_snapshot *snapshot, const char *name, size_t size)
{
    for (int i = 0; i < snapshot->n_tables; i++) {
        const char *own = snapshot->tables[i].name;

        if (strlen(own) == size && sqlite3_strnicmp(own, name, (int)size) == 0)
            return &snapshot->tables[i];
    }
    return NULL;
}
