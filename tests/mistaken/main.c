/* A worker that must not serve: its descriptors have three mistakes, all of which are to be listed. */
#include <vgi/vgi.h>

static vgi_status next(vgi_call *call, vgi_batch *out)
{
    (void)call;
    (void)out;
    return VGI_END;
}

static const vgi_table_function ROWS = {.signature = "rows(n BIGINTT) -> TABLE(n BIGINT)", .next = next};
static const vgi_scalar IDLE = {.signature = "idle() -> BIGINT"};
static const vgi_table NOTHING = {.name = "nothing"};
static const vgi_schema MAIN = {
    .name = "main",
    .scalars = VGI_SCALARS(&IDLE),
    .table_functions = VGI_TABLE_FUNCTIONS(&ROWS),
    .tables = VGI_TABLES(&NOTHING),
};
static const vgi_catalog MISTAKEN = {.name = "mistaken", .schemas = VGI_SCHEMAS(&MAIN)};

int main(int argc, char **argv)
{
    return vgi_worker_main(&MISTAKEN, argc, argv);
}
