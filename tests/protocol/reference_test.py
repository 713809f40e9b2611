"""Records travel between the C codec and the reference SDK (vgi-python): what C writes it reads, what it writes C
reads, with equal values and the very same schema. Nested bytes are valid, because the reference looks into them."""

import importlib
import random

import pyarrow as pa
import pytest

from records import RECORDS, SPEC, Codec, batch_of, from_bytes, random_value, schema_of, to_bytes, values_of

MODULES = {
    "vgi.protocol": ["BindRequest", "InitRequest", "CatalogAttachRequest", "TableCreateRequest", "PlanResponse",
                     "TableFunctionPlanRequest", "MacroCreateRequest", "IndexCreateRequest", "ScanSplit",
                     "ClientCapabilities", "TablesResponse", "AggregateBindRequest", "AggregateWindowInitRequest",
                     "TableBufferingProcessRequest", "TableFunctionCardinalityRequest", "SortField"],
    "vgi.invocation": ["BindResponse", "GlobalInitResponse"],
    "vgi.table_function": ["TableCardinality"],
    "vgi.catalog.catalog_interface": ["FunctionInfo", "TableInfo", "ViewInfo", "MacroInfo", "IndexInfo", "SchemaInfo",
                                      "CatalogAttachResult", "CatalogInfo", "CopyFromFormatInfo", "ForeignKeyInfo"],
}
CLASSES = {name: module for module, names in MODULES.items() for name in names}


@pytest.fixture(scope="module")
def codec():
    codec = Codec()
    yield codec
    codec.close()


def schema_bytes():
    return pa.schema([pa.field("a", pa.int64()), pa.field("b", pa.list_(pa.utf8()), False)]).serialize().to_pybytes()


def batch_bytes(rng):
    return to_bytes(pa.RecordBatch.from_pydict({"x": [rng.randrange(99)], "y": ["text"]}))


def arguments_bytes(rng):
    kind = pa.struct([("positional_0", pa.int64()), ("named_step", pa.utf8())])
    return to_bytes(pa.RecordBatch.from_pydict(
        {"args": pa.array([{"positional_0": rng.randrange(99), "named_step": None}], kind)}))


def carried(rng, column):
    makers = {"schema": schema_bytes, "batch": lambda: batch_bytes(rng)}
    make = makers.get(column.carries, lambda: record_bytes(rng, column.carries))
    return [make() for _ in range(rng.randrange(3))] if column.type.startswith("list<") else make()


def value(rng, record, column):
    """A random value that the reference accepts."""
    if column.nullable and rng.random() < 0.3:
        return None
    if record.endswith("Capability"):
        return {"namespace": "vgi.test", "name": "some_name", "version": 1 + rng.randrange(9),
                "profile": "vgi.duckdb.session.v1", "provider_fingerprint": "f"}[column.name]
    if column.name == "arguments" and column.carries == "batch":
        return arguments_bytes(rng)
    if column.carries in ("schema", "batch") or column.carries in RECORDS:
        return carried(rng, column)
    if column.name == "argument_monotonicity":
        return [rng.choice(SPEC["enums"]["ArgumentMonotonicity"]) for _ in range(2)]
    inner = column.type[5:-1] if column.type.startswith("list<") else column.type
    if inner in RECORDS:
        return [row(rng, inner) for _ in range(rng.randrange(3))] if inner != column.type else row(rng, inner)
    made = random_value(rng, column.type, 0)
    return list(dict(made).items()) if column.type.startswith("map<") else made


def row(rng, record):
    values = {c.name: value(rng, record, c) for c in RECORDS[record] if c.in_minor(0)}
    if values.get("argument_monotonicity"):
        values["function_type"] = "SCALAR"
    return values


def record_bytes(rng, record):
    return to_bytes(batch_of([row(rng, record)], schema_of(RECORDS[record], 0)))


def deep(record, data):
    """The values of a record's bytes, carried bytes taken apart: the same thing may be written in several ways."""
    def opened(column, item):
        if item is None:
            return None
        if column.carries == "schema":
            return pa.ipc.read_schema(pa.py_buffer(item))
        return from_bytes(item).to_pylist() if column.carries == "batch" else deep(column.carries, item)

    (values,) = values_of(from_bytes(data))
    for column in RECORDS[record]:
        if column.carries in ("schema", "batch", *RECORDS) and column.in_minor(0):
            item = values[column.name]
            values[column.name] = [opened(column, i) for i in item] if isinstance(item, list) else opened(column, item)
    return values


@pytest.mark.parametrize("name", CLASSES)
def test_there_and_back(codec, name):
    reference = getattr(importlib.import_module(CLASSES[name]), name)
    for seed in range(10):
        ours = codec.recode(name, record_bytes(random.Random(f"{name} {seed}"), name), 0)
        theirs = reference.deserialize_from_bytes(ours).serialize_to_bytes()
        assert from_bytes(theirs).schema.equals(from_bytes(ours).schema)
        assert deep(name, theirs) == deep(name, ours)
        assert deep(name, codec.recode(name, theirs, 0)) == deep(name, ours)


def test_scan_branches(codec):
    """The scan results have a form of their own in the reference."""
    from vgi.catalog.catalog_interface import ScanBranch, ScanBranchesResult, ScanFunctionResult

    branch = ScanBranch("read_parquet", [pa.scalar("a.parquet")], {"union_by_name": pa.scalar(True)}, "x > 1")
    branches = ScanBranchesResult([branch], ["parquet"])
    data = branches.serialize()
    recoded = ScanBranchesResult.deserialize(from_bytes(codec.recode("ScanBranchesResult", data, 0)))
    assert recoded == branches
    assert from_bytes(codec.recode("ScanBranchesResult", data, 0)).schema.equals(from_bytes(data).schema)
    inner = values_of(from_bytes(data))[0]["branches"][0]
    assert ScanBranch.deserialize(from_bytes(codec.recode("ScanBranch", inner, 0))) == branch
    function = ScanFunctionResult("f", [pa.scalar(3)], {"n": pa.scalar("x")}, ["icu"], ["main"])
    assert ScanFunctionResult.deserialize(
        from_bytes(codec.recode("ScanFunctionResult", function.serialize(), 0))) == function
