/* Unit tests of worker.c: catalogs that are loaded while calls use older ones. */
#include "worker/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/alloc.h"

enum { WARMING = 100, RELOADS = 5000 };

/* What the loader gives: a catalog of its own each time. */
typedef struct edition {
    const vgi_catalog *catalogs[2]; /* first: what is given stands for the edition */
    const vgi_schema *schemas[2];
    vgi_catalog catalog;
    vgi_schema schema;
    char name[32];
} edition;

/* What the loader is to do, and what became of what it gave. */
typedef struct shelf {
    int given, is_mistaken, keeps, fails;
    atomic_int alive;
    pthread_barrier_t *slow; /* NULL: does not wait for anybody */
} shelf;

static vgi_status load(vgi_call *call, const vgi_catalog *const **ret_catalogs)
{
    shelf *self = vgi_call_user(call);
    edition *next;

    if (self->slow) {
        pthread_barrier_wait(self->slow);
        pthread_barrier_wait(self->slow);
    }
    if (self->fails)
        return vgi_fail(call, VGI_ERR_IO, "nothing to load");
    if (self->keeps)
        return VGI_OK;
    next = calloc(1, sizeof *next);
    assert_non_null(next);
    snprintf(next->name, sizeof next->name, "edition_%d", ++self->given);
    next->schema = (vgi_schema){.name = self->is_mistaken ? "" : "main"};
    next->schemas[0] = &next->schema;
    next->catalog = (vgi_catalog){.name = next->name, .schemas = next->schemas};
    next->catalogs[0] = &next->catalog;
    self->alive++;
    *ret_catalogs = next->catalogs;
    return VGI_OK;
}

static void unload(void *user, const vgi_catalog *const *catalogs)
{
    edition *gone = (edition *)(uintptr_t)catalogs;

    ((shelf *)user)->alive--;
    memset(gone, 0xEE, sizeof *gone);
    free(gone);
}

static vg_worker *new_worker(shelf *self, vgi_worker_options *options)
{
    vg_worker *worker;

    *options = (vgi_worker_options){.load = load, .unload = unload, .user = self};
    assert_int_equal(vg_worker_new(VGI_API_VERSION, options, &worker, NULL), VGI_OK);
    return worker;
}

static vgi_call begin(const vg_worker *worker, vg_arena *arena)
{
    const vg_binding *binding = vg_worker_binding(worker);

    return (vgi_call){.arena = arena, .turn_arena = arena, .binding = binding, .user = binding->user};
}

static void end(vgi_call *call)
{
    vg_call_end(call);
    vg_arena_reset(call->arena);
}

static void reload(const vg_worker *worker, vg_arena *arena, vgi_status expected)
{
    vgi_call call = begin(worker, arena);
    const vg_registry *registry;

    assert_int_equal(vg_call_registry_reload(&call, &registry), expected);
    if (expected == VGI_OK)
        assert_int_equal(registry->n_catalogs, 1);
    end(&call);
}

/* The bytes in use on the heap, whoever manages it. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));
static size_t heap_bytes(void)
{
    return __sanitizer_get_current_allocated_bytes ? __sanitizer_get_current_allocated_bytes() : mallinfo2().uordblks;
}

static void thousands_of_reloads_take_no_memory(void **state)
{
    shelf self = {0};
    vgi_worker_options options;
    vg_worker *worker = new_worker(&self, &options);
    vg_arena arena = {0};
    size_t before;

    (void)state;
    for (int i = 0; i < WARMING; i++) /* the allocator counts what it keeps for the next call as in use */
        reload(worker, &arena, VGI_OK);
    before = heap_bytes();
    for (int i = 0; i < RELOADS; i++) {
        reload(worker, &arena, VGI_OK);
        assert_int_equal(self.alive, 1);
    }
    assert_true(heap_bytes() < before + 1024);
    self.keeps = 1;
    reload(worker, &arena, VGI_OK);
    self.is_mistaken = 1;
    self.keeps = 0;
    reload(worker, &arena, VGI_ERR_VALUE); /* refused, and what was there serves on */
    assert_int_equal(self.alive, 1);
    assert_int_equal(self.given, WARMING + RELOADS + 1);
    vg_worker_free(worker);
    assert_int_equal(self.alive, 0);
    vg_arena_done(&arena);
}

static void a_call_keeps_what_it_began_with(void **state)
{
    shelf self = {0};
    vgi_worker_options options;
    vg_worker *worker = new_worker(&self, &options);
    vg_arena old_arena = {0}, arena = {0};
    const vg_registry *first, *again;
    vgi_call old = begin(worker, &old_arena);

    (void)state;
    assert_null(vgi_call_catalogs(&old));
    assert_int_equal(vg_call_registry(&old, &first), VGI_OK);
    for (int i = 0; i < 3; i++)
        reload(worker, &arena, VGI_OK);
    assert_int_equal(self.alive, 2);
    assert_int_equal(vg_call_registry(&old, &again), VGI_OK);
    assert_ptr_equal(first, again);
    assert_string_equal(vgi_call_catalogs(&old)[0]->name, "edition_1");
    assert_int_equal(vg_call_registry_reload(&old, &again), VGI_OK); /* holds both from here on */
    assert_string_equal(vgi_call_catalogs(&old)[0]->name, "edition_5");
    assert_string_equal(first->catalogs[0].descriptor->name, "edition_1");
    end(&old);
    assert_int_equal(self.alive, 1);
    vg_worker_free(worker);
    assert_int_equal(self.alive, 0);
    vg_arena_done(&arena);
    vg_arena_done(&old_arena);
}

static void a_failing_loader_takes_nothing_away(void **state)
{
    shelf self = {.fails = 1};
    vgi_worker_options options;
    vg_worker *worker = new_worker(&self, &options);
    vg_arena arena = {0};

    (void)state;
    reload(worker, &arena, VGI_ERR_IO);
    self.fails = 0;
    reload(worker, &arena, VGI_OK);
    self.fails = 1;
    reload(worker, &arena, VGI_ERR_IO);
    assert_int_equal(self.alive, 1);
    vg_worker_free(worker);
    vg_arena_done(&arena);
}

/* Whatever fails for want of memory, nothing stays behind. */
static void any_allocation_may_fail(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 60; n++) {
        shelf self = {0};
        vgi_worker_options options;
        vg_worker *worker = new_worker(&self, &options);
        vg_arena arena = {0};
        const vg_registry *registry;
        vgi_call call = begin(worker, &arena);

        vg_alloc_fail_after(n);
        (void)!vg_call_registry_reload(&call, &registry);
        vg_alloc_fail_after(-1);
        end(&call);
        vg_worker_free(worker);
        assert_int_equal(self.alive, 0);
        vg_arena_done(&arena);
    }
}

static void *reload_once(void *worker)
{
    vg_arena arena = {0};

    reload(worker, &arena, VGI_OK);
    vg_arena_done(&arena);
    return NULL;
}

static void calls_go_on_while_something_is_loaded(void **state)
{
    shelf self = {0};
    vgi_worker_options options;
    vg_worker *worker = new_worker(&self, &options);
    vg_arena arena = {0};
    const vg_registry *registry;
    pthread_barrier_t barrier;
    pthread_t thread;
    vgi_call call = begin(worker, &arena);

    (void)state;
    reload(worker, &arena, VGI_OK);
    pthread_barrier_init(&barrier, NULL, 2);
    self.slow = &barrier;
    assert_int_equal(pthread_create(&thread, NULL, reload_once, worker), 0);
    pthread_barrier_wait(&barrier); /* the loader runs, and does not end before we say so */
    assert_int_equal(vg_call_registry(&call, &registry), VGI_OK);
    assert_string_equal(vgi_call_catalogs(&call)[0]->name, "edition_1");
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    assert_int_equal(self.alive, 2);
    end(&call);
    assert_int_equal(self.alive, 1);
    vg_worker_free(worker);
    pthread_barrier_destroy(&barrier);
    vg_arena_done(&arena);
}

static void *call_often(void *worker)
{
    vg_arena arena = {0};

    for (int i = 0; i < 2000; i++) {
        vgi_call call = begin(worker, &arena);
        const vg_registry *registry;
        vgi_status status = i % 5 == 0 ? vg_call_registry_reload(&call, &registry) : vg_call_registry(&call, &registry);

        assert_int_equal(status, VGI_OK);
        assert_int_equal(vgi_call_catalogs(&call)[0]->name[0], 'e');
        end(&call);
    }
    vg_arena_done(&arena);
    return NULL;
}

static void several_threads_load_and_call(void **state)
{
    shelf self = {0};
    vgi_worker_options options;
    vg_worker *worker = new_worker(&self, &options);
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, worker), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(self.alive, 1);
    vg_worker_free(worker);
    assert_int_equal(self.alive, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_of_reloads_take_no_memory),   cmocka_unit_test(a_call_keeps_what_it_began_with),
        cmocka_unit_test(a_failing_loader_takes_nothing_away),   cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test(calls_go_on_while_something_is_loaded), cmocka_unit_test(several_threads_load_and_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
