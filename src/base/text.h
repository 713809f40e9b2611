/* Text that grows in an arena, and JSON on top of it: what log_extra, the access log and field metadata need
 * (rpc.md §6.3, §14). */
#ifndef VG_BASE_TEXT_H
#define VG_BASE_TEXT_H

#include <stdbool.h>

#include "base/arena.h"

/* A value: give it an arena, append, take the result. */
typedef struct vg_text {
    vg_arena *arena;
    char *data;
    size_t size;
    size_t capacity;
    bool failed; /* out of memory; sticky */
} vg_text;

void vg_text_add(vg_text *text, const char *bytes, size_t size);
void vg_text_puts(vg_text *text, const char *string);
/* What a terminal or a log may show: control characters other than newline and tab become '?', and where the whole is
 * not UTF-8, so does every byte above ASCII. */
void vg_text_clean(vg_text *text, vgi_string string);
/* A JSON string with its quotes; bytes above ASCII become '?' where the whole is not UTF-8. */
void vg_text_json(vg_text *text, vgi_string string);
/* A member of a JSON object, with a comma before it where `text` does not end in '{'. */
void vg_text_member(vg_text *text, const char *key, vgi_string value);

/* The text with a NUL behind it, absent after a failure. */
vgi_string vg_text_take(vg_text *text);

#endif
