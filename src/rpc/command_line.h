/* The words that every program of libvgi that serves understands (rpc.md §17): command_line.c reads them, program.c
 * acts on them. */
#ifndef VG_RPC_COMMAND_LINE_H
#define VG_RPC_COMMAND_LINE_H

#include <stdbool.h>

#include <vgi/call.h>

#include "ipc/limits.h"

typedef struct vg_command_line {
    const char *unix_path; /* NULL: not asked for */
    const char *tcp_address;
    double idle_timeout_s;  /* <= 0: never */
    int max_connections;    /* 0: no cap */
    const char *access_log; /* NULL: none; a path, see observe/access_log.h */
    const char *log;        /* NULL: none; a path or "stderr", see observe/log.h */
    vgi_log_level log_level;
    bool log_is_json;
    vg_limits limits; /* 0: not said */
    bool help;
    bool version;
    bool is_owner; /* of other workers' transactions (worker/owner.h) */
} vg_command_line;

/* The words that are a program's own: as in vgi_worker_options and vgi_service_options. */
typedef struct vg_own_words {
    void *user;
    vgi_status (*parse_arg)(void *user, int argc, char **argv, int *i, vgi_error *err);
    const char *usage;
    bool may_own;       /* --owner is a word */
    const char **taken; /* nullable: gets the own words and the limits, NULL behind; room for all there are */
} vg_own_words;

/* Reads all words; those that are not of everybody go to own->parse_arg. VGI_ERR_VALUE: one line that says what is
 * wrong and, of a word that nobody knows, which known one is nearest. */
vgi_status vg_command_line_parse(const vg_own_words *own, int argc, char **argv, vg_command_line *ret, vgi_error *err);

/* The text of --help: `about` a program of that name, the words, the program's own. */
void vg_command_line_help(const vg_own_words *own, const char *program, const char *about, int fd);

#endif
