"""Every engine type goes engine -> scalar identity function -> engine, in both settings of arrow_lossless_conversion, and
must come back as it does from the engine's own conversion to Arrow and back: once borrowed (identity), once rebuilt value
by value (rebuilt). VARIANT is left out: the engine cannot export it.
"""

import duckdb
import pytest
from engine import attach, connect

TYPES = [name for name, *_ in duckdb.sql("DESCRIBE SELECT * FROM test_all_types()").fetchall() if name != "variant"]

# What test_all_types() does not hold: SQL of a column `v`.
MORE = {
    "only_nulls": "SELECT NULL::VARCHAR AS v FROM range(70)",
    "no_rows": "SELECT 1::BIGINT AS v WHERE false",
    "no_rows_nested": "SELECT [{'a': [1, 2]}] AS v WHERE false",
    "many_rows": "SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE i END AS v FROM range(10000) t(i)",
    "many_texts": "SELECT CASE WHEN i % 5 = 0 THEN NULL ELSE repeat(chr((65 + i % 26)::INT), (i % 40)::INT) END AS v"
    " FROM range(10000) t(i)",
    "many_bools": "SELECT CASE WHEN i % 3 = 0 THEN NULL ELSE i % 2 = 0 END AS v FROM range(5000) t(i)",
    "empty_values": "SELECT unnest(['', NULL, 'x']) AS v",
    "empty_blobs": "SELECT unnest([''::BLOB, NULL, '\\x00\\xFF'::BLOB]) AS v",
    "empty_lists": "SELECT unnest([[], NULL, [NULL], [1, NULL, 3]]) AS v",
    "empty_maps": "SELECT unnest([MAP {}, NULL, MAP {'a': [1, 2], 'b': NULL}]) AS v",
    "deep": "SELECT [{'a': [{'b': MAP {i: [i, NULL]}}, NULL], 'c': NULL::DATE}, NULL] AS v FROM range(300) t(i)",
    "lists": "SELECT CASE WHEN i % 4 = 0 THEN NULL ELSE range(i % 9) END AS v FROM range(3000) t(i)",
    "structs_of_nulls": "SELECT {'a': NULL::INT, 'b': NULL::VARCHAR} AS v FROM range(9)",
    "union_of_many": "SELECT CASE i % 3 WHEN 0 THEN union_value(n := i::INT)::UNION(n INT, s VARCHAR, l INT[])"
    " WHEN 1 THEN union_value(s := 'x' || i)::UNION(n INT, s VARCHAR, l INT[])"
    " ELSE union_value(l := [i::INT])::UNION(n INT, s VARCHAR, l INT[]) END AS v FROM range(100) t(i)",
    "enum_in_list": "SELECT ['GOOSE'::ENUM('DUCK', 'GOOSE'), NULL] AS v FROM range(3)",
    "json": """SELECT '{"a": [1, null]}'::JSON AS v FROM range(3)""",
    "uuid_in_struct": "SELECT {'u': '12345678-1234-5678-1234-567812345678'::UUID} AS v FROM range(3)",
    "decimal_in_list": "SELECT [1.25::DECIMAL(10, 2), NULL, -0.01] AS v FROM range(3)",
    "intervals": "SELECT unnest([INTERVAL '1 year 2 days 3.5 seconds', NULL, INTERVAL '-1 month']) AS v",
    "times_of_a_zone": "SELECT unnest(['2020-01-01 12:00:00+02'::TIMESTAMPTZ, NULL, 'infinity'::TIMESTAMPTZ]) AS v",
    "special_floats": "SELECT unnest(['nan'::DOUBLE, 'inf'::DOUBLE, '-inf'::DOUBLE, -0.0::DOUBLE, NULL]) AS v",
    "hugeint_in_range": "SELECT unnest([-(10::HUGEINT ** 37), NULL, 10::HUGEINT ** 37]) AS v",
}


@pytest.fixture(scope="module", params=["false", "true"], ids=["lossy", "lossless"])
def database(request):
    connection = attach(connect(threads=1), "vgi-fixture-worker", catalog="fixture")
    connection.execute("SET preserve_insertion_order = true")
    connection.execute(f"SET arrow_lossless_conversion = {request.param}")
    # Otherwise the extension sends each distinct value once, and what travels is not what was written.
    connection.execute("SET vgi_exchange_input_dedup = false")
    return connection


def answers(connection, relation):
    return connection.sql(f"SELECT typeof(v), v::VARCHAR FROM {relation}").fetchall()


def compare(connection, sql):
    try:
        connection.register("own", connection.sql(sql).to_arrow_table())
        expected = answers(connection, "own")
    except duckdb.Error:  # what the engine cannot export itself, it cannot send to us either
        with pytest.raises(duckdb.Error):
            connection.sql(f"SELECT fixture.main.identity(v) FROM ({sql})").fetchall()
        return
    for function in ("identity", "rebuilt"):
        assert answers(connection, f"(SELECT fixture.main.{function}(v) AS v FROM ({sql}))") == expected, function


@pytest.mark.parametrize("name", TYPES)
def test_every_type_of_the_engine(database, name):
    compare(database, f'SELECT "{name}" AS v FROM test_all_types()')


@pytest.mark.parametrize("name", TYPES)
def test_columns_that_are_all_null(database, name):
    # Two rows: of a single NULL in a dictionary column the extension makes the dictionary's first value.
    compare(database, f'SELECT "{name}" AS v FROM (SELECT * FROM test_all_types() LIMIT 1 OFFSET 2), range(2)')


@pytest.mark.parametrize("name", TYPES)
def test_in_a_list(database, name):
    compare(database, f'SELECT [NULL, "{name}"] AS v FROM (SELECT * FROM test_all_types() LIMIT 1 OFFSET 1)')


@pytest.mark.parametrize("name", MORE)
def test_awkward_values(database, name):
    compare(database, MORE[name])


def test_a_constant_is_not_special(database):
    assert database.sql("SELECT fixture.main.identity(42), fixture.main.identity('x')").fetchall() == [(42, "x")]


def test_null_keeps_its_own_type(database):
    # The engine's own conversion makes INTEGER of it.
    assert answers(database, "(SELECT fixture.main.identity(NULL) AS v FROM range(3))") == [('"NULL"', None)] * 3
