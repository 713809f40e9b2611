/* `vgi trace`: stands between a client and a worker and tells what they say to each other. The bytes go through
 * relay.c, a tap of the library (vgi/sys/tap.h) makes calls of them, trace_text.c and trace_json.c write those. */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct trace_args {
    vgi_string output;
    vgi_string format;
    vgi_opt_int64 rows;
    vgi_string_list methods;
    bool shows_options;
    vgi_string_list worker;
} trace_args;

/* ---- writing ---------------------------------------------------------------------------------------------------- */

/* One write a record: other processes write the same file. What cannot be written is lost, and the relay goes on. */
static void write_record(const trace *t, const cli_text *record)
{
    size_t done = 0;

    while (done < record->size) {
        ssize_t n = write(t->fd, record->data + done, record->size - done);

        if (n < 0 && errno != EINTR)
            return;
        done += n > 0 ? (size_t)n : 0;
    }
}

static void note(const trace *t, const char *word, const char *text)
{
    cli_text record = {0};

    if (t->json)
        trace_json_note(t, word, text, &record);
    else
        trace_text_note(t, word, text, &record);
    write_record(t, &record);
    cli_text_free(&record);
}

static bool is_wanted(const trace *t, const vgi_tap_event *event)
{
    if (t->methods.count == 0 || event->kind == VGI_TAP_LOST)
        return true;
    for (size_t i = 0; i < t->methods.count; i++)
        if (vgi_string_equal(t->methods.items[i], event->call->method))
            return true;
    return false;
}

static void take_event(void *user, const vgi_tap_event *event)
{
    const trace *t = user;
    cli_text record = {0};

    if (!is_wanted(t, event))
        return;
    if (t->json)
        trace_json_event(t, event, &record);
    else
        trace_text_event(t, event, &record);
    write_record(t, &record);
    cli_text_free(&record);
    vgi_result_clear(t->result);
}

/* ---- the relay -------------------------------------------------------------------------------------------------- */

static void take_bytes(cli_relay *relay, vgi_tap_side side, const void *bytes, size_t size)
{
    vgi_tap_feed(((trace *)relay)->tap, side, bytes, size);
}

static bool looks_first(cli_relay *relay)
{
    return vgi_tap_shares_memory(((const trace *)relay)->tap);
}

static void take_end(cli_relay *relay, vgi_tap_side side)
{
    vgi_tap_finish(((trace *)relay)->tap, side);
}

/* ---- the worker ------------------------------------------------------------------------------------------------- */

static bool is_reached(const char *word)
{
    return strncmp(word, "unix://", 7) == 0 || strncmp(word, "tcp://", 6) == 0 || strncmp(word, "launch:", 7) == 0;
}

static int reach(const trace *t, const char *location, cli_worker *ret)
{
    vgi_error err = {0};
    int64_t timeout_ms = t->c->globals.timeout_ms.has ? t->c->globals.timeout_ms.value : 0;
    vgi_status status = vgi_location_connect(location, timeout_ms, &ret->from, &err);

    if (status != VGI_OK)
        return cli_tell(t->c, CLI_NO_WORKER, "%s", err.message);
    ret->pid = 0;
    ret->to = fcntl(ret->from, F_DUPFD_CLOEXEC, 3);
    return ret->to >= 0 ? CLI_OK : cli_tell(t->c, CLI_FAILED, "no descriptor is left: %s", strerror(errno));
}

/* One word with blanks is a LOCATION, which the shell takes apart; else the words are the program's. */
static int start(const trace *t, const vgi_string_list *words, cli_worker *ret)
{
    const char **argv = cli_keep(t->c, (words->count + 3) * sizeof *argv);
    size_t n = 0;
    int code;

    if (words->count == 1 && strpbrk(words->items[0].data, " \t\n")) {
        argv[n++] = "sh";
        argv[n++] = "-c";
    }
    for (size_t i = 0; i < words->count; i++)
        argv[n++] = cli_cstr(t->c, words->items[i]);
    code = cli_worker_start((char *const *)argv, ret);
    if (code != 0)
        return cli_tell(t->c, CLI_NO_WORKER, "'%s' cannot be run: %s", argv[0], strerror(code));
    return CLI_OK;
}

/* Ends as a signal ends a program. */
static int die_of(int number)
{
    sigset_t set;

    (void)signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    (void)raise(number);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
    return 128 + number;
}

/* How the worker ended is told, and becomes how we end. */
static int finish(const trace *t, const cli_relay_end *end)
{
    char text[96];

    if (end->what)
        return cli_tell(t->c, CLI_FAILED, "%s: %s", end->what, strerror(end->code));
    if (end->signal)
        return die_of(end->signal);
    if (!end->has_status) {
        note(t, "exit", "the connection is closed");
        return CLI_OK;
    }
    if (WIFSIGNALED(end->status)) {
        snprintf(text, sizeof text, "signal %d (%s)", WTERMSIG(end->status), strsignal(WTERMSIG(end->status)));
        note(t, "exit", text);
        return die_of(WTERMSIG(end->status));
    }
    snprintf(text, sizeof text, "exit status %d", WEXITSTATUS(end->status));
    note(t, "exit", text);
    return WEXITSTATUS(end->status);
}

static void tell_start(const trace *t, const vgi_string_list *words, const cli_worker *worker)
{
    cli_text line = {0};

    /* The other words may hold a password. */
    cli_text_add(&line, words->items[0].data, strcspn(words->items[0].data, " \t\n"));
    if (worker->pid)
        cli_text_printf(&line, ", process %d", (int)worker->pid);
    note(t, "start", line.data);
    cli_text_free(&line);
}

/* ---- the command ------------------------------------------------------------------------------------------------ */

static int open_output(trace *t, vgi_string path)
{
    t->fd = STDERR_FILENO;
    if (!path.data)
        return CLI_OK;
    t->fd = open(path.data, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return t->fd >= 0 ? CLI_OK : cli_tell(t->c, CLI_FAILED, "'%s' cannot be written: %s", path.data, strerror(errno));
}

static int prepare(trace *t, const trace_args *args)
{
    vgi_tap_options options = {.event = take_event, .user = t};
    vgi_error err = {0};
    vgi_status status;

    if (args->worker.count == 0)
        return cli_tell(t->c, CLI_USAGE, "trace: the worker is missing: vgi trace -- WORKER [ARG ...]");
    if (args->format.data && !vgi_string_equal(args->format, vgi_str("text")) &&
        !vgi_string_equal(args->format, vgi_str("json")))
        return cli_tell(t->c, CLI_USAGE, "--format: '%s' is not one of: text json", args->format.data);
    t->json = vgi_string_equal(args->format, vgi_str("json"));
    status = vgi_result_new(&t->result, &err);
    if (status == VGI_OK)
        status = vgi_tap_new(&options, &t->tap, &err);
    if (status != VGI_OK)
        return cli_fail(t->c, status, &err);
    return open_output(t, args->output);
}

static int run_trace(cli *c, const void *given)
{
    enum { SHOWN_ROWS = 5 };
    const trace_args *args = given;
    trace t = {.relay = {.bytes = take_bytes, .first = looks_first, .end = take_end},
               .c = c,
               .fd = -1,
               .shows_options = args->shows_options,
               .rows = args->rows.has ? args->rows.value : SHOWN_ROWS,
               .methods = args->methods};
    cli_worker worker = {.to = -1, .from = -1};
    cli_relay_end end = {0};
    int code = prepare(&t, args);

    if (code == CLI_OK)
        code = args->worker.count == 1 && is_reached(args->worker.items[0].data)
                   ? reach(&t, args->worker.items[0].data, &worker)
                   : start(&t, &args->worker, &worker);
    if (code == CLI_OK) {
        tell_start(&t, &args->worker, &worker);
        cli_relay_run(&t.relay, &worker, &end);
        code = finish(&t, &end);
    }
    vgi_tap_free(t.tap);
    vgi_result_free(t.result);
    if (t.fd > STDERR_FILENO)
        close(t.fd);
    return code;
}

#define A(member) .offset = offsetof(trace_args, member)

static const cli_field FIELDS[] = {
    {"WORKER [ARG ...]", "a program and its words, a LOCATION in quotes, unix://..., tcp://... or launch:...",
     A(worker), .kind = CLI_CHECKS, .optional = true},
    {"--output", "the file to append to; stderr where there is none", A(output), .letter = 'o'},
    {"--format", "text (the default), json (a line an event)", A(format)},
    {"--rows", "how many rows of a batch and items of a list are shown (5); 0: none", A(rows), .kind = CLI_OPT_INT64},
    {"--methods", "only calls of these methods", A(methods), .kind = CLI_TEXTS},
    {"--show-options", "values of attach options and of settings as they are, not hashed", A(shows_options),
     .kind = CLI_FLAG},
    {0},
};

const cli_command CLI_TRACE = {
    .name = "trace",
    .group = "Looking",
    .summary = "Runs a worker and tells all that a client and it say to each other.",
    .description =
        "It stands where the worker stood, passes all bytes on unchanged, and ends as the worker ends. An engine\n"
        "starts several workers: they write one file, each line with time and process. Secrets, states, tokens\n"
        "and other opaque values are shown as sha256:... and so are options and settings; rows of data are shown\n"
        "as they are (--rows 0: not at all).",
    .examples = "  ATTACH 'hello' (TYPE vgi, LOCATION 'vgi trace -o hello.trace -- ./hello')\n"
                "  vgi call 'vgi trace ./hello' 'add_ints(19, 23)'\n"
                "  vgi scan 'vgi trace --format json -o trace.json -- launch:./hello' numbers\n",
    .fields = FIELDS,
    .args_size = sizeof(trace_args),
    .run = run_trace,
    .no_location = true,
};
