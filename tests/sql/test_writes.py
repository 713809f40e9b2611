"""Tables that are written, through the engine: INSERT, UPDATE, DELETE, MERGE, ON CONFLICT, RETURNING, errors, and results
that break the function's word. One worker on a socket has the rows."""

import subprocess

import duckdb
import pytest
from engine import BIN, attach, connect, text


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    path = tmp_path_factory.mktemp("stock") / "socket"
    worker = subprocess.Popen([BIN / "vgi-fixture-worker", "--unix", path], stdout=subprocess.PIPE, text=True)
    assert worker.stdout.readline() == f"UNIX:{path}\n"
    yield f"unix://{path}"
    worker.terminate()
    assert worker.wait(20) == 0
    worker.stdout.close()


@pytest.fixture
def db(server):
    connection = connect()
    connection.execute(f"ATTACH 'fixture' AS f (TYPE vgi, LOCATION {text(server)})")
    connection.execute("USE f.stock")
    connection.execute("DELETE FROM items")
    yield connection
    connection.close()


def rows(db, sql):
    return db.execute(sql).fetchall()


ALL = "SELECT id, qty, name FROM items ORDER BY ALL"


def test_insert(db):
    assert rows(db, "INSERT INTO items VALUES (1, 10, 'a'), (2, NULL, NULL)") == [(2,)]
    assert rows(db, "INSERT INTO items (name, id) VALUES ('c', 3)") == [(1,)]
    assert rows(db, "INSERT INTO items BY NAME SELECT 4 AS id, 'd' AS name") == [(1,)]
    assert rows(db, ALL) == [(1, 10, "a"), (2, None, None), (3, None, "c"), (4, None, "d")]


def test_insert_what_a_query_gives(db):
    assert rows(db, "INSERT INTO items SELECT n, n * 2, 'n' || n FROM range(10000) r(n)") == [(10000,)]
    assert rows(db, "INSERT INTO items SELECT * FROM items WHERE id < 5") == [(5,)]
    assert rows(db, "INSERT INTO items SELECT * FROM items WHERE false") == [(0,)]
    assert rows(db, "SELECT count(*), sum(qty) FROM items") == [(10005, 2 * (sum(range(10000)) + 10))]


def test_insert_returning(db):
    assert rows(db, "INSERT INTO items VALUES (1, 10, 'a'), (2, NULL, NULL) RETURNING name, id, id + 1") == [
        ("a", 1, 2), (None, 2, 3)]
    returned = rows(db, "INSERT INTO items SELECT n, n, NULL FROM range(5000) r(n) RETURNING id")
    assert sorted(returned) == [(n,) for n in range(5000)]


def test_update(db):
    rows(db, "INSERT INTO items VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c')")
    assert rows(db, "UPDATE items SET qty = qty + 1 WHERE id > 1") == [(2,)]
    assert rows(db, "UPDATE items SET name = 'z', id = 9 WHERE qty = 10") == [(1,)]
    assert rows(db, "UPDATE items SET qty = s.q FROM (VALUES (2, 77), (5, 0)) s(i, q) WHERE id = s.i") == [(1,)]
    assert rows(db, "UPDATE items SET name = NULL WHERE id = 3") == [(1,)]
    assert rows(db, "UPDATE items SET qty = 0 WHERE id = 1000") == [(0,)]
    assert rows(db, ALL) == [(2, 77, "b"), (3, 31, None), (9, 10, "z")]


def test_update_returning(db):
    rows(db, "INSERT INTO items VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c')")
    assert rows(db, "UPDATE items SET qty = qty + id, name = upper(name) WHERE id < 3 RETURNING name, qty, id") == [
        ("A", 11, 1), ("B", 22, 2)]


def test_delete(db):
    rows(db, "INSERT INTO items SELECT n, n, 'x' FROM range(6000) r(n)")
    assert rows(db, "DELETE FROM items WHERE id >= 3") == [(5997,)]
    assert rows(db, "DELETE FROM items WHERE id = 1 RETURNING *") == [(1, 1, "x")]
    assert rows(db, "DELETE FROM items USING (SELECT 2 AS i) s WHERE id = s.i") == [(1,)]
    assert rows(db, ALL) == [(0, 0, "x")]
    assert rows(db, "TRUNCATE items") == [(1,)]
    assert rows(db, ALL) == []


def test_on_conflict_do_nothing(db):
    rows(db, "INSERT INTO items VALUES (1, 10, 'a')")
    assert rows(db, "INSERT INTO keyed VALUES (1, 5, 'new'), (2, 6, 'two') ON CONFLICT DO NOTHING") == [(1,)]
    assert rows(db, ALL) == [(1, 10, "a"), (2, 6, "two")]


def test_merge(db):
    rows(db, "INSERT INTO items VALUES (1, 10, 'a'), (2, 20, 'b')")
    assert rows(db, "MERGE INTO items t USING (VALUES (2, 99)) s(id, qty) ON t.id = s.id "
                    "WHEN MATCHED THEN UPDATE SET qty = s.qty, name = 'k'") == [(1,)]
    assert rows(db, "MERGE INTO items t USING (VALUES (1, 0), (7, 77)) s(id, qty) ON t.id = s.id "
                    "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.qty, 'm')") == [(2,)]
    assert rows(db, ALL) == [(2, 99, "k"), (7, 77, "m")]


@pytest.mark.parametrize("sql, message", [
    ("INSERT INTO items VALUES (1, -1, 'a')", "ValueError: row 0: there are no negative items"),
    ("INSERT INTO counted VALUES (1, 1, 'a') RETURNING id", "does not support result mode 'rows' for INSERT"),
    ("UPDATE counted SET id = 1", "Table 'counted' does not support UPDATE"),
    ("DELETE FROM counted", "Table 'counted' does not support DELETE"),
    ("INSERT INTO f.scans.tens VALUES (1)", "does not support INSERT"),
    ("INSERT INTO broken_nothing VALUES (1, 1, 'a')", "broken gave 0 rows; expected one with the count"),
    ("INSERT INTO broken_minus VALUES (1, 1, 'a')", "broken gave the count -1"),
    ("INSERT INTO broken_too_many VALUES (1, 1, 'a') RETURNING id", "broken gave 2 rows; 1 were to be written"),
    ("INSERT INTO broken_over VALUES (1, 1, 'a')", "the map callback of broken returned VGI_END"),
])
def test_errors(db, sql, message):
    rows(db, "INSERT INTO items VALUES (1, 10, 'a')")
    with pytest.raises(duckdb.Error) as error:
        rows(db, sql)
    assert message in str(error.value)
    assert rows(db, "INSERT INTO counted VALUES (2, 20, 'b')") == [(1,)]
    assert rows(db, ALL) == [(1, 10, "a"), (2, 20, "b")]


def test_a_row_that_is_gone(db, server):
    rows(db, "INSERT INTO items VALUES (1, 10, 'a')")
    with pytest.raises(duckdb.Error, match="Update target rowid 123456789 not in table items"):
        rows(db, "FROM update_items((SELECT 1::BIGINT AS qty, 123456789::BIGINT AS rowid))")


def test_written_without_being_asked_how(db):
    assert rows(db, "FROM insert_items((SELECT 5::BIGINT AS id, 'five' AS name))") == [(1,)]
    assert rows(db, ALL) == [(5, None, "five")]


def test_two_connections(db, server):
    other = connect()
    other.execute(f"ATTACH 'fixture' AS f (TYPE vgi, LOCATION {text(server)})")
    rows(db, "INSERT INTO items VALUES (1, 10, 'a')")
    assert rows(other, "UPDATE f.stock.items SET qty = 11 RETURNING id, qty") == [(1, 11)]
    assert rows(db, ALL) == [(1, 11, "a")]
    other.close()


def test_a_worker_over_stdio_ends_after_a_write(tmp_path):
    """Each process has items of its own; what is looked at is that none is ended before it has answered."""
    connection = attach(connect(), "vgi-fixture-worker", catalog="fixture")
    for n in range(10):
        assert rows(connection, f"INSERT INTO fixture.stock.items SELECT n, n, 'x' FROM range({n * 500}) r(n)") == [(n * 500,)]
    connection.close()
