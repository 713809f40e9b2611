/* What methods answer: which members of a record are shown, in which order. */
#ifndef VGI_TOOL_ANSWERS_H
#define VGI_TOOL_ANSWERS_H

#include "cli.h"

typedef struct cli_answer {
    const cli_field *fields;
    size_t size; /* of the record */
    bool expanded;
} cli_answer;

/* What transaction-begin shows. */
typedef struct cli_transaction {
    vgi_bytes attachment;
    vgi_bytes transaction;
} cli_transaction;

extern const cli_answer CLI_ATTACH, CLI_CATALOG, CLI_CONTENTS, CLI_COPY_FORMAT, CLI_FUNCTION, CLI_FUNCTION_ALL,
    CLI_INDEX, CLI_MACRO, CLI_SCAN_BRANCH, CLI_SCAN_FUNCTION, CLI_SCHEMA, CLI_TABLE, CLI_TABLE_ALL, CLI_TRANSACTION,
    CLI_VERSION, CLI_VIEW, CLI_WRITE_FUNCTION;

#endif
