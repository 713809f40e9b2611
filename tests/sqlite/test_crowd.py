"""Many engine connections, in several processes and in threads of each, attach one file, change it and detach, all at once: no
update is lost, everybody comes to an end, and nobody reads that the database is locked."""

import contextlib
import os
import pathlib
import sqlite3
import subprocess
import sys

import pytest

LONG = bool(os.environ.get("VGI_LONG"))
PROCESSES, THREADS, ROUNDS = (5, 10, 5) if LONG else (2, 4, 2)
SCRIPT = pathlib.Path(__file__).with_name("crowd_engine.py")


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_crowd(tmp_path, journal):
    path = tmp_path / "crowd.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(f"PRAGMA journal_mode = {journal}; CREATE TABLE counter (n BIGINT);"
                         "INSERT INTO counter VALUES (0); CREATE TABLE log (c BIGINT, turn BIGINT, PRIMARY KEY (c, turn))")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    running = [subprocess.Popen([sys.executable, SCRIPT, path, str(100 * i), str(THREADS), str(ROUNDS)], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
               for i in range(PROCESSES)]
    lines = "".join(p.communicate()[0] for p in running).splitlines()
    text = "\n".join(lines)
    assert [p.returncode for p in running] == [0] * PROCESSES, text
    committed = [line.split() for line in lines if line.startswith("committed")]
    assert len(committed) == PROCESSES * THREADS and all(int(c[2]) == ROUNDS for c in committed), text
    assert "locked" not in text.lower() and "busy" not in text.lower(), text
    # What may be met is a writer that has waited for too long for others, which is said in these words.
    assert all("writing" in line for line in lines if line.startswith("error")), text
    with contextlib.closing(sqlite3.connect(path, timeout=60)) as db:
        total = PROCESSES * THREADS * ROUNDS
        assert db.execute("SELECT n FROM counter").fetchall() == [(total,)]
        assert db.execute("SELECT count(*) FROM log").fetchall() == [(total,)]
        made = db.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE 'own%'").fetchall()
        assert made == [(PROCESSES * THREADS,)]
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
