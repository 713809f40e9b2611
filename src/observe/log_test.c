/* Unit tests of log.c: both forms of a line, values that are no words, lines that are lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/log.h"

static const vgi_observed_worker WORKER = {"0123456789ab", "test", NULL};

static const vgi_event ATTACH = {
    .name = "catalog.attach",
    .level = VGI_LOG_INFO,
    .time_us = INT64_C(1767225600123456),
    .duration_us = 1234,
    .server_id = "0123456789ab",
    .request_id = VGI_STR("00112233445566ff"),
    .method = VGI_STR("catalog_attach"),
    .catalog = VGI_STR("a \"b\"\n"),
    .attach_id = VGI_STR("4939487a44ce"),
    .data_version_spec = VGI_STR("^1.2"),
    .data_version = VGI_STR("1.2.3"),
    .options = VGI_STR("{\"level\":5}"),
};

/* What is written of an event. */
static void line_of(const vgi_event *event, bool is_json, char *to, size_t capacity)
{
    char path[] = "/tmp/vgi-log-XXXXXX";
    int fd = mkstemp(path);
    vg_log log;
    void *opened = NULL;
    ssize_t size;

    assert_true(fd >= 0);
    vg_log_init(&log, path, VGI_LOG_INFO, is_json);
    opened = log.observer.user;
    assert_int_equal(log.observer.begin(log.observer.user, &WORKER, &opened, NULL), VGI_OK);
    log.observer.tell(opened, event);
    log.observer.end(opened);
    size = read(fd, to, capacity - 1);
    assert_true(size > 0);
    to[size] = '\0';
    close(fd);
    unlink(path);
}

static void text(void **state)
{
    char line[1024];

    (void)state;
    line_of(&ATTACH, false, line, sizeof line);
    assert_string_equal(line, "2026-01-01T00:00:00.123Z INFO catalog.attach catalog=\"a \\\"b\\\"\\n\" "
                              "attach_id=4939487a44ce data_version_spec=^1.2 data_version=1.2.3 options={\"level\":5} "
                              "duration_ms=1.23 status=ok server_id=0123456789ab request_id=00112233445566ff\n");
}

static void json(void **state)
{
    char line[1024];

    (void)state;
    line_of(&ATTACH, true, line, sizeof line);
    assert_string_equal(
        line, "{\"timestamp\":\"2026-01-01T00:00:00.123Z\",\"level\":\"INFO\",\"logger\":\"vgi\",\"event\":\"catalog."
              "attach\",\"catalog\":\"a \\\"b\\\"\\n\",\"attach_id\":\"4939487a44ce\",\"data_version_spec\":\"^1.2\","
              "\"data_version\":\"1.2.3\",\"options\":{\"level\":5},\"duration_ms\":1.23,\"status\":\"ok\","
              "\"server_id\":\"0123456789ab\",\"request_id\":\"00112233445566ff\"}\n");
}

static void failures_and_what_was_dropped(void **state)
{
    vgi_event event = {.name = "call",
                       .level = VGI_LOG_ERROR,
                       .server_id = "0123456789ab",
                       .method = VGI_STR("bind"),
                       .error_type = VGI_STR("RuntimeError"),
                       .error_code = VGI_STR("UNKNOWN"),
                       .dropped = 3};
    char line[1024];

    (void)state;
    line_of(&event, false, line, sizeof line);
    assert_string_equal(line, "1970-01-01T00:00:00.000Z ERROR call method=bind duration_ms=0.00 status=error "
                              "error_type=RuntimeError error_code=UNKNOWN server_id=0123456789ab dropped_records=3\n");
    event = (vgi_event){.name = "log.dropped", .level = VGI_LOG_WARN, .server_id = "0123456789ab", .dropped = 2};
    line_of(&event, true, line, sizeof line);
    assert_string_equal(line, "{\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"level\":\"WARN\",\"logger\":\"vgi\","
                              "\"event\":\"log.dropped\",\"server_id\":\"0123456789ab\",\"dropped_records\":2}\n");
}

/* A file that may not grow stands for a full disk. */
static void a_line_that_cannot_be_written_is_counted(void **state)
{
    char path[] = "/tmp/vgi-log-XXXXXX", line[1024];
    int fd = mkstemp(path);
    struct rlimit before, none;
    vg_log log;
    void *opened = NULL;
    ssize_t size;

    (void)state;
    assert_true(fd >= 0);
    vg_log_init(&log, path, VGI_LOG_INFO, false);
    assert_int_equal(log.observer.begin(log.observer.user, &WORKER, &opened, NULL), VGI_OK);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    log.observer.tell(opened, &ATTACH);
    log.observer.tell(opened, &ATTACH);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    log.observer.tell(opened, &ATTACH);
    log.observer.end(opened);
    size = read(fd, line, sizeof line - 1);
    assert_true(size > 0);
    line[size] = '\0';
    assert_string_equal(strchr(line, '\n') - strlen("dropped_records=2"), "dropped_records=2\n");
    close(fd);
    unlink(path);
}

static void a_pipe_that_nobody_reads_is_refused_at_once(void **state)
{
    char folder[] = "/tmp/vgi-log-XXXXXX", path[64];
    vg_log log;
    void *opened;
    vgi_error err = {0};

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    vg_log_init(&log, path, VGI_LOG_INFO, false);
    assert_int_equal(log.observer.begin(log.observer.user, &WORKER, &opened, &err), VGI_ERR_IO);
    assert_non_null(strstr(err.message, "the log '"));
    unlink(path);
    rmdir(folder);
}

static void levels_have_names(void **state)
{
    vgi_log_level level = VGI_LOG_ERROR;

    (void)state;
    assert_true(vg_log_level_parse("Warn", &level));
    assert_int_equal(level, VGI_LOG_WARN);
    assert_true(vg_log_level_parse("debug", &level));
    assert_int_equal(level, VGI_LOG_DEBUG);
    assert_false(vg_log_level_parse("loud", &level));
    assert_false(vg_log_level_parse("", &level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text),
        cmocka_unit_test(json),
        cmocka_unit_test(failures_and_what_was_dropped),
        cmocka_unit_test(a_line_that_cannot_be_written_is_counted),
        cmocka_unit_test(a_pipe_that_nobody_reads_is_refused_at_once),
        cmocka_unit_test(levels_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
