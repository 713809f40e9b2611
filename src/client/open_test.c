/* Locations: which there are, which are refused, and that a refusal leaves nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "client/client.h"

static void what_is_no_location_is_refused(void **state)
{
    static const struct {
        const char *location;
        vgi_status status;
    } CASES[] = {
        {NULL, VGI_ERR_VALUE},
        {"", VGI_ERR_VALUE},
        {" \t\n", VGI_ERR_VALUE},
        {"unix://", VGI_ERR_VALUE},
        {"unix:///no/such/socket", VGI_ERR_IO},
        {"tcp://", VGI_ERR_VALUE},
        {"tcp://127.0.0.1:1", VGI_ERR_IO},
        {"launch:", VGI_ERR_VALUE},
        {"launch:'x", VGI_ERR_VALUE},
        {"http://localhost", VGI_ERR_NOT_IMPLEMENTED},
        {"https://localhost", VGI_ERR_NOT_IMPLEMENTED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        vgi_client *client = (vgi_client *)state;
        vgi_error err = {0};

        assert_int_equal(vgi_client_open(CASES[i].location, NULL, &client, &err), CASES[i].status);
        assert_null(client);
        assert_string_not_equal(err.message, "");
    }
}

static void options_that_are_none_are_refused(void **state)
{
    const vgi_client_options version = {.protocol_version = "3.0.0"};
    const vgi_client_options where = {.worker_stderr = (vgi_client_stderr)3};
    vgi_client *client;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vgi_client_open("exit", &version, &client, &err), VGI_ERR_VALUE);
    vgi_error_clear(&err);
    assert_int_equal(vgi_client_open("exit", &where, &client, &err), VGI_ERR_VALUE);
    vgi_error_clear(&err);
    assert_int_equal(vgi_client_open_at(VGI_API_VERSION + 1, "exit", NULL, &client, &err), VGI_ERR_VALUE);
    assert_null(client);
}

static void dialects_have_names(void **state)
{
    (void)state;
    for (int minor = 0; minor < VG_PROTOCOL_MINORS; minor++)
        assert_int_equal(vg_client_minor(vgi_str(vg_client_version(minor))), minor);
    assert_int_equal(vg_client_minor(vgi_str("2.1.7")), 1);
    assert_int_equal(vg_client_minor(vgi_str("2.1")), -1);
    assert_int_equal(vg_client_minor(vgi_str("3.0.0")), -1);
    assert_int_equal(vg_client_minor((vgi_string){0}), -1);
}

/* A worker that has ended says how, in the error of the call that finds out; its last line is tamed. */
static void last_words_are_told(void **state)
{
    const vgi_client_options options = {.worker_stderr = VGI_STDERR_CAPTURE};
    vgi_client *client;
    vgi_error err = {0};
    char text[16];

    (void)state;
    assert_int_equal(vgi_client_open("printf 'one\\ntwo \\033[2J\\n' >&2; exit 7", &options, &client, &err), VGI_OK);
    assert_true(vgi_client_worker_pid(client) > 0);
    assert_int_equal(vgi_client_ping(client, &err), VGI_ERR_IO);
    assert_non_null(strstr(err.message, "exit status 7"));
    assert_non_null(strstr(err.message, "it said: two ?[2J"));
    assert_false(vgi_client_is_usable(client));
    assert_null(vgi_client_remote_error(client));
    assert_int_equal(vgi_client_stderr_text(client, text, sizeof text), 13);
    assert_int_equal(vgi_client_stderr_text(client, text, 5), 4);
    assert_string_equal(text, "[2J\n");
    assert_int_equal(vgi_client_stderr_text(client, text, 0), 0);
    vgi_client_close(client);
    vgi_client_close(NULL);
}

/* Starting a worker while every allocation fails in turn: an error or a client, and nothing left. */
static void memory_that_fails_leaves_nothing(void **state)
{
    vgi_status status = VGI_ERR_MEMORY;
    int64_t tries = 0;

    (void)state;
    for (; status != VGI_OK; tries++) {
        vgi_client *client;
        vgi_error err = {0};

        assert_true(tries < 1000);
        vg_alloc_fail_after(tries);
        status = vgi_client_open("exit", NULL, &client, &err);
        vg_alloc_fail_after(-1);
        assert_int_equal(err.status, status);
        assert_true((status == VGI_OK) == (client != NULL));
        vgi_client_close(client);
    }
    assert_true(tries > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_location_is_refused),
        cmocka_unit_test(options_that_are_none_are_refused),
        cmocka_unit_test(dialects_have_names),
        cmocka_unit_test(last_words_are_told),
        cmocka_unit_test(memory_that_fails_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
