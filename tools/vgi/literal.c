/* A call as SQL writes it (literal.h): a reader of names, numbers, texts, casts; used by call.c. */
#include "literal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct reader {
    cli *c;
    const char *start, *p;
} reader;

static int wrong(reader *r, const char *at, const char *wanted)
{
    return cli_tell_at(r->c, r->start, (size_t)(at - r->start), "%s", wanted);
}

static void skip_blanks(reader *r)
{
    while (isspace((unsigned char)*r->p))
        r->p++;
}

static bool take(reader *r, const char *sign)
{
    skip_blanks(r);
    if (strncmp(r->p, sign, strlen(sign)) != 0)
        return false;
    r->p += strlen(sign);
    return true;
}

static bool is_word(char ch)
{
    return isalnum((unsigned char)ch) || ch == '_' || (ch & 0x80);
}

/* What stands between two of the sign at r->p, which is doubled where it is meant. NULL: it has no end. */
static const char *take_quoted(reader *r)
{
    char sign = *r->p++;
    cli_text text = {0};
    const char *kept;

    cli_text_add(&text, "", 0);
    for (; *r->p; r->p++) {
        if (*r->p == sign && r->p[1] != sign)
            break;
        if (*r->p == sign)
            r->p++;
        cli_text_char(&text, *r->p);
    }
    kept = *r->p ? cli_keep_text(r->c, text.data, text.size).data : NULL;
    r->p += *r->p != '\0';
    cli_text_free(&text);
    return kept;
}

/* An identifier, bare or quoted; absent where there is none. */
static vgi_string take_name(reader *r)
{
    const char *begin;

    skip_blanks(r);
    if (*r->p == '"')
        return vgi_str(take_quoted(r));
    begin = r->p;
    while (is_word(*r->p))
        r->p++;
    return r->p > begin ? cli_keep_text(r->c, begin, (size_t)(r->p - begin)) : (vgi_string){0};
}

/* A type behind ::, up to what ends an argument. */
static const char *take_type(reader *r)
{
    const char *begin;
    int depth = 0;

    skip_blanks(r);
    for (begin = r->p; *r->p && (depth || (*r->p != ',' && *r->p != ')')); r->p++)
        depth += *r->p == '(' ? 1 : *r->p == ')' ? -1 : 0;
    return r->p > begin ? cli_keep_text(r->c, begin, (size_t)(r->p - begin)).data : NULL;
}

static bool take_number(reader *r, cli_literal *ret)
{
    const char *begin = r->p, *p = r->p;
    bool whole = true, digits = false;

    p += *p == '-' || *p == '+';
    for (; isdigit((unsigned char)*p) || *p == '.' || ((*p == 'e' || *p == 'E') && digits); p++) {
        digits = digits || isdigit((unsigned char)*p);
        if (isdigit((unsigned char)*p))
            continue;
        whole = false;
        if (*p != '.' && (p[1] == '-' || p[1] == '+'))
            p++;
    }
    if (!digits || is_word(*p))
        return false;
    begin += *begin == '+';
    ret->text = cli_keep_text(r->c, begin, (size_t)(p - begin)).data;
    ret->type = whole ? "BIGINT" : "DOUBLE";
    r->p = p;
    return true;
}

static const struct {
    const char *word, *text, *type;
} WORDS[] = {
    {"true", "true", "BOOLEAN"},
    {"false", "false", "BOOLEAN"},
    {"null", NULL, "VARCHAR"},
};

static int take_value(reader *r, cli_literal *ret)
{
    const char *begin;
    vgi_string word;

    skip_blanks(r);
    begin = r->p;
    if (*r->p == '\'') {
        ret->text = take_quoted(r);
        ret->type = "VARCHAR";
        return ret->text ? CLI_OK : wrong(r, begin, "a text that has no end");
    }
    if (take_number(r, ret))
        return CLI_OK;
    word = take_name(r);
    for (size_t i = 0; word.data && i < sizeof WORDS / sizeof *WORDS; i++)
        if (strcasecmp(word.data, WORDS[i].word) == 0) {
            ret->text = WORDS[i].text;
            ret->type = WORDS[i].type;
            return CLI_OK;
        }
    skip_blanks(r);
    if (word.data && *r->p == '\'') { /* DATE '2024-01-31' */
        ret->type = word.data;
        ret->cast = true;
        begin = r->p;
        ret->text = take_quoted(r);
        return ret->text ? CLI_OK : wrong(r, begin, "a text that has no end");
    }
    return wrong(r, begin,
                 "an argument is a number, 'text', true, false, NULL, DATE '2024-01-31' or '...'::TYPE; lists and "
                 "structs cannot be written here");
}

static int take_argument(reader *r, cli_literal *ret)
{
    const char *begin;
    vgi_string name;
    int code;

    skip_blanks(r);
    begin = r->p;
    name = take_name(r);
    if (name.data && (take(r, ":=") || take(r, "=>")))
        ret->name = name;
    else
        r->p = begin;
    code = take_value(r, ret);
    if (code == CLI_OK && take(r, "::")) {
        begin = r->p;
        ret->type = take_type(r);
        ret->cast = true;
        if (!ret->type)
            return wrong(r, begin, "a type is missing behind ::");
    }
    return code;
}

static int take_arguments(reader *r, cli_call_text *ret)
{
    int code;

    if (take(r, ")"))
        return CLI_OK;
    do {
        code = take_argument(r, &ret->arguments[ret->count]);
        if (code != CLI_OK)
            return code;
        ret->count++;
    } while (take(r, ","));
    return take(r, ")") ? CLI_OK : wrong(r, r->p, "a comma or ')' is missing here");
}

int cli_call_parse(cli *c, vgi_string text, cli_call_text *ret)
{
    const char *start = cli_cstr(c, text);
    reader r = {c, start, start};
    vgi_string *parts = cli_keep(c, (text.size + 2) * sizeof *parts);
    size_t count = 0;
    int code;

    *ret = (cli_call_text){.arguments = cli_keep(c, (text.size + 2) * sizeof *ret->arguments)};
    do {
        skip_blanks(&r);
        start = r.p;
        parts[count] = take_name(&r);
        if (!parts[count++].size)
            return wrong(&r, start, "a function's name is missing here");
    } while (take(&r, "."));
    ret->name = parts[count - 1];
    if (count > 1)
        ret->path = (vgi_string_list){parts, count - 1, true};
    if (!take(&r, "("))
        return wrong(&r, r.p, "'(' is missing here: a call is written name(1, 'text', named := 2)");
    code = take_arguments(&r, ret);
    take(&r, ";");
    skip_blanks(&r);
    return code == CLI_OK && *r.p ? wrong(&r, r.p, "there is more behind the call") : code;
}
