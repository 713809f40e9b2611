"""The limits of docs/limits.md through a real worker, at the limit and one past it: those that the command line and the
environment set, and those of what goes out."""

import io
import subprocess

import pyarrow as pa
import pytest
from vgi_rpc.shm import ShmSegment

from wire import FACTOR, VALUE, WORKER, Process, Server, empty_batch, metadata, not_null, request, row, stream

TEXT = pa.schema([not_null("value", pa.string())])
NUMBER = pa.schema([not_null("value", pa.int64())])
BYTES = pa.schema([not_null("data", pa.binary())])
MATRIX = pa.schema([not_null("matrix", pa.list_(pa.list_(pa.int64())))])
WORD = pa.dictionary(pa.int16(), pa.utf8())
WORDS = pa.schema([not_null("a", WORD), not_null("b", WORD)])
POINT = pa.schema([not_null("x", pa.float64()), not_null("y", pa.float64())])


def compressed(method, batch):
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_batch(batch, custom_metadata=metadata(method))
    return sink.getvalue()


def words():
    column = pa.array(["a word", "another word"]).dictionary_encode().cast(WORD)[:1]
    return request("add_floats", pa.record_batch([column, column], schema=WORDS))


def sizes(sent):
    """The metadata and the body of the messages of a stream, the largest of each."""
    reader, metadata_bytes, body_bytes = pa.ipc.MessageReader.open_stream(sent), 0, 0
    for message in reader:
        metadata_bytes = max(metadata_bytes, message.metadata.size)
        body_bytes = max(body_bytes, message.body.size if message.body is not None else 0)
    return metadata_bytes, body_bytes


def dictionary_bytes(sent):
    return sum(message.body.size for message in pa.ipc.MessageReader.open_stream(sent) if message.type == "dictionary")


PAYLOAD = request("echo_bytes", row(BYTES, bytes(10000)))
ROWS = request("exchange_scale", row(FACTOR, 2.0)) + stream(
    VALUE, pa.record_batch([pa.array([1.0] * 5)], schema=VALUE))
RECORD = request("echo_point", row(pa.schema([not_null("point", pa.binary())]), stream(POINT, row(POINT, 1.0, 2.0))))
# limit, the least value that lets the request pass, the request, what is said one below
SET = {
    "rows": ("max_rows", 5, ROWS, "5 rows"),
    "depth": ("max_depth", 3, request("echo_nested_list", row(MATRIX, [[1], [2, 3]])), "deeper than 2"),
    "fields": ("max_fields", 3, request("echo_nested_list", row(MATRIX, [[1], [2, 3]])), "more than 2 fields"),
    "dictionaries": ("max_dictionaries", 2, words(), "more than 1 dictionar"),
    "dictionary_bytes": ("max_dictionary_bytes", dictionary_bytes(words()), words(), "the limit"),
    "body": ("max_body_bytes", sizes(PAYLOAD)[1], PAYLOAD, "the limit is"),
    "decompressed": ("max_decompressed_bytes", 10000 + 8, compressed("echo_bytes", row(BYTES, bytes(10000))), "limit"),
}


@pytest.mark.parametrize("name", SET)
def test_a_limit_of_the_command_line(name):
    limit, value, sent, said = SET[name]
    with Process(program=WORKER, words=("--limit", f"{limit}={value}")) as peer:
        peer.send(sent)
        reply = peer.read()
        assert reply.error is None or "add_floats() takes" in reply.error.message, reply.error.message
        peer.check_alive()
    with Process(program=WORKER, words=("--limit", f"{limit}={value - 1}")) as peer:
        peer.send(sent)
        assert said in peer.read().error.message
        peer.check_alive()


def test_a_message_whose_description_is_too_long_ends_the_connection():
    sent = PAYLOAD
    limit = sizes(sent)[0]
    with Process(program=WORKER, words=("--limit", f"max_metadata_bytes={limit}")) as peer:
        peer.send(sent)
        assert peer.read().error is None
    peer = Process(program=WORKER, words=("--limit", f"max_metadata_bytes={limit - 1}"), stderr=subprocess.PIPE)
    peer.send(sent)
    assert "the limit is" in peer.read().error.message and peer.at_end()
    peer.writer.close()
    assert peer.process.wait(20) == 1 and b"the limit is" in peer.process.stderr.read()
    peer.process.stderr.close()
    peer.reader.raw.close()


@pytest.mark.parametrize("past", [False, True])
def test_a_batch_in_shared_memory(past):
    segment = ShmSegment.create(1 << 20)
    offset, length = segment.allocate_and_write(row(BYTES, bytes(10000)))
    meta = metadata("echo_bytes", shm_segment_name=segment.name, shm_segment_size=str(segment.size),
                    shm_offset=str(offset), shm_length=str(length))
    with Process(program=WORKER, words=("--limit", f"max_shm_bytes={length - past}")) as peer:
        peer.send(stream(BYTES, (empty_batch(BYTES), meta)))
        reply = peer.read()
        assert f"the limit is {length - 1}" in reply.error.message if past else reply.result == bytes(10000)
        peer.check_alive()
    segment.allocator._buf[16:20] = bytes(4)
    segment.close()
    segment.unlink()


def test_a_record_inside_of_a_parameter_has_the_same_limits():
    for fields, error in ((2, None), (1, "more than 1 field")):
        with Process(program=WORKER, words=("--limit", f"max_fields={fields}")) as peer:
            peer.send(RECORD)
            reply = peer.read()
            assert reply.error is None if error is None else error in reply.error.message


def test_the_environment_sets_limits_and_the_command_line_others():
    limits = {"VGI_RPC_LIMITS": "max_rows=4,max_depth=8"}
    with Process(program=WORKER, env=limits) as peer:
        peer.send(ROWS)
        assert "5 rows" in peer.read().error.message
    with Process(program=WORKER, env=limits, words=("--limit", "max_rows=5")) as peer:
        peer.send(ROWS)
        assert peer.read().error is None
        peer.check_alive()


@pytest.mark.parametrize("said, why", [("max_rows=0", "a number from 1 to 2147483647, not 0"),
                                       ("max_depth=65", "from 1 to 64, not 65"), ("rows=5", "there is no limit 'rows'"),
                                       ("max_rows", "expected NAME=NUMBER"), ("max_rows=many", "max_rows is a number")])
def test_a_limit_that_cannot_be_is_told(said, why):
    run = subprocess.run([WORKER, "--limit", said], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert run.returncode == 2 and why in run.stderr and run.stdout == ""


# ---- what cannot be set ----------------------------------------------------------------------------------------------


@pytest.fixture
def peer():
    with Process() as process:
        yield process


def test_the_name_of_a_protocol(peer):
    assert f"Protocol '{'x' * 255}' is not hosted" in peer.call("add_floats", protocol="x" * 255).error.message
    assert "is not the name of a protocol" in peer.call("add_floats", protocol="x" * 256).error.message
    peer.check_alive()


@pytest.mark.parametrize("size, seen", [(8192, 8192), (8193, -1)])
def test_tracestate(peer, size, seen):
    meta = {**metadata("test_tracestate"), "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "tracestate": "a=" + "b" * (size - 2)}
    peer.send(stream(pa.schema([]), (empty_batch(), meta)))
    assert peer.read().result == seen


def test_an_error_is_cut_behind_so_many_bytes(peer):
    for size in (1023, 1024):
        message = pa.schema([not_null("message", pa.string())])
        error = peer.call("raise_value_error", row(message, "m" * size)).error
        assert error.extra["exception_message"] == "m" * 1023


def test_the_name_of_an_exception(peer):
    for size in (47, 48):
        assert peer.call("test_fail_as", row(TEXT, "E" * size)).error.type == "E" * 47


def test_details_that_are_too_long_are_left_out(peer):
    for size, there in ((4096, True), (4097, False)):
        error = peer.call("test_fail_details", row(NUMBER, size)).error
        assert ("vgi_rpc.error_details" in error.meta) == ("error_details" in error.extra) == there
        assert error.message == "RuntimeError: as told" and error.code == "DATA_LOSS"


@pytest.mark.parametrize("more", [0, 1])
def test_a_batch_of_an_exchange_has_only_so_many_rows(peer, more):
    rows = (1 << 24) + more
    peer.send(request("exchange_scale", row(FACTOR, 2.0)),
              stream(VALUE, pa.record_batch([pa.nulls(rows, pa.float64())], schema=VALUE)))
    reply = peer.read()
    if more:
        assert f"a batch has {rows} rows; at most {1 << 24} are answered" in reply.error.message
    else:
        assert reply.error is None and reply.batches[0][0].num_rows == rows
    peer.check_alive()


def test_callbacks_have_a_stack(tmp_path):
    """Of 2 MiB; what is beyond is the end of the process, as on any stack, which is no limit to be tested."""
    with Server("--unix", tmp_path / "s") as server:
        peer = server.connect()
        assert peer.call("test_stack", row(NUMBER, 3 << 19)).result == 3 << 19
        peer.close()
