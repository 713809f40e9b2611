/* The command line `vgi`: what its files share. One const row a command (struct cli_command), one a word that it takes
 * (struct cli_field); parsing, help and completion are all read from these rows. Public API of libvgi only. */
#ifndef VGI_TOOL_CLI_H
#define VGI_TOOL_CLI_H

#include <vgi/client.h>

#include "text.h"

/* Exit codes, for scripts; `vgi help` prints them. */
enum {
    CLI_OK = 0,
    CLI_FAILED = 1,    /* the worker answered with an error, or something else went wrong */
    CLI_USAGE = 2,     /* the command line cannot be understood */
    CLI_NOT_FOUND = 3, /* there is no catalog, schema, table, function, ... of that name */
    CLI_NO_WORKER = 4, /* nobody answers at the location, or not in time, or what answers is no VGI worker */
};

/* How a word of the command line becomes a member of a struct, and how a member of a record is shown. */
typedef enum cli_kind {
    CLI_TEXT = 0,     /* vgi_string */
    CLI_OBJECT,       /* vgi_string_list at offset2, vgi_string at offset: SCHEMA.NAME */
    CLI_PATH,         /* vgi_string_list: SCHEMA, or OUTER.INNER */
    CLI_FLAG,         /* bool; an option without value */
    CLI_OPT_BOOL,     /* vgi_opt_bool */
    CLI_INT64,        /* int64_t */
    CLI_OPT_INT64,    /* vgi_opt_int64 */
    CLI_OPT_INT32,    /* vgi_opt_int32 */
    CLI_SIZE,         /* int64_t: bytes; options only */
    CLI_TEXTS,        /* vgi_string_list: A,B */
    CLI_TEXT_GROUPS,  /* vgi_string_list_list: each time A,B */
    CLI_CHECKS,       /* vgi_string_list: one item each time; as a positional word: this and all that follow */
    CLI_INDEXES,      /* vgi_int32_list; shown only */
    CLI_INDEX_GROUPS, /* vgi_int32_list_list; shown only */
    CLI_MAP,          /* vgi_string_map: KEY=VALUE each time */
    CLI_COUNTS,       /* vgi_int64_map; shown only */
    CLI_COLUMNS,      /* vgi_bytes: a schema, written as SQL columns */
    CLI_VALUES,       /* vgi_bytes: a batch of one row, NAME=VALUE each time */
    CLI_OPAQUE,       /* vgi_bytes in hexadecimal */
    CLI_PRESENT,      /* vgi_bytes of which only the size is shown */
    CLI_RECORDS,      /* vgi_bytes_list of which only the number is shown */
    CLI_ENUM,         /* an enum of the protocol, named by `enumeration` */
} cli_kind;

typedef struct cli_field {
    const char *name; /* "NAME": positional, in order; "--name": an option; else a column of an answer */
    const char *help;
    size_t offset;
    size_t offset2;
    const char *enumeration; /* CLI_ENUM */
    cli_kind kind;
    bool optional;       /* positional ones */
    char letter;         /* of an option: 'o' for -o; 0: none */
    const char *choices; /* CLI_TEXT: the only values, with a blank between them; NULL: any */
} cli_field;

/* What every command takes. */
typedef struct cli_globals {
    vgi_string output; /* table csv json arrow */
    vgi_string color;  /* auto always never */
    vgi_string catalog;
    vgi_string_map attach_options;
    vgi_string data_version;
    vgi_string implementation_version;
    vgi_string protocol_version;
    vgi_bytes attachment;
    vgi_bytes transaction;
    vgi_opt_int64 width;
    vgi_opt_int64 timeout_ms;
    int64_t shm_bytes;
    bool verbose;
    bool quiet;
    bool help;
} cli_globals;

typedef struct cli_block cli_block;
typedef struct cli_command cli_command;

/* One run of the program. */
typedef struct cli {
    const cli_command *command;
    cli_globals globals;
    const char *location;
    vgi_client *client;
    vgi_attachment *attachment;
    vgi_result *result;      /* what lives as long as the run */
    cli_block *blocks;       /* memory of cli_keep */
    vgi_string catalog;      /* of the attachment */
    struct cli_whole *whole; /* the attached catalog, where it comes in one answer (whole.h) */
    bool reported;           /* the failure has been told */
    bool color;              /* stdout is to be coloured */
    bool utf8;               /* the terminal takes UTF-8 */
    int width;               /* columns that stdout has; 0: no limit */
} cli;

struct cli_command {
    const char *name; /* "table-create" */
    const char *group;
    const char *summary;
    const char *description; /* NULL: the summary says it all */
    const char *examples;    /* lines */
    const cli_field *fields; /* up to one without name */
    size_t args_size;        /* of the struct that the fields fill */
    int (*run)(cli *c, const void *args);
    const void *method; /* the row of a protocol method: method.h */
    bool no_location;
};

/* ---- command table (main.c), help (help.c), completion (completion.c) ------------------------------------------ */

#define CLI_MAX_COMMANDS 96
/* All commands in the order of the help. Returns their number. */
size_t cli_commands(const cli_command *ret[CLI_MAX_COMMANDS]);
const cli_command *cli_command_find(vgi_string name);
extern const cli_field CLI_GLOBALS[];

void cli_help_all(cli_text *out);
void cli_help_command(const cli_command *command, cli_text *out);
int cli_help_run(cli *c, const void *args);
int cli_completion_run(cli *c, const void *args);
int cli_man_run(cli *c, const void *args);
extern const cli_field CLI_HELP_FIELDS[];
extern const cli_field CLI_COMPLETION_FIELDS[];
extern const size_t CLI_HELP_SIZE, CLI_COMPLETION_SIZE;

/* ---- the command line (fields.c) ------------------------------------------------------------------------------- */

/* Fills `args` and the globals from words behind the command. Tells what is wrong and returns CLI_USAGE, or CLI_OK. */
int cli_fields_parse(cli *c, int argc, char **argv, void *args);
/* "a.b" or "\"a.b\".c" into its parts. */
bool cli_path_parse(cli *c, vgi_string text, vgi_string_list *ret);
/* "a,\"b,c\"" into its parts; NULL, or what it should have been. */
const char *cli_texts_parse(cli *c, vgi_string text, vgi_string_list *ret);

/* ---- memory and messages (run.c) ------------------------------------------------------------------------------- */

/* Zeroed memory that lives as long as the run. */
void *cli_keep(cli *c, size_t size);
vgi_string cli_keep_text(cli *c, const char *data, size_t size);
const char *cli_cstr(cli *c, vgi_string text); /* absent: NULL */
/* "vgi: ..." on stderr; returns `code`. */
int cli_tell(cli *c, int code, const char *format, ...) VGI_PRINTF(3, 4);
/* The same for a mistake in `text`, which is shown with a caret under byte `at`; returns CLI_USAGE. */
int cli_tell_at(cli *c, const char *text, size_t at, const char *format, ...) VGI_PRINTF(4, 5);
/* Tells what failed, and gives the exit code that fits. */
int cli_fail(cli *c, vgi_status status, const vgi_error *err);
/* "; did you mean 'a' or 'b'?" with the names next to `name`, or nothing. */
void cli_suggest(cli_text *out, vgi_string name, const vgi_string *names, size_t count);
int cli_not_found(cli *c, const char *what, vgi_string name, const vgi_string *names, size_t count);

/* ---- the worker (run.c) ---------------------------------------------------------------------------------------- */

int cli_connect(cli *c);
/* One more client of the location. */
vgi_status cli_open(cli *c, vgi_client **ret, vgi_error *err);
/* Connects where need be, and attaches the catalog that --catalog names, or the only one. */
int cli_attach(cli *c);
int cli_attach_named(cli *c, const vgi_catalog_info *info);
int cli_catalogs(cli *c, vgi_catalog_info_list *ret);
vgi_string_list cli_default_path(cli *c);
void cli_done(cli *c);

/* ---- commands -------------------------------------------------------------------------------------------------- */

extern const cli_command CLI_LS, CLI_DESCRIBE, CLI_SCAN, CLI_CALL, CLI_INSERT, CLI_TRACE, CLI_PING, CLI_BENCH,
    CLI_CHECK;
size_t cli_method_commands(const cli_command **ret, size_t room);

#endif
