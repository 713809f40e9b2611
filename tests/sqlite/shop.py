"""SQLite files for the tests of vgi-sqlite, and both ways to read them: Python's sqlite3 and the engine."""

import contextlib
import hashlib
import sqlite3

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


def sqlite_rows(path, sql):
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def checksum(rows):
    """One number of all values in their order; reals to the last bit."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr(tuple(v.hex() if isinstance(v, (bytes, float)) else v for v in row)).encode())
    return digest.hexdigest()
