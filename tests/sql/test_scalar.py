"""Scalar functions through the engine: arguments, NULLs, overloads, constants, results of every shape."""

import duckdb
import pytest
from engine import attach, connect


@pytest.fixture(scope="module")
def db():
    connection = attach(connect(), "vgi-fixture-worker", catalog="fixture")
    yield connection
    connection.close()


def one(db, sql):
    return db.execute(sql).fetchone()[0]


def rows(db, sql):
    return [row[0] for row in db.execute(sql).fetchall()]


def test_a_sum_over_a_column(db):
    sql = "SELECT sum(fixture.main.add_ints(i, 1)) FROM range(100000) t(i)"
    assert one(db, sql) == sum(range(100000)) + 100000


def test_a_constant_call(db):
    assert one(db, "SELECT fixture.main.add_ints(40, 2)") == 42


def test_null_in_null_out(db):
    sql = "SELECT fixture.main.add_ints(a, b) FROM (VALUES (1, 2), (NULL, 2), (1, NULL), (3, 4)) t(a, b)"
    assert rows(db, sql) == [3, None, None, 7]


def test_null_in_null_out_of_appended_text(db):
    sql = "SELECT fixture.main.shout(v) FROM (VALUES ('a'), (NULL), ('bc'), (''), (NULL)) t(v)"
    assert rows(db, sql) == ["A", None, "BC", "", None]


def test_only_nulls(db):
    assert rows(db, "SELECT fixture.main.shout(NULL::VARCHAR) FROM range(3)") == [None] * 3


@pytest.mark.parametrize("every", [2, 3, 8, 64, 65, 1000])
def test_nulls_at_every_place(db, every):
    sql = f"""
        SELECT count(*) FILTER (s IS DISTINCT FROM upper(v)) FROM (
            SELECT v, fixture.main.shout(v) AS s FROM (
                SELECT CASE WHEN i % {every} = 0 THEN NULL ELSE 'row ' || i END AS v FROM range(10000) t(i)))"""
    assert one(db, sql) == 0


def test_rows_that_the_function_sees_itself(db):
    assert rows(db, "SELECT fixture.main.is_missing(v) FROM (VALUES (1), (NULL)) t(v)") == [False, True]


def test_nulls_of_its_own(db):
    assert rows(db, "SELECT fixture.main.null_if_odd(i) FROM range(4) t(i)") == [0, None, 2, None]


def test_no_argument(db):
    assert rows(db, "SELECT fixture.main.forty_two() FROM range(3)") == [42] * 3
    assert one(db, "SELECT sum(fixture.main.forty_two()) FROM range(5000)") == 42 * 5000


def test_a_constant_argument(db):
    assert rows(db, "SELECT fixture.main.scale(i, 2.5) FROM range(3) t(i)") == [0, 2.5, 5]


def test_a_constant_argument_out_of_bounds(db):
    with pytest.raises(duckdb.Error) as error:
        db.execute("SELECT fixture.main.scale(1, -5)")
    assert "ArgumentValidationError: Argument '0' is too small." in str(error.value)
    assert "Constraint: must be >= 0" in str(error.value)
    assert "Purpose: What x is multiplied with." in str(error.value)
    assert "Valid values: >= 0 and <= 100" in str(error.value)


def test_variadic(db):
    assert one(db, "SELECT fixture.main.join_all('-', 'a', 'b', 'c')") == "a-b-c"
    assert one(db, "SELECT fixture.main.join_all('-', 'a')") == "a"
    assert rows(db, "SELECT fixture.main.join_all('/', i::VARCHAR, 'x') FROM range(2) t(i)") == ["0/x", "1/x"]


def test_overloads(db):
    assert one(db, "SELECT fixture.main.describe(1)") == "integer"
    assert one(db, "SELECT fixture.main.describe('a')") == "text"
    assert one(db, "SELECT fixture.main.describe(1, 2)") == "two integers"


@pytest.mark.parametrize("value, name", [("1::SMALLINT", "int16"), ("'a'", "utf8"), ("[1]", "list"), ("{'a': 1}", "struct")])
def test_any_takes_every_type(db, value, name):
    assert one(db, f"SELECT fixture.main.type_of({value})") == name


def test_a_list(db):
    sql = "SELECT fixture.main.up_to(v) FROM (VALUES (3), (0), (NULL), (1)) t(v)"
    assert rows(db, sql) == [[0, 1, 2], [], None, [0]]


def test_a_struct(db):
    sql = "SELECT fixture.main.pair(v) FROM (VALUES (1), (NULL), (4)) t(v)"
    assert rows(db, sql) == [{"n": 1, "parity": "odd"}, None, {"n": 4, "parity": "even"}]


def test_writing_to_stdout_harms_nothing(db):
    assert one(db, "SELECT sum(fixture.main.chatty(i)) FROM range(10000) t(i)") == sum(range(10000))


def test_no_row_at_all(db):
    assert rows(db, "SELECT fixture.main.add_ints(i, i) FROM range(0) t(i)") == []


def test_a_failing_row(db):
    with pytest.raises(duckdb.Error, match="ValueError: 13 is not a number that it likes"):
        db.execute("SELECT fixture.trouble.fussy(i) FROM range(20) t(i)").fetchall()
    assert rows(db, "SELECT fixture.trouble.fussy(i) FROM range(2) t(i)") == [0, 1]


def test_an_overflow_names_the_row(db):
    with pytest.raises(duckdb.Error, match=r"ValueError: row 0: a \+ b overflows BIGINT"):
        db.execute("SELECT fixture.main.add_ints(9223372036854775807, 1)")


def test_too_few_rows(db):
    with pytest.raises(duckdb.Error, match="rows"):
        db.execute("SELECT fixture.trouble.too_few(i) FROM range(20) t(i)").fetchall()


def test_a_result_of_the_wrong_type(db):
    with pytest.raises(duckdb.Error, match="result"):
        db.execute("SELECT fixture.trouble.mistyped(i) FROM range(20) t(i)").fetchall()


def test_a_column_read_as_what_it_is_not_is_an_error(db):
    with pytest.raises(duckdb.Error, match="TypeError: vgi_i64 does not fit input column 0, which is utf8"):
        db.execute("SELECT fixture.trouble.misread(i::VARCHAR) FROM range(5000) t(i)").fetchall()
    assert db.execute("SELECT fixture.main.add_ints(1, 2)").fetchone() == (3,)


# Types that the engine writes in two ways, as their declaration names them. TIME WITH TIME ZONE loses its zone without the
# setting, so that no function that declares it can be called then.
DECLARED = [
    ("true", "true", "BOOLEAN"),
    ("'00000000-0000-0000-0000-0000000000AB'::UUID", "00000000-0000-0000-0000-0000000000ab", "UUID"),
    ("(-5)::HUGEINT", "-5", "HUGEINT"),
    ("TIMESTAMPTZ '2024-01-01 00:00:00+00'", "2024-01-01 00:00:00+00", "TIMESTAMP WITH TIME ZONE"),
    ("'0101'::BIT", "0101", "BIT"),
    ("1.5::DECIMAL(9,2)", "1.50", "DECIMAL(9,2)"),
    ("[true, NULL]", "[true, NULL]", "BOOLEAN[]"),
    ("{'a': true, 'b': NULL::UUID}", "{'a': true, 'b': NULL}", "STRUCT(a BOOLEAN, b UUID)"),
    ("INTERVAL 1 MONTH", "1 month", "INTERVAL"),
]


@pytest.mark.parametrize("lossless", ["false", "true"])
@pytest.mark.parametrize("value, shown, type_name", DECLARED)
def test_declared_types_in_both_settings(value, shown, type_name, lossless):
    connection = attach(connect(), "vgi-fixture-worker", catalog="fixture")
    connection.execute(f"SET arrow_lossless_conversion = {lossless}; SET TimeZone = 'UTC'")
    sql = f"""SELECT DISTINCT fixture.main.same(v)::VARCHAR, typeof(fixture.main.same(v))
              FROM (SELECT CASE WHEN i % 3 = 0 THEN NULL ELSE {value} END AS v FROM range(5000) t(i)) ORDER BY ALL"""
    assert connection.execute(sql).fetchall() == [(shown, type_name), (None, type_name)]
    connection.close()
