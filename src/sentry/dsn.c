/* DSNs. See dsn.h. */
#include "sentry/dsn.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_word(const char *text, size_t size, const char *others)
{
    for (size_t i = 0; i < size; i++)
        if (!(text[i] >= '0' && text[i] <= '9') && !(text[i] >= 'a' && text[i] <= 'z') &&
            !(text[i] >= 'A' && text[i] <= 'Z') && (text[i] == '\0' || !strchr(others, text[i])))
            return false;
    return size > 0;
}

/* True if `text` is one, taken apart into `ret`. */
static bool parse(const char *text, vg_dsn *ret)
{
    const char *scheme = strncmp(text, "https://", 8) == 0 ? "https" : strncmp(text, "http://", 7) == 0 ? "http" : NULL;
    const char *key = scheme ? text + strlen(scheme) + 3 : text;
    const char *at = scheme ? strchr(key, '@') : NULL, *host = at ? at + 1 : NULL;
    const char *project = host ? strrchr(host, '/') : NULL, *path = project ? strchr(host, '/') : NULL;
    size_t key_size = at ? strcspn(key, ":@") : 0;

    if (!path || strlen(text) >= VG_DSN_MAX_BYTES || !is_word(key, key_size, "_-") ||
        !is_word(host, (size_t)(path - host), ".-:[]") || !is_word(project + 1, strlen(project + 1), "_-") ||
        (path < project && !is_word(path, (size_t)(project - path), "._-/~")))
        return false;
    snprintf(ret->key, sizeof ret->key, "%.*s", (int)key_size, key);
    snprintf(ret->url, sizeof ret->url, "%s://%.*s/api/%s/envelope/", scheme, (int)(project - host), host, project + 1);
    return true;
}

vgi_status vg_dsn_parse(const char *text, vg_dsn *ret, vgi_error *err)
{
    if (parse(text, ret))
        return VGI_OK;
    return vgi_error_set(err, VGI_ERR_VALUE, "SENTRY_DSN is no DSN; expected https://KEY@HOST/PROJECT");
}
