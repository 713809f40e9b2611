/* SQLite expressions in the engine's SQL, for CHECK and DEFAULT. The engine parses both when it lists a table, and one
 * that it cannot parse, or that names a column which is not there, fails every listing: so only what this file
 * understands is passed on, token by token, grouped as SQLite groups it (https://sqlite.org/lang_expr.html §1). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sq.h"

enum { MAX_DEPTH = 60 };

/* How tightly operators bind, loosest first. */
enum { OR = 1, AND, NOT, EQUALITY, COMPARISON, BITS, SUM, PRODUCT, CONCATENATION, COLLATION, UNARY };

static const struct binary {
    const char *sqlite, *engine;
    int binds;
} BINARY[] = {
    {"OR", "OR", OR},       {"AND", "AND", AND},      {"=", "=", EQUALITY},   {"==", "=", EQUALITY},
    {"!=", "<>", EQUALITY}, {"<>", "<>", EQUALITY},   {"<", "<", COMPARISON}, {"<=", "<=", COMPARISON},
    {">", ">", COMPARISON}, {">=", ">=", COMPARISON}, {"&", "&", BITS},       {"|", "|", BITS},
    {"<<", "<<", BITS},     {">>", ">>", BITS},       {"+", "+", SUM},        {"-", "-", SUM},
    {"*", "*", PRODUCT},    {"/", "/", PRODUCT},      {"%", "%", PRODUCT},    {"||", "||", CONCATENATION},
};

static const char *const CONSTANTS[] = {"NULL", "TRUE", "FALSE", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"};

/* Functions whose names are operators to the engine's parser, and words that begin something else. */
static const char *const NO_FUNCTIONS[] = {"like",    "glob", "match",  "regexp", "in",     "not",
                                           "and",     "or",   "exists", "raise",  "select", "values",
                                           "between", "is",   "escape", "collate"};

/* Functions of the engine's that SQLite has by the same name, with the same meaning. */
static const char *const SAME_FUNCTIONS[] = {"abs",  "coalesce", "ifnull", "nullif",  "length", "round",
                                             "trim", "ltrim",    "rtrim",  "replace", "substr", "instr"};

struct parser {
    const char *sql;
    size_t size, pos;
    sq_token token; /* the next one, not yet taken */
    const char *const *columns;
    sq_text *out;
    int depth;
    bool to_sqlite; /* the other way: from the engine's SQL */
};

static bool expression(struct parser *p, int binds);

static void take(struct parser *p)
{
    p->token = sq_token_next(p->sql, p->size, &p->pos);
}

static bool take_if(struct parser *p, const char *word)
{
    if (!sq_token_is(p->token, word))
        return false;
    take(p);
    return true;
}

static bool is_one_of(sq_token token, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sq_token_is(token, words[i]))
            return true;
    return false;
}

static bool number(struct parser *p)
{
    sq_token token = p->token;
    char text[24];

    if (token.size > 2 && (token.text[1] | 32) == 'x') {
        unsigned long long value;
        char *end;

        if (token.size > 18)
            return false;
        memcpy(text, token.text, token.size);
        text[token.size] = 0;
        errno = 0;
        value = strtoull(text, &end, 16);
        if (*end || errno)
            return false;
        snprintf(text, sizeof(text), "%lld", (long long)value); /* SQLite reads 64 bits, two's complement */
        sq_text_puts(p->out, text);
    } else {
        sq_text_add(p->out, token.text, token.size);
        if (token.text[token.size - 1] == '.')
            sq_text_puts(p->out, "0");
    }
    take(p);
    return true;
}

static bool blob(struct parser *p)
{
    const char *hex = p->token.text + 2;
    size_t size = p->token.size - 3;

    if (p->to_sqlite || size % 2 || strspn(hex, "0123456789abcdefABCDEF") < size)
        return false;
    sq_text_puts(p->out, "CAST('");
    for (size_t i = 0; i < size; i += 2) {
        sq_text_puts(p->out, "\\x");
        sq_text_add(p->out, hex + i, 2);
    }
    sq_text_puts(p->out, "' AS BLOB)");
    take(p);
    return true;
}

/* A column, or in a CHECK a string that was written in double quotes, as SQLite allows it. */
static bool name(struct parser *p, sq_token token)
{
    sq_text plain = {0};
    bool known = false;

    sq_text_token(&plain, token, '"');
    if (plain.failed)
        return false;
    for (const char *const *column = p->columns; column && *column && !known; column++) {
        sq_text quoted = {0};

        sq_text_quoted(&quoted, *column, strlen(*column), '"');
        known = !quoted.failed && strcasecmp(quoted.data, plain.data) == 0;
        if (known)
            sq_text_puts(p->out, quoted.data);
        sq_text_done(&quoted);
    }
    sq_text_done(&plain);
    if (known)
        return true;
    if (p->to_sqlite || (token.kind == SQ_TOKEN_NAME ? *token.text != '"' : p->columns != NULL))
        return false;
    sq_text_token(p->out, token, '\'');
    return true;
}

static bool list(struct parser *p)
{
    sq_text_puts(p->out, "(");
    do {
        if (!expression(p, OR))
            return false;
        if (sq_token_is(p->token, ","))
            sq_text_puts(p->out, ", ");
    } while (take_if(p, ","));
    sq_text_puts(p->out, ")");
    return take_if(p, ")");
}

/* A function of the engine's, behind its opening parenthesis. */
static bool function_to_sqlite(struct parser *p, sq_token token)
{
    static const char *const NOW[] = {"now", "get_current_timestamp", "current_timestamp"};

    if (sq_token_is(p->token, ")") && (is_one_of(token, NOW, sizeof(NOW) / sizeof(NOW[0])) ||
                                       sq_token_is(token, "current_date") || sq_token_is(token, "today"))) {
        bool is_date = sq_token_is(token, "current_date") || sq_token_is(token, "today");

        sq_text_puts(p->out, is_date ? "CURRENT_DATE" : "CURRENT_TIMESTAMP");
        return take_if(p, ")");
    }
    if (!is_one_of(token, SAME_FUNCTIONS, sizeof(SAME_FUNCTIONS) / sizeof(SAME_FUNCTIONS[0])))
        return false;
    sq_text_add(p->out, token.text, token.size);
    return list(p);
}

/* A bare word: a constant, a function, a column. */
static bool word(struct parser *p)
{
    sq_token token = p->token;

    take(p);
    if (sq_token_is(p->token, "(")) {
        take(p);
        if (p->to_sqlite)
            return function_to_sqlite(p, token);
        if (!p->columns)
            return false; /* the engine computes defaults, and its functions differ: SQLite computes this one */
        if (is_one_of(token, NO_FUNCTIONS, sizeof(NO_FUNCTIONS) / sizeof(NO_FUNCTIONS[0])))
            return false;
        for (size_t i = 0; i < token.size; i++)
            if ((unsigned char)token.text[i] >= 0x80 || token.text[i] == '$')
                return false;
        sq_text_add(p->out, token.text, token.size);
        if (take_if(p, ")")) {
            sq_text_puts(p->out, "()");
            return true;
        }
        return list(p);
    }
    if (take_if(p, ".")) { /* table.column: the table is this one */
        token = p->token;
        take(p);
        return p->columns && (token.kind == SQ_TOKEN_WORD || token.kind == SQ_TOKEN_NAME) && name(p, token);
    }
    if (is_one_of(token, CONSTANTS, sizeof(CONSTANTS) / sizeof(CONSTANTS[0]))) {
        sq_text_add(p->out, token.text, token.size);
        return true;
    }
    if (!p->columns && (p->token.kind != SQ_TOKEN_END || token.text != p->sql))
        return false; /* DEFAULT word means 'word' only where it stands alone */
    return name(p, token);
}

static bool case_when(struct parser *p)
{
    bool any = false;

    take(p);
    sq_text_puts(p->out, "CASE");
    if (!sq_token_is(p->token, "WHEN")) {
        sq_text_puts(p->out, " ");
        if (!expression(p, OR))
            return false;
    }
    for (; take_if(p, "WHEN"); any = true) {
        sq_text_puts(p->out, " WHEN ");
        if (!expression(p, OR) || !take_if(p, "THEN"))
            return false;
        sq_text_puts(p->out, " THEN ");
        if (!expression(p, OR))
            return false;
    }
    if (take_if(p, "ELSE")) {
        sq_text_puts(p->out, " ELSE ");
        if (!expression(p, OR))
            return false;
    }
    sq_text_puts(p->out, " END");
    return any && take_if(p, "END");
}

/* A cast of the engine's, behind CAST: of what is stored as text, and of a decimal, the value itself. */
static bool cast_to_sqlite(struct parser *p)
{
    size_t start = p->out->size, type_size;
    sq_text type = {0};
    const char *wrap = NULL;
    sq_kind kind;

    take(p);
    if (!take_if(p, "(") || !expression(p, OR) || !take_if(p, "AS"))
        return false;
    for (; p->token.kind == SQ_TOKEN_WORD || p->token.kind == SQ_TOKEN_NAME; take(p)) {
        bool is_quoted = p->token.kind == SQ_TOKEN_NAME;

        sq_text_puts(&type, type.size ? " " : "");
        sq_text_add(&type, p->token.text + is_quoted, p->token.size - (is_quoted ? 2 : 0));
    }
    if (take_if(p, "(")) {
        while (p->token.kind == SQ_TOKEN_NUMBER || sq_token_is(p->token, ","))
            take(p);
        if (!take_if(p, ")"))
            type.failed = true;
    }
    type_size = type.size;
    kind = type.failed || !type_size ? SQ_BLOB : sq_kind_of(type.data);
    if (kind == SQ_BIGINT)
        wrap = "INTEGER";
    else if (kind == SQ_VARCHAR)
        wrap = sqlite3_stricmp(type.data, "VARCHAR") == 0 ? "TEXT" : NULL;
    else if (kind == SQ_DOUBLE && sqlite3_strnicmp(type.data, "DEC", 3) != 0)
        wrap = "REAL";
    else if (kind == SQ_BOOLEAN && !p->out->failed) {
        bool is_true = strcmp(p->out->data + start, "'t'") == 0, is_false = strcmp(p->out->data + start, "'f'") == 0;

        p->out->size = is_true || is_false ? start : p->out->size;
        sq_text_puts(p->out, is_true ? "1" : is_false ? "0" : "");
    }
    sq_text_done(&type);
    if (wrap) {
        sq_text_insert(p->out, start, "CAST(");
        sq_text_puts(p->out, " AS ");
        sq_text_puts(p->out, wrap);
        sq_text_puts(p->out, ")");
    }
    return type_size && kind != SQ_BLOB && take_if(p, ")");
}

static bool cast(struct parser *p)
{
    char type[64];
    size_t size = 0;

    take(p);
    sq_text_puts(p->out, "CAST(");
    if (!take_if(p, "(") || !expression(p, OR) || !take_if(p, "AS"))
        return false;
    for (; p->token.kind == SQ_TOKEN_WORD && size + p->token.size + 2 < sizeof(type); take(p)) {
        if (size)
            type[size++] = ' ';
        memcpy(type + size, p->token.text, p->token.size);
        size += p->token.size;
    }
    type[size] = 0;
    sq_text_puts(p->out, " AS ");
    sq_text_puts(p->out, sq_kind_name(sq_kind_of(type)));
    sq_text_puts(p->out, ")");
    return size && take_if(p, ")");
}

static bool unary(struct parser *p)
{
    char sign = *p->token.text;
    size_t start;

    take(p);
    sq_text_add(p->out, &sign, 1);
    start = p->out->size;
    if (!expression(p, UNARY))
        return false;
    if (!p->out->failed && p->out->data[start] == sign) { /* two minus signs would begin a comment */
        sq_text_insert(p->out, start, "(");
        sq_text_puts(p->out, ")");
    }
    return true;
}

static bool operand(struct parser *p)
{
    switch (p->token.kind) {
    case SQ_TOKEN_NUMBER:
        return number(p);
    case SQ_TOKEN_BLOB:
        return blob(p);
    case SQ_TOKEN_STRING:
        sq_text_token(p->out, p->token, '\'');
        take(p);
        return true;
    case SQ_TOKEN_NAME: {
        sq_token token = p->token;

        take(p);
        if (take_if(p, ".")) {
            token = p->token;
            take(p);
        }
        return !sq_token_is(p->token, "(") && (token.kind == SQ_TOKEN_NAME || token.kind == SQ_TOKEN_WORD) &&
               name(p, token);
    }
    case SQ_TOKEN_WORD:
        if (sq_token_is(p->token, "CASE"))
            return case_when(p);
        if (sq_token_is(p->token, "CAST"))
            return p->to_sqlite ? cast_to_sqlite(p) : cast(p);
        if (take_if(p, "NOT")) {
            sq_text_puts(p->out, "(NOT ");
            if (!expression(p, NOT))
                return false;
            sq_text_puts(p->out, ")");
            return true;
        }
        return word(p);
    default:
        if (take_if(p, "(")) {
            sq_text_puts(p->out, "(");
            if (!expression(p, OR))
                return false;
            sq_text_puts(p->out, ")");
            return take_if(p, ")");
        }
        if (sq_token_is(p->token, "-") || sq_token_is(p->token, "+") || sq_token_is(p->token, "~"))
            return unary(p);
        return false;
    }
}

/* What follows the left side at out[start..]: ` text right)`, with the opening parenthesis put before the left. */
static bool grouped(struct parser *p, size_t start, const char *text, int right)
{
    sq_text_insert(p->out, start, "(");
    sq_text_puts(p->out, text);
    if (right && !expression(p, right))
        return false;
    sq_text_puts(p->out, ")");
    return true;
}

static bool between(struct parser *p, size_t start, bool negated)
{
    sq_text_insert(p->out, start, "(");
    sq_text_puts(p->out, negated ? " NOT BETWEEN " : " BETWEEN ");
    if (!expression(p, COMPARISON) || !take_if(p, "AND"))
        return false;
    sq_text_puts(p->out, " AND ");
    if (!expression(p, COMPARISON))
        return false;
    sq_text_puts(p->out, ")");
    return true;
}

/* LIKE ignores the case of ASCII letters in SQLite. */
static bool like(struct parser *p, size_t start, bool negated)
{
    sq_text_insert(p->out, start, "(");
    sq_text_puts(p->out, negated ? " NOT " : " ");
    sq_text_puts(p->out, p->to_sqlite ? "LIKE " : "ILIKE ");
    if (!expression(p, COMPARISON))
        return false;
    if (take_if(p, "ESCAPE")) {
        sq_text_puts(p->out, " ESCAPE ");
        if (!expression(p, COMPARISON))
            return false;
    }
    sq_text_puts(p->out, ")");
    return true;
}

/* The operators of the rank of `=` that are words. */
static bool equality_word(struct parser *p, size_t start)
{
    bool negated = false;

    if (take_if(p, "ISNULL"))
        return grouped(p, start, " IS NULL", 0);
    if (take_if(p, "NOTNULL"))
        return grouped(p, start, " IS NOT NULL", 0);
    if (take_if(p, "IS")) {
        negated = take_if(p, "NOT");
        if (take_if(p, "NULL"))
            return grouped(p, start, negated ? " IS NOT NULL" : " IS NULL", 0);
        if (take_if(p, "DISTINCT")) {
            if (!take_if(p, "FROM"))
                return false;
            negated = !negated;
        }
        return grouped(p, start, negated ? " IS DISTINCT FROM " : " IS NOT DISTINCT FROM ", COMPARISON);
    }
    negated = take_if(p, "NOT");
    if (negated && take_if(p, "NULL"))
        return grouped(p, start, " IS NOT NULL", 0);
    if (take_if(p, "BETWEEN"))
        return between(p, start, negated);
    if (p->to_sqlite ? take_if(p, "ILIKE") : take_if(p, "LIKE"))
        return like(p, start, negated);
    if (take_if(p, "GLOB")) {
        if (negated)
            sq_text_insert(p->out, start, "(NOT ");
        if (!grouped(p, negated ? start + 5 : start, " GLOB ", COMPARISON))
            return false;
        if (negated)
            sq_text_puts(p->out, ")");
        return true;
    }
    if (take_if(p, "IN")) {
        sq_text_insert(p->out, start, "(");
        sq_text_puts(p->out, negated ? " NOT IN " : " IN ");
        if (!take_if(p, "(") || !list(p))
            return false;
        sq_text_puts(p->out, ")");
        return true;
    }
    return false;
}

static bool is_equality_word(sq_token token)
{
    static const char *const WORDS[] = {"IS", "ISNULL", "NOTNULL", "NOT", "IN", "BETWEEN", "LIKE", "ILIKE", "GLOB"};

    return is_one_of(token, WORDS, sizeof(WORDS) / sizeof(WORDS[0]));
}

static const struct binary *binary_operator(sq_token token)
{
    for (size_t i = 0; i < sizeof(BINARY) / sizeof(BINARY[0]); i++)
        if (sq_token_is(token, BINARY[i].sqlite))
            return &BINARY[i];
    return NULL;
}

static bool collation(struct parser *p, size_t start)
{
    take(p);
    if (take_if(p, "NOCASE"))
        return grouped(p, start, " COLLATE NOCASE", 0);
    return take_if(p, "BINARY");
}

static bool expression(struct parser *p, int binds)
{
    size_t start = p->out->size;
    const struct binary *binary;
    bool is_right = ++p->depth <= MAX_DEPTH && operand(p);

    while (is_right) {
        if (binds <= EQUALITY && is_equality_word(p->token)) {
            is_right = equality_word(p, start);
        } else if (binds <= COLLATION && sq_token_is(p->token, "COLLATE")) {
            is_right = collation(p, start);
        } else {
            char text[8];

            binary = binary_operator(p->token);
            if (!binary || binary->binds < binds)
                break;
            take(p);
            if (p->to_sqlite && strcmp(binary->sqlite, "/") == 0) { /* the engine divides whole numbers, too */
                sq_text_insert(p->out, start, "CAST(");
                sq_text_puts(p->out, " AS REAL)");
            }
            snprintf(text, sizeof(text), " %s ", binary->engine);
            is_right = grouped(p, start, text, binary->binds + 1);
        }
    }
    p->depth--;
    return is_right && !p->out->failed;
}

bool sq_expr_translate(const char *sql, size_t size, const char *const *columns, sq_text *out)
{
    struct parser p = {.sql = sql, .size = size, .columns = columns, .out = out};

    take(&p);
    return expression(&p, OR) && p.token.kind == SQ_TOKEN_END;
}

bool sq_expr_to_sqlite(const char *sql, size_t size, const char *const *columns, sq_text *out)
{
    struct parser p = {.sql = sql, .size = size, .columns = columns, .out = out, .to_sqlite = true};

    take(&p);
    return expression(&p, OR) && p.token.kind == SQ_TOKEN_END;
}
