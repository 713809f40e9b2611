/* The fuzz target of the tap (vgi/sys/tap.h): any bytes, as if a client and then a worker had sent them. In whatever
 * pieces they come, the same is told. Built as fuzz_ipc.c is. */
#include <stdint.h>
#include <stdlib.h>

#include <vgi/sys/tap.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_MESSAGE_BYTES = 1 << 16 };

/* All that was told, as one number. */
typedef struct told {
    uint64_t digest;
    int lost[2];
} told;

static void mix(told *t, int64_t value)
{
    t->digest = (t->digest ^ (uint64_t)value) * 0x100000001b3u;
}

static void tell(void *user, const vgi_tap_event *event)
{
    told *t = user;

    mix(t, event->kind);
    mix(t, event->side);
    mix(t, event->index);
    mix(t, event->rows);
    mix(t, event->size_bytes);
    mix(t, event->call->number);
    mix(t, event->batch ? event->batch->n_columns : -1);
    for (size_t i = 0; i < event->metadata.count; i++)
        mix(t, (int64_t)event->metadata.items[i].value.size);
    if (event->kind == VGI_TAP_LOST && ++t->lost[event->side] > 1)
        abort();
    if (event->kind == VGI_TAP_LOST && !event->why)
        abort();
}

static told play(const uint8_t *data, size_t size, size_t step)
{
    told t = {0};
    vgi_tap_options options = {.event = tell, .user = &t, .max_message_bytes = MAX_MESSAGE_BYTES};
    vgi_tap *tap;

    if (vgi_tap_new(&options, &tap, NULL) != VGI_OK)
        abort();
    for (int side = 0; side < 2; side++) {
        for (size_t at = 0; at < size; at += step)
            vgi_tap_feed(tap, (vgi_tap_side)side, data + at, size - at < step ? size - at : step);
        vgi_tap_finish(tap, (vgi_tap_side)side);
    }
    vgi_tap_free(tap);
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t STEPS[] = {1, 7, 64};
    told whole = play(data, size, size ? size : 1);

    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++)
        if (play(data, size, STEPS[i]).digest != whole.digest)
            abort();
    return 0;
}
