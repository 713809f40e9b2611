/* The conformance worker: the service that the official suites of the RPC layer examine, on stdio, unix sockets and
 * TCP. `--revision 47` (the default) serves what the runner of vgi-rpc 0.47 expects, `--revision 52` what that of
 * 0.52 does. */
#include <string.h>

#include "conformance.h"

static const vgi_rpc_protocol *const REVISION_47[] = {&CONFORMANCE_47, NULL};
static const vgi_rpc_protocol *const REVISION_52[] = {&CONFORMANCE_52, &SECONDARY, NULL};

static vgi_status parse_arg(void *user, int argc, char **argv, int *i, vgi_error *err)
{
    vgi_service_options *options = user;

    if (strcmp(argv[*i], "--pipe") == 0)
        return VGI_OK;
    if (strcmp(argv[*i], "--revision") != 0 || *i + 1 == argc)
        return vgi_error_set(err, VGI_ERR_VALUE, "unknown word '%s'; --help lists the known ones", argv[*i]);
    ++*i;
    if (strcmp(argv[*i], "47") != 0 && strcmp(argv[*i], "52") != 0)
        return vgi_error_set(err, VGI_ERR_VALUE, "--revision '%s': expected 47 or 52", argv[*i]);
    options->protocols = argv[*i][0] == '4' ? REVISION_47 : REVISION_52;
    return VGI_OK;
}

int main(int argc, char **argv)
{
    vgi_service_options options = {
        .protocols = REVISION_47,
        .parse_arg = parse_arg,
        .usage = "  --revision 47|52               the methods and protocols of that revision\n"
                 "  --pipe                         serve on standard input and output",
    };

    options.user = &options;
    return vgi_service_main_with(&options, argc, argv);
}
