/* The command line of a program that serves: one const row a word. rpc/program calls it. */
#include "rpc/command_line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/real.h"
#include "observe/log.h"

enum { MAX_CONNECTIONS = 64 };

typedef struct word {
    const char *name;
    const char *value; /* what the value is called in --help; NULL: takes none */
    const char *help;
    /* NULL: accepted, and without effect here. */
    bool (*set)(vg_command_line *line, const char *value);
    const char *expected; /* of the value, where set can refuse it */
    /* Instead of `set`, where a refusal needs a sentence of its own. */
    vgi_status (*take)(vg_command_line *line, const char *value, vgi_error *err);
} word;

static bool set_unix(vg_command_line *line, const char *value)
{
    line->unix_path = value;
    return *value != '\0';
}

static bool set_tcp(vg_command_line *line, const char *value)
{
    line->tcp_address = value;
    return *value != '\0';
}

static bool set_idle_timeout(vg_command_line *line, const char *value)
{
    char *end;

    errno = 0;
    line->idle_timeout_s = vg_real_read(value, &end);
    return end != value && *end == '\0' && errno == 0 && line->idle_timeout_s < 1e9 && line->idle_timeout_s > -1e9;
}

static bool set_max_connections(vg_command_line *line, const char *value)
{
    char *end;
    long n;

    errno = 0;
    n = strtol(value, &end, 10);
    line->max_connections = (int)n;
    return end != value && *end == '\0' && errno == 0 && n >= 0 && n <= 1000000;
}

static bool set_access_log(vg_command_line *line, const char *value)
{
    line->access_log = value;
    return *value != '\0';
}

static bool set_log(vg_command_line *line, const char *value)
{
    line->log = value;
    return *value != '\0';
}

static bool set_log_level(vg_command_line *line, const char *value)
{
    return vg_log_level_parse(value, &line->log_level);
}

static bool set_log_format(vg_command_line *line, const char *value)
{
    line->log_is_json = strcmp(value, "json") == 0;
    return line->log_is_json || strcmp(value, "text") == 0;
}

static vgi_status take_limit(vg_command_line *line, const char *value, vgi_error *err)
{
    return vg_limits_set(&line->limits, value, err);
}

static bool set_owner(vg_command_line *line, const char *value)
{
    (void)value;
    line->is_owner = true;
    return true;
}

static bool set_help(vg_command_line *line, const char *value)
{
    (void)value;
    line->help = true;
    return true;
}

static bool set_version(vg_command_line *line, const char *value)
{
    (void)value;
    line->version = true;
    return true;
}

static const word WORDS[] = {
    {"--unix", "PATH", "serve on a unix socket at PATH", set_unix, "a path", NULL},
    {"--tcp", "[HOST:]PORT", "serve on a TCP port, of 127.0.0.1 unless HOST is given; 0: a free one", set_tcp,
     "[HOST:]PORT", NULL},
    {"--idle-timeout", "SECONDS", "end when nobody has been connected for so long; 0: never (the default)",
     set_idle_timeout, "a number of seconds", NULL},
    {"--max-connections", "N", "serve at most N connections at once (default 64); 0: any number", set_max_connections,
     "a number from 0 on", NULL},
    {"--access-log", "PATH", "append a JSON line a call to PATH; {pid} and {server_id} in it are replaced",
     set_access_log, "a path", NULL},
    {"--log", "PATH", "append a line to PATH for every attachment, transaction and failure; stderr: there", set_log,
     "a path, or stderr", NULL},
    {"--log-level", "LEVEL", "of --log: debug (every call), info (the default), warn or error", set_log_level,
     "debug, info, warn or error", NULL},
    {"--log-format", "FORMAT", "of --log: text (the default) or json", set_log_format, "text or json", NULL},
    {"--limit", "NAME=NUMBER", "what one caller may ask for; the limits stand below", NULL, "NAME=NUMBER", take_limit},
    {"--access-log-debug", NULL, "accepted for what others need it for: payloads are never logged", NULL, NULL, NULL},
    {"--threaded", NULL, "accepted for what others need it for: connections are always served at once", NULL, NULL,
     NULL},
    {"--describe", NULL, "accepted for what others need it for: descriptions are always offered", NULL, NULL, NULL},
    {"--owner", NULL, "keep the transactions of other workers with these words; they start one when it is needed",
     set_owner, NULL, NULL},
    {"--help", NULL, "show this", set_help, NULL, NULL},
    {"--version", NULL, "show the program's version", set_version, NULL, NULL},
};
enum { N_WORDS = sizeof WORDS / sizeof *WORDS, MAX_COMPARED = 32, NEAR = 3 };

/* How many letters must be added, dropped or changed to make `b` of `a`; large where either is long. */
static int distance(const char *a, const char *b)
{
    int row[MAX_COMPARED + 1];
    size_t n = strlen(b);

    if (n > MAX_COMPARED || strlen(a) > MAX_COMPARED)
        return MAX_COMPARED;
    for (size_t j = 0; j <= n; j++)
        row[j] = (int)j;
    for (size_t i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= n; j++) {
            int change = diagonal + (a[i - 1] != b[j - 1]), drop = row[j] + 1, add = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = change < drop ? (change < add ? change : add) : (drop < add ? drop : add);
        }
    }
    return row[n];
}

static vgi_status unknown(const char *text, vgi_error *err)
{
    const char *nearest = NULL;
    int best = NEAR + 1;

    for (size_t i = 0; i < N_WORDS; i++) {
        int far = distance(text, WORDS[i].name);
        if (far < best) {
            best = far;
            nearest = WORDS[i].name;
        }
    }
    if (nearest)
        return vgi_error_set(err, VGI_ERR_VALUE, "unknown word '%s'; did you mean %s?", text, nearest);
    return vgi_error_set(err, VGI_ERR_VALUE, "unknown word '%s'; --help lists the known ones", text);
}

static const word *find(const char *text)
{
    for (size_t i = 0; i < N_WORDS; i++)
        if (strcmp(text, WORDS[i].name) == 0)
            return &WORDS[i];
    return NULL;
}

/* `said` is how the value was named: by the word itself, or by a variable of the environment. */
static vgi_status give_value(const word *known, const char *said, const char *value, vg_command_line *ret,
                             vgi_error *err)
{
    if (known->take)
        return known->take(ret, value, err);
    if (known->set && !known->set(ret, value))
        return vgi_error_set(err, VGI_ERR_VALUE, "%s '%s': expected %s", said, value, known->expected);
    return VGI_OK;
}

static vgi_status take_word(const word *known, int argc, char **argv, int *i, vg_command_line *ret, vgi_error *err)
{
    const char *value = NULL;

    if (known->value) {
        if (*i + 1 >= argc)
            return vgi_error_set(err, VGI_ERR_VALUE, "%s needs %s behind it", known->name, known->expected);
        value = argv[++*i];
    }
    return give_value(known, known->name, value, ret, err);
}

/* Words that the environment can say, too (rpc.md §17). */
static const struct {
    const char *variable, *word;
} VARIABLES[] = {
    {"VGI_RPC_MAX_CONNECTIONS", "--max-connections"},
    {"VGI_RPC_ACCESS_LOG", "--access-log"},
    {"VGI_RPC_LIMITS", "--limit"},
    {"VGI_LOG", "--log"},
    {"VGI_LOG_LEVEL", "--log-level"},
    {"VGI_LOG_FORMAT", "--log-format"},
};

/* What is not said on the command line: the environment, else the defaults. */
static vgi_status take_environment(vg_command_line *ret, vgi_error *err)
{
    *ret = (vg_command_line){.max_connections = MAX_CONNECTIONS, .log_level = VGI_LOG_INFO};
    for (size_t i = 0; i < sizeof VARIABLES / sizeof *VARIABLES; i++) {
        const char *value = getenv(VARIABLES[i].variable);

        if (value && *value)
            VGI_TRY(give_value(find(VARIABLES[i].word), VARIABLES[i].variable, value, ret, err));
    }
    return VGI_OK;
}

vgi_status vg_command_line_parse(const vg_own_words *own, int argc, char **argv, vg_command_line *ret, vgi_error *err)
{
    size_t n_taken = 0;

    VGI_TRY(take_environment(ret, err));
    for (int i = 1; i < argc; i++) {
        const word *known = find(argv[i]);
        int first = i;
        vgi_status status;
        if (known)
            status = take_word(known, argc, argv, &i, ret, err);
        else if (own->parse_arg)
            status = own->parse_arg(own->user, argc, argv, &i, err);
        else
            status = unknown(argv[i], err);
        if (status != VGI_OK)
            return vgi_error_set(err, VGI_ERR_VALUE, "'%s' cannot be used", argv[i < argc ? i : argc - 1]);
        for (; (!known || known->take) && own->taken && first <= i && first < argc; first++)
            own->taken[n_taken++] = argv[first];
    }
    if (own->taken)
        own->taken[n_taken] = NULL;
    if (ret->is_owner && (!own->may_own || !ret->unix_path))
        return vgi_error_set(err, VGI_ERR_VALUE,
                             "--owner is for workers that start another one, with --unix and a path of theirs");
    if (ret->unix_path && ret->tcp_address)
        return vgi_error_set(err, VGI_ERR_VALUE, "--unix and --tcp exclude each other");
    return VGI_OK;
}

void vg_command_line_help(const vg_own_words *own, const char *program, const char *about, int fd)
{
    dprintf(fd, "usage: %s [options]\n\n%s\n\n", program, about);
    for (size_t i = 0; i < N_WORDS; i++) {
        const char *value = WORDS[i].value ? WORDS[i].value : "";

        if (WORDS[i].set == set_owner && !own->may_own)
            continue;
        dprintf(fd, "  %s %s%*s%s\n", WORDS[i].name, value, (int)(30 - strlen(WORDS[i].name) - strlen(value)), "",
                WORDS[i].help);
    }
    dprintf(fd,
            "\nLimits, for --limit and, with commas between several, VGI_RPC_LIMITS; K, M, G are powers of 1,024:\n");
    for (size_t i = 0; i < VG_N_LIMIT_ROWS; i++)
        dprintf(fd, "  %-24s %s (default %" PRId64 ")\n", VG_LIMIT_ROWS[i].name, VG_LIMIT_ROWS[i].help,
                vg_limit_get(&VG_DEFAULT_LIMITS, &VG_LIMIT_ROWS[i]));
    if (own->usage)
        dprintf(fd, "\n%s\n", own->usage);
}
