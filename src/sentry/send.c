/* Envelopes on their way. See send.h. */
#include "sentry/send.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sentry/backoff.h"

#define CLIENT "libvgi/0.1"
enum { MAX_ANSWER_BYTES = 64 << 10, LONGEST_POLL_MS = 1000 };

struct vg_sender {
    vg_dsn dsn;
    CURLM *multi; /* made with the sender, so that who hurries finds it */
    CURL *easy;
    struct curl_slist *headers;
    int64_t limited_until_ms;
    _Atomic int64_t deadline_ms; /* INT64_MAX: none */
    /* Of the answer in progress. */
    vg_backoff backoff;
    int64_t now_s;
    size_t answer_bytes;
};

vgi_status vg_sender_new(const vg_dsn *dsn, vg_sender **ret, vgi_error *err)
{
    vg_sender *sender = vg_malloc(sizeof *sender);

    *ret = NULL;
    if (!sender)
        return vgi_error_set(err, VGI_ERR_MEMORY, "out of memory");
    *sender = (vg_sender){.dsn = *dsn};
    atomic_init(&sender->deadline_ms, INT64_MAX);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) /* counted; never undone: the program may use it, too */
        sender->multi = curl_multi_init();
    if (!sender->multi) {
        vg_free(sender);
        return vgi_error_set(err, VGI_ERR_MEMORY, "libcurl cannot begin");
    }
    *ret = sender;
    return VGI_OK;
}

void vg_sender_free(vg_sender *sender)
{
    curl_easy_cleanup(sender->easy);
    curl_multi_cleanup(sender->multi);
    curl_slist_free_all(sender->headers);
    vg_free(sender);
}

/* ---- the request ------------------------------------------------------------------------------------------------- */

static size_t take_header(char *line, size_t one, size_t size, void *user)
{
    vg_sender *sender = user;

    (void)one;
    vg_backoff_header(&sender->backoff, (vgi_string){line, size}, sender->now_s);
    return size;
}

/* What the server has to say is not read; too much of it ends the call. */
static size_t take_answer(char *bytes, size_t one, size_t size, void *user)
{
    vg_sender *sender = user;

    (void)bytes;
    (void)one;
    sender->answer_bytes += size;
    return sender->answer_bytes > MAX_ANSWER_BYTES ? 0 : size;
}

static bool add_header(vg_sender *sender, const char *line)
{
    struct curl_slist *more = curl_slist_append(sender->headers, line);

    if (more)
        sender->headers = more;
    return more;
}

static bool prepare(vg_sender *sender)
{
    char auth[VG_DSN_MAX_BYTES + 128];
    CURL *easy;

    if (sender->easy)
        return true;
    snprintf(auth, sizeof auth, "X-Sentry-Auth: Sentry sentry_version=7, sentry_client=" CLIENT ", sentry_key=%s",
             sender->dsn.key);
    if (!sender->headers && !(add_header(sender, "Content-Type: application/x-sentry-envelope") &&
                              add_header(sender, auth) && add_header(sender, "Expect:")))
        return false;
    easy = curl_easy_init();
    if (!easy)
        return false;
    curl_easy_setopt(easy, CURLOPT_URL, sender->dsn.url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, sender->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, CLIENT);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a name that is still looked up is not waited for */
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, sender);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, sender);
    sender->easy = easy;
    return true;
}

/* ---- on its way -------------------------------------------------------------------------------------------------- */

static int64_t left_ms(const vg_sender *sender, int64_t until_ms)
{
    int64_t deadline_ms = atomic_load(&sender->deadline_ms);

    return (deadline_ms < until_ms ? deadline_ms : until_ms) - vg_monotonic_ms();
}

/* Until it is answered or time is up. The HTTP status; 0: no answer. */
static long transfer(vg_sender *sender)
{
    const int64_t until_ms = vg_monotonic_ms() + VG_SEND_TIMEOUT_MS;
    int running = 1, n_messages;
    long http_status = 0;
    CURLMsg *message;

    if (left_ms(sender, until_ms) <= 0 || curl_multi_add_handle(sender->multi, sender->easy) != CURLM_OK)
        return 0;
    while (curl_multi_perform(sender->multi, &running) == CURLM_OK && running) {
        int64_t wait_ms = left_ms(sender, until_ms);

        if (wait_ms <= 0)
            break;
        (void)curl_multi_poll(sender->multi, NULL, 0, (int)(wait_ms < LONGEST_POLL_MS ? wait_ms : LONGEST_POLL_MS),
                              NULL);
    }
    message = curl_multi_info_read(sender->multi, &n_messages);
    if (message && message->msg == CURLMSG_DONE && message->data.result == CURLE_OK)
        curl_easy_getinfo(sender->easy, CURLINFO_RESPONSE_CODE, &http_status);
    curl_multi_remove_handle(sender->multi, sender->easy);
    return http_status;
}

vg_sent vg_sender_send(vg_sender *sender, vgi_string envelope, int64_t now_s)
{
    int64_t limit_s;
    long http_status;

    if (vg_sender_is_limited(sender))
        return VG_SENT_LIMITED;
    if (!prepare(sender))
        return VG_SENT_UNREACHABLE;
    sender->backoff = (vg_backoff){0};
    sender->now_s = now_s;
    sender->answer_bytes = 0;
    curl_easy_setopt(sender->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)envelope.size);
    curl_easy_setopt(sender->easy, CURLOPT_POSTFIELDS, envelope.data);
    http_status = transfer(sender);
    limit_s = vg_backoff_seconds(&sender->backoff, http_status);
    if (limit_s > 0)
        sender->limited_until_ms = vg_monotonic_ms() + limit_s * 1000;
    if (http_status >= 200 && http_status < 300)
        return VG_SENT;
    if (http_status == 429)
        return VG_SENT_LIMITED;
    return http_status > 0 ? VG_SENT_REFUSED : VG_SENT_UNREACHABLE;
}

bool vg_sender_is_limited(const vg_sender *sender)
{
    return vg_monotonic_ms() < sender->limited_until_ms;
}

void vg_sender_hurry(vg_sender *sender, int64_t left)
{
    atomic_store(&sender->deadline_ms, vg_monotonic_ms() + left);
    (void)curl_multi_wakeup(sender->multi);
}
