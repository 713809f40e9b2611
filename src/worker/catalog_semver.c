/* Version ranges, as npm spells them and as far as ATTACH needs them: every comparator is a half-open range of X.Y.Z
 * triples, a spec is an "or" of "and"s of comparators. Called by catalog_attach.c (vgi.md §3). */
#include "worker/catalog_semver.h"

#include <string.h>

#include "base/str.h"

enum { PARTS = 3, MAX_DIGITS = 9 };

typedef struct triple {
    uint64_t part[PARTS];
} triple;

/* A version with 0 to 3 parts written; the missing ones are 0. */
typedef struct partial {
    triple at;
    int n;
} partial;

typedef struct scanner {
    const char *at, *end;
} scanner;

static bool done(const scanner *s)
{
    return s->at == s->end;
}

static bool take(scanner *s, const char *token)
{
    size_t size = strlen(token);

    if ((size_t)(s->end - s->at) < size || memcmp(s->at, token, size) != 0)
        return false;
    s->at += size;
    return true;
}

static void skip_blanks(scanner *s)
{
    while (!done(s) && (*s->at == ' ' || *s->at == '\t'))
        s->at++;
}

static int compare(triple a, triple b)
{
    for (int i = 0; i < PARTS; i++)
        if (a.part[i] != b.part[i])
            return a.part[i] < b.part[i] ? -1 : 1;
    return 0;
}

static bool take_number(scanner *s, uint64_t *ret)
{
    int digits = 0;

    *ret = 0;
    while (!done(s) && *s->at >= '0' && *s->at <= '9') {
        if (++digits > MAX_DIGITS)
            return false;
        *ret = *ret * 10 + (uint64_t)(*s->at++ - '0');
    }
    return digits > 0;
}

/* X, X.Y, X.Y.Z; a part `*` or `x` ends what is fixed. */
static bool take_partial(scanner *s, partial *ret)
{
    bool wild = false;

    *ret = (partial){.n = 0};
    if (!done(s) && (*s->at == 'v' || *s->at == 'V'))
        s->at++;
    for (int i = 0; i < PARTS; i++) {
        if (i > 0 && !take(s, "."))
            return true;
        if (take(s, "*") || take(s, "x") || take(s, "X"))
            wild = true;
        else if (wild || !take_number(s, &ret->at.part[i]))
            return false;
        else
            ret->n = i + 1;
    }
    return true;
}

/* The first triple above everything that starts with the first `n` parts of `at`. */
static triple above(triple at, int n)
{
    triple next = {{0}};

    for (int i = 0; i < n; i++)
        next.part[i] = at.part[i] + (i == n - 1);
    return next;
}

/* How many leading parts `^` holds fast: up to the first that is not 0. */
static int caret_parts(const partial *p)
{
    for (int i = 0; i < p->n; i++)
        if (p->at.part[i] != 0)
            return i + 1;
    return p->n;
}

enum { OP_GE, OP_LE, OP_GT, OP_LT, OP_CARET, OP_TILDE, OP_EQ, OP_NONE };

/* Longer operators first: the first that fits is taken. */
static const char *const OPERATORS[] = {
    [OP_GE] = ">=", [OP_LE] = "<=", [OP_GT] = ">", [OP_LT] = "<", [OP_CARET] = "^", [OP_TILDE] = "~", [OP_EQ] = "="};

static bool in_range(int operator, const partial * p, triple version)
{
    bool from = compare(version, p->at) >= 0;
    int fixed = p->n;

    switch (operator) {
    case OP_GE:
        return from;
    case OP_LT:
        return !from;
    case OP_GT:
        return p->n > 0 && compare(version, above(p->at, p->n)) >= 0;
    case OP_LE:
        return p->n == 0 || compare(version, above(p->at, p->n)) < 0;
    case OP_CARET:
        fixed = caret_parts(p);
        break;
    case OP_TILDE:
        fixed = p->n < 2 ? p->n : 2;
        break;
    default:
        break;
    }
    return p->n == 0 || (from && compare(version, above(p->at, fixed)) < 0);
}

static bool take_comparator(scanner *s, triple version, bool *ret)
{
    int operator= 0;
    partial p;

    while (operator < OP_NONE && !take(s, OPERATORS[operator]))
        operator++;
    skip_blanks(s);
    if (!take_partial(s, &p))
        return false;
    *ret = in_range(operator, & p, version);
    return true;
}

/* Comparators with blanks or commas between them; ends at `||` or at the end. */
static bool take_all_of(scanner *s, triple version, bool *ret)
{
    *ret = true;
    for (;;) {
        bool one;
        const char *before;

        skip_blanks(s);
        if (!take_comparator(s, version, &one))
            return false;
        *ret = *ret && one;
        before = s->at;
        skip_blanks(s);
        if (done(s) || (s->end - s->at >= 2 && memcmp(s->at, "||", 2) == 0))
            return true;
        if (!take(s, ",") && s->at == before)
            return false;
    }
}

static bool parse_version(vgi_string text, triple *ret)
{
    scanner s = {text.data, text.data + text.size};
    partial p;

    if (!text.data || !take_partial(&s, &p) || p.n != PARTS)
        return false;
    *ret = p.at;
    return done(&s) || *s.at == '+';
}

vgi_status vg_semver_matches(vgi_string spec, vgi_string version, bool *ret, vgi_error *err)
{
    scanner s = {spec.data, spec.data + spec.size};
    triple served = {{0}};
    bool comparable = parse_version(version, &served);

    *ret = spec.size == 0 || vgi_string_equal(spec, version);
    if (*ret)
        return VGI_OK;
    do {
        bool all = false;

        if (!take_all_of(&s, served, &all))
            return vgi_error_set(err, VGI_ERR_VALUE, "'%.*s' is not a version range; accepted forms: %s", VG_FMT(spec),
                                 VG_SEMVER_FORMS);
        *ret = *ret || (all && comparable);
    } while (take(&s, "||"));
    return VGI_OK;
}
