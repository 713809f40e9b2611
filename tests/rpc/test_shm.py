"""Shared memory (rpc.md §9) between the service and the reference's own segments: both forms of a region, both ways, when
regions are given back, and pointers that cannot be followed."""


import pyarrow as pa
import pytest
from vgi_rpc.shm import ShmSegment, _deserialize_from_shm

from wire import (ADD, COUNT, EMPTY, FACTOR, SERVICE, VALUE, Process, Server, empty_batch, metadata, not_null, request,
                  row, stream)

TICK = (empty_batch(), {"tick": "1"})
LARGE = pa.schema([not_null("rows_per_batch", pa.int64()), not_null("batch_count", pa.int64())])
BYTES = pa.schema([not_null("data", pa.binary())])
STATUS = pa.schema([pa.field("status", pa.dictionary(pa.int16(), pa.utf8()), nullable=False)])
SMALL = {"VGI_RPC_SHM_MIN_BATCH_BYTES": "1"}


@pytest.fixture
def segment():
    made = ShmSegment.create(4 << 20)
    yield made
    made.allocator._buf[16:20] = bytes(4)
    made.close()
    made.unlink()


def named(segment, **keys):
    return {"shm_segment_name": segment.name, "shm_segment_size": str(segment.size), **keys}


def regions(segment):
    return segment.allocator._read_allocs()


def pointer(segment, batch, more=None):
    """A batch put into the segment, as the pair that `stream` takes."""
    offset, length = segment.allocate_and_write(batch)
    return empty_batch(batch.schema), {**(more or {}), "vgi_rpc.shm_offset": str(offset),
                                       "vgi_rpc.shm_length": str(length)}


def follow(segment, schema, meta):
    """The batch that a reply's pointer stands for, given back as a client does."""
    offset, length = int(meta["vgi_rpc.shm_offset"]), int(meta["vgi_rpc.shm_length"])
    batch = _deserialize_from_shm(pa.py_buffer(bytes(segment.buf[offset:offset + length])), schema)
    segment.free(offset)
    return batch


def call_by_pointer(peer, segment, method, batch):
    empty, where = pointer(segment, batch)
    peer.send(stream(batch.schema, (empty, {**metadata(method, **named(segment)), **where})))
    return peer.read()


def test_transport_options():
    with Process() as peer:
        for asked, answer in [("true", "true"), ("false", "false"), (None, "false"), ("TRUE", "false")]:
            changes = {"protocol": None, "protocol_version": None, "transport.shm": asked}
            (_, meta), = peer.call("__transport_options__", **changes).batches
            assert meta["vgi_rpc.transport.shm"] == answer
            assert meta["vgi_rpc.request_version"] == "1" and len(meta["vgi_rpc.server_id"]) == 12


def test_a_request_and_its_result_by_pointer(segment):
    data = bytes(range(256)) * 2048
    with Process() as peer:
        reply = call_by_pointer(peer, segment, "echo_bytes", row(BYTES, data))
        (batch, meta), = reply.batches
        assert batch.num_rows == 0 and len(regions(segment)) == 1  # the result's: the request's is given back
        assert follow(segment, reply.schema, meta).column("result")[0].as_py() == data
        assert regions(segment) == []
        # A request that does not speak of shared memory is answered in the stream (§9.3).
        assert peer.call("echo_bytes", row(BYTES, data)).result == data
        # One that names the segment only is answered through it, another segment is attached when it is named.
        (batch, meta), = peer.call("echo_bytes", row(BYTES, data), **named(segment)).batches
        assert follow(segment, reply.schema, meta).num_rows == 1
        other = ShmSegment.create(1 << 20)
        (batch, meta), = peer.call("echo_bytes", row(BYTES, data), **named(other)).batches
        assert follow(other, reply.schema, meta).num_rows == 1 and regions(segment) == []
        other.close()
        other.unlink()


def test_small_batches_stay_in_the_stream(segment):
    with Process() as peer:
        assert call_by_pointer(peer, segment, "add_floats", row(ADD, 1.5, 2.5)).result == 4.0
        assert regions(segment) == []
        limit = 131072  # with its framing the batch is a little larger than its values
        assert peer.call("echo_bytes", row(BYTES, bytes(limit - 1024)), **named(segment)).batches[0][0].num_rows == 1
        assert peer.call("echo_bytes", row(BYTES, bytes(limit)), **named(segment)).batches[0][0].num_rows == 0


def test_dictionaries_lie_without_their_schema(segment):
    status = row(STATUS, None).set_column(0, STATUS[0], pa.array(["ACTIVE"]).dictionary_encode().cast(STATUS[0].type))
    with Process(env=SMALL) as peer:
        reply = call_by_pointer(peer, segment, "echo_enum", status)
        assert reply.error is None, reply.error.message
        (_, meta), = reply.batches
        assert follow(segment, reply.schema, meta).column("result")[0].as_py() == "ACTIVE"
        assert regions(segment) == []


def test_what_does_not_fit_stays_in_the_stream(segment):
    data = bytes(3 << 20)
    with Process() as peer:
        whole = segment.allocator.allocate(segment.size - 65536)
        assert peer.call("echo_bytes", row(BYTES, data), **named(segment)).result == data
        segment.free(whole)
        assert peer.call("echo_bytes", row(BYTES, data), **named(segment)).batches[0][0].num_rows == 0
        assert peer.call("echo_bytes", row(BYTES, data), **named(segment)).result == data  # beside the first
        peer.check_alive()


def test_streams(segment):
    values = pa.record_batch([pa.array([float(i) for i in range(50000)])], schema=VALUE)
    with Process() as peer:
        peer.send(request("exchange_scale", row(FACTOR, 2.0), **named(segment)))
        written = pa.ipc.new_stream(peer.writer, VALUE)
        out = None
        for i in range(20):
            empty, where = pointer(segment, values)
            written.write_batch(empty, custom_metadata=where)
            peer.writer.flush()
            out = out or peer.open()
            batch, meta = out.read_next_batch_with_custom_metadata()
            meta = {k.decode(): v.decode() for k, v in dict(meta).items()}
            assert batch.num_rows == 0 and len(regions(segment)) == 1
            assert follow(segment, out.schema, meta).column(0)[49999].as_py() == 99998.0
        written.close()
        with pytest.raises(StopIteration):
            out.read_next_batch()
        peer.send(request("produce_large_batches", row(LARGE, 20000, 3), **named(segment)), stream(EMPTY, *[TICK] * 4))
        reply = peer.read()
        assert [b.num_rows for b, _ in reply.batches] == [0, 0, 0]
        assert [follow(segment, reply.schema, m).column(0)[0].as_py() for _, m in reply.batches] == [0, 20000, 40000]
        peer.check_alive()


def test_metadata_goes_with_the_batch(segment):
    with Process(env=SMALL) as peer:
        values = pa.record_batch([pa.array([1.0])], schema=VALUE)
        peer.send(request("exchange_input_metadata", None, **named(segment)),
                  stream(VALUE, pointer(segment, values, {"vgi.conformance.input": "seen"})))
        reply = peer.read()
        found = follow(segment, reply.schema, reply.batches[0][1]).to_pylist()
        assert found == [{"seen": "seen", "keys": "vgi.conformance.input"}]
        annotated = pa.schema([not_null("count", pa.int64()), not_null("rows_per_batch", pa.int64())])
        peer.send(request("produce_annotated_batches", row(annotated, 1, 5), **named(segment)), stream(EMPTY, TICK, TICK))
        (_, meta), = peer.read().batches
        assert meta["conformance.batch_total"] == "1" and "vgi_rpc.shm_offset" in meta


BAD = {
    "outside": lambda s: ("65536", str(s.size - 65536 + 1)),
    "in the header": lambda s: ("0", "1000"),
    "negative": lambda s: ("-1", "8"),
    "overflowing": lambda s: ("65536", "18446744073709551615"),
    "beyond 64 bits": lambda s: ("65536", "18446744073709551616"),
    "no number": lambda s: ("65536x", "8"),
    "empty": lambda s: ("", "8"),
    "no batch": lambda s: ("65536", "8"),
    "nothing": lambda s: ("65536", "0"),
}


@pytest.mark.parametrize("kind", BAD)
def test_pointers_that_lead_nowhere(segment, kind):
    offset, length = BAD[kind](segment)
    where = {"vgi_rpc.shm_offset": offset, "vgi_rpc.shm_length": length}
    with Process() as peer:
        peer.send(stream(ADD, (empty_batch(ADD), {**metadata("add_floats", **named(segment)), **where})))
        assert peer.read().error.type == "RpcError"
        peer.check_alive()
        peer.send(request("exchange_scale", row(FACTOR, 2.0), **named(segment)),
                  stream(VALUE, (empty_batch(VALUE), where), (empty_batch(VALUE), where)))
        assert peer.read().error is not None
        peer.check_alive()


def test_a_batch_of_another_schema_is_refused(segment):
    with Process() as peer:
        _, where = pointer(segment, row(FACTOR, 2.0))
        peer.send(stream(ADD, (empty_batch(ADD), {**metadata("add_floats", **named(segment)), **where})))
        assert "schema" in peer.read().error.message
        peer.check_alive()


def test_a_pointer_without_a_segment():
    where = {"vgi_rpc.shm_offset": "65536", "vgi_rpc.shm_length": "8"}
    with Process() as peer:
        peer.send(stream(ADD, (empty_batch(ADD), {**metadata("add_floats"), **where})))
        assert "no request has named a segment" in peer.read().error.message
        for name in ("no-such-segment", "../etc/passwd", "", "/"):
            peer.send(stream(ADD, (empty_batch(ADD), {**metadata("add_floats", shm_segment_name=name), **where})))
            assert peer.read().error.type == "RpcError"
            # A call whose batch is in the stream needs no segment.
            assert peer.call("add_floats", row(ADD, 1.0, 1.0), shm_segment_name=name).result == 2.0


def test_a_header_that_its_owner_breaks(segment):
    data = bytes(1 << 20)
    with Process() as peer:
        assert peer.call("echo_bytes", row(BYTES, data), **named(segment)).batches[0][0].num_rows == 0
        segment.buf[16:20] = b"\xff\xff\xff\xff"
        assert peer.call("echo_bytes", row(BYTES, data), **named(segment)).result == data
        segment.buf[16:20] = bytes(4)
        segment.buf[0:4] = b"LIES"
        assert peer.call("echo_bytes", row(BYTES, data), **named(segment)).result == data
        segment.buf[0:4] = b"VGIS"
        peer.check_alive()


def test_tcp_shares_no_memory(segment):
    data = bytes(1 << 20)
    with Server("--tcp", "127.0.0.1:0") as server:
        peer = server.connect()
        (_, meta), = peer.call("__transport_options__", **{"transport.shm": "true"}).batches
        assert meta["vgi_rpc.transport.shm"] == "false"
        assert peer.call("echo_bytes", row(BYTES, data), **named(segment)).result == data
        reply = call_by_pointer(peer, segment, "echo_bytes", row(BYTES, data))
        assert "pipes and unix sockets" in reply.error.message
        peer.check_alive()


def test_unix_sockets_do(segment, tmp_path):
    data = bytes(1 << 20)
    with Server("--unix", tmp_path / "s") as server:
        peer, second = server.connect(), server.connect()
        reply = call_by_pointer(peer, segment, "echo_bytes", row(BYTES, data))
        assert follow(segment, reply.schema, reply.batches[0][1]).num_rows == 1
        empty, where = pointer(segment, row(BYTES, data))
        second.send(stream(BYTES, (empty, {**metadata("echo_bytes"), **where})))
        assert "no request has named" in second.read().error.message  # an attachment is the connection's own


@pytest.mark.parametrize("smallest", ["1", "131072"])
def test_the_reference_client(tmp_path, smallest, monkeypatch):
    """Its whole runner, with every batch or only large ones in shared memory."""
    from test_client import run

    monkeypatch.setenv("VGI_RPC_SHM_MIN_BATCH_BYTES", smallest)
    run(tmp_path, "--cmd", SERVICE, "--shm", "4194304")
