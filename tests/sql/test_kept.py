"""Attachments that a catalog keeps in durable storage (examples/kept.c): made by one process, known to all others and to
those that come when all have ended, gone when detached. What is wrong with the storage reaches whoever attaches."""

import contextlib
import os
import re
import sqlite3
import subprocess

import duckdb
import pytest
from engine import BIN, connect, location, text

LOCATION = str(BIN / "kept")


@pytest.fixture
def state(tmp_path, monkeypatch):
    """Where the file will be."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "vgi" / "vgi_catalog.db"


def session(author):
    """The state directory is a word of the command, as the engine's pool of workers tells those apart."""
    command = f"XDG_STATE_HOME='{os.environ['XDG_STATE_HOME']}' {location('kept')}"
    db = connect()
    db.execute(f"ATTACH 'kept' AS k (TYPE vgi, LOCATION {text(command)}, author {text(author)}, token 'hush')")
    return db


def next_process(db):
    """A worker that has raised an error is not used again."""
    with pytest.raises(duckdb.Error, match="CatalogReadOnlyError"):
        db.execute("DROP TABLE k.main.session")


def vgi(*words):
    """What a command prints; a process of the worker for each of them."""
    done = subprocess.run([str(BIN / "vgi"), *map(str, words)], capture_output=True, text=True, timeout=120)
    return done.stdout if done.returncode == 0 else f"failed: {done.stderr}"


def kept(state):
    """{what the attachment stands for: its id}, of the file itself."""
    with contextlib.closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as db:
        return {bytes(options).decode(): bytes(key) for key, options in
                db.execute("SELECT attach_opaque_data, options FROM vgi_attachments")}  # fmt: skip


def test_every_process_knows_it(state):
    db = session("Ada")
    for _ in range(3):
        assert db.execute("FROM k.main.session").fetchall() == [("Ada",)]
        assert db.execute("SELECT k.main.signed(x) FROM (VALUES ('a'), (NULL)) t(x)").fetchall() == [("a -- Ada",), (None,)]
        next_process(db)
    other = session("Grace")
    assert other.execute("FROM k.main.session").fetchall() == [("Grace",)]
    assert db.execute("FROM k.main.session").fetchall() == [("Ada",)]
    assert state.stat().st_mode & 0o777 == 0o600 and state.parent.stat().st_mode & 0o777 == 0o700


def test_until_it_is_detached(state):
    """By a command, each of which has a process of the worker of its own."""
    assert "kept" in vgi("catalogs", LOCATION)
    assert not state.exists()  # nobody has asked for it
    ada, grace = session("Ada"), session("Grace")
    said = vgi("attach", LOCATION, "-A", "author=Barbara", "-o", "json")
    ids = kept(state)
    assert set(ids) == {"Ada", "Grace", "Barbara"}
    barbara = re.search(rf'"([0-9a-f]*{ids["Barbara"].hex()}[0-9a-f]*)"', said)[1]
    assert b"Barbara".hex() not in barbara  # the caller holds an id, and nothing else
    for _ in range(2):  # again is no failure
        said = vgi("detach", LOCATION, "--attachment", barbara)
        assert not said.startswith("failed"), said
        assert set(kept(state)) == {"Ada", "Grace"}
    with contextlib.closing(sqlite3.connect(state)) as db, db:  # as a detach does
        db.execute("DELETE FROM vgi_attachments WHERE attach_opaque_data = ?", (ids["Ada"],))
    with pytest.raises(duckdb.Error, match="ValueError: this attachment has ended: ATTACH again"):
        ada.execute("FROM k.main.session").fetchall()
    assert grace.execute("FROM k.main.session").fetchall() == [("Grace",)]


def test_a_storage_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(duckdb.Error, match="Error: .*Not a directory"):
        session("Ada")
    assert "kept" in vgi("catalogs", LOCATION)  # which need none


def test_a_damaged_storage(state):
    assert not vgi("attach", LOCATION, "-A", "author=Ada").startswith("failed")
    damage = b"no database, and larger than a page\n" * 400
    state.write_bytes(damage)
    with pytest.raises(duckdb.Error, match="(?s)Error: .*vgi_catalog.db"):
        session("Grace")
    assert state.read_bytes() == damage  # never replaced: it may be somebody's
    os.rename(state, state.with_suffix(".away"))
    assert session("Grace").execute("FROM k.main.session").fetchall() == [("Grace",)]
    assert set(kept(state)) == {"Grace"}
