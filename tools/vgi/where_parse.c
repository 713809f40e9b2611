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

enum { MOST_DEPTH = 50, MOST_CHAIN = 1000 }; /* encoding v2 ends at 64, and at 10,000 nodes */

typedef enum token { END, WORD, QUOTED, NUMBER, TEXT, SIGN } token;

typedef struct reader {
    cli *c;
    const char *text;
    const char *p;     /* behind the token */
    const char *begin; /* of the token */
    token token;
    vgi_string value; /* WORD, QUOTED, TEXT: without quotes; NUMBER, SIGN: as it stands */
    const vgi_arrow_schema *columns;
    vgi_filter *filter;
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

/* Types that have a literal here. */
static bool has_literals(const vgi_field *column)
{
    static const bool TYPES[VGI_TYPE_COUNT] = {
        [VGI_TYPE_BOOL] = true,         [VGI_TYPE_INT8] = true,    [VGI_TYPE_INT16] = true,
        [VGI_TYPE_INT32] = true,        [VGI_TYPE_INT64] = true,   [VGI_TYPE_UINT8] = true,
        [VGI_TYPE_UINT16] = true,       [VGI_TYPE_UINT32] = true,  [VGI_TYPE_UINT64] = true,
        [VGI_TYPE_FLOAT32] = true,      [VGI_TYPE_FLOAT64] = true, [VGI_TYPE_DECIMAL128] = true,
        [VGI_TYPE_UTF8] = true,         [VGI_TYPE_BINARY] = true,  [VGI_TYPE_LARGE_UTF8] = true,
        [VGI_TYPE_LARGE_BINARY] = true, [VGI_TYPE_DATE32] = true,  [VGI_TYPE_TIMESTAMP] = true,
    };
    const vgi_field *field = column->type == VGI_TYPE_DICTIONARY ? column->dictionary : column;

    return field && TYPES[field->type] && (field == column || is_text(field));
}

/* The column's type for a NULL that stands alone: any literal has it. */
static const vgi_array *null_of(reader *r, const vgi_field *column)
{
    static const uint64_t NOTHING[4] = {0};
    vgi_array *array = cli_keep(r->c, sizeof *array);

    *array = (vgi_array){.field = column->type == VGI_TYPE_DICTIONARY ? column->dictionary : column,
                         .length = 1,
                         .null_count = 1,
                         .validity = (const uint8_t *)NOTHING,
                         .buffers = {NOTHING, NOTHING}};
    return array;
}

static int take_list(reader *r, const vgi_field *column, const vgi_array ***ret, size_t *ret_n)
{
    const vgi_array **items = cli_keep(r->c, (strlen(r->begin) + 1) * sizeof *items);
    size_t n = 0;

    if (!take(r, SIGN, "("))
        return r->code == CLI_OK ? wrong(r, r->begin, "'(' is missing behind IN") : r->code;
    do {
        int code = take_literal(r, column, &items[n]);

        if (code != CLI_OK)
            return code;
        if (!items[n])
            items[n] = null_of(r, column);
        n++;
    } while (take(r, SIGN, ","));
    *ret = items;
    *ret_n = n;
    if (!take(r, SIGN, ")") && r->code == CLI_OK)
        return wrong(r, r->begin, "a comma or ')' is missing here");
    return r->code;
}

static const struct {
    const char *sign;
    vgi_expr_op op;
} SIGNS[] = {
    {"=", VGI_EQ}, {"==", VGI_EQ}, {"<>", VGI_NE}, {"!=", VGI_NE},
    {"<", VGI_LT}, {"<=", VGI_LE}, {">", VGI_GT},  {">=", VGI_GE},
};

static int take_comparison(reader *r, const vgi_field *column, const vgi_expr *of, const char *begin,
                           const vgi_expr **ret)
{
    const vgi_array *value;
    int code;

    for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++) {
        if (!take(r, SIGN, SIGNS[i].sign))
            continue;
        code = r->code == CLI_OK ? take_literal(r, column, &value) : r->code;
        if (code == CLI_OK)
            *ret = vgi_expr_test(r->filter, SIGNS[i].op, of,
                                 vgi_expr_literal(r->filter, value ? value : null_of(r, column), 0));
        return code;
    }
    return wrong(r, begin, "a comparison is missing here: = <> < <= > >=, [NOT] IN (...), IS [NOT] NULL");
}

static int take_test(reader *r, int32_t column_index, const vgi_expr **ret)
{
    const vgi_field *column = r->columns->fields[column_index];
    const vgi_expr *of = vgi_expr_column(r->filter, column_index);
    const char *begin = r->begin;
    bool is = take(r, WORD, "IS"), negated = take(r, WORD, "NOT");
    const vgi_array **items;
    size_t n;
    int code;

    if (is) {
        *ret = vgi_expr_is_null(r->filter, of, negated);
        return take(r, WORD, "NULL") || r->code != CLI_OK ? r->code : wrong(r, r->begin, "NULL is missing behind IS");
    }
    if (!has_literals(column))
        return cli_tell_at(r->c, r->text, (size_t)(begin - r->text),
                           "'%.*s' is %s, which can only be asked for IS NULL here", (int)column->name.size,
                           column->name.data, cli_cstr(r->c, vgi_type_sql(r->c->result, column)));
    if (!take(r, WORD, "IN"))
        return negated ? wrong(r, r->begin, "IN is missing behind NOT") : take_comparison(r, column, of, begin, ret);
    code = r->code == CLI_OK ? take_list(r, column, &items, &n) : r->code;
    if (code == CLI_OK)
        *ret = vgi_expr_in(r->filter, of, items, n, negated);
    return code;
}

/* ---- the tree --------------------------------------------------------------------------------------------------- */

static int take_or(reader *r, const vgi_expr **ret);

static int take_not(reader *r, const vgi_expr **ret)
{
    const char *begin = r->begin;
    const vgi_expr *of = NULL;
    int32_t column;
    int code;

    if (++r->depth > MOST_DEPTH)
        return wrong(r, begin, "this is nested too deep");
    if (take(r, WORD, "NOT")) {
        code = r->code == CLI_OK ? take_not(r, &of) : r->code;
        if (code == CLI_OK)
            *ret = vgi_expr_join(r->filter, VGI_EXPR_NOT, &of, 1);
    } else if (take(r, SIGN, "(")) {
        code = r->code == CLI_OK ? take_or(r, ret) : r->code;
        if (code == CLI_OK && !take(r, SIGN, ")") && r->code == CLI_OK)
            code = wrong(r, r->begin, "AND, OR or ')' is missing here");
    } else {
        code = r->code == CLI_OK ? take_column(r, &column) : r->code;
        if (code == CLI_OK)
            code = take_test(r, column, ret);
    }
    r->depth--;
    return code == CLI_OK ? r->code : code;
}

/* Operands with a word between them: AND and OR are the same but for what they join. */
static int take_chain(reader *r, const char *word, vgi_expr_kind kind, int (*operand)(reader *, const vgi_expr **),
                      const vgi_expr **ret)
{
    const vgi_expr **operands = cli_keep(r->c, (MOST_CHAIN + 1) * sizeof *operands);
    int code = operand(r, &operands[0]), count = 1;

    while (code == CLI_OK && take(r, WORD, word)) {
        if (count > MOST_CHAIN)
            return wrong(r, r->begin, "these are too many: write IN (...)");
        code = r->code == CLI_OK ? operand(r, &operands[count++]) : r->code;
    }
    if (code == CLI_OK)
        *ret = count == 1 ? operands[0] : vgi_expr_join(r->filter, kind, operands, count);
    return code == CLI_OK ? r->code : code;
}

static int take_and(reader *r, const vgi_expr **ret)
{
    return take_chain(r, "AND", VGI_EXPR_AND, take_not, ret);
}

static int take_or(reader *r, const vgi_expr **ret)
{
    return take_chain(r, "OR", VGI_EXPR_OR, take_and, ret);
}

/* What AND joins at the top are predicates of their own: a worker that cannot evaluate one still has the others. */
static int add_predicates(cli *c, vgi_filter *filter, const vgi_expr *expr)
{
    vgi_error err = {0};
    int code = CLI_OK;

    if (expr && expr->kind == VGI_EXPR_AND) {
        for (int32_t i = 0; i < expr->n_children && code == CLI_OK; i++)
            code = add_predicates(c, filter, expr->children[i]);
        return code;
    }
    return vgi_filter_add(filter, expr, true, &err) == VGI_OK ? CLI_OK : cli_fail(c, err.status, &err);
}

int cli_where_parse(cli *c, vgi_string text, const vgi_arrow_schema *columns, cli_where *ret)
{
    size_t n = (size_t)columns->n_fields;
    reader r = {.c = c, .text = text.data, .p = text.data, .columns = columns};
    const vgi_expr *root = NULL;
    vgi_error err = {0};
    int code;

    *ret = (cli_where){.columns = columns,
                       .stream_columns = cli_keep(c, (n + 1) * sizeof *ret->stream_columns),
                       .reads = cli_keep(c, (n + 1) * sizeof *ret->reads)};
    if (vgi_filter_new(columns, &ret->filter, &err) != VGI_OK)
        return cli_fail(c, err.status, &err);
    r.reads = ret->reads;
    r.filter = ret->filter;
    code = next(&r);
    if (code == CLI_OK)
        code = take_or(&r, &root);
    if (code == CLI_OK && r.token != END)
        code = wrong(&r, r.begin, "AND or OR is missing here");
    return code == CLI_OK ? add_predicates(c, ret->filter, root) : code;
}
