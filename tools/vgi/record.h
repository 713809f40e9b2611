/* Records of the protocol as rows, and what the bytes in them hold as SQL. */
#ifndef VGI_TOOL_RECORD_H
#define VGI_TOOL_RECORD_H

#include "cli.h"

/* Prints `count` records of `size` bytes, a column for each of `fields`. */
int cli_record_print(cli *c, const cli_field *fields, const void *items, size_t count, size_t size, bool expanded);

/* "id BIGINT NOT NULL DEFAULT 1": one field. `argument`: as the parameter of a function. */
void cli_field_text(cli *c, cli_text *out, const vgi_field *field);
/* All fields of an encoded schema with commas between them; nothing where it cannot be read. */
void cli_columns_text(cli *c, cli_text *out, vgi_bytes schema);
/* The columns of an encoded batch of one row: "a, b" positional, "name := value" named. */
void cli_values_text(cli *c, cli_text *out, vgi_bytes batch);
/* The SQL type of an argument or a column: "ANY", "TABLE" and what vgi_type_sql says. */
vgi_string cli_type_text(cli *c, const vgi_field *field);
/* "name(a BIGINT, b VARCHAR := 'x') -> BIGINT". */
void cli_signature_text(cli *c, cli_text *out, const vgi_function_info *function);

#endif
