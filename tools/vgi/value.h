/* One value of any Arrow type as text: SQL-like, and JSON. */
#ifndef VGI_TOOL_VALUE_H
#define VGI_TOOL_VALUE_H

#include <vgi/client.h>

#include "text.h"

/* As a person reads it: text bare, DATE 2024-01-31, lists [1, 2], structs {'a': 1}, MAP {'k': 1}, NULL. */
void cli_value_text(cli_text *out, const vgi_array *array, int64_t i);
/* As an SQL literal would begin: text within quotes. What is nested is always told so. */
void cli_value_nested(cli_text *out, const vgi_array *array, int64_t i);
void cli_value_json(cli_text *out, const vgi_array *array, int64_t i);
bool cli_value_is_null(const vgi_array *array, int64_t i);
/* Where the value of a dictionary lies: its array, and *i the place there. Any other array is given back; NULL: the
 * dictionary has no such value. */
const vgi_array *cli_value_plain(const vgi_array *array, int64_t *i);
/* Numbers stand to the right. */
bool cli_value_is_number(const vgi_field *field);

#endif
