"""The reference's client against our workers: every method of the protocol, answered or refused by the type that it
should be, and every shape of function that our workers have."""

import os
import pathlib
import subprocess

import pyarrow as pa
import pytest
from vgi.arguments import Arguments
from vgi.client import Client
from vgi.protocol import VgiProtocol
from vgi_rpc.rpc import RpcError, unix_connect

import script

BIN = pathlib.Path(os.environ["VGI_BIN_DIR"])
FIXTURE = str(BIN / "vgi-fixture-worker")
METHODS = script.methods()
# Worker, catalog, and what is in it: table, view, scalar macro.
CATALOGS = {
    "hello": ("hello", {"table": "numbers", "view": "evens", "macro": None}),
    "shop": ("vgi-fixture-worker", {"table": "products", "view": "evens", "macro": "add_tax"}),
}
# Methods that a read-only catalog refuses; those that our workers have no functions for; the rest answers.
READ_ONLY = {name for name, method in script.SPEC["methods"].items() if name.startswith("catalog_") and (
    "result" not in method or name.endswith(("insert_function_get", "update_function_get", "delete_function_get")))}  # fmt: skip
ENDS = {"catalog_transaction_commit", "catalog_transaction_rollback"}  # of a transaction that nobody has begun
READ_ONLY -= ENDS | {"catalog_detach"}
NOT_OFFERED = {name for name in METHODS if name.startswith(("aggregate_", "table_buffering_"))}
ANSWERED = set(METHODS) - READ_ONLY - NOT_OFFERED - ENDS - {"table_function_plan"}


class Attached:
    """A worker of ours with a catalog, and the reference's typed proxy."""

    def __init__(self, catalog, proxy):
        self.catalog, self.proxy = catalog, proxy
        self.objects = CATALOGS[catalog][1]
        self.opaque = self.attach().attach_opaque_data

    def attach(self):
        given = {"name": self.catalog, "options": None, "data_version_spec": None, "implementation_version": None}
        return self.proxy.catalog_attach(request=script.sdk_class("CatalogAttachRequest")(**given))

    def row(self, name):
        """The script's row, about things that are there."""
        columns, request = METHODS[name]
        kind = next((kind for kind in ("table", "view", "macro") if f"_{kind}_get" in name), "table")
        here = {"attach_opaque_data": self.opaque, "schema_path": ["main"], "path": ["main"],
                "name": self.objects[kind] or "none", "at_unit": None, "at_value": None,
                "transaction_opaque_data": None}  # fmt: skip
        if name.startswith("catalog_transaction_"):
            del here["transaction_opaque_data"]
        if name == "catalog_attach":
            here.update(name=self.catalog, options=None, data_version_spec=None, implementation_version=None)
        made = script.row(request or name, "full", columns)
        return {key: here.get(key, value) for key, value in made.items()}

    def call(self, name):
        columns, request = METHODS[name]
        row = self.row(name)
        if request:
            data = script.to_bytes(script.batch_of([row], script.schema_of(columns, script.MINOR)))
            return getattr(self.proxy, name)(request=script.sdk_class(request).deserialize_from_bytes(data))
        by_name = {column.name: column for column in columns}
        return getattr(self.proxy, name)(**{key: script.sdk_argument(by_name[key], value) for key, value in row.items()})


@pytest.fixture(scope="module", params=CATALOGS)
def attached(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("worker") / "w.sock"
    worker = subprocess.Popen([str(BIN / CATALOGS[request.param][0]), "--unix", str(path)], stdout=subprocess.PIPE)
    assert worker.stdout.readline().startswith(b"UNIX:")
    with unix_connect(VgiProtocol, str(path)) as proxy:
        yield Attached(request.param, proxy)
    worker.terminate()
    assert worker.wait(30) == 0
    worker.stdout.close()


@pytest.mark.parametrize("name", sorted(READ_ONLY & set(METHODS)))
def test_a_change_is_refused(attached, name):
    with pytest.raises(RpcError) as refused:
        attached.call(name)
    assert refused.value.error_type == "CatalogReadOnlyError"
    assert refused.value.error_message.endswith("is read-only")  # the catalog, or a table of one that is not
    attached.attach()  # the connection lives on


@pytest.mark.parametrize("name", sorted(NOT_OFFERED))
def test_a_method_that_is_not_offered(attached, name):
    with pytest.raises(RpcError) as refused:
        attached.call(name)
    assert refused.value.error_type == "MethodNotImplementedError"
    assert name in refused.value.error_message


@pytest.mark.parametrize("name", sorted(ENDS))
def test_no_transaction_has_begun(attached, name):
    assert attached.proxy.catalog_transaction_begin(attach_opaque_data=attached.opaque).transaction_opaque_data is None
    with pytest.raises(RpcError, match="transaction_opaque_data not recognized"):
        attached.call(name)


def bind_call(attached, function):
    given = Arguments(positional=(pa.scalar(5),), named={})
    kind = script.sdk_class("FunctionType").TABLE
    return script.sdk_class("BindRequest")(
        function_name=function, arguments=given, function_type=kind, attach_opaque_data=attached.opaque,
        schema_path=["main"], input_schema=None, settings=None, secrets=None, transaction_opaque_data=None)  # fmt: skip


def test_a_plan_of_a_function_without_splits(attached):
    bind = bind_call(attached, {"hello": "series", "shop": "count_to"}[attached.catalog])
    request = script.sdk_class("TableFunctionPlanRequest")(bind_call=bind, bind_opaque_data=None)
    with pytest.raises(RpcError, match="NotImplementedError: .* plans no splits"):
        attached.proxy.table_function_plan(request=request)


ASKED_WITH_BIND = {"bind", "table_function_cardinality", "table_function_statistics", "table_function_dynamic_to_string"}


@pytest.mark.parametrize("name", sorted(ANSWERED - ASKED_WITH_BIND))
def test_a_method_is_answered(attached, name):
    answer = attached.call(name)
    result = script.SPEC["methods"][name].get("result")
    if result is None:
        assert answer is None
    elif hasattr(answer, "to_infos"):
        for item in answer.to_infos():  # the SDK decodes all of it
            assert item.serialize_to_bytes()
    elif isinstance(answer, bytes):
        made = script.sdk_class(result).deserialize(script.from_bytes(answer))
        assert getattr(made, "function_name", None) or made.branches
    else:
        assert result.endswith("?") or answer.serialize_to_bytes()


@pytest.mark.parametrize("name", ["catalog_table_get", "catalog_view_get", "catalog_macro_get"])
def test_what_is_there_is_found(attached, name):
    wanted = attached.row(name)["name"]
    assert [info.name for info in attached.call(name).to_infos()] == ([] if wanted == "none" else [wanted])


def test_bind_and_what_goes_with_it(attached):
    function = {"hello": "series", "shop": "count_to"}[attached.catalog]
    bind = bind_call(attached, function)
    answer = attached.proxy.bind(request=bind)
    schema = answer.output_schema
    schema = schema if isinstance(schema, pa.Schema) else pa.ipc.read_schema(pa.BufferReader(schema))
    assert schema.names == ["n"]
    for name in sorted(ASKED_WITH_BIND - {"bind"}):
        request = script.sdk_class(script.SPEC["methods"][name]["request"])
        given = {"bind_call": bind, "bind_opaque_data": answer.opaque_data}
        if name == "table_function_dynamic_to_string":
            given["global_execution_id"] = bytes(16)
        getattr(attached.proxy, name)(request=request(**given))


# ---- functions -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client():
    with Client(FIXTURE) as first:
        opaque = first.catalog_attach(
            name="fixture", options=None, data_version_spec=None, implementation_version=None
        ).attach_opaque_data
    with Client(FIXTURE, attach_opaque_data=opaque, worker_limit=1) as made:
        yield made


def arguments(positional=(), named=None):
    return Arguments(positional=tuple(map(pa.scalar, positional)),
                     named={name: pa.scalar(value) for name, value in (named or {}).items()})  # fmt: skip


def scalar(client, name, columns, constants=()):
    batch = pa.RecordBatch.from_pydict(columns)
    if not columns:
        batch = pa.RecordBatch.from_struct_array(pa.array([{}] * 2, pa.struct([])))
    results = client.scalar_function(function_name=name, schema_path=["main"], input=iter([batch, batch]),
                                     arguments=arguments(constants))  # fmt: skip
    return [value for result in results for value in result.column(0).to_pylist()]


@pytest.mark.parametrize(("name", "columns", "constants", "expected"), [
    ("add_ints", {"a": [1, None], "b": [2, 3]}, (), [3, None]),
    ("shout", {"text": ["straße", None]}, (), ["STRAßE", None]),
    ("scale", {"x": [1.0, None]}, (2.5,), [2.5, None]),
    ("join_all", {"a": ["x", "y"], "b": ["z", None]}, ("-",), ["x-z", None]),
    ("describe", {"v": [1]}, (), ["integer"]),
    ("describe", {"v": ["x"]}, (), ["text"]),
    ("describe", {"v": [1], "w": [2]}, (), ["two integers"]),
    ("type_of", {"v": [[1]]}, (), ["list"]),
    ("is_missing", {"v": ["x", None]}, (), [False, True]),
    ("null_if_odd", {"n": [1, 2]}, (), [None, 2]),
    ("forty_two", {}, (), [42, 42]),
    ("up_to", {"n": [0, 3, None]}, (), [[], [0, 1, 2], None]),
    ("pair", {"n": [1, None]}, (), [{"n": 1, "parity": "odd"}, None]),
    ("chatty", {"n": [1]}, (), [1]),
], ids=lambda each: each if isinstance(each, str) else "")  # fmt: skip
def test_scalar(client, name, columns, constants, expected):
    assert scalar(client, name, columns, constants) == expected * 2


@pytest.mark.parametrize(("name", "positional", "named", "projection", "expected"), [
    ("series", (9,), {"start": 3, "step": 2}, None, [{"n": 3}, {"n": 5}, {"n": 7}]),
    ("series", (0,), {}, None, []),
    ("wide", (2,), {}, [0, 2], [{"a": 0, "wanted": "a-c-"}, {"a": 1, "wanted": "a-c-"}]),
    ("wide", (1,), {}, [2, 0], [{"wanted": "a-c-", "a": 0}]),
    ("columns", (3,), {}, None, [{"c0": 0, "c1": 10, "c2": 20}]),
    ("pick", (1,), {}, None, [{"chosen": "BIGINT"}]),
    ("pick", ("s",), {}, None, [{"chosen": "VARCHAR"}]),
    ("pick", (1, 2), {}, None, [{"chosen": "BIGINT, BIGINT"}]),
], ids=lambda each: each if isinstance(each, str) else "")  # fmt: skip
def test_table_function(client, name, positional, named, projection, expected):
    batches = client.table_function(function_name=name, schema_path=["scans"], arguments=arguments(positional, named),
                                    projection_ids=projection)  # fmt: skip
    assert [row for batch in batches for row in batch.to_pylist()] == expected


def test_arguments_of_a_table_function(client):
    batches = client.table_function(function_name="arguments", schema_path=["scans"],
                                    arguments=arguments(("t", 1, "z"), {"flag": False}))  # fmt: skip
    shown = {row["name"]: row["value"] for batch in batches for row in batch.to_pylist()}
    assert shown == {"text": "t", "rest": "2", "flag": "false given", "maybe": "NULL", "first": "int64"}


@pytest.mark.parametrize(("schema", "name", "positional", "said"), [
    ("scans", "series", ("x",), "argument stop is VARCHAR; expected BIGINT"),
    ("scans", "none", (), "none"),
    ("trouble", "fails", ("bind",), "it failed in bind, as asked"),
    ("trouble", "fails", ("open",), "it failed in open, as asked"),
    ("trouble", "fails", ("next",), "it failed in next, as asked"),
    ("trouble", "own_error", (), "RateLimitError: try again in 7 seconds"),
])
def test_what_goes_wrong(client, schema, name, positional, said):
    with pytest.raises(Exception, match=said):
        list(client.table_function(function_name=name, schema_path=[schema], arguments=arguments(positional)))
