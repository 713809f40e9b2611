/* Bump allocation out of a list of blocks. See arena.h. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

enum { FIRST_BLOCK = 4096, ALIGNMENT = 16 };

struct vg_arena_block {
    vg_arena_block *next;
    size_t capacity;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

void vg_arena_init(vg_arena *arena, size_t max_total)
{
    *arena = (vg_arena){.max_total = max_total};
}

static void free_blocks(vg_arena_block *block)
{
    while (block) {
        vg_arena_block *next = block->next;
        vg_free(block);
        block = next;
    }
}

void vg_arena_done(vg_arena *arena)
{
    free_blocks(arena->blocks);
    *arena = (vg_arena){.max_total = arena->max_total};
}

static vg_arena_block *push_block(vg_arena *arena, size_t capacity)
{
    vg_arena_block *block = vg_malloc(sizeof *block + capacity);

    if (!block)
        return NULL;
    block->next = arena->blocks;
    block->capacity = capacity;
    arena->blocks = block;
    arena->used = 0;
    return block;
}

void vg_arena_reset(vg_arena *arena)
{
    if (arena->blocks && arena->blocks->next) {
        size_t sum = 0;
        for (vg_arena_block *block = arena->blocks; block; block = block->next)
            sum += block->capacity;
        free_blocks(arena->blocks);
        arena->blocks = NULL;
        (void)push_block(arena, sum); /* out of memory: the next allocation tries again */
    }
    arena->used = 0;
    arena->total = 0;
}

void vg_arena_recycle(vg_arena *arena, size_t kept)
{
    size_t sum = 0;

    for (vg_arena_block *block = arena->blocks; block; block = block->next)
        sum += block->capacity;
    if (sum > kept)
        vg_arena_done(arena);
    else
        vg_arena_reset(arena);
}

vg_arena_mark vg_arena_here(const vg_arena *arena)
{
    return (vg_arena_mark){arena->blocks, arena->used, arena->total};
}

/* The newest block stays, which is the largest one: what comes next would only ask for it again. */
void vg_arena_rewind(vg_arena *arena, vg_arena_mark mark)
{
    vg_arena_block *newest = arena->blocks;

    if (newest == mark.block) {
        arena->used = mark.used;
    } else {
        while (newest->next != mark.block) {
            vg_arena_block *block = newest->next;

            newest->next = block->next;
            vg_free(block);
        }
        arena->used = 0;
    }
    arena->total = mark.total;
}

void *vg_arena_alloc(vg_arena *arena, size_t size)
{
    vg_arena_block *block = arena->blocks;
    void *result;

    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (arena->max_total && (arena->total > arena->max_total || size > arena->max_total - arena->total))
        return NULL;
    if (!block || size > block->capacity - arena->used) {
        size_t capacity = block ? block->capacity * 2 : FIRST_BLOCK;
        while (capacity < size)
            capacity *= 2;
        block = push_block(arena, capacity);
        if (!block)
            return NULL;
    }
    result = block->bytes + arena->used;
    arena->used += size;
    arena->total += size;
    return memset(result, 0, size);
}

void *vg_arena_array(vg_arena *arena, size_t count, size_t size)
{
    size_t bytes;

    return vg_mul_size(count, size, &bytes) ? vg_arena_alloc(arena, bytes) : NULL;
}

vgi_string vg_arena_string(vg_arena *arena, vgi_string text)
{
    char *copy;

    if (!text.data || text.size == SIZE_MAX || !(copy = vg_arena_alloc(arena, text.size + 1)))
        return (vgi_string){0};
    memcpy(copy, text.data, text.size);
    return (vgi_string){copy, text.size};
}

vgi_string vg_arena_vprintf(vg_arena *arena, const char *format, va_list args)
{
    va_list again;
    int size;
    char *text;

    va_copy(again, args);
    size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (size < 0 || !(text = vg_arena_alloc(arena, (size_t)size + 1)))
        return (vgi_string){0};
    vsnprintf(text, (size_t)size + 1, format, args);
    return (vgi_string){text, (size_t)size};
}

vgi_string vg_arena_printf(vg_arena *arena, const char *format, ...)
{
    va_list args;
    vgi_string text;

    va_start(args, format);
    text = vg_arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}
