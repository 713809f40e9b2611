/* Cursors between the two streams of a function over rows (carry.h). */
#include "worker/carry.h"

#include <string.h>

#include "base/alloc.h"
#include "worker/function_call.h"

enum { MAX_CARRIED = 4096 };

/* An execution's cursor; `bytes` holds execution id, substream id, cursor. */
struct vg_carried {
    vg_carried *next;
    const vg_function *function; /* only compared */
    size_t execution_size, substream_size, cursor_size;
    uint8_t bytes[];
};

void vg_carry_init(vg_carry *carry)
{
    *carry = (vg_carry){0};
    pthread_mutex_init(&carry->lock, NULL);
}

void vg_carry_done(vg_carry *carry)
{
    while (carry->oldest) {
        vg_carried *one = carry->oldest;
        carry->oldest = one->next;
        vg_free(one);
    }
    pthread_mutex_destroy(&carry->lock);
}

static void put_bytes(uint8_t **to, const void *from, size_t size)
{
    if (size)
        memcpy(*to, from, size);
    *to += size;
}

static bool is_of(const vg_carried *one, const vg_function_call *function)
{
    return one->execution_size == function->execution_id.size && one->substream_size == function->substream_id.size &&
           (one->execution_size == 0 || memcmp(one->bytes, function->execution_id.data, one->execution_size) == 0) &&
           (one->substream_size == 0 ||
            memcmp(one->bytes + one->execution_size, function->substream_id.data, one->substream_size) == 0);
}

/* Unhooks what `*at` is. */
static vg_carried *unhook(vg_carry *carry, vg_carried **at)
{
    vg_carried *one = *at;

    *at = one->next;
    if (!one->next)
        carry->newest = at;
    --carry->count;
    return one;
}

/* Unhooks that of the function's execution and substream; NULL: there is none. */
static vg_carried *find(vg_carry *carry, const vg_function_call *function)
{
    for (vg_carried **at = &carry->oldest; *at; at = &(*at)->next)
        if (is_of(*at, function))
            return unhook(carry, at);
    return NULL;
}

void vg_carry_put(vgi_call *call, const vg_function_call *function)
{
    vg_carry *carry = vg_call_carry(call);
    size_t cursor = function->function->in_out->cursor_size;
    vg_carried *one = vg_malloc(sizeof *one + function->execution_id.size + function->substream_id.size + cursor);
    vg_carried *before, *oldest = NULL;
    uint8_t *to;

    if (!one)
        return;
    *one = (vg_carried){.function = function->function,
                        .execution_size = function->execution_id.size,
                        .substream_size = function->substream_id.size,
                        .cursor_size = cursor};
    to = one->bytes;
    put_bytes(&to, function->execution_id.data, one->execution_size);
    put_bytes(&to, function->substream_id.data, one->substream_size);
    put_bytes(&to, function->cursor, cursor);
    pthread_mutex_lock(&carry->lock);
    before = find(carry, function);
    if (carry->count == MAX_CARRIED)
        oldest = unhook(carry, &carry->oldest);
    *(carry->oldest ? carry->newest : &carry->oldest) = one;
    carry->newest = &one->next;
    ++carry->count;
    pthread_mutex_unlock(&carry->lock);
    vg_free(before);
    vg_free(oldest);
}

vgi_status vg_carry_take(vgi_call *call, const vg_function_call *function)
{
    vg_carry *carry = vg_call_carry(call);
    vg_carried *one;
    bool fits;

    pthread_mutex_lock(&carry->lock);
    one = find(carry, function);
    pthread_mutex_unlock(&carry->lock);
    fits = one && one->function == function->function && one->cursor_size == function->function->in_out->cursor_size;
    if (fits && one->cursor_size)
        memcpy(function->cursor, one->bytes + one->execution_size + one->substream_size, one->cursor_size);
    vg_free(one);
    return fits ? VGI_OK
                : vgi_fail(call, VGI_ERR_NOT_FOUND,
                           "no input of %.*s has ended under this execution_id and substream_id in this process",
                           (int)function->function->name.size, function->function->name.data);
}
