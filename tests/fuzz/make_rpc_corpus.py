"""Makes corpus/rpc and corpus/shm: sessions and segments for fuzz_rpc.c and fuzz_shm.c, written by pyarrow.

  make_rpc_corpus.py [DIRECTORY]      (default: corpus beside this script)

Committed, so that a build needs no pyarrow.
"""

import os
import pathlib
import struct
import sys

import pyarrow as pa

HERE = pathlib.Path(__file__).resolve().parent
os.environ.setdefault("VGI_BIN_DIR", "")
sys.path.insert(0, str(HERE.parent / "rpc"))

from wire import (ADD, COUNT, EMPTY, FACTOR, VALUE, empty_batch, metadata, not_null, one_row_without_columns,  # noqa: E402
                  request, row, stream)

TICK = (empty_batch(), {"tick": "1"})
TEXT = pa.schema([not_null("value", pa.string())])
MESSAGE = pa.schema([not_null("message", pa.string())])
BYTES = pa.schema([not_null("data", pa.binary())])
LIST = pa.schema([not_null("values", pa.list_(pa.string()))])
STATUS = pa.schema([pa.field("status", pa.dictionary(pa.int16(), pa.utf8()), nullable=False)])
REFLECTION = {"protocol": "vgi_rpc.Reflection.v1", "protocol_version": None}
CANCEL = (empty_batch(), {"vgi_rpc.cancel": "1"})


def status(name):
    return pa.record_batch([pa.array([name]).dictionary_encode().cast(STATUS[0].type)], schema=STATUS)


def values(*numbers):
    return pa.record_batch([pa.array(numbers, pa.float64())], schema=VALUE)


def other_values(*numbers):
    return pa.record_batch([pa.array(numbers, pa.int32())], names=["value"])


def sessions():
    add = request("add_floats", row(ADD, 1.5, 2.5))
    ticks = stream(EMPTY, *[TICK] * 4)
    yield "add", add
    yield "add_twice", add + add
    yield "cut", add[:-20]
    yield "garbage_behind", add + b"no Arrow at all"
    yield "enum", request("echo_enum", status("ACTIVE")) + request("echo_enum", status("NONE"))
    yield "list", request("echo_list", row(LIST, ["a", "b"]))
    yield "logs", request("echo_with_all_log_levels", row(TEXT, "x")) + request("echo_with_log_extras", row(TEXT, 'é"'))
    yield "errors", request("raise_value_error", row(MESSAGE, "no")) + request("no_such") + request("x" * 300)
    yield "refused", b"".join(request("add_floats", row(ADD, 1.0, 2.0), **change) for change in (
        {"protocol": None}, {"protocol": "a b"}, {"protocol_version": "1.2"}, {"request_version": "2"}))
    yield "no_method", stream(ADD, row(ADD, 1.0, 2.0)) + stream(ADD, (row(ADD, 1.0, 2.0), {"vgi_rpc.method": b"\xff"}))
    yield "void", request("void_noop") + request("void_noop", one_row_without_columns())
    yield "options", request("__transport_options__", **{"transport.shm": "true"}) + request("__describe__")
    yield "reflection", request("list_protocols", **REFLECTION) + request(
        "describe", row(pa.schema([not_null("protocol", pa.string())]), "test.Unversioned.v1"), **REFLECTION)
    yield "producer", request("produce_n", row(COUNT, 2)) + ticks + add
    yield "producer_with_header", request("produce_with_header_and_logs", row(COUNT, 2)) + ticks + add
    yield "producer_error", request("produce_error_mid_stream", row(
        pa.schema([not_null("emit_before_error", pa.int64())]), 1)) + ticks + add
    yield "init_error", request("produce_error_on_init") + stream(EMPTY) + add
    yield "refused_stream", request("produce_n", row(ADD, 1.0, 2.0)) + ticks + add
    yield "cancelled", request("cancellable_producer") + stream(EMPTY, TICK, CANCEL) + add
    yield "cut_stream", request("produce_n", row(COUNT, 9)) + ticks[:-8]
    scale = request("exchange_scale", row(FACTOR, 2.0))
    yield "exchange", scale + stream(VALUE, values(1.0, None), values()) + add
    yield "exchange_cast", scale + stream(other_values(1).schema, other_values(1, 2)) + add
    yield "exchange_mismatch", scale + stream(TEXT, row(TEXT, "x")) + add
    yield "exchange_pointer", scale + stream(VALUE, (values(), {"vgi_rpc.shm_offset": "65536",
                                                               "vgi_rpc.shm_length": "8"})) + add
    yield "exchange_metadata", request("exchange_input_metadata") + stream(
        VALUE, (values(1.0), {"vgi.conformance.input": "x", "k": "v"}))
    yield "traced", stream(ADD, (row(ADD, 1.0, 2.0), {**metadata("add_floats"), "tracestate": "a=b",
                                 "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}))


def segment(kind, region, offset=65536, length=None, header=b""):
    length = len(region) if length is None else length
    return struct.pack("<BH", kind, len(header)) + header + struct.pack("<QQ", offset, length) + region


def header(regions, **changes):
    """What the right header is changed by (exclusive or)."""
    fields = {"magic": 0, "version": 0, "data_size": 0, "count": len(regions), **changes}
    return struct.pack("<IIQII", fields["magic"], fields["version"], fields["data_size"], fields["count"], 0) + b"".join(
        struct.pack("<QQ", *region) for region in regions)


def bare(schema, batch):
    """A batch without its schema message and its end."""
    whole = stream(schema, batch)
    first = 8 + struct.unpack_from("<i", whole, 4)[0]
    return whole[first:-8]


def segments():
    data = stream(BYTES, row(BYTES, b"some bytes" * 20))
    yield "bytes", segment(0, data)
    yield "bytes_in_table", segment(0, data, header=header([(65536, 1024)]))
    yield "dictionary", segment(1, bare(STATUS, status("ACTIVE")))
    yield "dictionary_whole", segment(1, stream(STATUS, status("ACTIVE")))
    yield "input", segment(2, stream(VALUE, values(1.0, 2.0, None)))
    yield "empty_request", segment(3, stream(EMPTY, empty_batch()))
    yield "cut_segment", segment(128, data)
    yield "cut_region", segment(0, data, length=len(data) - 9)
    yield "outside", segment(0, data, offset=262144 - 8)
    yield "overflow", segment(0, data, offset=2**64 - 8)
    yield "in_header", segment(0, data, offset=16)
    yield "other_schema", segment(0, stream(TEXT, row(TEXT, "x")))
    yield "table_full", segment(0, data, header=header([(65536 + 8 * i, 8) for i in range(40)], count=4094))
    yield "table_too_long", segment(2, data, header=header([], count=4095))
    yield "table_overlaps", segment(0, data, header=header([(65536, 64), (65540, 64)]))
    yield "table_outside", segment(0, data, header=header([(65536, 2**63)]))
    yield "table_gap", segment(0, data, header=header([(65536, 1024), (70000, 64), (200000, 62144)]))
    yield "magic", segment(0, data, header=header([], magic=1))
    yield "version", segment(0, data, header=header([], version=3))
    yield "data_size", segment(0, data, header=header([], data_size=1))


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "corpus"
    for folder, made in (("rpc", sessions()), ("shm", segments())):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for name, data in made:
            (root / folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
