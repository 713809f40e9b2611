/* What write.c (statements) and take.c (values) share. */
#ifndef SQ_WRITE_H
#define SQ_WRITE_H

#include "sq.h"

/* One column of the rows that are given. */
typedef struct sq_taken {
    const sq_column *column; /* NULL: the rowid */
    const vgi_array *array;  /* of the batch */
    int parameter;           /* of the statement; 0: it is left out */
    bool is_left_out;
    int *code; /* SQLite's, of the last bind */
} sq_taken;

/* Binds one value; what SQLite said of it is in *code. Values are borrowed until the next bind. */
vgi_status sq_take(vgi_call *call, const sq_taken *taken, sqlite3_stmt *statement, int64_t row);
bool sq_takes(const sq_column *column, const vgi_field *field);

#endif
