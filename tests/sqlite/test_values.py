"""What vgi-sqlite reads is what Python's sqlite3 reads, and what does not fit its column's type is an error with a place."""

import datetime
import math

import duckdb
import pytest

import engine
import shop

UTC = datetime.timezone.utc
MIN, MAX = -(2**63), 2**63 - 1


def same(path, sql, connection):
    """The same rows, in the same order, from both."""
    ours, theirs = connection.execute(sql).fetchall(), shop.sqlite_rows(path, sql)
    assert ours == theirs
    assert shop.checksum(ours) == shop.checksum(theirs)
    return ours


def test_every_storage_class_with_nulls(tmp_path):
    rows = [
        (1, MIN, 0.1 + 0.2, "text", b"\x00\xff", "free"),
        (2, MAX, -math.inf, "", b"", ""),
        (3, None, None, None, None, None),
        (4, 0, 5e-324, "nul\0inside \N{EURO SIGN} \N{GRINNING FACE}", bytes(range(256)), "x" * 100_000),
        (5, -1, 1.7976931348623157e308, "'\"`", b"'", "\n\t"),
    ]
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(id INTEGER PRIMARY KEY, i INT, r REAL, s TEXT, b BLOB, n)",
                     rows={"t": rows})
    c = shop.attach(path)
    assert same(path, "SELECT * FROM t", c) == rows
    same(path, "SELECT b, id, s FROM t", c)  # projected, in another order
    same(path, "SELECT s FROM t WHERE i IS NULL OR r < 0", c)
    for column in "id i r s b n".split():
        same(path, f"SELECT {column} FROM t", c)
        same(path, f"SELECT count(*), count({column}), min({column}) FROM t", c)
    assert c.execute("SELECT typeof(COLUMNS(*)) FROM t LIMIT 1").fetchone() == (
        "BIGINT", "BIGINT", "DOUBLE", "VARCHAR", "BLOB", "VARCHAR")


def test_whole_tables_by_checksum(tmp_path):
    path = shop.make(
        tmp_path / "shop.db",
        """CREATE TABLE big(id INTEGER PRIMARY KEY, k INT, r REAL, s TEXT, b BLOB);
        WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
        INSERT INTO big SELECT i, CASE WHEN i % 7 THEN i * 2654435761 % 1000003 END, i / 3.0,
            CASE WHEN i % 11 THEN printf('%d-é-%s', i, hex(i)) END, CASE WHEN i % 5 THEN CAST(i AS BLOB) END FROM n;
        CREATE INDEX by_k ON big(k)""")
    c = shop.attach(path)
    assert len(same(path, "SELECT * FROM big", c)) == 100_000
    same(path, "SELECT count(*), sum(k), count(s), min(s), max(s) FROM big", c)
    same(path, "SELECT k % 10, count(*), sum(id) FROM big GROUP BY 1 ORDER BY 1 NULLS LAST", c)
    same(path, "SELECT x.id, y.s FROM big x JOIN big y ON x.id = y.k ORDER BY x.id, y.id", c)
    same(path, "SELECT s FROM big ORDER BY id LIMIT 5 OFFSET 77777", c)
    assert c.execute("SELECT count(*) FROM big").fetchone() == (100_000,)


def test_wide_rows_are_sent_in_batches(tmp_path):
    rows = [(i, "x" * 60_000) for i in range(500)]
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(i INT, s TEXT)", rows={"t": rows})
    same(path, "SELECT * FROM t", shop.attach(path))


def test_2000_columns(tmp_path):
    columns = [f"c{i}" for i in range(2000)]
    path = shop.make(tmp_path / "shop.db", f"CREATE TABLE wide({' INT, '.join(columns)} INT)",
                     "INSERT INTO wide(c0, c1999) VALUES (1, 2), (NULL, 3)",
                     "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 700) "
                     "INSERT INTO wide(c7, c1000) SELECT i, -i FROM n")
    c = shop.attach(path)
    same(path, "SELECT * FROM wide", c)
    same(path, "SELECT c1999, c0, sum(c1000) FROM wide GROUP BY 1, 2 ORDER BY 1 NULLS LAST, 2", c)


def test_2000_columns_and_the_rowid(tmp_path):
    """SQLite gives 2,000 columns at most."""
    path = shop.make(tmp_path / "shop.db", f"CREATE TABLE wide({', '.join(f'c{i} INT' for i in range(2000))})",
                     "INSERT INTO wide(rowid, c1) VALUES (7, 1)")
    c = shop.attach(path)
    same(path, "SELECT rowid, c1, c1999 FROM wide", c)
    with pytest.raises(duckdb.Error, match='table "wide": too many columns in result set'):
        c.execute("SELECT rowid, * FROM wide").fetchall()


@pytest.mark.parametrize("name", ["x'610062'", "x'61ff'", "x''", "'sqlite_own'", "'t'"])
def test_names_that_sql_cannot_write(tmp_path, name):
    """Put into the schema's table by hand: left out, or the whole file is damaged; what is whole can be read."""
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(a INT); CREATE TABLE u(b INT); INSERT INTO t VALUES (1)",
                     "PRAGMA writable_schema=ON", f"UPDATE sqlite_schema SET name = CAST({name} AS TEXT), "
                     f"tbl_name = CAST({name} AS TEXT) WHERE name = 'u'")
    try:
        c = shop.attach(path)
        assert c.execute("SELECT * FROM t").fetchall() == [(1,)]
    except duckdb.Error as error:
        assert "it is damaged" in str(error)


def test_contents_that_sqlite_takes_and_types_do_not(tmp_path):
    """Right rows or a named error for each: NaN is NULL in SQLite, infinities are reals, text may hold NUL."""
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(i INTEGER, r REAL, s TEXT, b BLOB)", rows={"t": [
        (MIN, math.nan, "a\0b", b"\0"), (MAX, math.inf, "\0", b""), (None, -math.inf, "", None), (-1, -0.0, None, b"\xff")]})
    c = shop.attach(path)
    same(path, "SELECT * FROM t", c)
    same(path, "SELECT count(r), min(r), max(r), min(i), max(i) FROM t", c)
    assert c.execute("SELECT i FROM t WHERE s = 'a' || chr(0) || 'b'").fetchall() == [(MIN,)]


AWKWARD = ["with space", 'dou"ble', "sing'le", "select", "Ünïcödé 表", "a.b", "x;--", "[b]", "`c`", "%d", "\\", "1st", " "]


@pytest.mark.parametrize("odd", AWKWARD)
def test_awkward_names(tmp_path, odd):
    q = shop.name(odd)
    path = shop.make(tmp_path / "shop.db", f"CREATE TABLE {q}({q} INT PRIMARY KEY, other TEXT, CHECK({q} > 0))",
                     f"INSERT INTO {q} VALUES (5, 'x')")
    c = shop.attach(path)
    same(path, f"SELECT * FROM {q}", c)
    same(path, f"SELECT {q} FROM {q} WHERE {q} = 5", c)
    assert c.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'shop' "
                     "ORDER BY column_index").fetchall() == [(odd, odd), (odd, "other")]


def test_tables_of_every_form(tmp_path):
    path = shop.make(
        tmp_path / "shop.db",
        """CREATE TABLE none(a INT, b TEXT);
        CREATE TABLE keyed(a TEXT, b INT, v REAL, PRIMARY KEY(b, a)) WITHOUT ROWID;
        INSERT INTO keyed VALUES ('x', 2, 1.5), ('y', 1, 2.5);
        CREATE TABLE taken(rowid TEXT, oid TEXT, _rowid_ TEXT); INSERT INTO taken VALUES ('a', 'b', 'c');
        CREATE TABLE made(a INT, twice INT AS (a * 2), kept INT AS (a + 1) STORED); INSERT INTO made VALUES (4), (5);
        CREATE TABLE firm(a INT, b TEXT, c ANY) STRICT; INSERT INTO firm VALUES (1, 'x', 'y');
        CREATE VIRTUAL TABLE found USING fts5(body, title); INSERT INTO found VALUES ('some words', 'one');
        CREATE VIEW shown AS SELECT a.b AS "b", count(*) AS n, group_concat(a.a, "-") FROM keyed a GROUP BY 1
            ORDER BY 1 DESC;""")
    c = shop.attach(path)
    for table in ("none", "keyed", "taken", "made", "firm", "found"):
        same(path, f"SELECT * FROM {table}", c)
        same(path, f"SELECT count(*) FROM {table}", c)
    # a view's expressions have no declared type: they are text
    assert c.execute("SELECT * FROM shown").fetchall() == [(2, "1", "x"), (1, "1", "y")]
    assert c.execute("SELECT count(*) FROM shown").fetchone() == (2,)
    assert [r[0] for r in c.execute("SHOW TABLES").fetchall()] == [
        "firm", "found", "keyed", "made", "none", "shown", "taken"]
    same(path, "SELECT title FROM found WHERE body LIKE '%words%'", c)


def test_the_function_itself(tmp_path):
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(a INT, b TEXT)", rows={"t": [(1, "x"), (2, "y")]})
    c = shop.attach(path)
    assert c.execute("SELECT b FROM shop.main.sqlite_scan('T') WHERE a = 2").fetchall() == [("y",)]
    with pytest.raises(duckdb.Error, match='there is no table or view "nosuch"'):
        c.execute("SELECT * FROM shop.main.sqlite_scan('nosuch')").fetchall()


def test_dates_and_times_in_every_spelling(tmp_path):
    rows = [
        ("2024-02-29", "2024-02-29 12:34:56.789", "2024-02-29T12:34:56Z", "23:59:59.5", 1),
        ("1969-12-31", "2024-02-29 12:34", "2024-02-29 12:34:56+02:00", "00:00", 0),
        (0, -1, 1700000000, None, "true"),
        (2440588.5, 2451545.0, None, "12:00:00", "FALSE"),
        ("0001-01-01 00:00:00", "9999-12-31 23:59:59.999", 2451545.0, "00:00:00.000001", None),
        (None, None, None, None, None),
    ]
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(d DATE, ts DATETIME, tz TIMESTAMPTZ, t TIME, b BOOLEAN)",
                     rows={"t": rows})
    c = shop.attach(path, "--types", "cast")  # a whole Julian day is stored as an integer
    c.execute("SET TimeZone = 'UTC'")
    date, stamp, time = datetime.date, datetime.datetime, datetime.time
    assert c.execute("SELECT d, ts, epoch_us(tz), t, b FROM t").fetchall() == [
        (date(2024, 2, 29), stamp(2024, 2, 29, 12, 34, 56, 789000), 1709210096000000, time(23, 59, 59, 500000), True),
        (date(1969, 12, 31), stamp(2024, 2, 29, 12, 34), 1709202896000000, time(0, 0), False),
        (date(1970, 1, 1), stamp(1969, 12, 31, 23, 59, 59), 1700000000000000, None, True),
        (date(1970, 1, 2), stamp(2000, 1, 1, 12), None, time(12), False),
        (date(1, 1, 1), stamp(9999, 12, 31, 23, 59, 59, 999000), 946728000000000, time(0, 0, 0, 1), None),
        (None, None, None, None, None),
    ]
    # and as SQLite's own functions read the same values
    theirs = shop.sqlite_rows(path, "SELECT date(d), strftime('%Y-%m-%d %H:%M:%S', ts, "
                                    "CASE typeof(ts) WHEN 'integer' THEN 'auto' ELSE '+0 days' END) FROM t "
                                    "WHERE typeof(d) <> 'integer'")
    ours = c.execute("SELECT strftime(d, '%Y-%m-%d'), strftime(ts, '%Y-%m-%d %H:%M:%S') FROM t "
                     "WHERE d IS DISTINCT FROM DATE '1970-01-01'").fetchall()
    assert ours == theirs


MISFITS = [
    ("INTEGER", "'twelve'", "the text 'twelve' does not fit BIGINT (declared INTEGER)"),
    ("INTEGER", "'a' || char(10, 27, 133) || 'b'", "the text 'a???b' does not fit BIGINT"),
    ("INTEGER", "printf('%.*c', 50, 'x')", "the text 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'... does not fit BIGINT"),
    ("INTEGER", "2.5", "the real 2.5 does not fit BIGINT"),
    ("INTEGER", "1e300", "the real 1e+300 does not fit BIGINT"),
    ("INTEGER", "x'00'", "the blob x'00' does not fit BIGINT"),
    ("REAL", "'x'", "the text 'x' does not fit DOUBLE"),
    ("REAL", "'nan'", "the text 'nan' does not fit DOUBLE"),
    ("NUMERIC", "9007199254740993", "the integer 9007199254740993 does not fit DOUBLE (declared NUMERIC)"),
    ("NUMERIC", "9223372036854775807", "the integer 9223372036854775807 does not fit DOUBLE"),
    ("BOOLEAN", "2", "the integer 2 does not fit BOOLEAN"),
    ("BOOLEAN", "'yes'", "the text 'yes' does not fit BOOLEAN"),
    ("DATE", "'2024-02-30'", "the text '2024-02-30' does not fit DATE"),
    ("DATE", "'2024-02-03 12:00'", "the text '2024-02-03 12:00' does not fit DATE"),
    ("DATE", "'03.02.2024'", "the text '03.02.2024' does not fit DATE"),
    ("DATE", "86401", "the integer 86401 does not fit DATE"),
    ("DATE", "''", "the text '' does not fit DATE"),
    ("TIMESTAMP", "1700000000000", "the integer 1700000000000 does not fit TIMESTAMP"),
    ("TIMESTAMP", "2451545", "the integer 2451545 does not fit TIMESTAMP"),
    ("TIMESTAMP", "-1.5", "the real -1.5 does not fit TIMESTAMP"),
    ("TIMESTAMP", "x'31'", "the blob x'31' does not fit TIMESTAMP"),
    ("TIME", "3", "the integer 3 does not fit TIME"),
    ("TEXT", "x'ff'", "the blob x'ff' does not fit VARCHAR"),
    ("TEXT", "zeroblob(30)", "the blob x'" + "00" * 20 + "'... does not fit VARCHAR"),
    ("", "x'61'", "the blob x'61' does not fit VARCHAR: "),
    ("TEXT", "CAST(x'61ff' AS TEXT)", "a text that is not UTF-8, x'61ff' does not fit VARCHAR (declared TEXT)"),
    ("BLOB", "5", "the integer 5 does not fit BLOB"),
]


@pytest.fixture(scope="module")
def misfits(tmp_path_factory):
    """A table for each, one good row before the bad one."""
    path = shop.make(tmp_path_factory.mktemp("misfits") / "shop.db", *(
        f"CREATE TABLE t{i}(ok INT, \"c c\" {declared}); "
        f"INSERT INTO t{i}(rowid, ok, \"c c\") VALUES (7, 1, NULL), (42, 2, {value})"
        for i, (declared, value, _) in enumerate(MISFITS)))
    return shop.attach(path)


@pytest.mark.parametrize("i", range(len(MISFITS)), ids=[f"{d}-{v}" for d, v, _ in MISFITS])
def test_a_value_that_does_not_fit(misfits, i):
    with pytest.raises(duckdb.Error) as error:
        misfits.execute(f"SELECT * FROM t{i}").fetchall()
    assert f'table "t{i}", column "c c", rowid 42: {MISFITS[i][2]}' in str(error.value)
    assert misfits.execute(f"SELECT ok FROM t{i}").fetchall() == [(1,), (2,)]  # the column is not read


def test_a_misfit_without_a_rowid(tmp_path):
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE k(a INT PRIMARY KEY, b INT) WITHOUT ROWID",
                     "INSERT INTO k VALUES (1, 1), (2, 'x'); CREATE VIEW v AS SELECT * FROM k")
    c = shop.attach(path)
    for table in "kv":
        with pytest.raises(duckdb.Error, match=f"table \"{table}\", column \"b\", row 2 of the scan: the text 'x' does not fit"):
            c.execute(f"SELECT * FROM {table}").fetchall()


def test_all_as_text(tmp_path):
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(i INT, d DATE, r NUMERIC, b BLOB)",
                     "INSERT INTO t VALUES ('x', '2024-02-30', 0.1, 5), (-9, '', 1e300, 'y'), (x'61', NULL, 3.0, x'00')")
    c = shop.attach(path, "--types", "text")
    assert c.execute("SELECT * FROM t").fetchall() == [
        ("x", "2024-02-30", "0.1", b"5"), ("-9", "", "1e+300", b"y"), ("a", None, "3", b"\x00")]


ODD = ["NULL", "1", "0", "-7", "2.5", "-2.5", "1e300", "'twelve'", "'12 apples'", "' 3.9e1x'", "'nan'", "'true'", "x'00'",
       "x'3432'", "9223372036854775807", "-9223372036854775808", "9007199254740993", "'2024-02-29'", "'2024-02-30'",
       "'2024-02-29 23:59:59.5'", "'2024-02-29T10:00Z'", "'12:34'", "'12:34:56.5'", "2451545", "2451544.5", "''"]


@pytest.mark.parametrize("declared, theirs", [
    ("INTEGER", "CAST(v AS INTEGER)"), ("REAL", "CAST(v AS REAL)"), ("TEXT", "CAST(v AS TEXT)"),
    ("BLOB", "CAST(v AS BLOB)"), ("BOOLEAN", "CASE v WHEN 'true' THEN 1 ELSE CASE WHEN v NOT NULL THEN v IS TRUE END END")])
def test_cast_is_what_sqlite_makes_of_a_value(tmp_path, declared, theirs):
    path = shop.make(tmp_path / "shop.db", f"CREATE TABLE t(k INTEGER PRIMARY KEY, v {declared})",
                     *(f"INSERT INTO t(v) VALUES ({v})" for v in ODD
                       if declared != "BLOB" or v != "1e300"))  # CAST gives 15 digits in another form
    ours = shop.attach(path, "--types", "cast").execute("SELECT v FROM t ORDER BY k").fetchall()
    theirs = shop.sqlite_rows(path, f"SELECT {theirs} FROM t ORDER BY k")
    assert ours == theirs


def test_cast_of_moments_is_what_sqlites_functions_read(tmp_path):
    """An integer that may be a Julian day is one (its modifier `auto`), others count seconds; what is no moment is NULL."""
    path = shop.make(
        tmp_path / "shop.db", "CREATE TABLE t(d DATE, ts TIMESTAMP, t TIME)",
        "INSERT INTO t VALUES ('2024-02-29 23:59', 2451545, '12:34'), ('2024-02-30', 'soon', 5), (-1, 2451544.5, x'00'), "
        "(x'31', '', '25:00')")
    date, stamp = datetime.date, datetime.datetime
    assert shop.attach(path, "--types", "cast").execute("FROM t").fetchall() == [
        (date(2024, 2, 29), stamp(2000, 1, 1, 12), datetime.time(12, 34)), (None, None, None),
        (date(1969, 12, 31), stamp(2000, 1, 1), None), (None, None, None)]


def test_cast_mends_text(tmp_path):
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(v TEXT)",
                     "INSERT INTO t VALUES (CAST(x'61ffc3a462e2' AS TEXT)), (CAST(x'' AS TEXT)), (x'c3a4')")
    assert shop.attach(path, "--types", "cast").execute("SELECT v FROM t").fetchall() == [
        ("a\ufffdäb\ufffd",), ("",), ("ä",)]


def test_numbers_as_text_lose_nothing(tmp_path):
    values = [0.1, 0.1 + 0.2, 1e22, -2.5, 5e-324, 123456789.123456789, MIN, MAX, 3]
    path = shop.make(tmp_path / "shop.db", "CREATE TABLE t(v)", rows={"t": [(v,) for v in values]})
    c = shop.attach(path)
    back = [r[0] for r in c.execute("SELECT v FROM t").fetchall()]
    assert [type(v)(text) for v, text in zip(values, back)] == values


def test_utf16_files(tmp_path):
    path = shop.make(tmp_path / "shop.db", "PRAGMA encoding = 'UTF-16le'", "CREATE TABLE \"tä\"(\"ö\" TEXT)",
                     "INSERT INTO \"tä\" VALUES ('grün €')")
    same(path, 'SELECT "ö" FROM "tä"', shop.attach(path))


def test_a_limit_ends_the_scan(tmp_path):
    path = shop.make(tmp_path / "shop.db", "CREATE VIEW endless AS WITH RECURSIVE n(i) AS "
                                           "(VALUES(1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")
    c = shop.attach(path)
    assert c.execute("SELECT * FROM endless LIMIT 3").fetchall() == [("1",), ("2",), ("3",)]


def test_views_answer_as_sqlite_does(tmp_path):
    """Their SQL is SQLite's: the engine could not run these."""
    path = shop.make(
        tmp_path / "shop.db", "CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT, i INT)",
        """CREATE VIEW v1 AS SELECT id, s, i FROM t WHERE s REGEXP 'x' OR s LIKE 'A%';
        CREATE VIEW v2 AS SELECT CAST(i / 2 AS INT) AS half, s FROM t WHERE i = "7" OR s GLOB '[b-z]*';
        CREATE VIEW v3 AS SELECT id, s FROM t INDEXED BY by_s WHERE s >= '' ORDER BY s COLLATE NOCASE;
        CREATE VIEW v4 AS SELECT s, i FROM t GROUP BY s HAVING max(i);
        CREATE INDEX by_s ON t(s)""".replace("s REGEXP 'x' OR ", ""),
        rows={"t": [(1, "abc", 7), (2, "Bcd", 8), (3, "xyz", None), (4, "ABC", -7)]})
    c = shop.attach(path)
    for view in ("v1", "v3", "v4"):
        same(path, f"SELECT * FROM {view}", c)
    theirs = shop.sqlite_rows(path, "SELECT * FROM v2")
    assert c.execute("SELECT * FROM v2").fetchall() == [(None if h is None else str(h), s) for h, s in theirs]
