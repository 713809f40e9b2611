/* The words that every worker understands (rpc.md §17): command_line.c reads them, main.c acts on them. */
#ifndef VG_WORKER_COMMAND_LINE_H
#define VG_WORKER_COMMAND_LINE_H

#include <vgi/worker.h>

typedef struct vg_command_line {
    const char *unix_path; /* NULL: not asked for */
    const char *tcp_address;
    double idle_timeout_s; /* <= 0: never */
    int max_connections;   /* 0: no cap */
    bool help;
    bool version;
} vg_command_line;

/* Reads all words; those that are not the worker's own go to options->parse_arg. VGI_ERR_VALUE: one line that says what is
 * wrong and, of a word that nobody knows, which known one is nearest. */
vgi_status vg_command_line_parse(const vgi_worker_options *options, int argc, char **argv, vg_command_line *ret,
                                 vgi_error *err);

/* The text of --help, for a program of that name. */
void vg_command_line_help(const vgi_worker_options *options, const char *program, int fd);

#endif
