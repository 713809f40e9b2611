/* One run of the program: its memory, its messages and exit codes, and the way to the worker. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli.h"

struct cli_block {
    cli_block *next;
    max_align_t data[];
};

void *cli_keep(cli *c, size_t size)
{
    cli_block *block = cli_alloc(sizeof *block + size);

    block->next = c->blocks;
    c->blocks = block;
    return block->data;
}

vgi_string cli_keep_text(cli *c, const char *data, size_t size)
{
    char *copy = cli_keep(c, size + 1);

    if (size)
        memcpy(copy, data, size);
    return (vgi_string){copy, size};
}

const char *cli_cstr(cli *c, vgi_string text)
{
    return text.data ? cli_keep_text(c, text.data, text.size).data : NULL;
}

/* ---- messages --------------------------------------------------------------------------------------------------- */

static void print_line(const char *head, vgi_string text)
{
    cli_text line = {0};

    cli_text_puts(&line, head);
    cli_text_visible(&line, text);
    cli_text_char(&line, '\n');
    fflush(stdout);
    fwrite(line.data, 1, line.size, stderr);
    cli_text_free(&line);
}

int cli_tell(cli *c, int code, const char *format, ...)
{
    va_list args;
    char *line = NULL;

    va_start(args, format);
    if (vasprintf(&line, format, args) < 0)
        line = NULL;
    va_end(args);
    print_line("vgi: ", vgi_str(line ? line : "out of memory"));
    free(line);
    if (code != CLI_OK)
        c->reported = true;
    return code;
}

int cli_tell_at(cli *c, const char *text, size_t at, const char *format, ...)
{
    enum { BEFORE = 60 };
    size_t begin = 0, column;
    va_list args;
    char *message = NULL;
    cli_text line = {0};

    while (cli_text_width((vgi_string){text + begin, at - begin}) > BEFORE)
        do
            begin++;
        while (((uint8_t)text[begin] & 0xc0) == 0x80);
    va_start(args, format);
    if (vasprintf(&message, format, args) < 0)
        message = NULL;
    va_end(args);
    cli_tell(c, CLI_USAGE, "%s", message ? message : "out of memory");
    free(message);
    cli_text_puts(&line, begin ? "     ..." : "     ");
    cli_text_visible(&line, (vgi_string){text + begin, at - begin});
    column = cli_text_width((vgi_string){line.data, line.size});
    cli_text_visible(&line, vgi_str(text + at));
    cli_text_char(&line, '\n');
    cli_text_repeat(&line, " ", column);
    cli_text_puts(&line, "^\n");
    fwrite(line.data, 1, line.size, stderr);
    cli_text_free(&line);
    return CLI_USAGE;
}

static const struct {
    vgi_status status;
    int code;
} CODES[] = {
    {VGI_ERR_NOT_FOUND, CLI_NOT_FOUND},
    {VGI_ERR_IO, CLI_NO_WORKER},
    {VGI_ERR_PROTOCOL, CLI_NO_WORKER},
};

/* A traceback and what a worker adds, line by line, with -v. */
static void print_details(const vgi_remote_error *remote)
{
    const char *p = remote->traceback.data, *end = p ? p + remote->traceback.size : NULL;

    while (p && p < end) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t size = (size_t)((stop ? stop : end) - p);

        print_line("  ", (vgi_string){p, size});
        p += size + 1;
    }
    if (remote->kind.size)
        print_line("  kind: ", remote->kind);
    if (remote->code.size)
        print_line("  code: ", remote->code);
    if (remote->details.size)
        print_line("  details: ", remote->details);
}

int cli_fail(cli *c, vgi_status status, const vgi_error *err)
{
    const vgi_remote_error *remote = c->client ? vgi_client_remote_error(c->client) : NULL;
    int code = CLI_FAILED;
    bool usable = !c->client || vgi_client_is_usable(c->client);

    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (CODES[i].status == status && (status == VGI_ERR_NOT_FOUND || !remote))
            code = CODES[i].code;
    if (!usable)
        code = CLI_NO_WORKER;
    cli_tell(c, code, "%s: %s", err->exception[0] ? err->exception : vgi_status_exception(status), err->message);
    if (remote && c->globals.verbose)
        print_details(remote);
    else if (remote && remote->traceback.size)
        print_line("", vgi_str("(-v shows the worker's traceback)"));
    return code;
}

/* Edits (a letter more, less, other, or two that changed places) from one name to the other, case ignored. */
static size_t distance(vgi_string a, vgi_string b)
{
    enum { MAX = 64 };
    size_t rows[3][MAX + 1];

    if (a.size > MAX || b.size > MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            int x = a.data[i - 1] | 0x20, y = b.data[j - 1] | 0x20;
            size_t best = above[j - 1] + (x != y);

            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && x == (b.data[j - 2] | 0x20) && y == (a.data[i - 2] | 0x20) &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a.size % 3][b.size];
}

void cli_suggest(cli_text *out, vgi_string name, const vgi_string *names, size_t count)
{
    size_t told = 0, most = name.size / 3 + 1;

    for (size_t want = 0; want <= most && !told; want++)
        for (size_t i = 0; i < count && told < 3; i++) {
            if (distance(name, names[i]) != want)
                continue;
            cli_text_puts(out, told++ ? " or '" : "; did you mean '");
            cli_text_visible(out, names[i]);
            cli_text_char(out, '\'');
        }
    if (told)
        cli_text_char(out, '?');
}

int cli_not_found(cli *c, const char *what, vgi_string name, const vgi_string *names, size_t count)
{
    cli_text line = {0};

    cli_text_printf(&line, "there is no %s '%.*s'", what, (int)name.size, name.data);
    cli_suggest(&line, name, names, count);
    cli_tell(c, CLI_NOT_FOUND, "%s", line.data);
    cli_text_free(&line);
    return CLI_NOT_FOUND;
}

/* ---- the worker ------------------------------------------------------------------------------------------------- */

static void print_log(void *user, const vgi_client_log *log)
{
    cli *c = user;
    cli_text head = {0};

    if (c->globals.quiet)
        return;
    cli_text_puts(&head, "worker ");
    cli_text_visible(&head, log->level);
    cli_text_puts(&head, ": ");
    print_line(head.data, log->message);
    cli_text_free(&head);
}

vgi_status cli_open(cli *c, vgi_client **ret, vgi_error *err)
{
    vgi_client_options options = {
        .timeout_ms = c->globals.timeout_ms.has ? c->globals.timeout_ms.value : 0,
        .connect_timeout_ms = c->globals.timeout_ms.has ? c->globals.timeout_ms.value : 0,
        .worker_stderr = c->globals.quiet ? VGI_STDERR_DISCARD : VGI_STDERR_INHERIT,
        .protocol_version = cli_cstr(c, c->globals.protocol_version),
        .log = print_log,
        .user = c,
        .shm_bytes = (size_t)c->globals.shm_bytes,
    };

    return vgi_client_open(c->location, &options, ret, err);
}

int cli_connect(cli *c)
{
    vgi_error err = {0};
    vgi_status status;

    if (c->client)
        return CLI_OK;
    status = c->result ? VGI_OK : vgi_result_new(&c->result, &err);
    if (status == VGI_OK)
        status = cli_open(c, &c->client, &err);
    return status == VGI_OK ? CLI_OK : cli_fail(c, status, &err);
}

int cli_catalogs(cli *c, vgi_catalog_info_list *ret)
{
    vgi_error err = {0};
    int code = cli_connect(c);
    vgi_status status;

    if (code != CLI_OK)
        return code;
    status = vgi_client_catalog_catalogs(c->client, c->result, ret, &err);
    return status == VGI_OK ? CLI_OK : cli_fail(c, status, &err);
}

/* The SQL type that the catalog declares for an attach option; VARCHAR where it declares none. */
static const char *option_type(cli *c, const vgi_catalog_info *info, vgi_string name)
{
    for (size_t i = 0; info && i < info->attach_option_specs.count; i++) {
        vgi_attach_option_spec spec = {0};
        const vgi_arrow_schema *schema = NULL;

        if (vgi_record_decode(c->result, VGI_RECORD_ATTACH_OPTION_SPEC, info->attach_option_specs.items[i], &spec,
                              sizeof spec, NULL) != VGI_OK ||
            spec.name.size != name.size || strncasecmp(spec.name.data, name.data, name.size) != 0)
            continue;
        if (vgi_schema_decode(c->result, spec.type, &schema, NULL) == VGI_OK && schema->n_fields == 1)
            return cli_cstr(c, vgi_type_sql(c->result, schema->fields[0]));
    }
    return "VARCHAR";
}

/* What --attachment and --transaction name; the rest says how a new attachment is made. */
static int attach_again(cli *c)
{
    vgi_error err = {0};
    vgi_status status;

    if (c->globals.attach_options.count || c->globals.data_version.data || c->globals.implementation_version.data)
        return cli_tell(c, CLI_USAGE, "--attachment names an attachment that has its options and versions already");
    status = vgi_attachment_from(c->client, c->globals.attachment, &c->attachment, &err);
    return status == VGI_OK ? CLI_OK : cli_fail(c, status, &err);
}

static int join(cli *c)
{
    vgi_error err = {0};
    vgi_status status = vgi_attachment_join(c->attachment, c->globals.transaction, &err);

    return status == VGI_OK ? CLI_OK : cli_fail(c, status, &err);
}

static int attach_anew(cli *c, const vgi_catalog_info *info)
{
    const vgi_string_map given = c->globals.attach_options;
    vgi_value *values = cli_keep(c, (given.count + 1) * sizeof *values);
    vgi_error err = {0};
    vgi_status status;

    for (size_t i = 0; i < given.count; i++)
        values[i] = (vgi_value){
            .name = cli_cstr(c, given.items[i].key),
            .type = option_type(c, info, given.items[i].key),
            .text = cli_cstr(c, given.items[i].value),
        };
    status = vgi_client_attach(c->client, cli_cstr(c, info->name),
                               &(vgi_attach_options){
                                   .options = values,
                                   .n_options = given.count,
                                   .data_version_spec = cli_cstr(c, c->globals.data_version),
                                   .implementation_version = cli_cstr(c, c->globals.implementation_version),
                               },
                               &c->attachment, &err);
    return status == VGI_OK ? CLI_OK : cli_fail(c, status, &err);
}

int cli_attach_named(cli *c, const vgi_catalog_info *info)
{
    int code;

    vgi_attachment_free(c->attachment);
    c->attachment = NULL;
    c->whole = NULL;
    c->catalog = info->name;
    code = c->globals.attachment.data ? attach_again(c) : attach_anew(c, info);
    return code == CLI_OK ? join(c) : code;
}

static bool same_name(vgi_string a, vgi_string b)
{
    return a.size == b.size && strncasecmp(a.data, b.data, a.size) == 0;
}

int cli_attach(cli *c)
{
    vgi_catalog_info_list catalogs = {0};
    vgi_string *names, wanted = c->globals.catalog;
    cli_text line = {0};
    int code;

    if (c->attachment)
        return CLI_OK;
    if (c->globals.attachment.data) {
        code = cli_connect(c);
        return code == CLI_OK ? cli_attach_named(c, &(vgi_catalog_info){.name = wanted}) : code;
    }
    code = cli_catalogs(c, &catalogs);
    if (code != CLI_OK)
        return code;
    names = cli_keep(c, (catalogs.count + 1) * sizeof *names);
    for (size_t i = 0; i < catalogs.count; i++) {
        names[i] = catalogs.items[i].name;
        if (wanted.data && same_name(wanted, names[i]))
            return cli_attach_named(c, &catalogs.items[i]);
    }
    if (wanted.data)
        return cli_not_found(c, "catalog", wanted, names, catalogs.count);
    if (catalogs.count == 1)
        return cli_attach_named(c, &catalogs.items[0]);
    for (size_t i = 0; i < catalogs.count; i++)
        cli_text_printf(&line, "%s%.*s", i ? ", " : "", (int)names[i].size, names[i].data);
    cli_tell(c, CLI_USAGE,
             catalogs.count ? "this worker has several catalogs: name one with --catalog: %s"
                            : "this worker has no catalog%s",
             line.data ? line.data : "");
    cli_text_free(&line);
    return catalogs.count ? CLI_USAGE : CLI_NOT_FOUND;
}

vgi_string_list cli_default_path(cli *c)
{
    vgi_string *name = cli_keep(c, sizeof *name);

    *name = vgi_attachment_info(c->attachment)->default_schema;
    if (!name->size)
        *name = vgi_str("main");
    return (vgi_string_list){name, 1, true};
}

void cli_done(cli *c)
{
    vgi_attachment_free(c->attachment);
    vgi_client_close(c->client);
    vgi_result_free(c->result);
    while (c->blocks) {
        cli_block *next = c->blocks->next;

        free(c->blocks);
        c->blocks = next;
    }
}
