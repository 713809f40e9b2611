"""`vgi` against workers of this project: listings, scans, calls, every output, DDL that is refused, a terminal."""

import fcntl
import os
import pathlib
import pty
import sqlite3
import shutil
import struct
import subprocess
import sys
import termios

import pyarrow as pa
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cli  # noqa: E402

HELLO = cli.worker("hello")
FIXTURE = cli.worker("vgi-fixture-worker")
LONG = "日本語 and more text than a narrow terminal has room for"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    path = tmp_path_factory.mktemp("shop") / "shop.db"
    with sqlite3.connect(path) as db:
        db.executescript(
            "CREATE TABLE orders(id INTEGER PRIMARY KEY, item TEXT NOT NULL, price REAL, note BLOB);"
            "CREATE VIEW cheap AS SELECT * FROM orders WHERE price < 2;"
        )
        db.executemany(
            "INSERT INTO orders VALUES (?, ?, ?, ?)",
            [(1, 'apple, "red"', 1.5, b"\x00A"), (2, "\x1b[31mred\nline", None, None), (3, LONG, 1e300, b"")],
        )
    db.close()
    return cli.worker("vgi-sqlite", path)


def test_ls_is_a_tree():
    assert cli.ok("ls", HELLO).splitlines() == [
        "catalog hello",
        "└─ schema main",
        "   ├─ table numbers (n BIGINT)",
        "   ├─ view evens",
        "   ├─ scalar function add_ints(a BIGINT, b BIGINT) -> BIGINT  -- The sum of two integers.",
        "   └─ table function series(stop BIGINT) -> TABLE(n BIGINT)"
        "  -- The integers from 0 up to, but not with, stop.",
    ]


def test_ls_as_rows():
    rows = cli.lines("ls", HELLO)
    assert [(row["kind"], row["name"], row["schema_path"]) for row in rows] == [
        ("catalog", "hello", None),
        ("schema", "main", ["main"]),
        ("table", "numbers", ["main"]),
        ("view", "evens", ["main"]),
        ("scalar function", "add_ints", ["main"]),
        ("table function", "series", ["main"]),
    ]
    assert rows[4]["signature"] == "(a BIGINT, b BIGINT) -> BIGINT"


def test_ls_of_a_part():
    assert [row["name"] for row in cli.lines("ls", HELLO, "main.numbers")] == ["hello", "main", "numbers"]
    assert cli.lines("ls", HELLO, "hello.main") == cli.lines("ls", HELLO, "MAIN")
    assert "did you mean 'main'?" in cli.fails(3, "ls", HELLO, "mian")
    assert "did you mean 'numbers'?" in cli.fails(3, "ls", HELLO, "main.number")
    assert "did you mean 'hello'?" in cli.fails(3, "ls", HELLO, "-c", "helo")


def test_ls_shows_several_catalogs():
    rows = cli.lines("ls", FIXTURE)
    assert [row["name"] for row in rows if row["kind"] == "catalog"] == ["fixture", "shop", "annex"]
    assert "several catalogs" in cli.fails(2, "schemas", FIXTURE)


def test_describe(shop):
    rows = cli.lines("describe", shop, "orders")
    assert {"part": "column", "name": "item", "type": "VARCHAR", "detail": "NOT NULL", "comment": None} in rows
    assert {"part": "primary key", "name": None, "type": None, "detail": "id", "comment": None} in rows
    rows = cli.lines("describe", HELLO, "main.add_ints")
    assert [(row["part"], row["name"], row["type"]) for row in rows[:4]] == [
        ("scalar function", "add_ints", "CONSISTENT"),
        ("argument", "a", "BIGINT"),
        ("argument", "b", "BIGINT"),
        ("output", "result", "BIGINT"),
    ]
    assert "did you mean 'evens'?" in cli.fails(3, "describe", HELLO, "even")


def test_scan_in_every_format(shop):
    assert cli.lines("scan", shop, "orders") == [
        {"id": 1, "item": 'apple, "red"', "price": 1.5, "note": "\\x00A"},
        {"id": 2, "item": "\x1b[31mred\nline", "price": None, "note": None},
        {"id": 3, "item": LONG, "price": 1e300, "note": ""},
    ]
    assert cli.ok("scan", shop, "orders", "-o", "csv") == (
        'id,item,price,note\n1,"apple, ""red""",1.5,\\x00A\n2,"\x1b[31mred\nline",,\n3,' + LONG + ',1e+300,""\n'
    )
    done = subprocess.run([cli.VGI, "scan", shop, "orders", "-o", "arrow"], capture_output=True, check=True, env=cli.ENVIRONMENT)
    table = pa.ipc.open_stream(done.stdout).read_all()
    assert table.column("note").to_pylist() == [b"\x00A", None, b""]
    assert table.schema.field("id").type == pa.int64()
    text = cli.ok("scan", shop, "orders")
    assert "\x1b" not in text and "\\x1B[31mred\\nline" in text
    assert text.splitlines()[0].split() == ["id", "│", "item", "│", "price", "│", "note"]
    assert text.splitlines()[-1] == "(3 rows)"


def test_scan_some(shop):
    assert cli.lines("scan", shop, "main.orders", "--columns", "price,ID", "-n", "1") == [{"id": 1, "price": 1.5}]
    assert cli.lines("scan", HELLO, "numbers", "--limit", "3") == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert cli.lines("scan", FIXTURE, "scans.limited_table", "--catalog", "fixture", "-n", "5") == [{"has": True, "n": 5}]
    assert cli.lines("scan", FIXTURE, "scans.limited_table", "--catalog", "fixture") == [{"has": False, "n": -1}]
    assert len(cli.lines("scan", HELLO, "numbers")) == 1000
    assert cli.ok("scan", HELLO, "numbers", "--limit", "0", "-o", "csv") == "n\n"
    assert "did you mean 'item'" in cli.fails(3, "scan", shop, "orders", "--columns", "itm")
    assert "did you mean 'orders'?" in cli.fails(3, "scan", shop, "order")
    assert "is a view" in cli.fails(3, "scan", HELLO, "evens")


def test_a_long_scan_as_arrow():
    done = subprocess.run(
        [cli.VGI, "call", HELLO, "series(100000)", "-n", "70001", "-o", "arrow"], capture_output=True, check=True
    )
    table = pa.ipc.open_stream(done.stdout).read_all()
    assert table.num_rows == 70001 and table.column("n")[70000].as_py() == 70000


def value(call):
    rows = cli.lines("call", FIXTURE, call, "-c", "fixture")
    assert len(rows) == 1
    return rows[0]["result"]


@pytest.mark.parametrize(
    "call, result",
    [
        ("add_ints(40, 2)", 42),
        ("add_ints(1, NULL)", None),
        ("shout('it''s')", "IT'S"),
        ("scale(2.5, 2)", 5.0),
        ("join_all('-', 'a', 'b', 'c')", "a-b-c"),
        ("up_to(3)", [0, 1, 2]),
        ("pair(3)", {"n": 3, "parity": "odd"}),
        ("same('9.25'::DECIMAL(9,2))", 9.25),
        ("main.identity(DATE '2024-02-29')", "2024-02-29"),
        ("identity('2001-02-03 04:05:06.5'::TIMESTAMP)", "2001-02-03 04:05:06.5"),
        ("identity(true)", True),
        ("describe('x')", "describe(VARCHAR)"),
    ],
)
def test_call_a_scalar(call, result):
    if call.startswith("describe"):
        assert value(call) != value("describe(1)")
    else:
        assert value(call) == result


def test_call_a_table_function():
    call = ["call", FIXTURE, "-c", "fixture"]
    assert cli.ok(*call, "scans.series(10, start := 1, step := 4)", "-o", "csv") == "n\n1\n5\n9\n"
    assert cli.ok(*call, "scans.series(10)", "-n", "1", "-o", "csv") == "n\n0\n"


def test_calls_that_fail():
    assert "did you mean 'series'?" in cli.fails(3, "call", HELLO, "seris(3)")
    assert "takes these arguments: add_ints(a BIGINT, b BIGINT) -> BIGINT" in cli.fails(2, "call", HELLO, "add_ints(3)")
    said = cli.fails(1, "call", HELLO, "add_ints(9223372036854775807, 1)")
    assert "ValueError: 9223372036854775807 + 1 is too large for BIGINT" in said


def test_methods_answer():
    assert cli.lines("schemas", HELLO)[0]["path"] == "main"
    assert cli.lines("attach", HELLO)[0]["default_schema"] == "main"
    assert cli.lines("catalogs", HELLO)[0]["name"] == "hello"
    assert cli.lines("table-get", HELLO, "numbers")[0]["columns"] == "n BIGINT"
    assert cli.lines("table-get", HELLO, "nosuch") == []
    assert cli.lines("schema-contents-functions", HELLO, "main", "scalar-function")[0]["name"] == "add_ints"
    assert cli.lines("table-scan-function-get", HELLO, "numbers")[0]["function_name"]
    assert "version" in cli.lines("catalog-version", HELLO)[0]


@pytest.mark.parametrize(
    "words",
    [
        ["schema-create", "s"],
        ["schema-drop", "main"],
        ["table-create", "t", "id BIGINT NOT NULL, name VARCHAR", "--primary-key", "id", "--unique", "name"],
        ["table-drop", "numbers"],
        ["table-rename", "numbers", "more"],
        ["table-comment-set", "numbers", "all"],
        ["table-column-add", "numbers", "m DOUBLE"],
        ["table-column-default-set", "numbers", "n", "0"],
        ["table-not-null-set", "numbers", "n"],
        ["view-create", "v", "SELECT 1"],
        ["view-rename", "evens", "odds"],
        ["macro-create", "m", "a + 1", "--parameters", "a"],
        ["index-create", "i", "numbers", "n"],
    ],
)
def test_a_read_only_worker_refuses_changes(words):
    said = cli.fails(1, words[0], HELLO, *words[1:])
    assert "read-only" in said or "NotImplementedError" in said


def test_a_constraint_on_no_column():
    assert "no column 'x'" in cli.fails(2, "table-create", HELLO, "t", "id BIGINT", "--primary-key", "x")


def test_where(shop):
    assert [row["id"] for row in cli.lines("scan", shop, "orders", "-w", "price > 1")] == [1, 3]
    assert cli.lines("scan", shop, "orders", "--where", "note IS NULL", "--columns", "item") == [
        {"item": "\x1b[31mred\nline"}
    ]
    assert cli.lines("scan", HELLO, "numbers", "--where", "n >= 900 AND n IN (1, 2, 999)") == [{"n": 999}]
    assert cli.lines("scan", HELLO, "numbers", "--where", "n >= 500", "-n", "2") == [{"n": 500}, {"n": 501}]
    assert "did you mean 'item'?" in cli.fails(3, "scan", shop, "orders", "--where", "itm = 'a'")


def test_bench():
    rows = cli.lines("bench", HELLO, "series(5000)", "-n", "4")
    assert [(row["location"], row["what"], row["count"]) for row in rows] == [
        (HELLO, "ping", 4), (HELLO, "series(5000)", 4)
    ]
    ping, call = rows
    assert ping["rows_s"] is None and ping["calls_s"] > 0
    assert abs(call["rows_s"] / call["calls_s"] - 5000) < 500 and call["mb_s"] > 0
    for row in rows:
        assert 0 < row["median_us"] <= row["p90_us"] <= row["p99_us"] <= row["most_us"]
    rows = cli.lines("bench", HELLO, "--table", "numbers", "--vs", HELLO + " ", "-n", "2")
    assert [(row["location"], row["what"]) for row in rows] == [
        (HELLO, "ping"), (HELLO + " ", "ping"), (HELLO, "numbers"), (HELLO + " ", "numbers")
    ]
    assert cli.lines("bench", HELLO, "add_ints(1, 2)", "-n", "1")[1]["count"] == 1
    assert "did you mean 'numbers'?" in cli.fails(3, "bench", HELLO, "--table", "numbrs", "-n", "1")


def examples():
    """Every line of an example that needs nothing but a command line's worker."""
    listed = cli.ok("help")
    names = [line.split()[0] for line in listed[listed.index("Looking:") : listed.index("Options of")].splitlines()
             if line.startswith("  ")]
    for name in names:
        for line in cli.ok("help", name).split("Examples:\n")[1].splitlines():
            if line.startswith("  vgi") and not any(word in line for word in ("unix://", "~", "man -l", "eval")):
                yield line.strip()


@pytest.mark.parametrize("line", list(examples()))
def test_examples_run(line, shop, tmp_path):
    """./worker stands for anybody's, which may not have what is asked for; but the words must be understood."""
    shutil.copy(shop.split()[-1].strip("'"), tmp_path / "shop.db")
    (tmp_path / "orders.csv").write_text("id,item,price\n9001,lamp,12.5\n9002,chair,\n")
    for name in ("hello", "worker"):
        (tmp_path / name).symlink_to(cli.BIN / "hello")
    done = subprocess.run(
        ["sh", "-c", line.split(" | ")[0]], capture_output=True, text=True, cwd=tmp_path, timeout=120,
        env={**cli.ENVIRONMENT, "PATH": f"{cli.BIN}:{os.environ['PATH']}"},
    )
    assert done.returncode in ((0, 1, 3) if "./worker" in line else (0,)), done.stderr


def test_exit_codes(shop):
    assert cli.run("ls", HELLO).returncode == 0
    assert cli.run("call", HELLO, "add_ints(9223372036854775807, 1)").returncode == 1
    assert cli.run("scan", HELLO, "numbers", "--limit", "x").returncode == 2
    assert cli.run("scan", HELLO, "numbers", "--where", "n =").returncode == 2
    assert cli.run("scan", HELLO, "nosuch").returncode == 3
    assert cli.run("ls", "unix:///nonexistent/socket").returncode == 4
    assert cli.run("ls", "exec sleep 1", "--timeout-ms", "50").returncode == 4
    done = subprocess.run(["sh", "-c", f"{cli.VGI} scan '{HELLO}' numbers >/dev/full"], capture_output=True, text=True,
                          env=cli.ENVIRONMENT)
    assert done.returncode == 1 and "stdout cannot be written to" in done.stderr


def progress_of(*words, **environment):
    """What a command writes to a terminal on stderr, with stdout in a file."""
    ours, theirs = pty.openpty()
    with open(os.devnull, "w") as nowhere:
        program = subprocess.Popen([cli.VGI, *words], stdout=nowhere, stderr=theirs,
                                   env={**cli.ENVIRONMENT, "TERM": "xterm", **environment})
    os.close(theirs)
    text = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        text += piece
    os.close(ours)
    return program.wait(60), text.decode()


def test_a_long_scan_tells_how_far_it_is():
    """So many rows that it takes more than a second on any machine; the reader hangs up once it has seen the line."""
    ours, theirs = pty.openpty()
    with open(os.devnull, "w") as nowhere:
        program = subprocess.Popen([cli.VGI, "call", HELLO, "series(1000000000000)", "-o", "csv"], stdout=nowhere,
                                   stderr=theirs, env={**cli.ENVIRONMENT, "TERM": "xterm"})
    os.close(theirs)
    text = b""
    while b" s\x1b[K" not in text:
        text += os.read(ours, 65536)
    program.terminate()
    program.wait(60)
    os.close(ours)
    assert text.startswith(b"\r") and b" rows, " in text and b" MB, " in text


def test_nothing_is_told_where_it_is_not_wanted():
    words = ["call", HELLO, "series(600000)", "-o", "csv"]
    assert progress_of(*words, "--quiet") == (0, "")
    assert progress_of(*words, TERM="dumb") == (0, "")


def in_terminal(columns, *words, **environment):
    """What the program writes to a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    program = subprocess.Popen([cli.VGI, *words], stdout=theirs, env={**cli.ENVIRONMENT, "TERM": "xterm", **environment})
    os.close(theirs)
    text = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        text += piece
    os.close(ours)
    assert program.wait(60) == 0
    return text.decode().replace("\r\n", "\n")


def test_a_table_fits_the_terminal(shop):
    text = in_terminal(40, "scan", shop, "orders")
    plain = text.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "")
    assert text != plain
    assert all(len(line) <= 40 for line in plain.splitlines())
    assert "…" in plain
    assert in_terminal(40, "scan", shop, "orders", NO_COLOR="1") == plain
    wide = in_terminal(200, "scan", shop, "orders")
    assert LONG in wide and "…" not in wide
    assert all(len(line) <= 30 for line in in_terminal(30, "ls", HELLO).splitlines())


def test_color_when_asked_for():
    assert "\x1b[1m" in cli.ok("scan", HELLO, "numbers", "-n", "1", "--color", "always")
    assert "\x1b" not in cli.ok("scan", HELLO, "numbers", "-n", "1")


def test_without_utf8_the_lines_are_ascii():
    text = cli.run("ls", HELLO, LC_ALL="C").stdout
    assert text.isascii() and "`- schema main" in text


def test_shared_memory_changes_no_answer():
    words = ("scan", HELLO, "numbers", "-o", "csv")
    plain = cli.ok(*words)
    for size in ("16M", "64k", "0"):
        done = cli.run(*words, "--shm", size, VGI_RPC_SHM_MIN_BATCH_BYTES="1")
        assert (done.returncode, done.stdout) == (0, plain), done.stderr


def test_an_attachment_that_is_there(tmp_path):
    """--attachment: nothing is attached anew, so nothing that ATTACH needs is asked for; every command takes it."""
    ops = cli.worker("vgi-ops-worker")
    [attached] = cli.lines("attach", ops, "-c", "folder", "-A", f"folder={tmp_path}")
    there = ["--attachment", attached["attach_opaque_data"]]
    assert "folder" in cli.fails(1, "schemas", ops, "-c", "folder")  # the option that it needs
    cli.ok("schema-create", ops, "main", *there)
    cli.ok("table-create", ops, "t", "a BIGINT", *there)
    assert cli.lines("scan", ops, "t", *there) == [{"a": None}] * 3
    assert cli.lines("table-get", ops, "t", *there)[0]["name"] == "t"
    made, again = (cli.lines("ls", ops, "-c", "folder", *words) for words in (["-A", f"folder={tmp_path}"], there))
    assert again[1:] == made[1:] and made[-1]["name"] == "seen"
    assert "not recognized" in cli.fails(1, "scan", ops, "t", "--attachment", "00ff")


def test_an_attachment_that_is_there_is_not_made():
    there = ["--attachment", "00"]
    assert "names one that is there" in cli.fails(2, "attach", FIXTURE, *there)
    assert "has its options and versions already" in cli.fails(2, "schemas", FIXTURE, *there, "-A", "a=b")
    assert "name it with --catalog" in cli.fails(2, "ls", FIXTURE, *there)
