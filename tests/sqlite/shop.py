"""SQLite files for the tests of vgi-sqlite, and both ways to read them: Python's sqlite3 and the engine."""

import contextlib
import hashlib
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

import engine


def make(path, *statements, rows=None):
    """A fresh SQLite file: runs the statements, then inserts `rows`: {table: [row, ...]}."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.executescript(statement)
        for table, values in (rows or {}).items():
            marks = ", ".join("?" * len(values[0]))
            db.executemany(f"INSERT INTO {name(table)} VALUES ({marks})", values)
        db.commit()
    return path


def name(text):
    """A SQL name in quotes."""
    return '"' + text.replace('"', '""') + '"'


def attach(path, *words, catalog="shop", connection=None, **settings):
    """The file, attached as `catalog` and in use."""
    connection = connection or engine.connect(**settings)
    engine.attach(connection, "vgi-sqlite", path, *words, catalog=catalog)
    connection.execute(f"USE {name(catalog)}")
    return connection


@contextlib.contextmanager
def served(path, *words, catalog="shop"):
    """A worker of this file that listens, and a function that gives a connection attached to it."""
    socket = pathlib.Path(tempfile.mkdtemp(prefix="vgi-")) / "s"
    process = subprocess.Popen([engine.BIN / "vgi-sqlite", path, "--unix", socket, *words], stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline()

        def connect(**settings):
            connection = engine.connect(**settings)
            connection.execute(f"ATTACH '{catalog}' AS {name(catalog)} (TYPE vgi, LOCATION 'unix://{socket}')")
            connection.execute(f"USE {name(catalog)}")
            return connection

        yield connect
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()
        shutil.rmtree(socket.parent)


def sqlite_rows(path, sql):
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def checksum(rows):
    """One number of all values in their order; reals to the last bit."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr(tuple(v.hex() if isinstance(v, (bytes, float)) else v for v in row)).encode())
    return digest.hexdigest()
