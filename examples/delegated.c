/* A table whose rows the engine reads by itself: the worker only says which of the engine's functions to call.
 *
 *   COPY (SELECT i AS id, 'row ' || i AS label FROM range(10) t(i)) TO 'delegated.parquet';
 *   ATTACH 'delegated' (TYPE vgi, LOCATION 'build/release/bin/delegated');
 *   FROM delegated.main.rows; */
#include <vgi/vgi.h>

/* The columns must be said, because nothing here knows the function; the engine loads the extension first. */
static const vgi_table ROWS = {
    .name = "rows",
    .comment = "What delegated.parquet in the engine's working directory holds.",
    .columns = "id BIGINT, label VARCHAR",
    .scan = "read_parquet('delegated.parquet')",
    .required_extensions = VGI_NAMES("parquet"),
};
static const vgi_schema MAIN = {.name = "main", .tables = VGI_TABLES(&ROWS)};
static const vgi_catalog DELEGATED = {.name = "delegated", .schemas = VGI_SCHEMAS(&MAIN)};

int main(int argc, char **argv)
{
    return vgi_worker_main(&DELEGATED, argc, argv);
}
