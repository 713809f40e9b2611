/* The header with a field of every kind, made of a seed (rpc.md §20.1, RichHeader). */
#include <stdio.h>

#include "conformance.h"

/* The remainder as Python has it: never negative. */
static int64_t modulo(int64_t value, int64_t by)
{
    return (value % by + by) % by;
}

static void append_format(vgi_column *column, const char *prefix, int64_t number)
{
    char text[64];

    snprintf(text, sizeof text, "%s%" PRId64, prefix, number);
    vgi_append_string(column, text);
}

static void append_point(vgi_column *column, int64_t x, int64_t y)
{
    vgi_append_f64(vgi_child(column, 0), (double)x);
    vgi_append_f64(vgi_child(column, 1), (double)y);
    vgi_append_struct(column);
}

/* A list of the integers first, first + 1, ... */
static void append_run(vgi_column *list, int64_t first, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        vgi_append_i64(vgi_child(list, 0), first + i);
    vgi_append_list(list);
}

static void append_entry_key(vgi_column *map, const char *key)
{
    vgi_append_string(vgi_child(vgi_child(map, 0), 0), key);
}

static void fill_plain(vgi_batch *header, int64_t seed)
{
    const uint8_t bytes[] = {(uint8_t)seed, (uint8_t)(seed + 1), (uint8_t)(seed + 2)};

    append_format(vgi_out_column(header, 0), "seed-", seed);
    vgi_append_blob(vgi_out_column(header, 1), bytes, sizeof bytes);
    vgi_append_i64(vgi_out_column(header, 2), seed * 7);
    vgi_append_f64(vgi_out_column(header, 3), (double)seed * 1.5);
    vgi_append_bool(vgi_out_column(header, 4), modulo(seed, 2) == 0);
}

static void fill_containers(vgi_batch *header, int64_t seed)
{
    vgi_column *names = vgi_out_column(header, 6), *numbers = vgi_out_column(header, 7);

    append_run(vgi_out_column(header, 5), seed, 3);
    for (int64_t i = 0; i < 2; i++) {
        append_format(vgi_child(names, 0), "item-", seed + i);
        append_entry_key(numbers, i == 0 ? "a" : "b");
        vgi_append_i64(vgi_child(vgi_child(numbers, 0), 1), seed + i);
        vgi_append_struct(vgi_child(numbers, 0));
    }
    vgi_append_list(names);
    vgi_append_list(numbers);
}

static void fill_optional(vgi_batch *header, int64_t seed)
{
    if (modulo(seed, 2) == 0) {
        append_format(vgi_out_column(header, 10), "opt-", seed);
        vgi_append_null(vgi_out_column(header, 11));
    } else {
        vgi_append_null(vgi_out_column(header, 10));
        vgi_append_i64(vgi_out_column(header, 11), seed * 3);
    }
    if (modulo(seed, 3) == 0)
        append_point(vgi_out_column(header, 12), seed, 0);
    else
        vgi_append_null(vgi_out_column(header, 12));
}

static void fill_nested(vgi_batch *header, int64_t seed)
{
    vgi_column *points = vgi_out_column(header, 13), *lists = vgi_out_column(header, 14);
    vgi_column *texts = vgi_out_column(header, 17);

    append_point(vgi_child(points, 0), seed, seed + 1);
    vgi_append_list(points);
    append_run(vgi_child(lists, 0), seed, 2);
    append_run(vgi_child(lists, 0), seed + 2, 1);
    vgi_append_list(lists);
    append_entry_key(texts, "key");
    append_format(vgi_child(vgi_child(texts, 0), 1), "val-", seed);
    vgi_append_struct(vgi_child(texts, 0));
    vgi_append_list(texts);
}

void fill_rich_header(vgi_batch *header, int64_t seed)
{
    static const char *const MEMBERS[] = {"PENDING", "ACTIVE", "CLOSED"};

    fill_plain(header, seed);
    fill_containers(header, seed);
    vgi_append_string(vgi_out_column(header, 8), MEMBERS[modulo(seed, 3)]);
    append_point(vgi_out_column(header, 9), seed, seed * 2);
    fill_optional(header, seed);
    fill_nested(header, seed);
    vgi_append_i64(vgi_out_column(header, 15), modulo(seed, 1000));
    vgi_append_f64(vgi_out_column(header, 16), (double)seed / 3.0);
}
