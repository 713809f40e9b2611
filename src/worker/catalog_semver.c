/* Version ranges as npm has them: a range is an "or" of sets, a set an "and" of comparators, a comparator an operator
 * and a version of which parts may be missing. Called by catalog_attach.c (vgi.md §3). */
#include "worker/catalog_semver.h"

#include <string.h>

#include "base/str.h"

enum { PARTS = 3, MAX_DIGITS = 15 };

typedef struct version {
    uint64_t part[PARTS];
    vgi_string pre; /* `rc.1` of 1.0.0-rc.1; absent: a release */
} version;

/* A version with 0 to 3 parts written; the missing ones are 0. */
typedef struct partial {
    version at;
    int n;
} partial;

typedef struct scanner {
    const char *at, *end;
} scanner;

/* ---- order ------------------------------------------------------------------------------------------------------- */

static vgi_string take_identifier(vgi_string *rest)
{
    const char *dot = memchr(rest->data, '.', rest->size);
    vgi_string one = {rest->data, dot ? (size_t)(dot - rest->data) : rest->size};

    *rest = (vgi_string){rest->data + one.size + (dot != NULL), rest->size - one.size - (dot != NULL)};
    return one;
}

static bool is_number(vgi_string text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

static int compare_text(vgi_string a, vgi_string b)
{
    int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);

    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* Numbers come before words; they have no leading zeros, so the longer one is the greater. */
static int compare_identifiers(vgi_string a, vgi_string b)
{
    bool numbers = is_number(a);

    if (numbers != is_number(b))
        return numbers ? -1 : 1;
    if (numbers && a.size != b.size)
        return a.size < b.size ? -1 : 1;
    return compare_text(a, b);
}

static int compare(const version *a, const version *b)
{
    vgi_string left = a->pre, right = b->pre;
    int order = 0;

    for (int i = 0; i < PARTS; i++)
        if (a->part[i] != b->part[i])
            return a->part[i] < b->part[i] ? -1 : 1;
    if (!left.data || !right.data)
        return (left.data == NULL) - (right.data == NULL);
    while (order == 0 && left.size > 0 && right.size > 0)
        order = compare_identifiers(take_identifier(&left), take_identifier(&right));
    return order != 0 ? order : (left.size > 0) - (right.size > 0);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

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

static bool skip_blanks(scanner *s)
{
    const char *before = s->at;

    while (!done(s) && (*s->at == ' ' || *s->at == '\t'))
        s->at++;
    return s->at > before;
}

static bool take_number(scanner *s, uint64_t *ret)
{
    const char *first = s->at;

    *ret = 0;
    while (!done(s) && *s->at >= '0' && *s->at <= '9' && s->at - first <= MAX_DIGITS)
        *ret = *ret * 10 + (uint64_t)(*s->at++ - '0');
    return s->at > first && s->at - first <= MAX_DIGITS && (*first != '0' || s->at - first == 1);
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

/* `rc.1`: words with dots between them. */
static bool take_words(scanner *s, vgi_string *ret)
{
    const char *first = s->at;

    do {
        const char *word = s->at;

        while (!done(s) && is_word(*s->at))
            s->at++;
        if (s->at == word)
            return false;
    } while (take(s, "."));
    *ret = (vgi_string){first, (size_t)(s->at - first)};
    return true;
}

static bool no_leading_zeros(vgi_string words)
{
    while (words.size > 0) {
        vgi_string one = take_identifier(&words);

        if (one.size > 1 && one.data[0] == '0' && is_number(one))
            return false;
    }
    return true;
}

/* What may follow X.Y.Z: `-rc.1`, `+build`. */
static bool take_tail(scanner *s, partial *ret)
{
    vgi_string build;

    if (take(s, "-") && !(take_words(s, &ret->at.pre) && no_leading_zeros(ret->at.pre)))
        return false;
    if (ret->n < PARTS)
        ret->at.pre = (vgi_string){0}; /* of 1.2.x-rc.1 nothing is meant by it */
    return !take(s, "+") || take_words(s, &build);
}

/* X, X.Y, X.Y.Z; a part `*` or `x` ends what is fixed. */
static bool take_partial(scanner *s, partial *ret)
{
    bool wild = false;

    *ret = (partial){.n = 0};
    while (take(s, "v") || take(s, "V") || take(s, "=") || skip_blanks(s)) {
    }
    for (int i = 0; i < PARTS; i++) {
        uint64_t number;

        if (i > 0 && !take(s, "."))
            return true;
        if (take(s, "*") || take(s, "x") || take(s, "X"))
            wild = true;
        else if (!take_number(s, &number))
            return false;
        else if (!wild) {
            ret->at.part[i] = number;
            ret->n = i + 1;
        }
    }
    return take_tail(s, ret);
}

static bool parse_version(vgi_string text, version *ret)
{
    scanner s = {text.data, text.data + text.size};
    partial p;

    if (!text.data || !take_partial(&s, &p) || p.n != PARTS || !done(&s))
        return false;
    *ret = p.at;
    return true;
}

/* ---- comparators ------------------------------------------------------------------------------------------------- */

/* Before the first version, of a release or before one, above all that start with the first `n` parts. */
static bool is_below(const version *v, const partial *p, int n)
{
    version end = {.pre = VGI_STR("0")};

    for (int i = 0; i < n; i++)
        end.part[i] = p->at.part[i] + (i == n - 1);
    return compare(v, &end) < 0;
}

/* How many leading parts `^` holds fast: up to the first that is not 0. */
static int caret_parts(const partial *p)
{
    for (int i = 0; i < p->n; i++)
        if (p->at.part[i] != 0)
            return i + 1;
    return p->n;
}

enum { OP_GE, OP_LE, OP_GT, OP_LT, OP_CARET, OP_TILDE_GT, OP_TILDE, OP_EQ, OP_NONE };

/* Longer operators first: the first that fits is taken. */
static const char *const OPERATORS[] = {[OP_GE] = ">=",   [OP_LE] = "<=",       [OP_GT] = ">",    [OP_LT] = "<",
                                        [OP_CARET] = "^", [OP_TILDE_GT] = "~>", [OP_TILDE] = "~", [OP_EQ] = "="};

static bool holds(int operator, const partial * p, const version *v)
{
    version least = p->at;
    bool from = compare(v, &p->at) >= 0;

    switch (operator) {
    case OP_GE:
        return from;
    case OP_LE:
        return p->n == 0 || (p->n < PARTS ? is_below(v, p, p->n) : compare(v, &p->at) <= 0);
    case OP_GT:
        return p->n > 0 && (p->n < PARTS ? !is_below(v, p, p->n) : compare(v, &p->at) > 0);
    case OP_LT:
        if (p->n < PARTS)
            least.pre = vgi_str("0"); /* also not what comes before the release */
        return p->n > 0 && compare(v, &least) < 0;
    case OP_CARET:
        return p->n == 0 || (from && is_below(v, p, caret_parts(p)));
    case OP_TILDE_GT:
    case OP_TILDE:
        return p->n == 0 || (from && is_below(v, p, p->n < 2 ? p->n : 2));
    default:
        return p->n == 0 || (p->n < PARTS ? from && is_below(v, p, p->n) : compare(v, &p->at) == 0);
    }
}

/* What a set of comparators has said so far of one version. */
typedef struct verdict {
    bool all;     /* they hold */
    bool may_pre; /* one of them names a version before the same release */
} verdict;

static void consider(verdict *found, int operator, const partial * p, const version *v)
{
    bool same = p->n == PARTS && p->at.pre.data && memcmp(p->at.part, v->part, sizeof v->part) == 0;

    found->all = found->all && holds(operator, p, v);
    found->may_pre = found->may_pre || same;
}

/* One comparator, or `A - B`. */
static bool take_comparator(scanner *s, const version *v, verdict *found)
{
    int operator= 0;
    partial p, to;
    scanner hyphen;

    while (operator < OP_NONE && !take(s, OPERATORS[operator]))
        operator++;
    if (!take_partial(s, &p))
        return false;
    hyphen = *s;
    if (operator== OP_NONE && skip_blanks(&hyphen) && take(&hyphen, "-") && skip_blanks(&hyphen)) {
        *s = hyphen;
        if (!take_partial(s, &to))
            return false;
        consider(found, OP_LE, &to, v);
        operator= OP_GE;
    }
    consider(found, operator, & p, v);
    return true;
}

/* Comparators with blanks or commas between them; ends at `||` or at the end. No comparator: any version. */
static bool take_all_of(scanner *s, const version *v, bool *ret)
{
    verdict found = {.all = true};

    skip_blanks(s);
    while (!done(s) && !(s->end - s->at >= 2 && memcmp(s->at, "||", 2) == 0)) {
        bool apart;

        if (!take_comparator(s, v, &found))
            return false;
        apart = skip_blanks(s);
        if (take(s, ",")) {
            skip_blanks(s);
            if (done(s))
                return false;
        } else if (!apart && !done(s) && *s->at != '|')
            return false;
    }
    *ret = found.all && (!v->pre.data || found.may_pre);
    return true;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

vgi_status vg_semver_matches(vgi_string spec, vgi_string text, bool *ret, vgi_error *err)
{
    scanner s = {spec.data, spec.data + spec.size};
    version served = {{0}, {0}};
    bool comparable = parse_version(text, &served);

    *ret = spec.size == 0 || vgi_string_equal(spec, text);
    if (*ret)
        return VGI_OK;
    do {
        bool all = false;

        if (!take_all_of(&s, &served, &all))
            return vgi_error_set(err, VGI_ERR_VALUE, "'%.*s' is not a version range; accepted forms: %s", VG_FMT(spec),
                                 VG_SEMVER_FORMS);
        *ret = *ret || (all && comparable);
    } while (take(&s, "||"));
    return VGI_OK;
}

bool vg_semver_is_version(vgi_string text)
{
    version ignored;

    return parse_version(text, &ignored);
}

int vg_semver_compare(vgi_string a, vgi_string b)
{
    version left, right;
    bool is_left = parse_version(a, &left), is_right = parse_version(b, &right);

    return is_left && is_right ? compare(&left, &right) : is_left - is_right;
}
