/* Seals and opens for tests/seal/seal_test.py, with the keys that vg_seal_keys_load finds. A line of stdin is
 *
 *   seal|open attach|transaction IDENTITY VALUE [ATTACH]
 *
 * in hex; IDENTITY is - for anonymous, or DOMAIN/PRINCIPAL. The answer is a line: the result in hex, or "error: ...".
 * */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seal/seal_testing.h"

enum { LINE_BYTES = 1 << 20 };

typedef struct words {
    char *command, *kind, *identity, *value, *attach;
} words;

/* In place: the bytes are where their digits were. */
static vgi_bytes from_hex(char *hex)
{
    uint8_t *bytes = (uint8_t *)hex;
    size_t size = hex ? strlen(hex) / 2 : 0;

    for (size_t i = 0; i < size; i++) {
        char digits[] = {hex[2 * i], hex[2 * i + 1], '\0'};

        bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return (vgi_bytes){bytes, size};
}

static vgi_caller read_identity(char *text)
{
    char *slash = strchr(text, '/');
    vgi_bytes domain, principal;

    if (!slash)
        return (vgi_caller){0};
    *slash = '\0';
    domain = from_hex(text);
    principal = from_hex(slash + 1);
    return (vgi_caller){true, {(const char *)domain.data, domain.size}, {(const char *)principal.data, principal.size}};
}

static vgi_status answer(const vg_seal_keys *keys, words w, vg_buf *ret, vgi_error *err)
{
    bool seals = strcmp(w.command, "seal") == 0;
    vgi_caller identity = read_identity(w.identity);
    vgi_bytes value = from_hex(w.value), attach = from_hex(w.attach);

    if (strcmp(w.kind, "attach") == 0)
        return seals ? seal_attach(keys, &identity, value, ret, err) : unseal_attach(keys, &identity, value, ret, err);
    return seals ? seal_transaction(keys, &identity, attach, value, ret, err)
                 : unseal_transaction(keys, &identity, attach, value, ret, err);
}

static char *next_word(char **at)
{
    char *word = strsep(at, " \n");

    return word && *word ? word : NULL;
}

int main(void)
{
    static char line[LINE_BYTES];
    vgi_error err = {0};
    vg_seal_keys keys;
    vg_buf result = {0};

    if (vg_seal_keys_load(&keys, &err) != VGI_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    while (fgets(line, sizeof line, stdin)) {
        char *at = line;
        words w = {.command = next_word(&at), .kind = next_word(&at), .identity = next_word(&at)};

        w.value = at ? strsep(&at, " \n") : NULL; /* may be empty */
        w.attach = next_word(&at);
        if (!w.identity || !w.value)
            return 2;
        vgi_error_clear(&err);
        if (answer(&keys, w, &result, &err) != VGI_OK)
            printf("error: %s", err.message);
        else
            for (size_t i = 0; i < result.size; i++)
                printf("%02x", result.data[i]);
        printf("\n");
        fflush(stdout);
    }
    vg_buf_done(&result);
    vg_seal_keys_done(&keys);
    return 0;
}
