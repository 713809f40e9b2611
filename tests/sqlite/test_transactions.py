"""Transactions of the engine on a SQLite file: what is not committed is seen by its own connection alone."""

import contextlib
import sqlite3

import duckdb
import pytest

import shop


def ask(c, sql):
    return c.execute(sql).fetchall()


@pytest.fixture(params=[("DELETE", "stdio"), ("WAL", "stdio"), ("DELETE", "socket")], ids="-".join)
def how(request):
    """SQLite's journal, and how the engine reaches the worker: on a socket one process has everything; on stdio each call
    goes to one of several."""
    return request.param


@pytest.fixture
def path(tmp_path, how):
    return shop.make(tmp_path / "shop.db", f"PRAGMA journal_mode={how[0]}", "CREATE TABLE t(a INT UNIQUE, b TEXT)",
                     rows={"t": [(1, "x"), (2, "y")]})


@pytest.fixture
def connect(path, how):
    words = ("--busy-timeout", "200")
    if how[1] == "stdio":
        yield lambda: shop.attach(path, *words)
        return
    with shop.served(path, *words) as connect:
        yield connect


def test_a_transaction_sees_its_own_changes_and_nobody_else_does(connect, path):
    c = connect()
    c.execute("BEGIN")
    c.execute("INSERT INTO t VALUES (3, 'z')")
    c.execute("UPDATE t SET b = b || '!' WHERE a < 3")
    c.execute("CREATE TABLE more(n BIGINT)")
    c.execute("INSERT INTO more VALUES (7)")
    assert ask(c, "SELECT * FROM t ORDER BY a") == [(1, "x!"), (2, "y!"), (3, "z")]
    assert ask(c, "SELECT n FROM more") == [(7,)]
    assert ask(c, "SELECT count(*) FROM t JOIN more ON a < n") == [(3,)]
    assert shop.sqlite_rows(path, "SELECT * FROM t") == [(1, "x"), (2, "y")]
    assert connect().execute("SELECT count(*) FROM t").fetchall() == [(2,)]
    c.execute("COMMIT")
    assert shop.sqlite_rows(path, "SELECT count(*) FROM t") == [(3,)]
    assert connect().execute("SELECT n FROM more").fetchall() == [(7,)]


def test_a_rollback_leaves_nothing(connect, path):
    c = connect()
    before = shop.sqlite_rows(path, "SELECT * FROM t"), shop.sqlite_rows(path, "SELECT sql FROM sqlite_schema")
    for _ in range(2):  # the second must not see the first
        c.execute("BEGIN")
        c.execute("CREATE TABLE more(n BIGINT)")
        c.execute("INSERT INTO more VALUES (1)")
        c.execute("ALTER TABLE t RENAME COLUMN b TO bb")
        c.execute("COMMENT ON TABLE t IS 'never'")
        c.execute("DELETE FROM t")
        assert ask(c, "SELECT count(*) FROM t") == [(0,)]
        c.execute("ROLLBACK")
        assert (shop.sqlite_rows(path, "SELECT * FROM t"), shop.sqlite_rows(path, "SELECT sql FROM sqlite_schema")) == before
        assert [n for n, *_ in ask(c, "DESCRIBE t")] == ["a", "b"]
        with pytest.raises(duckdb.Error, match="more"):
            c.execute("FROM more")
        assert ask(c, "SHOW TABLES") == [("t",)]


def test_what_fails_leaves_nothing(connect, path):
    c = connect()
    c.execute("BEGIN")
    c.execute("INSERT INTO t VALUES (3, 'z')")
    with pytest.raises(duckdb.Error, match="UNIQUE constraint failed: t.a"):
        c.execute("INSERT INTO t VALUES (9, 'p'), (3, 'q')")
    c.execute("ROLLBACK")
    assert shop.sqlite_rows(path, "SELECT count(*) FROM t") == [(2,)]
    with pytest.raises(duckdb.Error, match="UNIQUE constraint failed: t.a"):
        c.execute("INSERT INTO t SELECT i % 3000, 'r' FROM range(10, 5010) r(i)")
    assert shop.sqlite_rows(path, "SELECT count(*) FROM t") == [(2,)]
    c.execute("INSERT INTO t VALUES (4, 'free')")  # no lock is left


def test_readers_go_on_while_a_transaction_writes(connect, path):
    c, other = connect(), connect()
    c.execute("BEGIN")
    c.execute("INSERT INTO t VALUES (3, 'z')")
    for _ in range(3):
        assert ask(other, "SELECT count(*) FROM t") == [(2,)]
        assert shop.sqlite_rows(path, "SELECT count(*) FROM t") == [(2,)]
    c.execute("COMMIT")
    assert ask(other, "SELECT count(*) FROM t") == [(3,)]


def test_another_program_that_writes_is_waited_for_and_named(connect, path):
    c = connect()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(duckdb.Error, match="it is locked: another program"):
            c.execute("INSERT INTO t VALUES (3, 'z')")
        writer.execute("COMMIT")
    c.execute("INSERT INTO t VALUES (3, 'z')")
    assert ask(c, "SELECT count(*) FROM t") == [(3,)]


def test_deferred_foreign_keys_fail_at_commit(tmp_path):
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE p(id INTEGER PRIMARY KEY); "
                                           "CREATE TABLE k(p INT REFERENCES p DEFERRABLE INITIALLY DEFERRED)")
    with shop.served(path) as connect:
        c = connect()
        c.execute("BEGIN")
        c.execute("INSERT INTO k VALUES (5)")
        with pytest.raises(duckdb.Error, match="FOREIGN KEY constraint failed"):
            c.execute("COMMIT")
        assert shop.sqlite_rows(path, "SELECT count(*) FROM k") == [(0,)]
        c.execute("BEGIN")
        c.execute("INSERT INTO k VALUES (5)")
        c.execute("INSERT INTO p VALUES (5)")
        c.execute("COMMIT")
        assert shop.sqlite_rows(path, "SELECT p FROM k") == [(5,)]


def test_a_file_that_may_not_be_written_says_so(tmp_path):
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(a INT)")
    with shop.served(path, "--read-only") as connect:
        c = connect()
        assert ask(c, "FROM t") == []
        with pytest.raises(duckdb.Error, match="CatalogReadOnlyError"):
            c.execute("CREATE TABLE more(a BIGINT)")
        with pytest.raises(duckdb.Error, match="does not support INSERT"):
            c.execute("INSERT INTO t VALUES (1)")
