"""Makes corpus/client: what workers answer in the sessions of client_session.c, for fuzz_client.c.

  VGI_BIN_DIR=build/dev/bin make_client_corpus.py [DIRECTORY]      (default: corpus/client beside this script)

Three kinds: recorded from our own workers; the same answers as pyarrow writes them, which is what workers in Python put on
the wire; and answers that our workers never give (aggregates, functions that buffer, broken ones), made here. The first
byte is the session. Committed, so that a build needs no pyarrow.
"""

import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

import pyarrow as pa

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ["VGI_BIN_DIR"]).resolve()
DESCRIBE, CATALOGS, TREE, GETS, CHANGES, SCAN, FUNCTIONS, SCALARS, IN_OUT, BUFFERING, AGGREGATE, ARROW = range(12)
DIALECTS = {"2.0.0": 0, "2.1.0": 1 << 6, "2.2.0": 2 << 6}
HELLO = ("hello", "hello", "main", "numbers", "series", "add_ints", "series")
FIXTURE = ("vgi-fixture-worker", "fixture", "scans", "tens", "series", "none", "columns")
SHOP = ("vgi-fixture-worker", "shop", "Archive", "numbers", "none", "none", "none")
TROUBLE = ("vgi-fixture-worker", "fixture", "trouble", "none", "endless", "fussy", "fails")
MOST_BYTES = 60000


def record(worker, session, version="2.0.0"):
    """What a worker of ours answers, without the first byte."""
    program, *names = worker
    with tempfile.TemporaryDirectory() as folder:
        answers = pathlib.Path(folder) / "answers"
        location = f"{shlex.quote(str(BIN / program))} | tee {shlex.quote(str(answers))}"
        done = subprocess.run([BIN / "client_record", location, str(session), version, *names], capture_output=True)
        print(program, session, version, done.stderr.decode().strip() or "ok")
        return answers.read_bytes()


# ---- streams --------------------------------------------------------------------------------------------------------


def stream(schema, *batches):
    """A batch may be a pair of it and its metadata."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            batch, metadata = batch if isinstance(batch, tuple) else (batch, None)
            writer.write_batch(batch, custom_metadata=metadata)
    return sink.getvalue().to_pybytes()


def streams_of(data):
    """The streams that lie one behind the other: schema and batches with their metadata."""
    source = pa.BufferReader(data)
    while source.tell() < source.size():
        reader = pa.ipc.open_stream(source)
        batches = []
        while True:
            try:
                batches.append(tuple(reader.read_next_batch_with_custom_metadata()))
            except StopIteration:
                break
        yield reader.schema, batches


def as_pyarrow_writes(data):
    return b"".join(stream(schema, *batches) for schema, batches in streams_of(data))


def first_streams(data, count):
    return b"".join(stream(schema, *batches) for schema, batches in list(streams_of(data))[:count])


# ---- answers that are made here -------------------------------------------------------------------------------------

NUMBERS = pa.schema([pa.field("n", pa.int64())])
BINARY_RESULT = pa.schema([pa.field("result", pa.binary(), nullable=False)])
EMPTY = pa.schema([])


def batch(schema, *columns):
    return pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, schema)], schema=schema)


def nothing(schema):
    return batch(schema, *[[] for _ in schema])


def one_row(**columns):
    """A record: name=(type, value)."""
    schema = pa.schema([pa.field(name, kind, nullable=value is None) for name, (kind, value) in columns.items()])
    return batch(schema, *[[value] for _, value in columns.values()])


def answer(**columns):
    """The answer of a unary method: a record in the column `result`."""
    inner = one_row(**columns) if columns else None
    data = stream(inner.schema, inner) if columns else stream(EMPTY, pa.RecordBatch.from_struct_array(
        pa.array([{}], pa.struct([]))))
    return stream(BINARY_RESULT, batch(BINARY_RESULT, [data]))


def bind_answer(schema=NUMBERS, secrets=()):
    texts = pa.list_(pa.field("item", pa.utf8(), nullable=False))
    return answer(output_schema=(pa.binary(), schema.serialize().to_pybytes()), opaque_data=(pa.binary(), None),
                  lookup_secret_types=(texts, list(secrets)), lookup_scopes=(texts, []), lookup_names=(texts, []))


def header(execution=b"e" * 16, workers=1):
    row = one_row(execution_id=(pa.binary(), execution), max_workers=(pa.int64(), workers),
                  opaque_data=(pa.binary(), None))
    return stream(row.schema, row)


def log(level="INFO", text="a line", schema=NUMBERS, extra=None, **more):
    return nothing(schema), {"vgi_rpc.log_level": level, "vgi_rpc.log_message": text,
                             **({"vgi_rpc.log_extra": extra} if extra else {}), **more}


def error(text, schema=NUMBERS, extra=None, **more):
    return log("EXCEPTION", text, schema, extra, **more)


def made(attached):
    """Sessions behind an answered attach."""
    tick = batch(NUMBERS, [1, 2, 3])
    output = stream(NUMBERS, tick, tick)
    ping = stream(EMPTY, nothing(EMPTY))
    extra = '{"exception_type":"KeyError","traceback":"a\\nb","unknown":[1,{"x":"\\ud83d\\ude00"}]}'
    yield "in_out", IN_OUT, attached + bind_answer() + header() + output + header() + stream(NUMBERS, tick) + ping
    ids = pa.list_(pa.field("item", pa.binary(), nullable=False))
    process = answer(state_id=(pa.binary(), b"s"))
    combine = answer(finalize_state_ids=(ids, [b"x", b"y"]))
    yield "buffering", BUFFERING, (attached + bind_answer() + header() + stream(NUMBERS) + process * 2 + combine +
                                   (header() + output) * 2 + answer() + ping)
    bound = answer(output_schema=(pa.binary(), pa.schema([("result", pa.int64())]).serialize().to_pybytes()),
                   execution_id=(pa.binary(), b"e"))
    sums = stream(pa.schema([("result", pa.int64())]), batch(pa.schema([("result", pa.int64())]), [4, 6]))
    yield "aggregate", AGGREGATE, attached + bound + answer() * 2 + answer(result_batch=(pa.binary(), sums)) + answer()
    yield "aggregate_of_too_few", AGGREGATE, attached + bound + answer() * 2 + answer(result_batch=(
        pa.binary(), stream(NUMBERS, tick))) + answer()
    yield "logs", FUNCTIONS, attached + bind_answer() + header() + stream(
        NUMBERS, log(extra=extra), tick, log("WARN", "é"), log("DEBUG", ""), tick, error("KeyError: gone", extra=extra)
    ) + ping
    refusal = stream(NUMBERS, error("no", **{"vgi_rpc.error_kind": "protocol_version_mismatch"}))
    protocols = pa.list_(pa.struct([("protocol", pa.utf8()), ("features", pa.list_(pa.utf8()))]))
    yield "protocol_without_name", DESCRIBE, ping + answer(protocols=(protocols, [{"protocol": None}])) + ping
    items = pa.StructArray.from_arrays([pa.nulls(1 << 30)], ["protocol"])
    lists = pa.record_batch([pa.ListArray.from_arrays(pa.array([0, 1 << 30], pa.int32()), items)], ["protocols"])
    yield "protocols_that_take_no_bytes", DESCRIBE, ping + stream(BINARY_RESULT, batch(BINARY_RESULT, [
        stream(lists.schema, lists)]))
    yield "refused", CATALOGS, refusal + ping
    yield "other_dialect", CATALOGS, stream(NUMBERS, error("Client: 2.0.0\nServer: 2.1.0", **{
        "vgi_rpc.error_kind": "protocol_version_mismatch"})) + ping
    yield "header_refused", FUNCTIONS, attached + bind_answer() + refusal + stream(NUMBERS, log(), error("x"))
    yield "header_of_another_kind", FUNCTIONS, attached + bind_answer() + output + output + ping
    yield "header_without_rows", FUNCTIONS, attached + bind_answer() + stream(NUMBERS, nothing(NUMBERS)) + output + ping
    yield "other_columns", FUNCTIONS, attached + bind_answer(pa.schema([("other", pa.utf8())])) + header() + output + ping
    yield "pointer", FUNCTIONS, attached + bind_answer() + header() + stream(NUMBERS, (nothing(NUMBERS), {
        "vgi_rpc.shm_offset": "65536", "vgi_rpc.shm_length": "8"}))
    yield "goes_on_behind_the_end", FUNCTIONS, attached + bind_answer() + header() + stream(NUMBERS, *[tick] * 40) + ping
    yield "json", CATALOGS, stream(NUMBERS, error("x", extra='{"exception_type":"\\u12","traceback":"\\ud800x')) + ping
    yield "two_rows", CATALOGS, stream(BINARY_RESULT, batch(BINARY_RESULT, [b"", b""])) + ping
    yield "no_result", CATALOGS, stream(BINARY_RESULT) + ping
    yield "text_for_arrow", CATALOGS, b"Traceback (most recent call last):\n"


# ---- the whole ------------------------------------------------------------------------------------------------------


def recorded():
    for session, name in enumerate(("describe", "catalogs", "tree", "gets", "changes", "scan", "functions", "scalars")):
        yield f"hello_{name}", session, record(HELLO, session)
    yield "hello_arrow", ARROW, record(HELLO, ARROW)
    yield "fixture_functions", FUNCTIONS, record(FIXTURE, FUNCTIONS)
    yield "fixture_scan", SCAN, record(FIXTURE, SCAN)
    yield "fixture_trouble", FUNCTIONS, record(TROUBLE, FUNCTIONS)
    yield "fixture_fussy", SCALARS, record(TROUBLE, SCALARS)
    yield "shop_tree", TREE, record(SHOP, TREE)
    yield "shop_gets", GETS, record(SHOP, GETS)


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "corpus" / "client"
    folder.mkdir(parents=True, exist_ok=True)
    for name, session, data in recorded():
        if len(data) > MOST_BYTES:
            print(f"{name}: {len(data)} bytes are too many, left out")
            continue
        (folder / name).write_bytes(bytes([session]) + data)
        if len(data) < MOST_BYTES / 3:
            (folder / f"{name}_by_pyarrow").write_bytes(bytes([session]) + as_pyarrow_writes(data))
    (folder / "hello_tree_2.2").write_bytes(bytes([TREE | DIALECTS["2.2.0"]]) + record(HELLO, TREE, "2.2.0"))
    attached = first_streams(record(HELLO, ARROW), 1)
    for name, session, data in made(attached):
        (folder / name).write_bytes(bytes([session]) + data)


if __name__ == "__main__":
    main()
