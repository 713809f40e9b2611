/* Time travel: a price list that is kept in all its versions. A version may have other columns than the next, so the
 * catalog is asked for the table with the version that the query names.
 *
 *   ATTACH 'prices' (TYPE vgi, LOCATION 'build/release/bin/time_travel');
 *   FROM prices.main.list; FROM prices.main.list AT (VERSION => 1);
 *   FROM prices.main.list AT (TIMESTAMP => TIMESTAMP '2024-06-01'); */
#include <stdlib.h>
#include <string.h>

#include <vgi/vgi.h>

static const struct edition {
    const char *since, *columns; /* a time as the engine writes it, which sorts as text */
    struct {
        const char *item;
        double price;
    } rows[3];
} EDITIONS[] = {
    {"2023-01-01 00:00:00", "item VARCHAR, price DOUBLE", {{"tea", 2.5}, {"bread", 3}}},
    {"2024-03-01 00:00:00", "item VARCHAR, price DOUBLE, currency VARCHAR", {{"tea", 2.75}, {"bread", 3.2}}},
    {"2025-01-01 00:00:00", "item VARCHAR, price DOUBLE, currency VARCHAR", {{"tea", 3}, {"bread", 3.2}, {"jam", 4.5}}},
};
enum { N_EDITIONS = sizeof EDITIONS / sizeof *EDITIONS };

/* AT as the number of an edition, from 1; without AT the newest. */
static vgi_status edition_at(vgi_call *call, vgi_string unit, vgi_string value, int64_t *ret)
{
    const char *text = vgi_call_text(call, "%.*s", (int)value.size, value.data ? value.data : "").data;
    char *end;

    *ret = N_EDITIONS;
    if (!unit.data)
        return VGI_OK;
    text = text ? text : "";
    if (vgi_string_equal(unit, vgi_str("TIMESTAMP"))) {
        while (*ret > 0 && strcmp(EDITIONS[*ret - 1].since, text) > 0)
            --*ret;
        return *ret > 0 ? VGI_OK : vgi_fail(call, VGI_ERR_VALUE, "the first prices are of %s", EDITIONS[0].since);
    }
    *ret = strtoll(text, &end, 10);
    if (*end || *ret < 1 || *ret > N_EDITIONS)
        return vgi_fail(call, VGI_ERR_VALUE, "there is no version %s; there are 1 to %d", text, N_EDITIONS);
    return VGI_OK;
}

static vgi_status edition_bind(vgi_call *call)
{
    int64_t edition;

    VGI_TRY(vgi_arg_i64(call, "edition", &edition));
    VGI_TRY(vgi_bind_column(call, "item", "VARCHAR"));
    VGI_TRY(vgi_bind_column(call, "price", "DOUBLE"));
    return edition > 1 ? vgi_bind_column(call, "currency", "VARCHAR") : VGI_OK;
}

static vgi_status edition_next(vgi_call *call, vgi_batch *out)
{
    int64_t edition;

    VGI_TRY(vgi_arg_i64(call, "edition", &edition));
    for (int i = 0; i < 3 && EDITIONS[edition - 1].rows[i].item; i++) {
        vgi_append_string(vgi_out_column(out, 0), EDITIONS[edition - 1].rows[i].item);
        vgi_append_f64(vgi_out_column(out, 1), EDITIONS[edition - 1].rows[i].price);
        if (edition > 1)
            vgi_append_string(vgi_out_column(out, 2), "EUR");
    }
    return VGI_END;
}

static const vgi_table_function EDITION = {.signature = "edition(edition BIGINT) -> TABLE",
                                           .args = VGI_ARGS({"edition", .min = "1", .max = "3"}),
                                           .bind = edition_bind,
                                           .next = edition_next};

static vgi_status add_list(vgi_call *call, int64_t edition, vgi_listing *ret)
{
    vgi_table_info *info = vgi_add_table(ret);

    info->name = vgi_str("list");
    return vgi_call_columns(call, EDITIONS[edition - 1].columns, &info->columns);
}

static vgi_status tables(vgi_call *call, const vgi_catalog_schema_contents_tables_params *asked, vgi_listing *ret)
{
    (void)asked;
    return add_list(call, N_EDITIONS, ret);
}

static vgi_status table_get(vgi_call *call, const vgi_catalog_table_get_params *asked, vgi_listing *ret)
{
    int64_t edition;

    if (!vgi_string_equal(asked->name, vgi_str("list")))
        return VGI_OK; /* not found, which is no error */
    VGI_TRY(edition_at(call, asked->at_unit, asked->at_value, &edition));
    return add_list(call, edition, ret);
}

static vgi_status scan(vgi_call *call, const vgi_catalog_table_scan_function_get_params *asked,
                       vgi_scan_function_result *ret)
{
    int64_t edition;

    VGI_TRY(edition_at(call, asked->at_unit, asked->at_value, &edition));
    return vgi_scan_call(call, ret, "main", "edition(%d)", (int)edition);
}

static const vgi_catalog_ops OPS = {.is_read_only = true,
                                    .supports_time_travel = true,
                                    .schema_contents_tables = tables,
                                    .table_get = table_get,
                                    .table_scan_function_get = scan};
static const vgi_schema MAIN = {.name = "main", .table_functions = VGI_TABLE_FUNCTIONS(&EDITION)};
static const vgi_catalog PRICES = {.name = "prices", .schemas = VGI_SCHEMAS(&MAIN), .ops = &OPS};

int main(int argc, char **argv)
{
    return vgi_worker_main(&PRICES, argc, argv);
}
