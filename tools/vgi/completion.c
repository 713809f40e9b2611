/* `vgi completion`: the scripts with which bash, zsh and fish complete commands, options and the words that options
 * take, read from the command table. One row a shell. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

typedef struct completion_args {
    vgi_string shell;
} completion_args;

const cli_field CLI_COMPLETION_FIELDS[] = {
    {"SHELL", "bash (where nothing is said), zsh or fish", .offset = offsetof(completion_args, shell), .optional = true,
     .choices = "bash zsh fish"},
    {0},
};
const size_t CLI_COMPLETION_SIZE = sizeof(completion_args);

static bool is_option(const cli_field *field)
{
    return field->name[0] == '-';
}

/* The values that a field can have, with blanks between them, as they are written on the command line. */
static void put_choices(const cli_field *field, cli_text *out)
{
    const char *known;

    cli_text_puts(out, field->choices ? field->choices : "");
    for (int i = 1; field->kind == CLI_ENUM && (known = vgi_enum_name(field->enumeration, i)) && *known; i++) {
        cli_text_puts(out, i > 1 ? " " : "");
        for (; *known; known++)
            cli_text_char(out, *known == '_' ? '-' : (char)tolower((unsigned char)*known));
    }
}

static void put_names(cli_text *out, const cli_command *const *commands, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cli_text_printf(out, "%s%s", i ? " " : "", commands[i]->name);
}

/* Within '...' of a shell, without what else the shell or its completion would read. */
static void put_quoted(cli_text *out, const char *text, const char *unwanted)
{
    for (; *text; text++)
        if (*text == '\'')
            cli_text_puts(out, "'\\''");
        else if (!strchr(unwanted, *text))
            cli_text_char(out, *text);
}

/* ---- bash ------------------------------------------------------------------------------------------------------- */

static void put_bash_values(const cli_field *fields, cli_text *out)
{
    for (const cli_field *f = fields; f && f->name; f++) {
        cli_text choices = {0};

        put_choices(f, &choices);
        if (is_option(f) && choices.size) {
            cli_text_printf(out, "        %s", f->name);
            if (f->letter)
                cli_text_printf(out, "|-%c", f->letter);
            cli_text_printf(out, ") COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n", choices.data);
        }
        cli_text_free(&choices);
    }
}

static void put_bash_options(const cli_field *fields, cli_text *out)
{
    for (const cli_field *f = fields; f && f->name; f++)
        if (is_option(f))
            cli_text_printf(out, " %s", f->name);
}

static void put_bash(cli_text *out, const cli_command *const *commands, size_t count)
{
    cli_text_puts(out, "# bash completion for vgi: eval \"$(vgi completion bash)\"\n_vgi()\n{\n"
                       "    local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\" words\n"
                       "    if [ \"$COMP_CWORD\" -eq 1 ] || [ \"${COMP_WORDS[1]}\" = help ]; then\n"
                       "        COMPREPLY=($(compgen -W '");
    put_names(out, commands, count);
    cli_text_puts(out, "' -- \"$cur\"))\n        return\n    fi\n    if [ \"${COMP_WORDS[1]}\" = completion ]; then\n"
                       "        COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$cur\"))\n        return\n    fi\n"
                       "    case \"$prev\" in\n");
    put_bash_values(CLI_GLOBALS, out);
    cli_text_puts(out, "    esac\n    case \"${COMP_WORDS[1]}:$prev\" in\n");
    for (size_t i = 0; i < count; i++)
        for (const cli_field *f = commands[i]->fields; f && f->name; f++)
            if (is_option(f) && f->kind == CLI_ENUM) {
                cli_text_printf(out, "        %s:%s) COMPREPLY=($(compgen -W '", commands[i]->name, f->name);
                put_choices(f, out);
                cli_text_puts(out, "' -- \"$cur\")); return ;;\n");
            }
    cli_text_puts(out, "    esac\n    case \"${COMP_WORDS[1]}\" in\n");
    for (size_t i = 0; i < count; i++) {
        cli_text_printf(out, "        %s) words='", commands[i]->name);
        put_bash_options(commands[i]->fields, out);
        cli_text_puts(out, "' ;;\n");
    }
    cli_text_puts(out, "    esac\n    case \"$cur\" in\n        -*) COMPREPLY=($(compgen -W \"$words");
    put_bash_options(CLI_GLOBALS, out);
    cli_text_puts(out, "\" -- \"$cur\")) ;;\n        *) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n    esac\n}\n"
                       "complete -o filenames -F _vgi vgi\n");
}

/* ---- zsh -------------------------------------------------------------------------------------------------------- */

static void put_zsh_options(const cli_field *fields, const char *indent, cli_text *out)
{
    for (const cli_field *f = fields; f && f->name; f++) {
        if (!is_option(f))
            continue;
        for (int letter = 0; letter < (f->letter ? 2 : 1); letter++) {
            cli_text_puts(out, indent);
            if (letter)
                cli_text_printf(out, "'*-%c[", f->letter);
            else
                cli_text_printf(out, "'*%s[", f->name);
            put_quoted(out, f->help, "[]:\\");
            cli_text_char(out, ']');
            if (f->kind != CLI_FLAG) {
                cli_text_puts(out, ":value:(");
                put_choices(f, out);
                cli_text_char(out, ')');
            }
            cli_text_puts(out, "'\n");
        }
    }
}

static void put_zsh(cli_text *out, const cli_command *const *commands, size_t count)
{
    cli_text_puts(out,
                  "#compdef vgi\n# zsh completion for vgi: vgi completion zsh > a folder of $fpath/_vgi\n_vgi()\n{\n"
                  "    local -a commands options\n    commands=(\n");
    for (size_t i = 0; i < count; i++) {
        cli_text_printf(out, "        '%s:", commands[i]->name);
        put_quoted(out, commands[i]->summary, ":\\");
        cli_text_puts(out, "'\n");
    }
    cli_text_puts(out,
                  "    )\n    if (( CURRENT == 2 )) || [[ $words[2] = help ]]; then\n"
                  "        _describe -t commands command commands\n        return\n    fi\n"
                  "    if [[ $words[2] = completion ]]; then\n        compadd bash zsh fish\n        return\n    fi\n"
                  "    options=(\n");
    put_zsh_options(CLI_GLOBALS, "        ", out);
    cli_text_puts(out, "    )\n    case $words[2] in\n");
    for (size_t i = 0; i < count; i++) {
        cli_text_printf(out, "    %s)\n        options+=(\n", commands[i]->name);
        put_zsh_options(commands[i]->fields, "            ", out);
        cli_text_puts(out, "        ) ;;\n");
    }
    cli_text_puts(out, "    esac\n    _arguments $options '1:command:' '*:word:_files'\n}\n"
                       "if [[ $funcstack[1] = _vgi ]]; then\n    _vgi \"$@\"\nelse\n    compdef _vgi vgi\nfi\n");
}

/* ---- fish ------------------------------------------------------------------------------------------------------- */

static void put_fish_options(const cli_field *fields, const char *command, cli_text *out)
{
    for (const cli_field *f = fields; f && f->name; f++) {
        if (!is_option(f))
            continue;
        cli_text_puts(out, "complete -c vgi");
        if (command)
            cli_text_printf(out, " -n '__fish_seen_subcommand_from %s'", command);
        cli_text_printf(out, " -l %s", f->name + 2);
        if (f->letter)
            cli_text_printf(out, " -s %c", f->letter);
        if (f->kind != CLI_FLAG) {
            cli_text_puts(out, " -x -a '");
            put_choices(f, out);
            cli_text_char(out, '\'');
        }
        cli_text_puts(out, " -d '");
        for (const char *p = f->help; *p; p++)
            if (*p == '\'' || *p == '\\')
                cli_text_printf(out, "\\%c", *p);
            else
                cli_text_char(out, *p);
        cli_text_puts(out, "'\n");
    }
}

static void put_fish(cli_text *out, const cli_command *const *commands, size_t count)
{
    cli_text_puts(out, "# fish completion for vgi: vgi completion fish > ~/.config/fish/completions/vgi.fish\n");
    for (size_t i = 0; i < count; i++) {
        cli_text_printf(out, "complete -c vgi -f -n __fish_use_subcommand -a %s -d '", commands[i]->name);
        put_quoted(out, commands[i]->summary, "'\\");
        cli_text_puts(out, "'\n");
    }
    cli_text_puts(out, "complete -c vgi -f -n '__fish_seen_subcommand_from help' -a '");
    put_names(out, commands, count);
    cli_text_puts(out, "'\ncomplete -c vgi -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n");
    for (size_t i = 0; i < count; i++)
        put_fish_options(commands[i]->fields, commands[i]->name, out);
    put_fish_options(CLI_GLOBALS, NULL, out);
}

/* ----------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *shell;
    void (*put)(cli_text *out, const cli_command *const *commands, size_t count);
} SHELLS[] = {
    {"bash", put_bash},
    {"zsh", put_zsh},
    {"fish", put_fish},
};

int cli_completion_run(cli *c, const void *args)
{
    const completion_args *a = args;
    const cli_command *commands[CLI_MAX_COMMANDS];
    size_t count = cli_commands(commands);
    vgi_string wanted = a->shell.data ? a->shell : vgi_str("bash");
    cli_text out = {0};

    (void)c;
    for (size_t i = 0; i < sizeof SHELLS / sizeof *SHELLS; i++)
        if (vgi_string_equal(wanted, vgi_str(SHELLS[i].shell)))
            SHELLS[i].put(&out, commands, count);
    fwrite(out.data, 1, out.size, stdout);
    cli_text_free(&out);
    return CLI_OK;
}
