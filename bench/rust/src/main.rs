//! The catalog `bench` on the crate `vgi`: what engine_worker.c is in C. Run by bench/engine.py.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use vgi::catalog::{CatSchema, CatTable, CatalogModel};
use vgi::table_function::{TableFunction, TableProducer};
use vgi::table_in_out::TableInOutFunction;
use vgi::vgi_rpc::OutputCollector;
use vgi::{
    ArgSpec, BindParams, BindResponse, FunctionMetadata, ProcessParams, Result, RpcError, ScalarFunction, Worker,
};

const BLOCK: i64 = 2048;
const MAX_BATCH: i64 = 1 << 24;
const FIRST_DAY: i64 = 18262; // 2020-01-01

fn batch_of(schema: &SchemaRef, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(schema.clone(), columns).map_err(|e| RpcError::runtime_error(e.to_string()))
}

// ---- scalars ---------------------------------------------------------------------------------------------------------

struct Double;

impl ScalarFunction for Double {
    fn name(&self) -> &str {
        "bdouble"
    }

    fn metadata(&self) -> FunctionMetadata {
        FunctionMetadata { return_type: Some(DataType::Int64), ..Default::default() }
    }

    fn argument_specs(&self) -> Vec<ArgSpec> {
        vec![ArgSpec::column("x", 0, "int64", "")]
    }

    fn process(&self, params: &ProcessParams, batch: &RecordBatch) -> Result<RecordBatch> {
        let x = batch.column(0).as_primitive::<Int64Type>();
        let y: Int64Array = x
            .try_unary(|value| {
                value
                    .checked_mul(2)
                    .ok_or_else(|| arrow_schema::ArrowError::ComputeError(format!("2 * {value} overflows BIGINT")))
            })
            .map_err(|e| RpcError::value_error(e.to_string()))?;
        batch_of(&params.output_schema, vec![Arc::new(y)])
    }
}

struct Upper;

impl ScalarFunction for Upper {
    fn name(&self) -> &str {
        "bupper"
    }

    fn metadata(&self) -> FunctionMetadata {
        FunctionMetadata { return_type: Some(DataType::Utf8), ..Default::default() }
    }

    fn argument_specs(&self) -> Vec<ArgSpec> {
        vec![ArgSpec::column("s", 0, "varchar", "")]
    }

    fn process(&self, params: &ProcessParams, batch: &RecordBatch) -> Result<RecordBatch> {
        let s = batch.column(0).as_string::<i32>();
        let upper: StringArray = s.iter().map(|text| text.map(str::to_ascii_uppercase)).collect();
        batch_of(&params.output_schema, vec![Arc::new(upper)])
    }
}

// ---- scans -----------------------------------------------------------------------------------------------------------

/// `rows` rows of a scan: of `seq` those from `first` on; of the others always the first ones of one block.
type Make = fn(schema: &SchemaRef, first: i64, rows: i64) -> Result<RecordBatch>;

struct Scan {
    name: &'static str,
    schema: SchemaRef,
    make: Make,
    repeats_block: bool,
}

struct Rows {
    schema: SchemaRef,
    make: Make,
    block: Option<RecordBatch>,
    next: i64,
    count: i64,
    batch_size: i64,
}

impl TableProducer for Rows {
    fn next_batch(&mut self, _out: &mut OutputCollector) -> Result<Option<RecordBatch>> {
        let rows = self.batch_size.min(self.count - self.next);
        if rows <= 0 {
            return Ok(None);
        }
        let first = self.next;
        self.next += rows;
        match &self.block {
            Some(block) => Ok(Some(block.slice(0, rows as usize))),
            None => (self.make)(&self.schema, first, rows).map(Some),
        }
    }

    fn resume_supported(&self) -> bool {
        true
    }

    fn encode_resume(&self) -> Vec<u8> {
        self.next.to_le_bytes().to_vec()
    }

    fn restore_resume(&mut self, bytes: &[u8]) {
        if let Ok(next) = bytes.try_into() {
            self.next = i64::from_le_bytes(next);
        }
    }
}

impl TableFunction for Scan {
    fn name(&self) -> &str {
        self.name
    }

    fn metadata(&self) -> FunctionMetadata {
        FunctionMetadata::default()
    }

    fn argument_specs(&self) -> Vec<ArgSpec> {
        vec![
            ArgSpec::const_arg("count", 0, "int64", ""),
            ArgSpec::const_arg("batch_size", -1, "int64", "").with_default(BLOCK),
        ]
    }

    fn on_bind(&self, _params: &BindParams) -> Result<BindResponse> {
        Ok(BindResponse { output_schema: self.schema.clone(), opaque_data: Vec::new() })
    }

    fn producer(&self, params: &ProcessParams) -> Result<Box<dyn TableProducer>> {
        let count =
            params.arguments.const_i64(0).ok_or_else(|| RpcError::value_error("count is missing".to_string()))?;
        let batch_size = params.arguments.named_i64("batch_size").unwrap_or(BLOCK);
        if !(1..=MAX_BATCH).contains(&batch_size) {
            return Err(RpcError::value_error(format!("batch_size must be from 1 to {MAX_BATCH}, got {batch_size}")));
        }
        let block = match self.repeats_block {
            true => Some((self.make)(&params.output_schema, 0, count.clamp(0, batch_size))?),
            false => None,
        };
        Ok(Box::new(Rows { schema: params.output_schema.clone(), make: self.make, block, next: 0, count, batch_size }))
    }
}

fn seq_rows(schema: &SchemaRef, first: i64, rows: i64) -> Result<RecordBatch> {
    batch_of(schema, vec![Arc::new(Int64Array::from_iter_values(first..first + rows))])
}

fn texts(rows: i64, prefix: &str, digits: usize) -> ArrayRef {
    Arc::new(StringArray::from_iter_values((0..rows).map(|i| format!("{prefix}{:0digits$}", i % BLOCK))))
}

fn strs_rows(schema: &SchemaRef, _first: i64, rows: i64) -> Result<RecordBatch> {
    batch_of(schema, vec![texts(rows, "str-", 12)])
}

fn wide_rows(schema: &SchemaRef, _first: i64, rows: i64) -> Result<RecordBatch> {
    let k = || (0..rows).map(|i| i % BLOCK);
    let mut columns: Vec<ArrayRef> = Vec::new();

    for j in 0..6 {
        columns.push(Arc::new(Int64Array::from_iter_values(k().map(|k| k * (j + 1)))));
    }
    for j in 6..9 {
        columns.push(Arc::new(Int32Array::from_iter_values(k().map(|k| (k + j) as i32))));
    }
    for j in 9..13 {
        columns.push(Arc::new(Float64Array::from_iter_values(k().map(|k| k as f64 * 0.5 + j as f64))));
    }
    columns.push(Arc::new(Float64Array::from_iter(k().map(|k| (k % 10 != 0).then_some(k as f64 * 0.5 + 13.0)))));
    columns.push(Arc::new(BooleanArray::from_iter(k().map(|k| Some(k % 2 == 0)))));
    columns.push(Arc::new(Date32Array::from_iter_values(k().map(|k| (FIRST_DAY + k) as i32))));
    columns.push(Arc::new(TimestampMicrosecondArray::from_iter_values(k().map(|k| k * 1_000_000))));
    columns.extend([texts(rows, "", 8), texts(rows, "w18-", 12), texts(rows, "w19-", 20)]);
    batch_of(schema, columns)
}

fn wide_schema() -> SchemaRef {
    let type_of = |j| match j {
        0..=5 => DataType::Int64,
        6..=8 => DataType::Int32,
        9..=13 => DataType::Float64,
        14 => DataType::Boolean,
        15 => DataType::Date32,
        16 => DataType::Timestamp(TimeUnit::Microsecond, None),
        _ => DataType::Utf8,
    };
    Arc::new(Schema::new((0..20).map(|j| Field::new(format!("c{j:02}"), type_of(j), true)).collect::<Vec<_>>()))
}

fn one_column(name: &str, of: DataType) -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new(name, of, true)]))
}

// ---- rows in, rows out -----------------------------------------------------------------------------------------------

/// What the crate does by itself: each batch as it came.
struct Echo;

impl TableInOutFunction for Echo {
    fn name(&self) -> &str {
        "echo"
    }

    fn metadata(&self) -> FunctionMetadata {
        FunctionMetadata::default()
    }

    fn argument_specs(&self) -> Vec<ArgSpec> {
        vec![ArgSpec::column("rows", 0, "table", "")]
    }
}

// ---- the catalog -----------------------------------------------------------------------------------------------------

fn tables(count: usize) -> Vec<CatTable> {
    let columns: SchemaRef = Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("name", DataType::Utf8, true),
        Field::new("v", DataType::Float64, true),
        Field::new("ts", DataType::Timestamp(TimeUnit::Microsecond, None), true),
    ]));
    (0..count).map(|i| CatTable::new(&format!("t{i:04}"), columns.clone(), "seq", Vec::new(), None, None)).collect()
}

fn main() {
    let count = std::env::var("VGI_BENCH_TABLES").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut worker = Worker::new();

    worker.register_scalar(Double);
    worker.register_scalar(Upper);
    worker.register_table(Scan {
        name: "seq",
        schema: one_column("n", DataType::Int64),
        make: seq_rows,
        repeats_block: false,
    });
    worker.register_table(Scan { name: "wide", schema: wide_schema(), make: wide_rows, repeats_block: true });
    worker.register_table(Scan {
        name: "strs",
        schema: one_column("s", DataType::Utf8),
        make: strs_rows,
        repeats_block: true,
    });
    worker.register_table_in_out(Echo);
    worker.set_catalog(CatalogModel {
        name: "bench".into(),
        schemas: vec![CatSchema { name: "main".into(), tables: tables(count), ..Default::default() }],
        ..Default::default()
    });
    worker.run();
}
