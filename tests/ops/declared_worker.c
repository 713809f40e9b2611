/* A catalog that declares all that a descriptor can beside schemas: settings, types of secrets, a catalog attached with
 * it, global functions, releases, a table with a past; its functions give back what they see of it. Asked by
 * tests/sql/test_declared.py. */
#include <vgi/vgi.h>

static const char *const NOTHING = "-";

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static vgi_status settings_next(vgi_call *call, vgi_batch *out)
{
    vgi_string greeting;
    int64_t count;
    double ratio;
    bool flag;
    const vgi_array *never;

    VGI_TRY(vgi_setting_text(call, "declared_greeting", &greeting));
    VGI_TRY(vgi_setting_i64(call, "DECLARED_COUNT", &count));
    VGI_TRY(vgi_setting_f64(call, "declared_ratio", &ratio));
    VGI_TRY(vgi_setting_bool(call, "declared_flag", &flag));
    VGI_TRY(vgi_setting_array(call, "declared_never", &never));
    vgi_append_text(vgi_out_column(out, 0), greeting.data, greeting.size);
    vgi_append_i64(vgi_out_column(out, 1), count);
    vgi_append_f64(vgi_out_column(out, 2), ratio);
    vgi_append_bool(vgi_out_column(out, 3), flag);
    vgi_append_bool(vgi_out_column(out, 4), never == NULL || vgi_array_is_null(never, 0));
    return VGI_END;
}

static const vgi_table_function SETTINGS_SEEN = {
    .signature = "settings_seen() -> TABLE(greeting VARCHAR, count BIGINT, ratio DOUBLE, flag BOOLEAN, never BOOLEAN)",
    .required_settings = VGI_NAMES("declared_greeting", "declared_count"),
    .next = settings_next,
};

static vgi_status greet(vgi_call *call, const vgi_batch *in, vgi_column *out)
{
    vgi_string greeting;

    VGI_TRY(vgi_setting_text(call, "declared_greeting", &greeting));
    VGI_EACH_ROW(in, i) {
        vgi_string name = vgi_text(in, 0, i);
        vgi_string text =
            vgi_call_text(call, "%.*s, %.*s", (int)greeting.size, greeting.data, (int)name.size, name.data);

        vgi_append_text(out, text.data, text.size);
    }
    return VGI_OK;
}

static const vgi_scalar GREET = {.signature = "greet(name VARCHAR) -> VARCHAR", .map = greet};

/* What a mistake of the author's says. */
static vgi_status wrong_bind(vgi_call *call)
{
    vgi_string how, ignored;
    int64_t number;

    VGI_TRY(vgi_arg_text(call, "how", &how));
    if (vgi_string_equal(how, vgi_str("unknown")))
        return vgi_setting_text(call, "nosuch", &ignored);
    if (vgi_string_equal(how, vgi_str("type")))
        return vgi_setting_i64(call, "declared_greeting", &number);
    return vgi_setting_text(call, "declared_never", &ignored);
}

static vgi_status nothing_next(vgi_call *call, vgi_batch *out)
{
    (void)call;
    (void)out;
    return VGI_END;
}

static const vgi_table_function WRONG = {
    .signature = "wrong(how VARCHAR) -> TABLE(n BIGINT)", .bind = wrong_bind, .next = nothing_next};

/* ---- secrets ----------------------------------------------------------------------------------------------------- */

static vgi_status put_secret(vgi_call *call, const vgi_secret *secret, vgi_batch *out)
{
    static const char *const KEYS[] = {"name", "api_key", "scope"};

    for (int32_t i = 0; i < 3; i++) {
        vgi_string text = vgi_str(NOTHING);

        if (vgi_secret_array(secret, KEYS[i]))
            VGI_TRY(vgi_secret_text(call, secret, KEYS[i], &text));
        vgi_append_text(vgi_out_column(out, i), text.data, text.size);
    }
    vgi_append_i64(vgi_out_column(out, 3),
                   vgi_secret_array(secret, "port") ? vgi_array_i64(vgi_secret_array(secret, "port"), 0) : -1);
    return VGI_END;
}

/* The secret for a place that is known at bind only. */
static vgi_status find_for(vgi_call *call, const vgi_secret **ret)
{
    vgi_string url, name;

    VGI_TRY(vgi_arg_text(call, "url", &url));
    VGI_TRY(vgi_arg_text(call, "name", &name));
    return vgi_secret_find(call, "declared_secret", vgi_call_text(call, "%.*s", (int)url.size, url.data).data,
                           vgi_call_text(call, "%.*s", (int)name.size, name.data).data, ret);
}

static vgi_status found_bind(vgi_call *call)
{
    const vgi_secret *ignored;

    return find_for(call, &ignored);
}

static vgi_status found_next(vgi_call *call, vgi_batch *out)
{
    const vgi_secret *secret;

    VGI_TRY(find_for(call, &secret));
    return put_secret(call, secret, out);
}

static const vgi_table_function SECRET_FOUND = {
    .signature = "secret_found(url VARCHAR, name VARCHAR := '') -> TABLE(name VARCHAR, api_key VARCHAR, scope VARCHAR, "
                 "port BIGINT)",
    .bind = found_bind,
    .next = found_next,
};

static vgi_status required_next(vgi_call *call, vgi_batch *out)
{
    const vgi_secret *secret;

    VGI_TRY(vgi_secret_find(call, "declared_secret", NULL, NULL, &secret));
    return put_secret(call, secret, out);
}

static const vgi_table_function SECRET_REQUIRED = {
    .signature = "secret_required() -> TABLE(name VARCHAR, api_key VARCHAR, scope VARCHAR, port BIGINT)",
    .required_secrets = VGI_REQUIRED_SECRETS({.type = "declared_secret"}),
    .next = required_next,
};

/* ---- versions ---------------------------------------------------------------------------------------------------- */

static vgi_status versions_next(vgi_call *call, vgi_batch *out)
{
    const vgi_string seen[] = {vgi_call_data_version(call), vgi_at_unit(call), vgi_at_value(call)};

    for (int32_t i = 0; i < 3; i++)
        if (seen[i].data)
            vgi_append_text(vgi_out_column(out, i), seen[i].data, seen[i].size);
        else
            vgi_append_null(vgi_out_column(out, i));
    return VGI_END;
}

static const vgi_table_function VERSIONS = {
    .signature = "versions() -> TABLE(data_version VARCHAR, unit VARCHAR, value VARCHAR)", .next = versions_next};
static const vgi_table PAST = {.name = "past", .scan = "versions()", .supports_time_travel = true};
static const vgi_table NOW = {.name = "now", .scan = "versions()"};

static const vgi_schema MAIN = {
    .name = "main",
    .scalars = VGI_SCALARS(&GREET),
    .table_functions = VGI_TABLE_FUNCTIONS(&SETTINGS_SEEN, &WRONG, &SECRET_FOUND, &SECRET_REQUIRED, &VERSIONS),
    .tables = VGI_TABLES(&PAST, &NOW),
};
static const vgi_catalog DECLARED = {
    .name = "declared",
    .schemas = VGI_SCHEMAS(&MAIN),
    .implementation_version = "1.4.2",
    .releases =
        VGI_RELEASES({.version = "1.0.0", .summary = "The first."},
                     {.version = "1.2.0", .released_at = INT64_C(1700000000000000), .notes_url = "https://example.org"},
                     {.version = "2.0.0"}, {.version = "3.0.0-rc.1"}),
    .settings = VGI_SETTINGS(
        {.name = "declared_greeting", .type = "VARCHAR", .default_value = "'hello'", .description = "How to greet."},
        {.name = "declared_count", .type = "BIGINT", .default_value = "3"},
        {.name = "declared_ratio", .type = "DOUBLE", .default_value = "0.5"},
        {.name = "declared_flag", .type = "BOOLEAN", .default_value = "false"},
        {.name = "declared_never", .type = "VARCHAR"}),
    .secret_types =
        VGI_SECRET_TYPES({.name = "declared_secret",
                          .description = "For the tests.",
                          .keys = VGI_SECRET_KEYS({.name = "api_key", .type = "VARCHAR", .is_redacted = true},
                                                  {.name = "port", .type = "INTEGER"})}),
    .attach_catalogs = VGI_ATTACH_CATALOGS({.alias = "declared_side", .target = ":memory:", .db_type = "duckdb"}),
    .global_functions = VGI_NAMES("greet", "versions"),
    .global_function_prefix = "declared",
};

int main(int argc, char **argv)
{
    return vgi_worker_main(&DECLARED, argc, argv);
}
