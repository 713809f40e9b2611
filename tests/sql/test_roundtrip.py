"""Every engine type through a scalar identity function, borrowed and rebuilt, in both settings of arrow_lossless_conversion,
compared with what the engine's own conversion to Arrow and back gives."""

import duckdb
import pytest
from engine import attach, connect

# Type and values; {} stands for NULL among them.
TYPES = {
    "BOOLEAN": ["true", "false"],
    "TINYINT": ["-128", "127"],
    "SMALLINT": ["-32768", "32767"],
    "INTEGER": ["-2147483648", "2147483647"],
    "BIGINT": ["-9223372036854775808", "9223372036854775807"],
    "UTINYINT": ["0", "255"],
    "USMALLINT": ["0", "65535"],
    "UINTEGER": ["0", "4294967295"],
    "UBIGINT": ["0", "18446744073709551615"],
    "HUGEINT": ["-1", "12345678901234567890123456789"],
    "UHUGEINT": ["0", "12345678901234567890123456789"],
    "FLOAT": ["1.5", "'-inf'", "'nan'"],
    "DOUBLE": ["1.5", "'inf'", "-0.0"],
    "DECIMAL(4,1)": ["-1.5", "999.9"],
    "DECIMAL(9,2)": ["-1.55", "9999999.99"],
    "DECIMAL(18,3)": ["1.555", "-999999999999999.999"],
    "DECIMAL(38,10)": ["1.5", "-1234567890123456789012345678.0123456789"],
    "VARCHAR": ["''", "'a'", "'Zürich \U0001f680'", "'longer than twelve bytes, so not inlined'"],
    "BLOB": ["''::BLOB", "'\\x00\\xFF'::BLOB"],
    "UUID": ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-4fff-bfff-ffffffffffff'"],
    "BIT": ["'1'", "'0101010101'"],
    "JSON": ["'{\"a\": [1, null]}'"],
    "BIGNUM": ["'123456789012345678901234567890123456789012345678901234567890'", "'-1'"],
    "DATE": ["'1970-01-01'", "'0001-01-01'", "'9999-12-31'"],
    "TIME": ["'00:00:00'", "'23:59:59.999999'"],
    "TIME_NS": ["'00:00:00'", "'23:59:59.999999999'"],
    "TIMETZ": ["'12:30:00+02'"],
    "TIMESTAMP_S": ["'1970-01-01'", "'2024-02-29 12:30:01'"],
    "TIMESTAMP_MS": ["'2024-02-29 12:30:01.123'"],
    "TIMESTAMP": ["'1969-12-31 23:59:59.999999'", "'2024-02-29 12:30:01.123456'"],
    "TIMESTAMP_NS": ["'2024-02-29 12:30:01.123456789'"],
    "TIMESTAMPTZ": ["'2024-02-29 12:30:01.123456+00'"],
    "INTERVAL": ["'1 month 2 days 3 microseconds'", "'-1 month'"],
    "ENUM('a', 'b', 'c')": ["'a'", "'c'"],
    "INTEGER[]": ["[]", "[1, NULL, 3]"],
    "VARCHAR[][]": ["[]", "[['a'], NULL, [], ['b', NULL]]"],
    "INTEGER[3]": ["[1, 2, 3]", "[NULL, 2, NULL]"],
    "STRUCT(a INTEGER, b VARCHAR)": ["{'a': 1, 'b': 'x'}", "{'a': NULL, 'b': NULL}"],
    "STRUCT(l INTEGER[], s STRUCT(d DATE))": ["{'l': [1], 's': {'d': '2024-01-01'}}", "{'l': NULL, 's': NULL}"],
    "MAP(VARCHAR, INTEGER)": ["MAP {}", "MAP {'a': 1, 'b': NULL}"],
    "UNION(n INTEGER, s VARCHAR)": ["union_value(n := 1)", "union_value(s := 'x')"],
    "STRUCT(e ENUM('x', 'y'))[]": ["[{'e': 'x'}, {'e': NULL}]", "[]"],
    "DECIMAL(9,2)[]": ["[1.5, NULL]"],
    "UUID[]": ["['00000000-0000-0000-0000-000000000000', NULL]"],
    "GEOMETRY": ["'POINT (1 2)'"],
}


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "lossless"])
def db(request):
    connection = attach(connect(), "vgi-fixture-worker", catalog="fixture")
    connection.execute(f"SET arrow_lossless_conversion = {str(request.param).lower()}")
    connection.execute("SET TimeZone = 'UTC'")
    yield connection
    connection.close()


def rows_of(sql_type, values, count):
    """SQL of `count` rows that go round the values and NULL."""
    items = ", ".join(f"({i}, CAST({value} AS {sql_type}))" for i, value in enumerate([*values, "NULL"]))
    return (f"SELECT i, v FROM (VALUES {items}) t(k, v) JOIN range({count}) r(i) ON k = i % {len(values) + 1}")


def through_arrow(db, sql):
    """What the engine itself makes of its rows on the way to Arrow and back."""
    table = db.execute(f"SELECT v FROM ({sql}) ORDER BY i").to_arrow_table()
    db.register("own_conversion", table)
    answer = db.execute("SELECT v::VARCHAR, typeof(v) FROM own_conversion").fetchall()
    db.unregister("own_conversion")
    return answer


@pytest.mark.parametrize("function", ["identity", "rebuilt"])
@pytest.mark.parametrize("sql_type", TYPES)
def test_values_come_back(db, sql_type, function):
    sql = rows_of(sql_type, TYPES[sql_type], 5000 if sql_type in ("VARCHAR", "INTEGER[]", "BIGINT") else 20)
    db.execute(f"CREATE OR REPLACE TEMP TABLE source AS {sql}")
    try:
        expected = through_arrow(db, "FROM source")
    except duckdb.Error as error:
        pytest.fail(f"the engine converts no {sql_type}: {error}")
    answer = db.execute(
        f"SELECT r::VARCHAR, typeof(r) FROM (SELECT i, fixture.main.{function}(v) AS r FROM source) ORDER BY i").fetchall()
    assert answer == expected


@pytest.mark.parametrize("sql_type", TYPES)
def test_nothing_but_null_and_no_row(db, sql_type):
    sql = f"SELECT fixture.main.identity(v) FROM (SELECT CAST(NULL AS {sql_type}) AS v FROM range(3000) t(i))"
    assert db.execute(f"SELECT count(*), count(COLUMNS(*)) FROM ({sql})").fetchall() == [(3000, 0)]
    assert db.execute(f"SELECT * FROM ({sql}) LIMIT 0").fetchall() == []


def test_a_bare_null(db):
    assert db.execute("SELECT fixture.main.identity(NULL), fixture.main.rebuilt(NULL)").fetchall() == [(None, None)]
