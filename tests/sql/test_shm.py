"""Shared memory between the engine and a worker (rpc.md §9): the same results, and batches that do travel beside the
pipe, counted as the worker's reads and writes by position (nothing else of it does those)."""

import os
import re
import shutil

import duckdb
import pytest
from engine import BIN, SANITIZED, connect, text

SCALAR = "SELECT count(*), sum(length(fixture.main.shout(repeat('ab', 200) || i))) FROM range(50000) t(i)"
TEXTS = "SELECT fixture.main.shout(repeat('x', 500) || i) FROM range(5000) t(i)"

if not shutil.which("strace"):
    pytest.skip("strace is not installed", allow_module_level=True)


def run(monkeypatch, tmp_path, size, sqls):
    """Results, and how many regions the worker read and wrote."""
    log = tmp_path / f"strace-{size}"
    monkeypatch.setenv("VGI_RPC_SHM_SIZE_BYTES", str(size)) if size else monkeypatch.delenv("VGI_RPC_SHM_SIZE_BYTES", False)
    if SANITIZED:
        monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")  # no ptrace in it
    worker = f"strace -f -o {log} -e trace=pread64,pwritev,pwrite64 {BIN / 'vgi-fixture-worker'}"
    with connect(threads="2") as db:
        db.execute(f"ATTACH 'fixture' AS fixture (TYPE vgi, LOCATION {text(worker)})")
        results = [sorted(db.execute(sql).fetchall()) for sql in sqls]
    calls = log.read_text()
    large = [m[1] for m in re.finditer(r"(pread64|pwritev)\(.* = (\d+)$", calls, re.M) if int(m[2]) >= 131072]
    return results, large.count("pread64"), large.count("pwritev")


def test_large_batches_travel_in_shared_memory(monkeypatch, tmp_path):
    plain, read, written = run(monkeypatch, tmp_path, 0, [SCALAR, TEXTS])
    assert (read, written) == (0, 0)
    shared, read, written = run(monkeypatch, tmp_path, 16 << 20, [SCALAR, TEXTS])
    assert shared == plain
    assert written > 10, (read, written)
    assert read > 10, (read, written)


def test_a_segment_that_is_too_small_is_no_fault(monkeypatch, tmp_path):
    plain, _, _ = run(monkeypatch, tmp_path, 0, [TEXTS])
    shared, _, _ = run(monkeypatch, tmp_path, 65536 + 4096, [TEXTS])
    assert shared == plain


def test_an_error_in_the_middle_leaves_the_connection_usable(monkeypatch, tmp_path):
    monkeypatch.setenv("VGI_RPC_SHM_SIZE_BYTES", str(16 << 20))
    with connect() as db:
        db.execute(f"ATTACH 'fixture' AS fixture (TYPE vgi, LOCATION {text(BIN / 'vgi-fixture-worker')})")
        with pytest.raises(duckdb.Error, match="overflows"):
            db.execute("SELECT sum(fixture.main.add_ints(9223372036854775800 + i, i)) FROM range(5) t(i)").fetchall()
        assert len(db.execute(TEXTS).fetchall()) == 5000
