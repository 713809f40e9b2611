/* What the files of vgi-sqlite share: SQLite files as the schemas of a catalog.
 *
 * main.c reads the command line; file.c opens a file and words its failures, version.c says which state of it a read
 * transaction sees; schema.c reads tables and views into an sq_snapshot, with types.c (declared types), ddl.c, expr.c
 * and token.c (CHECK and DEFAULT, from SQLite's SQL to the engine's, and back), comment.c (comments); describe.c turns
 * the snapshot into vgi descriptors, and catalog.c answers with them; use.c says through which connection a callback
 * reads, txn.c is a transaction that writes.
 *
 * scan.c is the one function that reads, with put.c, value.c and wide.c (values), known.c (rows and statistics),
 * where.c (filters), part.c (scans in parts), explain.c (what SQLite does) and rows.c (rows put by); write.c
 * and take.c are those that write. change.c, create.c, alter.c (with convert.c) and index.c change the schema. */
#ifndef SQ_H
#define SQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pthread.h>
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
    /* of the engine's, and declared as such (sq_declare) */
    SQ_TINYINT,
    SQ_SMALLINT,
    SQ_INTEGER,
    SQ_UTINYINT,
    SQ_USMALLINT,
    SQ_UINTEGER,
    SQ_UBIGINT,
    SQ_HUGEINT,
    SQ_UHUGEINT,
    SQ_FLOAT,
    SQ_DECIMAL,
    SQ_UUID,
    SQ_KINDS /* none of them */
} sq_kind;

/* The kind that a declared type is read as; "" or NULL: none was declared. */
sq_kind sq_kind_of(const char *declared);
/* The engine's name of a kind; of a column, with its parameters. */
const char *sq_kind_name(sq_kind kind);
const char *sq_type_text(sq_kind kind, const char *declared, sq_mem *mem);
/* The kind of a type of the engine's; SQ_KINDS: SQLite has no place for it. */
sq_kind sq_kind_of_field(const vgi_field *type);
/* Adds the declaration of a column of that type. False: SQLite has no place for it. */
bool sq_declare(sq_text *sql, const vgi_field *type);
/* The precision and scale of a declaration `...(p,s)`. */
bool sq_decimal_of(const char *declared, int *ret_precision, int *ret_scale);

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

/* The other way: an expression of the engine's for SQLite, for CHECK, DEFAULT and indexes. False where SQLite would not
 * give the same. */
bool sq_expr_to_sqlite(const char *sql, size_t size, const char *const *columns, sq_text *out);

/* The CHECK constraints of a CREATE TABLE statement, of columns and of the table, in order: calls `found` with the text
 * between the parentheses. False if `found` said false. */
bool sq_ddl_checks(const char *sql, bool (*found)(void *user, const char *expr, size_t size), void *user);

/* ---- the file (file.c) ------------------------------------------------------------------------------------------- */

typedef struct sq_snapshot sq_snapshot;

enum { SQ_MAX_FILES = 64, SQ_MAX_WORKERS = 1024 };

/* One file: a schema of the catalog. */
typedef struct sq_file {
    const char *path; /* as it was written */
    char *schema;     /* owned: `main`, or the name of a file that --attach named */
    int busy_ms;      /* how long a lock is waited for */
    bool trusted;     /* its schema may call any function */
} sq_file;

/* What becomes of a value that does not fit the type of its column. */
typedef enum sq_types {
    SQ_TYPES_STRICT, /* the scan fails */
    SQ_TYPES_CAST,   /* what SQLite's CAST and date functions make of it */
    SQ_TYPES_TEXT    /* every column is VARCHAR, but for those declared BLOB */
} sq_types;

/* The worker: what the command line said, and what was read last. */
typedef struct sq_worker {
    const char *name; /* of the catalog */
    char *stem;       /* owned: the memory of `name` where it was not given */
    sq_types types;
    int busy_ms, max_workers;
    bool is_read_only;
    bool trusts;   /* the files' schemas */
    bool explains; /* tells the caller's log how SQLite reads */
    int n_files;
    sq_file files[SQ_MAX_FILES]; /* the first is the schema `main`; path NULL: no file was named */
    sq_mem mem;                  /* of the catalog's descriptor */
    const vgi_catalog *catalogs[2];
    pthread_mutex_t lock;              /* of what follows, and of the users of snapshots */
    sq_snapshot *newest[SQ_MAX_FILES]; /* NULL: nothing was read yet */
} sq_worker;

/* Which file, and which schema of it: equal while nothing that the catalog shows has changed. */
typedef struct sq_identity {
    uint64_t device, inode;
    int64_t made_ns, schema_version;
} sq_identity;

/* The connection alone. Fails with one sentence. */
vgi_status sq_open_raw(const sq_file *file, int flags, sqlite3 **ret, vgi_error *err);
/* Opens the file for reading, in a read transaction that lasts until sqlite3_close. Fails with one sentence. */
vgi_status sq_open(const sq_file *file, sqlite3 **ret, sq_identity *ret_identity, vgi_error *err);
/* The sentence for SQLite's failure `code` in `db`; `what` ("table \"t\": ", or "") stands before the reason. */
vgi_status sq_fail(const sq_file *file, sqlite3 *db, const char *what, vgi_error *err);
/* The failure of a statement that changes something: in SQLite's own words where they are about the statement. */
vgi_status sq_sql_fail(vgi_call *call, const sq_file *file, sqlite3 *db, const char *what);
/* True if the database is in WAL mode. */
bool sq_is_wal(sqlite3 *db);

/* Which state of the file a read transaction sees: equal only while no byte of its content has changed (version.c). */
typedef struct sq_version {
    uint64_t device, inode;
    int64_t size_bytes, modified_ns;
    uint8_t change_counter[8], wal[24]; /* no padding: compared as bytes */
} sq_version;

/* The version of what db's read transaction sees. False where it cannot be told apart from a later one: nothing may be
 * built on it then. May begin the transaction anew, before anything was read in it. */
bool sq_version_read(const sq_file *file, sqlite3 *db, sq_version *ret);

/* ---- what it holds (schema.c, describe.c) ------------------------------------------------------------------------ */

typedef struct sq_column {
    const char *name;
    const char *declared; /* "": nothing */
    const char *type;     /* the engine's */
    const char *comment;  /* nullable */
    sq_kind kind;
    bool is_generated;
    bool has_own_default; /* that the engine cannot compute: default_value is NULL */
    bool not_null;
    int primary_key;           /* its place in the key, from 1; 0: none */
    bool is_rowid;             /* INTEGER PRIMARY KEY: another name of the rowid */
    const char *index;         /* an index of all rows that begins with it; NULL: none */
    const char *default_value; /* the engine's SQL; NULL: none */
} sq_column;

typedef struct sq_table {
    const sq_file *file;
    const char *name;
    const char *type;    /* table, view, virtual */
    const char *sql;     /* nullable */
    const char *comment; /* nullable */
    const char *rowid;   /* a name that gives the rowid; NULL: there is none */
    int n_columns;
    const sq_column *columns;
    const char *const *column_names;     /* ends with NULL */
    const char *const *const *unique;    /* ends with NULL */
    const char *const *checks;           /* the engine's SQL, ends with NULL */
    const vgi_foreign_key *foreign_keys; /* ends with {0} */
} sq_table;

/* What one file holds, as one connection saw it. */
struct sq_snapshot {
    sq_mem mem;
    int users; /* under the worker's lock */
    sq_worker *worker;
    const sq_file *file;
    sq_identity identity;
    int n_tables;
    const sq_table *tables;
    const vgi_table *descriptors; /* one a table; of a view nothing */
    const char *left_out;         /* tables and views that cannot be read, a line each; NULL: none */
};

/* Reads the schema. *owned*: with one user. */
vgi_status sq_schema_read(sq_worker *worker, const sq_file *file, sqlite3 *db, const sq_identity *identity,
                          sq_snapshot **ret, vgi_error *err);
void sq_snapshot_free(const sq_snapshot *snapshot);
const sq_table *sq_snapshot_table(const sq_snapshot *snapshot, const char *name, size_t size);

/* Fills snapshot->descriptors. False when out of memory. */
bool sq_describe(const sq_worker *worker, sq_snapshot *snapshot);
/* Fills worker->catalogs: the files as schemas, and their functions. */
bool sq_describe_catalog(sq_worker *worker);
/* `"id" BIGINT, "name" VARCHAR`. NULL when out of memory. */
const char *sq_columns_text(sq_mem *mem, const sq_table *table, bool with_rowid);
/* `sqlite_scan('name')`. NULL when out of memory. */
const char *sq_scan_text(const sq_worker *worker, sq_mem *mem, const sq_file *file, const char *name);

/* ---- reaching a file (use.c), changing it (txn.c) ---------------------------------------------------------------- */

/* A transaction that changes a file. */
typedef struct sq_txn {
    sq_worker *worker;
    const sq_file *file; /* NULL: nothing was changed yet */
    sqlite3 *db;
    sq_snapshot *snapshot; /* NULL: to be read anew */
    bool has_ddl;
    int64_t seen_cookie; /* the greatest schema cookie that a caller may have seen */
    int n_writers;
} sq_txn;

extern const vgi_transactions SQ_TRANSACTIONS;

/* The schema cookie one higher: what was cached of the schema is read anew. */
void sq_cookie_raise(sqlite3 *db);
/* In a change: its transaction, which from then on changes this file. */
vgi_status sq_txn_use(vgi_call *call, const sq_file *file, sq_txn **ret);
/* The schema has changed; `has_cookie`: SQLite knows itself. */
void sq_txn_changed(sq_txn *txn, bool has_cookie);

/* What a callback reads a file with: until sq_use_end. */
typedef struct sq_use {
    sq_worker *worker;
    sqlite3 *db;
    bool is_own; /* the connection; else it is the transaction's */
    const sq_snapshot *snapshot;
} sq_use;

vgi_status sq_use_begin(vgi_call *call, const sq_file *file, sq_use *ret);
void sq_use_end(sq_use *use);
void sq_snapshot_release(sq_worker *worker, const sq_snapshot *snapshot);
/* The same, for vgi_call_hold; NULL: nothing. */
void sq_snapshot_let_go(void *snapshot);

/* The file of a schema; NULL: there is none. */
const sq_file *sq_file_named(const sq_worker *worker, vgi_string schema);
vgi_status sq_file_at(vgi_call *call, vgi_string_list path, const sq_file **ret);

/* ---- the catalog (catalog.c, change.c, alter.c, create.c) -------------------------------------------------------- */

extern const vgi_catalog_ops SQ_OPS, SQ_READ_ONLY_OPS;

/* ---- comments (comment.c): a table of ours in the file, which no listing shows ----------------------------------- */

#define SQ_COMMENTS_SQL                                                                                                \
    "CREATE TABLE vgi_comments(object TEXT COLLATE NOCASE, \"column\" TEXT COLLATE NOCASE, comment TEXT NOT NULL, "    \
    "PRIMARY KEY(object, \"column\")) WITHOUT ROWID"

/* Fills in the comments of tables and columns. False: SQLite failed. */
bool sq_comments_read(sqlite3 *db, sq_snapshot *snapshot);
/* Sets a comment, or clears it where it is absent; of a table or view where `column` is absent. */
bool sq_comment_set(sqlite3 *db, vgi_string object, vgi_string column, vgi_string comment);
/* Comments follow what they are about. An absent new name: it is gone. */
bool sq_comments_move(sqlite3 *db, vgi_string object, vgi_string new_name);
bool sq_comments_move_column(sqlite3 *db, vgi_string object, vgi_string column, vgi_string new_name);

/* ---- values (value.c) -------------------------------------------------------------------------------------------- */

bool sq_utf8_valid(const unsigned char *text, size_t size);
/* The length of the character at `text`; 0 if it is not one. */
size_t sq_utf8_next(const unsigned char *text, size_t size);
/* Text of a real that reads back as the same real, with a point or an exponent. `buffer` has 32 bytes. */
size_t sq_real_text(double value, char *buffer);
/* ISO 8601: `YYYY-MM-DD[( |T)HH:MM[:SS[.f]]][Z|(+|-)HH:MM]` to microseconds since 1970 in UTC; `HH:MM[:SS[.f]]` to
 * microseconds of the day. False: not that, or finer than a microsecond. */
bool sq_timestamp_parse(const char *text, size_t size, int64_t *ret_us);
bool sq_time_parse(const char *text, size_t size, int64_t *ret_us);
/* Seconds since 1970, or, where it could be either and `may_guess` says so, a Julian day; a Julian day. The years 0000
 * to 9999. */
bool sq_timestamp_of_integer(int64_t value, bool may_guess, int64_t *ret_us);
bool sq_timestamp_of_julian(double day, int64_t *ret_us);

/* A moment, or a time of the day, in microseconds, as text that reads back the same. False: before the year 0000 or
 * after 9999, which SQLite's functions do not read. */
enum { SQ_MOMENT_TEXT = 48 };
bool sq_moment_text(sq_kind kind, int64_t us, char buffer[SQ_MOMENT_TEXT]);

/* 16 bytes, as Arrow has them, of a number with `scale` digits behind the point, of a UUID; and back. False: it is not
 * one, or does not fit `precision` digits (0: 128 bits). */
bool sq_decimal_parse(const char *text, size_t size, int precision, int scale, bool is_signed, unsigned char ret[16]);
size_t sq_decimal_text(const unsigned char bytes[16], int scale, bool is_signed, char buffer[48]);
bool sq_uuid_parse(const char *text, size_t size, unsigned char ret[16]);
void sq_uuid_text(const unsigned char bytes[16], char buffer[37]);

/* How the values of a column change with its type (convert.c): a function of SQL, an sq_conversion its user data. */
typedef struct sq_conversion {
    sq_kind from, to;
    int precision, scale; /* of a DECIMAL */
} sq_conversion;
void sq_convert(sqlite3_context *context, int n, sqlite3_value **values);

/* ---- the scan (scan.c, put.c, known.c, part.c) ------------------------------------------------------------------- */

typedef struct sq_scan sq_scan;
typedef struct sq_wanted sq_wanted;

/* Puts the value of a result column into row `row` of the batch. False: it does not fit. */
typedef bool sq_put(sq_scan *scan, sq_wanted *wanted, int64_t row);
extern sq_put *const SQ_PUT[SQ_KINDS];

/* One column that is asked for. */
struct sq_wanted {
    sq_put *put;
    int place; /* in the statement's result */
    const sq_column *column;
    vgi_column *out;
    union {
        int64_t *i64;
        int32_t *i32;
        double *f64;
        float *f32;
    } array; /* of the batch, where the type has one */
};

/* vgi_local: what one scan holds. */
struct sq_scan {
    sq_use use;
    const sq_worker *worker;
    const sq_table *table;
    sqlite3 *db;   /* of `statement` */
    sqlite3 *rows; /* owned: where rows were put by, inside a transaction that writes; NULL: none were */
    sqlite3_stmt *statement;
    sq_column rowid; /* the column that stands for it */
    sq_wanted *wanted;
    int n_wanted;
    int rowid_place; /* -1: no rowid in the result */
    int64_t rows_done, rows_next;
    int64_t counted; /* rows left, where no column is asked for */
    size_t text_bytes;
};

/* The sentence for a value that does not fit: where it is, what it is, what would help. */
vgi_status sq_misfit(vgi_call *call, sq_scan *scan, const sq_wanted *wanted);

/* The table that the call's arguments name, and what to read it with. */
vgi_status sq_find(vgi_call *call, sq_use *ret_use, const sq_table **ret);
/* A SELECT of the table's: `FROM main."t" AS t`. */
void sq_text_from(sq_text *sql, const sq_table *table);

/* All rows of `from` in a database of its own, and a statement that gives them (rows.c). */
bool sq_rows_copy(sqlite3 *db, sqlite3_stmt *from, sqlite3 **ret_rows, sqlite3_stmt **ret);

/* Rows that the table has, about; -1: unknown. */
int64_t sq_estimate(sqlite3 *db, const sq_table *table);
/* The least and the greatest rowid. False: there are no rows. */
bool sq_rowid_span(sqlite3 *db, const sq_table *table, int64_t *ret_first, int64_t *ret_last);
vgi_status sq_cardinality(vgi_call *call, vgi_cardinality *ret);
vgi_status sq_statistics(vgi_call *call, vgi_statistics *ret);

/* What of the engine's filters SQLite can apply, as a condition on `t`; "" where there is none (where.c). */
vgi_status sq_where(vgi_call *call, const sq_scan *scan, vgi_sql *ret);
bool sq_where_bind(sqlite3_stmt *statement, const vgi_sql *where);

/* Into the caller's log, where --explain was said: the statement and SQLite's plan; what reading all rows took
 * (explain.c). */
void sq_explain_plan(vgi_call *call, const sq_scan *scan);
void sq_explain_end(vgi_call *call, const sq_scan *scan);

/* A range of rowids of one version of the file; what a split carries. */
typedef struct sq_part {
    sq_version version;
    int64_t first, last;
    uint64_t is_part; /* 0: all of the table, of any version */
} sq_part;

vgi_status sq_plan(vgi_call *call, vgi_plan *plan);
/* The part that is to be scanned, checked against what db sees; is_part 0: all. */
vgi_status sq_part_open(vgi_call *call, const sq_use *use, const sq_table *table, sq_part *ret);

/* The table function: as one stream, and in parts. */
extern const vgi_table_function SQ_SCAN, SQ_SCAN_PARTS;
/* A column of the result in a new batch. */
void sq_wanted_begin(sq_wanted *wanted, vgi_column *out);

/* ---- the functions that write (write.c) -------------------------------------------------------------------------- */

extern const vgi_table_in_out SQ_INSERT, SQ_UPDATE, SQ_DELETE;

#endif
