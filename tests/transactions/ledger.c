/* A catalog over one plain file, on vgi/transactions.h: vgi-ledger FILE [--notes] [--wait-ms N] [--idle-ms N]
 *
 * FILE has a line for each table, "t NAME", and for each row, "r NAME VALUE". A transaction reads it, changes its copy,
 * and commits by a rename. What happens is told in FILE.trace, a line an event: "begin PID", "drop NAME", "commit",
 * "rollback". Tests hold a callback where they want it: while FILE.hold_WORD is there, the callback WORD ("create",
 * "commit", "committed") makes FILE.at_WORD and waits. A ledger with a table `unwanted` cannot be committed.
 * Tables have a column, v, and with --notes two, id and note, where id is the key: those that `vgi
 * check-transactions` makes. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <vgi/vgi.h>

enum { LINE_BYTES = 256, MAX_LINES = 4096, PATH_BYTES = 4096 };

typedef struct ledger {
    const char *path;
    bool has_notes;
    vgi_transactions transactions;
} ledger;

/* The state of a transaction. */
typedef struct copy {
    int lock;
    size_t n;
    char lines[MAX_LINES][LINE_BYTES];
} copy;

/* ---- files ------------------------------------------------------------------------------------------------------- */

static void path_of(const ledger *self, const char *ending, char ret[PATH_BYTES])
{
    snprintf(ret, PATH_BYTES, "%s.%s", self->path, ending);
}

static void trace(const ledger *self, const char *event, long number)
{
    char path[PATH_BYTES], line[LINE_BYTES];
    int size =
        number ? snprintf(line, sizeof line, "%s %ld\n", event, number) : snprintf(line, sizeof line, "%s\n", event);
    int fd;

    path_of(self, "trace", path);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, line, (size_t)size) != size)
        abort();
    close(fd);
}

static void hold(const ledger *self, const char *word)
{
    char path[PATH_BYTES], at[PATH_BYTES], ending[32];

    snprintf(ending, sizeof ending, "hold_%s", word);
    path_of(self, ending, path);
    if (access(path, F_OK) < 0)
        return;
    snprintf(ending, sizeof ending, "at_%s", word);
    path_of(self, ending, at);
    close(open(at, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    while (access(path, F_OK) == 0)
        (void)poll(NULL, 0, 2);
}

static void read_lines(const ledger *self, copy *to)
{
    FILE *file = fopen(self->path, "re");

    to->n = 0;
    while (file && to->n < MAX_LINES && fgets(to->lines[to->n], LINE_BYTES, file)) {
        to->lines[to->n][strcspn(to->lines[to->n], "\n")] = '\0';
        to->n++;
    }
    if (file)
        fclose(file);
}

/* What a callback reads: the transaction's copy, or what is committed. */
static vgi_status see(vgi_call *call, copy **ret)
{
    *ret = vgi_call_transaction(call);
    if (*ret)
        return VGI_OK;
    *ret = vgi_alloc(call, sizeof **ret);
    if (!*ret)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    read_lines(vgi_call_user(call), *ret);
    return VGI_OK;
}

/* ---- transactions ------------------------------------------------------------------------------------------------ */

static vgi_status begin(vgi_call *call, void **ret_state)
{
    const ledger *self = vgi_call_user(call);
    copy *state = malloc(sizeof *state);
    char path[PATH_BYTES];

    if (!state)
        return vgi_fail(call, VGI_ERR_MEMORY, "out of memory");
    path_of(self, "lock", path);
    state->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (state->lock < 0 || flock(state->lock, LOCK_EX | LOCK_NB) < 0) {
        close(state->lock);
        free(state);
        return vgi_fail(call, VGI_ERR_IO, "two at once");
    }
    read_lines(self, state);
    trace(self, "begin", getpid());
    *ret_state = state;
    return VGI_OK;
}

static void end(copy *state)
{
    close(state->lock);
    free(state);
}

static bool has(const copy *state, const char *line)
{
    for (size_t i = 0; i < state->n; i++)
        if (strcmp(state->lines[i], line) == 0)
            return true;
    return false;
}

static vgi_status commit(vgi_call *call, void *given)
{
    const ledger *self = vgi_call_user(call);
    copy *state = given;
    char path[PATH_BYTES];
    FILE *file;

    hold(self, "commit");
    if (has(state, "t unwanted")) {
        end(state);
        trace(self, "commit failed", 0);
        return vgi_fail(call, VGI_ERR_VALUE, "no ledger has a table of that name");
    }
    path_of(self, "new", path);
    file = fopen(path, "we");
    for (size_t i = 0; file && i < state->n; i++)
        fprintf(file, "%s\n", state->lines[i]);
    if (!file || fclose(file) != 0 || rename(path, self->path) < 0) {
        end(state);
        return vgi_fail(call, VGI_ERR_IO, "cannot be written");
    }
    trace(self, "commit", 0);
    hold(self, "committed");
    end(state);
    return VGI_OK;
}

static void rollback(void *user, void *state)
{
    trace(user, "rollback", 0);
    end(state);
}

/* ---- the catalog ------------------------------------------------------------------------------------------------- */

static vgi_status tables(vgi_call *call, const vgi_catalog_schema_contents_tables_params *asked, vgi_listing *ret)
{
    static const vgi_string_pair MODE = {VGI_STR("insert"), VGI_STR("count")};
    const ledger *self = vgi_call_user(call);
    copy *state;

    (void)asked;
    VGI_TRY(see(call, &state));
    for (size_t i = 0; i < state->n; i++) {
        vgi_table_info *info;

        if (state->lines[i][0] != 't')
            continue;
        info = vgi_add_table(ret);
        info->name = vgi_call_text(call, "%s", state->lines[i] + 2);
        info->write_result_modes = (vgi_string_map){.items = &MODE, .count = 1, .present = true};
        VGI_TRY(vgi_call_columns(call, self->has_notes ? "id BIGINT, note VARCHAR" : "v BIGINT", &info->columns));
    }
    return VGI_OK;
}

static vgi_status add(vgi_call *call, const char *line)
{
    copy *state = vgi_call_transaction(call);

    if (state->n == MAX_LINES)
        return vgi_fail(call, VGI_ERR_LIMIT, "the ledger is full");
    snprintf(state->lines[state->n++], LINE_BYTES, "%s", line);
    return VGI_OK;
}

static vgi_status create(vgi_call *call, const vgi_table_create_request *asked)
{
    const ledger *self = vgi_call_user(call);
    char line[LINE_BYTES];

    snprintf(line, sizeof line, "t %.*s", (int)asked->name.size, asked->name.data);
    if (has(vgi_call_transaction(call), line))
        return vgi_fail(call, VGI_ERR_VALUE, "there is a table %s", line + 2);
    VGI_TRY(add(call, line));
    line[0] = 'c';
    trace(self, line, 0);
    vgi_log(call, VGI_LOG_INFO, "made %s", line + 2);
    hold(self, "create");
    return VGI_OK;
}

static vgi_status drop(vgi_call *call, const vgi_catalog_table_drop_params *asked)
{
    copy *state = vgi_call_transaction(call);
    char line[LINE_BYTES];
    size_t kept = 0;

    snprintf(line, sizeof line, "t %.*s", (int)asked->name.size, asked->name.data);
    if (!has(state, line))
        return vgi_fail(call, VGI_ERR_NOT_FOUND, "there is no table %s", line + 2);
    for (size_t i = 0; i < state->n; i++)
        if (strcmp(state->lines[i], line) != 0)
            memmove(state->lines[kept++], state->lines[i], LINE_BYTES);
    state->n = kept;
    return VGI_OK;
}

static vgi_status scan_function(vgi_call *call, const vgi_catalog_table_scan_function_get_params *asked,
                                vgi_scan_function_result *ret)
{
    return vgi_scan_call(call, ret, "main", "entries(%s)", vgi_sql_text(call, asked->name));
}

static vgi_status insert_function(vgi_call *call, const vgi_catalog_table_insert_function_get_params *asked,
                                  vgi_write_function_result *ret)
{
    return vgi_write_call(call, ret, "main", "append(%s)", vgi_sql_text(call, asked->name));
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

static vgi_status entries_bind(vgi_call *call)
{
    const ledger *self = vgi_call_user(call);

    if (!self->has_notes)
        return vgi_bind_column(call, "v", "BIGINT");
    VGI_TRY(vgi_bind_column(call, "id", "BIGINT"));
    return vgi_bind_column(call, "note", "VARCHAR");
}

typedef struct cursor {
    int64_t next, stop;
} cursor;

/* What an INSERT adds that reads its own table is not read. */
static vgi_status entries_open(vgi_call *call)
{
    copy *state;

    VGI_TRY(see(call, &state));
    ((cursor *)vgi_cursor(call))->stop = (int64_t)state->n;
    return VGI_OK;
}

static vgi_status entries_next(vgi_call *call, vgi_batch *out)
{
    cursor *at = vgi_cursor(call);
    vgi_string name;
    copy *state;
    char *note;

    VGI_TRY(vgi_arg_text(call, "t", &name));
    VGI_TRY(see(call, &state));
    for (; at->next < at->stop && at->next < (int64_t)state->n; at->next++) {
        const char *line = state->lines[at->next];

        if (line[0] != 'r' || strncmp(line + 2, name.data, name.size) != 0 || line[2 + name.size] != ' ')
            continue;
        vgi_append_i64(vgi_out_column(out, 0), strtoll(line + 3 + name.size, &note, 10));
        if (out->n_columns > 1)
            vgi_append_string(vgi_out_column(out, 1), *note ? note + 1 : note);
        at->next++;
        return VGI_OK; /* a batch an entry: what changes between two of them is seen */
    }
    return VGI_END;
}

/* True if the table has a row of that id. */
static bool has_id(const copy *state, vgi_string name, int64_t id)
{
    for (size_t i = 0; i < state->n; i++)
        if (state->lines[i][0] == 'r' && strncmp(state->lines[i] + 2, name.data, name.size) == 0 &&
            state->lines[i][2 + name.size] == ' ' && strtoll(state->lines[i] + 3 + name.size, NULL, 10) == id)
            return true;
    return false;
}

static vgi_status append_bind(vgi_call *call)
{
    return vgi_bind_write_result(call, vgi_input_schema(call));
}

static vgi_status append_map(vgi_call *call, const vgi_batch *in, vgi_batch *out)
{
    const int64_t *values = vgi_i64(in, 0);
    char line[LINE_BYTES];
    vgi_string name, note;

    VGI_TRY(vgi_arg_text(call, "t", &name));
    for (int64_t i = 0; i < in->rows; i++) {
        if (values[i] < 0)
            return vgi_fail(call, VGI_ERR_VALUE, "a ledger has no debts");
        if (in->n_columns > 1 && has_id(vgi_call_transaction(call), name, values[i]))
            return vgi_fail(call, VGI_ERR_VALUE, "there is a row %" PRId64, values[i]);
        note = in->n_columns > 1 ? vgi_text(in, 1, i) : (vgi_string){0};
        snprintf(line, sizeof line, "r %.*s %" PRId64 "%s%.*s", (int)name.size, name.data, values[i],
                 note.data ? " " : "", (int)note.size, note.data ? note.data : "");
        VGI_TRY(add(call, line));
    }
    vgi_append_i64(vgi_out_column(out, 0), in->rows);
    return VGI_OK;
}

static const vgi_table_function ENTRIES = {.signature = "entries(t VARCHAR) -> TABLE",
                                           .cursor_size = sizeof(cursor),
                                           .bind = entries_bind,
                                           .open = entries_open,
                                           .next = entries_next};
static const vgi_table_in_out APPEND = {
    .signature = "append(t VARCHAR, rows TABLE) -> TABLE", .writes = true, .bind = append_bind, .map = append_map};
static const vgi_schema MAIN = {
    .name = "main", .table_functions = VGI_TABLE_FUNCTIONS(&ENTRIES), .table_in_outs = VGI_TABLE_IN_OUTS(&APPEND)};
static const vgi_catalog_ops OPS = {.schema_contents_tables = tables,
                                    .table_create = create,
                                    .table_drop = drop,
                                    .table_scan_function_get = scan_function,
                                    .table_insert_function_get = insert_function};

/* ---- the program ------------------------------------------------------------------------------------------------- */

static vgi_status parse(void *user, int argc, char **argv, int *i, vgi_error *err)
{
    ledger *self = user;
    bool is_wait = strcmp(argv[*i], "--wait-ms") == 0, is_idle = strcmp(argv[*i], "--idle-ms") == 0;

    if (strcmp(argv[*i], "--notes") == 0) {
        self->has_notes = true;
        return VGI_OK;
    }
    if (!is_wait && !is_idle && !self->path) {
        self->path = argv[*i];
        return VGI_OK;
    }
    if ((!is_wait && !is_idle) || *i + 1 == argc)
        return vgi_error_set(err, VGI_ERR_VALUE, "'%s' is not understood", argv[*i]);
    *(is_wait ? &self->transactions.wait_ms : &self->transactions.idle_ms) = strtoll(argv[++*i], NULL, 10);
    return VGI_OK;
}

int main(int argc, char **argv)
{
    ledger self = {.transactions = {.begin = begin, .commit = commit, .rollback = rollback}};
    const vgi_catalog catalog = {
        .name = "ledger", .schemas = VGI_SCHEMAS(&MAIN), .ops = &OPS, .transactions = &self.transactions};
    const vgi_catalog *const catalogs[] = {&catalog, NULL};
    const vgi_worker_options options = {.catalogs = catalogs,
                                        .user = &self,
                                        .parse_arg = parse,
                                        .usage = "  FILE [--notes] [--wait-ms N] [--idle-ms N]"};

    return vgi_worker_main_with(&options, argc, argv);
}
