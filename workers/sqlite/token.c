/* Tokens of SQLite's SQL (https://sqlite.org/lang_keywords.html, lang_expr.html), for ddl.c and expr.c. The text comes
 * from the file and is not trusted: nothing is read beyond its end. */
#include <string.h>
#include <strings.h>

#include "sq.h"

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t skip_blanks(const char *sql, size_t size, size_t i)
{
    for (;;) {
        if (i < size && strchr(" \t\n\r\f", sql[i]) && sql[i]) {
            i++;
        } else if (i + 1 < size && sql[i] == '-' && sql[i + 1] == '-') {
            while (i < size && sql[i] != '\n')
                i++;
        } else if (i + 1 < size && sql[i] == '/' && sql[i + 1] == '*') {
            for (i += 2; i < size && !(sql[i] == '*' && i + 1 < size && sql[i + 1] == '/'); i++)
                ;
            i = i < size ? i + 2 : size;
        } else {
            return i;
        }
    }
}

/* The end of what is quoted from i on; 0: it never ends. A doubled quote stands for itself; ] cannot be doubled. */
static size_t quoted_end(const char *sql, size_t size, size_t i)
{
    char close = sql[i] == '[' ? ']' : sql[i];

    for (i++; i < size; i++)
        if (sql[i] == close) {
            if (close == ']' || i + 1 >= size || sql[i + 1] != close)
                return i + 1;
            i++;
        }
    return 0;
}

static size_t number_end(const char *sql, size_t size, size_t i)
{
    if (sql[i] == '0' && i + 1 < size && (sql[i + 1] | 32) == 'x') {
        for (i += 2; i < size && is_word(sql[i]); i++)
            ;
        return i;
    }
    while (i < size && is_digit(sql[i]))
        i++;
    if (i < size && sql[i] == '.')
        for (i++; i < size && is_digit(sql[i]); i++)
            ;
    if (i < size && (sql[i] | 32) == 'e') {
        size_t j = i + 1;

        if (j < size && (sql[j] == '+' || sql[j] == '-'))
            j++;
        if (j < size && is_digit(sql[j]))
            for (i = j; i < size && is_digit(sql[i]); i++)
                ;
    }
    return i;
}

static size_t operator_size(const char *sql, size_t size)
{
    static const char *const LONG[] = {"->>", "->", "||", "<<", ">>", "<=", ">=", "<>", "!=", "=="};

    for (size_t i = 0; i < sizeof(LONG) / sizeof(LONG[0]); i++)
        if (size >= strlen(LONG[i]) && memcmp(sql, LONG[i], strlen(LONG[i])) == 0)
            return strlen(LONG[i]);
    return *sql && strchr("()+-*/%&|~<>=,.;", *sql) ? 1 : 0;
}

sq_token sq_token_next(const char *sql, size_t size, size_t *pos)
{
    size_t i = skip_blanks(sql, size, *pos), end;
    sq_token_kind kind;

    if (i >= size) {
        *pos = size;
        return (sq_token){SQ_TOKEN_END, sql + size, 0};
    }
    if (sql[i] == '\'') {
        kind = SQ_TOKEN_STRING;
        end = quoted_end(sql, size, i);
    } else if (sql[i] == '"' || sql[i] == '`' || sql[i] == '[') {
        kind = SQ_TOKEN_NAME;
        end = quoted_end(sql, size, i);
    } else if ((sql[i] | 32) == 'x' && i + 1 < size && sql[i + 1] == '\'') {
        kind = SQ_TOKEN_BLOB;
        end = quoted_end(sql, size, i + 1);
    } else if (is_digit(sql[i]) || (sql[i] == '.' && i + 1 < size && is_digit(sql[i + 1]))) {
        kind = SQ_TOKEN_NUMBER;
        end = number_end(sql, size, i);
        if (end < size && is_word(sql[end]))
            end = 0;
    } else if (is_word(sql[i])) {
        kind = SQ_TOKEN_WORD;
        for (end = i; end < size && is_word(sql[end]); end++)
            ;
    } else {
        kind = SQ_TOKEN_OP;
        end = operator_size(sql + i, size - i);
        end = end ? i + end : 0;
    }
    if (!end) {
        *pos = size;
        return (sq_token){SQ_TOKEN_BAD, sql + i, size - i};
    }
    *pos = end;
    return (sq_token){kind, sql + i, end - i};
}

bool sq_token_is(sq_token token, const char *word)
{
    return (token.kind == SQ_TOKEN_WORD || token.kind == SQ_TOKEN_OP) && token.size == strlen(word) &&
           strncasecmp(token.text, word, token.size) == 0;
}

void sq_text_token(sq_text *text, sq_token token, char quote)
{
    const char *inner = token.text;
    size_t size = token.size;
    char own = 0;

    if (token.kind != SQ_TOKEN_WORD) {
        own = *inner == '[' ? 0 : *inner;
        inner++;
        size -= 2;
    }
    sq_text_add(text, &quote, 1);
    for (size_t i = 0; i < size; i++) {
        if (own && inner[i] == own)
            i++; /* the first of two: the second is the one that is meant */
        if (inner[i] == quote)
            sq_text_add(text, &quote, 1);
        sq_text_add(text, &inner[i], 1);
    }
    sq_text_add(text, &quote, 1);
}
