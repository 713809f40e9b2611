"""Files as they are found: missing, locked, damaged, written to meanwhile. One clear line at ATTACH, and another try."""

import contextlib
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import tempfile

import duckdb
import pytest

import engine
import shop


def refused(path, *words, catalog="shop"):
    """The one line that ATTACH fails with."""
    with engine.connect() as c, pytest.raises(duckdb.Error) as error:
        engine.attach(c, "vgi-sqlite", path, *words, catalog=catalog)
    return str(error.value)


def numbers(path, count=10):
    return shop.make(path, "CREATE TABLE t(a INT)", rows={"t": [(i,) for i in range(count)]})


def test_the_catalogs_name(tmp_path):
    path = numbers(tmp_path / "my shop.v2.db")
    assert shop.attach(path, catalog="my shop.v2").execute("SELECT count(*) FROM t").fetchone() == (10,)
    assert shop.attach(path, "--name", "other", catalog="other").execute("SELECT count(*) FROM t").fetchone() == (10,)
    assert "wrong" in refused(path, catalog="wrong")
    numbers(tmp_path / "-x.db")
    with contextlib.chdir(tmp_path):
        assert shop.attach("--", "-x.db", catalog="-x").execute("SELECT count(*) FROM t").fetchone() == (10,)


def test_words_of_the_command_line(tmp_path):
    program = str(engine.BIN / "vgi-sqlite")
    asked = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=20)
    assert asked.returncode == 0 and "--max-workers" in asked.stdout + asked.stderr
    asked = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20)
    assert asked.returncode == 0 and "vgi-sqlite" in asked.stdout + asked.stderr
    for words in (["--nosuch"], ["a.db", "b.db"], ["--name"], [""], ["--name", ""], ["--types", "loose"], ["--types"],
                  ["--busy-timeout", "-1"], ["--busy-timeout", "1s"], ["--max-workers", "0"], ["--max-workers", "1025"],
                  ["--attach", "x="], ["--attach", "=x"], ["--attach", "a.db", "--attach", "b/a.db"],
                  ["--attach", "main=a.db"]):
        asked = subprocess.run([program, *words], capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
        assert asked.returncode == 2 and len(asked.stderr.strip().splitlines()) == 1, asked


def test_files_that_cannot_be_read(tmp_path):
    path = tmp_path / "shop.db"
    assert f"{path}: there is no such file" in refused(path)
    assert not path.exists()
    path.mkdir()
    assert "it is a folder" in refused(path)
    path.rmdir()
    os.mkfifo(path)
    assert "it is not a file" in refused(path)
    path.unlink()
    path.write_bytes(os.urandom(8192))
    assert "it is not a SQLite database, or it is encrypted" in refused(path)
    numbers(tmp_path / "whole.db", 5000)
    path.write_bytes((tmp_path / "whole.db").read_bytes()[:8192])
    assert "it is damaged" in refused(path)
    assert "no file is named" in refused("--name", "shop")


def test_a_failure_is_tried_again(tmp_path):
    path = tmp_path / "shop.db"
    c = engine.connect()
    with pytest.raises(duckdb.Error, match="there is no such file"):
        engine.attach(c, "vgi-sqlite", path, catalog="shop")
    numbers(path)
    engine.attach(c, "vgi-sqlite", path, catalog="shop")
    assert c.execute("SELECT sum(a) FROM shop.t").fetchone() == (45,)
    c.execute("DETACH shop")
    path.unlink()
    with pytest.raises(duckdb.Error, match="there is no such file"):
        engine.attach(c, "vgi-sqlite", path, catalog="shop")


def test_damage_found_by_a_scan(tmp_path):
    path = numbers(tmp_path / "shop.db", 20_000)
    content = bytearray(path.read_bytes())
    content[12 * 4096 : 13 * 4096] = b"\xee" * 4096
    path.write_bytes(content)
    c = shop.attach(path)
    with pytest.raises(duckdb.Error, match='table "t": it is damaged'):
        c.execute("SELECT sum(a) FROM t").fetchall()


def test_damage_anywhere(tmp_path):
    """Bytes changed at random: rows or an error, never a worker that dies."""
    whole = shop.make(
        tmp_path / "whole.db",
        "CREATE TABLE t(a INT CHECK(a > 0), b TEXT DEFAULT 'x', c BLOB, PRIMARY KEY(a, b)) WITHOUT ROWID",
        "CREATE TABLE u(x REAL UNIQUE, d DATE REFERENCES t); CREATE VIEW v AS SELECT * FROM t JOIN u ON a = x",
        rows={"t": [(i + 1, "s" * i, b"b" * 9) for i in range(100)], "u": [(i, None) for i in range(300)]}).read_bytes()
    chance = random.Random(4)
    c = engine.connect()
    served = 0
    for turn in range(60):
        content = bytearray(whole)
        for _ in range(chance.choice((1, 3, 10, 100))):
            content[chance.choice((chance.randrange(len(content)), chance.randrange(4096)))] = chance.randrange(256)
        path = tmp_path / f"d{turn}.db"
        path.write_bytes(content)
        try:
            engine.attach(c, "vgi-sqlite", path, catalog=path.stem)
            served += 1
            for (table,) in c.execute(f"SELECT table_name FROM duckdb_tables() WHERE database_name = '{path.stem}'"
                                      ).fetchall():
                c.execute(f"SELECT * FROM {path.stem}.main.{shop.name(table)}").fetchall()
        except duckdb.Error as error:
            assert "VGI Worker Exception" in str(error) or "Catalog Error" in str(error), str(error)
        finally:
            c.execute(f"DETACH DATABASE IF EXISTS {path.stem}")
    assert 10 < served < 60


def test_a_locked_file(tmp_path):
    path = numbers(tmp_path / "shop.db")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        assert "it is locked" in refused(path, "--busy-timeout", "50")
        writer.execute("ROLLBACK")
    assert shop.attach(path).execute("SELECT count(*) FROM t").fetchone() == (10,)


def test_wal_with_a_writer(tmp_path):
    """Every scan sees one moment, whatever is committed meanwhile."""
    path = shop.make(tmp_path / "shop.db", "PRAGMA journal_mode=WAL", "CREATE TABLE t(k INT, a INT)",
                     rows={"t": [(i, 0) for i in range(60_000)]})
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer:
        c = shop.attach(path)
        for turn in range(1, 6):
            rows = c.execute("SELECT k, a FROM t")
            some = rows.fetchmany(10)
            writer.execute("UPDATE t SET a = ?", (turn,))
            assert {a for _, a in some + rows.fetchall()} == {turn - 1}
            assert c.execute("SELECT min(a), max(a) FROM t").fetchone() == (turn, turn)


def test_nothing_is_written(tmp_path):
    path = numbers(tmp_path / "shop.db", 1000)
    before = path.read_bytes(), os.stat(path).st_mtime_ns
    c = shop.attach(path)
    c.execute("SELECT * FROM t ORDER BY a DESC").fetchall()
    assert (path.read_bytes(), os.stat(path).st_mtime_ns) == before
    assert os.listdir(tmp_path) == ["shop.db"]


def test_a_crashed_writers_journal(tmp_path):
    path = numbers(tmp_path / "shop.db", 1000)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size=1")
        writer.execute("BEGIN")
        writer.execute("UPDATE t SET a = a + 1")
        shutil.copy(path, tmp_path / "left.db")
        shutil.copy(f"{path}-journal", tmp_path / "left.db-journal")
        writer.execute("ROLLBACK")
    assert "did not end well" in refused(tmp_path / "left.db", catalog="left")


def test_a_schema_that_changes(tmp_path):
    path = numbers(tmp_path / "shop.db")
    c = shop.attach(path)
    assert c.execute("SELECT * FROM t LIMIT 1").fetchall() == [(0,)]
    with contextlib.closing(sqlite3.connect(path)) as writer:
        writer.executescript("CREATE TABLE more(b TEXT); INSERT INTO more VALUES ('x'); ALTER TABLE t ADD COLUMN z TEXT "
                             "DEFAULT 'new'; ALTER TABLE t RENAME COLUMN a TO aa")
    assert c.execute("SELECT * FROM more").fetchall() == [("x",)]
    assert c.execute("SELECT * FROM t LIMIT 1").fetchall() == [(0, "new")]
    with contextlib.closing(sqlite3.connect(path)) as writer:
        writer.execute("DROP TABLE t")
    with pytest.raises(duckdb.Error):
        c.execute("SELECT * FROM t").fetchall()
    c.execute("USE memory; DETACH shop")
    shop.attach(path, connection=c)
    assert c.execute("SHOW TABLES").fetchall() == [("more",)]


def test_the_same_file_twice(tmp_path):
    path = numbers(tmp_path / "shop.db")
    c = shop.attach(path)
    engine.attach(c, "vgi-sqlite", path, catalog="shop", alias="again")
    assert c.execute("SELECT count(*) FROM shop.t JOIN again.t USING (a)").fetchone() == (10,)


@pytest.mark.skipif(os.getuid() != 0 or not shutil.which("setpriv"), reason="only root can become somebody else")
def test_files_that_others_own():
    """Run as nobody: an unreadable file; a database in WAL mode in a folder that cannot be written."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        closed = numbers(folder / "closed.db")
        closed.chmod(0o600)
        wal = shop.make(folder / "wal.db", "PRAGMA journal_mode=WAL", "CREATE TABLE t(a INT)")
        program = shutil.copy(engine.BIN / "vgi-sqlite", folder)
        for path, says in ((closed, "it may not be read"), (wal, "it is in WAL mode")):
            # Without the log that the tests' workers write: nobody may not open it either.
            command = f"env -u VGI_LOG setpriv --reuid=65534 --clear-groups {program} {path}"
            with engine.connect() as c, pytest.raises(duckdb.Error, match=says):
                c.execute(f"ATTACH '{path.stem}' (TYPE vgi, LOCATION {engine.text(command)})")
