/* Unit tests of lifecycle.c: what of a call is told, and what never is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "observe/lifecycle.h"

/* All texts of the last event, for what must not be in any of them, and some alone. */
typedef struct seen {
    int n;
    char all[8192];
    char name[64], attach_id[64], transaction_id[64], catalog[512], options[8192];
    vgi_log_level level;
} seen;

static void add(seen *self, vgi_string text)
{
    size_t used = strlen(self->all);

    snprintf(self->all + used, sizeof self->all - used, "%.*s|", (int)text.size, text.data ? text.data : "");
}

static void keep(char *to, size_t size, vgi_string text)
{
    snprintf(to, size, "%.*s", (int)text.size, text.data ? text.data : "");
}

static void tell(void *state, const vgi_event *event)
{
    seen *self = state;
    const vgi_string texts[] = {vgi_str(event->name),
                                vgi_str(event->server_id),
                                event->request_id,
                                event->method,
                                event->catalog,
                                event->attach_id,
                                event->transaction_id,
                                event->data_version_spec,
                                event->implementation_version_spec,
                                event->data_version,
                                event->implementation_version,
                                event->options,
                                event->trace_id,
                                event->span_id,
                                event->error_type,
                                event->error_code};

    self->n++;
    self->all[0] = '\0';
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        add(self, texts[i]);
    keep(self->name, sizeof self->name, vgi_str(event->name));
    keep(self->attach_id, sizeof self->attach_id, event->attach_id);
    keep(self->transaction_id, sizeof self->transaction_id, event->transaction_id);
    keep(self->catalog, sizeof self->catalog, event->catalog);
    keep(self->options, sizeof self->options, event->options);
    self->level = event->level;
}

/* What an observer of that level is told of a call; `n` 0: nothing. */
static void told(seen *ret, vgi_log_level level, const vg_call_event *call, const vg_subject *subject)
{
    static const vgi_observed_worker WORKER = {"0123456789ab", "", NULL};
    const vgi_observer observer = {.user = ret, .level = level, .tell = tell};
    vg_lifecycle *lifecycle;

    *ret = (seen){0};
    assert_int_equal(vg_lifecycle_new(&lifecycle, NULL), VGI_OK);
    assert_false(vg_lifecycle_is_observed(lifecycle));
    assert_int_equal(vg_lifecycle_add(lifecycle, &observer, &WORKER, NULL), VGI_OK);
    assert_true(vg_lifecycle_is_observed(lifecycle));
    vg_lifecycle_tell(lifecycle, call, subject);
    vg_lifecycle_free(lifecycle);
}

#define CALL(name)                                                                                                     \
    {.server_id = "0123456789ab", .protocol = "vgi.v2", .method = VGI_STR(name), .request_id = "0123456789abcdef"}
#define BYTES(text) {(const uint8_t *)(text), sizeof(text) - 1}

static void ids_are_short_hashes_of_the_hexadecimal_text(void **state)
{
    const vg_call_event call = CALL("catalog_transaction_commit");
    const vg_subject subject = {.catalog = VGI_STR("shop"),
                                .attach_opaque_data = BYTES("secret-attach\377"),
                                .transaction_opaque_data = BYTES("secret-transaction")};
    seen what;

    (void)state;
    told(&what, VGI_LOG_INFO, &call, &subject);
    /* printf 7365637265742d617474616368ff | sha256sum, and so on */
    assert_string_equal(what.attach_id, "75f0264cc842");
    assert_string_equal(what.transaction_id, "22940fdf2d93");
    assert_string_equal(what.name, "catalog.transaction.commit");
    assert_string_equal(what.catalog, "shop");
    assert_null(strstr(what.all, "secret"));
    assert_null(strstr(what.all, "736563726574"));
}

static void what_is_absent_stays_absent(void **state)
{
    const vg_call_event call = CALL("catalog_detach");
    const vg_subject subject = {0}, empty = {.attach_opaque_data = BYTES("")};
    seen what;

    (void)state;
    told(&what, VGI_LOG_INFO, &call, &subject);
    assert_string_equal(what.attach_id, "");
    told(&what, VGI_LOG_INFO, &call, &empty);
    assert_string_equal(what.attach_id, "e3b0c44298fc");
}

static void sentences_of_errors_are_not_told(void **state)
{
    vg_call_event call = CALL("catalog_attach");
    const vg_subject subject = {.catalog = VGI_STR("shop")};
    seen what;

    (void)state;
    call.error_type = "ValueError";
    call.error_code = "UNKNOWN";
    call.error_message = "no account for token hush";
    told(&what, VGI_LOG_INFO, &call, &subject);
    assert_int_equal(what.level, VGI_LOG_WARN);
    assert_non_null(strstr(what.all, "ValueError|UNKNOWN"));
    assert_null(strstr(what.all, "hush"));
}

/* Else anybody could fill the author's alarms with forged tokens. */
static void mistakes_of_callers_are_no_errors(void **state)
{
    static const char *const TYPES[] = {"TypeError", "SchemaValidationError", "SplitTokenInvalid",
                                        "SplitSnapshotExpired"};
    vg_call_event call = CALL("init");
    const vg_subject subject = {.catalog = VGI_STR("shop")};
    seen what;

    (void)state;
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        call.error_type = TYPES[i];
        call.error_code = "UNKNOWN";
        told(&what, VGI_LOG_INFO, &call, &subject);
        assert_int_equal(what.level, VGI_LOG_WARN);
    }
}

static void long_texts_are_cut_and_long_options_left_out(void **state)
{
    static char name[VG_EVENT_MAX_TEXT_BYTES + 100], options[VG_EVENT_MAX_OPTIONS_BYTES + 1];
    vg_call_event call = CALL("catalog_create");
    const vg_subject subject = {.catalog = {name, sizeof name}};
    seen what;

    (void)state;
    memset(name, 'n', sizeof name);
    memcpy(name + VG_EVENT_MAX_TEXT_BYTES - 1, "\303\244", 2); /* not cut in two */
    memset(options, ' ', sizeof options);
    options[0] = '{';
    options[sizeof options - 2] = '}';
    call.attach_options = (vgi_string){options, sizeof options - 1};
    told(&what, VGI_LOG_INFO, &call, &subject);
    assert_int_equal(strlen(what.catalog), VG_EVENT_MAX_TEXT_BYTES - 1);
    assert_int_equal(strlen(what.options), VG_EVENT_MAX_OPTIONS_BYTES);
    call.attach_options.size = sizeof options;
    told(&what, VGI_LOG_INFO, &call, &subject);
    assert_string_equal(what.options, "{\"left out\":\"they are too long\"}");
}

static void levels_are_those_of_the_event(void **state)
{
    static const struct {
        const char *method, *error;
        vgi_log_level level;
        const char *name;
    } ROWS[] = {
        {"catalog_attach", NULL, VGI_LOG_INFO, "catalog.attach"},
        {"catalog_detach", NULL, VGI_LOG_INFO, "catalog.detach"},
        {"catalog_create", NULL, VGI_LOG_INFO, "catalog.create"},
        {"catalog_transaction_begin", NULL, VGI_LOG_INFO, "catalog.transaction.begin"},
        {"catalog_transaction_rollback", NULL, VGI_LOG_INFO, "catalog.transaction.rollback"},
        {"catalog_drop", NULL, VGI_LOG_DEBUG, "call"},
        {"catalog_create", "NotImplementedError", VGI_LOG_WARN, "catalog.create"},
        {"catalog_contents", "MethodNotImplementedError", VGI_LOG_DEBUG, "call"},
        {"bind", "ArgumentValidationError", VGI_LOG_WARN, "call"},
        {"bind", "RuntimeError", VGI_LOG_ERROR, "call"},
        {"init", "AuthorsOwnError", VGI_LOG_ERROR, "call"},
        {"catalog_attach", "OSError", VGI_LOG_ERROR, "catalog.attach"},
    };
    const vg_subject subject = {0};
    seen what;

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        vg_call_event call = CALL("");

        call.method = vgi_str(ROWS[i].method);
        call.error_type = ROWS[i].error;
        call.error_code = "UNKNOWN";
        told(&what, ROWS[i].level, &call, &subject);
        assert_int_equal(what.n, 1);
        assert_int_equal(what.level, ROWS[i].level);
        assert_string_equal(what.name, ROWS[i].name);
        if (ROWS[i].level < VGI_LOG_ERROR) {
            told(&what, ROWS[i].level + 1, &call, &subject);
            assert_int_equal(what.n, 0);
        }
    }
}

static void a_caller_that_has_left_is_no_fault(void **state)
{
    vg_call_event call = CALL("init");
    const vg_subject subject = {0};
    seen what;

    (void)state;
    call.error_type = "OSError";
    call.error_code = "UNAVAILABLE";
    told(&what, VGI_LOG_DEBUG, &call, &subject);
    assert_int_equal(what.level, VGI_LOG_WARN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_short_hashes_of_the_hexadecimal_text),
        cmocka_unit_test(what_is_absent_stays_absent),
        cmocka_unit_test(mistakes_of_callers_are_no_errors),
        cmocka_unit_test(sentences_of_errors_are_not_told),
        cmocka_unit_test(long_texts_are_cut_and_long_options_left_out),
        cmocka_unit_test(levels_are_those_of_the_event),
        cmocka_unit_test(a_caller_that_has_left_is_no_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
