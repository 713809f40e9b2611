/* What is behind vgi_server: a server, and what its bindings live in. worker/embed and rpc/service make it. */
#ifndef VG_RPC_EMBED_H
#define VG_RPC_EMBED_H

#include <vgi/server.h>

#include "rpc/server.h"

struct vgi_server {
    vg_server *server;
    vg_lifecycle *lifecycle; /* NULL: nobody is told */
    void *owner;
    void (*free_owner)(void *owner);
};

/* A server of `bindings`, which live as long as `owner` does. `owner` is *taken*, also on failure. */
vgi_status vg_embed_new(const vg_binding *bindings, size_t n_bindings, const vg_limits *limits, void *owner,
                        void (*free_owner)(void *owner), vgi_server **ret, vgi_error *err);

/* Begins the observers (nullable) of a program that says `version` (nullable). Before anything is served. */
vgi_status vg_embed_observe(vgi_server *server, const vgi_observer *const *observers, const char *version,
                            vgi_error *err);

#endif
