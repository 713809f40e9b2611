"""Types of the service's rows on the wire: members of enums, records in any shape, hashes (rpc.md §4, §8.1)."""

import hashlib
import json

import pyarrow as pa
import pytest

from wire import EMPTY, Process, empty_batch, not_null, row, stream

STATUS = pa.dictionary(pa.int16(), pa.string())
POINT = pa.schema([not_null("x", pa.float64()), not_null("y", pa.float64())])
POINT_TYPE = pa.struct(list(POINT))
HASHES = {"ConformanceService": "4b0269208a5a8fdeb7d8fe0f62a352713a3bfc071d7de99e5e12408c5f0b9402",
          "vgi_rpc.Reflection.v1": "3c7db4cae8cdfc93dc4a76e73b8b759e18e45e6a5811adba4e520366344b919a"}


@pytest.fixture(scope="module")
def peer():
    with Process() as p:
        yield p


def statuses(*names):
    return pa.array(names, pa.string()).dictionary_encode().cast(STATUS)


def batch(**columns):
    schema = pa.schema([not_null(name, column.type) for name, column in columns.items()])
    return pa.record_batch(list(columns.values()), schema=schema)


@pytest.mark.parametrize("name", ["pending", "NONE", "", "PENDING ", "ACTIVE\0"])
def test_a_member_that_does_not_exist_is_refused(peer, name):
    reply = peer.call("echo_enum", batch(status=statuses(name)))
    assert reply.error.type == "KeyError" and "status" in reply.error.message
    peer.check_alive()


def test_members_are_looked_at_wherever_they_are(peer):
    good = {"statuses": pa.array([["ACTIVE"]], pa.list_(pa.string())).cast(pa.list_(STATUS)),
            "points": pa.array([[]], pa.list_(POINT_TYPE)),
            "status_by_name": pa.MapArray.from_arrays([0, 1], pa.array(["a"]), statuses("CLOSED"))}
    assert peer.call("pack_nested_containers", batch(**good)).error is None
    bad = {"statuses": pa.array([["ACTIVE", "OPEN"]], pa.list_(pa.string())).cast(pa.list_(STATUS)),
           "status_by_name": pa.MapArray.from_arrays([0, 1], pa.array(["a"]), statuses("OPEN"))}
    for name, column in bad.items():
        reply = peer.call("pack_nested_containers", batch(**{**good, name: column}))
        assert reply.error.type == "KeyError" and f"'{name}'" in reply.error.message


def point(schema, *columns):
    record = pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, schema)], schema=schema)
    return row(pa.schema([not_null("point", pa.binary())]), stream(schema, record))


@pytest.mark.parametrize("sent", [
    (POINT, [1.5], [2.5]),
    (pa.schema([POINT.field("y"), POINT.field("x")]), [2.5], [1.5]),
    (pa.schema([pa.field("extra", pa.string()), *POINT]), ["unknown"], [1.5], [2.5]),
    (pa.schema([f.with_nullable(True) for f in POINT]), [1.5], [2.5]),
], ids=["as declared", "another order", "one more", "nullable"])
def test_a_record_is_read_by_the_names_of_its_fields(peer, sent):
    assert peer.call("inspect_point", point(*sent)).result == "Point(1.5, 2.5)"


@pytest.mark.parametrize("sent, kind, text", [
    ((pa.schema([POINT.field("x")]), [1.5]), "TypeError", "lacks field 'y'"),
    ((pa.schema([POINT.field("x"), not_null("y", pa.int64())]), [1.5], [2]), "TypeError", "is int64"),
    ((pa.schema([f.with_nullable(True) for f in POINT]), [1.5], [None]), "TypeError", "must not be null"),
    ((POINT, [1.5, 1.5], [2.5, 2.5]), "ValueError", "has 2"),
    ((POINT, [], []), "ValueError", "has 0"),
    ((EMPTY,), "TypeError", "lacks field 'x'"),
], ids=["missing", "other type", "null", "two rows", "no rows", "empty"])
def test_a_record_that_is_none_is_refused(peer, sent, kind, text):
    reply = peer.call("inspect_point", point(*sent))
    assert reply.error.type == kind and text in reply.error.message and "'point'" in reply.error.message
    peer.check_alive()


@pytest.mark.parametrize("garbage", [b"", b"no stream", stream(POINT), stream(POINT)[:40]])
def test_bytes_that_are_no_record_are_refused(peer, garbage):
    reply = peer.call("echo_point", row(pa.schema([not_null("point", pa.binary())]), garbage))
    assert reply.error and "'point'" in reply.error.message
    peer.check_alive()


@pytest.mark.parametrize("value", [0.0, -0.0, 1.0, 0.1, 1e15, 123456789012345680.0, 1e16, 1e-4, 1e-5, 5e-324, 1 / 3,
                                   1.7976931348623157e308, float("inf"), float("nan")])
def test_floats_print_as_in_python(peer, value):
    assert peer.call("inspect_point", point(POINT, [value], [2.0])).result == f"Point({value}, 2.0)"


def describe(peer, protocol):
    reply = peer.call("describe", row(pa.schema([not_null("protocol", pa.string())]), protocol),
                      protocol="vgi_rpc.Reflection.v1", protocol_version=None)
    return pa.ipc.open_stream(reply.result).read_all().to_pylist()[0]


def token(field):
    kind = field.type
    names = {"string": "utf8", "double": "float64", "bool": "bool", "binary": "binary", "int64": "int64"}
    return {"name": field.name, "nullable": field.nullable, "type": names[str(kind)]}


def test_hashes_are_computed_from_what_is_described(peer):
    """The secondary protocol of the test service has simple types; its hash is computed here from its description."""
    described = describe(peer, "test.Unversioned.v1")
    methods = []
    for method in described["methods"]:
        params, result = (pa.ipc.read_schema(pa.py_buffer(method[f"{k}_schema_ipc"])) for k in ("params", "result"))
        methods.append({"has_header": False, "has_return": True, "name": method["name"],
                        "params": [token(f) for f in params], "result": [token(f) for f in result], "type": "unary"})
    text = json.dumps({"methods": methods, "protocol": "test.Unversioned.v1"}, sort_keys=True, separators=(",", ":"))
    assert described["protocol_hash"] == hashlib.sha256(f"vgi_rpc.protocol_hash.v1|{text}".encode()).hexdigest()


def test_the_hash_of_reflection_is_the_known_one(peer):
    listing = peer.call("list_protocols", empty_batch(), protocol="vgi_rpc.Reflection.v1", protocol_version=None)
    protocols = pa.ipc.open_stream(listing.result).read_all().to_pylist()[0]["protocols"]
    found = {p["protocol"]: p["protocol_hash"] for p in protocols}
    assert found["vgi_rpc.Reflection.v1"] == HASHES["vgi_rpc.Reflection.v1"]
    assert len({hash for hash in found.values()}) == len(found)
