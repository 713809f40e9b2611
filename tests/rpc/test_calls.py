"""System calls, counted by strace: one writev a reply, at most one read a turn, no read for a tick that is here already."""

import os
import re
import shutil

import pytest

from wire import ADD, COUNT, EMPTY, FACTOR, VALUE, Process, empty_batch, request, row, stream

TICK = (empty_batch(), {"tick": "1"})
WATCHED = "read,readv,pread64,write,writev,sendmsg,sendto,recvfrom,recvmsg,poll,ppoll"

if not shutil.which("strace"):
    pytest.skip("strace is not installed", allow_module_level=True)


class Traced(Process):
    def __init__(self, log):
        self.log = log
        options = os.environ.get("ASAN_OPTIONS", "")  # the leak checker does not run under ptrace
        super().__init__("strace", "-f", "-o", str(log), "-e", f"trace={WATCHED}",
                         env={"ASAN_OPTIONS": options + ":detect_leaks=0"})

    def counts(self):
        """(reads, writes) of the connection so far: descriptors of stdin and stdout are dup'ed behind 2."""
        reads = writes = 0
        for line in self.log.read_text().splitlines():
            if re.search(r" (read|readv|recvfrom|recvmsg)\((\d+), .*\\377\\377\\377\\377", line):
                reads += 1
            elif re.search(r" (write|writev|sendmsg|sendto)\((\d+), ", line) and "\\377\\377\\377\\377" in line:
                writes += 1
            else:
                assert not re.search(r" (poll|ppoll)\(", line), line
        return reads, writes


@pytest.fixture
def peer(tmp_path):
    with Traced(tmp_path / "log") as process:
        process.check_alive()
        process.check_alive()
        yield process


def during(peer, action):
    before = peer.counts()
    action()
    after = peer.counts()
    return after[0] - before[0], after[1] - before[1]


def test_a_unary_call_is_one_read_and_one_write(peer):
    assert during(peer, lambda: [peer.check_alive() for _ in range(10)]) == (10, 10)


def test_a_turn_is_one_read_and_one_write(peer):
    whole = stream(VALUE, *[row(VALUE, float(i)) for i in range(21)])
    schema_size = len(stream(VALUE)) - 8
    size = (len(whole) - 8 - schema_size) // 21
    peer.send(request("exchange_scale", row(FACTOR, 2.0)), whole[:schema_size + size])
    reader = peer.open()
    reader.read_next_batch()

    def turns():
        for i in range(20):
            peer.send(whole[schema_size + (i + 1) * size:][:size])
            assert reader.read_next_batch().to_pylist() == [{"value": 2.0 * (i + 1)}]

    assert during(peer, turns) == (20, 20)
    peer.send(whole[-8:])
    with pytest.raises(StopIteration):
        reader.read_next_batch()


def test_ticks_that_are_here_are_answered_without_another_read(peer):
    def call():
        peer.send(request("produce_n", row(COUNT, 5)) + stream(EMPTY, *[TICK] * 6))
        assert len(peer.read().rows) == 5

    assert during(peer, call) == (1, 6)


def test_a_large_batch_that_fits_the_pipe_is_one_read(peer):
    import pyarrow as pa

    batch = pa.record_batch([pa.array([float(i) for i in range(20000)])], schema=VALUE)
    whole = stream(VALUE, *[batch] * 30)
    schema_size = len(stream(VALUE)) - 8
    size = (len(whole) - 8 - schema_size) // 30
    peer.send(request("exchange_scale", row(FACTOR, 1.0)), whole[:schema_size])
    reader = None

    def turn(i):
        nonlocal reader
        peer.send(whole[schema_size + i * size:][:size])
        reader = reader or peer.open()
        assert reader.read_next_batch().num_rows == 20000

    for i in range(5):
        turn(i)
    reads, writes = during(peer, lambda: [turn(5 + i) for i in range(20)])
    assert reads <= 20 and writes == 20
    for i in range(25, 30):
        turn(i)
    peer.send(whole[-8:])
    with pytest.raises(StopIteration):
        reader.read_next_batch()
