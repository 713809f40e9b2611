"""A worker on the reference SDK with a table of every type that `vgi scan --where` compares, in two batches: `pushed`,
whose function applies the filters that it gets, and `plain`, whose function takes none. rows() is what they hold.

    types_worker.py [words of the worker]
"""

import datetime
import decimal
import math
import random
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

WORDS = ["", "a", "A", "ab", "it's", 'say "x"', "日本語", "z", "é"]
NUMBERS = [0.0, -0.0, 1.5, -1.5, 1e300, math.inf, -math.inf, math.nan, 3.0]
COUNT = 120

COLUMNS = {
    "truth": (pa.bool_(), lambda r: r.random() < 0.5),
    "tiny": (pa.int8(), lambda r: r.randint(-3, 3)),
    "big": (pa.int64(), lambda r: r.choice([-(2**63), -1, 0, 1, 7, 2**63 - 1])),
    "whole": (pa.uint64(), lambda r: r.choice([0, 1, 2**63, 2**64 - 1])),
    "narrow": (pa.float32(), lambda r: r.choice([0.0, 0.5, -2.25, math.nan, math.inf])),
    "number": (pa.float64(), lambda r: r.choice(NUMBERS)),
    "price": (pa.decimal128(9, 2), lambda r: decimal.Decimal(r.randint(-300, 300)) / 100),
    "word": (pa.string(), lambda r: r.choice(WORDS)),
    "color": (pa.dictionary(pa.int8(), pa.string()), lambda r: r.choice(["red", "green", "blue"])),
    "bytes": (pa.binary(), lambda r: r.choice([b"", b"\x00", b"\x00\xff", b"ab", b"b"])),
    "day": (pa.date32(), lambda r: datetime.date(1969, 12, 28) + datetime.timedelta(days=r.randint(0, 8))),
    "at time": (
        pa.timestamp("us"),
        lambda r: datetime.datetime(2024, 1, 1) + datetime.timedelta(microseconds=r.randint(-2, 2) * 500_000),
    ),
    "list": (pa.list_(pa.int32()), lambda r: [r.randint(0, 3)]),
}
SCHEMA = pa.schema([pa.field("id", pa.int64())] + [pa.field(name, kind) for name, (kind, _) in COLUMNS.items()])


def rows():
    chosen = random.Random(5)
    data = {
        name: pa.array([None if chosen.random() < 0.2 else make(chosen) for _ in range(COUNT)], kind)
        for name, (kind, make) in COLUMNS.items()
    }
    return pa.table({"id": pa.array(range(COUNT), pa.int64()), **data}, schema=SCHEMA)


def main():
    from vgi.catalog import Catalog, Schema, Table
    from vgi.table_function import TableFunctionGenerator, bind_fixed_schema, init_single_worker
    from vgi.worker import Worker
    from vgi_rpc import ArrowSerializableDataclass

    @dataclass
    class NoArguments:
        pass

    @dataclass(kw_only=True)
    class State(ArrowSerializableDataclass):
        batch: int = 0

    def emit(params, state, out):
        if state.batch == 2:
            out.finish()
            return
        part = rows().slice(state.batch * 50, 50 if state.batch == 0 else None).select(params.output_schema.names)
        out.emit(part.combine_chunks().to_batches()[0])
        state.batch += 1

    def make(of_name, takes_filters):
        class Function(TableFunctionGenerator[NoArguments, State]):
            class Meta:
                name = of_name
                description = "Values of many types"
                projection_pushdown = True
                filter_pushdown = takes_filters
                auto_apply_filters = takes_filters

            FIXED_SCHEMA: ClassVar[pa.Schema] = SCHEMA

            @classmethod
            def initial_state(cls, params):
                return State()

            @classmethod
            def process(cls, params, state, out):
                emit(params, state, out)

        return init_single_worker(bind_fixed_schema(Function))

    pushed, plain = make("pushed_scan", True), make("plain_scan", False)

    class TypesWorker(Worker):
        catalog = Catalog(
            name="types",
            default_schema="main",
            schemas=[
                Schema(
                    path=("main",),
                    functions=[pushed, plain],
                    tables=[Table(name="pushed", function=pushed), Table(name="plain", function=plain)],
                )
            ],
        )

    TypesWorker.main()


if __name__ == "__main__":
    main()
