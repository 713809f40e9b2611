"""Random streams of any Arrow type that pyarrow can make, as hypothesis draws them; and pyarrow's reader and writer."""

import decimal
import io

import pyarrow as pa
from hypothesis import strategies as st

TEXT = st.text(max_size=12)
FLOATS = st.floats(allow_nan=False)


def integers(bits, signed=True):
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else st.integers(0, 2**bits - 1)


LEAVES = [
    (pa.null(), st.none()),
    (pa.bool_(), st.booleans()),
    *[(t, integers(t.bit_width)) for t in (pa.int8(), pa.int16(), pa.int32(), pa.int64())],
    *[(t, integers(t.bit_width, False)) for t in (pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())],
    (pa.float16(), st.floats(width=16, allow_nan=False)),
    (pa.float32(), st.floats(width=32, allow_nan=False)),
    (pa.float64(), FLOATS),
    (pa.decimal128(38, 9), st.integers(-(10**37), 10**37).map(lambda n: decimal.Decimal(n).scaleb(-9, decimal.Context(prec=80)))),
    (pa.decimal256(70, 0), st.integers(-(10**69), 10**69).map(decimal.Decimal)),
    (pa.utf8(), TEXT),
    (pa.large_utf8(), TEXT),
    (pa.binary(), st.binary(max_size=12)),
    (pa.large_binary(), st.binary(max_size=12)),
    (pa.binary(7), st.binary(min_size=7, max_size=7)),
    (pa.date32(), integers(20)),
    (pa.date64(), integers(20).map(lambda days: days * 86400000)),
    (pa.time32("s"), st.integers(0, 86399)),
    (pa.time64("ns"), st.integers(0, 86400 * 10**9 - 1)),
    (pa.timestamp("us"), integers(60)),
    (pa.timestamp("ns", "America/New_York"), integers(60)),
    (pa.duration("ms"), integers(64)),
    (pa.month_day_nano_interval(), st.tuples(integers(32), integers(32), integers(64)).map(pa.MonthDayNano)),
]


def nullable(values):
    return st.one_of(st.none(), values)


def kinds(depth):
    """(type, strategy of values): a leaf, or something that holds such."""
    leaf = st.sampled_from(LEAVES)
    if depth == 0:
        return leaf
    inner = kinds(depth - 1)
    return st.one_of(
        leaf,
        inner.map(lambda k: (pa.list_(k[0]), st.lists(nullable(k[1]), max_size=4))),
        inner.map(lambda k: (pa.large_list(k[0]), st.lists(nullable(k[1]), max_size=3))),
        inner.map(lambda k: (pa.list_(k[0], 3), st.lists(nullable(k[1]), min_size=3, max_size=3))),
        inner.map(lambda k: (pa.map_(pa.int16(), k[0]), st.lists(st.tuples(integers(16), nullable(k[1])), max_size=3))),
        st.lists(inner, max_size=3).map(
            lambda ks: (pa.struct([(f"f{i}", k[0]) for i, k in enumerate(ks)]),
                        st.fixed_dictionaries({f"f{i}": nullable(k[1]) for i, k in enumerate(ks)}))),
    )


def encode(array, draw):
    """The array with text turned into dictionaries here and there, at any depth."""
    kind = array.type
    if pa.types.is_string(kind) and draw(st.booleans()):
        encoded = array.dictionary_encode()
        return encoded.cast(pa.dictionary(draw(st.sampled_from([pa.int8(), pa.uint16(), pa.int64()])), kind))
    if pa.types.is_list(kind):
        return pa.ListArray.from_arrays(array.offsets, encode(array.values, draw), mask=array.is_null())
    if pa.types.is_struct(kind) and kind.num_fields and len(array):
        children = [encode(array.field(i), draw) for i in range(kind.num_fields)]
        return pa.StructArray.from_arrays(children, names=[f.name for f in kind], mask=array.is_null())
    return array


def union(draw, rows):
    """A union column: pyarrow makes none out of Python values."""
    codes = draw(st.lists(st.sampled_from([3, 100]), min_size=rows, max_size=rows))
    numbers = draw(st.lists(nullable(integers(32)), min_size=rows, max_size=rows))
    words = draw(st.lists(nullable(TEXT), min_size=rows, max_size=rows))
    children = [pa.array(numbers, pa.int32()), pa.array(words, pa.utf8())]
    if draw(st.booleans()):
        return pa.UnionArray.from_sparse(pa.array(codes, pa.int8()), children, ["n", "s"], [3, 100])
    return pa.UnionArray.from_dense(pa.array(codes, pa.int8()), pa.array(range(rows), pa.int32()), children, ["n", "s"],
                                    [3, 100])


@st.composite
def batches(draw):
    """A schema by its first batch, and more batches of it; each with metadata."""
    rows, columns = draw(st.integers(0, 30)), []
    for kind, values in draw(st.lists(kinds(2), max_size=4)):
        may_be_null = draw(st.booleans()) or kind == pa.null()
        rows_of = st.lists(nullable(values) if may_be_null else values, min_size=rows, max_size=rows)
        columns.append((encode(pa.array(draw(rows_of), kind), draw), may_be_null))
    if draw(st.booleans()):
        columns.append((union(draw, rows), True))
    pairs = st.dictionaries(st.binary(max_size=5), st.binary(max_size=5), max_size=2)
    some = pairs.map(lambda found: found or None)
    fields = [pa.field(draw(TEXT), a.type, n, draw(some)) for a, n in columns]
    schema = pa.schema(fields, draw(some))
    first = pa.RecordBatch.from_arrays([a for a, _ in columns], schema=schema)
    result = []
    for _ in range(draw(st.integers(0, 3))):
        begin = draw(st.integers(0, first.num_rows))
        part = first.slice(begin, draw(st.integers(0, first.num_rows - begin))) if draw(st.booleans()) else first
        result.append((part, draw(pairs)))
    return schema, result


OPTIONS = st.sampled_from([
    {}, {"compression": "zstd"}, {"compression": "lz4"}, {"metadata_version": pa.ipc.MetadataVersion.V4},
])


def write(schema, content, options):
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for batch, metadata in content:
            writer.write_batch(batch, custom_metadata=metadata or None)
    return sink.getvalue()


def read(data):
    reader, result = pa.ipc.open_stream(data), []
    while True:
        try:
            batch, metadata = reader.read_next_batch_with_custom_metadata()
        except StopIteration:
            return reader.schema, result
        batch.validate(full=True)
        result.append((batch, dict(metadata.items()) if metadata else {}))
