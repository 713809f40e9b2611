/* Tokens of signatures, scan calls and literals. */
#include "worker/lex.h"

#include <string.h>

#include "arrow/type.h"
#include "base/str.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_name_byte(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '$';
}

char vg_lex_peek(vg_lex *lex)
{
    while (lex->pos < lex->text.size && is_blank(lex->text.data[lex->pos]))
        ++lex->pos;
    return lex->pos < lex->text.size ? lex->text.data[lex->pos] : '\0';
}

bool vg_lex_punct(vg_lex *lex, const char *token)
{
    size_t size = strlen(token);

    vg_lex_peek(lex);
    if (lex->text.size - lex->pos < size || memcmp(lex->text.data + lex->pos, token, size) != 0)
        return false;
    lex->pos += size;
    return true;
}

static size_t bare_size(const vg_lex *lex)
{
    size_t end = lex->pos;

    if (end < lex->text.size && is_letter(lex->text.data[end]))
        while (end < lex->text.size && is_name_byte(lex->text.data[end]))
            ++end;
    return end - lex->pos;
}

bool vg_lex_at_word(vg_lex *lex, const char *word)
{
    vg_lex_peek(lex);
    return vg_string_is_nocase((vgi_string){lex->text.data + lex->pos, bare_size(lex)}, vgi_str(word));
}

bool vg_lex_word(vg_lex *lex, const char *word)
{
    if (!vg_lex_at_word(lex, word))
        return false;
    lex->pos += strlen(word);
    return true;
}

/* Takes what stands between two `quote`s, of which the first comes next; a doubled one inside stands for one. */
static vgi_status take_quoted(vg_lex *lex, char quote, vgi_string *ret)
{
    size_t start = lex->pos, from, size = 0;
    char *copy = vg_arena_alloc(lex->arena, lex->text.size - start + 1);

    if (!copy)
        return vg_lex_memory(lex);
    for (from = start + 1; from < lex->text.size; from++) {
        if (lex->text.data[from] == quote) {
            if (from + 1 == lex->text.size || lex->text.data[from + 1] != quote) {
                lex->pos = from + 1;
                *ret = (vgi_string){copy, size};
                return VGI_OK;
            }
            ++from;
        }
        copy[size++] = lex->text.data[from];
    }
    return vg_lex_fail(lex, start, "the quote that opens here is never closed");
}

vgi_status vg_lex_name(vg_lex *lex, const char *what, vgi_string *ret)
{
    size_t size, start;

    if (vg_lex_peek(lex) == '"') {
        start = lex->pos;
        VGI_TRY(take_quoted(lex, '"', ret));
        return ret->size ? VGI_OK : vg_lex_fail(lex, start, "%s is empty", what);
    }
    size = bare_size(lex);
    if (size == 0)
        return vg_lex_fail(lex, lex->pos, "expected %s", what);
    *ret = vg_arena_string(lex->arena, (vgi_string){lex->text.data + lex->pos, size});
    lex->pos += size;
    return ret->data ? VGI_OK : vg_lex_memory(lex);
}

vgi_status vg_lex_text(vg_lex *lex, vgi_string *ret)
{
    if (vg_lex_peek(lex) != '\'')
        return vg_lex_fail(lex, lex->pos, "expected text in single quotes");
    return take_quoted(lex, '\'', ret);
}

vgi_status vg_lex_expect(vg_lex *lex, const char *token, const char *where)
{
    if (vg_lex_punct(lex, token))
        return VGI_OK;
    return vg_lex_fail(lex, lex->pos, "expected `%s` %s", token, where);
}

vgi_status vg_lex_end(vg_lex *lex)
{
    return vg_lex_peek(lex) == '\0' && lex->pos == lex->text.size
               ? VGI_OK
               : vg_lex_fail(lex, lex->pos, "nothing more was expected");
}

vgi_status vg_lex_fail(vg_lex *lex, size_t pos, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vg_caret_errorv(lex->err, VGI_ERR_VALUE, lex->text, pos, format, args);
    va_end(args);
    return VGI_ERR_VALUE;
}

vgi_status vg_lex_memory(vg_lex *lex)
{
    return vgi_error_set(lex->err, VGI_ERR_MEMORY, "out of memory");
}

size_t vg_lex_max_items(const vg_lex *lex)
{
    size_t n = 1;

    for (size_t i = 0; i < lex->text.size; i++)
        n += lex->text.data[i] == ',';
    return n;
}
