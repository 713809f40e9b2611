"""How a SQLite file's tables show in the engine's catalog."""

import duckdb
import pytest

import shop

SCHEMA = """
CREATE TABLE parent(id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE DEFAULT 'x''y');
CREATE TABLE child(
    a INT CHECK(a > 0 /* ) */), b TEXT DEFAULT ('CHECK(' || 'x') NOT NULL, c DATE DEFAULT CURRENT_DATE,
    d BLOB DEFAULT x'00ff', e REAL DEFAULT -1.5, f BOOLEAN DEFAULT TRUE, g DATETIME DEFAULT (datetime('now')),
    p REFERENCES parent, PRIMARY KEY(b, a), UNIQUE(c, a), CONSTRAINT word CHECK(b LIKE 'a%' OR "b" IS NOT 'z'),
    CHECK(a ->> '$' < 9), CHECK(typeof(a) = "integer"), FOREIGN KEY(b) REFERENCES parent(code)) WITHOUT ROWID;
CREATE UNIQUE INDEX parts ON parent(id) WHERE id > 3;
CREATE UNIQUE INDEX lowered ON parent(lower(code));
CREATE VIEW shown AS SELECT id, code || '!' AS loud FROM parent;
CREATE VIEW broken AS SELECT * FROM nosuch;
CREATE TRIGGER t AFTER INSERT ON parent BEGIN SELECT 1; END;
ANALYZE;
"""


@pytest.fixture(scope="module")
def c(tmp_path_factory):
    path = shop.make(tmp_path_factory.mktemp("catalog") / "my shop.db", SCHEMA,
                     rows={"parent": [(i, f"c{i}") for i in range(50)]})
    return shop.attach(path, catalog="my shop")


def ask(c, sql):
    return c.execute(sql).fetchall()


def test_tables(c):
    assert ask(c, "SELECT table_schema, table_name, table_type FROM information_schema.tables "
                  "WHERE table_catalog = 'my shop' ORDER BY 2") == [
        ("main", "child", "BASE TABLE"), ("main", "parent", "BASE TABLE"), ("main", "shown", "VIEW")]
    tags = dict(ask(c, "SELECT table_name, tags FROM duckdb_tables() WHERE database_name = 'my shop'"))
    assert tags["parent"]["type"] == "table" and tags["parent"]["sql"].startswith("CREATE TABLE parent(")
    tags = dict(ask(c, "SELECT view_name, tags FROM duckdb_views() WHERE database_name = 'my shop'"))
    assert tags["shown"] == {"type": "view", "sql": "CREATE VIEW shown AS SELECT id, code || '!' AS loud FROM parent"}


def test_what_is_left_out_is_said(c):
    (comment, tags), = ask(c, "SELECT comment, tags FROM duckdb_databases() WHERE database_name = 'my shop'")
    assert comment.startswith("SQLite file ") and comment.endswith("my shop.db")
    assert tags["left_out"] == '"broken": no such table: main.nosuch'


def test_columns(c):
    assert ask(c, "SELECT column_name, data_type, is_nullable, column_default FROM duckdb_columns() "
                  "WHERE database_name = 'my shop' AND table_name = 'child' ORDER BY column_index") == [
        ("a", "BIGINT", False, None), ("b", "VARCHAR", False, "('CHECK(' || 'x')"),
        ("c", "DATE", True, "CURRENT_DATE"), ("d", "BLOB", True, "CAST('\\x00\\xff' AS \"BLOB\")"),
        ("e", "DOUBLE", True, "-1.5"), ("f", "BOOLEAN", True, "CAST('t' AS BOOLEAN)"),
        ("g", "TIMESTAMP", True, None), ("p", "VARCHAR", True, None)]
    assert ask(c, "DESCRIBE parent") == [
        ("id", "BIGINT", "YES", "PRI", None, None), ("code", "VARCHAR", "NO", "UNI", "'x''y'", None)]


def test_constraints(c):
    found = ask(c, "SELECT table_name, constraint_type, constraint_column_names, expression FROM duckdb_constraints() "
                   "WHERE database_name = 'my shop'")
    of = lambda table, kind: [(r[2], r[3]) for r in found if r[:2] == (table, kind)]
    assert of("parent", "PRIMARY KEY") == [(["id"], None)]
    assert of("parent", "UNIQUE") == [(["code"], None)]
    assert of("parent", "NOT NULL") == [(["code"], None)]
    assert of("child", "PRIMARY KEY") == [(["b", "a"], None)]
    assert of("child", "UNIQUE") == [(["c", "a"], None)]
    assert sorted(n[0] for n, _ in of("child", "NOT NULL")) == ["a", "b"]
    assert [e for _, e in of("child", "CHECK")] == [
        "(a > 0)", "((b ~~* 'a%') OR (b IS DISTINCT FROM 'z'))", "(typeof(a) = 'integer')"]
    keys = ask(c, "SELECT constraint_column_names, referenced_table, referenced_column_names FROM duckdb_constraints() "
                  "WHERE database_name = 'my shop' AND constraint_type = 'FOREIGN KEY' ORDER BY 1")
    assert keys == [(["b"], "parent", ["code"]), (["p"], "parent", ["id"])]


def test_cardinality_reaches_the_optimizer(c):
    plan = ask(c, "EXPLAIN SELECT * FROM parent")[0][1]
    assert "~50 rows" in plan


def test_the_function_is_listed(c):
    assert ask(c, "SELECT function_name, parameters, parameter_types FROM duckdb_functions() "
                  "WHERE database_name = 'my shop' AND function_name LIKE '%scan'") == [
        ("sqlite_scan", ["table", "schema"], ["VARCHAR", "VARCHAR"])]


@pytest.mark.parametrize("sql", [
    "INSERT INTO parent VALUES (1, 'x')", "UPDATE parent SET id = 1", "DELETE FROM parent", "DROP TABLE parent",
    "CREATE TABLE more(a INT)", "ALTER TABLE parent ADD COLUMN x INT", "CREATE SCHEMA s"])
def test_nothing_can_be_changed_where_that_was_said(tmp_path, sql):
    path = shop.make(tmp_path / "shop.db", SCHEMA, rows={"parent": [(i, f"c{i}") for i in range(50)]})
    before = path.read_bytes()
    c = shop.attach(path, "--read-only")
    with pytest.raises(duckdb.Error, match="CatalogReadOnlyError|does not support"):
        c.execute(sql)
    assert path.read_bytes() == before
