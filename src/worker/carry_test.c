/* Cursors between the two streams of a function over rows: each goes to its own finish, once. */
#include "worker/carry.h"

#include <stdio.h>
#include <stdlib.h>

#include "worker/catalog_testing.h"
#include "worker/function_call.h"

static const vgi_table_in_out SUM = {.signature = "sum(t TABLE) -> TABLE", .cursor_size = sizeof(int64_t)};
static const vg_function FUNCTION = {.kind = VG_FUNCTION_IN_OUT, .name = VGI_STR("sum"), .in_out = &SUM};
static const vg_function OTHER = {.kind = VG_FUNCTION_IN_OUT, .name = VGI_STR("other"), .in_out = &SUM};

static vgi_bytes bytes(const char *text)
{
    return text ? (vgi_bytes){(const uint8_t *)text, strlen(text)} : (vgi_bytes){0};
}

static void put(testing *t, const char *execution, const char *substream, int64_t cursor)
{
    const vg_function_call function = {
        .function = &FUNCTION, .execution_id = bytes(execution), .substream_id = bytes(substream), .cursor = &cursor};

    vg_carry_put(testing_call(t, 0), &function);
}

/* -1: there is none. */
static int64_t take(testing *t, const char *execution, const char *substream, const vg_function *of)
{
    int64_t cursor = -2;
    const vg_function_call function = {
        .function = of, .execution_id = bytes(execution), .substream_id = bytes(substream), .cursor = &cursor};

    return vg_carry_take(testing_call(t, 0), &function) == VGI_OK ? cursor : -1;
}

static void each_goes_to_its_own(void **state)
{
    testing *t = *state;

    put(t, "one", NULL, 1);
    put(t, "two", "a", 2);
    put(t, "two", "b", 3);
    put(t, "twob", NULL, 4);
    assert_int_equal(take(t, "two", "b", &FUNCTION), 3);
    assert_int_equal(take(t, "two", "b", &FUNCTION), -1);
    assert_int_equal(take(t, "two", NULL, &FUNCTION), -1);
    assert_int_equal(take(t, "twob", NULL, &FUNCTION), 4);
    assert_int_equal(take(t, "one", NULL, &FUNCTION), 1);
    assert_int_equal(take(t, "two", "a", &FUNCTION), 2);
    assert_int_equal(take(t, NULL, NULL, &FUNCTION), -1);
}

static void the_last_one_counts(void **state)
{
    testing *t = *state;

    put(t, "one", NULL, 1);
    put(t, "one", NULL, 2);
    assert_int_equal(take(t, "one", NULL, &FUNCTION), 2);
    assert_int_equal(take(t, "one", NULL, &FUNCTION), -1);
}

static void another_function_gets_nothing(void **state)
{
    testing *t = *state;

    put(t, "one", NULL, 1);
    assert_int_equal(take(t, "one", NULL, &OTHER), -1);
    assert_non_null(strstr(t->call.error.message, "no input of other has ended"));
}

static void those_that_nobody_fetches_are_forgotten(void **state)
{
    testing *t = *state;
    char name[16];

    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "%d", i);
        put(t, name, NULL, i);
    }
    assert_int_equal(take(t, "903", NULL, &FUNCTION), -1);
    assert_int_equal(take(t, "904", NULL, &FUNCTION), 904);
    assert_int_equal(take(t, "4999", NULL, &FUNCTION), 4999);
    put(t, "last", NULL, 7);
    assert_int_equal(take(t, "last", NULL, &FUNCTION), 7);
}

static long resident_pages(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long all, resident = -1;

    if (file && fscanf(file, "%ld %ld", &all, &resident) != 2)
        resident = -1;
    if (file)
        fclose(file);
    return resident;
}

/* All of an id counts, and yet what is kept does not grow with ids: they are the caller's. */
static void ids_of_any_length(void **state)
{
    enum { BYTES = 1 << 16, IDS = 4096, MOST_PAGES = 16 << 8 };
    testing *t = *state;
    char *id = malloc(BYTES + 1);
    long before;

    assert_non_null(id);
    memset(id, 'x', BYTES);
    id[BYTES] = '\0';
    before = resident_pages();
    for (int i = 0; i < IDS; i++) {
        id[BYTES - 1] = (char)(1 + i % 100); /* ids are texts here */
        id[BYTES - 2] = (char)(1 + i / 100);
        put(t, id, NULL, i);
    }
    assert_true(resident_pages() - before < MOST_PAGES);
    memcpy(id + BYTES - 4, "\1\1\1\1", 4);
    put(t, id, NULL, 77);
    assert_int_equal(take(t, id, NULL, &FUNCTION), 77);
    assert_int_equal(take(t, id, NULL, &FUNCTION), -1);
    free(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTING_TEST(each_goes_to_its_own),
        TESTING_TEST(the_last_one_counts),
        TESTING_TEST(another_function_gets_nothing),
        TESTING_TEST(those_that_nobody_fetches_are_forgotten),
        TESTING_TEST(ids_of_any_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
