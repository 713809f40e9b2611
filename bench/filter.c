/* What a filter costs that libvgi evaluates, with nothing around it: predicates over one batch of 8,192 rows, again and
 * again. bench/filter.py runs it, beside pyarrow's kernels on the same rows.
 *
 *   vgi-bench-filter
 *
 * Reads commands from stdin, one a line: `CASE N`, a name of CASES and how often. Answers with the seconds that it took
 * and the rows that are left. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <vgi/vgi.h>

enum { ROWS = 8192, SET = 16 };

#define FIELD(symbol, text, id) static const vgi_field symbol = {.name = VGI_STR(text), .nullable = true, .type = id}
FIELD(N, "n", VGI_TYPE_INT64);
FIELD(R, "r", VGI_TYPE_FLOAT64);
FIELD(S, "s", VGI_TYPE_UTF8);
static const vgi_field *const FIELDS[] = {&N, &R, &S};
static const vgi_arrow_schema COLUMNS = {.n_fields = 3, .fields = FIELDS};

typedef struct rows {
    int64_t n[ROWS];
    double r[ROWS];
    int32_t offsets[ROWS + 1];
    char text[ROWS * 8];
    vgi_array columns[3];
    vgi_batch batch;
} rows;

static void give_up(const char *what)
{
    fprintf(stderr, "vgi-bench-filter: %s\n", what);
    exit(1);
}

static void make_rows(rows *to)
{
    for (int i = 0; i < ROWS; i++) {
        char word[16];
        const int size = snprintf(word, sizeof word, "word %d", (int)(i * INT64_C(7919) % ROWS % 100));

        to->n[i] = i * INT64_C(7919) % ROWS;
        to->r[i] = (double)to->n[i] / ROWS;
        memcpy(to->text + to->offsets[i], word, (size_t)size);
        to->offsets[i + 1] = to->offsets[i] + size;
    }
    to->columns[0] = (vgi_array){.field = &N, .length = ROWS, .buffers = {to->n, NULL}};
    to->columns[1] = (vgi_array){.field = &R, .length = ROWS, .buffers = {to->r, NULL}};
    to->columns[2] = (vgi_array){.field = &S, .length = ROWS, .buffers = {to->offsets, to->text}};
    to->batch = (vgi_batch){.schema = &COLUMNS, .rows = ROWS, .n_columns = 3, .columns = to->columns};
}

/* ---- predicates -------------------------------------------------------------------------------------------------- */

static const vgi_expr *number(vgi_filter *f, int64_t value)
{
    const vgi_array array = {.field = &N, .length = 1, .buffers = {&value, NULL}};

    return vgi_expr_literal(f, &array, 0);
}

static const vgi_expr *word(vgi_filter *f, const char *value)
{
    const int32_t offsets[] = {0, (int32_t)strlen(value)};
    const vgi_array array = {.field = &S, .length = 1, .buffers = {offsets, value}};

    return vgi_expr_literal(f, &array, 0);
}

static const vgi_expr *less(vgi_filter *f)
{
    return vgi_expr_test(f, VGI_LT, vgi_expr_column(f, 0), number(f, 4096));
}

static const vgi_expr *between(vgi_filter *f)
{
    const vgi_expr *n = vgi_expr_column(f, 0);
    const vgi_expr *both[] = {vgi_expr_test(f, VGI_GE, n, number(f, 100)), vgi_expr_test(f, VGI_LE, n, number(f, 200))};

    return vgi_expr_join(f, VGI_EXPR_AND, both, 2);
}

static const vgi_expr *real(vgi_filter *f)
{
    const double half = 0.5;
    const vgi_array array = {.field = &R, .length = 1, .buffers = {&half, NULL}};

    return vgi_expr_test(f, VGI_GT, vgi_expr_column(f, 1), vgi_expr_literal(f, &array, 0));
}

static const vgi_expr *text(vgi_filter *f)
{
    return vgi_expr_test(f, VGI_EQ, vgi_expr_column(f, 2), word(f, "word 42"));
}

static const vgi_expr *prefix(vgi_filter *f)
{
    return vgi_expr_test(f, VGI_STARTS_WITH, vgi_expr_column(f, 2), word(f, "word 4"));
}

static const vgi_expr *set(vgi_filter *f)
{
    int64_t values[SET];
    const vgi_array array = {.field = &N, .length = SET, .buffers = {values, NULL}}, *const sets[] = {&array};

    for (int i = 0; i < SET; i++)
        values[i] = i * INT64_C(500);
    return vgi_expr_in(f, vgi_expr_column(f, 0), sets, 1, false);
}

static const vgi_expr *either(vgi_filter *f)
{
    const vgi_expr *two[] = {text(f), between(f)};

    return vgi_expr_join(f, VGI_EXPR_OR, two, 2);
}

static const struct {
    const char *name;
    const vgi_expr *(*make)(vgi_filter *f);
} CASES[] = {{"less", less},     {"between", between}, {"real", real},    {"text", text},
             {"prefix", prefix}, {"set", set},         {"either", either}};

static vgi_filter *make_filter(const char *name)
{
    vgi_filter *filter = NULL;
    vgi_error err = {0};

    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        if (strcmp(name, CASES[i].name) == 0 && vgi_filter_new(&COLUMNS, &filter, &err) == VGI_OK &&
            vgi_filter_add(filter, CASES[i].make(filter), true, &err) == VGI_OK)
            return filter;
    give_up(err.status ? err.message : "no such case");
    return NULL;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(void)
{
    static rows all;
    static int64_t left[ROWS];
    char name[32];
    long turns;

    make_rows(&all);
    while (scanf("%31s %ld", name, &turns) == 2) {
        vgi_filter *filter = make_filter(name);
        vgi_error err = {0};
        int64_t count = 0;
        double begin = now();

        for (long i = 0; i < turns; i++)
            if (vgi_filter_select(filter, &all.batch, NULL, left, &count, &err) != VGI_OK)
                give_up(err.message);
        printf("%.9f %" PRId64 "\n", now() - begin, count);
        fflush(stdout);
        vgi_filter_free(filter);
    }
    return 0;
}
