"""The reference SDK's main fixture worker, without the engine extension that it would fetch from the network for one table.

    python_worker.py [words of the worker]
"""

import runpy
import sys

import vgi._duckdb

connect = vgi._duckdb.connect


class WithoutSpatial:
    """A connection on which the statements about `spatial` do nothing, and points are texts."""

    def __init__(self, connection):
        self.connection = connection

    def execute(self, sql, *rest):
        if sql in ("INSTALL spatial", "LOAD spatial"):
            return None
        return self.connection.execute(sql.replace("ST_Point(x::DOUBLE, y::DOUBLE)::GEOMETRY", "x::VARCHAR"), *rest)

    def __getattr__(self, name):
        return getattr(self.connection, name)


vgi._duckdb.connect = lambda *words, **options: WithoutSpatial(connect(*words, **options))
sys.argv[0] = "worker"
runpy.run_module("vgi._test_fixtures.worker", run_name="__main__", alter_sys=False)
