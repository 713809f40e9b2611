/* The scan of a table, `series(1000)` or `read_parquet('x.parquet', hive_partitioning := true)`: a function's name and
 * constant arguments, positional ones first. Called by registry.c. */
#include "base/str.h"
#include "worker/lex.h"
#include "worker/registry.h"

/* True if `name :=` or `name =` comes next; it is then taken. */
static vgi_status take_name(vg_lex *lex, vgi_string *ret)
{
    size_t start;
    vgi_error ignored = {0}, *err = lex->err;
    vgi_status status;

    vg_lex_peek(lex);
    start = lex->pos;
    lex->err = &ignored;
    status = vg_lex_name(lex, "a name", ret);
    lex->err = err;
    if (status == VGI_OK && vg_lex_punct(lex, ":="))
        return VGI_OK;
    lex->pos = start;
    *ret = (vgi_string){0};
    return status == VGI_ERR_MEMORY ? vg_lex_memory(lex) : VGI_OK;
}

static vgi_status parse_argument(vg_lex *lex, vg_scan_argument *arguments, int32_t n)
{
    size_t start;

    vg_lex_peek(lex);
    start = lex->pos;
    VGI_TRY(take_name(lex, &arguments[n].name));
    for (int32_t i = 0; i < n; i++) {
        if (arguments[i].name.data && !arguments[n].name.data)
            return vg_lex_fail(lex, start, "a positional argument cannot follow a named one");
        if (arguments[n].name.data && vg_string_is_nocase(arguments[i].name, arguments[n].name))
            return vg_lex_fail(lex, start, "%.*s is given twice", VG_FMT(arguments[n].name));
    }
    vg_lex_peek(lex);
    arguments[n].pos = lex->pos;
    return vg_literal_parse(lex->arena, lex->text, &lex->pos, NULL, &arguments[n].value, lex->err);
}

vgi_status vg_scan_parse(vg_arena *arena, vgi_string scan, vgi_string *ret_function, vg_scan_argument **ret_arguments,
                         int32_t *ret_n, vgi_error *err)
{
    vg_lex lex = {.arena = arena, .text = scan, .err = err};
    vg_scan_argument *arguments = VG_NEW_ARRAY(arena, vg_scan_argument, vg_lex_max_items(&lex));
    int32_t n = 0;

    if (!arguments)
        return vg_lex_memory(&lex);
    VGI_TRY(vg_lex_name(&lex, "the name of a table function", ret_function));
    VGI_TRY(vg_lex_expect(&lex, "(", "behind the function's name"));
    if (!vg_lex_punct(&lex, ")")) {
        do {
            VGI_TRY(parse_argument(&lex, arguments, n));
            ++n;
        } while (vg_lex_punct(&lex, ","));
        VGI_TRY(vg_lex_expect(&lex, ")", "or `,` behind an argument"));
    }
    VGI_TRY(vg_lex_end(&lex));
    *ret_arguments = arguments;
    *ret_n = n;
    return VGI_OK;
}
