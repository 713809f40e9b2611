"""A worker in C whose catalog is callbacks is asked every catalog method, by the C client and by the reference's. What
its callbacks get is what the reference's worker writes down when it is asked the same; what they give is what both
clients are answered. The script of calls is that of test_methods.py."""

import json
import os
import pathlib

import pytest
from vgi.protocol import VgiProtocol
from vgi_rpc.rpc import unix_connect

import script
from recorder import Recorder
from test_methods import METHODS, by_reference, by_tool
from tool import Refused, Tool

CATALOG_METHODS = {name: method for name, method in METHODS.items() if name.startswith("catalog_")}
CASES = [(name, variant) for name in CATALOG_METHODS for variant in script.VARIANTS]


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """(method, variant) -> (what the reference's worker writes down, what it answers), and the answers as files."""
    folder = tmp_path_factory.mktemp("answers")
    worker = Recorder(tmp_path_factory.mktemp("reference"))
    tool = Tool(worker.location)
    tool.ask("attach", b"full")
    found = {}
    for name, variant in CASES:
        columns, request = METHODS[name]
        worker.recorded()
        given = script.record_bytes(request or name, variant, columns) if columns else b""
        (folder / f"{name}.{variant}").write_bytes(tool.ask(name, given))
        written = worker.recorded()[0]
        assert written["method"] == name
        found[name, variant] = written["arguments"], by_tool(tool, name, variant)
    tool.close()
    worker.close()
    return folder, found


@pytest.fixture(scope="module")
def worker(answers, tmp_path_factory):
    program = pathlib.Path(os.environ["VGI_OPS_RECORDER"])
    made = Recorder(tmp_path_factory.mktemp("ours"), [str(program)], VGI_ANSWERS=str(answers[0]))
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


@pytest.fixture(scope="module")
def opaque(tool):
    """variant -> attach_opaque_data; the script then says these."""
    made = {}
    for variant in script.VARIANTS:
        answer = tool.ask("catalog_attach", script.record_bytes("CatalogAttachRequest", variant))
        made[variant] = bytes.fromhex(script.plain_record(answer, "CatalogAttachResult")[0]["attach_opaque_data"]["bytes"])
        assert made[variant].endswith(variant.encode())
    script.OPAQUE.update(made)
    yield made
    script.OPAQUE.clear()


def as_reference(value, opaque):
    """With the reference's attach_opaque_data in the place of ours: what the caller holds, and what a callback gets."""
    text = plain(value)
    for variant in script.VARIANTS:
        wanted = (script.UUID + variant.encode()).hex()
        text = text.replace(opaque[variant].hex(), wanted)
        text = text.replace(f'"attach_opaque_data": {{"bytes": "{variant.encode().hex()}"}}',
                            f'"attach_opaque_data": {{"bytes": "{wanted}"}}')
    return text


def plain(value):
    return json.dumps(value, default=str, sort_keys=True)


def what_callbacks_got(worker, name):
    columns, request = METHODS[name]
    lines = [line for line in worker.recorded() if line["method"] == name]
    assert len(lines) == 1
    return script.plain_record(bytes.fromhex(lines[0]["asked"]), request or name, columns)[0]


@pytest.mark.parametrize("name,variant", CASES)
def test_method(answers, worker, tool, reference, opaque, name, variant):
    written, expected = answers[1][name, variant]
    asks = [lambda: by_reference(reference, name, variant)]
    if tool.ask("version").decode() == VgiProtocol.protocol_version:  # else the C client chose an older dialect here
        asks.append(lambda: by_tool(tool, name, variant))
    for ask in asks:
        worker.recorded()
        answer = ask()
        assert not isinstance(answer, str), answer
        if name == "catalog_attach":  # another one each time
            assert bytes.fromhex(answer["attach_opaque_data"]["bytes"]).endswith(variant.encode())
            answer["attach_opaque_data"] = expected["attach_opaque_data"]
        assert as_reference(answer, opaque) == plain(expected)
        if METHODS[name][0]:
            got = as_reference(what_callbacks_got(worker, name), opaque)
            assert got == plain(written)


def test_every_member_is_called(worker, reference, opaque):
    """The script reaches every callback: as many as there are methods."""
    worker.recorded()
    for name in CATALOG_METHODS:
        by_reference(reference, name, "full")
    assert {line["method"] for line in worker.recorded()} == set(CATALOG_METHODS)


@pytest.mark.parametrize("strange", [b"full", bytes(40), b"cut", b"shifted"])
def test_what_was_never_attached(tool, opaque, monkeypatch, strange):
    made = {b"cut": opaque["full"][:18], b"shifted": opaque["full"][1:]}.get(strange, strange)
    monkeypatch.setitem(script.OPAQUE, "full", made)
    given = script.record_bytes("catalog_schemas", "full", METHODS["catalog_schemas"][0])
    with pytest.raises(Refused, match="ValueError: attach_opaque_data not recognized"):
        tool.ask("catalog_schemas", given)
