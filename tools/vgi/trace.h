/* `vgi trace`: what its files share. trace.c is the command; trace_value.c decides what of a value may be shown;
 * trace_text.c and trace_json.c write one event each. */
#ifndef VGI_TOOL_TRACE_H
#define VGI_TOOL_TRACE_H

#include <vgi/sys/tap.h>

#include "relay.h"

typedef struct trace {
    cli_relay relay; /* first: the relay's callbacks are given it */
    cli *c;
    vgi_tap *tap;
    vgi_result *result; /* of one event */
    int fd;             /* what is written to */
    bool json;
    bool shows_options; /* values of options and settings, too */
    int64_t rows;       /* of a batch, and items of a list, that are shown */
    vgi_string_list methods;
} trace;

/* ---- trace_value.c ----------------------------------------------------------------------------------------------- */

/* What may be shown of the values in a column. */
typedef enum trace_rule {
    TRACE_HASH, /* bytes are opaque; anything else is shown */
    TRACE_OPEN, /* bytes are a record, a batch or a schema, which is shown */
    TRACE_HIDE, /* so they are, but every value in it is hashed */
} trace_rule;

/* The rule for bytes in the column of that name in a message of a protocol. `in_list`: of lists of bytes. */
trace_rule trace_rule_of(const trace *t, vgi_string protocol, vgi_string name, bool in_list);

/* Protocols whose every value is hashed: those that secrets are asked for with. */
bool trace_hides_all(vgi_string protocol);

/* What the bytes hold. TRACE_BYTES: nothing that can be opened. */
typedef enum trace_content { TRACE_BYTES, TRACE_BATCH, TRACE_SCHEMA } trace_content;
trace_content trace_open(const trace *t, vgi_bytes bytes, const vgi_batch **ret_batch,
                         const vgi_arrow_schema **ret_schema);

/* The one place where a value that nobody is to read is written. */
void trace_hidden(cli_text *out, const void *bytes, size_t size);
/* The value, or what stands for it; without line ends, cut where it is long. */
void trace_value_text(cli_text *out, const vgi_array *array, int64_t i, bool hidden);
void trace_value_json(cli_text *out, const vgi_array *array, int64_t i, bool hidden);
/* Bytes are in it, which have to be looked at one by one. */
bool trace_has_bytes(const vgi_field *field);
bool trace_is_bytes(const vgi_field *field);
bool trace_is_list(const vgi_field *field);
vgi_string trace_type(const trace *t, const vgi_field *field);
/* "(a BIGINT, b VARCHAR)". */
void trace_columns(const trace *t, cli_text *out, const vgi_arrow_schema *schema);
/* Keys of the batch's metadata that say more than what the event says already. */
bool trace_is_news(vgi_string key);

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* In `out`: whole lines. */
void trace_text_event(const trace *t, const vgi_tap_event *event, cli_text *out);
void trace_text_note(const trace *t, const char *word, const char *text, cli_text *out);
void trace_json_event(const trace *t, const vgi_tap_event *event, cli_text *out);
void trace_json_note(const trace *t, const char *word, const char *text, cli_text *out);

#endif
