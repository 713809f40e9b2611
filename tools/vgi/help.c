/* `vgi help`, every --help and the man page: all read from the command table. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const char EXIT_CODES[][72] = {
    "0  done",
    "1  the worker answered with an error, or something else went wrong",
    "2  the command line cannot be understood",
    "3  there is no catalog, schema, table, function, ... of that name",
    "4  no worker answers at the location, or not in time",
};

static const char LOCATIONS[][80] = {
    "a command line    is run, and talked to over its stdin and stdout",
    "unix://PATH       a worker that listens on a unix socket",
    "tcp://HOST:PORT   a worker that listens on TCP",
    "launch:COMMAND    one worker for all who launch the same command",
};

static void put_lines(const char *lines, size_t count, size_t size, cli_text *out)
{
    for (size_t i = 0; i < count; i++)
        cli_text_printf(out, "  %s\n", lines + i * size);
}

/* What an option's value is called. */
static const char *value_name(const cli_field *field)
{
    static const char *const NAMES[] = {
        [CLI_TEXT] = "TEXT",      [CLI_OBJECT] = "NAME",     [CLI_PATH] = "PATH",           [CLI_INT64] = "N",
        [CLI_OPT_INT64] = "N",    [CLI_TEXTS] = "A,B,...",   [CLI_TEXT_GROUPS] = "A,B,...", [CLI_CHECKS] = "TEXT",
        [CLI_MAP] = "NAME=VALUE", [CLI_COLUMNS] = "COLUMNS", [CLI_VALUES] = "NAME=VALUE",   [CLI_OPAQUE] = "HEX",
        [CLI_ENUM] = "WORD",      [CLI_SIZE] = "SIZE",
    };

    return field->kind < sizeof NAMES / sizeof *NAMES ? NAMES[field->kind] : NULL;
}

static void put_usage(const cli_command *command, cli_text *out)
{
    const char *rest = NULL;
    bool options = false;

    cli_text_printf(out, "vgi %s", command->name);
    if (!command->no_location)
        cli_text_puts(out, " LOCATION");
    for (const cli_field *f = command->fields; f && f->name; f++) {
        if (f->name[0] == '-')
            options = true;
        else if (f->kind == CLI_CHECKS)
            rest = f->name;
        else
            cli_text_printf(out, f->optional ? " [%s]" : " %s", f->name);
    }
    if (options)
        cli_text_puts(out, " [OPTION ...]");
    if (rest)
        cli_text_printf(out, " -- %s", rest);
    cli_text_char(out, '\n');
}

static void put_field(const cli_field *field, cli_text *out)
{
    const char *value = field->name[0] == '-' && field->kind != CLI_FLAG ? value_name(field) : NULL;
    cli_text head = {0};

    if (field->letter)
        cli_text_printf(&head, "-%c, ", field->letter);
    cli_text_puts(&head, field->name);
    if (value)
        cli_text_printf(&head, " %s", value);
    cli_text_printf(out, head.size > 27 ? "  %s\n%30s%s\n" : "  %-27s %s%s\n", head.data,
                    head.size > 27 ? "" : field->help, head.size > 27 ? field->help : "");
    cli_text_free(&head);
}

static bool has_field(const cli_field *fields, const char *name)
{
    for (; fields && fields->name; fields++)
        if (strcmp(fields->name, name) == 0)
            return true;
    return false;
}

/* Those of `fields` that `instead` (nullable) has no other meaning for. */
static void put_fields(const cli_field *fields, const cli_field *instead, bool options, const char *title,
                       cli_text *out)
{
    bool titled = false;

    for (const cli_field *f = fields; f && f->name; f++) {
        if ((f->name[0] == '-') != options || has_field(instead, f->name))
            continue;
        if (!titled)
            cli_text_printf(out, "\n%s\n", title);
        titled = true;
        put_field(f, out);
    }
}

void cli_help_command(const cli_command *command, cli_text *out)
{
    cli_text_puts(out, "Usage: ");
    put_usage(command, out);
    cli_text_printf(out, "\n%s\n", command->summary);
    if (command->description)
        cli_text_printf(out, "%s\n", command->description);
    put_fields(command->fields, NULL, false, "Words:", out);
    put_fields(command->fields, NULL, true, "Options:", out);
    put_fields(CLI_GLOBALS, command->fields, true, "Options of every command:", out);
    if (command->examples)
        cli_text_printf(out, "\nExamples:\n%s", command->examples);
}

void cli_help_all(cli_text *out)
{
    const cli_command *commands[CLI_MAX_COMMANDS];
    size_t count = cli_commands(commands);
    const char *group = "";

    cli_text_puts(out, "vgi looks into VGI workers of any language, and talks to them as an engine does.\n\n"
                       "Usage: vgi COMMAND LOCATION [WORD ...] [OPTION ...]\n\nLOCATION is what an engine's is:\n");
    put_lines(LOCATIONS[0], sizeof LOCATIONS / sizeof *LOCATIONS, sizeof *LOCATIONS, out);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(group, commands[i]->group) != 0)
            cli_text_printf(out, "\n%s:\n", group = commands[i]->group);
        cli_text_printf(out, "  %-28s %s\n", commands[i]->name, commands[i]->summary);
    }
    put_fields(CLI_GLOBALS, NULL, true, "Options of every command:", out);
    cli_text_puts(out, "\nExit codes:\n");
    put_lines(EXIT_CODES[0], sizeof EXIT_CODES / sizeof *EXIT_CODES, sizeof *EXIT_CODES, out);
    cli_text_puts(out, "\nvgi help COMMAND tells more about one.\n");
}

/* ---- vgi help --------------------------------------------------------------------------------------------------- */

typedef struct help_args {
    vgi_string name;
} help_args;

const cli_field CLI_HELP_FIELDS[] = {
    {"COMMAND", "the command to tell about", .offset = offsetof(help_args, name), .optional = true},
    {0},
};
const size_t CLI_HELP_SIZE = sizeof(help_args);

static int unknown_command(cli *c, vgi_string name)
{
    const cli_command *commands[CLI_MAX_COMMANDS];
    vgi_string names[CLI_MAX_COMMANDS];
    size_t count = cli_commands(commands);
    cli_text line = {0};

    for (size_t i = 0; i < count; i++)
        names[i] = vgi_str(commands[i]->name);
    cli_text_printf(&line, "there is no command '%.*s'", (int)name.size, name.data);
    cli_suggest(&line, name, names, count);
    cli_tell(c, CLI_USAGE, "%s", line.data);
    cli_text_free(&line);
    return CLI_USAGE;
}

int cli_help_run(cli *c, const void *args)
{
    const help_args *a = args;
    const cli_command *command = a->name.data ? cli_command_find(a->name) : NULL;
    cli_text out = {0};

    if (a->name.data && !command)
        return unknown_command(c, a->name);
    if (command)
        cli_help_command(command, &out);
    else
        cli_help_all(&out);
    fwrite(out.data, 1, out.size, stdout);
    cli_text_free(&out);
    return CLI_OK;
}

/* ---- vgi man ---------------------------------------------------------------------------------------------------- */

/* Text that roff takes as it is: hyphens and backslashes escaped, no line that begins a request. */
static void put_roff(const char *text, cli_text *out)
{
    for (bool start = true; *text; start = *text++ == '\n') {
        if (start && (*text == '.' || *text == '\''))
            cli_text_puts(out, "\\&");
        if (*text == '-')
            cli_text_puts(out, "\\-");
        else if (*text == '\\')
            cli_text_puts(out, "\\e");
        else
            cli_text_char(out, *text);
    }
}

/* Lines that stay as they are. */
static void put_section(const char *title, const char *text, cli_text *out)
{
    cli_text_printf(out, ".SH %s\n.nf\n", title);
    put_roff(text, out);
    cli_text_puts(out, ".fi\n");
}

int cli_man_run(cli *c, const void *args)
{
    const cli_command *commands[CLI_MAX_COMMANDS];
    size_t count = cli_commands(commands);
    cli_text help = {0}, out = {0};

    (void)c;
    (void)args;
    cli_text_puts(&out, ".TH VGI 1\n.SH NAME\nvgi \\- looks into VGI workers of any language\n.SH SYNOPSIS\n.B vgi\n"
                        ".I COMMAND LOCATION\n[\\fIWORD\\fR ...] [\\fIOPTION\\fR ...]\n");
    cli_help_all(&help);
    put_section("DESCRIPTION", help.data, &out);
    cli_text_puts(&out, ".SH COMMANDS\n");
    for (size_t i = 0; i < count; i++) {
        cli_text_clear(&help);
        cli_text_puts(&help, "Usage: ");
        put_usage(commands[i], &help);
        put_fields(commands[i]->fields, NULL, false, "Words:", &help);
        put_fields(commands[i]->fields, NULL, true, "Options:", &help);
        if (commands[i]->description)
            cli_text_printf(&help, "\n%s\n", commands[i]->description);
        if (commands[i]->examples)
            cli_text_printf(&help, "\nExamples:\n%s", commands[i]->examples);
        cli_text_printf(&out, ".SS ");
        put_roff(commands[i]->name, &out);
        cli_text_char(&out, '\n');
        put_roff(commands[i]->summary, &out);
        cli_text_puts(&out, "\n.PP\n.nf\n");
        put_roff(help.data, &out);
        cli_text_puts(&out, ".fi\n");
    }
    cli_text_clear(&help);
    put_lines(EXIT_CODES[0], sizeof EXIT_CODES / sizeof *EXIT_CODES, sizeof *EXIT_CODES, &help);
    put_section("EXIT STATUS", help.data, &out);
    put_section("ENVIRONMENT",
                "  NO_COLOR  set and not empty: no colour, unless --color always\n"
                "  COLUMNS   the width of the terminal, where it is not the one that the terminal says\n"
                "  TERM      dumb: neither colour nor a progress line\n",
                &out);
    fwrite(out.data, 1, out.size, stdout);
    cli_text_free(&help);
    cli_text_free(&out);
    return CLI_OK;
}
