/* A session of the client with a real worker, for make_client_corpus.py, which records what the worker answers:
 * client_record LOCATION SESSION VERSION CATALOG SCHEMA TABLE TABLE_FUNCTION SCALAR FAILING */
#include <stdio.h>
#include <stdlib.h>

#include "client_session.h"

int main(int argc, char **argv)
{
    vgi_client_options options = {0};
    vgi_error error = {0};
    vgi_client *client;
    vgi_status status;

    if (argc != 10)
        return 2;
    options.protocol_version = argv[3];
    status = vgi_client_open(argv[1], &options, &client, &error);
    if (status == VGI_OK) {
        const client_names names = {.catalog = argv[4],
                                    .schema = argv[5],
                                    .table = argv[6],
                                    .table_function = argv[7],
                                    .scalar = argv[8],
                                    .in_out = argv[8],
                                    .buffering = argv[8],
                                    .aggregate = argv[8],
                                    .failing = argv[9]};

        status = client_session(client, (unsigned)atoi(argv[2]), &names, &error);
        vgi_client_close(client);
    }
    if (status == VGI_OK)
        return 0;
    fprintf(stderr, "%s\n", error.message);
    return 1;
}
