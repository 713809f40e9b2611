/* The command line into structs, as the rows of a command say (cli_field); called by main.c. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* Where a row's value goes: the command's own struct or the globals. */
static void *member(void *base, size_t offset)
{
    return (char *)base + offset;
}

bool cli_path_parse(cli *c, vgi_string text, vgi_string_list *ret)
{
    vgi_string *items = cli_keep(c, (text.size / 2 + 2) * sizeof *items);
    size_t i = 0, count = 0;

    do {
        cli_text part = {0};
        bool quoted = i < text.size && text.data[i] == '"';

        for (i += quoted; i < text.size; i++) {
            if (quoted ? text.data[i] == '"' : text.data[i] == '.') {
                if (!quoted)
                    break;
                if (i + 1 >= text.size || text.data[i + 1] != '"') {
                    i++;
                    quoted = false;
                    break;
                }
                i++;
            }
            cli_text_char(&part, text.data[i]);
        }
        items[count++] = cli_keep_text(c, part.data, part.size);
        cli_text_free(&part);
        if (quoted || !items[count - 1].size || (i < text.size && text.data[i] != '.'))
            return false;
    } while (i < text.size && ++i <= text.size);
    *ret = (vgi_string_list){items, count, true};
    return true;
}

/* ---- one value -------------------------------------------------------------------------------------------------- */

typedef const char *parse_value(cli *c, const cli_field *field, vgi_string text,
                                void *base); /* NULL, or what it is not */

static const char *parse_text(cli *c, const cli_field *field, vgi_string text, void *base)
{
    (void)c;
    *(vgi_string *)member(base, field->offset) = text;
    return NULL;
}

static const char *parse_path(cli *c, const cli_field *field, vgi_string text, void *base)
{
    return cli_path_parse(c, text, member(base, field->offset)) ? NULL : "a name such as schema, or outer.\"in.ner\"";
}

static const char *parse_object(cli *c, const cli_field *field, vgi_string text, void *base)
{
    vgi_string_list path;

    if (!cli_path_parse(c, text, &path))
        return "a name such as table, schema.table or \"a.schema\".\"a table\"";
    *(vgi_string *)member(base, field->offset) = path.items[path.count - 1];
    if (path.count > 1)
        *(vgi_string_list *)member(base, field->offset2) = (vgi_string_list){path.items, path.count - 1, true};
    return NULL;
}

static bool to_int64(vgi_string text, int64_t *ret)
{
    char *end;

    errno = 0;
    *ret = strtoll(text.data, &end, 10);
    return text.size && !*end && !errno && !isspace((unsigned char)*text.data);
}

static const char *parse_int64(cli *c, const cli_field *field, vgi_string text, void *base)
{
    int64_t *ret = member(base, field->offset);

    (void)c;
    return to_int64(text, ret) ? NULL : "a whole number";
}

static const char *parse_opt_int64(cli *c, const cli_field *field, vgi_string text, void *base)
{
    vgi_opt_int64 *ret = member(base, field->offset);

    (void)c;
    ret->has = true;
    return to_int64(text, &ret->value) && ret->value >= 0 ? NULL : "a whole number, 0 or more";
}

/* Bytes, or with K, M or G behind the number 1024, ... of them. */
static const char *parse_size(cli *c, const cli_field *field, vgi_string text, void *base)
{
    static const char UNITS[] = "KMG";
    const char *unit = text.size ? strchr(UNITS, text.data[text.size - 1] & ~0x20) : NULL;
    int64_t *ret = member(base, field->offset), scale = 1;

    if (unit && *unit) {
        text = cli_keep_text(c, text.data, text.size - 1);
        scale = INT64_C(1) << (10 * (unit - UNITS + 1));
    }
    return to_int64(text, ret) && *ret >= 0 && !__builtin_mul_overflow(*ret, scale, ret)
               ? NULL
               : "a number of bytes, such as 65536, 64K or 16M";
}

/* A,B,C; a part may be quoted as an identifier is. */
static const char *split(cli *c, vgi_string text, vgi_string_list *ret)
{
    vgi_string *items = cli_keep(c, (text.size + 1) * sizeof *items);
    size_t count = 0, begin = 0;
    bool quoted = false;

    for (size_t i = 0; i <= text.size; i++) {
        vgi_string part = {text.data + begin, i - begin};
        vgi_string_list names;

        if (i < text.size && text.data[i] == '"')
            quoted = !quoted;
        if (i < text.size && (quoted || text.data[i] != ','))
            continue;
        while (part.size && *part.data == ' ')
            part.data++, part.size--;
        if (part.size && *part.data == '"' && cli_path_parse(c, part, &names) && names.count == 1)
            part = names.items[0];
        if (!part.size)
            return "names with commas between them";
        items[count++] = cli_keep_text(c, part.data, part.size);
        begin = i + 1;
    }
    *ret = (vgi_string_list){items, count, true};
    return NULL;
}

const char *cli_texts_parse(cli *c, vgi_string text, vgi_string_list *ret)
{
    return split(c, text, ret);
}

static const char *parse_texts(cli *c, const cli_field *field, vgi_string text, void *base)
{
    return split(c, text, member(base, field->offset));
}

/* A list with room for one item more, as lists of all kinds are laid out. */
static void *grow(cli *c, vgi_string_list *list, size_t item_size)
{
    char *items = cli_keep(c, (list->count + 1) * item_size);

    if (list->count)
        memcpy(items, list->items, list->count * item_size);
    list->items = (const vgi_string *)(const void *)items;
    list->present = true;
    return items + list->count++ * item_size;
}

static const char *parse_check(cli *c, const cli_field *field, vgi_string text, void *base)
{
    *(vgi_string *)grow(c, member(base, field->offset), sizeof text) = text;
    return NULL;
}

static const char *parse_group(cli *c, const cli_field *field, vgi_string text, void *base)
{
    return split(c, text, grow(c, member(base, field->offset), sizeof(vgi_string_list)));
}

static bool to_pair(cli *c, vgi_string text, vgi_string_pair *ret)
{
    const char *equal = strchr(text.data, '=');

    if (!equal || equal == text.data)
        return false;
    ret->key = cli_keep_text(c, text.data, (size_t)(equal - text.data));
    ret->value = vgi_str(equal + 1);
    return true;
}

static const char *parse_map(cli *c, const cli_field *field, vgi_string text, void *base)
{
    vgi_string_pair *pair = grow(c, member(base, field->offset), sizeof *pair);

    return to_pair(c, text, pair) ? NULL : "NAME=VALUE";
}

/* SQL and values need the library's memory, and thus the run's result. */
static bool has_result(cli *c)
{
    return c->result || vgi_result_new(&c->result, NULL) == VGI_OK;
}

static const char *parse_columns(cli *c, const cli_field *field, vgi_string text, void *base)
{
    vgi_bytes *ret = member(base, field->offset);
    const vgi_arrow_schema *schema;
    vgi_error err = {0};

    if (!has_result(c) || vgi_columns_parse(c->result, text.data, &schema, &err) != VGI_OK ||
        vgi_schema_encode(c->result, schema, ret, &err) != VGI_OK) {
        cli_tell(c, CLI_USAGE, "%s: %s", field->name, err.message);
        return "columns as SQL writes them, such as 'id BIGINT NOT NULL, name VARCHAR'";
    }
    return NULL;
}

/* Every use adds to the batch: it is encoded again with what was there. Values are texts unless NAME:TYPE=VALUE. */
static const char *parse_values(cli *c, const cli_field *field, vgi_string text, void *base)
{
    vgi_bytes *ret = member(base, field->offset);
    const vgi_batch *old = NULL;
    vgi_string_pair pair;
    vgi_value *values;
    vgi_error err = {0};
    size_t count = 0;
    char *colon;

    if (!to_pair(c, text, &pair) || !has_result(c))
        return "NAME=VALUE, or NAME:TYPE=VALUE";
    if (ret->data && vgi_batch_decode(c->result, *ret, &old, &err) != VGI_OK)
        return "a value";
    values = cli_keep(c, ((old ? (size_t)old->n_columns : 0) + 1) * sizeof *values);
    for (; old && count < (size_t)old->n_columns; count++)
        values[count] =
            (vgi_value){.name = cli_cstr(c, old->schema->fields[count]->name), .array = &old->columns[count]};
    colon = strchr(pair.key.data, ':');
    values[count] = (vgi_value){.name = pair.key.data, .type = colon ? colon + 1 : "VARCHAR", .text = pair.value.data};
    if (colon)
        *colon = '\0';
    if (vgi_values_encode(c->result, values, count + 1, ret, &err) != VGI_OK) {
        cli_tell(c, CLI_USAGE, "%s: %s", field->name, err.message);
        return "NAME=VALUE, or NAME:TYPE=VALUE";
    }
    return NULL;
}

static const char *parse_opaque(cli *c, const cli_field *field, vgi_string text, void *base)
{
    vgi_bytes *ret = member(base, field->offset);
    uint8_t *bytes = cli_keep(c, text.size / 2 + 1);

    for (size_t i = 0; i < text.size; i++) {
        const char *digit = strchr("0123456789abcdef", tolower((unsigned char)text.data[i]));

        if (!digit || text.size % 2)
            return "hexadecimal digits, two a byte";
        bytes[i / 2] = (uint8_t)(bytes[i / 2] << 4 | (digit - (const char *)"0123456789abcdef"));
    }
    *ret = (vgi_bytes){bytes, text.size / 2};
    return NULL;
}

static const char *parse_enum(cli *c, const cli_field *field, vgi_string text, void *base)
{
    char *name = cli_keep(c, text.size + 1);
    cli_text line = {0};
    const char *known;
    int value;

    for (size_t i = 0; i < text.size; i++)
        name[i] = text.data[i] == '-' ? '_' : (char)toupper((unsigned char)text.data[i]);
    value = vgi_enum_value(field->enumeration, name);
    memcpy(member(base, field->offset), &value, sizeof value);
    if (value)
        return NULL;
    for (int i = 1; (known = vgi_enum_name(field->enumeration, i)) && *known; i++)
        cli_text_printf(&line, "%s%s", i > 1 ? ", " : "one of ", known);
    name = cli_keep_text(c, line.data, line.size).data ? (char *)(uintptr_t)cli_keep_text(c, line.data, line.size).data
                                                       : NULL;
    cli_text_free(&line);
    return name;
}

static parse_value *const PARSERS[] = {
    [CLI_TEXT] = parse_text,         [CLI_OBJECT] = parse_object,       [CLI_PATH] = parse_path,
    [CLI_INT64] = parse_int64,       [CLI_OPT_INT64] = parse_opt_int64, [CLI_TEXTS] = parse_texts,
    [CLI_TEXT_GROUPS] = parse_group, [CLI_CHECKS] = parse_check,        [CLI_MAP] = parse_map,
    [CLI_COLUMNS] = parse_columns,   [CLI_VALUES] = parse_values,       [CLI_OPAQUE] = parse_opaque,
    [CLI_ENUM] = parse_enum,         [CLI_SIZE] = parse_size,
};

/* ---- the words -------------------------------------------------------------------------------------------------- */

static int usage(cli *c, const char *format, const char *a, const char *b)
{
    cli_text line = {0};

    cli_text_puts(&line, c->command->name);
    cli_text_puts(&line, ": ");
    for (; *format; format++) {
        if (*format == '%') {
            cli_text_puts(&line, a ? a : "");
            a = b;
        } else {
            cli_text_char(&line, *format);
        }
    }
    cli_tell(c, CLI_USAGE, "%s", line.data);
    cli_text_free(&line);
    fprintf(stderr, "vgi %s --help tells how it is used\n", c->command->name);
    return CLI_USAGE;
}

/* Whether the text is one of the field's choices; tells which there are. */
static bool is_choice(cli *c, const cli_field *field, const char *text)
{
    vgi_string names[16];
    size_t count = 0;
    cli_text line = {0};

    for (const char *p = field->choices; p && *p && count < sizeof names / sizeof *names; p += *p == ' ') {
        names[count] = (vgi_string){p, strcspn(p, " ")};
        if (vgi_string_equal(names[count], vgi_str(text)))
            return true;
        p += names[count++].size;
    }
    if (!field->choices)
        return true;
    cli_text_printf(&line, "%s: '%s' is not one of: %s", field->name, text, field->choices);
    cli_suggest(&line, vgi_str(text), names, count);
    cli_tell(c, CLI_USAGE, "%s", line.data);
    cli_text_free(&line);
    return false;
}

static int set(cli *c, const cli_field *field, const char *text, void *base)
{
    const char *wanted;

    if (!is_choice(c, field, text))
        return CLI_USAGE;
    wanted = PARSERS[field->kind](c, field, vgi_str(text), base);
    if (wanted && c->reported)
        return CLI_USAGE;
    if (wanted) {
        cli_tell(c, CLI_USAGE, "%s: '%s' is not %s", field->name, text, wanted);
        return CLI_USAGE;
    }
    return CLI_OK;
}

static const cli_field *find_option(const cli_field *fields, const char *word, size_t size)
{
    for (; fields && fields->name; fields++)
        if (fields->name[0] == '-' && ((strlen(fields->name) == size && strncmp(fields->name, word, size) == 0) ||
                                       (size == 2 && fields->letter && word[1] == fields->letter)))
            return fields;
    return NULL;
}

static int unknown_option(cli *c, const char *word, size_t size)
{
    vgi_string names[64];
    size_t count = 0;
    cli_text line = {0};

    for (int table = 0; table < 2; table++)
        for (const cli_field *f = table ? CLI_GLOBALS : c->command->fields; f && f->name; f++)
            if (f->name[0] == '-' && count < sizeof names / sizeof *names)
                names[count++] = vgi_str(f->name);
    cli_text_printf(&line, "unknown option '%.*s'", (int)size, word);
    cli_suggest(&line, (vgi_string){word, size}, names, count);
    usage(c, "%", line.data, NULL);
    cli_text_free(&line);
    return CLI_USAGE;
}

/* The option at argv[*i], whose value may be the next word. */
static int take_option(cli *c, int argc, char **argv, int *i, void *args)
{
    const char *word = argv[*i], *value = NULL;
    size_t size = word[1] == '-' ? strcspn(word, "=") : 2;
    const cli_field *field = find_option(c->command->fields, word, size);
    void *base = args;

    if (!field) {
        field = find_option(CLI_GLOBALS, word, size);
        base = &c->globals;
    }
    if (!field)
        return unknown_option(c, word, size);
    if (word[size])
        value = word + size + (word[1] == '-');
    if (field->kind == CLI_FLAG) {
        if (value)
            return usage(c, "% takes no value", field->name, NULL);
        *(bool *)member(base, field->offset) = true;
        return CLI_OK;
    }
    if (!value && *i + 1 < argc)
        value = argv[++*i];
    if (!value)
        return usage(c, "% wants a value", field->name, NULL);
    return set(c, field, value, base);
}

static const cli_field *next_positional(const cli_field *field)
{
    while (field && field->name && field->name[0] == '-')
        field++;
    return field && field->name ? field : NULL;
}

int cli_fields_parse(cli *c, int argc, char **argv, void *args)
{
    const cli_field *positional = next_positional(c->command->fields);
    bool options = true;

    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        int code = CLI_OK;

        if (options && strcmp(word, "--") == 0) {
            options = false;
        } else if (options && word[0] == '-' && word[1]) {
            code = take_option(c, argc, argv, &i, args);
        } else if (!c->command->no_location && !c->location) {
            c->location = word;
        } else if (positional) {
            code = set(c, positional, word, args);
            if (positional->kind == CLI_CHECKS) /* all the rest: another program's words */
                options = false;
            else
                positional = next_positional(positional + 1);
        } else {
            code = usage(c, "what is '%'? There is nothing more to say (quote a name that has blanks)", word, NULL);
        }
        if (code != CLI_OK)
            return code;
    }
    if (c->globals.help)
        return CLI_OK;
    if (!c->command->no_location && !c->location)
        return usage(c, "LOCATION is missing: a worker's command line, unix://PATH, tcp://HOST:PORT or launch:COMMAND",
                     NULL, NULL);
    if (positional && !positional->optional)
        return usage(c, "% is missing", positional->name, NULL);
    return CLI_OK;
}
