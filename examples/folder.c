/* A read-only catalog over live data: every folder in a folder is a table of its files, whatever is there just now. One
 * table function scans them all. (An option of ATTACH cannot be called path: the engine takes that for LOCATION.)
 *
 *   ATTACH 'folder' AS usr (TYPE vgi, LOCATION 'build/release/bin/folder', root '/usr');
 *   SHOW ALL TABLES; SELECT name, size FROM usr.main.bin WHERE name = 'env'; DROP TABLE usr.main.bin; */
#include <dirent.h>
#include <sys/stat.h>
#include <vgi/vgi.h>

/* Text of the wire does not end with NUL; what vgi_call_text makes does. */
static vgi_status open_folder(vgi_call *call, vgi_string path, DIR **ret)
{
    const char *name = vgi_call_text(call, "%.*s", (int)path.size, path.data).data;

    *ret = opendir(name ? name : "");
    return *ret ? VGI_OK : vgi_fail(call, VGI_ERR_IO, "cannot read the folder %s", name ? name : "");
}

static vgi_status files_open(vgi_call *call)
{
    vgi_string path;

    VGI_TRY(vgi_arg_text(call, "path", &path));
    return open_folder(call, path, vgi_local(call));
}

static vgi_status files_next(vgi_call *call, vgi_batch *out)
{
    DIR **folder = vgi_local(call); /* an open folder cannot travel to another process */
    const struct dirent *entry;
    struct stat about;

    while (vgi_column_length(vgi_out_column(out, 0)) < out->capacity) {
        if (!(entry = readdir(*folder)))
            return VGI_END;
        if (fstatat(dirfd(*folder), entry->d_name, &about, 0) < 0 || !S_ISREG(about.st_mode))
            continue;
        vgi_append_string(vgi_out_column(out, 0), entry->d_name);
        vgi_append_i64(vgi_out_column(out, 1), about.st_size);
    }
    return VGI_OK;
}

static void files_close(vgi_call *call)
{
    DIR **folder = vgi_local(call);

    if (*folder)
        closedir(*folder);
}

static const vgi_table_function FILES = {
    .signature = "files(path VARCHAR) -> TABLE(name VARCHAR, size BIGINT)",
    .local_size = sizeof(DIR *),
    .open = files_open,
    .next = files_next,
    .close = files_close,
};

/* Every later call of this attachment, in whatever process, is given these bytes again. */
static vgi_status attach(vgi_call *call, const vgi_catalog_attach_request *asked, vgi_catalog_attach_result *ret)
{
    vgi_string path;
    DIR *folder;

    (void)asked;
    VGI_TRY(vgi_arg_text(call, "root", &path));
    VGI_TRY(open_folder(call, path, &folder)); /* says now what is wrong with it */
    closedir(folder);
    ret->attach_opaque_data = (vgi_bytes){(const uint8_t *)path.data, path.size};
    return VGI_OK;
}

/* table_get is answered from this, too. */
static vgi_status tables(vgi_call *call, const vgi_catalog_schema_contents_tables_params *asked, vgi_listing *ret)
{
    vgi_bytes path = asked->attach_opaque_data;
    const struct dirent *entry;
    vgi_status status = VGI_OK;
    DIR *folder;

    VGI_TRY(open_folder(call, (vgi_string){(const char *)path.data, path.size}, &folder));
    while (status == VGI_OK && (entry = readdir(folder))) {
        vgi_table_info *info;

        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        info = vgi_add_table(ret);
        info->name = vgi_call_text(call, "%s", entry->d_name); /* d_name does not outlive the loop */
        status = vgi_call_columns(call, "name VARCHAR, size BIGINT", &info->columns);
    }
    closedir(folder);
    return status;
}

static vgi_status scan_of(vgi_call *call, const vgi_catalog_table_scan_function_get_params *asked,
                          vgi_scan_function_result *ret)
{
    vgi_bytes path = asked->attach_opaque_data;
    vgi_string full = vgi_call_text(call, "%.*s/%.*s", (int)path.size, (const char *)path.data, (int)asked->name.size,
                                    asked->name.data);

    return vgi_scan_call(call, ret, "main", "files(%s)", vgi_sql_text(call, full));
}

static const vgi_catalog_ops OPS = {
    .is_read_only = true, .attach = attach, .schema_contents_tables = tables, .table_scan_function_get = scan_of};
static const vgi_schema MAIN = {.name = "main", .table_functions = VGI_TABLE_FUNCTIONS(&FILES)};
static const vgi_catalog FOLDER = {
    .name = "folder",
    .schemas = VGI_SCHEMAS(&MAIN),
    .attach_options = VGI_ATTACH_OPTIONS({.name = "root", .type = "VARCHAR", .is_required = true}),
    .ops = &OPS,
};

int main(int argc, char **argv)
{
    return vgi_worker_main(&FOLDER, argc, argv);
}
