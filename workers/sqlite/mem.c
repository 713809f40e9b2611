/* Memory of vgi-sqlite: a chain of blocks that a snapshot of the schema lives in, and text that grows. */
#include <stdlib.h>
#include <string.h>

#include "sq.h"

enum { BLOCK = 16384, ALIGN = 16 };

struct sq_block {
    struct sq_block *next;
    size_t used, size;
    _Alignas(ALIGN) unsigned char bytes[];
};

void *sq_alloc(sq_mem *mem, size_t count, size_t size)
{
    struct sq_block *block = mem->blocks;
    size_t need;
    void *taken;

    if (__builtin_mul_overflow(count, size, &need) || need > SIZE_MAX / 2)
        return NULL;
    need = (need + ALIGN - 1) / ALIGN * ALIGN;
    if (!block || block->size - block->used < need) {
        size_t room = need > BLOCK ? need : BLOCK;

        block = calloc(1, sizeof(*block) + room);
        if (!block)
            return NULL;
        block->size = room;
        block->next = mem->blocks;
        mem->blocks = block;
    }
    taken = block->bytes + block->used;
    block->used += need;
    return taken;
}

char *sq_strdup(sq_mem *mem, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = sq_alloc(mem, size, 1);

    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void sq_mem_free(sq_mem *mem)
{
    while (mem->blocks) {
        struct sq_block *next = mem->blocks->next;

        free(mem->blocks);
        mem->blocks = next;
    }
}

void sq_text_add(sq_text *text, const char *bytes, size_t size)
{
    if (text->failed)
        return;
    if (text->capacity - text->size <= size) {
        size_t capacity = text->capacity * 2 + size + 64;
        char *data = realloc(text->data, capacity);

        if (!data) {
            text->failed = true;
            return;
        }
        text->data = data;
        text->capacity = capacity;
    }
    if (size)
        memcpy(text->data + text->size, bytes, size);
    text->size += size;
    text->data[text->size] = 0;
}

void sq_text_puts(sq_text *text, const char *string)
{
    sq_text_add(text, string, strlen(string));
}

void sq_text_insert(sq_text *text, size_t at, const char *string)
{
    size_t size = strlen(string), tail = text->size - at;

    sq_text_puts(text, string);
    if (text->failed)
        return;
    memmove(text->data + at + size, text->data + at, tail);
    memcpy(text->data + at, string, size);
}

void sq_text_quoted(sq_text *text, const char *name, size_t size, char quote)
{
    sq_text_add(text, &quote, 1);
    for (size_t i = 0; i < size; i++) {
        if (name[i] == quote)
            sq_text_add(text, &quote, 1);
        sq_text_add(text, &name[i], 1);
    }
    sq_text_add(text, &quote, 1);
}

void sq_text_done(sq_text *text)
{
    free(text->data);
    *text = (sq_text){0};
}

char *sq_text_keep(sq_text *text, sq_mem *mem)
{
    char *copy = text->failed ? NULL : sq_strdup(mem, text->data ? text->data : "");

    sq_text_done(text);
    return copy;
}
