"""What the server answers to raw bytes, right and wrong (rpc.md §3, §5-§8, §15, §16)."""

import io

import pyarrow as pa
import pytest

from wire import (ADD, COUNT, EMPTY, FACTOR, VALUE, Process, empty_batch, metadata, not_null, one_row_without_columns,
                  request, row, stream)

TWO = (1.5, 2.5)
TICK = (empty_batch(), {"tick": "1"})


@pytest.fixture
def peer():
    with Process() as process:
        yield process


def add(schema, *values):
    return {"batch": row(schema, *values)}


BAD_PARAMS = {
    "missing_field": row(pa.schema([ADD[0]]), 1.5),
    "extra_field": row(pa.schema([*ADD, not_null("c", pa.float64())]), 1.5, 2.5, 3.5),
    "wrong_name": row(pa.schema([ADD[0], not_null("c", pa.float64())]), *TWO),
    "wrong_order": row(pa.schema([ADD[1], ADD[0]]), *TWO),
    "wrong_type": row(pa.schema([ADD[0], not_null("b", pa.int64())]), 1.5, 2),
    "wrong_nullability": row(pa.schema([ADD[0], pa.field("b", pa.float64())]), *TWO),
    "no_fields": empty_batch(),
    "a_view_type": row(pa.schema([ADD[0], not_null("b", pa.string_view())]), 1.5, "x"),
}


@pytest.mark.parametrize("name", BAD_PARAMS)
def test_parameters_must_equal_the_declaration(peer, name):
    reply = peer.call("add_floats", BAD_PARAMS[name])
    if name != "a_view_type":
        assert reply.error.type == "TypeError" and "add_floats() takes (a: float64 not null" in reply.error.message
        assert reply.schema.names == ["result"]
    assert reply.error and not reply.batches
    peer.check_alive()


@pytest.mark.parametrize("rows", [0, 2])
def test_a_request_has_one_row(peer, rows):
    batch = pa.record_batch([pa.array([1.0] * rows), pa.array([2.0] * rows)], schema=ADD)
    reply = peer.call("add_floats", batch)
    assert reply.error.type == "RpcError" and f"Expected 1 row in request batch, got {rows}" in reply.error.message
    assert reply.schema == EMPTY
    peer.check_alive()


def test_a_pointer_is_an_error_and_no_empty_batch(peer):
    batch = pa.record_batch([pa.array([], pa.float64())] * 2, schema=ADD)
    peer.send(stream(ADD, (batch, {**metadata("add_floats"), "vgi_rpc.location": "https://example.org/x"})))
    assert "not offered here" in peer.read().error.message
    peer.check_alive()


REFUSED = [
    # changes, exception type, kind, code, in the message
    ({"method": None}, "RpcError", None, "UNKNOWN", "RpcError: ProtocolError: Missing 'vgi_rpc.method'"),
    ({"method": b"\xff\xfe"}, "RpcError", None, "UNKNOWN", "not valid UTF-8"),
    ({"request_version": None}, "VersionError", None, "UNKNOWN", "Missing 'vgi_rpc.request_version'"),
    ({"request_version": "999"}, "VersionError", None, "UNKNOWN", "expected '1'"),
    ({"protocol": None}, "ProtocolNotSpecifiedError", "protocol_not_specified", "INVALID_ARGUMENT", "vgi_rpc.protocol"),
    ({"protocol": ""}, "ProtocolNotSpecifiedError", "protocol_not_specified", "INVALID_ARGUMENT", "vgi_rpc.protocol"),
    ({"protocol": "No.Such.v1"}, "ProtocolNotSupportedError", "protocol_not_supported", "UNIMPLEMENTED",
     "'No.Such.v1' is not hosted here. Hosted: ConformanceService, test.Unversioned.v1, vgi_rpc.Reflection.v1"),
    ({"protocol": "bad name\n"}, "ProtocolNotSupportedError", "protocol_not_supported", "UNIMPLEMENTED", "not the name"),
    ({"protocol": "x" * 256}, "ProtocolNotSupportedError", "protocol_not_supported", "UNIMPLEMENTED", "not the name"),
    ({"method": "no_such"}, "MethodNotImplementedError", "method_not_implemented", "UNIMPLEMENTED",
     "Unknown method 'no_such' of protocol 'ConformanceService'. Available methods: add_floats, "),
    ({"method": "add_float"}, "MethodNotImplementedError", "method_not_implemented", "UNIMPLEMENTED", "add_floats"),
    ({"method": "add_floatss"}, "MethodNotImplementedError", "method_not_implemented", "UNIMPLEMENTED", "add_floats"),
    ({"method": "add_floats\0"}, "MethodNotImplementedError", "method_not_implemented", "UNIMPLEMENTED", "not a name"),
    ({"method": "__describe__"}, "MethodNotImplementedError", "method_not_implemented", "UNIMPLEMENTED",
     "vgi_rpc.Reflection.v1"),
    ({"method": "__other__"}, "MethodNotImplementedError", "method_not_implemented", "UNIMPLEMENTED", "__other__"),
]


@pytest.mark.parametrize("changes, kind_of, kind, code, text", REFUSED, ids=lambda v: str(v)[:40])
def test_a_refused_address_leaves_the_connection_usable(peer, changes, kind_of, kind, code, text):
    peer.send(request(**{"method": "add_floats", "batch": row(ADD, *TWO), **changes}))
    reply = peer.read()
    assert (reply.error.type, reply.error.kind, reply.error.code) == (kind_of, kind, code)
    assert text in reply.error.message and reply.schema == EMPTY
    peer.check_alive()
    peer.check_alive()


@pytest.mark.parametrize("version, minor", [("2.0.0", 0), ("2.1.0", 1), ("2.2.7", 2)])
def test_every_minor_of_the_set_is_served_in_its_dialect(peer, version, minor):
    assert peer.call("test_version", protocol_version=version).result == minor
    reply = peer.call("test_since_2", protocol_version=version)
    if minor == 2:
        assert reply.result == 2
    else:
        assert reply.error.kind == "method_not_implemented"


@pytest.mark.parametrize("version, direction", [
    (None, "client is too old"), (b"\xff", "no UTF-8"), ("2", "malformed"), ("02.0.0", "malformed"),
    ("2.0.0-rc1", "malformed"), ("", "malformed"), ("1.9.0", "client is too old; upgrade the VGI extension/client"),
    ("2.3.0", "server is too old; upgrade the VGI worker"), ("3.0.0", "server is too old"),
    ("99999999999999999999.0.0", "server is too old")])
def test_the_version_gate(peer, version, direction):
    for method, batch, schema in (("add_floats", row(ADD, *TWO), ["result"]), ("produce_n", row(COUNT, 1), [])):
        reply = peer.call(method, batch, protocol_version=version)
        assert reply.error.kind == "protocol_version_mismatch" and reply.error.code == "FAILED_PRECONDITION"
        assert reply.error.type == "ProtocolVersionError" and reply.schema.names == schema
        lines = reply.error.extra["exception_message"].split("\n")
        assert lines[0] == "VGI client/worker protocol_version mismatch for protocol 'ConformanceService'."
        assert lines[1].startswith("  Client: ") and lines[2] == "  Server: 2.0.0"
        assert lines[3].startswith("  Direction: ") and direction in lines[3]
        details = reply.error.extra["error_details"][0]
        assert details["violations"][0]["subject"] == "ConformanceService"
        peer.check_alive()


def test_a_binding_without_a_version_is_not_gated(peer):
    text = pa.schema([not_null("value", pa.string())])
    for version in (None, "9.9.9", "nonsense"):
        assert peer.call("echo_string", row(text, "x"), protocol="test.Unversioned.v1",
                         protocol_version=version).result == "secondary:x"
    assert peer.call("echo_string", row(text, "x")).result == "x"


INPUTS = {"ticks": stream(EMPTY, TICK, TICK), "nothing": stream(EMPTY), "not_sent": b"",
          "batches": stream(VALUE, row(VALUE, 1.0))}


@pytest.mark.parametrize("sent", INPUTS)
@pytest.mark.parametrize("changes", [{"protocol": None}, {"protocol": "No.v1"}, {"method": "no_such"},
                                     {"protocol_version": "1.0.0"}, {"batch": empty_batch()},
                                     {"method": "produce_error_on_init", "batch": empty_batch()},
                                     {"method": "test_header_error"}], ids=str)
def test_the_input_of_a_failed_stream_call_is_no_request(peer, changes, sent):
    peer.send(request(**{"method": "produce_n", "batch": row(COUNT, 3), **changes}), INPUTS[sent])
    reply = peer.read()
    assert reply.error and reply.schema == EMPTY
    peer.check_alive()
    peer.check_alive()


def test_requests_may_be_pipelined_and_have_more_batches_than_one(peer):
    batch = row(ADD, *TWO)
    peer.send(stream(ADD, (batch, metadata("add_floats")), (row(ADD, 7.0, 7.0), None)), request("add_floats", batch))
    assert peer.read().result == 4.0
    assert peer.read().result == 4.0


def test_no_parameters_may_come_as_one_row_of_nothing(peer):
    assert peer.call("void_noop", one_row_without_columns()).batches[0][0].num_columns == 0
    assert peer.call("test_version", one_row_without_columns()).result == 0


def test_a_void_result_is_a_batch_of_nothing(peer):
    reply = peer.call("void_noop")
    assert reply.schema == EMPTY and [(b.num_rows, m) for b, m in reply.batches] == [(0, {})]


@pytest.mark.parametrize("method, kind, text", [
    ("test_fail_silently", "ValueError", "did not say why"), ("test_answer_nothing", "TypeError", "test_answer_nothing")])
def test_a_handler_that_does_not_do_its_part_is_an_error(peer, method, kind, text):
    reply = peer.call(method)
    assert reply.error.type == kind and text in reply.error.message and reply.schema.names == ["result"]
    peer.check_alive()


def test_a_failure_that_was_dealt_with_is_none(peer):
    assert peer.call("test_recover", row(pa.schema([not_null("value", pa.string())]), "fine")).result == "fine"


def test_the_error_says_everything(peer):
    message = 'tab\t quote" back\\ \u00e9 \U0001f600'
    reply = peer.call("raise_value_error", row(pa.schema([not_null("message", pa.string())]), message))
    error = reply.error
    assert error.type == "ValueError" and error.extra["exception_message"] == message
    assert error.code == "UNKNOWN" and error.kind is None
    assert "ConformanceService/raise_value_error" in error.extra["traceback"]


def test_logs_come_before_the_result_with_their_extras(peer):
    value = pa.schema([not_null("value", pa.string())])
    reply = peer.call("echo_with_log_extras", row(value, 'a"b'))
    assert reply.result == 'a"b'
    assert reply.logs[0]["vgi_rpc.log_extra"] == '{"source":"conformance","detail":"a\\"b"}'
    assert len(reply.logs[0]["vgi_rpc.request_id"]) == 16
    assert [log["vgi_rpc.log_level"] for log in peer.call("echo_with_all_log_levels", row(value, "x")).logs] == \
        ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"]


# ---- streams ---------------------------------------------------------------------------------------------------------


def test_ticks_that_wait_after_the_end_are_drained(peer):
    peer.send(request("produce_n", row(COUNT, 2)), stream(EMPTY, *[TICK] * 7))
    assert peer.read().rows == [{"index": 0, "value": 0}, {"index": 1, "value": 10}]
    peer.check_alive()


def test_a_client_that_wants_nothing_gets_the_schema_and_the_end(peer):
    peer.send(request("produce_n", row(COUNT, 2)), stream(EMPTY))
    reply = peer.read()
    assert reply.schema.names == ["index", "value"] and not reply.batches and not reply.error
    peer.send(request("exchange_scale", row(FACTOR, 2.0)), stream(EMPTY))
    assert peer.read().schema.names == ["value"]
    assert peer.call("test_open_streams").result == 0


def test_cancel_ends_without_an_error_and_runs_the_hook_once(peer):
    peer.call("reset_cancel_probe")
    cancel = (empty_batch(), {"vgi_rpc.cancel": "1"})
    peer.send(request("cancellable_producer"), stream(EMPTY, TICK, TICK, cancel, cancel))
    assert len(peer.read().batches) == 2
    peer.send(request("cancellable_exchange"), stream(EMPTY, cancel))
    assert not peer.read().batches
    assert peer.call("cancel_probe_counters").result == [2, 0, 2]
    assert peer.call("test_open_streams").result == 0


@pytest.mark.parametrize("schema, values, text", [
    (pa.schema([pa.field("other", pa.float64())]), (1.0,), "Input schema mismatch: expected (value: float64), got (other"),
    (pa.schema([pa.field("value", pa.string())]), ("x",), "Input schema mismatch"),
    (pa.schema([pa.field("value", pa.float64()), pa.field("b", pa.float64())]), (1.0, 2.0), "Input schema mismatch"),
    (EMPTY, (), "Input schema mismatch"),
    (pa.schema([pa.field("value", pa.string_view())]), ("x",), ""),
])
def test_input_of_another_schema_is_an_error_in_band(peer, schema, values, text):
    peer.send(request("exchange_scale", row(FACTOR, 2.0)), stream(schema, row(schema, *values) if values else TICK))
    reply = peer.read()
    assert reply.schema.names == ["value"] and text in reply.error.message
    if text:
        assert reply.error.type == "TypeError"
    peer.check_alive()
    assert peer.call("test_open_streams").result == 0


def test_an_error_in_a_turn_drains_what_follows(peer):
    limit = pa.schema([not_null("fail_on", pa.int64())])
    peer.send(request("exchange_error_on_nth", row(limit, 2)), stream(VALUE, *[row(VALUE, float(i)) for i in range(9)]))
    reply = peer.read()
    assert len(reply.batches) == 1 and "intentional error on exchange 2" in reply.error.message
    peer.check_alive()


def test_an_exchange_cannot_end_by_itself(peer):
    peer.send(request("test_end_exchange"), stream(VALUE, row(VALUE, 1.0)))
    assert peer.read().error.type == "RuntimeError"
    peer.check_alive()


def test_headers_come_first_and_logs_of_init_with_them(peer):
    peer.send(request("produce_with_header_and_logs", row(COUNT, 1)))
    header = peer.read()
    assert header.rows == [{"total_expected": 1, "description": "producing 1 with logs"}]
    assert header.logs[0]["vgi_rpc.log_message"] == "stream init log"
    peer.send(stream(EMPTY, TICK, TICK))
    assert peer.read().rows == [{"index": 0, "value": 0}]
    peer.check_alive()


def test_a_tick_is_answered_before_the_next_one_comes(peer):
    peer.send(request("produce_n", row(COUNT, 3)))
    sink = io.BytesIO()
    writer = pa.ipc.new_stream(sink, EMPTY)
    reader = None
    for i in range(3):
        sink.truncate(0), sink.seek(0)
        writer.write_batch(empty_batch())
        peer.send(sink.getvalue())
        reader = reader or peer.open()
        assert reader.read_next_batch().to_pylist() == [{"index": i, "value": 10 * i}]
    sink.truncate(0), sink.seek(0)
    writer.close()
    peer.send(sink.getvalue())
    with pytest.raises(StopIteration):
        reader.read_next_batch()
    peer.check_alive()


# ---- ends ------------------------------------------------------------------------------------------------------------


def test_the_end_at_a_boundary_is_silent():
    with Process() as peer:
        peer.check_alive()
        peer.writer.close()
        assert peer.reader.read() == b""


@pytest.mark.parametrize("garbage, status", [
    (b"GET / HTTP/1.1\r\n\r\n", 1), (b"\xff\xff\xff\xff\x00\x00\x00\x7f", 1), (b"\xff" * 64, 1),
    (request("void_noop")[:100], 0), (b"\x01", 0)], ids=lambda g: repr(g[:12]) if isinstance(g, bytes) else str(g))
def test_garbage_gets_one_error_stream_and_the_end(garbage, status):
    """A peer that leaves inside a message has left; one that says something else is an error."""
    peer = Process()
    peer.check_alive()
    peer.send(garbage)
    peer.writer.close()
    reply = peer.read()
    assert reply.schema == EMPTY and reply.error.type == "ArrowInvalid"
    assert peer.at_end()
    assert peer.process.wait(10) == status
    peer.reader.raw.close()


def test_every_byte_may_come_alone(peer):
    session = b"".join([
        request("add_floats", row(ADD, *TWO)),
        request("produce_n", row(COUNT, 3)), stream(EMPTY, *[TICK] * 4),
        request("no_such", row(COUNT, 3)), stream(EMPTY, TICK),
        request("exchange_scale", row(FACTOR, 3.0)), stream(VALUE, row(VALUE, 1.0), row(VALUE, None)),
        request("add_floats", row(ADD, 1.0, 1.0))])
    for i in range(len(session)):
        peer.send(session[i:i + 1])
    assert peer.read().result == 4.0
    assert len(peer.read().rows) == 3
    assert peer.read().error.kind == "method_not_implemented"
    assert peer.read().rows == [{"value": 3.0}, {"value": None}]
    assert peer.read().result == 2.0


# ---- reflection ------------------------------------------------------------------------------------------------------


def record(reply):
    reader = pa.ipc.open_stream(reply.result)
    batch = reader.read_next_batch()
    assert batch.num_rows == 1 and all(not field.nullable for field in batch.schema)
    return batch.to_pylist()[0]


def test_reflection_lists_the_protocols_in_order(peer):
    listing = record(peer.call("list_protocols", protocol="vgi_rpc.Reflection.v1", protocol_version=None))
    assert listing["request_version"] == "1" and len(listing["server_id"]) == 12
    assert [(p["protocol"], p["protocol_version"]) for p in listing["protocols"]] == [
        ("ConformanceService", "2.0.0"), ("test.Unversioned.v1", ""), ("vgi_rpc.Reflection.v1", "")]
    assert all(p["features"] == [] and p["deprecated"] is False for p in listing["protocols"])


def test_reflection_describes_methods_and_itself(peer):
    def describe(name):
        return peer.call("describe", row(pa.schema([not_null("protocol", pa.string())]), name),
                         protocol="vgi_rpc.Reflection.v1", protocol_version=None)

    methods = {m["name"]: m for m in record(describe("ConformanceService"))["methods"]}
    assert list(methods) == sorted(methods) and "test_since_2" not in methods
    add = methods["add_floats"]
    assert pa.ipc.read_schema(pa.py_buffer(add["params_schema_ipc"])) == ADD
    assert pa.ipc.read_schema(pa.py_buffer(add["result_schema_ipc"])).names == ["result"]
    assert add["method_type"] == "unary" and add["stream_kind"] == "" and add["header_schema_ipc"] == b""
    assert methods["void_noop"]["has_return"] is False and methods["void_noop"]["result_schema_ipc"] == b""
    producer = methods["produce_with_header"]
    assert (producer["method_type"], producer["stream_kind"], producer["has_header"]) == ("stream", "producer", True)
    assert pa.ipc.read_schema(pa.py_buffer(producer["header_schema_ipc"])).names == ["total_expected", "description"]
    own = record(describe("vgi_rpc.Reflection.v1"))
    assert [m["name"] for m in own["methods"]] == ["describe", "list_protocols"]
    assert describe("No.v1").error.kind == "protocol_not_supported"
    peer.check_alive()
