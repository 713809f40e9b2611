/* What a launched command is called: its words, and the hash by which all launchers know it (rpc.md §10.3, 1 and 2).
 * See launch.h. */
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "base/str.h"
#include "base/text.h"
#include "transport/launch.h"

/* ---- words ------------------------------------------------------------------------------------------------------ */

/* A command being taken apart. */
typedef struct splitter {
    const char *at;
    char *out; /* where the next character of the word goes */
} splitter;

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Inside "...": a backslash stands for itself but before what it could escape. False: no closing quote. */
static bool take_double_quoted(splitter *s)
{
    for (s->at++; *s->at && *s->at != '"'; s->at++) {
        if (*s->at == '\\' && s->at[1] != '\0' && strchr("\"\\", s->at[1]))
            s->at++;
        *s->out++ = *s->at;
    }
    return *s->at++ == '"';
}

static bool take_single_quoted(splitter *s)
{
    for (s->at++; *s->at && *s->at != '\''; s->at++)
        *s->out++ = *s->at;
    return *s->at++ == '\'';
}

/* One word; false where a quote is not closed or a backslash stands at the end. */
static bool take_word(splitter *s)
{
    while (*s->at && !is_space(*s->at)) {
        if (*s->at == '"') {
            if (!take_double_quoted(s))
                return false;
        } else if (*s->at == '\'') {
            if (!take_single_quoted(s))
                return false;
        } else {
            if (*s->at == '\\' && *++s->at == '\0')
                return false;
            *s->out++ = *s->at++;
        }
    }
    *s->out++ = '\0';
    return true;
}

vgi_status vg_launch_split(vg_arena *arena, const char *command, char ***ret, size_t *ret_count, vgi_error *err)
{
    size_t size = strlen(command), count = 0;
    char **words = VG_NEW_ARRAY(arena, char *, size / 2 + 2);
    splitter s = {command, vg_arena_alloc(arena, 2 * size + 2)};

    if (!words || !s.out)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a command");
    for (;;) {
        while (is_space(*s.at))
            s.at++;
        if (*s.at == '\0')
            break;
        words[count++] = s.out;
        if (!take_word(&s))
            return vgi_error_set(err, VGI_ERR_VALUE, "the command has a quote that is not closed: %.*s",
                                 VG_FMT(vgi_str(command)));
    }
    words[count] = NULL;
    *ret = words;
    *ret_count = count;
    return VGI_OK;
}

/* ---- hash ------------------------------------------------------------------------------------------------------- */

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* {"A":"1",...} of the variables that count, sorted by name. */
static bool add_environment(vg_arena *arena, vg_text *text, char *const *environment)
{
    static const char PREFIX[] = "VGI_RPC_";
    size_t count = 0, n = 0;
    char **found;

    while (environment[count])
        count++;
    found = VG_NEW_ARRAY(arena, char *, count + 1);
    if (!found)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strncmp(environment[i], PREFIX, sizeof PREFIX - 1) == 0 && strchr(environment[i], '='))
            found[n++] = environment[i];
    qsort(found, n, sizeof *found, compare_texts);
    vg_text_puts(text, "{");
    for (size_t i = 0; i < n; i++) {
        const char *equals = strchr(found[i], '=');

        vg_text_puts(text, i > 0 ? "," : "");
        vg_text_json(text, (vgi_string){found[i], (size_t)(equals - found[i])});
        vg_text_puts(text, ":");
        vg_text_json(text, vgi_str(equals + 1));
    }
    vg_text_puts(text, "}");
    return true;
}

vgi_status vg_launch_hash(vg_arena *arena, char *const *argv, const char *cwd, char *const *environment,
                          char ret[VG_LAUNCH_HASH], vgi_error *err)
{
    vg_text text = {.arena = arena};
    char digits[VG_SHA256_HEX];
    vgi_string json;

    vg_text_puts(&text, "{\"cmd\":[");
    for (size_t i = 0; argv[i]; i++) {
        vg_text_puts(&text, i > 0 ? "," : "");
        vg_text_json(&text, vgi_str(argv[i]));
    }
    vg_text_puts(&text, "],\"cwd\":");
    vg_text_json(&text, vgi_str(cwd));
    vg_text_puts(&text, ",\"env\":");
    if (!add_environment(arena, &text, environment))
        text.failed = true;
    vg_text_puts(&text, "}");
    json = vg_text_take(&text);
    if (!json.data)
        return vgi_error_set(err, VGI_ERR_MEMORY, "no memory for a command");
    vg_sha256_hex(json.data, json.size, digits);
    memcpy(ret, digits, VG_LAUNCH_HASH - 1);
    ret[VG_LAUNCH_HASH - 1] = '\0';
    return VGI_OK;
}
