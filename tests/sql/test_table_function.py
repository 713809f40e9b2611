"""Table functions through the engine: arguments, state across batches, projection, errors of every phase, ends of scans."""

import pathlib
import time

import duckdb
import pytest
from engine import SANITIZED, attach, connect, text


@pytest.fixture(scope="module")
def db():
    connection = attach(connect(), "vgi-fixture-worker", catalog="fixture")
    yield connection
    connection.close()


def one(db, sql):
    return db.execute(sql).fetchone()[0]


def rows(db, sql):
    return db.execute(sql).fetchall()


def test_state_is_kept_across_batches(db):
    assert one(db, "SELECT sum(n) FROM fixture.scans.series(100000)") == sum(range(100000))
    assert one(db, "SELECT count(*) FROM fixture.scans.series(0)") == 0
    assert one(db, "SELECT count(*) FROM fixture.scans.series(2048)") == 2048


def test_named_arguments(db):
    assert rows(db, "SELECT n FROM fixture.scans.series(10, step := 4, start := 1)") == [(1,), (5,), (9,)]


def test_bounds(db):
    with pytest.raises(duckdb.Error) as error:
        rows(db, "FROM fixture.scans.series(-5)")
    assert "ArgumentValidationError: Argument '0' is too small.\n\n  Argument: positional argument 0\n  Value: -5\n" \
           "  Constraint: must be >= 0\n\n  Purpose: Where it ends.\n  Valid values: >= 0" in str(error.value)
    with pytest.raises(duckdb.Error, match="named argument 'step'"):
        rows(db, "FROM fixture.scans.series(5, step := 0)")


def test_choices_and_patterns(db):
    assert rows(db, "SELECT 1 FROM fixture.scans.arguments('x', mode := 'slow', code := 'xyz9') LIMIT 1") == [(1,)]
    with pytest.raises(duckdb.Error, match="Argument 'mode' has an invalid value.(.|\n)*'fast', 'slow'"):
        rows(db, "FROM fixture.scans.arguments('x', mode := 'medium')")
    with pytest.raises(duckdb.Error, match="Argument 'code' does not match the required pattern."):
        rows(db, "FROM fixture.scans.arguments('x', code := 'xyz9 ')")


def test_what_a_function_is_given(db):
    assert dict(rows(db, "FROM fixture.scans.arguments('x')")) == {
        "text": "x", "rest": "0", "flag": "true default", "maybe": "NULL"}
    assert dict(rows(db, "FROM fixture.scans.arguments('ü', 1, 'two', flag := false, maybe := 1.5)")) == {
        "text": "ü", "rest": "2", "flag": "false given", "maybe": "a value", "first": "int32"}


def test_null_for_an_argument_that_needs_a_value(db):
    with pytest.raises(duckdb.Error, match="argument stop must not be NULL"):
        rows(db, "FROM fixture.scans.series(NULL)")


def test_overloads(db):
    assert one(db, "SELECT chosen FROM fixture.scans.pick(1)") == "BIGINT"
    assert one(db, "SELECT chosen FROM fixture.scans.pick('a')") == "VARCHAR"
    assert one(db, "SELECT chosen FROM fixture.scans.pick(1, 2)") == "BIGINT, BIGINT"


def test_columns_decided_in_bind(db):
    assert rows(db, "FROM fixture.scans.columns(3)") == [(0, 10, 20)]
    assert rows(db, "SELECT c1 FROM fixture.scans.columns(2)") == [(10,)]
    with pytest.raises(duckdb.Error, match="decided on no column"):
        rows(db, "FROM fixture.scans.columns(0)")


def test_projection_reaches_the_function(db):
    assert rows(db, "SELECT DISTINCT wanted FROM fixture.scans.wide(10)") == [("--c-",)]
    assert rows(db, "SELECT d, wanted, a FROM fixture.scans.wide(1)") == [(True, "a-cd", 0)]
    assert rows(db, "FROM fixture.scans.wide(2)") == [(0, 0.0, "abcd", True), (1, 0.5, "abcd", False)]


def test_projection_over_many_batches(db):
    assert rows(db, "SELECT count(*), sum(b) FROM fixture.scans.wide(5000)") == [(5000, sum(range(5000)) / 2)]
    assert one(db, "SELECT count(*) FROM fixture.scans.wide(5000)") == 5000


@pytest.mark.parametrize("phase", ["bind", "open", "next", "later"])
def test_errors_of_every_phase_carry_the_sentence(db, phase):
    with pytest.raises(duckdb.Error, match=f"ValueError: it failed in {phase}, as asked"):
        rows(db, f"FROM fixture.trouble.fails('{phase}')")
    assert one(db, "SELECT count(*) FROM fixture.trouble.fails('nowhere')") == 10


@pytest.mark.parametrize("phase", ["silent", "rows", "ragged"])
def test_broken_promises_are_errors(db, phase):
    with pytest.raises(duckdb.Error, match="VGI Worker Exception"):
        rows(db, f"FROM fixture.trouble.fails('{phase}')")


def test_an_exception_type_of_its_own(db):
    with pytest.raises(duckdb.Error, match="RateLimitError: try again in 7 seconds"):
        rows(db, "FROM fixture.trouble.own_error()")


def lines(path, expected, seconds=20):
    """The file's lines, once there are as many as expected: what follows a query happens a little after it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = pathlib.Path(path).read_text().split() if pathlib.Path(path).exists() else []
        if len(found) >= expected:
            break
        time.sleep(0.05)
    return found


def test_a_limit_cancels_and_closes_once(db, tmp_path):
    log = tmp_path / "log"
    assert len(rows(db, f"FROM fixture.trouble.endless({text(log)}) LIMIT 10")) == 10
    assert lines(log, 2) == ["open", "close"]
    assert one(db, "SELECT count(*) FROM fixture.scans.series(10)") == 10
    assert lines(log, 2) == ["open", "close"]


def test_a_failed_open_is_closed_once(db, tmp_path):
    log = tmp_path / "log"
    with pytest.raises(duckdb.Error, match="OSError: there is nothing to open"):
        rows(db, f"FROM fixture.trouble.bad_open({text(log)})")
    assert lines(log, 2) == ["open", "close"]


def test_an_interrupted_query_is_closed_once(tmp_path):
    import threading

    log = tmp_path / "log"
    connection = attach(connect(), "vgi-fixture-worker", catalog="fixture")
    timer = threading.Timer(1.0, connection.interrupt)
    timer.start()
    with pytest.raises(duckdb.Error, match="(?i)interrupt"):
        rows(connection, f"SELECT sum(n) FROM fixture.trouble.endless({text(log)})")
    timer.join()
    connection.close()
    assert lines(log, 2) == ["open", "close"]


def test_ten_thousand_empty_batches(db):
    assert rows(db, "FROM fixture.trouble.patient(10000)") == [(10000,)]


def test_tables_and_views(db):
    assert one(db, "SELECT sum(n) FROM fixture.scans.numbers") == sum(range(1000))
    assert rows(db, "FROM fixture.scans.tens") == [(n,) for n in range(0, 100, 10)]
    assert one(db, "SELECT count(*) FROM fixture.scans.evens") == 500
    assert rows(db, "SELECT wanted FROM fixture.scans.wide_table LIMIT 1") == [("--c-",)]


@pytest.mark.parametrize("n, parts", [(100_000, 7), (1000, 1), (10, 64), (5, 0)])
def test_a_planned_scan_gives_every_row_once(db, n, parts):
    found = rows(db, f"SELECT count(*), sum(twice), bool_and(planned) FROM fixture.scans.parts({n}, parts := {parts})")
    assert found == ([(n, n * (n - 1), True)] if parts else [(0, None, None)])


def test_a_plan_of_other_data_has_expired(db):
    with pytest.raises(duckdb.Error, match=r"SplitSnapshotExpired: \[SPLIT_SNAPSHOT_EXPIRED\] split snapshot expired"):
        rows(db, "SELECT sum(twice) FROM fixture.scans.parts(100, generation := 1)")


def test_a_row_id(db):
    assert rows(db, "SELECT * FROM fixture.scans.parts_table ORDER BY ALL LIMIT 1")[0][0] == 0
    assert [d[0] for d in db.description] == ["twice", "planned"]
    assert rows(db, "SELECT rowid, twice FROM fixture.scans.parts_table WHERE rowid = 7") == [(7, 14)]
    assert rows(db, "SELECT count(*), min(rowid), max(rowid) FROM fixture.scans.parts_table") == [(100, 0, 99)]


def test_statistics_reach_the_optimizer(db):
    """What cannot be true by the statistics is not even scanned, what is unknown is."""
    def is_empty(where):
        return "EMPTY_RESULT" in str(rows(db, f"EXPLAIN SELECT * FROM fixture.scans.measured_table WHERE {where}"))

    assert is_empty("i > 20") and is_empty("i < 10") and is_empty("i IS NULL")
    assert not is_empty("i = 15") and not is_empty("d > 1e9") and not is_empty("d < -1")
    assert not is_empty("unknown = 0") and not is_empty("unknown > 7") and not is_empty("t IS NULL")
    assert rows(db, "SELECT stats(i) FROM fixture.scans.measured_table") == [
        ("[Min: 10, Max: 20][Has Null: false, Has No Null: true][Approx Unique: 7]",)]


def test_a_join_of_two_scans_of_one_function(db):
    sql = "SELECT count(*) FROM fixture.scans.series(5000) a JOIN fixture.scans.series(3000) b USING (n)"
    assert one(db, sql) == 3000


def test_explain_analyze(db):
    assert "series" in str(rows(db, "EXPLAIN ANALYZE SELECT count(*) FROM fixture.scans.series(10)")).lower()


def test_the_estimate_is_used(db):
    plan = str(rows(db, "EXPLAIN SELECT n FROM fixture.scans.series(12345)"))
    assert "12,345" in plan or "12345" in plan


def test_many_queries_leave_memory_flat(tmp_path):
    """Each query on one worker process: after a warm-up its memory and descriptors stay where they are."""
    import os
    import subprocess

    connection = attach(connect(), "vgi-fixture-worker", catalog="fixture")
    connection.execute("SET threads = 1")

    def workers():
        found = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True).stdout.splitlines()[1:]
        parents = {int(line.split()[0]): (int(line.split()[1]), line) for line in found}

        def below(pid):
            while pid in parents:
                pid = parents[pid][0]
                if pid == os.getpid():
                    return True
            return False

        return sorted(p for p, (_, line) in parents.items() if "vgi-fixture-worker" in line and "sh -c" not in line
                      and below(p))

    def weigh(pid):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        kib = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
        return kib, len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))

    def run(n):
        for i in range(n):
            connection.execute(f"SELECT sum(fixture.main.add_ints(n, {i})) FROM fixture.scans.series(100)").fetchone()

    run(200)
    before = {pid: weigh(pid) for pid in workers()}
    run(300 if SANITIZED else 5000)
    after = {pid: weigh(pid) for pid in workers()}
    assert before and after.keys() == before.keys()
    for pid, (kib, fds) in after.items():
        assert fds == before[pid][1]
        assert SANITIZED or kib - before[pid][0] < 256  # a sanitizer keeps freed memory aside
    connection.close()
