"""A catalog of callbacks that can be written, through the real engine: which callback every statement reaches, with what.
tests/ops/ops_worker.c keeps what is created in a folder and writes down what its callbacks are asked."""

import json
import os
import sys

import duckdb
import pyarrow as pa
import pytest
from engine import attach, connect, location, text
from planted import leaks, planted

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "protocol"))
from records import values_of  # noqa: E402

WORKER = "vgi-ops-worker"
TRANSACTION = b"the transaction"
LOOK_UPS = ("version", "schemas", "table_get", "view_get", "transaction_begin", "transaction_commit", "table_scan_function_get",
            "table_column_statistics_get")


class Folder:
    """A connection with the catalog attached as `f`, and what has been asked since the last time."""

    def __init__(self, path):
        self.path, self.log = path / "data", path / "log"
        (self.path / "main").mkdir(parents=True)
        self.connection = connect()
        attach(self.connection, WORKER, "--record", self.log, catalog="folder", alias="f", options=f", folder {text(self.path)}")
        self.asked()

    def run(self, sql):
        return self.connection.execute(sql).fetchall()

    def refused(self, sql):
        with pytest.raises(duckdb.Error) as caught:
            self.connection.execute(sql)
        return str(caught.value).splitlines()[0]

    def asked(self, but=()):
        """[(method, arguments)]; attachment and transaction, which are always the same, are checked here."""
        found = []
        for line in self.log.read_text().splitlines() if self.log.exists() else []:
            line = json.loads(line)
            with pa.ipc.open_stream(bytes.fromhex(line["asked"])) as reader:
                row = values_of(next(iter(reader)))[0]
            method = line["method"].removeprefix("catalog_")
            if method not in ("attach", "catalogs"):
                assert row.pop("attach_opaque_data") == str(self.path).encode()
            if row.pop("transaction_opaque_data", TRANSACTION) != TRANSACTION:
                assert method in ("version", "copy_from_formats")
            if method not in but:
                found.append((method, {key: plain(value) for key, value in row.items()}))
        self.log.unlink(missing_ok=True)
        return found


def plain(value):
    """Schemas as [name, type, metadata]."""
    if not isinstance(value, bytes):
        return value
    return [[field.name, str(field.type), {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}]
            for field in pa.ipc.read_schema(pa.BufferReader(value))]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path)
    yield made
    made.connection.close()


# ---- attach ----------------------------------------------------------------------------------------------------------


def attach_refused(*options):
    with pytest.raises(duckdb.Error) as caught:
        attach(connect(), WORKER, catalog="folder", alias="f", options="".join(f", {option}" for option in options))
    return str(caught.value).splitlines()[0]


def test_attach_options(tmp_path):
    assert "ValueError: Catalog 'folder' cannot be attached without the required option 'folder'." in attach_refused()
    assert "Accepted options: folder, level, token" in attach_refused("folder '/'", "colour 'x'")
    assert "declared type BIGINT" in attach_refused("folder '/'", "level 'x'")
    for options, comment in (("", "level 3"), (f", LEVEL 12, token {text(planted('token'))}", "level 12")):
        connection = connect()
        attach(connection, WORKER, catalog="folder", alias="f", options=f", folder {text(tmp_path)}{options}")
        sql = "SELECT comment FROM duckdb_databases() WHERE database_name = 'f'"
        assert connection.execute(sql).fetchall() == [(comment,)]
        connection.close()


def test_the_log_tells_loggable_options_only(tmp_path):
    log = tmp_path / "access"
    attach(connect(), WORKER, "--access-log", log, catalog="folder", alias="f",
           options=f", folder {text(tmp_path)}, level 5, token {text(planted('token'))}")  # fmt: skip
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["attach_options"] for line in lines if line["method"] == "catalog_attach"] == [{"level": 5}]
    assert not any("attach_options" in line for line in lines if line["method"] != "catalog_attach")
    assert not leaks(log.read_bytes()) and f"{text(tmp_path)}" not in log.read_text()


def test_options_are_advertised():
    sql = f"SELECT name, attach_options FROM (SELECT #1 AS name, #4 AS attach_options FROM vgi_catalogs({text(location(WORKER))}))"
    listed = dict(connect().execute(sql).fetchall())
    assert [(spec["name"], spec["type"], spec["default_value"], spec["required"]) for spec in listed["folder"]] == [
        ("folder", "VARCHAR", None, True), ("level", "BIGINT", "3", False), ("token", "VARCHAR", None, False)]  # fmt: skip
    assert listed["beside"] == []


def test_a_catalog_of_descriptors_beside_it():
    connection = attach(connect(), WORKER, catalog="beside")
    assert connection.execute("FROM beside.main.one").fetchall() == [(1,)]
    with pytest.raises(duckdb.Error, match="Cannot create schema s: catalog is read-only"):
        connection.execute("CREATE SCHEMA beside.s")


@pytest.mark.parametrize("sql, sentence", [
    ("CREATE SCHEMA r.value", "ValueError: a schema is called like a colour; value is none"),
    ("CREATE SCHEMA r.later", "NotImplementedError: schemas come with version 2"),
    ("CREATE SCHEMA r.sealed", "CatalogReadOnlyError: the books of 2023 are closed; ask for those of 2024"),
    ("CREATE SCHEMA r.nosuch", "KeyError: there is no colour nosuch"),
    ("CREATE SCHEMA r.red", "ColourError: red is too bright: 100% at most"),
    ("DROP SCHEMA r.main", "NotImplementedError: Catalog 'refusing' does not implement schema_drop"),
    ("CREATE TABLE r.main.t (a INTEGER)", "NotImplementedError: Catalog 'refusing' does not implement table_create"),
    ("COMMENT ON VIEW r.main.one IS 'x'", "NotImplementedError: Catalog 'refusing' does not implement view_comment_set"),
    ("CREATE VIEW b.main.w AS SELECT 1", "CatalogReadOnlyError: Cannot create view main.w: catalog is read-only"),
    ("DROP VIEW b.main.one", "CatalogReadOnlyError: Cannot drop view main.one: catalog is read-only"),
])  # fmt: skip
def test_errors_reach_the_user(sql, sentence):
    """In the words of the author, with the type that he gave them; and the catalog lives on."""
    connection = attach(connect(), WORKER, catalog="refusing", alias="r")
    attach(connection, WORKER, catalog="beside", alias="b")
    with pytest.raises(duckdb.Error) as caught:
        connection.execute(sql)
    assert str(caught.value).splitlines()[0].endswith(f"VGI Worker Exception: {sentence}")
    assert connection.execute("SELECT r.one + b.one FROM r.main.one r, b.main.one b").fetchall() == [(2,)]


def test_what_a_function_sees(folder):
    assert folder.run("FROM f.main.seen()") == [(str(folder.path), TRANSACTION.decode(), 16)]


# ---- statements ------------------------------------------------------------------------------------------------------

SCHEMA = {"on_conflict": "ERROR", "comment": None, "tags": None}
TABLE = {"schema_path": ["main"], "name": "t"}
SET = {**TABLE, "ignore_not_found": False}
COLUMN = {**SET, "column_name": "a"}
NEW = {"on_conflict": "ERROR", "not_null_constraints": [], "unique_constraints": [], "check_constraints": [],
       "primary_key_constraints": [], "foreign_key_constraints": []}  # fmt: skip
VIEW = {"schema_path": ["main"], "name": "v"}
STATEMENTS = [
    ("CREATE SCHEMA f.s", "schema_create", {"path": ["s"], **SCHEMA}),
    ("CREATE SCHEMA IF NOT EXISTS f.main", "schema_create", {"path": ["main"], **SCHEMA, "on_conflict": "IGNORE"}),
    ("DROP SCHEMA f.empty", "schema_drop", {"path": ["empty"], "ignore_not_found": False, "cascade": False}),
    ("DROP SCHEMA IF EXISTS f.empty CASCADE", "schema_drop", {"path": ["empty"], "ignore_not_found": True, "cascade": True}),
    ("CREATE TABLE f.main.n (a INTEGER NOT NULL DEFAULT 7, b VARCHAR UNIQUE, CHECK (a > 0), PRIMARY KEY (a, b))",
     "table_create", {**NEW, "schema_path": ["main"], "name": "n", "columns": [["a", "int32", {"default": "7"}], ["b", "string", {}]],
                      "not_null_constraints": [0, 1], "unique_constraints": [[1]], "check_constraints": ["(a > 0)"],
                      "primary_key_constraints": [[0, 1]]}),
    ("CREATE OR REPLACE TABLE f.main.t (x DOUBLE)", "table_create",
     {**NEW, **TABLE, "columns": [["x", "double", {}]], "on_conflict": "REPLACE"}),
    ("DROP TABLE f.main.t", "table_drop", {**SET, "cascade": False}),
    ("ALTER TABLE f.main.t RENAME TO u", "table_rename", {**SET, "new_name": "u"}),
    # The extension does not send the default.
    ("ALTER TABLE f.main.t ADD COLUMN c DOUBLE DEFAULT 1.5", "table_column_add",
     {**SET, "column_definition": [["c", "double", {}]], "if_column_not_exists": False}),
    ("ALTER TABLE f.main.t ADD COLUMN IF NOT EXISTS c DOUBLE", "table_column_add",
     {**SET, "column_definition": [["c", "double", {}]], "if_column_not_exists": True}),
    ("ALTER TABLE f.main.t DROP COLUMN a", "table_column_drop", {**COLUMN, "if_column_exists": False, "cascade": False}),
    ("ALTER TABLE f.main.t DROP COLUMN IF EXISTS a CASCADE", "table_column_drop",
     {**COLUMN, "if_column_exists": True, "cascade": True}),
    ("ALTER TABLE f.main.t RENAME COLUMN a TO z", "table_column_rename", {**COLUMN, "new_column_name": "z"}),
    ("ALTER TABLE f.main.t ALTER a TYPE BIGINT USING a + 1", "table_column_type_change",
     {**SET, "column_definition": [["a", "int64", {}]], "expression": "(a + 1)"}),
    ("ALTER TABLE f.main.t ALTER a SET DEFAULT 3", "table_column_default_set", {**COLUMN, "expression": "3"}),
    ("ALTER TABLE f.main.t ALTER a DROP DEFAULT", "table_column_default_drop", COLUMN),
    ("ALTER TABLE f.main.t ALTER a SET NOT NULL", "table_not_null_set", COLUMN),
    ("ALTER TABLE f.main.t ALTER a DROP NOT NULL", "table_not_null_drop", COLUMN),
    ("COMMENT ON TABLE f.main.t IS 'it''s'", "table_comment_set", {**SET, "comment": "it's"}),
    ("COMMENT ON TABLE f.main.t IS NULL", "table_comment_set", {**SET, "comment": None}),
    ("COMMENT ON COLUMN f.main.t.a IS 'one'", "table_column_comment_set", {**COLUMN, "comment": "one"}),
    ("CREATE VIEW f.main.w AS SELECT 1 AS one", "view_create",
     {"schema_path": ["main"], "name": "w", "definition": "SELECT 1 AS one", "on_conflict": "ERROR"}),
    ("CREATE OR REPLACE VIEW f.main.v AS SELECT 2", "view_create", {**VIEW, "definition": "SELECT 2", "on_conflict": "REPLACE"}),
    ("COMMENT ON VIEW f.main.v IS 'a view'", "view_comment_set", {**VIEW, "comment": "a view", "ignore_not_found": False}),
    ("ALTER VIEW f.main.v RENAME TO w", "view_rename", {**VIEW, "new_name": "w", "ignore_not_found": False}),
    ("DROP VIEW f.main.v", "view_drop", {**VIEW, "ignore_not_found": False, "cascade": False}),
]  # fmt: skip


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Schemas main and empty, a table t(a, b), a view v."""
    made = Folder(tmp_path_factory.mktemp("prepared"))
    yield made
    made.connection.close()


@pytest.mark.parametrize("sql, method, arguments", STATEMENTS, ids=[statement[0] for statement in STATEMENTS])
def test_statement(prepared, sql, method, arguments):
    """One statement is one callback, in a transaction of its own."""
    prepared.run("CREATE SCHEMA IF NOT EXISTS f.empty")
    prepared.run("CREATE OR REPLACE TABLE f.main.t (a INTEGER, b VARCHAR)")
    prepared.run("CREATE OR REPLACE VIEW f.main.v AS SELECT 41 + 1 AS n")
    prepared.asked()
    prepared.run(sql)
    asked = prepared.asked()
    assert [call for call in asked if call[0] not in LOOK_UPS] == [(method, arguments)]
    names = [name for name, _ in asked]
    assert names.count("transaction_begin") == 1 and names[-1] == "transaction_commit"
    assert names.index("transaction_begin") < names.index(method)


def test_create_what_is_there(folder):
    folder.run("CREATE TABLE f.main.t (a INTEGER)")
    folder.asked()
    folder.run("CREATE TABLE IF NOT EXISTS f.main.t (a INTEGER)")
    (created,) = folder.asked(but=LOOK_UPS)
    assert created == ("table_create", {**NEW, **TABLE, "columns": [["a", "int32", {}]], "on_conflict": "IGNORE"})
    assert "t.table: File exists" in folder.refused("CREATE TABLE f.main.t (a INTEGER)")
    assert "ValueError: schema main: File exists" in folder.refused("CREATE SCHEMA f.main")
    for sql in ("DROP TABLE IF EXISTS f.main.nosuch", "DROP VIEW IF EXISTS f.main.nosuch",
                "ALTER TABLE IF EXISTS f.main.nosuch RENAME TO x"):  # fmt: skip
        folder.asked()
        folder.run(sql)
        assert {name for name, _ in folder.asked()} <= set(LOOK_UPS)


def test_what_was_created_is_read(folder):
    """Tables and views are found by name, though the catalog cannot list them; AT reaches both look-ups."""
    folder.run("CREATE TABLE f.main.t (a INTEGER, b VARCHAR)")
    folder.run("CREATE VIEW f.main.v AS SELECT count(*) AS n FROM f.main.t")
    folder.asked()
    assert folder.run("FROM f.main.t") == [(None, None)] * 3
    assert folder.run("FROM f.main.v") == [(3,)]
    folder.asked()
    assert folder.run("FROM f.main.t AT (VERSION => 5)") == [(None, None)] * 3
    at = {**TABLE, "at_unit": "VERSION", "at_value": "5"}
    asked = folder.asked(but=("version", "transaction_begin", "transaction_commit"))
    # Statistics are asked for without AT: who has some must mean all versions, or say nothing.
    assert asked == [("table_get", at), ("table_scan_function_get", at), ("table_column_statistics_get", TABLE)]


def test_statistics_are_asked_for(folder):
    """Of a table that has some, when a query is planned; that nothing is known is an answer."""
    folder.run("CREATE TABLE f.main.t (a INTEGER, b VARCHAR)")
    folder.asked()
    assert folder.run("SELECT count(*) FROM f.main.t WHERE a > 3") == [(0,)]
    assert ("table_column_statistics_get", TABLE) in folder.asked()


def test_attach_asks_for_copy_formats(tmp_path):
    log, connection = tmp_path / "log", connect()
    attach(connection, WORKER, "--record", log, catalog="folder", alias="f", options=f", folder {text(tmp_path)}")
    names = [json.loads(line)["method"].removeprefix("catalog_") for line in log.read_text().splitlines()]
    assert names == ["attach", "copy_from_formats"]


def test_write_functions_are_asked_for(folder):
    """As far as a table function goes: it is the function that the callback named which is missing."""
    folder.run("CREATE TABLE f.main.t (a INTEGER)")
    for sql, method, function in (
        ("INSERT INTO f.main.t VALUES (1)", "table_insert_function_get", "write_rows"),
        ("UPDATE f.main.t SET a = 2", "table_update_function_get", "change_rows"),
        ("DELETE FROM f.main.t", "table_delete_function_get", "remove_rows"),
    ):
        folder.asked()
        assert f"KeyError: schema main has no table function {function}" in folder.refused(sql)
        asked = dict(folder.asked())
        expected = {**TABLE, "writable_branch_function_name": None} if "INSERT" in sql else TABLE
        assert asked[method] == expected
        assert "transaction_rollback" in asked and "transaction_commit" not in asked


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_transaction(folder, end):
    folder.run("BEGIN")
    assert folder.asked() == []  # the first touch begins
    folder.run("CREATE TABLE f.main.one (a INTEGER)")
    folder.run("CREATE VIEW f.main.two AS SELECT 2")
    folder.run(end)
    names = [name for name, _ in folder.asked(but=("version", "schemas", "table_get", "view_get"))]
    assert names == ["transaction_begin", "table_create", "view_create", f"transaction_{end.lower()}"]


def test_a_failure_rolls_back(folder):
    folder.asked()
    assert "schema nosuch: No such file or directory" in folder.refused("DROP SCHEMA f.nosuch")
    names = [name for name, _ in folder.asked()]
    assert names[-1] == "transaction_rollback" and "transaction_commit" not in names
    assert folder.run("FROM f.main.seen()")  # the catalog lives on


def test_what_the_engine_refuses_itself(folder):
    folder.run("CREATE TABLE f.main.t (a INTEGER)")
    folder.asked()
    assert "VGI catalogs are read-only" in folder.refused("CREATE MACRO f.main.m(x) AS x")
    assert "VGI catalogs are read-only" in folder.refused("CREATE INDEX i ON f.main.t (a)")
    assert {name for name, _ in folder.asked()} <= {*LOOK_UPS, "transaction_rollback"}
