/* Pools: clients of one location for several threads. See <vgi/client.h>. The lock is held while nothing waits:
 * connecting and hanging up happen outside of it. */
#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "client/client.h"

struct vgi_pool {
    pthread_mutex_t lock;
    vg_arena arena; /* copies of what follows */
    const char *location;
    vgi_client_options options;
    vgi_client *idle; /* a list: the one that was used last is the first to be used again */
    size_t n_idle;
    size_t max_idle;
};

static bool keep_text(vg_arena *arena, const char **text)
{
    if (*text)
        *text = vg_arena_string(arena, vgi_str(*text)).data;
    return *text != NULL;
}

static bool fill(vgi_pool *pool, const char *location, const vgi_client_options *options, size_t max_idle)
{
    if (options)
        pool->options = *options;
    pool->location = location ? location : ""; /* refused where it is opened */
    pool->max_idle = max_idle;
    return keep_text(&pool->arena, &pool->location) &&
           (!pool->options.protocol_version || keep_text(&pool->arena, &pool->options.protocol_version)) &&
           (!pool->options.launch_state_dir || keep_text(&pool->arena, &pool->options.launch_state_dir));
}

vgi_status vgi_pool_new(const char *location, const vgi_client_options *options, size_t max_idle, vgi_pool **ret,
                        vgi_error *err)
{
    vgi_pool *pool = vg_malloc(sizeof *pool);

    *ret = NULL;
    if (!pool)
        return vg_client_no_memory(err);
    memset(pool, 0, sizeof *pool);
    if (!fill(pool, location, options, max_idle) || pthread_mutex_init(&pool->lock, NULL) != 0) {
        vg_arena_done(&pool->arena);
        vg_free(pool);
        return vg_client_no_memory(err);
    }
    *ret = pool;
    return VGI_OK;
}

vgi_status vgi_pool_take(vgi_pool *pool, vgi_client **ret, vgi_error *err)
{
    pthread_mutex_lock(&pool->lock);
    *ret = pool->idle;
    if (*ret) {
        pool->idle = (*ret)->next_idle;
        pool->n_idle--;
    }
    pthread_mutex_unlock(&pool->lock);
    return *ret ? VGI_OK : vgi_client_open(pool->location, &pool->options, ret, err);
}

void vgi_pool_give(vgi_pool *pool, vgi_client *client)
{
    if (client && vgi_client_is_usable(client) && !vg_peer_is_streaming(client->peer)) {
        pthread_mutex_lock(&pool->lock);
        if (pool->n_idle < pool->max_idle) {
            client->next_idle = pool->idle;
            pool->idle = client;
            pool->n_idle++;
            client = NULL;
        }
        pthread_mutex_unlock(&pool->lock);
    }
    vgi_client_close(client);
}

void vgi_pool_free(vgi_pool *pool)
{
    if (!pool)
        return;
    while (pool->idle) {
        vgi_client *client = pool->idle;

        pool->idle = client->next_idle;
        vgi_client_close(client);
    }
    pthread_mutex_destroy(&pool->lock);
    vg_arena_done(&pool->arena);
    vg_free(pool);
}
