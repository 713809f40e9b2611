"""The real engine with the real extension, for tests: connect(), attach(), and a worker's location.

Everything comes from the environment that cmake/python_tests.cmake sets.
"""

import os
import pathlib

import duckdb

BIN = pathlib.Path(os.environ["VGI_BIN_DIR"])
SANITIZED = os.environ.get("VGI_SANITIZED") == "1"


def location(program, *words):
    """LOCATION text of one of our executables, quoted for the shell that the engine runs it with."""
    quoted = ["'" + str(word).replace("'", "'\\''") + "'" for word in (BIN / program, *words)]
    return " ".join(quoted)


def text(value):
    """A SQL string literal."""
    return "'" + str(value).replace("'", "''") + "'"


def connect(**settings):
    """A fresh in-memory database with the extension loaded."""
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true", **settings})
    connection.execute(f"LOAD {text(os.environ['VGI_EXTENSION'])}")
    return connection


def attach(connection, program, *words, catalog, alias=None, options=""):
    """ATTACHes `catalog` of a worker under `alias` (its own name by default)."""
    name = (alias or catalog).replace('"', '""')
    connection.execute(
        f'ATTACH {text(catalog)} AS "{name}" (TYPE vgi, LOCATION {text(location(program, *words))}{options})'
    )
    return connection
