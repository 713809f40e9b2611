/* vgi, the command line: finds the command, reads its words, runs it. The manual is `vgi help`. */
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"

#define G(member) .offset = offsetof(cli_globals, member)

const cli_field CLI_GLOBALS[] = {
    {"--output", "table (the default), csv, json (a row a line), arrow (IPC stream)", G(output), .letter = 'o',
     .choices = "table csv json arrow"},
    {"--catalog", "the catalog to attach, where the worker has several", G(catalog), .letter = 'c'},
    {"--attach-option", "what ATTACH has in its parentheses; may be repeated", G(attach_options), .letter = 'A',
     .kind = CLI_MAP},
    {"--data-version", "the data version to attach", G(data_version)},
    {"--implementation-version", "the implementation version to attach", G(implementation_version)},
    {"--attachment", "attach data of an earlier `vgi attach`, which is not made anew; its default schema is main",
     G(attachment), .kind = CLI_OPAQUE},
    {"--transaction", "the transaction of an earlier `vgi transaction-begin`", G(transaction), .kind = CLI_OPAQUE},
    {"--protocol", "the dialect tried first: 2.0.0 to 2.2.0", G(protocol_version)},
    {"--timeout-ms", "how long one answer may take", G(timeout_ms), .kind = CLI_OPT_INT64},
    {"--shm", "memory to share with the worker, for large batches: 16M, ...; 0: none (the default)", G(shm_bytes),
     .kind = CLI_SIZE},
    {"--color", "auto (on a terminal, unless NO_COLOR is set), always, never", G(color),
     .choices = "auto always never"},
    {"--width", "columns of a table; 0: no limit (the default where stdout is no terminal)", G(width),
     .kind = CLI_OPT_INT64},
    {"--verbose", "tell tracebacks, and what else a worker says of its errors", G(verbose), .letter = 'v',
     .kind = CLI_FLAG},
    {"--quiet", "neither the worker's log messages nor its stderr", G(quiet), .letter = 'q', .kind = CLI_FLAG},
    {"--help", "this text", G(help), .letter = 'h', .kind = CLI_FLAG},
    {0},
};

static const cli_command HELP = {
    .name = "help",
    .group = "This program",
    .summary = "Tells what the commands do.",
    .examples = "  vgi help\n  vgi help scan\n",
    .fields = CLI_HELP_FIELDS,
    .args_size = sizeof(vgi_string),
    .run = cli_help_run,
    .no_location = true,
};
static const cli_command COMPLETION = {
    .name = "completion",
    .group = "This program",
    .summary = "Prints the completion for a shell.",
    .examples = "  eval \"$(vgi completion bash)\"\n"
                "  vgi completion zsh > ~/.zfunc/_vgi          # a folder of $fpath\n"
                "  vgi completion fish > ~/.config/fish/completions/vgi.fish\n",
    .fields = CLI_COMPLETION_FIELDS,
    .args_size = sizeof(vgi_string),
    .run = cli_completion_run,
    .no_location = true,
};
static const cli_command MAN = {
    .name = "man",
    .group = "This program",
    .summary = "Prints the man page.",
    .examples = "  vgi man | man -l -\n",
    .args_size = 1,
    .run = cli_man_run,
    .no_location = true,
};

static const cli_command *const FIRST[] = {&CLI_LS,    &CLI_DESCRIBE, &CLI_SCAN,  &CLI_CALL, &CLI_INSERT,
                                           &CLI_TRACE, &CLI_PING,     &CLI_BENCH, &CLI_CHECK};
static const cli_command *const LAST[] = {&HELP, &COMPLETION, &MAN};

size_t cli_commands(const cli_command *ret[CLI_MAX_COMMANDS])
{
    size_t count = sizeof FIRST / sizeof *FIRST;

    memcpy(ret, FIRST, sizeof FIRST);
    count += cli_method_commands(ret + count, CLI_MAX_COMMANDS - count - sizeof LAST / sizeof *LAST);
    memcpy(ret + count, LAST, sizeof LAST);
    return count + sizeof LAST / sizeof *LAST;
}

const cli_command *cli_command_find(vgi_string name)
{
    const cli_command *commands[CLI_MAX_COMMANDS];
    size_t count = cli_commands(commands);

    for (size_t i = 0; i < count; i++)
        if (vgi_string_equal(name, vgi_str(commands[i]->name)))
            return commands[i];
    return NULL;
}

/* What stdout can show. */
static void look_at_terminal(cli *c)
{
    struct winsize size = {0};
    bool terminal = isatty(STDOUT_FILENO);
    const char *columns = getenv("COLUMNS"), *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    c->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    c->color = terminal && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
    if (c->globals.color.data && strcmp(c->globals.color.data, "auto") != 0)
        c->color = strcmp(c->globals.color.data, "always") == 0;
    if (terminal)
        c->width = columns && atoi(columns) > 0                                      ? atoi(columns)
                   : ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                                     : 80;
    if (c->globals.width.has)
        c->width = c->globals.width.value > 100000 ? 0 : (int)c->globals.width.value;
}

static int print_help(const cli_command *command)
{
    cli_text out = {0};

    if (command)
        cli_help_command(command, &out);
    else
        cli_help_all(&out);
    fwrite(out.data, 1, out.size, stdout);
    cli_text_free(&out);
    return CLI_OK;
}

static int run(cli *c, int argc, char **argv)
{
    void *args = cli_keep(c, c->command->args_size);
    int code = cli_fields_parse(c, argc, argv, args);

    if (code != CLI_OK)
        return code;
    if (c->globals.help)
        return print_help(c->command);
    look_at_terminal(c);
    return c->command->run(c, args);
}

int main(int argc, char **argv)
{
    cli c = {0};
    vgi_string name = argc > 1 ? vgi_str(argv[1]) : (vgi_string){0};
    int code;

    setlocale(LC_CTYPE, "");
    if (argc < 2) {
        cli_text out = {0};

        cli_help_all(&out);
        fwrite(out.data, 1, out.size, stderr);
        cli_text_free(&out);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_help(NULL);
    c.command = cli_command_find(name);
    if (c.command) {
        code = run(&c, argc - 2, argv + 2);
    } else {
        c.command = &HELP;
        code = cli_help_run(&c, &name);
    }
    if (fflush(stdout) != 0 && code == CLI_OK)
        code = cli_tell(&c, CLI_FAILED, "stdout cannot be written to");
    cli_done(&c);
    return code;
}
