/* How far a long run is: a line on stderr, where that is a terminal, after a second. */
#ifndef VGI_TOOL_PROGRESS_H
#define VGI_TOOL_PROGRESS_H

#include "cli.h"

typedef struct cli_progress {
    bool wanted;
    double started_s, told_s; /* 0: nothing has been told */
    int64_t rows, bytes;
} cli_progress;

cli_progress cli_progress_begin(const cli *c);
/* A batch has come. */
void cli_progress_add(cli_progress *p, const vgi_batch *batch);
/* About as many bytes as the batch holds, framing not counted. */
int64_t cli_batch_bytes(const vgi_batch *batch);
/* Erases the line. Before anything else is written to the terminal. */
void cli_progress_erase(cli_progress *p);

#endif
