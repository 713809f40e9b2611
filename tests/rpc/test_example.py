"""examples/service.c, called as its users would: by a typed client in Python."""

import enum
import os
import pathlib
import subprocess
from dataclasses import dataclass
from typing import ClassVar, Protocol

import pyarrow as pa
import pytest
from vgi_rpc.introspect import introspect
from vgi_rpc.rpc import AnnotatedBatch, RpcError, Stream, StreamState, SubprocessTransport, _RpcProxy
from vgi_rpc.utils import ArrowSerializableDataclass

SERVICE = str(pathlib.Path(os.environ["VGI_BIN_DIR"]) / "service")


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True)
class Point(ArrowSerializableDataclass):
    x: float
    y: float
    color: Color


class Example(Protocol):
    protocol_version: ClassVar[str] = "1.0.3"  # only major and minor count

    def divide(self, a: float, b: float) -> float: ...
    def move(self, point: Point, dx: float) -> Point: ...
    def countdown(self, start: int) -> Stream[StreamState]: ...
    def running_sum(self) -> Stream[StreamState]: ...


class Older(Protocol):
    protocol_name: ClassVar[str] = "Example"
    protocol_version: ClassVar[str] = "1.1.0"

    def divide(self, a: float, b: float) -> float: ...


@pytest.fixture(scope="module")
def transport():
    transport = SubprocessTransport([SERVICE])
    yield transport
    transport.close()


@pytest.fixture(scope="module")
def example(transport):
    return _RpcProxy(Example, transport, None)


def test_it_describes_itself(transport):
    assert sorted(introspect(transport).methods) == ["countdown", "divide", "move", "running_sum"]


def test_unary_methods(example):
    assert example.divide(a=1.0, b=4.0) == 0.25
    with pytest.raises(RpcError, match="cannot divide 1 by zero") as caught:
        example.divide(a=1.0, b=0.0)
    assert caught.value.error_type == "ZeroDivisionError"


def test_records_and_enums(example):
    assert example.move(point=Point(1.0, 2.0, Color.GREEN), dx=0.5) == Point(1.5, 2.0, Color.GREEN)


def test_a_producer(example):
    batches = [batch.batch.column("n").to_pylist() for batch in example.countdown(start=3000)]
    assert [n for batch in batches for n in batch] == list(range(3000, 0, -1)) and len(batches) == 2
    assert list(example.countdown(start=0)) == []
    with pytest.raises(RpcError, match="must not be negative"):
        list(example.countdown(start=-1))


def test_an_exchange_keeps_its_state(example):
    sums = []
    with example.running_sum() as stream:
        for values in ([1.0, 2.0], [None, 4.0], []):
            batch = pa.record_batch({"value": pa.array(values, pa.float64())})
            sums += stream.exchange(AnnotatedBatch(batch)).batch.column("sum").to_pylist()
    assert sums == [3.0, 7.0, 7.0]


def test_another_minor_version_is_refused(transport):
    with pytest.raises(RpcError, match="protocol_version mismatch"):
        _RpcProxy(Older, transport, None).divide(a=1.0, b=1.0)


def test_the_c_client_says_the_same():
    client = str(pathlib.Path(SERVICE).with_name("service_client"))
    done = subprocess.run([client, SERVICE], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["1 / 4 = 0.25", "moved to 1.5, 2: GREEN", "3000 + ... + 1 = 4501500",
                                        "ZeroDivisionError: cannot divide 1 by zero"], done
    assert (done.returncode, done.stderr) == (1, "")
