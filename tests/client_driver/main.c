/* The loop of the driver, and its connection. See driver.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

enum { SHM_BYTES = 4 << 20 };

/* ---- connecting -------------------------------------------------------------------------------------------------- */

/* One word of a shell's command line, in quotes. */
static void put_word(FILE *out, const char *word)
{
    fputs(" '", out);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    fputc('\'', out);
}

/* The location for a transport and its target; NULL where the target is of another kind. */
static char *location_of(const char *transport, const json_t *target)
{
    size_t size, i;
    char *text = NULL;
    FILE *out;
    json_t *word;

    if (json_is_array(target) != (strcmp(transport, "stdio") == 0 || strcmp(transport, "shm") == 0) ||
        (!json_is_array(target) && !json_is_string(target)))
        return NULL;
    out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    if (json_is_array(target)) {
        fputs("exec", out);
        json_array_foreach(target, i, word) put_word(out, json_is_string(word) ? json_string_value(word) : "");
    } else if (strcmp(transport, "http") == 0) {
        fputs(json_string_value(target), out);
    } else {
        const char *where = json_string_value(target);

        fprintf(out, "%s://%s%s", transport, strcmp(transport, "tcp") == 0 && *where == ':' ? "127.0.0.1" : "", where);
    }
    fclose(out);
    return text;
}

static json_t *op_connect(driver *d, const json_t *line)
{
    const char *transport = json_string_value(json_object_get(line, "transport"));
    const char *protocol = json_string_value(json_object_get(line, "protocol"));
    const json_int_t shm_size = json_integer_value(json_object_get(line, "shm_size"));
    vgi_client_options options = {.log = add_log, .user = d};
    vgi_error err = {0};
    vgi_status status;
    char *location;

    if (d->client)
        return refuse("there is a connection already");
    if (!transport || !protocol)
        return refuse("connect needs transport and protocol");
    d->wants_shm = strcmp(transport, "shm") == 0;
    if (d->wants_shm)
        options.shm_bytes = shm_size > 0 ? (size_t)shm_size : SHM_BYTES;
    location = location_of(transport, json_object_get(line, "target"));
    if (!location)
        return refuse("the target does not fit transport %s", transport);
    status = vgi_client_open(location, &options, &d->client, &err);
    free(location);
    if (status != VGI_OK)
        return refuse_because(&err);
    d->protocol = strdup(protocol);
    return d->protocol ? json_pack("{s:b}", "ok", 1) : refuse("no memory");
}

static void hang_up(driver *d)
{
    vgi_rpc_stream_free(d->stream);
    vgi_client_close(d->client);
    d->stream = NULL;
    d->client = NULL;
}

static json_t *op_shutdown(driver *d, const json_t *line)
{
    (void)line;
    hang_up(d);
    d->is_over = true;
    return json_pack("{s:b}", "ok", 1);
}

/* The client has no HTTP: no connection is one. */
static json_t *op_http(driver *d, const json_t *line)
{
    (void)d;
    (void)line;
    return refuse("op requires http transport");
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    operation *run;
    bool needs_connection;
} OPERATIONS[] = {
    {"connect", op_connect, false},
    {"describe", op_describe, true},
    {"shutdown", op_shutdown, false},
    {"unary", op_unary, true},
    {"stream_open", op_stream_open, true},
    {"tick", op_tick, true},
    {"next_with_token", op_next_with_token, true},
    {"exchange", op_exchange, true},
    {"cancel", op_cancel, true},
    {"close", op_close, true},
    {"capabilities", op_http, false},
    {"request_upload_urls", op_http, false},
    {"session_begin", op_http, false},
    {"session_token", op_http, false},
    {"session_echo_headers", op_http, false},
    {"session_detach", op_http, false},
    {"session_end", op_http, false},
};

static json_t *run(driver *d, const json_t *line)
{
    const char *name = json_string_value(json_object_get(line, "op"));

    for (size_t i = 0; name && i < sizeof OPERATIONS / sizeof *OPERATIONS; i++)
        if (strcmp(name, OPERATIONS[i].name) == 0)
            return OPERATIONS[i].needs_connection && !d->client ? refuse("there is no connection")
                                                                : OPERATIONS[i].run(d, line);
    return refuse("there is no operation '%.40s'", name ? name : "");
}

/* Answers one line. False: the channel is of no use any more. */
static bool answer(driver *d, const char *text, size_t size)
{
    json_t *line = json_loadb(text, size, JSON_ALLOW_NUL, NULL), *reply;
    bool is_written;

    vgi_result_clear(d->memory);
    d->logs = json_array();
    reply = json_is_object(line) ? run(d, line) : refuse("the line is no JSON object");
    json_object_set_new(reply, "logs", d->logs);
    d->logs = NULL; /* what comes behind the last answer is nobody's */
    is_written = reply && json_dumpf(reply, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF && fflush(stdout) == 0;
    json_decref(reply);
    json_decref(line);
    return is_written;
}

int main(void)
{
    bool is_well = true;
    size_t capacity = 0;
    char *line = NULL;
    driver d = {0};
    ssize_t size;

    if (vgi_result_new(&d.memory, NULL) != VGI_OK)
        return 1;
    while (is_well && !d.is_over && (size = getline(&line, &capacity, stdin)) > 0)
        is_well = answer(&d, line, (size_t)size);
    hang_up(&d);
    vgi_result_free(d.memory);
    free(d.protocol);
    free(line);
    return is_well ? 0 : 1;
}
