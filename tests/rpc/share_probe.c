/* A client that shares memory with any conformance worker, of this project or another: for test_share.py.
 *
 *   share_probe COMMAND SHM_BYTES ROWS ROUNDS
 *
 * Sends ROWS numbers and gets them back doubled, ROUNDS times in one stream (exchange_scale), and as many bytes once
 * (echo_bytes). Prints whether memory was shared and how many batches went through it; exit status 1: an answer was
 * wrong, or there was none. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/peer.h"
#include "service.h"
#include "transport/spawn.h"

ONE_FIELD(FACTOR, "factor", .type = VGI_TYPE_FLOAT64);
ONE_FIELD(VALUE, "value", .type = VGI_TYPE_FLOAT64);
ONE_FIELD(BYTES, "data", .type = VGI_TYPE_BINARY);

typedef struct probe {
    vg_peer *peer;
    double *values;
    int64_t rows;
    long rounds;
} probe;

static vgi_batch one_column(const vgi_arrow_schema *schema, vgi_array *column, int64_t rows, const void *a,
                            const void *b)
{
    *column = (vgi_array){.field = schema->fields[0], .length = rows, .buffers = {a, b}};
    return (vgi_batch){.schema = schema, .rows = rows, .n_columns = 1, .columns = column};
}

static vg_peer_request request(const char *method, const vgi_batch *params)
{
    return (vg_peer_request){.method = method, .protocol = "ConformanceService", .version = "2.0.0", .params = params};
}

static vgi_status echo(probe *p, vgi_error *err)
{
    const int32_t offsets[] = {0, (int32_t)(p->rows * (int64_t)sizeof *p->values)};
    vgi_array column;
    vgi_batch params = one_column(&BYTES, &column, 1, offsets, p->values);
    const vg_peer_request r = request("echo_bytes", &params);
    const vgi_batch *answer;
    vgi_bytes found;

    VGI_TRY(vg_peer_call(p->peer, &r, &answer, err));
    found = vgi_blob(answer, 0, 0);
    if (found.size != (size_t)offsets[1] || memcmp(found.data, p->values, found.size) != 0)
        return vgi_error_set(err, VGI_ERR_VALUE, "echo_bytes gave other bytes back");
    return VGI_OK;
}

static vgi_status exchange(probe *p, vgi_error *err)
{
    const double factor = 2.0;
    vgi_array param, column;
    vgi_batch params = one_column(&FACTOR, &param, 1, &factor, NULL);
    vgi_batch in = one_column(&VALUE, &column, p->rows, p->values, NULL);
    const vg_peer_request r = request("exchange_scale", &params);
    const vgi_batch *out;

    VGI_TRY(vg_peer_open(p->peer, &r, false, NULL, NULL, err));
    for (long i = 0; i < p->rounds; i++) {
        p->values[0] = (double)i;
        VGI_TRY(vg_peer_turn(p->peer, &in, (vgi_metadata){0}, &out, err));
        if (out->rows != p->rows || vgi_f64(out, 0)[0] != factor * (double)i ||
            vgi_f64(out, 0)[p->rows - 1] != factor * p->values[p->rows - 1])
            return vgi_error_set(err, VGI_ERR_VALUE, "exchange_scale gave other numbers back");
    }
    return vg_peer_close(p->peer, false, err);
}

static vgi_status run(const char *command, size_t shm_bytes, probe *p, vgi_error *err)
{
    const vg_peer_options options = {.shm_bytes = shm_bytes, .timeout_ms = 60000};
    uint64_t sent, received;
    vg_connection *connection;
    vg_child *child;
    vgi_status status;
    bool shares;

    VGI_TRY(vg_spawn(command, VG_STDERR_INHERIT, &child, &connection, err));
    status = vg_peer_new(connection, &options, &p->peer, err);
    if (status == VGI_OK)
        status = echo(p, err);
    if (status == VGI_OK)
        status = exchange(p, err);
    if (status == VGI_OK) {
        shares = vg_peer_shares(p->peer, &sent, &received);
        printf("shared %d sent %" PRIu64 " received %" PRIu64 "\n", (int)shares, sent, received);
    }
    vg_peer_free(p->peer);
    vg_connection_free(connection);
    vg_child_free(child);
    return status;
}

int main(int argc, char **argv)
{
    probe p = {0};
    vgi_error err = {0};
    vgi_status status;

    if (argc != 5)
        return 2;
    p.rows = atoll(argv[3]);
    p.rounds = atol(argv[4]);
    p.values = calloc((size_t)p.rows + 1, sizeof *p.values);
    if (!p.values)
        return 2;
    for (int64_t i = 0; i < p.rows; i++)
        p.values[i] = (double)i / 4;
    status = run(argv[1], (size_t)atoll(argv[2]), &p, &err);
    if (status != VGI_OK)
        fprintf(stderr, "%s: %s\n", err.exception, err.message);
    free(p.values);
    return status == VGI_OK ? 0 : 1;
}
