/* A filter's text into a tree (where.h): a reader of tokens, and one function a rule of the grammar.
 *
 *   or      := and { OR and }
 *   and     := not { AND not }
 *   not     := NOT not | '(' or ')' | leaf
 *   leaf    := column ( = | == | <> | != | < | <= | > | >= ) literal
 *            | column [NOT] IN '(' literal { , literal } ')'
 *            | column IS [NOT] NULL
 *   literal := number | 'text' | TRUE | FALSE | NULL | TYPE 'text'
 *
 * A literal has the type of its column, so that nothing has to be cast when rows come. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "contents.h"
#include "where.h"

enum { MOST_DEPTH = 50 }; /* encoding v2 ends at 64 */

typedef enum token { END, WORD, QUOTED, NUMBER, TEXT, SIGN } token;

typedef struct reader {
    cli *c;
    const char *text;
    const char *p;     /* behind the token */
    const char *begin; /* of the token */
    token token;
    vgi_string value; /* WORD, QUOTED, TEXT: without quotes; NUMBER, SIGN: as it stands */
    const vgi_arrow_schema *columns;
    bool *reads;
    int depth;
    int code;
} reader;

static int wrong(reader *r, const char *at, const char *message)
{
    return cli_tell_at(r->c, r->text, (size_t)(at - r->text), "%s", message);
}

/* ---- tokens ----------------------------------------------------------------------------------------------------- */

static bool is_word(char ch)
{
    return isalnum((unsigned char)ch) || ch == '_' || (ch & 0x80);
}

/* Between two of a sign, which is doubled where it is meant. */
static int take_quoted(reader *r, token what)
{
    char sign = *r->p++;
    cli_text text = {0};

    cli_text_add(&text, "", 0);
    while (*r->p && (*r->p != sign || r->p[1] == sign)) {
        r->p += *r->p == sign;
        cli_text_char(&text, *r->p++);
    }
    r->value = cli_keep_text(r->c, text.data, text.size);
    cli_text_free(&text);
    r->token = what;
    if (!*r->p++)
        return wrong(r, r->begin, what == TEXT ? "a text that has no end" : "a name that has no end");
    return CLI_OK;
}

static int take_number(reader *r)
{
    bool exponent = false;

    r->p += *r->p == '-' || *r->p == '+';
    for (; is_word(*r->p) || *r->p == '.' || (exponent && (*r->p == '-' || *r->p == '+')); r->p++)
        exponent = *r->p == 'e' || *r->p == 'E';
    r->token = NUMBER;
    r->value = cli_keep_text(r->c, r->begin, (size_t)(r->p - r->begin));
    return CLI_OK;
}

static int next(reader *r)
{
    while (isspace((unsigned char)*r->p))
        r->p++;
    r->begin = r->p;
    r->value = (vgi_string){r->p, 0};
    if (!*r->p) {
        r->token = END;
        return CLI_OK;
    }
    if (*r->p == '\'' || *r->p == '"')
        return take_quoted(r, *r->p == '"' ? QUOTED : TEXT);
    if (isdigit((unsigned char)*r->p) ||
        (strchr("+-.", *r->p) && (isalnum((unsigned char)r->p[1]) || (r->p[1] == '.' && *r->p != '.'))))
        return take_number(r);
    r->token = is_word(*r->p) ? WORD : SIGN;
    if (r->token == WORD)
        while (is_word(*r->p))
            r->p++;
    else
        r->p += strchr("<>!=", *r->p) && r->p[1] && strchr("=>", r->p[1]) ? 2 : 1;
    r->value = cli_keep_text(r->c, r->begin, (size_t)(r->p - r->begin));
    return CLI_OK;
}

/* Takes the word or the sign, if it is there. */
static bool take(reader *r, token what, const char *value)
{
    if (r->code != CLI_OK || r->token != what || strcasecmp(r->value.data, value) != 0)
        return false;
    r->code = next(r);
    return true;
}

/* ---- literals --------------------------------------------------------------------------------------------------- */

/* \xAB, as blobs are shown, into its byte. */
static const vgi_array *read_blob(reader *r, const vgi_field *field)
{
    uint8_t *bytes = cli_keep(r->c, r->value.size + 1);
    int64_t *offsets = cli_keep(r->c, 2 * sizeof *offsets);
    int32_t narrow[2] = {0};
    vgi_array *array = cli_keep(r->c, sizeof *array);
    size_t size = 0;

    for (size_t i = 0; i < r->value.size; i++) {
        const char *p = r->value.data + i;
        unsigned byte;

        if (p[0] == '\\' && p[1] == 'x' && isxdigit((unsigned char)p[2]) && isxdigit((unsigned char)p[3]) &&
            sscanf(p + 2, "%2x", &byte) == 1) {
            bytes[size++] = (uint8_t)byte;
            i += 3;
        } else {
            bytes[size++] = (uint8_t)*p;
        }
    }
    offsets[1] = (int64_t)size;
    narrow[1] = (int32_t)size;
    if (field->type == VGI_TYPE_BINARY)
        memcpy(offsets, narrow, sizeof narrow);
    *array = (vgi_array){.field = field, .length = 1, .buffers = {offsets, bytes}};
    return array;
}

static bool is_text(const vgi_field *field)
{
    return field->type == VGI_TYPE_UTF8 || field->type == VGI_TYPE_LARGE_UTF8 || field->type == VGI_TYPE_BINARY ||
           field->type == VGI_TYPE_LARGE_BINARY;
}

/* The token as a value of the column's type. */
static int to_value(reader *r, const vgi_field *column, const vgi_array **ret)
{
    const vgi_field *field = column->type == VGI_TYPE_DICTIONARY ? column->dictionary : column;
    const char *type = cli_cstr(r->c, vgi_type_sql(r->c->result, field));
    const vgi_value value = {.name = cli_cstr(r->c, column->name), .type = type, .text = r->value.data};
    const vgi_batch *batch;
    vgi_error err = {0};
    vgi_bytes bytes;

    if (is_text(field) && r->token != TEXT)
        return cli_tell_at(r->c, r->text, (size_t)(r->begin - r->text),
                           "'%.*s' is %s: its values are written in quotes: '%s'", (int)column->name.size,
                           column->name.data, type, r->value.data);
    if (field->type == VGI_TYPE_BINARY || field->type == VGI_TYPE_LARGE_BINARY) {
        *ret = read_blob(r, field);
        return CLI_OK;
    }
    if (vgi_values_encode(r->c->result, &value, 1, &bytes, &err) != VGI_OK ||
        vgi_batch_decode(r->c->result, bytes, &batch, &err) != VGI_OK)
        return cli_tell_at(r->c, r->text, (size_t)(r->begin - r->text), "%s", err.message);
    if (batch->columns[0].field->type != field->type || batch->columns[0].field->unit != field->unit)
        return wrong(r, r->begin, "a column of this type can only be asked for IS NULL here");
    *ret = &batch->columns[0];
    return CLI_OK;
}

static int take_literal(reader *r, const vgi_field *column, const vgi_array **ret)
{
    vgi_string type = vgi_type_sql(r->c->result, column);
    const char *begin = r->begin;
    int code;

    *ret = NULL;
    if (take(r, WORD, "NULL"))
        return r->code;
    if (r->token == WORD) { /* DATE '2024-01-31' */
        vgi_string word = r->value;
        const char *p = r->p;

        code = next(r);
        if (code != CLI_OK)
            return code;
        if (r->token == TEXT && !cli_same_name(word, type))
            return cli_tell_at(r->c, r->text, (size_t)(begin - r->text), "'%.*s' is %s, not %s", (int)column->name.size,
                               column->name.data, cli_cstr(r->c, type), word.data);
        if (r->token != TEXT) {
            r->token = WORD;
            r->value = word;
            r->begin = begin;
            r->p = p;
        }
    }
    if (r->token != WORD && r->token != NUMBER && r->token != TEXT)
        return wrong(r, begin, "a value is missing here: a number, 'text', true, false or NULL");
    code = to_value(r, column, ret);
    return code == CLI_OK ? next(r) : code;
}

/* ---- leaves ----------------------------------------------------------------------------------------------------- */

static int take_column(reader *r, int32_t *ret)
{
    vgi_string *names;
    cli_text line = {0};

    if (r->token != WORD && r->token != QUOTED)
        return wrong(r, r->begin, "a column's name is missing here");
    names = cli_keep(r->c, ((size_t)r->columns->n_fields + 1) * sizeof *names);
    for (int32_t k = 0; k < r->columns->n_fields; k++) {
        names[k] = r->columns->fields[k]->name;
        if (!cli_same_name(names[k], r->value))
            continue;
        *ret = k;
        r->reads[k] = true;
        return next(r);
    }
    cli_text_printf(&line, "there is no column '%s'", r->value.data);
    cli_suggest(&line, r->value, names, (size_t)r->columns->n_fields);
    cli_tell_at(r->c, r->text, (size_t)(r->begin - r->text), "%s", line.data);
    cli_text_free(&line);
    return CLI_NOT_FOUND;
}

static int take_list(reader *r, const vgi_field *column, cli_where_node *node)
{
    const vgi_array **items = cli_keep(r->c, (strlen(r->begin) + 1) * sizeof *items);

    if (!take(r, SIGN, "("))
        return r->code == CLI_OK ? wrong(r, r->begin, "'(' is missing behind IN") : r->code;
    do {
        int code = take_literal(r, column, &items[node->count]);

        if (code != CLI_OK)
            return code;
        node->count++;
    } while (take(r, SIGN, ","));
    node->kind = CLI_WHERE_IN;
    node->items = items;
    if (!take(r, SIGN, ")") && r->code == CLI_OK)
        return wrong(r, r->begin, "a comma or ')' is missing here");
    return r->code;
}

static const struct {
    const char *sign;
    cli_compare compare;
} SIGNS[] = {
    {"=", CLI_EQ}, {"==", CLI_EQ}, {"<>", CLI_NE}, {"!=", CLI_NE},
    {"<", CLI_LT}, {"<=", CLI_LE}, {">", CLI_GT},  {">=", CLI_GE},
};

static int take_test(reader *r, const vgi_field *column, cli_where_node *node)
{
    const vgi_array **item = cli_keep(r->c, sizeof *item);
    const char *begin = r->begin;
    bool is = take(r, WORD, "IS");

    node->negated = take(r, WORD, "NOT");
    if (is) {
        node->kind = CLI_WHERE_IS_NULL;
        return take(r, WORD, "NULL") || r->code != CLI_OK ? r->code : wrong(r, r->begin, "NULL is missing behind IS");
    }
    if (!cli_where_compares(column))
        return cli_tell_at(r->c, r->text, (size_t)(begin - r->text),
                           "'%.*s' is %s, which can only be asked for IS NULL here", (int)column->name.size,
                           column->name.data, cli_cstr(r->c, vgi_type_sql(r->c->result, column)));
    if (take(r, WORD, "IN"))
        return r->code == CLI_OK ? take_list(r, column, node) : r->code;
    if (node->negated)
        return wrong(r, r->begin, "IN is missing behind NOT");
    for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++)
        if (take(r, SIGN, SIGNS[i].sign)) {
            node->kind = CLI_WHERE_COMPARE;
            node->compare = SIGNS[i].compare;
            node->items = item;
            node->count = 1;
            return r->code == CLI_OK ? take_literal(r, column, item) : r->code;
        }
    return wrong(r, begin, "a comparison is missing here: = <> < <= > >=, [NOT] IN (...), IS [NOT] NULL");
}

/* ---- the tree --------------------------------------------------------------------------------------------------- */

static int take_or(reader *r, cli_where_node **ret);

static int take_not(reader *r, cli_where_node **ret)
{
    cli_where_node *node = cli_keep(r->c, sizeof *node);
    const char *begin = r->begin;
    int code;

    *ret = node;
    if (++r->depth > MOST_DEPTH)
        return wrong(r, begin, "this is nested too deep");
    if (take(r, WORD, "NOT")) {
        node->kind = CLI_WHERE_NOT;
        code = r->code == CLI_OK ? take_not(r, &node->left) : r->code;
    } else if (take(r, SIGN, "(")) {
        code = r->code == CLI_OK ? take_or(r, ret) : r->code;
        if (code == CLI_OK && !take(r, SIGN, ")") && r->code == CLI_OK)
            code = wrong(r, r->begin, "AND, OR or ')' is missing here");
    } else {
        code = r->code == CLI_OK ? take_column(r, &node->column) : r->code;
        if (code == CLI_OK)
            code = take_test(r, r->columns->fields[node->column], node);
    }
    r->depth--;
    return code == CLI_OK ? r->code : code;
}

/* Evaluating goes as deep as a chain of ANDs or ORs is long. */
enum { MOST_CHAIN = 1000 };

/* Operands with a word between them: AND and OR are the same but for what they join. */
static int take_chain(reader *r, const char *word, cli_where_kind kind, int (*operand)(reader *, cli_where_node **),
                      cli_where_node **ret)
{
    int code = operand(r, ret), length = 0;

    while (code == CLI_OK && take(r, WORD, word)) {
        cli_where_node *node = cli_keep(r->c, sizeof *node);

        if (++length > MOST_CHAIN)
            return wrong(r, r->begin, "these are too many: write IN (...)");
        *node = (cli_where_node){.kind = kind, .left = *ret};
        *ret = node;
        code = r->code == CLI_OK ? operand(r, &node->right) : r->code;
    }
    return code == CLI_OK ? r->code : code;
}

static int take_and(reader *r, cli_where_node **ret)
{
    return take_chain(r, "AND", CLI_WHERE_AND, take_not, ret);
}

static int take_or(reader *r, cli_where_node **ret)
{
    return take_chain(r, "OR", CLI_WHERE_OR, take_and, ret);
}

int cli_where_parse(cli *c, vgi_string text, const vgi_arrow_schema *columns, cli_where *ret)
{
    size_t n = (size_t)columns->n_fields;
    reader r = {.c = c, .text = text.data, .p = text.data, .columns = columns};
    int code;

    *ret = (cli_where){.columns = columns,
                       .stream_columns = cli_keep(c, (n + 1) * sizeof *ret->stream_columns),
                       .reads = cli_keep(c, (n + 1) * sizeof *ret->reads)};
    r.reads = ret->reads;
    code = next(&r);
    if (code == CLI_OK)
        code = take_or(&r, &ret->root);
    if (code == CLI_OK && r.token != END)
        code = wrong(&r, r.begin, "AND or OR is missing here");
    return code;
}
