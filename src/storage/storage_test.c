/* The front of durable storage: limits, ids, copies of what another kind of storage tells, and its failures. */
#include "storage/storage_testing.h"

#include <vgi/sys/storage.h>

#include "base/alloc.h"

/* A storage that holds one attachment and one transaction, and answers every id with them. */
typedef struct fake {
    int calls, freed;
    vgi_status answer;
    int tells; /* how often a get tells before it answers */
} fake;

static const uint8_t EMPTY[1];

static vgi_status attach_put(void *self, const vgi_stored_attachment *attachment, vgi_error *err)
{
    (void)attachment;
    (void)err;
    ((fake *)self)->calls++;
    return ((fake *)self)->answer;
}

static vgi_status attach_get(void *self, vgi_bytes id, vgi_storage_found_attachment found, void *context,
                             vgi_error *err)
{
    fake *f = self;

    f->calls++;
    for (int i = 0; i < f->tells; i++)
        VGI_TRY(found(context, &(vgi_stored_attachment){id, {"na\0me", 5}, {EMPTY, 0}, 7}, err));
    return f->answer;
}

static vgi_status attach_list(void *self, vgi_storage_found_attachment found, void *context, vgi_error *err)
{
    fake *f = self;

    for (int i = 0; i < f->tells; i++) {
        uint8_t id[200];

        memset(id, i, sizeof id);
        VGI_TRY(found(context, &(vgi_stored_attachment){.attach_opaque_data = {id, (size_t)i}}, err));
    }
    return f->answer;
}

static vgi_status transaction_put(void *self, const vgi_stored_transaction *transaction, vgi_error *err)
{
    (void)transaction;
    (void)err;
    ((fake *)self)->calls++;
    return ((fake *)self)->answer;
}

static vgi_status transaction_get(void *self, vgi_bytes id, vgi_storage_found_transaction found, void *context,
                                  vgi_error *err)
{
    fake *f = self;

    for (int i = 0; i < f->tells; i++)
        VGI_TRY(found(context, &(vgi_stored_transaction){id, bytes("attached"), {0}, 0}, err));
    return f->answer;
}

static vgi_status delete_any(void *self, vgi_bytes id, vgi_error *err)
{
    (void)id;
    (void)err;
    ((fake *)self)->calls++;
    return ((fake *)self)->answer;
}

static vgi_status collect(void *self, int64_t max_age_s, int64_t *ret_deleted, vgi_error *err)
{
    (void)err;
    *ret_deleted = max_age_s;
    return ((fake *)self)->answer;
}

static void free_fake(void *self)
{
    ((fake *)self)->freed++;
}

static const vgi_storage_ops OPS = {
    attach_put, attach_get, delete_any, attach_list, transaction_put, transaction_get, delete_any, collect, free_fake,
};

static void test_new(void **state)
{
    fake f = {0};
    vgi_storage *storage;
    vgi_error err = {0};

    (void)state;
    assert_int_equal(vgi_storage_new_at(VGI_API_VERSION + 1, &OPS, &f, &storage, &err), VGI_ERR_VALUE);
    assert_int_equal(f.freed, 1);
    assert_int_equal(vgi_storage_sqlite_new_at(VGI_API_VERSION + 1, NULL, &storage, NULL), VGI_ERR_VALUE);
    vg_alloc_fail_after(0);
    assert_int_equal(vgi_storage_new(&OPS, &f, &storage, NULL), VGI_ERR_MEMORY);
    vg_alloc_fail_after(-1);
    assert_int_equal(f.freed, 2);
    assert_int_equal(vgi_storage_new(&OPS, &f, &storage, NULL), VGI_OK);
    vgi_storage_free(storage);
    assert_int_equal(f.freed, 3);
    vgi_storage_free(NULL);
}

static void test_limits(void **state)
{
    static const uint8_t BYTES[VGI_STORAGE_MAX_ID];
    fake f = {0};
    vgi_storage *storage;
    vgi_error err = {0};
    vgi_stored_attachment a = {{BYTES, VGI_STORAGE_MAX_ID}, vgi_str("name"), {BYTES, VGI_STORAGE_MAX_VALUE}, 0};
    vgi_stored_transaction x = {{BYTES, 1}, {BYTES, 1}, {BYTES, VGI_STORAGE_MAX_VALUE}, 0};

    (void)state;
    assert_int_equal(vgi_storage_new(&OPS, &f, &storage, NULL), VGI_OK);
    assert_int_equal(vgi_storage_attach_put(storage, &a, NULL), VGI_OK);
    assert_int_equal(vgi_storage_transaction_put(storage, &x, NULL), VGI_OK);
    f.calls = 0;
    a.attach_opaque_data.size++;
    assert_int_equal(vgi_storage_attach_put(storage, &a, &err), VGI_ERR_LIMIT);
    assert_string_equal(err.message, "attach_opaque_data of 65537 bytes: at most 65536 can be stored");
    a.attach_opaque_data.size = 0;
    assert_int_equal(vgi_storage_attach_put(storage, &a, NULL), VGI_ERR_VALUE);
    a.attach_opaque_data.size = 1;
    a.options.size++;
    assert_int_equal(vgi_storage_attach_put(storage, &a, NULL), VGI_ERR_LIMIT);
    a.options.size--;
    a.catalog_name = (vgi_string){0};
    assert_int_equal(vgi_storage_attach_put(storage, &a, NULL), VGI_ERR_VALUE);
    x.state.size++;
    assert_int_equal(vgi_storage_transaction_put(storage, &x, NULL), VGI_ERR_LIMIT);
    x.attach_opaque_data = (vgi_bytes){0};
    assert_int_equal(vgi_storage_transaction_put(storage, &x, NULL), VGI_ERR_VALUE);
    assert_int_equal(vgi_storage_attach_delete(storage, (vgi_bytes){0}, NULL), VGI_ERR_VALUE);
    assert_int_equal(vgi_storage_transaction_delete(storage, (vgi_bytes){BYTES, VGI_STORAGE_MAX_ID + 1}, NULL),
                     VGI_ERR_LIMIT);
    assert_int_equal(vgi_storage_collect(storage, -1, &(int64_t){0}, NULL), VGI_ERR_VALUE);
    assert_int_equal(f.calls, 0); /* nobody behind the front has seen any of it */
    vgi_storage_free(storage);
}

static void test_copies(void **state)
{
    fake f = {.tells = 2}; /* the later one counts; neither leaks */
    vgi_storage *storage;
    vgi_stored_attachment *a;
    vgi_stored_transaction *x;
    vgi_bytes *ids;
    size_t n;

    (void)state;
    assert_int_equal(vgi_storage_new(&OPS, &f, &storage, NULL), VGI_OK);
    assert_int_equal(vgi_storage_attach_get(storage, bytes("id"), &a, NULL), VGI_OK);
    assert_int_equal(a->catalog_name.size, 5);
    assert_memory_equal(a->catalog_name.data, "na\0me", 5);
    assert_true(a->options.data && a->options.size == 0); /* empty is not absent */
    assert_int_equal(a->owner_pid, 7);
    vgi_storage_release(a);
    assert_int_equal(vgi_storage_transaction_get(storage, bytes("id"), &x, NULL), VGI_OK);
    assert_memory_equal(x->attach_opaque_data.data, "attached", 8);
    assert_null(x->state.data);
    vgi_storage_release(x);

    f.tells = 200;
    assert_int_equal(vgi_storage_attach_list(storage, &ids, &n, NULL), VGI_OK);
    assert_int_equal(n, 200);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(ids[i].size, i);
        assert_true(i == 0 || (ids[i].data[0] == i && ids[i].data[i - 1] == i));
    }
    vgi_storage_release(ids);
    f.tells = 0;
    assert_int_equal(vgi_storage_attach_list(storage, &ids, &n, NULL), VGI_OK);
    assert_int_equal(n, 0);
    vgi_storage_release(ids);
    vgi_storage_free(storage);
}

static void test_failures(void **state)
{
    fake f = {.tells = 1, .answer = VGI_ERR_IO};
    vgi_storage *storage;
    vgi_stored_attachment *a;
    vgi_stored_transaction *x;
    vgi_bytes *ids;
    size_t n;

    (void)state;
    assert_int_equal(vgi_storage_new(&OPS, &f, &storage, NULL), VGI_OK);
    assert_int_equal(vgi_storage_attach_get(storage, bytes("id"), &a, NULL), VGI_ERR_IO);
    assert_null(a);
    assert_int_equal(vgi_storage_transaction_get(storage, bytes("id"), &x, NULL), VGI_ERR_IO);
    assert_null(x);
    assert_int_equal(vgi_storage_attach_list(storage, &ids, &n, NULL), VGI_ERR_IO);
    assert_null(ids);
    f = (fake){.tells = 100};
    for (int64_t i = 0; i < 2; i++) {
        vg_alloc_fail_after(i);
        assert_int_equal(vgi_storage_attach_list(storage, &ids, &n, NULL), VGI_ERR_MEMORY);
        f.tells = 2;
        vg_alloc_fail_after(i);
        assert_int_equal(vgi_storage_attach_get(storage, bytes("id"), &a, NULL), VGI_ERR_MEMORY);
        assert_null(a);
        vg_alloc_fail_after(i);
        assert_int_equal(vgi_storage_transaction_get(storage, bytes("id"), &x, NULL), VGI_ERR_MEMORY);
        assert_null(x);
        f.tells = 100;
    }
    vg_alloc_fail_after(-1);
    vgi_storage_free(storage);
}

static void test_ids(void **state)
{
    uint8_t a[VGI_STORAGE_ID_SIZE], b[VGI_STORAGE_ID_SIZE];

    (void)state;
    assert_int_equal(vgi_storage_generate_id(a, NULL), VGI_OK);
    assert_int_equal(vgi_storage_generate_id(b, NULL), VGI_OK);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new),      cmocka_unit_test(test_limits), cmocka_unit_test(test_copies),
        cmocka_unit_test(test_failures), cmocka_unit_test(test_ids),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
