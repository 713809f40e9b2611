/* Reading and writing the folder of vgi-ops-worker (ops_files.h). */
#include "ops_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "rpc/call.h"

const char *file_path(vgi_call *call, vgi_string schema, vgi_string name, const char *kind)
{
    vgi_bytes folder = vgi_call_attach_opaque_data(call);
    vgi_string path = vg_arena_printf(call->arena, "%.*s%s%.*s%s%.*s%s%s", (int)folder.size, (const char *)folder.data,
                                      schema.data ? "/" : "", VG_FMT(schema), name.data ? "/" : "", VG_FMT(name),
                                      kind ? "." : "", kind ? kind : "");

    return path.data ? path.data : "";
}

vgi_status file_read(vgi_call *call, const char *path, vgi_bytes *ret)
{
    int file = open(path, O_RDONLY);
    struct stat about;
    uint8_t *data;
    bool done;

    *ret = (vgi_bytes){0};
    if (file < 0)
        return errno == ENOENT ? VGI_OK : vgi_fail(call, VGI_ERR_IO, "cannot open %s: %s", path, strerror(errno));
    data = fstat(file, &about) == 0 ? vgi_alloc(call, (size_t)about.st_size + 1) : NULL;
    done = data && read(file, data, (size_t)about.st_size) == (ssize_t)about.st_size;
    close(file);
    if (!done)
        return vgi_fail(call, VGI_ERR_IO, "cannot read %s", path);
    *ret = (vgi_bytes){data, (size_t)about.st_size};
    return VGI_OK;
}

vgi_status file_write(vgi_call *call, const char *path, vgi_bytes bytes, bool is_new)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | (is_new ? O_EXCL : 0), 0600);
    bool done;

    if (file < 0)
        return vgi_fail(call, VGI_ERR_VALUE, "cannot create %s: %s", path, strerror(errno));
    done = write(file, bytes.data, bytes.size) == (ssize_t)bytes.size;
    close(file);
    return done ? VGI_OK : vgi_fail(call, VGI_ERR_IO, "cannot write %s", path);
}

/* The entry's name without `.kind`; absent where it ends otherwise. */
static vgi_string stem(vgi_call *call, const struct dirent *entry, const char *kind)
{
    size_t size = strlen(entry->d_name), tail = *kind ? strlen(kind) + 1 : 0;

    if (entry->d_name[0] == '.' || (*kind == '\0') != (entry->d_type == DT_DIR))
        return (vgi_string){0};
    if (tail && (size <= tail || entry->d_name[size - tail] != '.' || strcmp(entry->d_name + size - tail + 1, kind)))
        return (vgi_string){0};
    return vg_arena_string(call->arena, (vgi_string){entry->d_name, size - tail});
}

vgi_status file_list(vgi_call *call, const char *folder, const char *kind, file_each *each, vgi_listing *ret)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);
    vgi_status status = VGI_OK;

    if (n < 0)
        return vgi_fail(call, VGI_ERR_NOT_FOUND, "there is no folder %s", folder);
    for (int i = 0; i < n; i++) {
        vgi_string name = stem(call, entries[i], kind);

        free(entries[i]);
        if (name.data && status == VGI_OK)
            status = each(call, name, ret);
    }
    free(entries);
    return status;
}
