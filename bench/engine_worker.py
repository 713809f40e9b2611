"""The catalog `bench` on the reference SDK in Python: what engine_worker.c is in C. Run by engine.py."""

import os
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from vgi._test_fixtures.table._common import CountdownState
from vgi.arguments import Arg, Arguments, Param, Returns, TableInput
from vgi.catalog import Catalog, ReadOnlyCatalogInterface, Schema
from vgi.catalog.descriptors import Table
from vgi.scalar_function import ScalarFunction
from vgi.table_function import TableFunctionGenerator, bind_fixed_schema, init_single_worker
from vgi.table_in_out_function import TableInOutGenerator
from vgi.worker import Worker

BLOCK = 2048


class Double(ScalarFunction):
    class Meta:
        name = "bdouble"

    @classmethod
    def compute(cls, x: Annotated[pa.Int64Array, Param(doc="")]) -> Annotated[pa.Int64Array, Returns()]:
        return pc.multiply_checked(x, 2)


class Upper(ScalarFunction):
    class Meta:
        name = "bupper"

    @classmethod
    def compute(cls, s: Annotated[pa.StringArray, Param(doc="")]) -> Annotated[pa.StringArray, Returns()]:
        return pc.ascii_upper(s)


@dataclass(frozen=True)
class ScanArguments:
    count: Annotated[int, Arg(0, doc="")]
    batch_size: Annotated[int, Arg("batch_size", default=BLOCK, doc="")] = BLOCK


class Scan(TableFunctionGenerator[ScanArguments, CountdownState]):
    """Batches of batch_size rows; `make` gives one."""

    FunctionArguments = ScanArguments

    @classmethod
    def initial_state(cls, params):
        return CountdownState(remaining=params.args.count)

    @classmethod
    def process(cls, params, state, out):
        if state.remaining <= 0:
            out.finish()
            return
        rows = min(params.args.batch_size, state.remaining)
        batch = cls.make(state.current_index, rows, params.args.batch_size)
        state.remaining -= rows
        state.current_index += rows
        out.emit(batch)


BLOCKS = {}


class BlockScan(Scan):
    """Batches that are all the same block, which is built once."""

    @classmethod
    def make(cls, first, rows, batch_size):
        block = BLOCKS.get((cls, batch_size))
        if block is None:
            k = np.arange(batch_size, dtype=np.int64) % BLOCK
            block = BLOCKS[cls, batch_size] = pa.RecordBatch.from_arrays(cls.columns(k), schema=cls.FIXED_SCHEMA)
        return block.slice(0, rows)


@init_single_worker
@bind_fixed_schema
class Seq(Scan):
    class Meta:
        name = "seq"

    FIXED_SCHEMA = pa.schema([("n", pa.int64())])

    @classmethod
    def make(cls, first, rows, batch_size):
        return pa.RecordBatch.from_arrays([pa.array(np.arange(first, first + rows, dtype=np.int64))],
                                          schema=cls.FIXED_SCHEMA)


@init_single_worker
@bind_fixed_schema
class Wide(BlockScan):
    class Meta:
        name = "wide"

    FIXED_SCHEMA = pa.schema([
        *((f"c{j:02}", pa.int64()) for j in range(6)), *((f"c{j:02}", pa.int32()) for j in range(6, 9)),
        *((f"c{j:02}", pa.float64()) for j in range(9, 14)), ("c14", pa.bool_()), ("c15", pa.date32()),
        ("c16", pa.timestamp("us")), ("c17", pa.string()), ("c18", pa.string()), ("c19", pa.string())])

    @classmethod
    def columns(cls, k):
        first_day = 18262  # 2020-01-01
        return [
            *(pa.array(k * (j + 1)) for j in range(6)),
            *(pa.array((k + j).astype(np.int32)) for j in range(6, 9)),
            *(pa.array(k * 0.5 + j) for j in range(9, 13)),
            pa.array(k * 0.5 + 13, mask=k % 10 == 0),
            pa.array(k % 2 == 0),
            pa.array((k + first_day).astype(np.int32)).cast(pa.date32()),
            pa.array(k * 1_000_000).cast(pa.timestamp("us")),
            *(pa.array([form % n for n in k.tolist()]) for form in ("%08d", "w18-%012d", "w19-%020d")),
        ]


@init_single_worker
@bind_fixed_schema
class Strs(BlockScan):
    class Meta:
        name = "strs"

    FIXED_SCHEMA = pa.schema([("s", pa.string())])

    @classmethod
    def columns(cls, k):
        return [pa.array(["str-%012d" % n for n in k.tolist()])]


@init_single_worker
@bind_fixed_schema
class NoRows(Scan):
    class Meta:
        name = "no_rows"

    FIXED_SCHEMA = pa.schema([("id", pa.int64()), ("name", pa.string()), ("v", pa.float64()), ("ts", pa.timestamp("us"))])

    @classmethod
    def make(cls, first, rows, batch_size):
        return pa.RecordBatch.from_pylist([], schema=cls.FIXED_SCHEMA)


@dataclass(frozen=True)
class EchoArguments:
    rows: Annotated[TableInput, Arg(0, doc="")]


class Echo(TableInOutGenerator[EchoArguments]):
    class Meta:
        name = "echo"

    FunctionArguments = EchoArguments


TABLES = [Table(name=f"t{i:04}", function=NoRows, arguments=Arguments(positional=(pa.scalar(0),)))
          for i in range(int(os.environ.get("VGI_BENCH_TABLES", "0")))]
SCHEMAS = int(os.environ.get("VGI_BENCH_SCHEMAS", "0"))
CATALOG = Catalog(
    name="bench", default_schema="main",
    schemas=[Schema(path=["main"], functions=[Double, Upper, Seq, Wide, Strs, NoRows, Echo],
                    tables=[] if SCHEMAS else TABLES),
             *(Schema(path=[f"s{i:03}"], tables=TABLES[i * len(TABLES) // SCHEMAS:(i + 1) * len(TABLES) // SCHEMAS])
               for i in range(SCHEMAS))])


class BenchCatalog(ReadOnlyCatalogInterface):
    catalog = CATALOG
    catalog_name = "bench"


class BenchWorker(Worker):
    catalog_interface = BenchCatalog
    catalog_name = "bench"
    catalog = CATALOG


if __name__ == "__main__":
    BenchWorker.main()
