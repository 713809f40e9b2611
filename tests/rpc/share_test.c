/* Shared memory from the client's end (rpc.md §9): a peer with the test service in the same process, and with workers
 * that say what no good one says. What a segment holds is looked at through the descriptor that the peer has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arrow/array.h"
#include "base/alloc.h"
#include "base/str.h"
#include "ipc/writer.h"
#include "rpc/keys.h"
#include "rpc/peer.h"
#include "service.h"
#include "transport/shm.h"

enum { DATA = 65536, ROOM = 4 << 20, ROWS = 50000 };

ONE_FIELD(FACTOR, "factor", .type = VGI_TYPE_FLOAT64);
ONE_FIELD(VALUE, "value", .type = VGI_TYPE_FLOAT64, .nullable = true);
ONE_FIELD(BYTES, "data", .type = VGI_TYPE_BINARY);
ONE_FIELD(RESULT, "result", .type = VGI_TYPE_INT64);
static const vgi_arrow_schema NOTHING = {0};
static const vgi_field NAMES = {.name = VGI_STR(""), .type = VGI_TYPE_UTF8, .nullable = true};
ONE_FIELD(STATUS, "status", .type = VGI_TYPE_DICTIONARY, .index_type = VGI_TYPE_INT16, .dictionary = &NAMES);

/* ---- both ends --------------------------------------------------------------------------------------------------- */

typedef struct pair {
    vg_connection *theirs, *ours;
    vg_peer *peer;
    vg_writer *say; /* of a worker that is played here */
    vg_server *server;
    pthread_t thread;
} pair;

static const vg_binding *bindings;
static size_t n_bindings;

static void begin(pair *p, size_t shm_bytes)
{
    const vg_peer_options options = {.shm_bytes = shm_bytes, .timeout_ms = 60000};
    int fds[2], size = 1 << 20;

    memset(p, 0, sizeof *p);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    (void)setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    (void)setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    assert_int_equal(vg_connection_new(fds[0], fds[0], &p->theirs, NULL), VGI_OK);
    assert_int_equal(vg_connection_new(fds[1], fds[1], &p->ours, NULL), VGI_OK);
    vg_connection_guard(p->ours);
    assert_int_equal(vg_peer_new(p->ours, &options, &p->peer, NULL), VGI_OK);
    assert_int_equal(vg_writer_new(vg_connection_output(p->theirs), &p->say, NULL), VGI_OK);
}

static void *serve(void *argument)
{
    pair *p = argument;

    (void)vg_server_serve(p->server, p->theirs, NULL);
    vg_connection_abort(p->theirs);
    return NULL;
}

static void begin_with_service(pair *p, size_t shm_bytes)
{
    begin(p, shm_bytes);
    assert_int_equal(vg_server_new(bindings, n_bindings, NULL, &p->server, NULL), VGI_OK);
    assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
}

static void end(pair *p)
{
    vg_peer_free(p->peer);
    vg_connection_abort(p->ours);
    if (p->server)
        pthread_join(p->thread, NULL);
    vg_writer_free(p->say);
    vg_connection_free(p->ours);
    vg_connection_free(p->theirs);
    vg_server_free(p->server);
}

/* The path of the segment that this process holds, "" where there is none; a descriptor of it, or -1. */
static int find_segment(char *path, size_t size)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    int found = -1;

    assert_non_null(folder);
    path[0] = '\0';
    while ((entry = readdir(folder)) != NULL && found < 0) {
        char target[256];
        ssize_t n = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);

        if (n > 0 && memmem(target, (size_t)n, "/libvgi.", 8)) {
            snprintf(path, size, "%.*s", (int)n, target);
            found = atoi(entry->d_name);
        }
    }
    closedir(folder);
    return found;
}

static int segment(void)
{
    char path[256];

    return find_segment(path, sizeof path);
}

static uint32_t regions(void)
{
    uint32_t n = 0;

    assert_int_equal(pread(segment(), &n, 4, 16), 4);
    return n;
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

static vgi_batch one_column(const vgi_arrow_schema *schema, vgi_array *column, int64_t rows, const void *a,
                            const void *b)
{
    *column = (vgi_array){.field = schema->fields[0], .length = rows, .buffers = {a, b}};
    return (vgi_batch){.schema = schema, .rows = rows, .n_columns = 1, .columns = column};
}

static vg_peer_request request(const char *method, const vgi_batch *params)
{
    return (vg_peer_request){.method = method, .protocol = "ConformanceService", .version = "2.0.0", .params = params};
}

static vgi_status call(pair *p, const char *method, const vgi_batch *params, const vgi_batch **ret, vgi_error *err)
{
    const vg_peer_request r = request(method, params);

    return vg_peer_call(p->peer, &r, ret, err);
}

/* echo_bytes of that many, answered right. */
static void echo(pair *p, int32_t size)
{
    uint8_t *data = calloc(1, (size_t)size);
    const int32_t offsets[] = {0, size};
    const vgi_batch *answer;
    vgi_array column;
    vgi_batch params;
    vgi_bytes found;

    assert_non_null(data);
    for (int32_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 7);
    params = one_column(&BYTES, &column, 1, offsets, data);
    assert_int_equal(call(p, "echo_bytes", &params, &answer, NULL), VGI_OK);
    assert_int_equal(answer->metadata.count, 0);
    found = vgi_blob(answer, 0, 0);
    assert_int_equal(found.size, size);
    assert_memory_equal(found.data, data, (size_t)size);
    free(data);
}

static void expect_shared(const pair *p, uint64_t sent, uint64_t received)
{
    uint64_t s, r;

    assert_true(vg_peer_shares(p->peer, &s, &r));
    assert_int_equal(s, sent);
    assert_int_equal(r, received);
}

/* ---- with the service -------------------------------------------------------------------------------------------- */

static void large_batches_go_through_memory(void **state)
{
    char path[256];
    pair p;

    (void)state;
    begin_with_service(&p, ROOM);
    echo(&p, 100);
    expect_shared(&p, 0, 0);
    echo(&p, 128 << 10);
    expect_shared(&p, 1, 1);
    assert_int_equal(regions(), 0);
    echo(&p, 100);
    echo(&p, 1 << 20);
    expect_shared(&p, 2, 2);
    assert_int_equal(regions(), 0);
    echo(&p, 3 << 20); /* the answer fits, as the request's region is free again */
    expect_shared(&p, 3, 3);
    echo(&p, 5 << 20);
    expect_shared(&p, 3, 3); /* neither fits */
    assert_true(find_segment(path, sizeof path) >= 0);
    assert_int_equal(access(path, F_OK), 0);
    end(&p);
    assert_int_equal(access(path, F_OK), -1);
}

static void without_the_option_there_is_none(void **state)
{
    uint64_t sent, received;
    pair p;

    (void)state;
    begin_with_service(&p, 0);
    echo(&p, 1 << 20);
    assert_false(vg_peer_shares(p.peer, &sent, &received));
    assert_int_equal(sent + received, 0);
    assert_int_equal(segment(), -1);
    end(&p);
}

static void a_stream_allocates_nothing_per_batch(void **state)
{
    static double values[ROWS];
    vgi_array param, column;
    vgi_batch params = one_column(&FACTOR, &param, 1, &(double){2.0}, NULL);
    vgi_batch in = one_column(&VALUE, &column, ROWS, values, NULL);
    const vg_peer_request r = request("exchange_scale", &params);
    const vgi_batch *out;
    uint64_t before = 0;
    pair p;

    (void)state;
    for (int i = 0; i < ROWS; i++)
        values[i] = i;
    begin_with_service(&p, ROOM);
    assert_int_equal(vg_peer_open(p.peer, &r, false, NULL, NULL, NULL), VGI_OK);
    for (int i = 0; i < 220; i++) {
        if (i == 20)
            before = vg_alloc_count();
        values[7] = i;
        assert_int_equal(vg_peer_turn(p.peer, &in, (vgi_metadata){0}, &out, NULL), VGI_OK);
        assert_int_equal(out->rows, ROWS);
        assert_true(vgi_f64(out, 0)[7] == 2.0 * i && vgi_f64(out, 0)[ROWS - 1] == 2.0 * (ROWS - 1));
    }
    assert_int_equal(vg_alloc_count(), before);
    expect_shared(&p, 220, 220);
    assert_int_equal(regions(), 0);
    /* An answer as the next input: it lies where the next answer will. */
    assert_int_equal(vg_peer_turn(p.peer, out, (vgi_metadata){0}, &out, NULL), VGI_OK);
    assert_true(vgi_f64(out, 0)[ROWS - 1] == 4.0 * (ROWS - 1));
    assert_int_equal(vg_peer_close(p.peer, false, NULL), VGI_OK);
    end(&p);
}

static void dictionaries_allocate_nothing_either(void **state)
{
    static const char WORDS[] = "PENDINGACTIVECLOSED";
    const int32_t offsets[] = {0, 7, 13, 19};
    const vgi_array words = {.field = &NAMES, .length = 3, .buffers = {offsets, WORDS}};
    vgi_array column;
    vgi_batch params = one_column(&STATUS, &column, 1, &(int16_t){1}, NULL);
    const vgi_batch *answer;
    uint64_t before = 0;
    pair p;

    (void)state;
    column.dictionary = &words;
    setenv("VGI_RPC_SHM_MIN_BATCH_BYTES", "1", 1);
    begin_with_service(&p, ROOM);
    unsetenv("VGI_RPC_SHM_MIN_BATCH_BYTES");
    for (uint64_t i = 0; i < 40; i++) {
        if (i == 20)
            before = vg_alloc_count();
        assert_int_equal(call(&p, "echo_enum", &params, &answer, NULL), VGI_OK);
        assert_int_equal(answer->columns[0].field->type, VGI_TYPE_DICTIONARY);
        expect_shared(&p, i + 1, i + 1);
    }
    assert_int_equal(vg_alloc_count(), before);
    assert_int_equal(regions(), 0);
    end(&p);
}

static void errors_and_cancels_leave_no_regions(void **state)
{
    static double values[ROWS];
    vgi_array param, column;
    vgi_batch params = one_column(&FACTOR, &param, 1, &(double){2.0}, NULL);
    vgi_batch in = one_column(&VALUE, &column, ROWS, values, NULL);
    const vg_peer_request r = request("exchange_scale", &params);
    const vgi_batch *out;
    pair p;

    (void)state;
    begin_with_service(&p, ROOM);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(call(&p, "no_such_method", &in, &out, NULL), VGI_ERR_RUNTIME);
        assert_int_equal(vg_peer_open(p.peer, &r, false, NULL, NULL, NULL), VGI_OK);
        assert_int_equal(vg_peer_turn(p.peer, &in, (vgi_metadata){0}, &out, NULL), VGI_OK);
        assert_int_equal(vg_peer_close(p.peer, i % 2 == 0, NULL), VGI_OK);
    }
    echo(&p, 1 << 20);
    assert_int_equal(regions(), 0);
    end(&p);
}

/* ---- with workers that lie --------------------------------------------------------------------------------------- */

/* A whole stream of one batch of no rows. */
static void say(pair *p, const vgi_arrow_schema *schema, const vgi_key_value *keys, size_t n)
{
    assert_int_equal(vg_writer_open(p->say, schema, NULL), VGI_OK);
    assert_int_equal(vg_writer_empty(p->say, (vgi_metadata){keys, n}, NULL), VGI_OK);
    assert_int_equal(vg_writer_close(p->say, NULL), VGI_OK);
    assert_int_equal(vg_writer_flush(p->say, NULL), VGI_OK);
}

static void say_options(pair *p, const char *word)
{
    const vgi_key_value keys[] = {{VGI_STR(VG_KEY_TRANSPORT_SHM), vgi_str(word)}};

    say(p, &NOTHING, keys, 1);
}

static void say_exception(pair *p)
{
    const vgi_key_value keys[] = {{VGI_STR(VG_KEY_LOG_LEVEL), VGI_STR("EXCEPTION")},
                                  {VGI_STR(VG_KEY_LOG_MESSAGE), VGI_STR("RuntimeError: not today")}};

    say(p, &NOTHING, keys, 2);
}

static void say_number(pair *p, int64_t number)
{
    vgi_array column;
    vgi_batch batch = one_column(&RESULT, &column, 1, &number, NULL);

    assert_int_equal(vg_writer_open(p->say, &RESULT, NULL), VGI_OK);
    assert_int_equal(vg_writer_batch(p->say, &batch, NULL), VGI_OK);
    assert_int_equal(vg_writer_close(p->say, NULL), VGI_OK);
    assert_int_equal(vg_writer_flush(p->say, NULL), VGI_OK);
}

static void say_pointer(pair *p, const vgi_arrow_schema *schema, const char *offset, const char *length)
{
    const vgi_key_value keys[] = {{VGI_STR(VG_KEY_SHM_OFFSET), vgi_str(offset)},
                                  {VGI_STR(VG_KEY_SHM_LENGTH), vgi_str(length)}};

    say(p, schema, keys, length ? 2 : 1);
}

static vgi_status ask(pair *p, int64_t *ret, vgi_error *err)
{
    const vgi_batch *answer;

    VGI_TRY(call(p, "number", NULL, &answer, err));
    if (answer->n_columns != 1)
        return VGI_END;
    *ret = vgi_i64(answer, 0)[0];
    return VGI_OK;
}

static void expect_number(pair *p, int64_t number)
{
    int64_t found = 0;

    assert_int_equal(ask(p, &found, NULL), VGI_OK);
    assert_int_equal(found, number);
}

/* A worker that shares memory, and has answered once. */
static void begin_with_liar(pair *p)
{
    begin(p, ROOM);
    say_options(p, "true");
    say_options(p, "true");
    say_number(p, 1);
    expect_number(p, 1);
    expect_shared(p, 0, 0);
    assert_true(segment() >= 0);
}

/* Puts a batch of one number at the start of the data. Returns its length. */
static size_t put_number(int64_t number, const vgi_arrow_schema *schema)
{
    vg_arena arena = {0};
    vgi_array column;
    vgi_batch batch = one_column(schema, &column, 1, &number, NULL);
    vgi_bytes bytes;

    assert_int_equal(vg_batch_encode(&arena, &batch, &bytes, NULL), VGI_OK);
    assert_int_equal(pwrite(segment(), bytes.data, bytes.size, DATA), bytes.size);
    vg_arena_done(&arena);
    return bytes.size;
}

static const char *text(char *to, uint64_t number)
{
    sprintf(to, "%" PRIu64, number);
    return to;
}

/* The pointer is refused, the connection is given up, nothing stays. */
static void expect_refusal(pair *p, const char *why)
{
    vgi_error err = {0};
    char path[256];
    int64_t number;

    (void)find_segment(path, sizeof path);
    assert_int_not_equal(ask(p, &number, &err), VGI_OK);
    if (!strstr(err.message, why))
        fail_msg("'%s' lacks '%s'", err.message, why);
    assert_false(vg_peer_is_usable(p->peer));
    assert_int_equal(segment(), -1);
    assert_int_equal(access(path, F_OK), -1);
    end(p);
}

static void pointers_that_lead_nowhere_are_refused(void **state)
{
    static const struct {
        const char *offset, *length, *why;
    } BAD[] = {
        {"65536", "4194305", "not inside"},
        {"4259840", "8", "not inside"},
        {"0", "1000", "not inside"},
        {"65528", "64", "not inside"}, /* begins in the header */
        {"65536", "18446744073709551615", "the limit is"},
        {"18446744073709551615", "8", "not inside"},
        {"65536", "18446744073709551616", "decimal"},
        {"-1", "8", "decimal"},
        {"65536x", "8", "decimal"},
        {"", "8", "decimal"},
        {"65536", NULL, "decimal"},
        {"65536", "0", "nothing is there"},
        {"65536", "8", "Arrow"}, /* zeros */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        pair p;

        begin_with_liar(&p);
        say_pointer(&p, &RESULT, BAD[i].offset, BAD[i].length);
        expect_refusal(&p, BAD[i].why);
    }
}

static void batches_that_are_not_what_was_said_are_refused(void **state)
{
    char length[24];
    pair p;

    (void)state;
    begin_with_liar(&p);
    say_pointer(&p, &RESULT, "65536", text(length, put_number(7, &RESULT) - 24)); /* its body is cut */
    expect_refusal(&p, "early");
    begin_with_liar(&p);
    say_pointer(&p, &RESULT, "65536", text(length, put_number(7, &FACTOR)));
    expect_refusal(&p, "pointer's schema");
    begin_with_liar(&p);
    say(&p, &RESULT, (vgi_key_value[]){{VGI_STR(VG_KEY_LOCATION), VGI_STR("https://example.org/")}}, 1);
    expect_refusal(&p, "external storage");
    begin(&p, 0); /* nothing was offered */
    say_pointer(&p, &RESULT, "65536", "8");
    expect_refusal(&p, "none is shared");
}

static void a_pointer_may_be_followed_twice(void **state)
{
    char length[24];
    pair p;

    (void)state;
    begin_with_liar(&p);
    (void)text(length, put_number(7, &RESULT));
    for (uint64_t i = 1; i <= 3; i++) { /* its region is in no table */
        say_pointer(&p, &RESULT, "65536", length);
        expect_number(&p, 7);
        expect_shared(&p, 0, i);
        assert_int_equal(regions(), 0);
    }
    end(&p);
}

static void a_segment_that_is_cut_is_an_error_and_no_signal(void **state)
{
    char length[24];
    pair p;

    (void)state;
    begin_with_liar(&p);
    (void)text(length, put_number(7, &RESULT));
    assert_int_equal(ftruncate(segment(), DATA + 64), 0);
    say_pointer(&p, &RESULT, "65536", length);
    expect_refusal(&p, "not inside");
    begin_with_liar(&p);
    assert_int_equal(ftruncate(segment(), 0), 0);
    say_pointer(&p, &RESULT, "65536", length);
    expect_refusal(&p, "no room");
}

/* What the client would send through it stays in the stream then. */
static void a_header_that_is_broken_is_no_error_by_itself(void **state)
{
    static const int32_t offsets[] = {0, 1 << 18};
    uint8_t *data = calloc(1, 1 << 18);
    char length[24];
    vgi_array column;
    vgi_batch params = one_column(&BYTES, &column, 1, offsets, data);
    const vgi_batch *answer;
    pair p;

    (void)state;
    begin_with_liar(&p);
    assert_int_equal(pwrite(segment(), "\xff\xff\xff\xff", 4, 16), 4);
    say_number(&p, 2);
    expect_number(&p, 2);
    assert_int_equal(pwrite(segment(), "LIES", 4, 0), 4);
    say_number(&p, 3);
    assert_int_equal(call(&p, "put", &params, &answer, NULL), VGI_OK);
    expect_shared(&p, 0, 0);
    (void)text(length, put_number(7, &RESULT));
    say_pointer(&p, &RESULT, "65536", length);
    expect_refusal(&p, "VGIS"); /* its region cannot be given back */
    free(data);
}

/* What nobody reads is given back. */
static void the_regions_of_a_stream_that_is_given_up_are_free(void **state)
{
    const vgi_key_value keys[] = {{VGI_STR(VG_KEY_SHM_OFFSET), VGI_STR("65536")},
                                  {VGI_STR(VG_KEY_SHM_LENGTH), VGI_STR("128")}};
    const vg_peer_request r = request("produce", NULL);
    char path[256];
    uint64_t offset;
    vg_shm *shm;
    pair p;

    (void)state;
    begin_with_liar(&p);
    assert_true(find_segment(path, sizeof path) >= 0);
    assert_int_equal(vg_shm_attach(vgi_str(strrchr(path, '/')), &shm, NULL), VGI_OK);
    assert_int_equal(vg_shm_reserve(shm, 128, &offset, NULL), VGI_OK);
    assert_int_equal(offset, DATA);
    assert_int_equal(vg_peer_open(p.peer, &r, false, NULL, NULL, NULL), VGI_OK);
    say(&p, &RESULT, keys, 2);
    assert_int_equal(vg_peer_close(p.peer, true, NULL), VGI_OK);
    assert_int_equal(regions(), 0);
    vg_shm_detach(shm);
    end(&p);
}

static void a_worker_that_does_not_share_is_no_error(void **state)
{
    pair p;

    (void)state;
    for (int i = 0; i < 5; i++) {
        begin(&p, ROOM);
        if (i == 0) {
            say_options(&p, "false");
        } else if (i == 1) {
            say_options(&p, "TRUE");
        } else if (i == 2) {
            say_exception(&p);
        } else { /* says yes, and does not see the segment */
            say_options(&p, "true");
            i == 3 ? say_exception(&p) : say_options(&p, "false");
        }
        say_number(&p, 5);
        expect_number(&p, 5);
        assert_null(vg_peer_remote(p.peer));
        assert_false(vg_peer_shares(p.peer, NULL, NULL));
        assert_int_equal(segment(), -1);
        end(&p);
    }
}

static void a_worker_that_leaves_meanwhile_is(void **state)
{
    vgi_error err = {0};
    int64_t number;
    pair p;

    (void)state;
    for (int i = 0; i < 2; i++) {
        begin(&p, ROOM);
        if (i == 1)
            say_options(&p, "true");
        vg_connection_abort(p.theirs);
        vgi_error_clear(&err);
        assert_int_equal(ask(&p, &number, &err), VGI_ERR_IO);
        assert_null(strstr(err.message, "failed before")); /* the cause itself */
        assert_int_equal(segment(), -1);
        end(&p);
    }
}

static void any_allocation_may_fail(void **state)
{
    int64_t n = 0;
    bool succeeded = false;

    (void)state;
    for (; !succeeded && n < 300; n++) {
        char length[24];
        int64_t number = 0;
        vgi_status status;
        pair p;

        begin(&p, ROOM);
        say_options(&p, "true");
        say_options(&p, "true");
        say_number(&p, 7);
        vg_alloc_fail_after(n);
        status = ask(&p, &number, NULL);
        vg_alloc_fail_after(-1);
        /* The answers lie there already: the one to a question that was never sent is taken for the next one's. */
        assert_true(status == VGI_OK ? number == 7 : status == VGI_ERR_MEMORY || status == VGI_END);
        if (status == VGI_OK && vg_peer_shares(p.peer, NULL, NULL)) {
            say_pointer(&p, &RESULT, "65536", text(length, put_number(8, &RESULT)));
            vg_alloc_fail_after(n / 4);
            status = ask(&p, &number, NULL);
            vg_alloc_fail_after(-1);
            assert_true(status == VGI_OK ? number == 8 : status == VGI_ERR_MEMORY);
            succeeded = status == VGI_OK;
        }
        end(&p);
        assert_int_equal(segment(), -1);
    }
    assert_true(succeeded && n > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_batches_go_through_memory),
        cmocka_unit_test(without_the_option_there_is_none),
        cmocka_unit_test(a_stream_allocates_nothing_per_batch),
        cmocka_unit_test(dictionaries_allocate_nothing_either),
        cmocka_unit_test(errors_and_cancels_leave_no_regions),
        cmocka_unit_test(pointers_that_lead_nowhere_are_refused),
        cmocka_unit_test(batches_that_are_not_what_was_said_are_refused),
        cmocka_unit_test(a_pointer_may_be_followed_twice),
        cmocka_unit_test(a_segment_that_is_cut_is_an_error_and_no_signal),
        cmocka_unit_test(a_header_that_is_broken_is_no_error_by_itself),
        cmocka_unit_test(the_regions_of_a_stream_that_is_given_up_are_free),
        cmocka_unit_test(a_worker_that_does_not_share_is_no_error),
        cmocka_unit_test(a_worker_that_leaves_meanwhile_is),
        cmocka_unit_test(any_allocation_may_fail),
    };

    signal(SIGPIPE, SIG_IGN);
    bindings = test_service_bindings(&n_bindings);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
