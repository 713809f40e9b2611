"""Every example, by the queries that its first comment shows, and some that it does not."""

import subprocess

import duckdb
import pytest
from engine import BIN, attach, connect


CATALOGS = {"time_travel": "prices"}  # not called as their program


def ask(example, sql):
    connection = attach(connect(), example, catalog=CATALOGS.get(example, example))
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


CASES = [
    ("text", "SELECT text.main.initials(name) FROM (VALUES ('Ada Lovelace'), (NULL), ('')) t(name)",
     [("A.L.",), (None,), ("",)]),
    ("text", "SELECT text.main.repeat_text('ab', 3)", [("ababab",)]),
    ("lists", "SELECT lists.main.words('to be or not'), lists.main.total([1, 2, NULL])", [(["to", "be", "or", "not"], 3)]),
    ("lists", "SELECT lists.main.words(''), lists.main.total([]), lists.main.total(NULL)", [([], 0, None)]),
    ("structs", "SELECT structs.main.point('3,4').x, structs.main.norm2({'x': 3, 'y': 4})", [(3.0, 25.0)]),
    ("structs", "SELECT structs.main.point('no'), structs.main.norm2({'x': 3, 'y': NULL})", [(None, None)]),
    ("nulls", "SELECT nulls.main.or_else(NULL, 7), nulls.main.safe_divide(1, 0)", [(7, None)]),
    ("nulls", "SELECT nulls.main.or_else(NULL, NULL), nulls.main.safe_divide(1, NULL), nulls.main.safe_divide(1, 4)",
     [(None, None, 0.25)]),
    ("overloads", "SELECT overloads.main.twice(21), overloads.main.twice('ab'), overloads.main.first_of(NULL, 'b', 'c')",
     [(42, "abab", "b")]),
    ("overloads", "SELECT overloads.main.first_of([1], [2]), overloads.main.first_of(NULL, NULL)", [([1], None)]),
    ("projection", "SELECT sum(square) FROM projection.main.squares(1000)", [(sum(i * i for i in range(1000)),)]),
    ("projection", "SELECT spelled, n FROM projection.main.squares(5000) WHERE n = 4999", [("4999 squared", 4999)]),
    ("filters", "FROM filters.main.cubes(2000000) WHERE n >= 1999998 AND cube % 2 = 0", [(1999998, 1999998**3, 1)]),
    ("filters", "SELECT count(*) FROM filters.main.cubes(5000) WHERE cube > 1000 OR cube IS NULL", [(4989,)]),
    ("filters", "SELECT n, visited < 10000 FROM filters.main.cubes(2000000) ORDER BY n LIMIT 2", [(0, True), (1, True)]),
    ("errors", "SELECT count(*) > 3 FROM errors.main.lines('/proc/self/status')", [(True,)]),
    ("tables", "FROM tables.main.inner_planets", [("Mercury", 0.055), ("Venus", 0.815), ("Earth", 1), ("Mars", 0.107)]),
    ("tables", "SELECT name FROM tables.main.planets WHERE tables.main.is_heavy(mass, limit_ := 100)", [("Jupiter",)]),
    ("tables", "SELECT constraint_type, constraint_column_names FROM duckdb_constraints() WHERE database_name = 'tables' "
               "ORDER BY ALL",
     [("CHECK", ["mass"]), ("NOT NULL", ["mass"]), ("NOT NULL", ["name"]), ("PRIMARY KEY", ["position"]),
      ("UNIQUE", ["name"])]),
]


NEWEST = [("tea", 3.0, "EUR"), ("bread", 3.2, "EUR"), ("jam", 4.5, "EUR")]
CASES += [
    ("time_travel", "FROM prices.main.list", NEWEST),
    ("time_travel", "FROM prices.main.list AT (VERSION => 3)", NEWEST),
    ("time_travel", "FROM prices.main.list AT (VERSION => 1)", [("tea", 2.5), ("bread", 3.0)]),
    ("time_travel", "FROM prices.main.list AT (TIMESTAMP => TIMESTAMP '2024-06-01')", [("tea", 2.75, "EUR"), ("bread", 3.2, "EUR")]),
    ("time_travel", "FROM prices.main.list AT (TIMESTAMP => TIMESTAMP '2024-03-01')", [("tea", 2.75, "EUR"), ("bread", 3.2, "EUR")]),
    ("time_travel", "SELECT new.item, new.price - old.price FROM prices.main.list new JOIN (FROM prices.main.list AT (VERSION => 1)) old "
                    "USING (item) WHERE new.price <> old.price", [("tea", 0.5), ("bread", pytest.approx(0.2))]),
]


@pytest.mark.parametrize("example, sql, expected", CASES)
def test_it_answers(example, sql, expected):
    assert ask(example, sql) == expected


FAILURES = [
    ("text", "SELECT text.main.repeat_text('ab', 1001)", "too large"),
    ("lists", "SELECT lists.main.total([9223372036854775807, 1])", "ValueError: row 0: the total overflows BIGINT"),
    ("overloads", "SELECT overloads.main.first_of(1, 'a')", "TypeError: argument 2 is utf8; those before it are int32"),
    ("errors", "FROM errors.main.lines('')", "path is empty"),
    ("errors", "FROM errors.main.lines(NULL)", "argument path must not be NULL"),
    ("errors", "FROM errors.main.lines('/no/such/file')", "OSError: cannot read /no/such/file: No such file or directory"),
]
FAILURES += [
    ("time_travel", "FROM prices.main.list AT (VERSION => 4)", "ValueError: there is no version 4; there are 1 to 3"),
    ("time_travel", "FROM prices.main.list AT (VERSION => 'x')", "ValueError: there is no version x; there are 1 to 3"),
    ("time_travel", "FROM prices.main.list AT (TIMESTAMP => TIMESTAMP '1999-12-31')", "ValueError: the first prices are of 2023-01-01 00:00:00"),
    ("time_travel", "FROM prices.main.nosuch AT (VERSION => 1)", "nosuch does not exist"),
    ("time_travel", "SELECT currency FROM prices.main.list AT (VERSION => 1)", '"currency" not found'),
]


@pytest.mark.parametrize("example, sql, sentence", FAILURES)
def test_it_says_what_is_wrong(example, sql, sentence):
    with pytest.raises(duckdb.Error) as error:
        ask(example, sql)
    assert sentence in str(error.value)


def test_a_long_line(tmp_path):
    path = tmp_path / "long"
    path.write_text("short\n" + "x" * 5000 + "\n")
    with pytest.raises(duckdb.Error, match="LineTooLongError: a line is longer than 4095 bytes"):
        ask("errors", f"FROM errors.main.lines('{path}')")


def test_a_delegated_scan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    connection = connect()
    connection.execute("COPY (SELECT i AS id, 'row ' || i AS label FROM range(10) t(i)) TO 'delegated.parquet'")
    attach(connection, "delegated", catalog="delegated")
    assert connection.execute("SELECT label FROM delegated.main.rows WHERE id = 7").fetchall() == [("row 7",)]
    connection.close()


def test_a_folder_of_folders(tmp_path):
    """The catalog says what is there now: listing, look-up and scan see a new folder and a new file at once."""
    connection = connect()
    attach(connection, "folder", catalog="folder", alias="here", options=f", root '{tmp_path}'")
    (tmp_path / "it's").mkdir()
    (tmp_path / "it's" / "one").write_text("123")
    assert connection.execute('FROM here.main."it\'s"').fetchall() == [("one", 3)]
    (tmp_path / "it's" / "two").write_text("")
    (tmp_path / "it's" / "no file").mkdir()
    assert connection.execute('SELECT name, size FROM here.main."It\'s" ORDER BY 1').fetchall() == [("one", 3), ("two", 0)]
    (tmp_path / "later").mkdir()
    assert connection.execute("FROM here.main.later").fetchall() == []
    for sql, sentence in (
        ("FROM here.main.nosuch", "nosuch does not exist"),
        ("DROP TABLE here.main.later", "CatalogReadOnlyError: Cannot drop table main.later: catalog is read-only"),
        ("CREATE SCHEMA here.s", "CatalogReadOnlyError: Cannot create schema s: catalog is read-only"),
    ):
        with pytest.raises(duckdb.Error, match=sentence):
            connection.execute(sql)
    connection.close()


def test_a_folder_that_is_not_there():
    with pytest.raises(duckdb.Error, match="OSError: cannot read the folder /no/such/folder"):
        attach(connect(), "folder", catalog="folder", options=", root '/no/such/folder'")
    with pytest.raises(duckdb.Error, match="cannot be attached without the required option 'root'"):
        attach(connect(), "folder", catalog="folder")


def test_a_writable_catalog(tmp_path):
    path = tmp_path / "socket"
    worker = subprocess.Popen([BIN / "writable", "--unix", path], stdout=subprocess.PIPE, text=True)
    assert worker.stdout.readline() == f"UNIX:{path}\n"
    connection = connect()
    connection.execute(f"ATTACH 'writable' AS w (TYPE vgi, LOCATION 'unix://{path}')")
    connection.execute("USE w.main")
    connection.execute("CREATE TABLE primes(n BIGINT)")
    assert connection.execute("INSERT INTO primes VALUES (2), (3) RETURNING n").fetchall() == [(2,), (3,)]
    assert connection.execute("INSERT INTO primes SELECT n FROM primes").fetchall() == [(2,)]
    assert connection.execute("SELECT count(*), sum(n) FROM primes").fetchall() == [(4, 10)]
    connection.execute("CREATE TABLE IF NOT EXISTS primes(n BIGINT)")
    connection.execute("CREATE TABLE more AS SELECT n FROM range(5000) r(n)")
    assert connection.execute("SELECT count(*), sum(n) FROM more").fetchall() == [(5000, sum(range(5000)))]
    assert connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'w' ORDER BY 1").fetchall() == [
        ("more",), ("primes",)]
    connection.execute("DROP TABLE more")
    for sql, sentence in (
        ("CREATE TABLE primes(n BIGINT)", "the table exists already"),
        ("CREATE TABLE x(n VARCHAR)", "NotImplementedError: a table here is"),
        ("FROM more", "more does not exist"),
        ("INSERT INTO primes VALUES (5), (NULL)", "ValueError: n is NULL in row 1"),
        ("DELETE FROM primes", "does not support DELETE"),
    ):
        with pytest.raises(duckdb.Error, match=sentence):
            connection.execute(sql)
    connection.close()
    worker.terminate()
    assert worker.wait(20) == 0
    worker.stdout.close()
