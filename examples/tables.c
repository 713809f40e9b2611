/* Tables with columns, comments, defaults and constraints, and a view: what DuckDB shows in information_schema.
 *
 *   ATTACH 'tables' (TYPE vgi, LOCATION 'build/release/bin/tables');
 *   SHOW ALL TABLES; FROM tables.main.inner_planets; SELECT * FROM duckdb_constraints() WHERE database_name =
 *   'tables'; */
#include <vgi/vgi.h>

static const struct planet {
    const char *name;
    double mass; /* of the earth */
    int64_t moons;
} PLANETS_DATA[] = {
    {"Mercury", 0.055, 0},  {"Venus", 0.815, 0},   {"Earth", 1, 1},      {"Mars", 0.107, 2},
    {"Jupiter", 317.8, 97}, {"Saturn", 95.2, 274}, {"Uranus", 14.5, 28}, {"Neptune", 17.1, 16},
};
enum { N_PLANETS = sizeof PLANETS_DATA / sizeof *PLANETS_DATA };

/* A table is a call of a table function with constant arguments. */
static vgi_status planets_next(vgi_call *call, vgi_batch *out)
{
    (void)call;
    for (int64_t i = 0; i < N_PLANETS; i++) {
        vgi_append_i64(vgi_out_column(out, 0), i + 1);
        vgi_append_string(vgi_out_column(out, 1), PLANETS_DATA[i].name);
        vgi_append_f64(vgi_out_column(out, 2), PLANETS_DATA[i].mass);
        vgi_append_i64(vgi_out_column(out, 3), PLANETS_DATA[i].moons);
    }
    return VGI_END;
}

static const vgi_table_function SCAN_PLANETS = {
    .signature = "scan_planets() -> TABLE(position BIGINT, name VARCHAR, mass DOUBLE, moons BIGINT)",
    .next = planets_next,
};
static const vgi_table PLANETS = {
    .name = "planets",
    .comment = "The planets, from the sun outwards.",
    .tags = VGI_TAGS({"source", "a textbook"}),
    .scan = "scan_planets()",
    .column_info = VGI_COLUMNS({"mass", .comment = "Of the earth."}, {"moons", .default_value = "0"}),
    .not_null = VGI_NAMES("name", "mass"),
    .primary_key = VGI_NAMES("position"),
    .unique = VGI_KEYS(VGI_NAMES("name")),
    .check = VGI_NAMES("mass > 0"),
    .has_cardinality = true,
    .cardinality = N_PLANETS,
};
static const vgi_view INNER_PLANETS = {
    .name = "inner_planets",
    .definition = "SELECT name, mass FROM planets WHERE position <= 4",
    .comment = "Those inside the asteroid belt.",
};
static const vgi_macro IS_HEAVY = {.definition = "is_heavy(mass, limit_ := 10.0) AS mass > limit_"};
static const vgi_schema MAIN = {
    .name = "main",
    .table_functions = VGI_TABLE_FUNCTIONS(&SCAN_PLANETS),
    .tables = VGI_TABLES(&PLANETS),
    .views = VGI_VIEWS(&INNER_PLANETS),
    .macros = VGI_MACROS(&IS_HEAVY),
};
static const vgi_catalog TABLES = {.name = "tables", .comment = "A table and a view.", .schemas = VGI_SCHEMAS(&MAIN)};

int main(int argc, char **argv)
{
    return vgi_worker_main(&TABLES, argc, argv);
}
