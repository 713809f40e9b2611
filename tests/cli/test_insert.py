"""`vgi insert`: rows of CSV into tables of vgi-sqlite and of our fixture worker; what is printed, what is refused."""

import csv
import io
import json
import pathlib
import sqlite3
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cli  # noqa: E402

STOCK = [cli.worker("vgi-fixture-worker"), "stock.items", "-c", "fixture"]
ROWS = [(1, 1.5, 'a "q", b'), (2, None, None), (3, -2.0, ""), (4, 0.0, "x\ny"), (5, 1e300, "日本")]
TEXT = 'name,id,price\n"a ""q"", b",1,1.5\n,2,\n"",3,-2\n"x\ny",4,0\r\n日本,5,1e300'


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.db"
    for sql in ("t(id INTEGER PRIMARY KEY, price REAL, name TEXT)", "u(id INTEGER PRIMARY KEY, price REAL, name TEXT)"):
        with sqlite3.connect(path) as connection:
            connection.execute(f"CREATE TABLE {sql}")
    return path


def location(path):
    return cli.worker("vgi-sqlite", path)


def rows(path, table="t"):
    return sqlite3.connect(path).execute(f"SELECT * FROM {table} ORDER BY id").fetchall()


def insert(text, *words):
    return subprocess.run([cli.VGI, "insert", *map(str, words)], input=text.encode(), capture_output=True, timeout=120,
                          env=cli.ENVIRONMENT)  # fmt: skip


def ok(text, *words):
    done = insert(text, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def test_rows_of_stdin_and_of_a_file(shop, tmp_path):
    assert json.loads(ok(TEXT, location(shop), "t", "-o", "json")) == {"count": 5}
    assert rows(shop) == ROWS
    (tmp_path / "rows.csv").write_text(TEXT)
    assert json.loads(ok("", location(shop), "main.U", tmp_path / "rows.csv", "-o", "json")) == {"count": 5}
    assert rows(shop, "u") == ROWS


def test_what_scan_writes_is_read(shop):
    ok(TEXT, location(shop), "t", "-")
    ok(cli.ok("scan", location(shop), "t", "-o", "csv"), location(shop), "u")
    assert rows(shop, "u") == ROWS


@pytest.mark.parametrize("count", [0, 1, 2047, 2048, 2049, 5000])
def test_batches(shop, count):
    text = io.StringIO()
    csv.writer(text).writerows([["id", "name"], *([n, f"n{n}"] for n in range(count))])
    assert json.loads(ok(text.getvalue(), location(shop), "t", "-o", "json")) == {"count": count}
    assert rows(shop) == [(n, None, f"n{n}") for n in range(count)]


def test_one_column_of_nulls(shop):
    assert json.loads(ok("name\n\n\na\n", location(shop), "t", "-o", "json")) == {"count": 3}
    assert [row[2] for row in rows(shop)] == [None, None, "a"]


@pytest.mark.parametrize(("words", "expected"), [
    (["--returning", "count"], [{"count": 2}]),
    (["--returning", "rows"], [{"id": 1, "qty": 7, "name": "a"}, {"id": 2, "qty": None, "name": None}]),
    (["--returning", "changes"], [{"old": None, "new": {"id": 1, "qty": 7, "name": "a"}},
                                  {"old": None, "new": {"id": 2, "qty": None, "name": None}}]),
])  # fmt: skip
def test_returning(words, expected):
    shown = ok("id,qty,name\n1,7,a\n2,,\n", *STOCK, *words, "-o", "json")
    assert [json.loads(line) for line in shown.splitlines()] == expected


@pytest.mark.parametrize(("code", "text", "sentence"), [
    (3, "id,nam\n1,a\n", "there is no column 'nam'; did you mean 'name'?"),
    (1, "id,ID\n1,2\n", "stdin: the column 'ID' comes twice"),
    (1, "id,name\n1,a\nx,b\n", "stdin, line 3: 'x' is no value of type BIGINT"),
    (1, 'id,name\n1,"a\nb"\nx,b\n', "stdin, line 4: 'x' is no value of type BIGINT"),
    (1, "id,name\n1\n", "stdin, line 2: there are too few values; the first line has 2 names"),
    (1, "id,name\n1,a,b\n", "stdin, line 2: there are too many values; the first line has 2 names"),
    (1, 'id,name\n1,"a', "stdin, line 2: the quotes of a value do not end it"),
    (1, 'id,name\n1,"a"b\n', "stdin, line 2: the quotes of a value do not end it"),
    (1, "id,name\n1,a\0b\n", "stdin, line 2: a value has a NUL in it"),
    (1, "id\n1\n1\n", "UNIQUE constraint failed: t.id"),
    (1, "id\n" + "".join(f"{n}\n" for n in range(5000)) + "0\n", "UNIQUE constraint failed: t.id"),
    (3, "", "there is no column ''"),
])  # fmt: skip
def test_mistakes(shop, code, text, sentence):
    """Said in a sentence; and vgi-sqlite keeps none of the rows."""
    done = insert(text, location(shop), "t")
    assert sentence in done.stderr.decode()
    assert (done.returncode, done.stdout) == (code, b"")
    assert rows(shop) == []


def test_what_is_not_there(shop):
    assert "there is no table 'nosuch'" in cli.fails(3, "insert", location(shop), "nosuch")
    assert "cannot open /nosuch: No such file" in cli.fails(1, "insert", location(shop), "t", "/nosuch")
    assert "cannot answer with rows" in insert("id\n1\n", *STOCK[:1], "stock.counted", *STOCK[2:], "--returning",
                                               "rows").stderr.decode()  # fmt: skip
    assert rows(shop) == []


def test_it_is_explained():
    assert "TABLE [FILE]" in cli.ok("insert", "--help")
    assert "insert" in cli.ok("man")
