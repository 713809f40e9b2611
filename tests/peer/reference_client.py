"""A client of the reference SDK lists, scans and calls our worker: reference_client.py VERSION

Run by the Python of an environment with vgi-python of that version, since each speaks one dialect: 0.39.0 protocol 2.0,
0.40.0 protocol 2.1, 0.47.0 protocol 2.2. What is asked for is catalog `shop` of tests/fixture/catalog_shop.c, and all
of the README's hello worker.
"""

import importlib.metadata
import os
import pathlib
import sys

import pyarrow as pa
from vgi.arguments import Arguments
from vgi.catalog import SchemaObjectType
from vgi.client import Client

BIN = pathlib.Path(os.environ["VGI_BIN_DIR"])
WORKER = str(BIN / "vgi-fixture-worker")
HELLO = str(BIN / "hello")


def schema_of(field):
    """A schema field of a record: some versions hand out its bytes, some the schema."""
    return field if isinstance(field, pa.Schema) else pa.ipc.read_schema(pa.BufferReader(field))


def names(items):
    return [item.name for item in items]


def equal(got, want):
    assert got == want, f"got {got!r}, expected {want!r}"


def attach(client, name):
    return client.catalog_attach(name=name, options=None, data_version_spec=None, implementation_version=None)


def check_attach(client):
    catalogs = {info.name: info for info in client.catalogs()}
    equal(catalogs["shop"].implementation_version, "1.2.0")
    equal(catalogs["shop"].data_version_spec, "2.1.0")
    equal(catalogs["shop"].source_url, "https://example.com/shop")
    result = attach(client, "shop")
    equal(result.default_schema, "main")
    equal(result.comment, "A catalog with one of everything.")
    equal(dict(result.tags), {"purpose": "tests"})
    equal(result.resolved_data_version, "2.1.0")
    equal((result.supports_transactions, result.catalog_version_frozen), (False, True))
    return result


def contents(client, opaque, kind, path="main"):
    return client.schema_contents(attach_opaque_data=opaque, path=[path], type=getattr(SchemaObjectType, kind))


def check_tables(client, opaque):
    tables = {table.name: table for table in contents(client, opaque, "TABLE")}
    equal(list(tables), ["numbers", "tail", "products", "orders", "measures", 'Odd "table"'])
    products = tables["products"]
    columns = schema_of(products.columns)
    equal(columns.names, ["id", "name", "price", "category"])
    equal([str(column) for column in columns.types], ["int64", "string", "double", "string"])
    equal(columns.field("price").metadata, {b"default": b"1.5", b"comment": b"Without tax."})
    equal(list(products.not_null_constraints), [0, 1])
    equal([list(key) for key in products.primary_key_constraints], [[0]])
    equal([list(key) for key in products.unique_constraints], [[1], [3, 1]])
    equal(list(products.check_constraints), ["price > 0", "length(name) < 100"])
    equal(tables["numbers"].cardinality_estimate, 100)
    equal(dict(tables["numbers"].tags), {"source": "counted", "kind": "sequence"})
    equal(len(tables["orders"].foreign_key_constraints), 1)
    equal(client.table_get(attach_opaque_data=opaque, schema_path=["MAIN"], name="NUMBERS").name, "numbers")
    equal(client.table_get(attach_opaque_data=opaque, schema_path=["main"], name="nosuch"), None)
    equal(client.table_get(attach_opaque_data=opaque, schema_path=["nosuch"], name="numbers"), None)


def check_other_kinds(client, opaque):
    equal([list(info.path) for info in client.schemas(attach_opaque_data=opaque)], [["main"], ["Archive"], ["empty"]])
    views = contents(client, opaque, "VIEW")
    equal(names(views), ["evens", "by_category"])
    equal(dict(views[0].column_comments), {"n": "An even number."})
    equal(names(contents(client, opaque, "SCALAR_MACRO")), ["add_tax"])
    equal(names(contents(client, opaque, "TABLE_MACRO")), ["numbers_between"])
    equal(contents(client, opaque, "SCALAR_MACRO")[0].parameter_default_values.column_names, ["rate"])
    equal(list(contents(client, opaque, "INDEX")), [])
    equal(list(contents(client, opaque, "TABLE", "empty")), [])


def check_functions(client, opaque):
    (vat,) = contents(client, opaque, "SCALAR_FUNCTION")
    equal((vat.name, vat.function_type.name, vat.stability.name), ("vat", "SCALAR", "CONSISTENT"))
    equal((vat.comment, vat.description), ("The price with tax.", "Adds a quarter."))
    equal(schema_of(vat.arguments).field("price").metadata, {b"vgi_doc": b"Without tax."})
    equal(schema_of(vat.output_schema).names, ["result"])
    equal(vat.examples[0].sql, "SELECT vat(4)")
    count_to = contents(client, opaque, "TABLE_FUNCTION")[0]
    equal((count_to.name, count_to.function_type.name, count_to.max_workers), ("count_to", "TABLE", 1))
    equal(schema_of(count_to.arguments).field("start").metadata[b"vgi_arg"], b"named")
    equal(count_to.parameter_default_values.to_pylist(), [{"start": 0}])
    equal(list(contents(client, opaque, "AGGREGATE_FUNCTION")), [])


def scan(client, opaque, table):
    """What a scan does: the branches of a table, then the function that they name. The branch, and the rows."""
    result = client.table_scan_branches_get(attach_opaque_data=opaque, schema_path=["main"], name=table)
    (branch,) = result.branches
    arguments = Arguments(positional=tuple(branch.positional_arguments), named=dict(branch.named_arguments))
    batches = client.table_function(
        function_name=branch.function_name, schema_path=list(branch.schema_path), arguments=arguments
    )
    return branch, [row for batch in batches for row in batch.to_pylist()]


def call(client, function, **columns):
    """The results of a scalar function over columns of values."""
    rows = pa.RecordBatch.from_pydict(columns)
    results = client.scalar_function(function_name=function, schema_path=["main"], input=iter([rows]))
    return [value for batch in results for value in batch.column(0).to_pylist()]


def check_calls(client, opaque):
    branch, rows = scan(client, opaque, "tail")
    equal((branch.function_name, list(branch.schema_path)), ("count_to", ["main"]))
    equal([value.as_py() for value in branch.positional_arguments], [100])
    equal({name: value.as_py() for name, value in branch.named_arguments.items()}, {"start": 90})
    equal(rows, [{"n": n} for n in range(90, 100)])
    delegated = client.table_scan_branches_get(attach_opaque_data=opaque, schema_path=["main"], name="measures")
    equal(delegated.branches[0].function_name, "read_parquet")
    equal(list(delegated.required_extensions), ["parquet"])
    equal(call(client, "vat", price=[1.0, None, 4.0]), [1.25, None, 5.0])


def check_refusals(client, opaque):
    asked = {
        "CatalogReadOnlyError: Cannot drop table main.numbers: catalog is read-only": lambda: client.table_drop(
            attach_opaque_data=opaque, schema_path=["main"], name="numbers"
        ),
        "No catalog 'nosuch' here": lambda: attach(client, "nosuch"),
        "attach_opaque_data not recognized": lambda: client.schemas(attach_opaque_data=b"stranger"),
        "Schema nosuch does not exist": lambda: contents(client, opaque, "TABLE", "nosuch"),
    }
    for sentence, ask in asked.items():
        try:
            ask()
        except Exception as error:
            assert sentence in str(error), f"{error!r} does not say {sentence!r}"
        else:
            raise AssertionError(f"nobody said {sentence!r}")


def check_contents(client, attached):
    """From 2.1 on, the whole catalog in one answer equals what the listings say."""
    opaque = attached.attach_opaque_data
    assert attached.supports_catalog_contents
    whole = client.contents(attach_opaque_data=opaque)
    equal([list(entry.schema.path) for entry in whole.schemas], [["main"], ["Archive"], ["empty"]])
    kinds = {
        "tables": "TABLE", "views": "VIEW", "scalar_functions": "SCALAR_FUNCTION",
        "aggregate_functions": "AGGREGATE_FUNCTION", "table_functions": "TABLE_FUNCTION",
        "scalar_macros": "SCALAR_MACRO", "table_macros": "TABLE_MACRO", "indexes": "INDEX",
    }  # fmt: skip
    for entry in whole.schemas:
        for attribute, kind in kinds.items():
            listed = contents(client, opaque, kind, entry.schema.path[0])
            equal(list(getattr(entry, attribute)), list(listed))
    again = client.contents(attach_opaque_data=opaque, if_none_match=whole.etag)
    equal((again.not_modified, again.etag, list(again.schemas)), (True, whole.etag, []))
    assert not client.contents(attach_opaque_data=opaque, if_none_match="stale").not_modified
    other = attach(client, "shop").attach_opaque_data
    equal(client.contents(attach_opaque_data=other).etag, whole.etag)


def check_hello():
    with Client(HELLO) as client:
        equal(names(client.catalogs()), ["hello"])
        opaque = attach(client, "hello").attach_opaque_data
        equal(names(contents(client, opaque, "TABLE")), ["numbers"])
        equal(names(contents(client, opaque, "VIEW")), ["evens"])
        equal(names(contents(client, opaque, "SCALAR_FUNCTION")), ["add_ints"])
        equal(names(contents(client, opaque, "TABLE_FUNCTION")), ["series"])
    with Client(HELLO, attach_opaque_data=opaque) as client:
        equal(scan(client, opaque, "numbers")[1], [{"n": n} for n in range(1000)])
        equal(call(client, "add_ints", a=[1, None, 3], b=[10, 20, 30]), [11, None, 33])


def main():
    version = importlib.metadata.version("vgi-python")
    equal(version, sys.argv[1])
    with Client(WORKER) as client:
        attached = check_attach(client)
        opaque = attached.attach_opaque_data
        check_tables(client, opaque)
        check_other_kinds(client, opaque)
        check_functions(client, opaque)
        check_refusals(client, opaque)
        if hasattr(client, "contents"):
            check_contents(client, attached)
    with Client(WORKER, attach_opaque_data=opaque) as client:
        check_calls(client, opaque)
    check_hello()
    print(f"vgi-python {version}: all is as it should be")


main()
