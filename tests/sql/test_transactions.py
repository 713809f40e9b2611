"""BEGIN, COMMIT and ROLLBACK of the real engine, over a worker that keeps its transactions with vgi/transactions.h
(tests/transactions/ledger.c): the engine's calls of one transaction reach several processes."""

import os
import signal
import subprocess
import sys
import time

import duckdb
import pytest
from engine import BIN, attach, connect

WORKER = "vgi-ledger"


class Ledger:
    def __init__(self, folder, *words):
        self.path, self.words = folder / "ledger", words

    def connect(self):
        return attach(connect(), WORKER, self.path, *self.words, catalog="ledger", alias="l")

    def trace(self):
        trace = self.path.with_name("ledger.trace")
        return [line.split(" ")[0] if line.startswith("begin") else line for line in trace.read_text().splitlines()] if trace.exists() else []

    def owner(self):
        lines = self.path.with_name("ledger.trace").read_text().splitlines()
        return int([line for line in lines if line.startswith("begin")][-1].split(" ")[1])

    def await_trace(self, event):
        """However long it takes: what never comes ends with the test's own time."""
        while event not in self.trace():
            time.sleep(0.01)


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    made = Ledger(tmp_path)
    yield made
    if made.trace():
        try:
            os.kill(made.owner(), signal.SIGTERM)
        except ProcessLookupError:
            pass


def rows(connection, sql):
    return connection.execute(sql).fetchall()


def refused(connection, sql):
    with pytest.raises(duckdb.Error) as caught:
        connection.execute(sql)
    return str(caught.value)


def test_a_script_between_engine_and_worker(ledger, tmp_path):
    """The script ends with each worker that the engine ends; the transaction is the engine's all the same."""
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\n{BIN / WORKER} {ledger.path} | cat\n")
    script.chmod(0o755)
    one = connect()
    one.execute(f"ATTACH 'ledger' AS l (TYPE vgi, LOCATION '{script}')")
    one.execute("BEGIN")
    one.execute("CREATE TABLE l.t (v BIGINT)")
    one.execute("INSERT INTO l.t VALUES (1)")
    one.execute("INSERT INTO l.t SELECT v + 1 FROM l.t")
    one.execute("COMMIT")
    assert rows(one, "SELECT v FROM l.t ORDER BY v") == [(1,), (2,)]


def test_commit(ledger):
    one, other = ledger.connect(), ledger.connect()
    one.execute("BEGIN")
    one.execute("CREATE TABLE l.t (v BIGINT)")
    one.execute("INSERT INTO l.t VALUES (1), (2)")
    one.execute("INSERT INTO l.t SELECT v + 10 FROM l.t")
    assert rows(one, "SELECT v FROM l.t ORDER BY v") == [(1,), (2,), (11,), (12,)]
    assert ledger.trace() == ["begin", "c t"]
    assert not ledger.path.exists()
    one.execute("COMMIT")
    assert ledger.trace() == ["begin", "c t", "commit"]
    assert rows(other, "SELECT sum(v) FROM l.t") == [(26,)]


def test_rollback(ledger):
    connection = ledger.connect()
    connection.execute("CREATE TABLE l.t (v BIGINT)")
    connection.execute("INSERT INTO l.t VALUES (1)")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO l.t VALUES (2)")
    connection.execute("CREATE TABLE l.u (v BIGINT)")
    assert rows(connection, "SELECT sum(v) FROM l.t") == [(3,)]
    connection.execute("ROLLBACK")
    assert rows(connection, "SELECT sum(v) FROM l.t") == [(1,)]
    # The table of the transaction is no longer listed: the catalog's version has risen.
    assert "u does not exist" in refused(connection, "SELECT * FROM l.u")
    connection.execute("CREATE TABLE l.u (v BIGINT)")


def test_failed_commit(ledger):
    connection = ledger.connect()
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE l.unwanted (v BIGINT)")
    assert "no ledger has a table of that name" in refused(connection, "COMMIT")
    connection.execute("CREATE TABLE l.t (v BIGINT)")
    assert rows(connection, "SELECT * FROM l.t") == []


def test_failed_statement(ledger):
    connection = ledger.connect()
    connection.execute("CREATE TABLE l.t (v BIGINT)")
    assert "a ledger has no debts" in refused(connection, "INSERT INTO l.t VALUES (1), (-1)")
    assert rows(connection, "SELECT * FROM l.t") == []


def test_two_writers(ledger):
    ledger.words = ("--wait-ms", "1")
    one, other = ledger.connect(), ledger.connect()
    one.execute("BEGIN")
    one.execute("CREATE TABLE l.t (v BIGINT)")
    assert "another transaction has been writing to this catalog since" in refused(other, "CREATE TABLE l.u (v BIGINT)")
    one.execute("COMMIT")
    other.execute("CREATE TABLE l.u (v BIGINT)")


def test_closed_connection(ledger):
    """The engine tells nobody; the next one that writes is not kept waiting for ever."""
    ledger.words = ("--idle-ms", "1", "--wait-ms", "60000")
    one = ledger.connect()
    one.execute("BEGIN")
    one.execute("CREATE TABLE l.t (v BIGINT)")
    one.close()
    other = ledger.connect()
    other.execute("CREATE TABLE l.t (v BIGINT)")
    assert ledger.trace() == ["begin", "c t", "rollback", "begin", "c t", "commit"]


ENGINE = """
import sys, time
sys.path[:0] = {path!r}
from test_transactions import Ledger
import pathlib
connection = Ledger(pathlib.Path(sys.argv[1])).connect()
connection.execute("BEGIN")
connection.execute("CREATE TABLE l.t (v BIGINT)")
time.sleep(1000)
"""


def test_killed_engine(ledger):
    engine = subprocess.Popen([sys.executable, "-c", ENGINE.format(path=sys.path), str(ledger.path.parent)])
    ledger.await_trace("c t")
    engine.kill()
    engine.wait()
    ledger.await_trace("rollback")
    assert not ledger.path.exists()


def test_killed_owner(ledger):
    connection = ledger.connect()
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE l.t (v BIGINT)")
    os.kill(ledger.owner(), signal.SIGKILL)
    while os.path.exists(f"/proc/{ledger.owner()}") and "Z" not in open(f"/proc/{ledger.owner()}/stat").read().rsplit(")")[1]:
        time.sleep(0.01)
    assert "the process that kept its changes has ended" in refused(connection, "COMMIT")
    connection.execute("CREATE TABLE l.t (v BIGINT)")
    assert rows(connection, "SELECT * FROM l.t") == []
