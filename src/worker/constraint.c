/* Bounds, choices and patterns of arguments, checked in bind. The text of a violation is that of the reference
 * (vgi.md §7), because users and tests compare it. Called by resolve.c. */
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "worker/function_call.h"
#include "worker/json.h"

enum { SHOWN_CHOICES = 5 };

static bool is_text(const vgi_array *value)
{
    const vgi_field *field = value->field->type == VGI_TYPE_DICTIONARY ? value->field->dictionary : value->field;

    return field->type == VGI_TYPE_UTF8 || field->type == VGI_TYPE_LARGE_UTF8;
}

static bool is_fraction(const vgi_array *value)
{
    return value->field->type >= VGI_TYPE_FLOAT16 && value->field->type <= VGI_TYPE_DECIMAL256;
}

bool vg_constraint_orders(const vgi_array *value)
{
    return is_text(value) || is_fraction(value) || value->field->type == VGI_TYPE_BOOL ||
           vg_type_info_of(value->field->type)->c_type != VG_C_NONE;
}

/* A number beyond BIGINT, which reads as a negative one. */
static bool is_beyond(const vgi_array *value)
{
    return value->field->type == VGI_TYPE_UINT64 && vgi_array_i64(value, 0) < 0;
}

/* <0, 0, >0. Text is compared byte by byte. NaN is above every bound. Numbers may be of two widths. */
static int compare(const vgi_array *value, const vgi_array *bound)
{
    if (is_text(value) && is_text(bound)) {
        vgi_string a = vgi_array_text(value, 0), b = vgi_array_text(bound, 0);
        int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
        return order ? order : (a.size > b.size) - (a.size < b.size);
    }
    if (is_fraction(value) || is_fraction(bound)) {
        double a = vgi_array_f64(value, 0), b = vgi_array_f64(bound, 0);
        return a < b ? -1 : a > b || a != a;
    }
    if (is_beyond(value) != is_beyond(bound))
        return is_beyond(value) ? 1 : -1;
    return (vgi_array_i64(value, 0) > vgi_array_i64(bound, 0)) - (vgi_array_i64(value, 0) < vgi_array_i64(bound, 0));
}

/* A value as messages show it: text in single quotes, everything else as JSON. Cut where it is long. */
static vgi_string show(vgi_call *call, const vgi_array *value)
{
    vgi_string text = {0};
    vg_text json = {.arena = call->arena};

    if (is_text(value)) {
        text = vgi_array_text(value, 0);
        return vg_arena_printf(call->arena, "'%.*s'", (int)vg_utf8_cut(text.data, text.size < 100 ? text.size : 100),
                               text.data);
    }
    if (vg_json_value(&json, value, 0))
        text = vg_text_take(&json);
    return text.data ? text : vgi_str("?");
}

static vgi_string show_choices(vgi_call *call, const char *const *choices, bool quoted)
{
    const char *quote = quoted ? "'" : "";
    vgi_string text = vgi_str("");
    int total = 0, shown;

    while (choices[total])
        ++total;
    shown = total <= SHOWN_CHOICES ? total : SHOWN_CHOICES - 1;
    for (int i = 0; i < shown && text.data; i++)
        text = vg_arena_printf(call->arena, "%s%s%s%s%s", text.data, i ? ", " : "", quote, choices[i], quote);
    if (shown < total && text.data)
        text = vg_arena_printf(call->arena, "%s, ... (%d total options)", text.data, total);
    return text;
}

static vgi_string valid_values(vgi_call *call, const vg_param *param, const vgi_array *value)
{
    const vgi_arg *spec = param->spec;

    if (spec->min || spec->max)
        return vg_arena_printf(call->arena, "%s%s%s%s%s", spec->min ? ">= " : "", spec->min ? spec->min : "",
                               spec->min && spec->max ? " and " : "", spec->max ? "<= " : "",
                               spec->max ? spec->max : "");
    if (spec->choices)
        return show_choices(call, spec->choices, is_text(value));
    return vg_arena_printf(call->arena, "string matching pattern: %s", spec->pattern);
}

static vgi_status violated(vgi_call *call, const vg_param *param, int32_t position, const vgi_array *value,
                           const char *what, vgi_string constraint)
{
    const char *doc = param->spec->doc;
    vgi_string valid = valid_values(call, param, value), shown = show(call, value), name, argument;

    name = param->is_named ? param->name : vg_arena_printf(call->arena, "%d", position);
    argument = param->is_named ? vg_arena_printf(call->arena, "named argument '%.*s'", VG_FMT(name))
                               : vg_arena_printf(call->arena, "positional argument %d", position);
    return vgi_fail(call, VGI_ERR_ARGUMENT,
                    "Argument '%.*s' %s\n\n  Argument: %.*s\n  Value: %.*s\n  Constraint: %.*s\n%s%s%s  Valid values: "
                    "%.*s",
                    VG_FMT(name), what, VG_FMT(argument), VG_FMT(shown), VG_FMT(constraint), doc ? "\n  Purpose: " : "",
                    doc ? doc : "", doc ? "\n" : "", VG_FMT(valid));
}

static bool is_choice(const vg_param *param, const vgi_array *value, const vgi_string *shown)
{
    for (const char *const *choice = param->spec->choices; *choice; choice++)
        if (vg_string_is(is_text(value) ? vgi_array_text(value, 0) : *shown, *choice))
            return true;
    return false;
}

/* The pattern must match the whole text. Text with a NUL inside matches nothing. */
static bool matches(vgi_call *call, const char *pattern, vgi_string text)
{
    vgi_string copy = vg_arena_string(call->arena, text);
    regmatch_t match;
    regex_t regex;
    bool ok;

    if (!copy.data || strlen(copy.data) != copy.size || regcomp(&regex, pattern, REG_EXTENDED) != 0)
        return false;
    ok = regexec(&regex, copy.data, 1, &match, 0) == 0 && match.rm_so == 0 && (size_t)match.rm_eo == copy.size;
    regfree(&regex);
    return ok;
}

vgi_status vg_constraint_check(vgi_call *call, const vg_param *param, int32_t position, const vgi_array *value)
{
    const vgi_arg *spec = param->spec;
    vgi_string shown;

    if (!spec || vgi_array_is_null(value, 0))
        return VGI_OK;
    if (param->min && compare(value, param->min) < 0)
        return violated(call, param, position, value, "is too small.",
                        vg_arena_printf(call->arena, "must be >= %s", spec->min));
    if (param->max && compare(value, param->max) > 0)
        return violated(call, param, position, value, "is too large.",
                        vg_arena_printf(call->arena, "must be <= %s", spec->max));
    shown = show(call, value);
    if (spec->choices && !is_choice(param, value, &shown))
        return violated(call, param, position, value, "has an invalid value.",
                        vgi_str("must be one of the allowed choices"));
    if (spec->pattern && !is_text(value))
        return violated(call, param, position, value, "must be a string for pattern validation.",
                        vg_arena_printf(call->arena, "must be a string matching pattern '%s'", spec->pattern));
    if (spec->pattern && !matches(call, spec->pattern, vgi_array_text(value, 0)))
        return violated(call, param, position, value, "does not match the required pattern.",
                        vg_arena_printf(call->arena, "must match pattern '%s'", spec->pattern));
    return VGI_OK;
}
