"""`vgi` against a worker on the TypeScript SDK (tests/peer/typescript/worker.ts)."""

import os
import pathlib
import shlex
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cli  # noqa: E402

MODULES = os.environ["VGI_TYPESCRIPT"]
NODES = sorted(pathlib.Path(MODULES or "/nonexistent").glob("node-linux-*/bin/node"))
pytestmark = pytest.mark.skipif(not NODES, reason="the TypeScript SDK is not there: run scripts/setup test, and configure again")


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    """Modules are looked for beside the program."""
    folder = tmp_path_factory.mktemp("typescript")
    shutil.copy(pathlib.Path(os.environ["VGI_SOURCE_DIR"]) / "tests/peer/typescript/worker.ts", folder)
    (folder / "node_modules").symlink_to(MODULES)
    return shlex.join([str(NODES[-1]), str(folder / "worker.ts")])


def test_ls(worker):
    rows = {(row["kind"], row["name"]): row["signature"] for row in cli.lines("ls", worker, "-q")}
    assert rows[("table", "thousand")] == "(n BIGINT, name VARCHAR)"
    assert rows[("scalar function", "multiply")] == "(a BIGINT, b BIGINT) -> BIGINT"
    assert rows[("table function", "count_up")] == "(n BIGINT)"


def test_describe(worker):
    parts = cli.lines("describe", worker, "count_up", "-q")
    assert parts[0]["part"] == "table function" and parts[0]["comment"] == "The integers below n, with names"
    assert any("filter_pushdown" in (part["detail"] or "") for part in parts)


def test_call(worker):
    assert cli.lines("call", worker, "multiply(6, 7)", "-q") == [{"result": 42}]
    assert cli.ok("call", worker, "count_up(3)", "-o", "csv", "-q") == "n,name\n0,\n1,number 1\n2,number 2\n"
    assert "did you mean 'multiply'?" in cli.fails(3, "call", worker, "multipyl(6, 7)", "-q")


def test_scan(worker):
    assert len(cli.lines("scan", worker, "thousand", "-q")) == 1000
    some = ["scan", worker, "thousand", "--where", "n IN (8, 9, 14) OR name = 'number 20'", "-q"]
    assert [row["n"] for row in cli.lines(*some)] == [8, 9, 14, 20]
    assert cli.lines(*some) == cli.lines(*some, "--no-pushdown")
    assert cli.ok(*some, "--columns", "name", "-n", "3", "-o", "csv") == 'name\nnumber 8\nnumber 9\n""\n'.replace('""', "")


def test_ping_and_bench(worker):
    assert cli.lines("ping", worker, "-q")[0]["count"] == 1
    rows = cli.lines("bench", worker, "multiply(6, 7)", "-n", "3", "-q")
    assert [(row["what"], row["count"]) for row in rows] == [("ping", 3), ("multiply(6, 7)", 3)]
