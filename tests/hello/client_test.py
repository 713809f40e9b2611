"""The reference client lists the hello worker's catalog, scans its table and calls its functions: client_test.py MINOR

MINOR is the version of the protocol that the installed client must speak ("2.1"): a wrong environment would prove nothing.
"""

import importlib.resources
import os
import pathlib
import sys

import pyarrow as pa
from vgi.arguments import Arguments
from vgi.catalog.catalog_interface import SchemaObjectType
from vgi.client import Client

HELLO = str(pathlib.Path(os.environ["VGI_BIN_DIR"]) / "hello")
passed = 0


def check(what, found, wanted):
    global passed
    if found != wanted:
        sys.exit(f"{what}: {found!r}, not {wanted!r}")
    passed += 1


def check_catalog(client):
    check("catalogs", [info.name for info in client.catalogs()], ["hello"])
    attached = client.catalog_attach(name="hello", data_version_spec=None, implementation_version=None)
    opaque = attached.attach_opaque_data
    check("default schema", attached.default_schema, "main")
    if hasattr(client, "load_catalog"):
        check("load_catalog", bool(client.load_catalog(attach=attached)), True)

    schemas = client.schemas(attach_opaque_data=opaque)
    check("schemas", [schema.path[-1] if hasattr(schema, "path") else schema.name for schema in schemas], ["main"])

    def names(kind):
        return [item.name for item in client.schema_contents(attach_opaque_data=opaque, path=["main"], type=kind)]

    check("tables", names(SchemaObjectType.TABLE), ["numbers"])
    check("views", names(SchemaObjectType.VIEW), ["evens"])
    check("scalars", names(SchemaObjectType.SCALAR_FUNCTION), ["add_ints"])
    check("table functions", names(SchemaObjectType.TABLE_FUNCTION), ["series"])
    table = client.table_get(attach_opaque_data=opaque, schema_path=["main"], name="numbers")
    schema = pa.ipc.read_schema(pa.py_buffer(table.columns)) if isinstance(table.columns, bytes) else table.columns
    check("columns of numbers", schema.field(0), pa.field("n", pa.int64(), nullable=False))
    check("no such table", client.table_get(attach_opaque_data=opaque, schema_path=["main"], name="none"), None)
    return client.table_scan_function_get(attach_opaque_data=opaque, schema_path=["main"], name="numbers")


def scan(client, name, arguments):
    batches = client.table_function(function_name=name, schema_path=["main"], arguments=arguments)
    return [value for batch in batches for value in batch.column("n").to_pylist()]


def check_functions(client, scan_function):
    arguments = Arguments(
        positional=tuple(scan_function.positional_arguments),
        named=dict(scan_function.named_arguments),
    )
    check("scan of numbers", scan(client, scan_function.function_name, arguments), list(range(1000)))
    check("series(5000)", scan(client, "series", Arguments(positional=(pa.scalar(5000),))), list(range(5000)))
    check("series(0)", scan(client, "series", Arguments(positional=(pa.scalar(0),))), [])

    rows = pa.record_batch({"a": pa.array([1, None, 3]), "b": pa.array([10, 20, None])})
    sums = client.scalar_function(function_name="add_ints", schema_path=["main"], input=iter([rows, rows.slice(0, 1)]))
    check("add_ints", [batch.column(0).to_pylist() for batch in sums], [[11, None, None], [11]])

    huge = pa.record_batch({"a": pa.array([2**63 - 1]), "b": pa.array([1])})
    try:
        list(client.scalar_function(function_name="add_ints", schema_path=["main"], input=iter([huge])))
    except Exception as error:  # whatever type the client's version raises, it must carry the author's sentence
        check("overflow", f"{2**63 - 1} + 1 is too large for BIGINT" in str(error), True)
    else:
        sys.exit("an overflow was not reported")


def main():
    spoken = importlib.resources.files("vgi").joinpath("protocol_version.txt").read_text().strip()
    check("protocol version of the client", spoken.rpartition(".")[0], sys.argv[1])
    with Client([HELLO], worker_limit=1) as client:
        check_functions(client, check_catalog(client))
        check("still there after an error", scan(client, "series", Arguments(positional=(pa.scalar(3),))), [0, 1, 2])
    print(f"{passed} passed")


main()
