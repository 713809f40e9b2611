/* A reader of SQL-like text: what signatures, scan calls and literals are parsed with (docs/signature.md). Blanks
 * may stand between any two tokens. A mistake is reported with a caret under it. */
#ifndef VG_WORKER_LEX_H
#define VG_WORKER_LEX_H

#include "base/arena.h"

/* A value; all members are set by whoever parses. `pos` is the byte that is read next. */
typedef struct vg_lex {
    vg_arena *arena;
    vgi_string text;
    size_t pos;
    vgi_error *err;
} vg_lex;

/* Moves behind blanks and gives the next byte, 0 at the end. */
char vg_lex_peek(vg_lex *lex);

/* Takes `token` (punctuation) if it comes next. */
bool vg_lex_punct(vg_lex *lex, const char *token);

/* Takes a keyword (ASCII letters, any case) if it comes next as a whole word. */
bool vg_lex_word(vg_lex *lex, const char *word);

/* True if the keyword comes next; nothing is taken. */
bool vg_lex_at_word(vg_lex *lex, const char *word);

/* Takes an identifier, bare or "quoted" ("" inside is one quote), copied into the arena. `what` names it in the
 * mistake. */
vgi_status vg_lex_name(vg_lex *lex, const char *what, vgi_string *ret) VGI_MUST_USE;

/* Takes 'text' ('' inside is one quote), copied into the arena. */
vgi_status vg_lex_text(vg_lex *lex, vgi_string *ret) VGI_MUST_USE;

/* Takes `token`, or fails with "expected `token` <where>". */
vgi_status vg_lex_expect(vg_lex *lex, const char *token, const char *where) VGI_MUST_USE;

/* Nothing but blanks may be left. */
vgi_status vg_lex_end(vg_lex *lex) VGI_MUST_USE;

/* A mistake at `pos`: VGI_ERR_VALUE with a caret. */
vgi_status vg_lex_fail(vg_lex *lex, size_t pos, const char *format, ...) VGI_PRINTF(3, 4);

vgi_status vg_lex_memory(vg_lex *lex);

/* A bound on the number of items that the text can list: its commas and one. */
size_t vg_lex_max_items(const vg_lex *lex);

#endif
