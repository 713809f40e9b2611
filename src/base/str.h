/* Small helpers for text that may not be NUL-terminated. */
#ifndef VG_BASE_STR_H
#define VG_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

#include <vgi/type.h>

/* For printf: `"%.*s", VG_FMT(string)`. */
#define VG_FMT(string) (int)((string).size < 256 ? (string).size : 256), (string).data ? (string).data : ""

/* True if the bytes are UTF-8 as Unicode defines it (no surrogates, no overlong forms). */
bool vg_utf8_valid(const char *text, size_t size);

/* The largest length of at most `size` that does not cut a character of valid UTF-8 in two. */
size_t vg_utf8_cut(const char *text, size_t size);

/* Makes text of a peer's harmless to a terminal: control characters but newlines and tabs, also those of Latin-1 in
 * UTF-8, become question marks. */
void vg_text_tame(char *text);

/* Comparison with a NUL-terminated string; the second ignores the case of ASCII letters. */
bool vg_string_is(vgi_string a, const char *b);
bool vg_string_is_nocase(vgi_string a, vgi_string b);

/* Writes a code point, surrogates too, in UTF-8 (1 to 4 bytes); returns where it ends. */
char *vg_utf8_put(char *out, int32_t code);

/* The value of the four hex digits at `at`; -1 if they are none. */
int32_t vg_hex4(const char *at, const char *end);

#endif
