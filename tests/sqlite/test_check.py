"""`vgi check-transactions` finds nothing wrong with vgi-sqlite; and nothing to try in a file that it may only read."""

import os
import shlex
import subprocess

import pytest

import engine
import shop

LONG = bool(os.environ.get("VGI_LONG"))
# Without those that wait for as long as a writer may rest.
SOME = ("commit,rollback,own-writes,ddl-commit,ddl-rollback,version,processes,commit-twice,rollback-twice,"
        "commit-after-rollback,write-after-commit,two-writers,failed-commit,crash-between,crash-before-commit,"
        "crash-in-insert,create-sent-again,commit-sent-again,engine-gone")


def check(path, *words):
    location = shlex.join([str(engine.BIN / "vgi-sqlite"), str(path), *words])
    only = [] if LONG else ["--only", SOME]
    return subprocess.run([engine.BIN / "vgi", "check-transactions", location, "-q", *only], capture_output=True,
                          text=True, timeout=280)


@pytest.mark.parametrize("journal", ["wal", "delete"] if LONG else ["wal"])
def test_all_is_ok(tmp_path, journal):
    path = shop.make(tmp_path / "check.db", f"PRAGMA journal_mode = {journal}; CREATE TABLE kept (a)")
    done = check(path)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    # A worker that is never caught between effect and answer shows nothing: no failure, on a machine that is busy.
    assert all(line.startswith("ok ") or "never caught" in line for line in lines[:-1]), done.stdout
    assert len(lines) == (28 if LONG else 20)
    assert shop.sqlite_rows(path, "SELECT name FROM sqlite_master") == [("kept",)]


def test_read_only(tmp_path):
    done = check(shop.make(tmp_path / "check.db", "CREATE TABLE kept (a)"), "--read-only")
    assert done.returncode == 0 and " ok " not in done.stdout and "FAILED" not in done.stdout, done.stdout + done.stderr
