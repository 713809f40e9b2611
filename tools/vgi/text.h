/* A growing text, and how text is shown: width on a terminal, escapes, quotes of CSV and JSON. A program that has no
 * memory left ends, so nothing here can fail. */
#ifndef VGI_TOOL_TEXT_H
#define VGI_TOOL_TEXT_H

#include <vgi/records.h>

typedef struct cli_text {
    char *data; /* NUL-terminated once anything was added; NULL before */
    size_t size;
    size_t room;
} cli_text;

/* Memory or the end of the program. Zeroed; for free(). */
void *cli_alloc(size_t size);
void *cli_realloc(void *old, size_t size);

void cli_text_add(cli_text *text, const char *data, size_t size);
void cli_text_char(cli_text *text, char c);
void cli_text_puts(cli_text *text, const char *line);
void cli_text_string(cli_text *text, vgi_string string);
void cli_text_printf(cli_text *text, const char *format, ...) VGI_PRINTF(2, 3);
void cli_text_repeat(cli_text *text, const char *piece, size_t count);
void cli_text_free(cli_text *text);
void cli_text_clear(cli_text *text);

/* Columns that UTF-8 text takes on a terminal. Bytes that are no UTF-8 take one each. */
size_t cli_text_width(vgi_string text);
/* The bytes of the longest start of `text` that takes at most `width` columns. */
size_t cli_text_fit(vgi_string text, size_t width);

/* With everything that a terminal would act on (controls, ESC, line ends) and what is no UTF-8 as escapes. */
void cli_text_visible(cli_text *out, vgi_string text);
/* A field of CSV (RFC 4180), quoted where need be. */
void cli_text_csv(cli_text *out, vgi_string text);
/* A JSON string with its quotes. What is no UTF-8 becomes U+FFFD. */
void cli_text_json(cli_text *out, vgi_string text);
/* 'a string''s literal'. */
void cli_text_quote(cli_text *out, vgi_string text);
/* An identifier, quoted where SQL needs it. */
void cli_text_name(cli_text *out, vgi_string name);
void cli_text_path(cli_text *out, vgi_string_list path, vgi_string name);
void cli_text_hex(cli_text *out, const uint8_t *bytes, size_t size);

#endif
