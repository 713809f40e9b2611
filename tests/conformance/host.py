"""The official pytest suite of the RPC layer, of our worker or of our client: this file is the host that it asks for.

The worker is ours, the client the reference's; with VGI_CLIENT_DRIVER, which names a driver of the suite's client-driver
contract, the client is ours and the worker the reference's. VGI_CONFORMANCE_REVISION says which worker (47 or 52); it must
be that of the installed package. VGI_CONFORMANCE_TRANSPORTS names transports, if not all.

Every class of the package runs over every raw transport, but for those named in LEFT_OUT with the reason; one that is in
neither, or whose fixtures are missing, is an error. So a later revision cannot add what then silently does not run.
"""

import contextlib
import os
import socket

import pytest
from vgi_rpc.conformance import ConformanceService
from vgi_rpc.conformance._pytest_suite import *  # noqa: F403  the classes and the fixtures that they bring
from vgi_rpc.conformance._resource_soak_pytest import ResourceSoakTarget
from vgi_rpc.introspect import introspect
from vgi_rpc.rpc import SubprocessTransport, TcpTransport, UnixTransport, _RpcProxy, tcp_connect, unix_connect
from vgi_rpc.shm import ShmSegment

DRIVER = os.environ.get("VGI_CLIENT_DRIVER")
REVISION = os.environ["VGI_CONFORMANCE_REVISION"]
TRANSPORTS = ["pipe", "subprocess", "shm", "unix", "unix_threaded", "tcp"]
SHM_BYTES = 8 << 20

if DRIVER:
    if not os.path.exists(DRIVER):
        pytest.skip("the client's driver was not built: it wants libjansson-dev (scripts/setup test)",
                    allow_module_level=True)
    import reference as worker
    from vgi_rpc.conformance.client_driver import ClientDriver

    # A driver has one connection and its own process, so that `subprocess` would be `pipe`.
    print("left out: http: the client has none")
    TRANSPORTS = ["pipe", "shm", "unix", "unix_threaded", "tcp"]
else:
    import worker
if os.environ.get("VGI_CONFORMANCE_TRANSPORTS"):
    TRANSPORTS = os.environ["VGI_CONFORMANCE_TRANSPORTS"].split(",")

HTTP = "it is about HTTP"
EXTERNAL = "it is about external storage"
IDENTITY = "it is about the identity protocol, which is served over HTTP"
LEFT_OUT = {
    "TestAdversarialHttpRequestContract": HTTP, "TestCallTokenSplit": HTTP, "TestColdCallStateCache": HTTP,
    "TestCompressedHttpRequestCap": HTTP, "TestCors": HTTP, "TestCorsOffMode": HTTP, "TestErrorHeader": HTTP,
    "TestErrorModelOnTheWire": HTTP, "TestHealth": HTTP, "TestHttpCompressionNegotiationConformance": HTTP,
    "TestHttpResponseCap": HTTP, "TestHttpResponseCapProducer": HTTP, "TestProxyProof": HTTP,
    "TestProxyProofOffMode": HTTP, "TestRequestId": HTTP, "TestServeStartLifecycle": HTTP, "TestSticky": HTTP,
    "TestUnauthorized": HTTP, "TestUnclassifiedErrorsAreUnknown": HTTP,
    "TestExternalByteStream": EXTERNAL, "TestExternalFetchFailures": EXTERNAL, "TestExternalFetchSecurity": EXTERNAL,
    "TestExternalInputRoutes": EXTERNAL, "TestExternalLocation": EXTERNAL, "TestExternalRef": EXTERNAL,
    "TestExternalStorageUrlPair": EXTERNAL, "TestExternalizedResponseCap": EXTERNAL,
    "TestErrorKindsReachTheWire": IDENTITY, "TestGrantFreshness": IDENTITY, "TestGrantIssuance": IDENTITY,
    "TestGrantPrefixRouting": IDENTITY, "TestIdentityAbsentByDefault": IDENTITY, "TestIdentityNarrowing": IDENTITY,
    "TestIdentityWireShape": IDENTITY, "TestIntrospectionAuthorization": IDENTITY,
    "TestIntrospectionHappyPath": IDENTITY, "TestIntrospectionIsNotThrottled": IDENTITY,
    "TestRejectionsAreUniform": IDENTITY, "TestResolveTokenBearer": IDENTITY, "TestSealedGrantRejections": IDENTITY,
    "TestSealedGrants": IDENTITY, "TestTheCredentialSizeCap": IDENTITY, "TestTheJwsTrap": IDENTITY,
    "TestUnavailableCarriesARetryHint": IDENTITY, "TestUnavailableIsTransient": IDENTITY,
    "TestTransportKindContext": "a method cannot ask on which transport it is called",
}
if DRIVER:
    SERVER = "it is about the server alone"
    LEFT_OUT |= {"TestAdversarialRawRequestContract": SERVER, "TestResourceSoak": SERVER}

for name in [name for name in globals() if name in LEFT_OUT]:
    print(f"left out: {name}: {LEFT_OUT[name]}")
    del globals()[name]


@pytest.fixture(scope="session")
def shared_process():
    transport = SubprocessTransport(worker.command(REVISION))
    yield transport
    transport.close()


@pytest.fixture(scope="session")
def unix_path():
    with worker.unix(REVISION) as (_, path):
        yield path


@pytest.fixture(scope="session")
def unix_threaded_path():
    with worker.unix(REVISION, "--threaded") as (_, path):
        yield path


@pytest.fixture(scope="session")
def tcp_address():
    with worker.tcp(REVISION) as (_, address):
        host, _, port = address.rpartition(":")
        yield host, int(port)


@contextlib.contextmanager
def own_process(protocol, on_log, with_shm):
    """A process for one test; it must end by itself when its input does."""
    transport = wrapped = SubprocessTransport(worker.command(REVISION))
    segment = None
    try:
        if with_shm:
            from vgi_rpc.conformance._test_cli import _ShmTransportWrapper

            segment = ShmSegment.create(SHM_BYTES)
            wrapped = _ShmTransportWrapper(transport, segment)
        yield _RpcProxy(protocol, wrapped, on_log)
    finally:
        transport.close()
        if segment:
            with contextlib.suppress(BufferError):
                segment.close()
            segment.unlink()


def drive(request, transport, protocol, on_log):
    """The same by a driver."""
    fixture = request.getfixturevalue
    driver = ClientDriver.from_env(service=protocol)
    if transport == "pipe":
        return driver.connect("stdio", worker.command(REVISION), on_log)
    if transport == "shm":
        return driver.connect("shm", worker.command(REVISION), on_log, shm_size=SHM_BYTES)
    if transport == "tcp":
        return driver.connect("tcp", "%s:%d" % fixture("tcp_address"), on_log)
    return driver.connect("unix", fixture(f"{transport}_path"), on_log)


def connect(request, transport, protocol, on_log):
    if DRIVER:
        return drive(request, transport, protocol, on_log)
    fixture = request.getfixturevalue
    if transport in ("pipe", "shm"):
        return own_process(protocol, on_log, transport == "shm")
    if transport == "subprocess":
        return contextlib.nullcontext(_RpcProxy(protocol, fixture("shared_process"), on_log))
    if transport == "tcp":
        return tcp_connect(protocol, *fixture("tcp_address"), on_log=on_log)
    return unix_connect(protocol, fixture(f"{transport}_path"), on_log=on_log)


@pytest.fixture(params=TRANSPORTS)
def conformance_conn(request):
    return lambda on_log=None: connect(request, request.param, ConformanceService, on_log)


@pytest.fixture(params=[t for t in TRANSPORTS if t != "shm"])
def conformance_raw_conn(request):
    return lambda on_log=None: connect(request, request.param, ConformanceService, on_log)


@pytest.fixture(scope="session")
def conformance_protocol_connector(request):
    return lambda transport, protocol, on_log=None: connect(request, transport, protocol, on_log)


@pytest.fixture(params=[t for t in TRANSPORTS if t != "shm" or DRIVER])
def conformance_describe(request):
    fixture = request.getfixturevalue
    if DRIVER:
        with drive(request, request.param, ConformanceService, None) as proxy:
            return proxy.describe()
    if request.param == "subprocess":
        return introspect(fixture("shared_process"))
    if request.param == "pipe":
        transport = SubprocessTransport(worker.command(REVISION))
    elif request.param == "tcp":
        transport = TcpTransport(socket.create_connection(fixture("tcp_address")))
    else:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(fixture(f"{request.param}_path"))
        transport = UnixTransport(connection)
    try:
        return introspect(transport)
    finally:
        transport.close()


@pytest.fixture
def conformance_resource_soak_target(monkeypatch):
    """A process of its own. What a sanitizer keeps back of freed memory is not the worker's: it keeps little."""
    monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1")
    with worker.unix(REVISION) as (process, path):
        yield ResourceSoakTarget("worker-unix", process.pid, lambda: unix_connect(ConformanceService, path))
