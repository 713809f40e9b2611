"""Functions over rows through the engine: any columns, more rows than came in, what comes once the input has ended,
projection, LATERAL, several calls in one query, errors; and that nothing is lost when the engine ends its worker."""

import duckdb
import pytest
from engine import attach, connect


@pytest.fixture(scope="module")
def db():
    connection = attach(connect(), "vgi-fixture-worker", catalog="fixture")
    yield connection
    connection.close()


def rows(db, sql):
    return db.execute(sql).fetchall()


def test_what_comes_in_goes_out(db):
    query = ("SELECT n, 't' || n AS t, [n, NULL] AS l, {'a': n, 'b': NULL} AS s, n % 3 = 0 AS b, "
             "CASE WHEN n % 2 = 0 THEN n END AS e FROM range(5000) r(n)")
    assert rows(db, f"FROM fixture.in_out.echo(({query})) ORDER BY n") == rows(db, f"{query} ORDER BY n")


def test_no_rows(db):
    assert rows(db, "FROM fixture.in_out.echo((SELECT 1 AS a WHERE false))") == []
    assert rows(db, "FROM fixture.in_out.repeat_inputs(3, (SELECT 1 AS a WHERE false))") == []


def test_more_rows_than_came_in(db):
    assert rows(db, "SELECT count(*), sum(n), count(t) FROM fixture.in_out.repeat_inputs(7, "
                    "(SELECT n, CASE WHEN n % 2 = 0 THEN 'x' END AS t FROM range(5000) r(n)))") == [
        (35000, 7 * sum(range(5000)), 7 * 2500)]


def test_projection(db):
    query = "(SELECT 1 AS a, 'b' AS b, 2.5::DOUBLE AS c)"
    assert rows(db, f"SELECT c FROM fixture.in_out.echo({query})") == [(2.5,)]
    assert rows(db, f"SELECT c, a FROM fixture.in_out.echo({query})") == [(2.5, 1)]
    assert rows(db, f"SELECT count(*) FROM fixture.in_out.echo({query})") == [(1,)]
    assert rows(db, f"SELECT c, a FROM fixture.in_out.echo_witness({query})") == [(2, 2)]
    assert rows(db, f"SELECT * FROM fixture.in_out.echo_witness({query})") == [(3, 3, 3)]


def test_filters_are_the_engines(db):
    assert rows(db, "SELECT m FROM fixture.in_out.echo((SELECT n, -n AS m FROM range(9) r(n))) WHERE n > 6 ORDER BY n") == [
        (-7,), (-8,)]


def test_lateral(db):
    assert rows(db, "SELECT t.n, e.m FROM range(3) t(n), LATERAL fixture.in_out.echo((SELECT t.n * 2 AS m)) e ORDER BY 1") == [
        (0, 0), (1, 2), (2, 4)]


def test_what_comes_at_the_end(db):
    assert rows(db, "FROM fixture.in_out.substream_partial_sum((SELECT n FROM range(10) r(n)))") == [(45,)]
    assert rows(db, "FROM fixture.in_out.substream_partial_sum((SELECT n FROM range(10) r(n) WHERE n < 0))") == [(0,)]
    assert rows(db, "SELECT sum(n), count(*) FROM fixture.in_out.multi_batch_finish((SELECT n FROM range(100) r(n)))") == [
        (4950, 100)]
    assert rows(db, "FROM fixture.in_out.multi_batch_finish((SELECT n FROM range(10) r(n) WHERE n < 0))") == []


def test_several_in_one_query(db):
    one = "(SELECT sum(n) FROM fixture.in_out.substream_partial_sum((SELECT n FROM range({}) r(n))))"
    assert rows(db, "SELECT " + ", ".join(one.format(k) for k in (10, 20, 30))) == [(45, 190, 435)]
    assert rows(db, "SELECT sum(n) FROM fixture.in_out.echo((FROM fixture.in_out.repeat_inputs(2, "
                    "(FROM fixture.in_out.multi_batch_finish((SELECT n FROM range(50) r(n)))))))") == [(2 * 1225,)]


def test_many_calls_one_after_another(db):
    for n in range(20):
        assert rows(db, f"SELECT sum(n) FROM fixture.in_out.repeat_inputs(1, (SELECT r.n + {n} AS n FROM range(3000) r(n)))") == [
            (sum(range(3000)) + 3000 * n,)]


def test_a_limit_above(db):
    assert len(rows(db, "FROM fixture.in_out.echo((SELECT n FROM range(100000) r(n))) LIMIT 3")) == 3
    assert len(rows(db, "FROM fixture.in_out.multi_batch_finish((SELECT n FROM range(5000) r(n))) LIMIT 3")) == 3
    assert rows(db, "FROM fixture.in_out.substream_partial_sum((SELECT n FROM range(10) r(n)))") == [(45,)]


@pytest.mark.parametrize("sql, message", [
    ("FROM fixture.in_out.repeat_inputs(0, (SELECT 1 AS a))", "ValueError: Repeat count must be at least 1"),
    ("FROM fixture.in_out.substream_partial_sum((SELECT 'x' AS a))", "the first column must be BIGINT"),
    ("FROM fixture.in_out.fails_at(2, (SELECT n FROM range(50000) r(n)))", "ValueError: batch 2 is one too many"),
    ("FROM fixture.in_out.repeat_inputs((SELECT 1 AS a))", "No function matches"),
])
def test_errors(db, sql, message):
    with pytest.raises(duckdb.Error) as error:
        rows(db, sql)
    assert message in str(error.value)
    assert rows(db, "FROM fixture.in_out.echo((SELECT 1 AS a))") == [(1,)]


def test_what_the_engine_lists(db):
    listed = rows(db, "SELECT function_name, function_type, parameters, parameter_types FROM duckdb_functions() "
                      "WHERE database_name = 'fixture' AND schema_name = 'in_out' ORDER BY 1")
    assert ("echo", "table", ["data"], ["TABLE"]) in listed
    assert ("repeat_inputs", "table", ["repeat_count", "data"], ["BIGINT", "TABLE"]) in listed
