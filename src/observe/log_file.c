/* Files of records. See log_file.h. */
#include "observe/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Replaces {pid} and {server_id}; other braces stay. */
static vgi_status expand_path(const char *path, const char *server_id, const char *what, char *to, vgi_error *err)
{
    char pid[16];
    const struct {
        const char *name, *value;
    } words[] = {{"{pid}", pid}, {"{server_id}", server_id}};
    size_t size = 0;

    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    while (*path) {
        const char *piece = path;
        size_t n = 1, taken = 1;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strncmp(path, words[i].name, strlen(words[i].name)) == 0) {
                piece = words[i].value;
                n = strlen(piece);
                taken = strlen(words[i].name);
            }
        if (size + n >= VG_LOG_MAX_PATH_BYTES)
            return vgi_error_set(err, VGI_ERR_LIMIT, "the path of the %s is longer than %d bytes", what,
                                 VG_LOG_MAX_PATH_BYTES - 1);
        memcpy(to + size, piece, n);
        size += n;
        path += taken;
    }
    to[size] = '\0';
    return VGI_OK;
}

vgi_status vg_log_file_open(const char *path, const char *server_id, const char *what, int *ret_fd, vgi_error *err)
{
    char expanded[VG_LOG_MAX_PATH_BYTES], text[128];

    VGI_TRY(expand_path(path, server_id, what, expanded, err));
    *ret_fd = open(expanded, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
    if (*ret_fd < 0) {
        int code = errno;
        return vgi_error_set(err, VGI_ERR_IO, "the %s '%s' cannot be opened: %s", what, expanded,
                             strerror_r(code, text, sizeof text));
    }
    (void)fcntl(*ret_fd, F_SETFL, O_APPEND); /* from here on who writes waits */
    return VGI_OK;
}

/* O_APPEND puts one write at the end in one piece. */
bool vg_log_file_write(int fd, vgi_string record)
{
    ssize_t put;

    do
        put = write(fd, record.data, record.size);
    while (put < 0 && errno == EINTR);
    return put == (ssize_t)record.size;
}

void vg_timestamp(int64_t time_us, char ret[VG_TIMESTAMP_SIZE])
{
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    snprintf(ret, VG_TIMESTAMP_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
             utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(time_us / 1000 % 1000));
}

void vg_duration_ms(int64_t duration_us, char ret[VG_DURATION_SIZE])
{
    int64_t hundredths = duration_us > 0 ? (duration_us + 5) / 10 : 0;

    snprintf(ret, VG_DURATION_SIZE, "%" PRId64 ".%02d", hundredths / 100, (int)(hundredths % 100));
}
