/* Rate limits. See backoff.h.
 *
 *   X-Sentry-Rate-Limits: 60:error;transaction:organization:quota, 2700:session:key
 *   Retry-After: 60      or a date */
#include "sentry/backoff.h"

#include <string.h>
#include <strings.h>

#include <curl/curl.h>

enum { MAX_HEADER_BYTES = 4096 };

static int64_t bounded(int64_t seconds)
{
    return seconds < 0 ? 0 : seconds > VG_BACKOFF_MAX_S ? VG_BACKOFF_MAX_S : seconds;
}

/* The whole number of seconds at the start, rounded up. False: there is none. */
static bool read_seconds(const char **text, int64_t *ret)
{
    const char *at = *text;
    bool is_more = false;

    *ret = 0;
    while (*at >= '0' && *at <= '9')
        *ret = bounded(*ret * 10 + (*at++ - '0'));
    if (at == *text)
        return false;
    if (*at == '.')
        for (++at; *at >= '0' && *at <= '9'; ++at)
            is_more = is_more || *at != '0';
    *ret = bounded(*ret + is_more);
    *text = at;
    return true;
}

/* The categories, up to a colon, a comma or the end: none means all. */
static bool is_for_errors(const char *at)
{
    size_t size = strcspn(at, ":,");

    if (size == 0)
        return true;
    for (const char *end = at + size; at < end;) {
        size_t n = strcspn(at, ";:,");
        if (n == 5 && strncmp(at, "error", 5) == 0)
            return true;
        at += n + 1;
    }
    return false;
}

static void read_limits(vg_backoff *backoff, const char *at)
{
    backoff->is_told = true;
    while (*at) {
        int64_t seconds;

        at += strspn(at, " \t,");
        if (read_seconds(&at, &seconds) && (*at != ':' || is_for_errors(at + 1)) && seconds > backoff->limit_s)
            backoff->limit_s = seconds;
        at += strcspn(at, ",");
    }
}

static void read_retry(vg_backoff *backoff, const char *at, int64_t now_s)
{
    const char *start = at;
    time_t date;

    if (read_seconds(&at, &backoff->retry_s))
        return;
    date = curl_getdate(start, NULL);
    backoff->retry_s = date >= 0 ? bounded((int64_t)date - now_s) : 0;
}

void vg_backoff_header(vg_backoff *backoff, vgi_string line, int64_t now_s)
{
    static const char LIMITS[] = "x-sentry-rate-limits:", RETRY[] = "retry-after:";
    char text[MAX_HEADER_BYTES];
    size_t size = line.size < sizeof text - 1 ? line.size : sizeof text - 1;

    memcpy(text, line.data, size);
    text[size] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    if (strncasecmp(text, LIMITS, sizeof LIMITS - 1) == 0)
        read_limits(backoff, text + sizeof LIMITS - 1);
    else if (strncasecmp(text, RETRY, sizeof RETRY - 1) == 0)
        read_retry(backoff, text + sizeof RETRY - 1 + strspn(text + sizeof RETRY - 1, " \t"), now_s);
}

int64_t vg_backoff_seconds(const vg_backoff *backoff, long http_status)
{
    if (backoff->is_told)
        return backoff->limit_s;
    if (http_status == 429)
        return backoff->retry_s > 0 ? backoff->retry_s : VG_BACKOFF_DEFAULT_S;
    return 0;
}
