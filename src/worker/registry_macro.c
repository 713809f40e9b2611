/* Macros of a schema: `name(a, b := 1) AS a + b`, `name(a) AS TABLE SELECT ...`. */
#include "base/str.h"
#include "worker/lex.h"
#include "worker/registry_build.h"

static vgi_status parse_params(vg_lex *lex, vg_macro *macro)
{
    size_t room = vg_lex_max_items(lex);
    vgi_string *names = VG_NEW_ARRAY(lex->arena, vgi_string, room);
    const vgi_array **values = VG_NEW_ARRAY(lex->arena, const vgi_array *, room);
    int32_t n = 0;

    if (!names || !values)
        return vg_lex_memory(lex);
    macro->params = names;
    macro->default_values = values;
    VGI_TRY(vg_lex_expect(lex, "(", "behind the macro's name"));
    if (vg_lex_punct(lex, ")"))
        return VGI_OK;
    do {
        VGI_TRY(vg_lex_name(lex, "the name of a parameter", &names[n]));
        for (int32_t i = 0; i < n; i++)
            if (vg_string_is_nocase(names[i], names[n]))
                return vg_lex_fail(lex, lex->pos, "two parameters are called %.*s", VG_FMT(names[n]));
        if (vg_lex_punct(lex, ":=")) {
            vg_lex_peek(lex);
            VGI_TRY(vg_literal_parse(lex->arena, lex->text, &lex->pos, NULL, &values[n], lex->err));
        }
        macro->n_params = ++n;
    } while (vg_lex_punct(lex, ","));
    return vg_lex_expect(lex, ")", "or `,` behind a parameter");
}

static vgi_status parse_macro(vg_lex *lex, vg_macro *macro)
{
    VGI_TRY(vg_lex_name(lex, "the name of a macro", &macro->name));
    VGI_TRY(parse_params(lex, macro));
    if (!vg_lex_word(lex, "AS"))
        return vg_lex_fail(lex, lex->pos, "expected AS and the macro's body");
    macro->is_table = vg_lex_word(lex, "TABLE");
    if (vg_lex_peek(lex) == '\0')
        return vg_lex_fail(lex, lex->pos, "the macro has no body");
    macro->body = (vgi_string){lex->text.data + lex->pos, lex->text.size - lex->pos};
    return VGI_OK;
}

/* A macro shares its name with no other macro of its kind, and a scalar one with no scalar function. */
static bool clashes(const vg_schema_entry *schema, const vg_macro *macro)
{
    for (int32_t i = 0; i < schema->n_macros; i++)
        if (schema->macros[i].is_table == macro->is_table && vg_string_is_nocase(schema->macros[i].name, macro->name))
            return true;
    for (int32_t i = 0; i < schema->n_functions; i++)
        if (vg_function_is_scalar(&schema->functions[i]) != macro->is_table &&
            vg_string_is_nocase(schema->functions[i].name, macro->name))
            return true;
    return false;
}

void vg_making_macros(vg_making *making, const vg_catalog_entry *catalog, vg_schema_entry *schema)
{
    const vgi_macro *const *descriptors = schema->descriptor->macros;
    vg_macro *macros = vg_making_array(making, (size_t)vg_list_count(descriptors), sizeof *macros);
    vg_place place = {catalog->name.data, schema->name.data, "macro", NULL};

    if (!macros)
        return;
    schema->macros = macros;
    for (; descriptors && *descriptors; descriptors++) {
        vg_macro one = {.descriptor = *descriptors, .schema = schema};
        vgi_error err = {0};
        vg_lex lex = {.arena = making->arena, .text = vgi_str((*descriptors)->definition), .err = &err};
        place.name = NULL;
        if (!lex.text.data) {
            vg_making_mistake(making, place, "has no definition");
            continue;
        }
        if (parse_macro(&lex, &one) != VGI_OK) {
            vg_making_failed(making, place, &err);
            continue;
        }
        place.name = one.name.data;
        if (clashes(schema, &one))
            vg_making_mistake(making, place, "there are two macros or functions of that name");
        macros[schema->n_macros++] = one;
    }
}
