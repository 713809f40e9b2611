"""Sessions of the real engine with a worker that has a signing key: attachments, transactions and splits go through several
processes of it, sealed, and a key changes without a session noticing."""

import os

import duckdb
import pytest
from engine import attach, connect, text

KEY, NEXT = "the key of a fleet, and no other", "the one that comes after it"
NOT_RECOGNIZED = "attach_opaque_data not recognized"


@pytest.fixture
def key(monkeypatch):
    """Sets the keys of the workers that are started from now on; before, there are none."""

    def change(*keys):
        for name, value in zip(("VGI_SIGNING_KEY", "VGI_SIGNING_KEY_PREVIOUS"), (*keys, "", "")):
            monkeypatch.setenv(name, value)

    change()
    yield change


def session(tmp_path, name="data"):
    """A connection with a catalog that can be written, `f`, whose objects lie in a folder."""
    (tmp_path / name / "main").mkdir(parents=True)
    db = connect()
    attach(db, "vgi-ops-worker", "--record", tmp_path / f"{name}.log", catalog="folder", alias="f",
           options=f", folder {text(tmp_path / name)}")  # fmt: skip
    return db


def next_process(db):
    """A worker that has raised an error is not used again."""
    with pytest.raises(duckdb.Error, match="schema nosuch"):
        db.execute("DROP SCHEMA f.nosuch")


def refused(db, sql):
    with pytest.raises(duckdb.Error) as caught:
        db.execute(sql)
    return str(caught.value)


def test_a_session(key, tmp_path):
    """Every statement in a process of its own: what one has sealed the next opens."""
    key(KEY)
    db = session(tmp_path)
    statements = (
        "CREATE TABLE f.main.t (a INTEGER, b VARCHAR)",
        "CREATE VIEW f.main.v AS SELECT 1 AS one",
        "ALTER TABLE f.main.t RENAME TO u",
    )
    for statement in statements:
        db.execute(statement)
        next_process(db)
    assert db.execute("SELECT count(*) FROM f.main.u").fetchall() == [(3,)]
    next_process(db)
    assert db.execute("FROM f.main.v").fetchall() == [(1,)]
    for end in ("COMMIT", "ROLLBACK"):
        db.execute("BEGIN")
        db.execute(f"CREATE TABLE f.main.{end} (a INTEGER)")
        assert db.execute("FROM f.main.seen()").fetchall() == [(str(tmp_path / "data"), "the transaction", 16)]
        db.execute(end)
        next_process(db)
    db.execute("DETACH f")


def test_several_connections(key, tmp_path):
    """Attachments of their own: none opens what was sealed for another, all go through one pool of workers."""
    key(KEY)
    sessions = [session(tmp_path, f"data{i}") for i in range(3)]
    for i, db in enumerate(sessions):
        db.execute("BEGIN")
        db.execute(f"CREATE TABLE f.main.t{i} (a INTEGER)")
    for i, db in enumerate(sessions):
        assert db.execute("SELECT folder FROM f.main.seen()").fetchall() == [(str(tmp_path / f"data{i}"),)]
        db.execute("COMMIT")
        assert (tmp_path / f"data{i}" / "main" / f"t{i}.table").exists()


def test_splits(key):
    """The parts of a scan, each with a sealed token, in several processes."""
    key(KEY)
    db = connect()
    attach(db, "vgi-fixture-worker", catalog="fixture")
    sql = "SELECT count(*), sum(twice), bool_and(planned) FROM fixture.scans.parts(1000, parts := 7)"
    assert db.execute(sql).fetchall() == [(1000, 999000, True)]


def test_a_key_changes(key, tmp_path):
    key(KEY)
    db = session(tmp_path)
    for keys in ((KEY, NEXT), (NEXT, KEY)):
        key(*keys)
        next_process(db)
        db.execute("CREATE OR REPLACE VIEW f.main.v AS SELECT 1 AS one")
        assert db.execute("FROM f.main.v").fetchall() == [(1,)]
    key(NEXT)
    next_process(db)  # the one before still had the old key
    assert NOT_RECOGNIZED in refused(db, "CREATE TABLE f.main.t (a INTEGER)")


def test_another_key_or_none(key, tmp_path):
    for i, (before, after) in enumerate(((KEY, NEXT), (KEY, None), (None, KEY))):
        key(*[before] if before else [])
        db = session(tmp_path, f"data{i}")
        db.execute("CREATE TABLE f.main.t (a INTEGER)")
        key(*[after] if after else [])
        next_process(db)
        said = refused(db, "CREATE TABLE f.main.u (a INTEGER)")
        assert NOT_RECOGNIZED in said and KEY not in said and NEXT not in said


def test_a_key_that_is_too_short(key, tmp_path):
    key("short")
    with pytest.raises(duckdb.Error):
        session(tmp_path)
