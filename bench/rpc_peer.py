"""The client and the worker of bench/rpc.py in Python, on the reference SDK: what rpc_client.c and rpc_worker.c are in C.

    rpc_peer.py worker [words of the worker: --unix PATH]
    rpc_peer.py client COMMAND|unix://PATH [BYTES of shared memory]
"""

import contextlib
import shlex
import sys
import time
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import pyarrow as pa
from vgi_rpc import AnnotatedBatch, ExchangeState, ProducerState, Stream, connect, run_server
from vgi_rpc.rpc import ShmPipeTransport, SubprocessTransport, _RpcProxy, unix_connect
from vgi_rpc.shm import ShmSegment

SCHEMA = pa.schema([pa.field("n", pa.int64(), nullable=False)])


def block(rows):
    return pa.RecordBatch.from_arrays([pa.array(np.arange(rows, dtype=np.int64))], schema=SCHEMA)


@dataclass
class Blocks(ProducerState):
    rows: int
    left: int

    def produce(self, out, ctx):
        if self.left <= 0:
            out.finish()
            return
        if not hasattr(self, "block"):
            self.block = block(self.rows)
        self.left -= 1
        out.emit(self.block)


@dataclass
class Echo(ExchangeState):
    unused: int = 0

    def exchange(self, input, out, ctx):
        out.emit(input.batch)


class Bench(Protocol):
    protocol_version: ClassVar[str] = "1.0.0"

    def add_one(self, x: int) -> int: ...
    def produce(self, rows: int, turns: int) -> Stream[ProducerState]: ...
    def exchange(self) -> Stream[ExchangeState]: ...


class Worker:
    def add_one(self, x: int) -> int:
        return x + 1

    def produce(self, rows: int, turns: int) -> Stream[Blocks]:
        return Stream(output_schema=SCHEMA, state=Blocks(rows, turns))

    def exchange(self) -> Stream[Echo]:
        return Stream(output_schema=SCHEMA, state=Echo(), input_schema=SCHEMA)


def unary(bench, rows, turns):
    begin = time.perf_counter()
    for _ in range(turns):
        if bench.add_one(x=41) != 42:
            raise ValueError("41 + 1 is not 42")
    return time.perf_counter() - begin


def check(batch, rows, expected):
    column = batch.column(0)
    if len(column) != rows or column[rows - 1].as_py() != rows - 1 or (expected and not batch.equals(expected)):
        raise ValueError(f"a batch of {len(column)} rows is not what was due")


def produce(bench, rows, turns):
    expected = block(rows)
    begin = time.perf_counter()
    seen = 0
    for answer in bench.produce(rows=rows, turns=turns):
        check(answer.batch, rows, None if seen else expected)
        answer.release()
        seen += 1
    if seen != turns:
        raise ValueError(f"{seen} batches came where {turns} were due")
    return time.perf_counter() - begin


def exchange(bench, rows, turns):
    expected = block(rows)
    begin = time.perf_counter()
    with bench.exchange() as stream:
        for turn in range(turns):
            answer = stream.exchange(AnnotatedBatch(expected))
            check(answer.batch, rows, None if turn else expected)
            answer.release()
    return time.perf_counter() - begin


CASES = {"unary": unary, "produce": produce, "exchange": exchange}


@contextlib.contextmanager
def connect_shared(words, size):
    segment = ShmSegment.create(size)
    transport = SubprocessTransport(words)
    try:
        yield _RpcProxy(Bench, ShmPipeTransport(transport, segment), None)
    finally:
        transport.close()
        segment.unlink()
        segment.close()


def client(location, shm_bytes=None):
    if shm_bytes:
        opened = connect_shared(shlex.split(location), int(shm_bytes))
    elif location.startswith("unix://"):
        opened = unix_connect(Bench, location.removeprefix("unix://"))
    else:
        opened = connect(Bench, shlex.split(location))
    with contextlib.ExitStack() as stack:
        bench = stack.enter_context(opened)
        for line in iter(sys.stdin.readline, ""):
            name, rows, turns = line.split()
            print(f"{CASES[name](bench, int(rows), int(turns)):.9f}", flush=True)


if __name__ == "__main__":
    role = sys.argv.pop(1)
    if role == "worker":
        run_server(Bench, Worker())
    else:
        client(*sys.argv[1:])
