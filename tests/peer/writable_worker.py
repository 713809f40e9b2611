"""The reference's writable fixture worker, and the process that keeps its databases: writable_worker.py [--keeper SOCKET
FOLDER]. What is served is the reference's. Mended is what keeps it from starting: its RPC layer finds no type for a Literal
of texts, which its own protocol uses; it wants a build of DuckDB that nobody can install, for cursors within a transaction
and a setting: here a scan reads by the transaction's own cursor; and the names of tables are quoted by both halves."""

import os
import sys
import typing

import pyarrow as pa
import vgi_rpc.rpc._types
import vgi_rpc.utils

infer = vgi_rpc.utils._infer_arrow_type


def infer_literals_too(python_type, *rest, **named):
    if typing.get_origin(python_type) is typing.Literal:
        return pa.string()
    return infer(python_type, *rest, **named)


for module in (vgi_rpc.utils, vgi_rpc.rpc._types):
    module._infer_arrow_type = infer_literals_too


class Connection:
    """A connection of DuckDB that has the setting, and its own cursors where a transaction's are asked for."""

    def __init__(self, connection):
        self.connection = connection

    def __getattr__(self, name):
        return getattr(self.connection, name)

    def cursor(self):
        return Connection(self.connection.cursor())

    def subcursor(self):
        return Reader(self.connection)

    def execute(self, sql, *rest):
        return self if "enable_suspended_queries" in sql else self.connection.execute(sql, *rest)


class Reader:
    """Closing it leaves the transaction's cursor open."""

    def __init__(self, connection):
        self.connection = connection

    def __getattr__(self, name):
        return getattr(self.connection, name)

    def close(self):
        pass


if sys.argv[1:2] == ["--keeper"]:
    import vgi.transactor.server
    from vgi.transactor.server import main

    connect = vgi.transactor.server.engine_connect
    vgi.transactor.server.engine_connect = lambda *rest: Connection(connect(*rest))
    qualify = vgi.transactor.server.sql_qualified_name
    vgi.transactor.server.sql_qualified_name = lambda path, name: name if name.startswith('"') else qualify(path, name)
    keeper = vgi.transactor.server.TransactorImpl
    path_of = keeper._duckdb_15_schema_path
    keeper._duckdb_15_schema_path = staticmethod(lambda path: path_of(None if path == [""] else path))
    columns = keeper.table_schema
    keeper.table_schema = lambda self, attach_opaque_data, table_name, tx_id: columns(
        self, attach_opaque_data, table_name.rpartition('".')[2].strip('"'), tx_id)

    socket, folder = sys.argv[2:]
    os.makedirs(folder, exist_ok=True)
    sys.argv = ["transactor", "--db-dir", folder, "--socket", socket]
else:
    from vgi._test_fixtures.writable.worker import main
main()
