"""Every unary method of the protocol, called by the C client and by the reference's: the worker writes down the same,
which is what the script says, and both get the same answer. Then what the C client has around them: an attachment that
fills in what every call needs, transactions, pools."""

import json
import os
import pathlib

import pytest
from vgi.protocol import VgiProtocol
from vgi_rpc.rpc import RpcError, unix_connect

import script
from recorder import Recorder
from tool import Refused, Tool

METHODS = script.methods()
FILL_ATTACHMENT, FILL_TRANSACTION = 1, 2


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    made = Recorder(tmp_path_factory.mktemp("worker"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def tool(worker):
    made = Tool(worker.location)
    made.ask("attach", b"full")
    yield made
    made.close()


@pytest.fixture(scope="module")
def reference(worker):
    with unix_connect(VgiProtocol, str(worker.path)) as proxy:
        yield proxy


# ---- one call by each client -----------------------------------------------------------------------------------------


def by_reference(proxy, name, variant):
    columns, request = METHODS[name]
    if request:
        made = script.sdk_class(request).deserialize_from_bytes(script.record_bytes(request, variant))
        arguments = {"request": made}
    else:
        by_name = {column.name: column for column in columns}
        given = script.row(name, variant, columns)
        arguments = {key: script.sdk_argument(by_name[key], value) for key, value in given.items()}
    try:
        return plain_answer_of_reference(name, getattr(proxy, name)(**arguments))
    except RpcError as error:
        return error.error_message  # which begins with the type


def result_of(name):
    """The record that a method gives, and whether as a list."""
    result = script.SPEC["methods"][name].get("result", "").rstrip("?")
    if result in script.RECORDS and [column.name for column in script.RECORDS[result]] == ["items"]:
        return script.RECORDS[result][0].carries, True
    return result, False


def plain_answer_of_reference(name, answer):
    record, is_list = result_of(name)
    if is_list:
        return [script.plain_bytes(item.serialize_to_bytes(), record) for item in answer.to_infos()]
    return script.plain_bytes(answer if isinstance(answer, bytes | None) else answer.serialize_to_bytes(), record)


def by_tool(tool, name, variant, flags=0):
    columns, request = METHODS[name]
    record, is_list = result_of(name)
    try:
        answer = tool.ask(name, script.record_bytes(request or name, variant, columns) if columns else b"", flags)
    except Refused as error:
        return str(error)
    if is_list:
        return script.plain_record(answer, record)
    return script.plain_bytes(answer or None, record)


# ---- every method ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", script.VARIANTS)
@pytest.mark.parametrize("name", METHODS)
def test_method(worker, tool, reference, name, variant):
    columns, request = METHODS[name]
    worker.recorded()
    expected = by_reference(reference, name, variant)
    recorded = worker.recorded()
    assert recorded[0]["method"] == name
    said = script.plain_row(script.row(request or name, variant, columns), columns)
    assert recorded[0]["arguments"] == json.loads(json.dumps(said))
    assert not isinstance(expected, str), expected
    assert by_tool(tool, name, variant) == expected
    assert worker.recorded() == recorded


def test_the_stream_method_is_tested_elsewhere():
    """`init` is all that is no unary method: test_functions.py opens streams of every kind."""
    streams = [name for name, method in script.SPEC["methods"].items() if method.get("kind") == "stream"]
    assert streams == ["init"]


@pytest.mark.parametrize("name", [name for name in METHODS if "at_unit" in {c.name for c in METHODS[name][0]}
                                  and name.startswith("catalog_")])
def test_refusal(worker, tool, reference, name):
    """Both clients say the sentence of the worker."""
    given = {**script.row(name, "full", METHODS[name][0]), "at_value": None}
    with pytest.raises(RpcError) as refused:
        getattr(reference, name)(**given)
    schema = script.schema_of(METHODS[name][0], script.MINOR)
    with pytest.raises(Refused) as also:
        tool.ask(name, script.to_bytes(script.batch_of([given], schema)))
    assert str(also.value) == refused.value.error_message
    tool.ask("catalog_catalogs")  # the connection lives on


def test_a_method_that_the_dialect_lacks(worker, tool):
    if "catalog_contents" in METHODS:
        assert script.MINOR > 0
        return
    worker.recorded()
    with pytest.raises(Refused, match="^NotImplementedError: .*2.1.0"):
        tool.ask("catalog_contents", script.record_bytes("", "full", script.PARAMS["catalog_contents_params"]))
    assert worker.recorded() == []


def check_columnar(tool, reference, kind, variant):
    record = {"indexes": "IndexInfo"}.get(kind, kind[:-1].capitalize() + "Info")
    contents = reference.catalog_contents(attach_opaque_data=script.UUID + variant.encode(), if_none_match=None)
    data = getattr(contents, kind)
    rows = script.plain_record(data, record)
    assert rows
    assert script.plain_record(tool.ask("records", f"{record}\0".encode() + data), record) == rows


if script.MINOR >= 2:

    @pytest.mark.parametrize("kind", ["schemas", "tables", "views", "functions", "macros", "indexes"])
    @pytest.mark.parametrize("variant", ["full", "odd"])
    def test_columnar_contents(tool, reference, kind, variant):
        """Every row of the columnar listings of 2.2, their dictionaries of bytes too, is read as it was written."""
        check_columnar(tool, reference, kind, variant)


def test_records_that_are_none(tool):
    for data in (b"", bytes(8), b"TableInfo, but no stream", script.record_bytes("ViewInfo", "full")):
        with pytest.raises(Refused, match="Error: "):
            tool.ask("records", b"TableInfo\0" + data)


def test_the_dialect(tool):
    tool.ask("catalog_catalogs")
    assert tool.ask("version").decode() == VgiProtocol.protocol_version


# ---- an attachment ---------------------------------------------------------------------------------------------------


@pytest.fixture
def attached(worker, tool, request):
    answer = tool.ask("attach", request.param.encode())
    yield request.param, script.plain_record(answer, "CatalogAttachResult")[0]
    tool.ask("attach", b"full")


def transaction_of(variant):
    return script.CHOSEN["TransactionBeginResponse", "transaction_opaque_data"][variant]


@pytest.mark.parametrize("attached", ["full", "odd"], indirect=True)
@pytest.mark.parametrize("asked", ["full", "bare"])
def test_what_an_attachment_fills_in(worker, tool, attached, asked):
    """Identity and transaction are the attachment's, whatever else is asked for."""
    variant, _ = attached
    tool.ask("begin")
    fills = {"attach_opaque_data": {"bytes": (script.UUID + variant.encode()).hex()},
             "transaction_opaque_data": {"bytes": transaction_of(variant).hex()},
             "transaction_id": {"bytes": transaction_of(variant).hex()}}  # fmt: skip
    for name, (columns, request) in METHODS.items():
        names = {column.name for column in columns} & set(fills)
        if name in ("catalog_transaction_commit", "catalog_transaction_rollback") or not names:
            continue
        worker.recorded()
        answer = by_tool(tool, name, asked, FILL_ATTACHMENT | FILL_TRANSACTION)
        assert not isinstance(answer, str), f"{name}: {answer}"
        said = script.plain_row(script.row(request or name, asked, columns), columns)
        said.update({each: fills[each] for each in names})
        assert worker.recorded()[0] == json.loads(json.dumps({"method": name, "arguments": said}))
    tool.ask("rollback")


@pytest.mark.parametrize("attached", script.VARIANTS, indirect=True)
def test_what_the_attachment_knows(attached):
    variant, info = attached
    said = script.plain_row(script.row("CatalogAttachResult", variant), script.RECORDS["CatalogAttachResult"])
    said["attach_opaque_data"] = {"bytes": (script.UUID + variant.encode()).hex()}
    assert info == said


@pytest.mark.parametrize("attached", ["full", "odd"], indirect=True)
@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_transaction(worker, tool, attached, end):
    variant, _ = attached
    worker.recorded()
    for _ in range(2):  # one behind the other
        tool.ask("begin")
        with pytest.raises(Refused, match="^RuntimeError"):
            tool.ask("begin")
        by_tool(tool, "catalog_version", "full", FILL_ATTACHMENT | FILL_TRANSACTION)
        tool.ask(end)
        with pytest.raises(Refused, match="^RuntimeError"):
            tool.ask(end)
    by_tool(tool, "catalog_version", "full", FILL_ATTACHMENT | FILL_TRANSACTION)
    recorded = [line for line in worker.recorded() if "method" in line]
    turn = ["catalog_transaction_begin", "catalog_version", f"catalog_transaction_{end}"]
    assert [line["method"] for line in recorded] == [*turn, *turn, "catalog_version"]
    given = [line["arguments"].get("transaction_opaque_data") for line in recorded]
    transaction = {"bytes": transaction_of(variant).hex()}
    assert given == [None, transaction, transaction, None, transaction, transaction, None]


@pytest.mark.parametrize("attached", ["bare"], indirect=True)
def test_no_transactions(worker, tool, attached):
    worker.recorded()
    with pytest.raises(Refused, match="^RuntimeError"):
        tool.ask("begin")
    assert worker.recorded() == []


# ---- pools -----------------------------------------------------------------------------------------------------------


def test_pool(worker, tool):
    """Eight threads over one pool: the attachment is valid over every client."""
    worker.recorded()
    tool.ask("pool", bytes([8]))
    recorded = [line for line in worker.recorded() if "method" in line]
    assert len(recorded) == 8 * 3 * 10
    opaque = {"bytes": (script.UUID + b"full").hex()}
    assert all(line["method"] == "catalog_version" for line in recorded)
    assert all(line["arguments"]["attach_opaque_data"] == opaque for line in recorded)


def test_a_pool_drops_a_client_whose_worker_died():
    hello = Tool(pathlib.Path(os.environ["VGI_BIN_DIR"]) / "hello")
    hello.ask("pool_after_death")
    hello.close()
