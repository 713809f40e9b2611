"""Every shape of function of the reference's fixture worker, called by the C client and by the reference's: the same
batches come, by the same schema, and the same sentences where there is something wrong."""

import pathlib
import subprocess
import sys

import pyarrow as pa
import pytest
from vgi.arguments import Arguments
from vgi.client import Client
from vgi.filter_v2_builder import build_filter_batch, serialize_filter_batch, value_payload

from tool import Refused, Tool

WORKER = pathlib.Path(__file__).resolve().parent.parent / "client/python_worker.py"


@pytest.fixture(scope="module")
def address():
    worker = subprocess.Popen([sys.executable, str(WORKER), "--tcp", "127.0.0.1:0"], stdout=subprocess.PIPE)
    scheme, host, port = worker.stdout.readline().decode().strip().split(":")
    assert scheme == "TCP"
    yield host, int(port)
    worker.kill()
    worker.wait()
    worker.stdout.close()


@pytest.fixture(scope="module")
def tool(address):
    made = Tool("tcp://{}:{}".format(*address))
    made.ask("attach", b"example")
    yield made
    made.close()


@pytest.fixture(scope="module")
def reference(address):
    with Client.from_tcp(*address) as client:
        opaque = client.catalog_attach(
            name="example", options=None, data_version_spec=None, implementation_version=None
        ).attach_opaque_data
    with Client.from_tcp(*address, attach_opaque_data=opaque, worker_limit=1) as client:
        yield client


# ---- one call by each client -----------------------------------------------------------------------------------------


def encoded(batch):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return sink.getvalue().to_pybytes()


def one_row(values):
    """A batch of one row; values are scalars, texts, bytes."""
    values = {name: value if isinstance(value, pa.Scalar) else pa.scalar(value) for name, value in values.items()}
    arrays = [pa.array([value.as_py()], value.type) for value in values.values()]
    return pa.RecordBatch.from_arrays(arrays, names=list(values))


def tool_request(case):
    """A case as function_calls.c wants it (method_tool.h)."""
    said = {"schema": case.get("schema", "main"), "name": case["name"]}
    constants = {f"arg_{i}": value for i, value in enumerate(case.get("positional", ()))} | case.get("named", {})
    if constants:
        said["arguments"] = encoded(one_row(constants))
    if "settings" in case:
        said["settings"] = encoded(one_row(case["settings"]))
    for i, column in enumerate(case.get("columns", ())):
        said[f"column_{i}"] = column
    for i, batch in enumerate(case.get("input", ())):
        said[f"input_{i}"] = encoded(batch)
    for name in ("filters", "at_unit", "at_value", "kind", "result", "limit"):
        if name in case:
            said[name] = case[name]
    for i, groups in enumerate(case.get("groups", ())):
        said[f"groups_{i}"] = b"".join(group.to_bytes(8, "little") for group in groups)
    return encoded(one_row(said))


def by_tool(tool, case, kind="function"):
    """The batches that come."""
    source, batches = pa.BufferReader(tool.ask(kind, tool_request(case))), []
    while source.tell() < source.size():
        with pa.ipc.open_stream(source) as stream:
            batches += list(stream)
    return batches


def scalars(values):
    return {name: value if isinstance(value, pa.Scalar) else pa.scalar(value) for name, value in values.items()}


def reference_words(case):
    positional = tuple(value if isinstance(value, pa.Scalar) else pa.scalar(value) for value in case.get("positional", ()))
    words = {"function_name": case["name"], "schema_path": [case.get("schema", "main")],
             "arguments": Arguments(positional=positional, named=scalars(case.get("named", {})))}  # fmt: skip
    if "settings" in case:
        words["settings"] = case["settings"]
    return words


def by_reference(client, case, shape):
    words = reference_words(case)
    if shape == "aggregate":
        return aggregate_by_reference(client, case, words)
    for name, word in (("filters", "pushdown_filters"), ("projection", "projection_ids"), ("at_unit", "at_unit"),
                       ("at_value", "at_value"), ("has_finalize", "has_finalize")):  # fmt: skip
        if name in case:
            words[word] = case[name]
    if shape != "table_function":
        words["input"] = iter(case["input"])
    return list(getattr(client, shape)(**words))


def aggregate_by_reference(client, case, words):
    batches = []
    with client.aggregate_session(**words, input_schema=case["input"][0].schema) as session:
        for groups, batch in zip(case["groups"], case["input"], strict=True):
            session.update(group_ids=groups, batch=batch)
        batches.append(session.finalize([0, 1]))
        session.combine(source_group_ids=[1], target_group_ids=[0])
        batches.append(session.finalize([0]))
    return batches


def compared(batches):
    """Schema and rows; where one batch ends is the worker's business, but for the empty ones."""
    filled = [batch for batch in batches if batch.num_rows]
    schema = str(batches[0].schema.remove_metadata()) if batches else None
    return schema, [row for batch in filled for row in batch.to_pylist()]


# ---- the shapes ------------------------------------------------------------------------------------------------------


def batch(**columns):
    return pa.RecordBatch.from_pydict(columns)


def points(*pairs):
    return pa.array([pair and {"lat": pair[0], "lon": pair[1]} for pair in pairs],
                    pa.struct([("lat", pa.float64()), ("lon", pa.float64())]))


def column(name, index, op, value):
    """A predicate: the column against a value (vgi.md, filter encoding v2)."""
    return name, index, op, value


def filters(*predicates):
    """A snapshot of predicates, encoded."""
    made, payloads = [], []
    for i, (name, index, op, value) in enumerate(predicates):
        payloads.append(value_payload(i, value))
        made.append({
            "id": f"p{i}", "revision": 0, "mode": "required", "source": "query",
            "expression": {"node": "comparison", "op": op,
                           "left": {"node": "column_ref", "column_index": index, "column_name": name},
                           "right": {"node": "literal", "value_ref": i}},
        })  # fmt: skip
    document = {"encoding": "vgi.filters.v2", "semantics": "vgi.duckdb.standard.v1", "kind": "snapshot",
                "predicates": made}  # fmt: skip
    return serialize_filter_batch(build_filter_batch(document, payloads))


NUMBERS = batch(a=[1, None, 3], b=[10, 20, 30])
WORDS = batch(value=["straße", None, "", "🦆"])
MANY = [batch(n=list(range(i, i + 4))) for i in range(0, 12, 4)]
TWO = batch(n=[5, 6, None], s=["x", None, "z"])
SCALARS = [
    {"name": "add_values", "input": [NUMBERS]},
    {"name": "add_values", "input": [NUMBERS, NUMBERS.slice(0, 0), NUMBERS]},
    {"name": "add_values", "input": [batch(a=[1.5, None], b=[2, 3])]},
    {"name": "double", "input": [batch(v=pa.array([1, None], pa.decimal128(9, 2)))]},
    {"name": "upper_case", "input": [WORDS]},
    {"name": "type_info", "input": [batch(v=pa.array([1, None], pa.uint32()))]},
    {"name": "type_info", "input": [batch(v=["text"])]},
    {"name": "concat_values", "input": [batch(a=["x", "y"], b=["1", None], c=["2", "3"])]},
    {"name": "sum_values", "input": [batch(a=[1, 2], b=[3, 4], c=[5, 6])]},
    {"name": "null_handling", "input": [batch(value=[1, None])]},
    {"name": "geo_distance_struct", "input": [batch(p1=points((0, 0), None), p2=points((3, 4), (1, 1)))]},
    {"name": "geo_centroid_list", "input": [batch(p=[[0.0, 0.0], [2.0, 4.0]], q=[[2.0, 2.0], [4.0, 4.0]])]},
    {"name": "multiply_by_setting", "input": [batch(value=[2, 3])], "settings": {"multiplier": 7}},
    {"name": "whoami", "input": [batch(x=[1, 2])]},
    {"name": "test_same_name_bind", "schema": "data", "input": [batch(value=[1])]},
    {"name": "test_same_name_bind", "schema": "main", "input": [batch(value=[1])]},
    {"name": "multiply", "positional": [6], "input": [batch(value=[1, None, 7])]},
    {"name": "hash_seed", "positional": [40], "input": [pa.RecordBatch.from_struct_array(pa.array([{}] * 3, pa.struct([])))]},
]  # fmt: skip
TABLES = [
    {"name": "sequence", "positional": [5]},
    {"name": "sequence", "positional": [5000]},
    {"name": "sequence", "positional": [0]},
    {"name": "sequence", "positional": [10], "named": {"batch_size": 3, "increment": 5}},
    {"name": "make_series", "positional": [3, 9, 2]},
    {"name": "make_series", "positional": ["7, 8"]},
    {"name": "make_series", "positional": [0.5]},
    {"name": "make_pairs", "positional": ["x", "y"]},
    {"name": "repeat_value", "positional": [3, "a", "b"]},
    {"name": "constant_columns", "positional": [2, "text", 1.5, True]},
    {"name": "named_params_echo", "positional": [2], "named": {"greeting": "grüß 'x'", "enabled": False, "scale": 2.5}},
    {"name": "nested_sequence", "positional": [3]},
    {"name": "typed_probe", "positional": [2]},
    {"name": "typed_probe", "positional": [1], "named": {"blob": b"\0\xff", "f": 0.5}},
    {"name": "settings_aware", "positional": [2], "settings": {"greeting": "hi", "multiplier": 3, "vgi_verbose_mode": True}},
    {"name": "ten_thousand"},
    {"name": "logging_generator", "positional": [3]},
    {"name": "test_same_name_table_scan", "schema": "data"},
    {"name": "cache_types", "positional": [3]},
    {"name": "tt_pushdown_scan", "at_unit": "VERSION", "at_value": "1"},
    {"name": "projected_data", "positional": [4], "columns": ["value"], "projection": [2]},
    {"name": "projected_data", "positional": [4], "columns": ["id", "extra"], "projection": [0, 3]},
    {"name": "filter_echo", "positional": [10], "filters": filters(column("n", 0, "gt", 7))},
    {"name": "filter_echo", "positional": [10], "filters": filters(column("n", 0, "le", 1), column("s", 1, "ne", "row_0"))},
    {"name": "filter_echo", "positional": [10], "filters": filters()},
    {"name": "filter_echo", "positional": [9], "filters": filters(column("n", 0, "ge", 7)),
     "columns": ["n", "pushed_filters"], "projection": [0, 2]},
    {"name": "value_prune", "positional": [100], "filters": filters(column("n", 0, "eq", 50))},
    {"name": "bool_filter_echo", "positional": [6], "filters": filters(column("flag", 1, "eq", True))},
]  # fmt: skip
TABLES_IN_OUT = [
    {"name": "echo", "input": [TWO]},
    {"name": "echo", "input": MANY},
    {"name": "repeat_inputs", "positional": [3], "input": [TWO]},
    {"name": "filter_by_setting", "input": [batch(value=[1, 5, 9])], "settings": {"threshold": 4}},
    {"name": "multi_batch_finish", "input": MANY, "has_finalize": True},
    {"name": "substream_partial_sum", "input": MANY, "has_finalize": True},
    {"name": "blended_explode", "input": [batch(n=[2, 0, 3])]},
    {"name": "geo_encode", "input": [batch(latitude=[1.5, 2.5], longitude=[3.25, 4.0])], "named": {"precision": 2}},
    {"name": "test_same_name_transform", "schema": "data", "input": [batch(n=[1])]},
]
BUFFERING = [
    {"name": "buffer_input", "input": MANY},
    {"name": "sum_all_columns", "input": [batch(n=[1, None, 3], x=[0.5, 1.5, 2.0], s=["a", "b", "c"])]},
    {"name": "ordered_buffer_input", "input": MANY},
    {"name": "large_state", "input": MANY},
    {"name": "buffer_emit_wide", "positional": [5], "input": [TWO]},
    {"name": "test_same_name_buffered", "schema": "main", "input": [batch(n=[1])]},
]
TWO_GROUPS = {"input": [batch(value=[1, 2, None, 4]), batch(value=[10, 20])], "groups": [[0, 1, 0, 1], [1, 0]]}
AGGREGATES = [
    {"name": "vgi_sum", **TWO_GROUPS},
    {"name": "vgi_avg", **TWO_GROUPS},
    {"name": "vgi_generic_sum", "input": [batch(value=[1.5, 2.0, None, 4.0])], "groups": [[0, 1, 0, 1]]},
    {"name": "vgi_listagg", "input": [batch(value=["a", "b", None, "d"])], "groups": [[0, 1, 0, 1]]},
    {"name": "vgi_sum_all", "input": [batch(a=[1, 2], b=[0.5, None])], "groups": [[0, 1]]},
    {"name": "vgi_weighted_sum", "input": [batch(value=[1.0, 2.0], weight=[3.0, 4.0])], "groups": [[0, 1]]},
    {"name": "test_same_name_agg", "schema": "data", **TWO_GROUPS},
]
CASES = [("scalar_function", case) for case in SCALARS] + [("table_function", case) for case in TABLES] + [
    ("table_in_out_function", {"has_finalize": False, **case}) for case in TABLES_IN_OUT] + [
    ("table_buffering_function", case) for case in BUFFERING] + [("aggregate", case) for case in AGGREGATES]  # fmt: skip


@pytest.mark.parametrize(("shape", "case"), CASES, ids=[f"{shape}-{case['name']}" for shape, case in CASES])
def test_function(tool, reference, shape, case):
    expected = compared(by_reference(reference, case, shape))
    got = compared(by_tool(tool, case, "aggregate" if shape == "aggregate" else "function"))
    assert got[1] == expected[1]
    assert got[0] == expected[0] or not (got[1] or expected[1])
    assert shape != "scalar_function" or got[1]


# ---- tables of the catalog -------------------------------------------------------------------------------------------


def table_by_reference(client, case):
    """What the reference's client reads: the branches of the table, one behind the other."""
    at = {name: case[name] for name in ("at_unit", "at_value") if name in case}
    answer = client.table_scan_branches_get(
        attach_opaque_data=client._attach_opaque_data, schema_path=[case["schema"]], name=case["name"], **at)  # fmt: skip
    batches = []
    for branch in answer.branches:
        arguments = Arguments(positional=tuple(branch.positional_arguments), named=dict(branch.named_arguments))
        batches += client.table_function(function_name=branch.function_name, schema_path=list(branch.schema_path),
                                         arguments=arguments, **at)  # fmt: skip
    return batches


@pytest.mark.parametrize("case", [
    {"schema": "data", "name": "numbers"},
    {"schema": "data", "name": "colors"},
    {"schema": "data", "name": "departments"},
    {"schema": "data", "name": "rowid_struct"},
    {"schema": "data", "name": "versioned_data"},
    {"schema": "data", "name": "versioned_data", "at_unit": "VERSION", "at_value": "2"},
    {"schema": "data", "name": "tt_pushdown_cols", "at_unit": "TIMESTAMP", "at_value": "2019-05-05 00:00:00"},
    {"schema": "main", "name": "test_same_name_table"},
], ids=lambda case: case["name"])  # fmt: skip
def test_table(tool, reference, case):
    expected = compared(table_by_reference(reference, case))
    assert expected[1]
    assert compared(by_tool(tool, case, "table")) == expected


# ---- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "case"), [
    ("table_function", {"name": "sequence", "positional": [-5]}),
    ("table_function", {"name": "sequence", "positional": ["x"]}),
    ("table_function", {"name": "generator_exception", "positional": [2]}),
    ("table_function", {"name": "filter_echo", "positional": [5], "filters": filters(column("none", 0, "eq", 1))}),
    ("scalar_function", {"name": "add_values", "input": [WORDS]}),
    ("table_in_out_function", {"name": "filter_by_setting", "input": [TWO], "has_finalize": False,
                               "settings": {"threshold": 4}}),
    ("table_buffering_function", {"name": "exception_finalize", "input": [NUMBERS]}),
    ("aggregate", {"name": "vgi_sum", "input": [WORDS], "groups": [[0, 1, 0, 1]]}),
], ids=lambda each: each if isinstance(each, str) else each["name"])  # fmt: skip
def test_failure(tool, reference, shape, case):
    """The worker's sentence reaches both, and the connection lives on."""
    with pytest.raises(Exception) as expected:
        by_reference(reference, case, shape)
    with pytest.raises(Refused) as refused:
        by_tool(tool, case, "aggregate" if shape == "aggregate" else "function")
    said = str(refused.value).split(": ", 1)[1].splitlines()[0]
    assert said and said in str(expected.value)
    tool.ask("catalog_catalogs")


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_a_scan_that_is_given_up(tool, limit):
    case = {"name": "sequence", "positional": [1_000_000], "named": {"batch_size": 100}, "limit": bytes([limit])}
    assert compared(by_tool(tool, case))[1] == [{"n": n} for n in range(100 * limit)]
    tool.ask("catalog_catalogs")


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_a_function_in_a_transaction(tool, end):
    """What is called between begin and its end belongs to the transaction: the worker keeps a value in it."""
    def value(seed):
        ((row),) = compared(by_tool(tool, {"name": "tx_cached_value", "positional": [f"key {end}", seed]}))[1]
        return list(row.values())[-1]

    tool.ask("begin")
    assert [value(1), value(2)] == [1, 1]
    tool.ask(end)
    assert value(3) == 3
    tool.ask("begin")
    assert value(4) == 4
    tool.ask(end)
