"""Makes corpus/ipc: small Arrow IPC streams, written by pyarrow, that together use all that the decoder reads.

  make_ipc_corpus.py [DIRECTORY]      (default: corpus/ipc beside this script)

Seeds of the fuzzer and of the mutation tests, decoded equal to pyarrow by the corpus test. Committed, so that a build
needs no pyarrow; the files of one pyarrow version are the same every time.
"""

import datetime
import decimal
import io
import pathlib
import sys

import pyarrow as pa

V4 = pa.ipc.MetadataVersion.V4


def stream(schema, batches, metadata=None, **options):
    """One stream; `metadata` goes with each batch."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for batch in batches:
            writer.write_batch(batch, custom_metadata=metadata)
    return sink.getvalue()


def one(array, **options):
    """A stream of one column `c`, all of it, none of it, and a part of it."""
    batch = pa.RecordBatch.from_arrays([array], names=["c"])
    return stream(batch.schema, [batch, batch.slice(0, 0), batch.slice(1)], **options)


def columns(arrays, **options):
    batch = pa.RecordBatch.from_arrays(list(arrays.values()), names=list(arrays))
    return stream(batch.schema, [batch], **options)


def numbers():
    types = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
    arrays = {str(t): pa.array([0, None, 1, 100], t) for t in types}
    for t in (pa.float16(), pa.float32(), pa.float64()):
        arrays[str(t)] = pa.array([0.5, None, -1.5, float("inf")], t)
    arrays["bool"] = pa.array([True, None, False, True])
    prices = [decimal.Decimal("1.25"), None, decimal.Decimal("-9.99"), None]
    arrays["decimal128"] = pa.array(prices, pa.decimal128(5, 2))
    arrays["decimal256"] = pa.array([None, decimal.Decimal(10**40), None, decimal.Decimal(-7)], pa.decimal256(50, 0))
    arrays["null"] = pa.nulls(4)
    return arrays


def times():
    day = datetime.date(2024, 2, 29)
    now = datetime.datetime(2024, 2, 29, 12, 30, 1)
    delta = datetime.timedelta(seconds=90)
    clock = datetime.time(23, 59, 58)
    arrays = {"date32": pa.array([day, None], pa.date32()), "date64": pa.array([day, None], pa.date64())}
    for unit in ("s", "ms", "us", "ns"):
        arrays[f"time_{unit}"] = pa.array([clock, None], pa.time32(unit) if unit in ("s", "ms") else pa.time64(unit))
        arrays[f"timestamp_{unit}"] = pa.array([now, None], pa.timestamp(unit))
        arrays[f"timestamp_{unit}_tz"] = pa.array([now, None], pa.timestamp(unit, "Europe/Berlin"))
        arrays[f"duration_{unit}"] = pa.array([delta, None], pa.duration(unit))
    arrays["month_day_nano"] = pa.array([pa.MonthDayNano([1, 2, 3]), None], pa.month_day_nano_interval())
    return arrays


def texts():
    words = ["", None, "ASCII only", "Grüße, 世界 🙂", "a" * 40]
    blobs = [b"", None, b"\x00\xff", b"xyz", b"\x80" * 9]
    return {
        "utf8": pa.array(words, pa.utf8()),
        "large_utf8": pa.array(words, pa.large_utf8()),
        "binary": pa.array(blobs, pa.binary()),
        "large_binary": pa.array(blobs, pa.large_binary()),
        "fixed": pa.array([b"abc", None, b"\x00\x01\x02", b"   ", None], pa.binary(3)),
        "fixed_0": pa.array([b"", None, b"", b"", None], pa.binary(0)),
    }


def nested():
    return {
        "list": pa.array([[1, None], [], None, [3]], pa.list_(pa.int32())),
        "large_list": pa.array([["a"], None, [], ["b", None]], pa.large_list(pa.utf8())),
        "fixed_list": pa.array([[1, 2], None, [3, None], [5, 6]], pa.list_(pa.int16(), 2)),
        "struct": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": ""}, {"a": 4, "b": None}]),
        "map": pa.array([[("k", 1), ("l", None)], [], None, [("m", 2)]], pa.map_(pa.utf8(), pa.int64())),
        "deep": pa.array([[[{"a": [1]}]], [[]], None, [[None, {"a": None}]]]),
        "empty_struct": pa.array([{}, None, {}, {}], pa.struct([])),
    }


def unions():
    codes, children = pa.array([0, 1, 0, 1], pa.int8()), [pa.array([1, 2, 3, None]), pa.array(["a", "b", None, "d"])]
    offsets = pa.array([0, 0, 1, 1], pa.int32())
    return {
        "sparse": pa.UnionArray.from_sparse(codes, children, ["i", "s"]),
        "dense": pa.UnionArray.from_dense(codes, offsets, children, ["i", "s"]),
        "codes": pa.UnionArray.from_dense(pa.array([5, 127, 5, 127], pa.int8()), offsets, children, ["i", "s"],
                                          [5, 127]),
    }


def dictionaries():
    values = pa.array(["red", "green", "blue"])
    arrays = {}
    for index in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()):
        arrays[f"by_{index}"] = pa.DictionaryArray.from_arrays(pa.array([0, 2, None, 1], index), values)
    flags = pa.array([1, 0, 1, 0], pa.int8())
    arrays["ordered"] = pa.DictionaryArray.from_arrays(flags, pa.array([1.5, 2.5]), ordered=True)
    arrays["of_structs"] = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 0, None], pa.int32()), pa.array([{"a": 1, "b": ["x"]}, {"a": None, "b": None}]))
    return arrays


def nested_dictionary():
    inner = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 1], pa.int8()), pa.array(["in", "out"]))
    lists = pa.ListArray.from_arrays(pa.array([0, 2, 2, 4], pa.int32()), inner)
    outer = pa.DictionaryArray.from_arrays(pa.array([2, 0, 1, None], pa.int16()), lists)
    return {"nested": outer, "in_struct": pa.StructArray.from_arrays([inner, pa.array([1, 2, 3, 4])], ["d", "n"])}


def changing(deltas, values, more):
    """Three batches, whose dictionary grows (or is replaced) before each."""
    kind = pa.dictionary(pa.int8(), values[0].type)
    schema = pa.schema([pa.field("c", kind)])
    batches = []
    for step in range(3):
        chosen = values if not deltas else values[: step + 1]
        dictionary = pa.concat_arrays(chosen) if deltas else values[step]
        indices = pa.array([0, len(dictionary) - 1, None], pa.int8())
        batches.append(pa.record_batch([pa.DictionaryArray.from_arrays(indices, dictionary)], schema=schema))
    return stream(schema, batches, more, emit_dictionary_deltas=deltas, unify_dictionaries=False)


DELTA_VALUES = {
    "utf8": [pa.array(["a", "b"]), pa.array(["c"]), pa.array(["d", None, "f"])],
    "int64": [pa.array([1, 2]), pa.array([3]), pa.array([4, None])],
    "bool": [pa.array([True]), pa.array([False]), pa.array([None], pa.bool_())],
    "list": [pa.array([["a"], []], pa.list_(pa.utf8())), pa.array([["b", None]], pa.list_(pa.utf8())),
             pa.array([None, ["c"]], pa.list_(pa.utf8()))],
    "fixed_list": [pa.array([[1, 2]], pa.list_(pa.int8(), 2)), pa.array([[3, 4]], pa.list_(pa.int8(), 2)),
                   pa.array([None, [5, 6]], pa.list_(pa.int8(), 2))],
    "struct": [pa.array([{"a": 1}]), pa.array([{"a": 2}]), pa.array([None, {"a": 3}], pa.struct([("a", pa.int64())]))],
    "dense_union": [pa.UnionArray.from_dense(pa.array([0, 1], pa.int8()), pa.array([0, 0], pa.int32()),
                                             [pa.array([i]), pa.array([str(i)])]) for i in range(3)],
    "sparse_union": [pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([i, i]), pa.array(["x", str(i)])])
                     for i in range(3)],
}


def metadata():
    field = pa.field("c", pa.binary(16), metadata={"ARROW:extension:name": "arrow.uuid", "ARROW:extension:metadata": "",
                                                   "comment": "é"})
    schema = pa.schema([field, pa.field("c", pa.int8(), nullable=False)], metadata={b"key": b"\x00\xffbytes", b"": b""})
    batch = pa.record_batch([pa.array([b"0123456789abcdef"], pa.binary(16)), pa.array([1], pa.int8())], schema=schema)
    return stream(schema, [batch, batch], {b"vgi_rpc.method": b"add\x00floats", b"b": b"\xff\xfe"})


def depth(levels):
    kind = pa.int8()
    for _ in range(levels - 1):
        kind = pa.list_(kind)
    return columns({"c": pa.array([None], kind)})


def corpus():
    yield "no_columns", stream(pa.schema([]), [pa.record_batch([], schema=pa.schema([]))])
    yield "no_batches", stream(pa.schema([("a", pa.int64()), ("d", pa.dictionary(pa.int8(), pa.utf8()))]), [])
    groups = {"numbers": numbers(), "times": times(), "texts": texts(), "nested": nested(), "unions": unions(),
              "dictionaries": dictionaries(), "nested_dictionary": nested_dictionary()}
    for name, arrays in groups.items():
        yield name, columns(arrays)
        for codec in ("zstd", "lz4"):
            yield f"{name}_{codec}", columns(arrays, compression=codec)
        yield f"{name}_v4", columns(arrays, metadata_version=V4)
        for column, array in arrays.items():
            if name in ("texts", "nested", "unions", "nested_dictionary"):
                yield f"{name}.{column}", one(array)
    yield "legacy_framing", columns(texts(), metadata_version=V4, use_legacy_format=True)
    long = {"i": pa.array(range(600)), "s": pa.array(["repeat"] * 600),
            "d": pa.array(["x", "y"] * 300).dictionary_encode()}
    for codec in ("zstd", "lz4"):
        yield f"long_{codec}", columns(long, compression=codec)
    yield "metadata", metadata()
    for name, values in DELTA_VALUES.items():
        yield f"delta_{name}", changing(True, values, None)
        yield f"replaced_{name}", changing(False, values, {b"k": b"v"})
    yield "shared_dictionary_zero_rows", columns({k: v.slice(0, 0) for k, v in dictionaries().items()})
    yield "depth_30", depth(30)
    yield "depth_64", depth(64)


def main():
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus" / "ipc"
    target.mkdir(parents=True, exist_ok=True)
    total = 0
    for name, data in corpus():
        pa.ipc.open_stream(data).read_all().validate(full=True)
        (target / f"{name}.stream").write_bytes(data)
        total += len(data)
    print(f"{len(list(target.iterdir()))} files, {total} bytes in {target}")


if __name__ == "__main__":
    main()
