/* Unit tests of access_log.c: the limits of a record and of the path. What a record says is tested in tests/rpc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "observe/access_log.h"
#include "observe/log_file.h"

enum { NAME = 100 };

static char name_text[NAME + 1];
static const vgi_field FIELD = {.name = {name_text, NAME}, .type = VGI_TYPE_INT64};

/* The record of a call with so many parameters, the last `cut` bytes of whose name are left out. */
static void record(int32_t n_fields, size_t cut, char *to, size_t capacity)
{
    char path[] = "/tmp/vgi-access-log-XXXXXX";
    vgi_field last = FIELD;
    const vgi_field **fields = calloc((size_t)n_fields, sizeof *fields);
    vgi_arrow_schema schema = {.n_fields = n_fields, .fields = fields};
    vg_call_event event = {.server_id = "0123456789ab",
                           .protocol = "p",
                           .method = VGI_STR("m"),
                           .request_id = "0",
                           .request = &schema,
                           .request_rows = 1};
    vg_access_log *log;
    int fd = mkstemp(path);
    ssize_t size;

    memset(name_text, 'x', NAME);
    last.name.size -= cut;
    for (int32_t i = 0; i < n_fields; i++)
        fields[i] = i + 1 < n_fields ? &FIELD : &last;
    assert_true(fd >= 0);
    assert_int_equal(vg_access_log_open(path, event.server_id, &log, NULL), VGI_OK);
    vg_access_log_observer(log)->finished(vg_access_log_observer(log)->user, &event);
    vg_access_log_close(log);
    size = read(fd, to, capacity - 1);
    assert_true(size > 0);
    to[size] = '\0';
    close(fd);
    unlink(path);
    free(fields);
}

static void a_record_has_room_for_so_many_fields(void **state)
{
    /* `,"request_fields":[`, then `{"name":"...","type":"int64"}` and commas, as long as the limit allows. */
    enum { HEAD = 19, EACH = 10 + NAME + 16 + 1 };
    const int32_t n = (VG_LOG_MAX_FIELDS_BYTES - HEAD + 1) / EACH + 1;
    const size_t over = (size_t)n * EACH - 1 + HEAD - VG_LOG_MAX_FIELDS_BYTES;
    char text[2 * VG_LOG_MAX_FIELDS_BYTES];

    (void)state;
    assert_true(over < NAME);
    record(n, over, text, sizeof text);
    assert_non_null(strstr(text, "\"request_fields\":[{") && strstr(text, "\"truncated\":\"payload_omitted\"") ? text
                                                                                                               : NULL);
    record(n, over - 1, text, sizeof text);
    assert_null(strstr(text, "request_fields"));
    assert_null(strstr(text, "request_rows"));
    assert_non_null(strstr(text, "\"truncated\":true"));
    assert_int_equal(text[strlen(text) - 1], '\n');
}

static void a_path_has_a_limit(void **state)
{
    char path[VG_LOG_MAX_PATH_BYTES + 1];
    vg_access_log *log;
    vgi_error err = {0};

    (void)state;
    memset(path, '/', sizeof path);
    path[VG_LOG_MAX_PATH_BYTES - 1] = '\0';
    assert_int_equal(vg_access_log_open(path, "id", &log, &err), VGI_ERR_IO); /* a folder, however it is written */
    path[VG_LOG_MAX_PATH_BYTES - 1] = '/';
    path[VG_LOG_MAX_PATH_BYTES] = '\0';
    vgi_error_clear(&err);
    assert_int_equal(vg_access_log_open(path, "id", &log, &err), VGI_ERR_LIMIT);
}

static void a_record_without_memory_is_counted(void **state)
{
    char path[] = "/tmp/vgi-access-log-XXXXXX", text[4096];
    const vg_call_event event = {
        .server_id = "0123456789ab", .protocol = "p", .method = VGI_STR("m"), .request_id = "0"};
    int fd = mkstemp(path);
    vg_access_log *log;
    ssize_t size;

    (void)state;
    assert_int_equal(vg_access_log_open(path, "id", &log, NULL), VGI_OK);
    vg_alloc_fail_after(0);
    vg_access_log_observer(log)->finished(log, &event);
    vg_access_log_observer(log)->finished(log, &event);
    vg_alloc_fail_after(-1);
    vg_access_log_observer(log)->finished(log, &event);
    vg_access_log_observer(log)->finished(log, &event);
    vg_access_log_close(log);
    size = read(fd, text, sizeof text - 1);
    assert_true(size > 0);
    text[size] = '\0';
    assert_non_null(strstr(text, "\"dropped_records\":2"));
    assert_null(strstr(strchr(text, '\n'), "dropped_records"));
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_has_room_for_so_many_fields),
        cmocka_unit_test(a_path_has_a_limit),
        cmocka_unit_test(a_record_without_memory_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
