/* Finds the CHECK constraints of a CREATE TABLE statement: SQLite keeps them nowhere but in its text. No bare name can
 * be the keyword CHECK, so a word CHECK directly within the outer parentheses, before a parenthesis, is one; what
 * stands in strings, quoted names, comments or deeper (a DEFAULT, a generated column) is not. */
#include <string.h>

#include "sq.h"

/* The text up to the parenthesis that closes the one before *pos, which is moved behind it. False: none does. */
static bool inside(const char *sql, size_t size, size_t *pos, size_t *ret_size)
{
    size_t begin = *pos;

    for (int depth = 1;;) {
        sq_token token = sq_token_next(sql, size, pos);

        if (token.kind == SQ_TOKEN_END || token.kind == SQ_TOKEN_BAD)
            return false;
        if (sq_token_is(token, "("))
            depth++;
        else if (sq_token_is(token, ")") && --depth == 0) {
            *ret_size = (size_t)(token.text - sql) - begin;
            return true;
        }
    }
}

bool sq_ddl_checks(const char *sql, bool (*found)(void *user, const char *expr, size_t size), void *user)
{
    size_t size = strlen(sql), pos = 0;
    bool after_check = false;

    for (int depth = 0;;) {
        sq_token token = sq_token_next(sql, size, &pos);

        if (token.kind == SQ_TOKEN_END || token.kind == SQ_TOKEN_BAD)
            return true;
        if (sq_token_is(token, "(")) {
            if (after_check) {
                size_t begin = pos, length;

                if (!inside(sql, size, &pos, &length))
                    return true;
                if (!found(user, sql + begin, length))
                    return false;
            } else {
                depth++;
            }
        } else if (sq_token_is(token, ")") && --depth == 0) {
            return true; /* behind it stand only the table's options */
        }
        after_check = depth == 1 && sq_token_is(token, "CHECK");
    }
}
