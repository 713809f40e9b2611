/* A storage in one word, for tests: storage_tool PATH put ID | get ID | list. PATH - is the default one. */
#include <stdio.h>
#include <string.h>

#include <vgi/storage.h>

static vgi_status put(vgi_storage *storage, vgi_bytes id, vgi_error *err)
{
    vgi_stored_attachment attachment = {.attach_opaque_data = id, .catalog_name = vgi_str("shop"), .options = id};

    return vgi_storage_attach_put(storage, &attachment, err);
}

static vgi_status get(vgi_storage *storage, vgi_bytes id, vgi_error *err)
{
    vgi_stored_attachment *found;

    VGI_TRY(vgi_storage_attach_get(storage, id, &found, err));
    printf("%.*s\n", (int)found->options.size, (const char *)found->options.data);
    vgi_storage_release(found);
    return VGI_OK;
}

static vgi_status list(vgi_storage *storage, vgi_error *err)
{
    vgi_bytes *ids;
    size_t count;

    VGI_TRY(vgi_storage_attach_list(storage, &ids, &count, err));
    for (size_t i = 0; i < count; i++)
        printf("%.*s\n", (int)ids[i].size, (const char *)ids[i].data);
    vgi_storage_release(ids);
    return VGI_OK;
}

int main(int argc, char **argv)
{
    vgi_storage_options options = {.path = argc > 1 && strcmp(argv[1], "-") != 0 ? argv[1] : NULL};
    const char *command = argc > 2 ? argv[2] : "";
    vgi_bytes id = argc > 3 ? (vgi_bytes){(const uint8_t *)argv[3], strlen(argv[3])} : (vgi_bytes){0};
    vgi_storage *storage;
    vgi_error err = {0};
    vgi_status status = vgi_storage_sqlite_new(&options, &storage, &err);

    if (status == VGI_OK)
        status = strcmp(command, "put") == 0   ? put(storage, id, &err)
                 : strcmp(command, "get") == 0 ? get(storage, id, &err)
                                               : list(storage, &err);
    vgi_storage_free(storage);
    if (status != VGI_OK)
        fprintf(stderr, "%s\n", status == VGI_END ? "nothing" : err.message);
    return status == VGI_OK ? 0 : 1;
}
