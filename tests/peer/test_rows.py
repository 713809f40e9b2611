"""Functions over rows and functions that write, of our fixture worker: called by the C client and by the reference's, which
get the same batches, and the same sentences where there is something wrong."""

import os
import pathlib

import pytest
from vgi.client import Client

from test_functions import MANY, TWO, batch, by_reference, by_tool, compared, encoded, one_row
from tool import Refused, Tool

WORKER = str(pathlib.Path(os.environ["VGI_BIN_DIR"]) / "vgi-fixture-worker")


class CClient:
    """The C client and a worker of its own."""

    def __init__(self):
        self.tool = Tool(WORKER)
        self.tool.ask("attach", b"fixture")

    def call(self, case):
        return by_tool(self.tool, case)

    def scan(self):
        return by_tool(self.tool, {"schema": "stock", "name": "scan_items"})

    def close(self):
        self.tool.close()


class Reference:
    """The reference's client and a worker of its own."""

    def __init__(self):
        with Client(WORKER) as first:
            opaque = first.catalog_attach(
                name="fixture", options=None, data_version_spec=None, implementation_version=None
            ).attach_opaque_data
        self.client = Client(WORKER, attach_opaque_data=opaque, worker_limit=1)
        self.client.__enter__()

    def call(self, case):
        return by_reference(self.client, {"has_finalize": False, **case}, "table_in_out_function")

    def scan(self):
        return by_reference(self.client, {"schema": "stock", "name": "scan_items"}, "table_function")

    def close(self):
        self.client.__exit__(None, None, None)


@pytest.fixture(scope="module", params=[CClient, Reference])
def connected(request):
    made = request.param()
    yield made
    made.close()


@pytest.fixture
def client(connected):
    """With nothing in stock: the reference's client gives a worker that it knows to the next test."""
    left = [row["rowid"] for row in compared(connected.scan())[1]]
    if left:
        connected.call({"schema": "stock", "name": "delete_items", "input": [batch(rowid=left)]})
    return connected


# ---- functions over rows ---------------------------------------------------------------------------------------------


NOTHING = TWO.slice(0, 0)


@pytest.mark.parametrize(("case", "expected"), [
    ({"name": "echo", "input": [TWO]}, TWO.to_pylist()),
    ({"name": "echo", "input": MANY}, [{"n": n} for n in range(12)]),
    ({"name": "echo", "input": [NOTHING]}, []),
    ({"name": "echo", "input": [TWO, NOTHING, TWO]}, TWO.to_pylist() * 2),
    ({"name": "repeat_inputs", "positional": [2], "input": [TWO]}, TWO.to_pylist() * 2),
    ({"name": "echo_witness", "input": [batch(a=["x", "y"], b=[1.5, None])]}, [{"a": 2, "b": 2}] * 2),
    ({"name": "substream_partial_sum", "input": MANY, "has_finalize": True}, [{"n": 66}]),
    ({"name": "substream_partial_sum", "input": [batch(n=[None, 5]), batch(n=[7, None])], "has_finalize": True}, [{"n": 12}]),
    ({"name": "multi_batch_finish", "input": [batch(n=[1, 2]), batch(n=[4])], "has_finalize": True},
     [{"n": 7}, {"n": 0}, {"n": 0}]),
], ids=lambda each: each["name"] if isinstance(each, dict) else "")  # fmt: skip
def test_rows(client, case, expected):
    assert compared(client.call({"schema": "in_out", **case}))[1] == expected


def test_the_columns_are_those_of_the_input(client):
    (answer,) = client.call({"schema": "in_out", "name": "echo", "input": [TWO]})
    assert answer.schema.remove_metadata() == TWO.schema


@pytest.mark.parametrize(("case", "said"), [
    ({"name": "fails_at", "positional": [2], "input": MANY}, "ValueError: batch 2 is one too many"),
    ({"name": "repeat_inputs", "positional": [0], "input": [TWO]}, "Repeat count must be at least 1"),
    ({"name": "substream_partial_sum", "input": [batch(n=["x"])], "has_finalize": True}, "the first column must be BIGINT"),
    ({"name": "substream_partial_sum", "input": [batch(n=[2**63 - 1, 1])], "has_finalize": True}, "the sum overflows BIGINT"),
], ids=lambda each: each["name"] if isinstance(each, dict) else "")  # fmt: skip
def test_rows_that_are_refused(client, case, said):
    with pytest.raises(Exception, match=said) as refused:
        client.call({"schema": "in_out", **case})
    assert isinstance(client, Reference) or isinstance(refused.value, Refused)
    echoed = client.call({"schema": "in_out", "name": "echo", "input": [TWO]})  # the connection lives on
    assert compared(echoed)[1] == TWO.to_pylist()


# ---- functions that write --------------------------------------------------------------------------------------------


def items(*rows):
    ids, amounts, names = zip(*rows, strict=True)
    return batch(id=list(ids), qty=list(amounts), name=list(names))


def item(number, amount, name):
    return {"id": number, "qty": amount, "name": name}


def write(client, function, rows, mode):
    """What is answered to rows that are written; `mode` None: no options are sent, as for a count."""
    case = {"schema": "stock", "name": function, "input": rows}
    if mode:
        options = {"result_mode": mode, "on_conflict": "throw"}
        case["named"] = {"write_options": encoded(one_row(options))}
    return compared(client.call(case))[1]


def stock(client):
    return [(row["id"], row["qty"], row["name"]) for row in compared(client.scan())[1]]


def rowids(client):
    return {row["id"]: row["rowid"] for row in compared(client.scan())[1]}


A, B, C = (1, 10, "a"), (2, 20, "b"), (3, 30, "c")


@pytest.mark.parametrize("mode", [None, "count"])
def test_writes_that_are_counted(client, mode):
    assert write(client, "insert_items", [items(A, B), items(C)], mode) == [{"count": 2}, {"count": 1}]
    assert stock(client) == [A, B, C]
    places = rowids(client)
    changed = batch(qty=[11, 33], rowid=[places[1], places[3]])
    assert write(client, "update_items", [changed], mode) == [{"count": 2}]
    assert stock(client) == [(1, 11, "a"), B, (3, 33, "c")]
    assert write(client, "delete_items", [batch(rowid=[places[1]]), batch(rowid=[places[2]])], mode) == [{"count": 1}] * 2
    assert stock(client) == [(3, 33, "c")]


def test_writes_that_give_rows(client):
    assert write(client, "insert_items", [items(A, B), items(C)], "rows") == [item(*A), item(*B), item(*C)]
    places = rowids(client)
    assert write(client, "update_items", [batch(name=["z"], rowid=[places[2]])], "rows") == [item(2, 20, "z")]
    assert write(client, "delete_items", [batch(rowid=[places[2], places[1]])], "rows") == [item(2, 20, "z"), item(*A)]
    assert stock(client) == [C]


def test_writes_that_give_changes(client):
    assert write(client, "insert_items", [items(A, B)], "changes") == [
        {"old": None, "new": item(*A)}, {"old": None, "new": item(*B)}]  # fmt: skip
    places = rowids(client)
    assert write(client, "update_items", [batch(qty=[99], rowid=[places[1]])], "changes") == [
        {"old": item(*A), "new": item(1, 99, "a")}]  # fmt: skip
    assert write(client, "delete_items", [batch(rowid=[places[1]])], "changes") == [{"old": item(1, 99, "a"), "new": None}]
    assert stock(client) == [B]


@pytest.fixture(scope="module")
def tool():
    made = CClient()
    yield made
    made.close()


def write_table(tool, kind, rows, table="items", **said):
    """vgi_write_open: by the function that the worker names for the table."""
    case = {"schema": "stock", "name": table, "kind": kind, "input": rows, **said}
    return compared(by_tool(tool.tool, case, "write"))[1]


def test_tables_that_are_written(tool):
    assert write_table(tool, "insert", [items(A, B), items(C)]) == [{"count": 2}, {"count": 1}]
    places = rowids(tool)
    assert write_table(tool, "update", [batch(qty=[99], rowid=[places[1]])], result="rows") == [item(1, 99, "a")]
    assert write_table(tool, "delete", [batch(rowid=[places[1]])], result="changes") == [
        {"old": item(1, 99, "a"), "new": None}]  # fmt: skip
    assert stock(tool) == [B, C]
    assert write_table(tool, "insert", [items(A)], "counted", result="count") == [{"count": 1}]


@pytest.mark.parametrize(("kind", "table", "rows", "said", "sentence"), [
    ("insert", "counted", items(A), {"result": "rows"}, "insert_counted cannot answer with rows"),
    ("insert", "nosuch", items(A), {}, "nosuch"),
    ("delete", "counted", batch(rowid=[1]), {}, "Cannot delete from table stock.counted"),
    ("insert", "broken_nothing", items(A), {}, "expected one with the count"),
])  # fmt: skip
def test_tables_that_refuse_a_write(tool, kind, table, rows, said, sentence):
    before = stock(tool)
    with pytest.raises(Refused, match=sentence):
        write_table(tool, kind, [rows], table, **said)
    assert stock(tool) == before  # and the connection lives on


@pytest.mark.parametrize(("function", "rows", "mode", "said"), [
    ("insert_items", items((1, -1, "a")), "count", "ValueError: row 0: there are no negative items"),
    ("insert_counted", items(A), "rows", "insert_counted cannot answer with rows: the most that it returns is count"),
    ("insert_counted", items(A), "changes", "insert_counted cannot answer with changes"),
    ("insert_items", items(A), "all", "result_mode is 'all'; expected count, rows or changes"),
    ("update_items", batch(qty=[1], rowid=[77]), "count", "Update target rowid 77 not in table items"),
    ("delete_items", batch(rowid=[77]), "count", "Delete target rowid 77 not in table items"),
])  # fmt: skip
def test_writes_that_are_refused(client, function, rows, mode, said):
    with pytest.raises(Exception, match=said):
        write(client, function, [rows], mode)
    assert stock(client) == []  # and the connection lives on
