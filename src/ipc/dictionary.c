/* The registry of a stream's dictionaries. See dictionary.h. */
#include "ipc/dictionary.h"

#include "arrow/array.h"
#include "arrow/type.h"
#include "base/alloc.h"

/* What a dictionary may keep of its memory when its stream is over. */
enum { KEEP_BYTES = 1 << 20 };

static void forget(vg_dictionary *dictionary)
{
    bool big = dictionary->bytes > KEEP_BYTES;

    for (int i = 0; i < 2; i++)
        vg_arena_recycle(&dictionary->arenas[i], KEEP_BYTES);
    if (big)
        vg_buf_done(&dictionary->body);
    dictionary->body.size = 0;
    dictionary->value = (vgi_array){0};
    dictionary->loaded = false;
    dictionary->bytes = 0;
    dictionary->current = 0;
}

void vg_dictionaries_begin(vg_dictionaries *dictionaries)
{
    for (int32_t i = 0; i < dictionaries->count; i++)
        forget(dictionaries->items[i]);
    dictionaries->count = 0;
    dictionaries->bytes = 0;
    dictionaries->copied = 0;
    dictionaries->messages = 0;
    dictionaries->changed = false;
}

void vg_dictionaries_done(vg_dictionaries *dictionaries)
{
    for (int32_t i = 0; i < dictionaries->capacity; i++) {
        vg_dictionary *dictionary = dictionaries->items[i];
        if (!dictionary)
            continue;
        vg_arena_done(&dictionary->arenas[0]);
        vg_arena_done(&dictionary->arenas[1]);
        vg_buf_done(&dictionary->body);
        vg_free(dictionary);
    }
    vg_free(dictionaries->items);
    *dictionaries = (vg_dictionaries){0};
}

static bool holds_dictionary(const vgi_field *field)
{
    if (field->type == VGI_TYPE_DICTIONARY)
        return true;
    for (int32_t i = 0; i < field->n_children; i++)
        if (holds_dictionary(field->children[i]))
            return true;
    return false;
}

static bool grow(vg_dictionaries *dictionaries)
{
    int32_t capacity = dictionaries->capacity ? dictionaries->capacity * 2 : 8;
    size_t size = (size_t)capacity * sizeof *dictionaries->items;
    vg_dictionary **items =
        dictionaries->arena ? vg_arena_alloc(dictionaries->arena, size) : vg_realloc(dictionaries->items, size);

    if (!items)
        return false;
    if (dictionaries->arena)
        for (int32_t i = 0; i < dictionaries->capacity; i++)
            items[i] = dictionaries->items[i];
    for (int32_t i = dictionaries->capacity; i < capacity; i++)
        items[i] = NULL;
    dictionaries->items = items;
    dictionaries->capacity = capacity;
    return true;
}

/* The place behind the last one, made where it never was used; NULL when out of memory. */
static vg_dictionary *next_place(vg_dictionaries *dictionaries)
{
    vg_arena *arena = dictionaries->arena;
    vg_dictionary **place;

    if (dictionaries->count == dictionaries->capacity && !grow(dictionaries))
        return NULL;
    place = &dictionaries->items[dictionaries->count];
    if (!*place && (*place = arena ? vg_arena_alloc(arena, sizeof **place) : vg_malloc(sizeof **place)))
        **place = (vg_dictionary){0};
    return *place;
}

vgi_status vg_dictionaries_declare(vg_dictionaries *dictionaries, int64_t id, const vgi_field *field,
                                   const vg_limits *limits, int32_t *ret, vgi_error *err)
{
    vg_dictionary *dictionary;

    for (int32_t i = 0; i < dictionaries->count; i++) {
        if (dictionaries->items[i]->id != id)
            continue;
        if (!vg_type_equal(dictionaries->items[i]->field, field))
            return vgi_error_set(err, VGI_ERR_PROTOCOL, "fields of different types share the dictionary %lld",
                                 (long long)id);
        *ret = i;
        return VGI_OK;
    }
    if (dictionaries->count >= limits->max_dictionaries)
        return vgi_error_set(err, VGI_ERR_LIMIT, "the schema has more than %d dictionaries, which is the limit",
                             limits->max_dictionaries);
    dictionary = next_place(dictionaries);
    if (!dictionary)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a dictionary");
    dictionary->id = id;
    dictionary->field = field;
    dictionary->nested = holds_dictionary(field);
    *ret = dictionaries->count++;
    return VGI_OK;
}

vg_dictionary *vg_dictionaries_find(const vg_dictionaries *dictionaries, int64_t id)
{
    for (int32_t i = 0; i < dictionaries->count; i++)
        if (dictionaries->items[i]->id == id)
            return dictionaries->items[i];
    return NULL;
}

/* Checks the indices of every dictionary array in the tree against what they refer to now. */
static vgi_status check_indices(const vgi_array *array, vgi_error *err)
{
    if (array->field->type == VGI_TYPE_DICTIONARY)
        return vg_array_validate(array, NULL, err);
    for (int64_t i = 0; i < array->n_children; i++)
        VGI_TRY(check_indices(&array->children[i], err));
    return VGI_OK;
}

vgi_status vg_dictionaries_settle(vg_dictionaries *dictionaries, vgi_error *err)
{
    if (dictionaries->messages < dictionaries->count)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "a batch comes before the %d dictionaries that its schema declares",
                             dictionaries->count);
    if (!dictionaries->changed)
        return VGI_OK;
    for (int32_t i = 0; i < dictionaries->count; i++)
        if (!dictionaries->items[i]->loaded)
            return vgi_error_set(err, VGI_ERR_PROTOCOL, "a batch comes before the dictionary %lld of its schema",
                                 (long long)dictionaries->items[i]->id);
    for (int32_t i = 0; i < dictionaries->count; i++)
        if (dictionaries->items[i]->nested)
            VGI_TRY(check_indices(&dictionaries->items[i]->value, err));
    dictionaries->changed = false;
    return VGI_OK;
}

vgi_status vg_dictionaries_end(const vg_dictionaries *dictionaries, vgi_error *err)
{
    if (dictionaries->messages > 0 && dictionaries->messages < dictionaries->count)
        return vgi_error_set(err, VGI_ERR_PROTOCOL, "the stream ends before it has sent its %d dictionaries",
                             dictionaries->count);
    return VGI_OK;
}
