/* Runs a fuzz target over files and folders of files, without a fuzzer: the corpus and every past crash as a plain
 * test. replay PATH... */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../ipc/stream_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes;
    size_t size;

    if (!file) {
        perror(path);
        return -1;
    }
    bytes = read_all(file, &size);
    fclose(file);
    if (!bytes) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return -1;
    }
    (void)LLVMFuzzerTestOneInput(bytes, size);
    vg_free(bytes);
    return 1;
}

/* The number of files that were run, -1 after a failure. */
static int run(const char *path)
{
    struct stat info;
    struct dirent *entry;
    int count = 0;
    DIR *folder;

    if (stat(path, &info) == 0 && !S_ISDIR(info.st_mode))
        return run_file(path);
    folder = opendir(path);
    if (!folder) {
        perror(path);
        return -1;
    }
    while (count >= 0 && (entry = readdir(folder))) {
        char child[4096];
        int n;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        n = run(child);
        count = n < 0 ? -1 : count + n;
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;

    for (int i = 1; i < argc; i++) {
        int n = run(argv[i]);
        if (n < 0)
            return 1;
        count += n;
    }
    printf("%d files\n", count);
    return count > 0 ? 0 : 1;
}
