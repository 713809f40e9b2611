/* Cursors between the two streams of a function over rows (carry.h). */
#include "worker/carry.h"

#include <string.h>

#include "base/alloc.h"
#include "base/sha256.h"
#include "worker/function_call.h"

enum { MAX_CARRIED = 4096 };

/* Whose a cursor is. Ids are a caller's, and of any length; what is kept of them is not. */
typedef struct owner {
    char execution[VG_SHA256_HEX], substream[VG_SHA256_HEX];
} owner;

struct vg_carried {
    vg_carried *next;
    const vg_function *function; /* only compared */
    owner owner;
    size_t cursor_size;
    uint8_t cursor[];
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

static owner owner_of(const vg_function_call *function)
{
    owner ret;

    vg_sha256_hex(function->execution_id.data, function->execution_id.size, ret.execution);
    vg_sha256_hex(function->substream_id.data, function->substream_id.size, ret.substream);
    return ret;
}

static bool is_of(const vg_carried *one, const owner *wanted)
{
    return strcmp(one->owner.execution, wanted->execution) == 0 && strcmp(one->owner.substream, wanted->substream) == 0;
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

/* Unhooks that of an execution and substream; NULL: there is none. */
static vg_carried *find(vg_carry *carry, const owner *wanted)
{
    for (vg_carried **at = &carry->oldest; *at; at = &(*at)->next)
        if (is_of(*at, wanted))
            return unhook(carry, at);
    return NULL;
}

void vg_carry_put(vgi_call *call, const vg_function_call *function)
{
    vg_carry *carry = vg_call_carry(call);
    size_t cursor = function->function->in_out->cursor_size;
    vg_carried *one = vg_malloc(sizeof *one + cursor);
    vg_carried *before, *oldest = NULL;

    if (!one)
        return;
    *one = (vg_carried){.function = function->function, .owner = owner_of(function), .cursor_size = cursor};
    if (cursor)
        memcpy(one->cursor, function->cursor, cursor);
    pthread_mutex_lock(&carry->lock);
    before = find(carry, &one->owner);
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
    const owner wanted = owner_of(function);
    vg_carried *one;
    bool fits;

    pthread_mutex_lock(&carry->lock);
    one = find(carry, &wanted);
    pthread_mutex_unlock(&carry->lock);
    fits = one && one->function == function->function && one->cursor_size == function->function->in_out->cursor_size;
    if (fits && one->cursor_size)
        memcpy(function->cursor, one->cursor, one->cursor_size);
    vg_free(one);
    return fits ? VGI_OK
                : vgi_fail(call, VGI_ERR_NOT_FOUND,
                           "no input of %.*s has ended under this execution_id and substream_id in this process",
                           (int)function->function->name.size, function->function->name.data);
}
