"""Files with awkward content: names, schemas, values and pages that SQLite takes. Each gives the right rows, or an error that
names what is wrong, or is left out by name. Values that do not fit a type are in test_values.py, broken files in test_files.py."""

import struct

import duckdb
import pytest

import shop


def spoil(path, old, new):
    """Puts other bytes where SQL could not."""
    content = path.read_bytes()
    assert len(old) == len(new) and content.count(old) >= 1
    path.write_bytes(content.replace(old, new))
    return path


def ask(path, sql="SELECT * FROM t", *words):
    return shop.attach(path, *words).execute(sql).fetchall()


def refused(path, sql="SELECT * FROM t", *words):
    with pytest.raises(duckdb.Error) as error:
        ask(path, sql, *words)
    return str(error.value)


def left_out(path):
    c = shop.attach(path)
    assert c.execute("SHOW TABLES").fetchall() == []
    return c.execute("SELECT tags['left_out'] FROM duckdb_databases() WHERE database_name = 'shop'").fetchone()[0]


# ---- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("declared, value, rows", [
    ("INTEGER", "'9223372036854775807'", 2**63 - 1),
    ("INTEGER", "'-9223372036854775808'", -(2**63)),
    ("INTEGER", "'9223372036854775808'", "the real 9.223372036854776e+18 does not fit BIGINT"),
    ("INTEGER", "' 12 '", 12), ("INTEGER", "'0x10'", "the text '0x10' does not fit BIGINT"), ("BIGINT UNSIGNED", "-1", -1),
    ("TEXT", "'18446744073709551616'", "18446744073709551616"), ("TEXT", "9223372036854775807", "9223372036854775807"),
    ("NUMERIC", "'18446744073709551616'", 2.0**64), ("DECIMAL(18,0)", "'123456789012345678'", 123456789012345678),
    ("DECIMAL(10,2)", "'1234.56'", 1234.56), ("REAL", "9e999", float("inf")), ("REAL", "-9e999", float("-inf")),
    ("REAL", "9007199254740993", 9007199254740992.0), ("REAL", "'1e-400'", 0.0),
    ("REAL", "'NaN'", "the text 'NaN' does not fit DOUBLE"), ("REAL", "'-inf'", "the text '-inf' does not fit DOUBLE"),
    ("DOUBLE PRECISION", "'Infinity'", "the text 'Infinity' does not fit DOUBLE"), ("TEXT", "'NaN'", "NaN"),
    ("BOOLEAN", "'1'", True), ("BOOLEAN", "0.0", False), ("BOOLEAN", "'TRUE'", True), ("BOOLEAN", "0.5", "the real 0.5 does not"),
    ("YEAR", "2024", "2024"), ("MONEY", "1.5", "1.5"), ("JSON", "'{}'", "{}"), ("BIT", "1", "1"), ("ENUM('a','b')", "'a'", "a"),
    ("NATIVE CHARACTER(70)", "2", "2"), ("UUID", "x'00'", "the blob x'00' does not fit VARCHAR (declared UUID)"),
    ("TIMESTAMP", "'2024-1-5'", "the text '2024-1-5' does not"), ("TIMESTAMP", "'10000-01-01'", "the text '10000-01-01' does not"),
    ("TIMESTAMP", "'-0044-03-15'", "the text '-0044-03-15' does not"), ("TIMESTAMP", "'now'", "the text 'now' does not"),
    ("TIMESTAMP", "'2024-02-29 23:59:60'", "23:59:60' does not"), ("TIMESTAMP", "'2024-02-29 '", "'2024-02-29 ' does not"),
    ("TIMESTAMP", "'2024-02-29 12:00:00.1234567'", ".1234567' does not"), ("TIMESTAMP", "1700000000.5", "the real 1700000000.5 does not"),
    ("TIMESTAMP", "'2024-02-29T12:00:00+15:00'", "+15:00' does not"), ("TIMESTAMP", "'2024-02-29 12:00 UTC'", "UTC' does not"),
    ("DATE", "'02/29/2024'", "the text '02/29/2024' does not"), ("DATE", "'2023-02-29'", "the text '2023-02-29' does not"),
    ("TIME", "'24:00:00'", "the text '24:00:00' does not"), ("TIME", "'1:2'", "the text '1:2' does not"),
    ("TIME", "0.5", "the real 0.5 does not"), ("TIME", "'12:34:56+02'", "the text '12:34:56+02' does not"),
])
def test_values(tmp_path, declared, value, rows):
    declared = f'"{declared}"' if "'" in declared else declared
    path = shop.make(tmp_path / "shop.db", f"CREATE TABLE t(v {declared})", f"INSERT INTO t VALUES ({value})")
    if isinstance(rows, str) and " does not" in rows:
        assert 'table "t", column "v", rowid 1: ' in (error := refused(path)) and rows in error
    else:
        assert ask(path) == [(rows,)]


def test_a_nan_that_another_program_stored(tmp_path):
    """SQLite itself stores NULL, and reads NULL where a record says NaN."""
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(r REAL)", "INSERT INTO t VALUES (1.25)")
    spoil(path, struct.pack(">d", 1.25), struct.pack(">d", float("nan")))
    assert ask(path) == [(None,)]
    assert ask(path, "SELECT count(*) FROM t WHERE r > 1") == [(0,)]


# ---- text, and text of the schema ------------------------------------------------------------------------------------

BROKEN = b"a\xff\xfez"


def broken(path, *statements):
    return spoil(shop.make(path, *statements), b"WXYZ", BROKEN)


def test_a_schema_that_is_not_utf8(tmp_path):
    """What shows it is left out; the rest is read."""
    where = tmp_path / "shop.db"
    broken(where, "CREATE TABLE t(a INT /* WXYZ */)", "INSERT INTO t VALUES (1)")
    assert ask(where) == [(1,)] and "sql" not in ask(where, "SELECT tags FROM duckdb_tables()")[0][0]
    where.unlink()
    assert "not UTF-8" in left_out(broken(where, "CREATE TABLE t(WXYZ INT)"))
    where.unlink()
    broken(where, "CREATE TABLE t(a TEXT DEFAULT 'WXYZ', b TEXT CHECK(b <> 'WXYZ'), c WXYZ)", "INSERT INTO t(b, c) VALUES ('x', 2)")
    assert ask(where, "SELECT b, c FROM t") == [("x", "2")]
    assert ask(where, "SELECT column_name, column_default FROM duckdb_columns() WHERE database_name = 'shop'") == [
        ("a", None), ("b", None), ("c", None)]
    assert ask(where, "SELECT * FROM duckdb_constraints() WHERE database_name = 'shop'") == []
    assert "a text that is not UTF-8, x'61fffe7a' does not fit VARCHAR" in refused(where, "SELECT a FROM t")


@pytest.mark.parametrize("odd, what", [(b"a\xff\xfe!", "not UTF-8"), (b"\xc0\x80ab", "overlong"), (b"\xed\xa0\x80a", "surrogate"),
                                       (b"\xf4\x90\x80\x80", "beyond U+10FFFF"), (b"abc\xe2", "cut off")])
def test_text_that_is_not_utf8(tmp_path, odd, what):
    path = spoil(shop.make(tmp_path / "shop.db", "CREATE TABLE t(v TEXT)", "INSERT INTO t VALUES ('good'), ('WXYZ')"), b"WXYZ", odd)
    assert f"rowid 2: a text that is not UTF-8, x'{odd.hex()}' does not fit VARCHAR" in refused(path)
    assert ask(path, "SELECT * FROM t WHERE rowid = 1") == [("good",)]
    assert "\ufffd" in ask(path, "SELECT * FROM t", "--types", "cast")[1][0]


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_encodings(tmp_path, encoding):
    odd = ["ä€\N{GRINNING FACE}", "", "nul\0inside", "\ufeffmark", "\uffff", "e\u0301"]
    path = shop.make(tmp_path / "shop.db", f"PRAGMA encoding = '{encoding}'", 'CREATE TABLE "tä€"("c😀" TEXT)',
                     rows={"tä€": [(v,) for v in odd]})
    theirs = shop.sqlite_rows(path, 'SELECT "c😀" FROM "tä€"')  # of U+FFFF in UTF-16 SQLite makes U+FFFD
    assert ask(path, 'SELECT "c😀" FROM "tä€"') == theirs and theirs[:4] == [(v,) for v in odd[:4]]


# ---- names and schemas -----------------------------------------------------------------------------------------------


def test_names_that_mean_something_else(tmp_path):
    odd = ["t", "main", "t.a", "NULL", "true", "_rowid_", "select *", "oid", "\n", '"', "''", "$1", "?", ":a", "a" * 10_000]
    columns = ", ".join(f"{shop.name(n)} INT" for n in odd)
    path = shop.make(tmp_path / "shop.db", f"CREATE TABLE t({columns}); CREATE TABLE main(a INT); CREATE TABLE information_schema(a INT);"
                     f"CREATE TABLE shop(a INT); CREATE TABLE {'n' * 10_000}(a INT)",
                     rows={"t": [tuple(range(len(odd)))], "main": [(1,)], "information_schema": [(2,)], "shop": [(3,)]})
    c = shop.attach(path)
    assert c.execute("SELECT * FROM t").fetchall() == [tuple(range(len(odd)))]
    for i, column in enumerate(odd):
        q = shop.name(column)
        assert c.execute(f"SELECT {q} FROM t WHERE {q} = {i}").fetchall() == [(i,)], column
    for i, table in enumerate(("main", "information_schema", "shop")):
        assert c.execute(f"SELECT a FROM shop.main.{table}").fetchall() == [(i + 1,)]
    assert c.execute(f"SELECT * FROM {'n' * 10_000}").fetchall() == []


def test_names_that_differ_in_case_beyond_ascii(tmp_path):
    """SQLite and the engine fold ASCII alone."""
    path = shop.make(tmp_path / "shop.db", 'CREATE TABLE "Ä"(a INT); CREATE TABLE "ä"("ß" INT, "ẞ" INT)',
                     rows={"Ä": [(1,)], "ä": [(2, 3)]})
    assert ask(path, 'SELECT * FROM "Ä"') == [(1,)]
    assert ask(path, 'SELECT "ẞ", "ß" FROM "ä"') == [(3, 2)]


def test_columns_of_one_name(tmp_path):
    """A view may have them; SQLite itself numbers them."""
    path = shop.make(tmp_path / "shop.db", "CREATE VIEW t AS SELECT 1 AS a, 2 AS a, 3 AS A, 4 AS \"a:1\"")
    assert ask(path) == [("1", "2", "3", "4")]


@pytest.mark.parametrize("sql, why", [
    ('CREATE TABLE t("" INT, b INT)', "a column has an empty name"),
    ('CREATE VIEW t AS SELECT 1 AS ""', "a column has an empty name"),
    ("CREATE VIEW t AS SELECT nosuch(1)", "no such function: nosuch"),
    ("CREATE VIEW t AS SELECT load_extension('x')", "unsafe use of load_extension()"),
    ("CREATE VIEW t AS SELECT 1; PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE VIEW t AS SELECT * FROM t'",
     "view t is circularly defined"),
    ("CREATE TABLE x(a, b); CREATE VIEW t AS SELECT a, b FROM x; DROP TABLE x", "no such table: main.x"),
])
def test_what_cannot_be_read_is_left_out(tmp_path, sql, why):
    assert why in left_out(shop.make(tmp_path / "shop.db", sql))


def test_a_view_on_another_file(tmp_path):
    """SQLite lets nobody make it, and reads no file that has one."""
    path = shop.make(tmp_path / "shop.db", "CREATE VIEW t AS SELECT 1; PRAGMA writable_schema=ON",
                     "UPDATE sqlite_schema SET sql = 'CREATE VIEW t AS SELECT * FROM other.t'")
    assert "it is damaged" in refused(path)


def test_another_file_in_its_place(tmp_path):
    """The engine keeps a worker for the next ATTACH of the same name: it reads the new file, whose inode may be the old one."""
    path = tmp_path / "shop.db"
    for column, value in (("a", 1), ("b", 2)):
        assert shop.attach(shop.make(path, f"CREATE TABLE t({column} INT); INSERT INTO t VALUES ({value})")).execute(
            f"SELECT {column} FROM t").fetchall() == [(value,)]
        path.unlink()


def test_a_schema_that_calls_what_a_stranger_may_not(tmp_path):
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(a INT, j TEXT AS (json_extract('[' || a || ']', '$[0]')))",
                     "INSERT INTO t VALUES (5)")
    try:
        assert ask(path) == [(5, "5")]  # a SQLite that takes its JSON functions for harmless
    except duckdb.Error as error:
        assert "unsafe use of json_extract()): attach with --trust-schema if" in str(error)
        assert "damaged" not in str(error)
    assert ask(path, "SELECT * FROM t", "--trust-schema") == [(5, "5")]


def test_an_expression_that_fails_in_a_row(tmp_path):
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE x(a INT); INSERT INTO x VALUES (1), (-9223372036854775808);"
                     "CREATE VIEW t AS SELECT a, abs(a) AS b FROM x")
    assert ask(path, "SELECT a FROM t") == [(1,), (-(2**63),)]
    assert 'table "t": integer overflow' in refused(path)


# ---- files -----------------------------------------------------------------------------------------------------------


def test_files_without_tables(tmp_path):
    path = tmp_path / "shop.db"
    path.write_bytes(b"")  # SQLite takes it for an empty database
    assert ask(path, "SHOW TABLES") == []
    assert ask(shop.make(path, "VACUUM"), "SHOW TABLES") == []
    shop.make(path, "CREATE TABLE t(a INT, d DATE, s TEXT, b BLOB); CREATE TABLE k(a INT PRIMARY KEY) WITHOUT ROWID;"
                    "CREATE VIEW v AS SELECT * FROM t")
    for table in "tkv":
        assert ask(path, f"SELECT * FROM {table}") == []
        assert ask(path, f"SELECT count(*) FROM {table}") == [(0,)]
    assert ask(path, "SELECT min(a), max(s), count(b) FROM t WHERE a > 5") == [(None, None, 0)]


@pytest.mark.parametrize("page, more", [(512, ""), (65536, "PRAGMA auto_vacuum=FULL"), (1024, "PRAGMA auto_vacuum=INCREMENTAL")])
def test_pages(tmp_path, page, more):
    """Values over many pages, in pages of every size."""
    rows = [(i, chr(97 + i) * 10**i, b"\xff" * 10**i) for i in range(7)]
    path = shop.make(tmp_path / "shop.db", f"PRAGMA page_size={page}", more, "CREATE TABLE t(i INT, s TEXT, b BLOB)", rows={"t": rows})
    assert ask(path) == rows


def test_keys_of_every_kind(tmp_path):
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(a BLOB PRIMARY KEY, b INT) WITHOUT ROWID; INSERT INTO t VALUES (x'0001', 1), (x'', 2);"
                     "CREATE TABLE auto(a INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO auto VALUES (5);"
                     "CREATE TABLE loose(a TEXT PRIMARY KEY); INSERT INTO loose VALUES (NULL), (NULL), ('x')")
    assert ask(path) == [(b"", 2), (b"\0\1", 1)]
    assert ask(path, "SELECT a, rowid FROM auto") == [(5, 5)]
    assert ask(path, "SELECT * FROM loose") == [(None,), (None,), ("x",)]  # SQLite's keys may be NULL
    assert ask(path, "SELECT count(*) FROM loose WHERE a IS NULL") == [(2,)]
    assert ask(path, "SHOW TABLES") == [("auto",), ("loose",), ("t",)]


@pytest.mark.parametrize("schema", ["information_schema", "temp", "pg_catalog", "with space", 'q"q', "ünï"])
def test_schemas_of_awkward_names(tmp_path, schema):
    one = shop.make(tmp_path / "shop.db", "CREATE TABLE t(a INT)", rows={"t": [(1,)]})
    two = shop.make(tmp_path / "two.db", "CREATE TABLE t(a INT)", rows={"t": [(2,)]})
    assert ask(one, f"SELECT * FROM shop.{shop.name(schema)}.t", "--attach", f"{schema}={two}") == [(2,)]
