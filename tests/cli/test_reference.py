"""`vgi` against the reference's fixture worker, in Python."""

import os
import pathlib
import shlex
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cli  # noqa: E402

WORKER = pathlib.Path(os.environ["VGI_SOURCE_DIR"]) / "tests/client/python_worker.py"
PYTHON = shlex.join([sys.executable, str(WORKER)])
EXAMPLE = [PYTHON, "-c", "example", "-q"]


def test_ls_lists_all_kinds():
    kinds = {row["kind"] for row in cli.lines("ls", *EXAMPLE)}
    assert kinds >= {
        "catalog", "setting", "secret type", "schema", "table", "view", "scalar function", "table function",
        "aggregate", "scalar macro",
    }


def test_describe_an_overloaded_function():
    rows = cli.lines("describe", EXAMPLE[0], "main.format_number", *EXAMPLE[1:])
    assert sum(row["part"] == "scalar function" for row in rows) == 3
    assert any(row["part"] == "argument" and row["detail"] and "constant" in row["detail"] for row in rows)


@pytest.mark.parametrize(
    "call, rows",
    [
        ("multiply(21, 2)", [{"result": 42}]),
        ("add_values(1, 2)", [{"result": 3}]),
        ("main.sequence(3)", [{"n": 0}, {"n": 1}, {"n": 2}]),
        ("main.vgi_sum(5)", [{"result": 5}]),
    ],
)
def test_call(call, rows):
    assert cli.lines("call", EXAMPLE[0], call, *EXAMPLE[1:]) == rows


def test_what_the_worker_says_of_an_error():
    done = cli.run("call", EXAMPLE[0], "main.sequence(-5)", *EXAMPLE[1:], "-v")
    assert done.returncode == 1
    assert "ArgumentValidationError" in done.stderr
    assert "Traceback" in done.stderr
