/* Logs and exceptions of a server: see said.h. The JSON of log_extra is read as far as it goes: a peer that writes it
 * badly has still said its sentence (rpc.md §6.3). */
#include "rpc/said.h"

#include <string.h>

#include "base/str.h"
#include "rpc/keys.h"

enum { MAX_DEPTH = 64 };

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

typedef struct cursor {
    const char *at;
    const char *end;
} cursor;

static void skip_space(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
        c->at++;
}

static bool take(cursor *c, char wanted)
{
    skip_space(c);
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

/* Moves behind a string whose quote has been taken; *ret is what stands between the quotes, with its escapes. */
static bool take_raw_string(cursor *c, vgi_string *ret)
{
    const char *start = c->at;

    while (c->at < c->end && *c->at != '"')
        c->at += *c->at == '\\' && c->end - c->at > 1 ? 2 : 1;
    if (c->at >= c->end)
        return false;
    *ret = (vgi_string){start, (size_t)(c->at - start)};
    c->at++;
    return true;
}

/* Moves behind any value: a string, or everything up to the comma or bracket that ends it. */
static bool skip_value(cursor *c)
{
    vgi_string ignored;
    int depth = 0;

    for (skip_space(c); c->at < c->end; skip_space(c)) {
        char here = *c->at;

        if (depth == 0 && (here == ',' || here == '}' || here == ']'))
            return true;
        c->at++;
        if (here == '"' && !take_raw_string(c, &ignored))
            return false;
        if (here == '{' || here == '[')
            depth++;
        if (here == '}' || here == ']')
            depth--;
        if (depth > MAX_DEPTH)
            return false;
    }
    return depth == 0;
}

/* The character of \uXXXX or of a pair of them at `at` (behind the u); moves *at. Half a pair is U+FFFD. */
static char *put_escaped(char *out, const char **at, const char *end)
{
    int32_t code = vg_hex4(*at, end), low;

    if (code < 0)
        return vg_utf8_put(out, 0xfffd);
    *at += 4;
    if (code < 0xd800 || code > 0xdfff)
        return vg_utf8_put(out, code);
    low = code < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u' ? vg_hex4(*at + 2, end) : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return vg_utf8_put(out, 0xfffd);
    *at += 6;
    return vg_utf8_put(out, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
}

/* Escapes take at least as many bytes as what they stand for (half a pair: 6 for 3; \u alone: 2 for 3, so one is added
 * a backslash). */
static vgi_string unescape(vg_arena *arena, vgi_string raw)
{
    static const char NAMES[] = "bfnrt", VALUES[] = "\b\f\n\r\t";
    const char *at = raw.data, *end = raw.data + raw.size;
    char *out = vg_arena_alloc(arena, raw.size * 2 + 1), *start = out;

    if (!out)
        return (vgi_string){0};
    while (at < end) {
        const char *name;

        if (*at != '\\' || end - at < 2) {
            *out++ = *at++;
            continue;
        }
        at++;
        name = strchr(NAMES, *at);
        if (*at == 'u') {
            at++;
            out = put_escaped(out, &at, end);
            continue;
        }
        *out++ = name && *at ? VALUES[name - NAMES] : *at;
        at++;
    }
    return (vgi_string){start, (size_t)(out - start)};
}

vgi_string vg_json_member(vg_arena *arena, vgi_string json, const char *key)
{
    const char *start = json.data ? json.data : "";
    cursor c = {start, start + json.size};
    vgi_string name, value;

    if (!take(&c, '{'))
        return (vgi_string){0};
    do {
        if (!take(&c, '"') || !take_raw_string(&c, &name) || !take(&c, ':'))
            return (vgi_string){0};
        if (vg_string_is(name, key)) {
            if (!take(&c, '"') || !take_raw_string(&c, &value))
                return (vgi_string){0};
            return unescape(arena, value);
        }
        if (!skip_value(&c))
            return (vgi_string){0};
    } while (take(&c, ','));
    return (vgi_string){0};
}

/* ---- batches ---------------------------------------------------------------------------------------------------- */

vg_batch_kind vg_batch_classify(const vgi_batch *batch)
{
    vgi_string level;

    if (batch->rows > 0 || batch->metadata.count == 0)
        return VG_BATCH_DATA;
    level = vgi_metadata_get(batch->metadata, VG_KEY_LOG_LEVEL);
    if (level.data && vgi_metadata_get(batch->metadata, VG_KEY_LOG_MESSAGE).data)
        return vg_string_is(level, "EXCEPTION") ? VG_BATCH_EXCEPTION : VG_BATCH_LOG;
    if (!level.data && (vgi_metadata_get(batch->metadata, VG_KEY_LOCATION).data ||
                        vgi_metadata_get(batch->metadata, VG_KEY_SHM_OFFSET).data))
        return VG_BATCH_POINTER;
    return VG_BATCH_DATA;
}

static vgi_string copy(vg_arena *arena, vgi_metadata metadata, const char *key)
{
    vgi_string value = vgi_metadata_get(metadata, key);

    return value.data ? vg_arena_string(arena, value) : value;
}

/* "ValueError: too large" -> "too large". */
static vgi_string without_type(vgi_string full, vgi_string type)
{
    if (type.data && full.size >= type.size + 2 && memcmp(full.data, type.data, type.size) == 0 &&
        memcmp(full.data + type.size, ": ", 2) == 0)
        return (vgi_string){full.data + type.size + 2, full.size - type.size - 2};
    return full;
}

void vg_said_read(vg_arena *arena, vgi_metadata metadata, vg_said *ret)
{
    *ret = (vg_said){
        .level = copy(arena, metadata, VG_KEY_LOG_LEVEL),
        .full = copy(arena, metadata, VG_KEY_LOG_MESSAGE),
        .extra = copy(arena, metadata, VG_KEY_LOG_EXTRA),
        .kind = copy(arena, metadata, VG_KEY_ERROR_KIND),
        .code = copy(arena, metadata, VG_KEY_ERROR_CODE),
        .details = copy(arena, metadata, VG_KEY_ERROR_DETAILS),
        .server_id = copy(arena, metadata, VG_KEY_SERVER_ID),
        .request_id = copy(arena, metadata, VG_KEY_REQUEST_ID),
    };
    if (!ret->full.data)
        ret->full = (vgi_string)VGI_STR("");
    ret->message = ret->full;
    if (!vg_string_is(ret->level, "EXCEPTION"))
        return;
    ret->type = vg_json_member(arena, ret->extra, "exception_type");
    if (!ret->type.data || ret->type.size == 0)
        ret->type = (vgi_string)VGI_STR("EXCEPTION");
    ret->message = without_type(ret->full, ret->type);
    ret->traceback = vg_json_member(arena, ret->extra, "traceback");
    if (!ret->kind.data)
        ret->kind = vg_json_member(arena, ret->extra, "error_kind");
    if (!ret->code.data)
        ret->code = vg_json_member(arena, ret->extra, "error_code");
}

/* Exception types beside those of vgi_status_exception. */
static const struct {
    const char *exception;
    vgi_status status;
} OTHERS[] = {
    {"MethodNotImplementedError", VGI_ERR_NOT_IMPLEMENTED},
    {"IndexError", VGI_ERR_NOT_FOUND},
    {"SchemaValidationError", VGI_ERR_TYPE},
};

static vgi_status status_of(vgi_string exception)
{
    for (int status = VGI_ERR_VALUE; status <= VGI_ERR_RUNTIME; status++)
        if (status != VGI_ERR_IO && status != VGI_ERR_PROTOCOL && /* those are ours alone */
            vg_string_is(exception, vgi_status_exception((vgi_status)status)))
            return (vgi_status)status;
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++)
        if (vg_string_is(exception, OTHERS[i].exception))
            return OTHERS[i].status;
    return VGI_ERR_RUNTIME;
}

vgi_status vg_said_error(const vg_said *said, vgi_error *err)
{
    static const char NO_REASON[] = "the worker gave no reason";
    vgi_status status = status_of(said->type);
    bool is_first = err && err->status == VGI_OK;
    size_t size;

    (void)vgi_error_set(err, status, "%.*s", (int)(said->message.size < 4096 ? said->message.size : 4096),
                        said->message.data);
    if (!is_first)
        return status;
    if (err->message[0] == '\0') /* or all of it stands behind a NUL */
        memcpy(err->message, NO_REASON, sizeof NO_REASON);
    vg_text_tame(err->message); /* programs print it; vg_said has it as it came */
    size = vg_utf8_cut(said->type.data,
                       said->type.size < sizeof err->exception ? said->type.size : sizeof err->exception - 1);
    memcpy(err->exception, said->type.data, size);
    err->exception[size] = '\0';
    vg_text_tame(err->exception);
    return status;
}
