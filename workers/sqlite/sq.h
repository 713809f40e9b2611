/* What the files of vgi-sqlite share: one SQLite file, read-only, as a catalog.
 *
 * main.c reads the command line; file.c opens the file and words its failures; schema.c reads tables and views into an
 * sq_snapshot, with types.c (declared types), ddl.c, expr.c and token.c (CHECK and DEFAULT, from SQLite's SQL to the
 * engine's); describe.c turns the snapshot into vgi descriptors; scan.c is the one table function, with value.c. */
#ifndef SQ_H
#define SQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include <vgi/vgi.h>

/* ---- memory (mem.c) ---------------------------------------------------------------------------------------------- */

/* Memory of a snapshot, freed at once. Zero-initialise. */
typedef struct sq_mem {
    struct sq_block *blocks;
} sq_mem;

/* Zeroed memory for `count` things of `size` bytes, aligned for any of them; NULL when out of memory. */
void *sq_alloc(sq_mem *mem, size_t count, size_t size);
char *sq_strdup(sq_mem *mem, const char *text);
void sq_mem_free(sq_mem *mem);
#define SQ_NEW(mem, type, count) ((type *)sq_alloc((mem), (size_t)(count), sizeof(type)))

/* Text that grows. Zero-initialise; a failed allocation is remembered in `failed`, and what follows does nothing. */
typedef struct sq_text {
    char *data; /* NUL-terminated once anything was added */
    size_t size, capacity;
    bool failed;
} sq_text;

void sq_text_add(sq_text *text, const char *bytes, size_t size);
void sq_text_puts(sq_text *text, const char *string);
void sq_text_insert(sq_text *text, size_t at, const char *string);
/* Adds `name` within quotes of that kind (" or '), those inside doubled. */
void sq_text_quoted(sq_text *text, const char *name, size_t size, char quote);
void sq_text_done(sq_text *text);
/* Moves the text into `mem` and ends it; NULL if it or the copy failed. */
char *sq_text_keep(sq_text *text, sq_mem *mem);

/* ---- types (types.c) --------------------------------------------------------------------------------------------- */

typedef enum sq_kind {
    SQ_BIGINT,
    SQ_DOUBLE,
    SQ_BOOLEAN,
    SQ_DATE,
    SQ_TIME,
    SQ_TIMESTAMP,
    SQ_TIMESTAMPTZ,
    SQ_VARCHAR,
    SQ_BLOB,
    SQ_KINDS
} sq_kind;

/* The kind that a declared type is read as; "" or NULL: none was declared. */
sq_kind sq_kind_of(const char *declared);
/* The engine's name of a kind. */
const char *sq_kind_name(sq_kind kind);

/* ---- SQLite's SQL (token.c, expr.c, ddl.c) ----------------------------------------------------------------------- */

typedef enum sq_token_kind {
    SQ_TOKEN_END,
    SQ_TOKEN_WORD,   /* a bare name or keyword */
    SQ_TOKEN_NAME,   /* a name in "", `` or [] */
    SQ_TOKEN_STRING, /* '...' */
    SQ_TOKEN_BLOB,   /* x'...' */
    SQ_TOKEN_NUMBER,
    SQ_TOKEN_OP, /* punctuation, up to three bytes */
    SQ_TOKEN_BAD /* what SQLite would not read */
} sq_token_kind;

typedef struct sq_token {
    sq_token_kind kind;
    const char *text; /* borrowed from the SQL, quotes included */
    size_t size;
} sq_token;

/* The token at *pos, which is moved behind it; comments and blanks are passed over. */
sq_token sq_token_next(const char *sql, size_t size, size_t *pos);
/* True if the token is that word (any case) or that operator. */
bool sq_token_is(sq_token token, const char *word);

/* Adds what a token in quotes stands for, within quotes of the kind `quote`. */
void sq_text_token(sq_text *text, sq_token token, char quote);

/* Writes a SQLite expression in the engine's SQL, with every grouping made explicit. `columns` (ends with NULL; NULL:
 * a DEFAULT, no columns) are the names it may refer to. False where it uses what the engine has not, or cannot parse;
 * `out` is then to be thrown away: one expression that the engine cannot parse would break its whole listing. */
bool sq_expr_translate(const char *sql, size_t size, const char *const *columns, sq_text *out);

/* The CHECK constraints of a CREATE TABLE statement, of columns and of the table, in order: calls `found` with the text
 * between the parentheses. False if `found` said false. */
bool sq_ddl_checks(const char *sql, bool (*found)(void *user, const char *expr, size_t size), void *user);

/* ---- the file (file.c) ------------------------------------------------------------------------------------------- */

typedef struct sq_snapshot sq_snapshot;

/* The worker: what the command line said, and what was read last. */
typedef struct sq_worker {
    const char *path; /* as it was written; NULL: no file was named */
    const char *name; /* of the catalog */
    char *stem;       /* owned: the memory of `name` where it was not given */
    bool all_varchar;
} sq_worker;

/* Which file, and which schema of it: equal while nothing that the catalog shows has changed. */
typedef struct sq_identity {
    uint64_t device, inode;
    int64_t schema_version;
} sq_identity;

/* Opens the file for reading, in a read transaction that lasts until sqlite3_close. Fails with one sentence. */
vgi_status sq_open(const sq_worker *worker, sqlite3 **ret, sq_identity *ret_identity, vgi_error *err);
/* The sentence for SQLite's failure `code` in `db`; `what` ("table \"t\": ", or "") stands before the reason. */
vgi_status sq_fail(const sq_worker *worker, sqlite3 *db, const char *what, vgi_error *err);

/* ---- what it holds (schema.c, describe.c) ------------------------------------------------------------------------ */

typedef struct sq_column {
    const char *name;
    const char *declared; /* "": nothing */
    sq_kind kind;
    bool not_null;
    int primary_key;           /* its place in the key, from 1; 0: none */
    const char *default_value; /* the engine's SQL; NULL: none */
} sq_column;

typedef struct sq_table {
    const char *name;
    const char *type;  /* table, view, virtual */
    const char *sql;   /* nullable */
    const char *rowid; /* a name that gives the rowid; NULL: there is none */
    int n_columns;
    const sq_column *columns;
    const char *const *column_names;     /* ends with NULL */
    const char *const *const *unique;    /* ends with NULL */
    const char *const *checks;           /* the engine's SQL, ends with NULL */
    const vgi_foreign_key *foreign_keys; /* ends with {0} */
} sq_table;

struct sq_snapshot {
    const vgi_catalog *catalogs[2]; /* ends with NULL; first, so that who has them has the snapshot (sq_snapshot_of) */
    sq_mem mem;
    sq_identity identity;
    int n_tables;
    const sq_table *tables;
    const char *left_out; /* tables and views that cannot be read, a line each; NULL: none */
};

/* The snapshot whose catalogs these are; NULL for NULL. */
static inline const sq_snapshot *sq_snapshot_of(const vgi_catalog *const *catalogs)
{
    return (const sq_snapshot *)(const void *)catalogs;
}

/* Reads the schema. *owned*: ends with sq_snapshot_free. */
vgi_status sq_schema_read(const sq_worker *worker, sqlite3 *db, sq_identity identity, sq_snapshot **ret,
                          vgi_error *err);
void sq_snapshot_free(const sq_snapshot *snapshot);
const sq_table *sq_snapshot_table(const sq_snapshot *snapshot, const char *name, size_t size);

/* Fills snapshot->catalogs[0]. False when out of memory. */
bool sq_describe(const sq_worker *worker, sq_snapshot *snapshot);

/* ---- values (value.c) -------------------------------------------------------------------------------------------- */

bool sq_utf8_valid(const unsigned char *text, size_t size);
/* Text of a real that reads back as the same real, with a point or an exponent. `buffer` has 32 bytes. */
size_t sq_real_text(double value, char *buffer);
/* ISO 8601: `YYYY-MM-DD[( |T)HH:MM[:SS[.f]]][Z|(+|-)HH:MM]` to microseconds since 1970 in UTC; `HH:MM[:SS[.f]]` to
 * microseconds of the day. False: not that, or finer than a microsecond. */
bool sq_timestamp_parse(const char *text, size_t size, int64_t *ret_us);
bool sq_time_parse(const char *text, size_t size, int64_t *ret_us);
/* Seconds since 1970 or a Julian day (docs/vgi-sqlite.md says which); a Julian day. The years 0000 to 9999. */
bool sq_timestamp_of_integer(int64_t value, int64_t *ret_us);
bool sq_timestamp_of_julian(double day, int64_t *ret_us);

/* ---- the scan (scan.c) ------------------------------------------------------------------------------------------- */

extern const vgi_table_function SQ_SCAN;

#endif
