/* JSON read strictly: see json.h. The names of an object are compared each with each only while they are few; an object
 * of a document that libvgi reads has at most MOST_MEMBERS of them. */
#include "base/json.h"

#include <string.h>

#include "base/str.h"

enum { MOST_MEMBERS = 64 };

typedef struct reader {
    vg_arena *arena;
    const char *at;
    const char *begin, *end;
    int depth, max_depth;
    int32_t values, max_values;
    vgi_error *err;
} reader;

static vgi_status wrong(const reader *r, const char *what)
{
    return vgi_error_set(r->err, VGI_ERR_PROTOCOL, "JSON, byte %zu: %s", (size_t)(r->at - r->begin), what);
}

static vgi_status no_memory(const reader *r)
{
    return vgi_error_set(r->err, VGI_ERR_MEMORY, "out of memory for a JSON document");
}

static void skip_space(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

static bool take(reader *r, char c)
{
    skip_space(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

static int32_t take_hex4(reader *r)
{
    const int32_t value = vg_hex4(r->at, r->end);

    r->at += value < 0 ? 0 : 4;
    return value;
}

/* The character behind a backslash and a u, or a pair of such. */
static bool take_unicode(reader *r, char **out)
{
    int32_t code = take_hex4(r), low;

    if (code < 0 || (code >= 0xdc00 && code <= 0xdfff))
        return false;
    if (code >= 0xd800 && code < 0xdc00) {
        if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
            return false;
        r->at += 2;
        low = take_hex4(r);
        if (low < 0xdc00 || low > 0xdfff)
            return false;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    *out = vg_utf8_put(*out, code);
    return true;
}

static bool take_escape(reader *r, char **out)
{
    static const char NAMES[] = "\"\\/bfnrt", VALUES[] = "\"\\/\b\f\n\r\t";
    const char *name;

    if (r->at == r->end || !*r->at)
        return false;
    if (*r->at == 'u') {
        r->at++;
        return take_unicode(r, out);
    }
    name = strchr(NAMES, *r->at);
    if (!name)
        return false;
    *(*out)++ = VALUES[name - NAMES];
    r->at++;
    return true;
}

/* Behind the quote. No escape is shorter than what it stands for. */
static vgi_status take_text(reader *r, vgi_string *ret)
{
    const char *close = r->at;
    char *text, *out;

    while (close < r->end && *close != '"')
        close += *close == '\\' && r->end - close > 1 ? 2 : 1;
    if (close >= r->end)
        return wrong(r, "a text has no end");
    out = text = vg_arena_alloc(r->arena, (size_t)(close - r->at) + 1);
    if (!text)
        return no_memory(r);
    while (r->at < close) {
        if ((unsigned char)*r->at < 0x20)
            return wrong(r, "a control character in a text");
        if (*r->at != '\\') {
            *out++ = *r->at++;
            continue;
        }
        r->at++;
        if (!take_escape(r, &out) || r->at > close)
            return wrong(r, "no such escape");
    }
    r->at = close + 1;
    *ret = (vgi_string){text, (size_t)(out - text)};
    return vg_utf8_valid(ret->data, ret->size) ? VGI_OK : wrong(r, "a text is not UTF-8");
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

static bool is_digit(const reader *r)
{
    return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static void skip_digits(reader *r)
{
    while (is_digit(r))
        r->at++;
}

static vgi_status take_number(reader *r, vg_json *ret)
{
    const char *begin = r->at;

    ret->kind = VG_JSON_NUMBER;
    r->at += *r->at == '-';
    if (!is_digit(r))
        return wrong(r, "a value is missing here");
    if (*r->at == '0')
        r->at++;
    else
        skip_digits(r);
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        if (!is_digit(r))
            return wrong(r, "a digit is missing here");
        skip_digits(r);
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        r->at += r->at < r->end && (*r->at == '+' || *r->at == '-');
        if (!is_digit(r))
            return wrong(r, "a digit is missing here");
        skip_digits(r);
    }
    ret->text = (vgi_string){begin, (size_t)(r->at - begin)};
    return VGI_OK;
}

static bool take_word(reader *r, const char *word)
{
    const size_t size = strlen(word);

    if ((size_t)(r->end - r->at) < size || memcmp(r->at, word, size) != 0)
        return false;
    r->at += size;
    return true;
}

static vgi_status take_value(reader *r, vg_json *ret);

static vgi_status take_key(reader *r, const vg_json *object, vg_json *member)
{
    if (!take(r, '"'))
        return wrong(r, "a name is missing here");
    VGI_TRY(take_text(r, &member->key));
    if (object->count == MOST_MEMBERS)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "JSON: an object has more than %d members", MOST_MEMBERS);
    for (const vg_json *other = object->first; other != member; other = other->next)
        if (vgi_string_equal(other->key, member->key))
            return wrong(r, "a name stands twice in an object");
    return take(r, ':') ? VGI_OK : wrong(r, "':' is missing here");
}

/* Behind the opening bracket. */
static vgi_status take_children(reader *r, vg_json *ret, char close)
{
    vg_json **end = &ret->first;

    if (++r->depth > r->max_depth)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "JSON: nested deeper than %d", r->max_depth);
    if (!take(r, close)) {
        do {
            vg_json *child = VG_NEW(r->arena, vg_json);

            if (!child)
                return no_memory(r);
            *end = child;
            end = &child->next;
            if (ret->kind == VG_JSON_OBJECT)
                VGI_TRY(take_key(r, ret, child));
            VGI_TRY(take_value(r, child));
            ret->count++;
        } while (take(r, ','));
        if (!take(r, close))
            return wrong(r, "a comma or a closing bracket is missing here");
    }
    r->depth--;
    return VGI_OK;
}

static vgi_status take_value(reader *r, vg_json *ret)
{
    if (++r->values > r->max_values)
        return vgi_error_set(r->err, VGI_ERR_LIMIT, "JSON: more than %d values", r->max_values);
    if (take(r, '{')) {
        ret->kind = VG_JSON_OBJECT;
        return take_children(r, ret, '}');
    }
    if (take(r, '[')) {
        ret->kind = VG_JSON_ARRAY;
        return take_children(r, ret, ']');
    }
    if (take(r, '"')) {
        ret->kind = VG_JSON_TEXT;
        return take_text(r, &ret->text);
    }
    if (r->at == r->end)
        return wrong(r, "a value is missing here");
    ret->truth = take_word(r, "true");
    ret->kind = ret->truth || take_word(r, "false") ? VG_JSON_BOOL : VG_JSON_NULL;
    return ret->kind == VG_JSON_BOOL || take_word(r, "null") ? VGI_OK : take_number(r, ret);
}

vgi_status vg_json_parse(vg_arena *arena, vgi_string text, int max_depth, int32_t max_values, const vg_json **ret,
                         vgi_error *err)
{
    const char *begin = text.data ? text.data : "";
    reader r = {.arena = arena,
                .at = begin,
                .begin = begin,
                .end = begin + text.size,
                .max_depth = max_depth,
                .max_values = max_values,
                .err = err};
    vg_json *root = VG_NEW(arena, vg_json);

    if (!root)
        return no_memory(&r);
    VGI_TRY(take_value(&r, root));
    skip_space(&r);
    if (r.at != r.end)
        return wrong(&r, "something follows the document");
    *ret = root;
    return VGI_OK;
}

const vg_json *vg_json_get(const vg_json *json, const char *key)
{
    if (!json || json->kind != VG_JSON_OBJECT)
        return NULL;
    for (const vg_json *member = json->first; member; member = member->next)
        if (vg_string_is(member->key, key))
            return member;
    return NULL;
}

bool vg_json_u64(const vg_json *json, uint64_t *ret)
{
    uint64_t value = 0;

    if (!json || json->kind != VG_JSON_NUMBER)
        return false;
    for (size_t i = 0; i < json->text.size; i++) {
        const char c = json->text.data[i];

        if (c < '0' || c > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(c - '0'), &value))
            return false;
    }
    *ret = value;
    return true;
}
