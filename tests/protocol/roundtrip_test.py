"""Every record and parameter row of every dialect, with random values made by pyarrow in the declared schema, comes
back equal from the C codec: values, column names, types, nullability, order. And what must be refused is refused."""

import random

import pyarrow as pa
import pytest

from records import (MINORS, PARAMS, RECORDS, Codec, CodecError, batch_of, from_bytes, random_row, schema_of, to_bytes,
                     values_of)

ALL = {**RECORDS, **PARAMS}
ROUNDS = 12


@pytest.fixture(scope="module")
def codec():
    codec = Codec()
    yield codec
    codec.close()


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("name", ALL)
def test_roundtrip(codec, name, minor):
    schema = schema_of(ALL[name], minor)
    for seed in range(ROUNDS):
        batch = batch_of([random_row(random.Random(f"{name} {minor} {seed}"), ALL[name], minor)], schema)
        answer = from_bytes(codec.recode(name, to_bytes(batch), minor))
        assert answer.schema.equals(schema)
        assert values_of(answer) == values_of(batch)


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("name", RECORDS)
def test_many_rows(codec, name, minor):
    schema = schema_of(RECORDS[name], minor)
    if len(schema) == 0:
        return
    for count in (0, 2, 17):
        rows = [random_row(random.Random(f"{name} {minor} {i}"), RECORDS[name], minor) for i in range(count)]
        batch = batch_of(rows, schema)
        answer = from_bytes(codec.recode(name, to_bytes(batch), minor, many=True))
        assert answer.schema.equals(schema)
        assert values_of(answer) == values_of(batch)


@pytest.mark.parametrize("name", ALL)
def test_dialects(codec, name):
    """A row read in one dialect is written in another: what both have is equal, the rest takes its default."""
    for source in MINORS:
        batch = batch_of([random_row(random.Random(name), ALL[name], source)], schema_of(ALL[name], source))
        for target in MINORS:
            try:
                answer = from_bytes(codec.recode(name, to_bytes(batch), target))
            except CodecError as error:
                assert "attach_opaque_data must be given" in str(error) and name == "SchemaInfo" and source == 2
                continue
            assert answer.schema.equals(schema_of(ALL[name], target))
            (before,), (after,) = values_of(batch), values_of(answer)
            for column in ALL[name]:
                shared = column.name in before and column.name in after and column.member == column.name
                if shared and name != "CatalogContentsResponse":
                    assert before[column.name] == after[column.name]


def row_of(name, minor=0):
    schema = schema_of(ALL[name], minor)
    return batch_of([random_row(random.Random(7), ALL[name], minor)], schema)


@pytest.mark.parametrize("name", ALL)
def test_order_and_unknown_columns_do_not_matter(codec, name):
    batch = row_of(name)
    if batch.num_columns == 0:
        return
    order = list(range(batch.num_columns))
    random.Random(3).shuffle(order)
    shuffled = batch.select(order).append_column("of_a_later_version", pa.array([["x"]]))
    assert values_of(from_bytes(codec.recode(name, to_bytes(shuffled), 0))) == values_of(batch)


@pytest.mark.parametrize("name", ALL)
def test_missing_columns(codec, name):
    batch = row_of(name)
    for i, column in enumerate(c for c in ALL[name] if c.in_minor(0)):
        without = batch.drop_columns([column.name])
        if without.num_columns == 0:
            without = pa.RecordBatch.from_struct_array(pa.array([{}], pa.struct([])))
        everywhere = all(any(c.name == column.name and c.in_minor(m) for c in ALL[name]) for m in MINORS)
        if column.nullable:
            assert values_of(from_bytes(codec.recode(name, to_bytes(without), 0)))[0][column.name] is None
        elif column.has_default:
            value = values_of(from_bytes(codec.recode(name, to_bytes(without), 0)))[0][column.name]
            default = column.default
            assert value == default or (not value and not default), column.name
        elif everywhere:
            with pytest.raises(CodecError, match=rf"TypeError: Missing fields in .* RecordBatch: \['{column.name}'\]"):
                codec.recode(name, to_bytes(without), 0)


@pytest.mark.parametrize("name", ALL)
def test_null_where_none_may_be(codec, name):
    batch = row_of(name)
    for i, field in enumerate(batch.schema):
        if field.nullable:
            continue
        changed = batch.set_column(i, pa.field(field.name, field.type), pa.nulls(1, field.type))
        with pytest.raises(CodecError, match=rf"TypeError: .*\.{field.name} must not be null"):
            codec.recode(name, to_bytes(changed), 0)


@pytest.mark.parametrize("name", ALL)
def test_wrong_type(codec, name):
    batch = row_of(name)
    for i, column in enumerate(c for c in ALL[name] if c.in_minor(0)):
        if column.member != column.name or sum(c.name == column.name for c in ALL[name]) > 1:
            continue
        changed = batch.set_column(i, column.name, pa.array([3.5], pa.float16()))
        with pytest.raises(CodecError, match=rf"TypeError: .*\.{column.name} must be .*, but is float16"):
            codec.recode(name, to_bytes(changed), 0)


def set_column(batch, name, array):
    return batch.set_column(batch.schema.get_field_index(name), name, array)


def test_other_physical_types(codec):
    batch = row_of("BindRequest")
    want = values_of(batch)
    for name, kind in (("function_name", pa.large_utf8()), ("arguments", pa.large_binary())):
        batch = set_column(batch, name, batch.column(name).cast(kind))
    names = batch.column("function_type").dictionary_decode()
    for array in (names, names.cast(pa.large_utf8()), pa.DictionaryArray.from_arrays(pa.array([2], pa.uint8()),
                                                                                    ["no", "no", names[0].as_py()])):
        changed = set_column(batch, "function_type", array)
        changed = set_column(changed, "function_name", changed.column("function_name").dictionary_encode())
        assert values_of(from_bytes(codec.recode("BindRequest", to_bytes(changed), 0))) == want
    path = set_column(row_of("TableInfo"), "schema_path", pa.array([["a", "b"]], pa.large_list(pa.large_utf8())))
    assert values_of(from_bytes(codec.recode("TableInfo", to_bytes(path), 0)))[0]["schema_path"] == ["a", "b"]


def test_unknown_enum_member(codec):
    batch = set_column(row_of("BindRequest"), "function_type", pa.array(["TABEL"]))
    with pytest.raises(CodecError, match="KeyError: BindRequest.function_type: FunctionType has no member 'TABEL'; it "
                                         "has AGGREGATE, SCALAR, TABLE, TABLE_BUFFERING"):
        codec.recode("BindRequest", to_bytes(batch), 0)


def test_row_count(codec):
    batch = row_of("ViewInfo")
    for rows in (batch.slice(0, 0), pa.concat_batches([batch, batch])):
        with pytest.raises(CodecError, match=f"ViewInfo must have exactly 1 row, but has {rows.num_rows}"):
            codec.recode("ViewInfo", to_bytes(rows), 0)


def test_numbers_out_of_range(codec):
    info = row_of("FunctionInfo")
    with pytest.raises(CodecError, match="ValueError: FunctionInfo.max_workers holds a number outside"):
        codec.recode("FunctionInfo", to_bytes(set_column(info, "max_workers", pa.array([1 << 31]))), 0)
    version = row_of("CatalogVersionResponse")
    with pytest.raises(CodecError, match="ValueError: CatalogVersionResponse.version holds a number outside"):
        codec.recode("CatalogVersionResponse", to_bytes(set_column(version, "version",
                                                                   pa.array([1 << 63], pa.uint64()))), 0)
    with pytest.raises(CodecError, match="TypeError: TableInfo.not_null_constraints must not hold null"):
        codec.recode("TableInfo", to_bytes(set_column(row_of("TableInfo"), "not_null_constraints",
                                                      pa.array([[1, None]], pa.list_(pa.int32())))), 0)


def test_damaged_bytes(codec):
    """Whatever the bytes, there is an answer and the process lives (the sanitizers watch)."""
    rng = random.Random(1)
    for name in ("BindRequest", "FunctionInfo", "TableInfo", "CatalogContentsResponse"):
        data = to_bytes(row_of(name))
        for _ in range(300):
            damaged = bytearray(data)
            for _ in range(rng.choice((1, 2, 8))):
                damaged[rng.randrange(len(damaged))] = rng.choice((0, 1, 127, 255, rng.randrange(256)))
            try:
                codec.recode(name, bytes(damaged[:rng.choice((len(data), rng.randrange(len(data))))]), 0)
            except CodecError:
                pass
