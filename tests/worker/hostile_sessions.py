"""Sessions of the real engine with vgi-fixture-worker, recorded and damaged, against one worker that serves them all:

    hostile_sessions.py COUNT SEED... [--only INDEX]

A session is damaged in its bytes (flipped, cut, doubled) or in its meaning: parameters, the records inside them, the
arguments inside those, and input batches are taken apart with pyarrow, changed, and put together again. Whatever comes,
the worker answers with well-formed Arrow streams or closes, within seconds; it neither dies nor grows; and afterwards it
still serves a session that is whole. The sanitizers see every step.
"""

import argparse
import os
import pathlib
import random
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time

import duckdb
import pyarrow as pa

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from engine import BIN, SANITIZED, connect, text  # noqa: E402
from processes import descriptors, resident_kib, running, wait_until  # noqa: E402

WORKER = BIN / "vgi-fixture-worker"
ANSWER_WITHIN_S = 20
GROWTH_KIB = 65536 if SANITIZED else 8192
QUERIES = [
    "SELECT * FROM f.scans.series(5000, start := 10, step := 3)",
    "SELECT d, a FROM f.scans.wide(300)",
    "SELECT count(*) FROM f.scans.wide(300)",
    "SELECT * FROM f.scans.arguments('t', 1, 'x', flag := false, mode := 'slow', code := 'ab1')",
    "SELECT * FROM f.scans.columns(5)",
    "SELECT * FROM f.scans.pick(1, 2)",
    "SELECT sum(f.main.add_ints(n, 1)) FROM f.scans.series(5000)",
    "SELECT f.main.scale(n::DOUBLE, 2.5), f.main.join_all('-', n::VARCHAR, 'x') FROM f.scans.series(20)",
    "SELECT f.main.identity(v), f.main.rebuilt(v) FROM (VALUES ({'a': [1, NULL], 'b': 'x'}), (NULL)) t(v)",
    "SELECT f.main.rebuilt(v) FROM (VALUES (MAP {'k': 1.25::DECIMAL(9,2)}), (NULL)) t(v)",
    "SELECT f.main.rebuilt(v) FROM (VALUES ('sad'::ENUM('sad', 'glad')), (NULL)) t(v)",
    "SELECT f.main.same(uuid()), f.main.same(7::HUGEINT), f.main.same([true, NULL]), f.main.shout('é')",
    "SELECT f.main.forty_two(), f.main.up_to(3), f.main.pair(4), f.main.chatty(1), f.main.null_if_odd(3)",
    "SELECT f.main.type_of(n) FROM f.scans.series(3)",
    "SELECT n, t FROM f.in_out.echo((SELECT n, 'x' || n AS t FROM range(3000) r(n)))",
    "SELECT * FROM f.in_out.repeat_inputs(2, (SELECT 1 AS a, [1, NULL] AS b))",
    "SELECT * FROM f.in_out.multi_batch_finish((SELECT n FROM range(5) r(n)))",
    "INSERT INTO f.stock.items VALUES (1, 10, 'a'), (2, NULL, NULL) RETURNING id",
    "UPDATE f.stock.items SET qty = 1 RETURNING id, qty",
    "DELETE FROM f.stock.items",
    "SELECT * FROM f.trouble.fails('later')",
    "SELECT * FROM f.trouble.patient(3)",
    "SELECT * FROM f.scans.tens LIMIT 1",
    "SHOW ALL TABLES",
    "SELECT count(*) FROM duckdb_constraints()",
    "CREATE TABLE f.main.t(a INT)",
    "DROP TABLE f.scans.tens",
]


# ---- recording -------------------------------------------------------------------------------------------------------


def record(folder):
    """What the engine writes to its workers, cut into calls: a request, and the input that belongs to it."""
    shim = folder / "shim"
    shim.write_text(f'#!/bin/sh\ntee "{folder}/$$.in" | "{WORKER}" 2>/dev/null\n')
    shim.chmod(0o755)
    connection = connect(threads=1)
    connection.execute(f"ATTACH 'fixture' AS f (TYPE vgi, LOCATION {text(shim)})")
    for query in QUERIES:
        try:
            connection.execute(query).fetchall()
        except duckdb.Error:  # some are refused, which is their point
            pass
    connection.close()
    wait_until(lambda: running(WORKER) == [])
    calls = {}
    for path in sorted(folder.glob("*.in")):
        call = []
        for stream in parse(path.read_bytes()):
            if call and b"vgi_rpc.method" in stream[1][0][1] if stream[1] else False:
                calls.setdefault(b"".join(write(*s) for s in call), call)
                call = []
            call.append(stream)
    methods = {call[0][1][0][1][b"vgi_rpc.method"] for call in calls.values()}
    assert len(calls) >= 40 and {b"bind", b"init", b"catalog_attach"} <= methods, (len(calls), methods)
    return list(calls.values())


def parse(data):
    """A session as a list of streams: (schema, [(batch, metadata)])."""
    source, streams = pa.BufferReader(data), []
    while source.tell() < len(data):
        try:
            reader = pa.ipc.open_stream(source)
            batches = []
            while True:
                try:
                    batches.append(reader.read_next_batch_with_custom_metadata())
                except StopIteration:
                    break
            streams.append((reader.schema, [(b, dict(m or {})) for b, m in batches]))
        except (pa.ArrowInvalid, EOFError, OSError):
            break
    return streams


def write(schema, batches):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch, metadata in batches:
            writer.write_batch(batch, custom_metadata=metadata or None)
    return sink.getvalue().to_pybytes()


# ---- damage ----------------------------------------------------------------------------------------------------------

VALUES = [None, True, -1, 0, 2**31 - 1, -(2**63), 2**63 - 1, 1.5, float("nan"), "", "x" * 300, "é\u0000\n", b"", b"\xff" * 40,
          [], [1, 1, -1, 2**40], [None], ["a", None], {"a": 1}, [{"x": [1]}]]
NAMES = ["", "args", "positional_0", "positional_7", "positional_99999999", "named_", "named_start", "a\u0000b", "x" * 5000, "é"]
TYPES = [pa.null(), pa.bool_(), pa.int8(), pa.int32(), pa.uint64(), pa.float16(), pa.float64(), pa.utf8(), pa.large_utf8(),
         pa.binary(), pa.large_binary(), pa.binary(0), pa.decimal128(38, 0), pa.decimal128(3, -128), pa.decimal256(76, 76),
         pa.dictionary(pa.int8(), pa.utf8()), pa.dictionary(pa.uint64(), pa.int64()), pa.list_(pa.null()), pa.list_(pa.int64(), 0),
         pa.struct([]), pa.struct([("positional_0", pa.int64())]), pa.map_(pa.utf8(), pa.null()), pa.duration("ns"),
         pa.timestamp("us", "UTC"), pa.month_day_nano_interval(), pa.sparse_union([pa.field("a", pa.int64())])]


def some_array(rng, rows):
    """An array of any type; of a type that holds no bytes, it may be long."""
    kind = rng.choice(TYPES)
    if rng.random() < 0.3:
        try:
            return pa.array([rng.choice(VALUES)] * rows)
        except (pa.ArrowException, OverflowError, ValueError, TypeError):
            pass
    if pa.types.is_union(kind):
        return pa.UnionArray.from_sparse(pa.array([0] * rows, pa.int8()), [pa.nulls(rows, pa.int64())])
    return pa.nulls(rows, kind)


def damage_value(rng, value, depth):
    """A value of a binary cell: a record inside it is changed, else its bytes are."""
    if value and depth < 4 and rng.random() < 0.9:
        inner = parse(value)
        if inner and inner[0][1]:
            (batch, metadata), schema = inner[0][1][0], inner[0][0]
            batch = damage_batch(rng, batch, depth + 1)
            return write(batch.schema, [(batch, metadata)] * (1 if rng.random() < 0.9 else rng.choice([0, 2])))
    return damage_bytes(rng, value or b"")


def damage_struct(rng, array, depth):
    batch = damage_batch(rng, pa.RecordBatch.from_struct_array(array), depth + 1)
    return pa.StructArray.from_arrays(batch.columns, fields=list(batch.schema)) if batch.num_columns else array


def damage_column(rng, array, depth):
    kind, rows = array.type, len(array)
    if rng.random() < 0.7:
        if pa.types.is_struct(kind) and rows and kind.num_fields and not array.null_count:
            return damage_struct(rng, array, depth)
        if pa.types.is_binary(kind) and rows:
            return pa.array([damage_value(rng, v, depth) for v in array.to_pylist()], kind)
        try:
            if not pa.types.is_map(kind):  # where a key is missing, pyarrow aborts
                return pa.array([rng.choice(VALUES) for _ in range(rows)], kind)
        except (pa.ArrowException, OverflowError, ValueError, TypeError):
            pass
    return some_array(rng, rows)


def damage_batch(rng, batch, depth=0):
    """One change: most often deep inside one column."""
    columns, fields = list(batch.columns), list(batch.schema)
    at = rng.randrange(len(columns)) if columns else None
    what = rng.choices(["column", "drop", "rename", "retype", "double", "rows", "nullable", "many", "swap"],
                       [12 if depth else 60, 1, 1, 2, 1, 1, 1, 0.3, 1])[0]
    if at is None or what == "many":
        n = rng.choice([1, 2, 300, 10000])
        extra = [some_array(rng, batch.num_rows)] * n
        names = [rng.choice(NAMES) if rng.random() < 0.2 else f"c{i}" for i in range(n)]
        return pa.record_batch(columns + extra, schema=pa.schema(
            fields + [pa.field(name, a.type) for name, a in zip(names, extra)]))
    if what == "column":
        columns[at] = damage_column(rng, columns[at], depth)
    elif what == "drop":
        del columns[at], fields[at]
        return pa.record_batch(columns, schema=pa.schema(fields)) if fields else batch.slice(0, 0)
    elif what == "rename":
        return batch.rename_columns([rng.choice(NAMES) if i == at else f.name for i, f in enumerate(fields)])
    elif what == "retype":
        columns[at] = some_array(rng, batch.num_rows)
    elif what == "double":
        columns.append(columns[at])
        fields.append(fields[at])
    elif what == "rows":
        rows = rng.choice([0, 2, 5000])
        columns = [c.take(pa.array([0] * rows, pa.int64())) if len(c) else pa.nulls(rows, c.type) for c in columns]
    elif what == "nullable":
        columns[at] = pa.nulls(len(columns[at]), columns[at].type)
    else:
        other = rng.randrange(len(columns))
        columns[at], columns[other] = columns[other], columns[at]
    fields = [pa.field(f.name, c.type, f.nullable and rng.random() < 0.9, f.metadata if f.type == c.type else None)
              for f, c in zip(fields, columns)]
    return pa.record_batch(columns, schema=pa.schema(fields))


def damage_bytes(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8])):
        if not data:
            break
        what, at = rng.random(), rng.randrange(len(data))
        if what < 0.6:
            data[at] = rng.choice([data[at] ^ 1 << rng.randrange(8), 0, 0xFF, rng.randrange(256)])
        elif what < 0.75:
            del data[at:]
        elif what < 0.9:
            del data[at:at + rng.choice([1, 4, 8, 64])]
        else:
            data[at:at] = data[at:at + 64]
    return bytes(data)


def damage_metadata(rng, metadata):
    key = rng.choice(sorted(metadata) or [b"vgi_rpc.method"])
    value = rng.choice([b"", b"\xff\xfe", b"x" * 10000, b"0", b"-1", b"99999999999999999999", b"bind", b"init",
                        b"catalog_attach", b"vgi.v2", b"2.9.0", b"\n\x1b[31m"])
    if rng.random() < 0.3:
        key = rng.choice([b"vgi_rpc.cancel", b"vgi_rpc.shm_offset", b"vgi_rpc.shm_length", b"vgi_rpc.shm_name",
                          b"vgi_rpc.location", b"vgi_rpc.log_level", b"vgi_rpc.protocol_version"])
    return {**metadata, key: value}


def damage(rng, sessions):
    """Not everything that comes to mind can be put together: then something else."""
    while True:
        try:
            return damage_once(rng, sessions)
        except (pa.ArrowException, OverflowError, ValueError, TypeError, KeyError):
            pass


def damage_once(rng, sessions):
    """A session of one to three calls as bytes, damaged."""
    session = [stream for _ in range(rng.choice([1, 1, 2, 3])) for stream in rng.choice(sessions)]
    at = rng.randrange(len(session))
    schema, batches = session[at]
    what = rng.random()
    if what < 0.25:
        whole = [write(*s) for s in session]
        whole[at] = damage_bytes(rng, whole[at])
        return b"".join(whole)
    if what < 0.35:
        session[at:at + 1] = rng.choice([[], [session[at]] * 2, [rng.choice(rng.choice(sessions))]])
        return b"".join(write(*s) for s in session)
    if batches:
        i = rng.randrange(len(batches))
        batch, metadata = batches[i]
        if what < 0.42:
            batches = batches[:i] + [(batch, damage_metadata(rng, metadata))] + batches[i + 1:]
        else:
            batch = damage_batch(rng, batch)
            batches = [(batch, metadata)] if batch.schema != schema else batches[:i] + [(batch, metadata)] + batches[i + 1:]
            schema = batch.schema
    session[at] = (schema, batches)
    return b"".join(write(*s) for s in session)


def many_rows_of_nothing(calls):
    """A column of the null type has any number of rows in no bytes at all. Answering it must not take memory for them."""
    for (schema, [(request, metadata)]), *_ in (c for c in calls if len(c) == 2 and c[1][1]):
        record, = parse(request.column(0)[0].as_py())
        (init, _), = record[1]
        if "bind_call" not in init.schema.names:
            continue
        (bind, _), = parse(init.column("bind_call")[0].as_py())[0][1]
        if bind.column("function_name")[0].as_py() != "type_of":
            continue
        nothing = pa.schema([pa.field("col_0", pa.null())])
        for batch, name, value in [(bind, "input_schema", nothing.serialize().to_pybytes()), (init, "bind_call", None)]:
            value = value or write(bind.schema, [(bind, None)])
            at = batch.schema.names.index(name)
            changed = batch.set_column(at, batch.schema.field(at), pa.array([value], batch.schema.field(at).type))
            bind, init = (changed, init) if name == "input_schema" else (bind, changed)
        request = pa.record_batch([pa.array([write(init.schema, [(init, None)])], pa.binary())], schema=schema)
        many = pa.record_batch([pa.nulls(2**31 - 1)], schema=nothing)
        return write(schema, [(request, metadata)]) + write(nothing, [(many, None)])
    raise AssertionError("no call of type_of was recorded")


# ---- playing ---------------------------------------------------------------------------------------------------------


class Worker:
    def __init__(self, folder):
        self.errors = open(folder / "stderr", "w+b")
        options = os.environ.get("ASAN_OPTIONS", "")
        self.process = subprocess.Popen(
            [WORKER, "--unix", folder / "socket"], stdout=subprocess.PIPE, stderr=self.errors, cwd=folder, env={
                **os.environ,  # what takes more than this at once has believed a number of the peer's
                "ASAN_OPTIONS": f"{options}:max_allocation_size_mb=1024:quarantine_size_mb=4:thread_local_quarantine_size_kb=64",
                "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "") + ":halt_on_error=1"})
        self.path = self.process.stdout.readline().decode().strip().removeprefix("UNIX:")

    def play(self, data):
        """Sends all, reads all."""
        received, sent, deadline = bytearray(), 0, time.monotonic() + ANSWER_WITHIN_S
        with socket.socket(socket.AF_UNIX) as s, selectors.DefaultSelector() as selector:
            s.connect(self.path)
            s.setblocking(False)
            selector.register(s, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while True:
                left = deadline - time.monotonic()
                assert left > 0, "no answer, and no end"
                for _, events in selector.select(left):
                    try:
                        if events & selectors.EVENT_READ:
                            part = s.recv(1 << 20)
                            if not part:
                                return bytes(received)
                            received += part
                        if events & selectors.EVENT_WRITE:
                            sent += s.send(data[sent:sent + (1 << 20)])
                            if sent == len(data):
                                s.shutdown(socket.SHUT_WR)
                                selector.modify(s, selectors.EVENT_READ)
                    except (ConnectionResetError, BrokenPipeError):
                        return bytes(received)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        status = self.process.wait(30)
        self.errors.seek(0)
        return status, self.errors.read()


def errors_in(data):
    return [metadata[b"vgi_rpc.log_message"].decode() for _, batches in parse(data) for _, metadata in batches
            if metadata.get(b"vgi_rpc.log_level") == b"EXCEPTION"]


def check_answer(data):
    """Well-formed streams; the last may lack its end. What errors say is a short piece of printable text."""
    for message in errors_in(data):
        assert len(message) < 4000 and all(c.isprintable() or c in "\n\t" for c in message), message
    for _, batches in parse(data):
        for batch, _ in batches:
            batch.validate(full=True)


def run(count, seed, only, sessions, folder):
    worker = Worker(folder)
    whole = b"".join(write(*s) for s in max(sessions, key=len))
    answer = worker.play(whole)
    error, = errors_in(worker.play(many_rows_of_nothing(sessions)))
    assert error.startswith("LimitError"), error
    before = None
    for index in range(count) if only is None else [only]:
        data = damage(random.Random(f"{seed}:{index}"), sessions)
        try:
            check_answer(worker.play(data))
            assert worker.process.poll() is None
        except Exception as error:
            (folder.parent / "hostile.session").write_bytes(data)
            status, errors = worker.end()
            sys.exit(f"seed {seed}, session {index}: {error!r}; exit {status}; {errors.decode(errors='replace')[-3000:]}")
        if index == count // 2:
            before = resident_kib(worker.process.pid), descriptors(worker.process.pid)
    assert len(worker.play(whole)) == len(answer), "the worker no longer answers as it did"
    if before:
        grown = resident_kib(worker.process.pid) - before[0]
        assert grown <= GROWTH_KIB, f"the worker grew by {grown} KiB"
        assert descriptors(worker.process.pid) <= before[1]
    status, errors = worker.end()
    errors = errors.replace(b"this goes to stderr\n", b"")  # what the function chatty prints
    assert (status, errors) == (0, b""), (status, errors)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("seeds", type=int, nargs="+")
    parser.add_argument("--only", type=int)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "recorded").mkdir()
        sessions = record(folder / "recorded")
        for seed in arguments.seeds:
            place = folder / str(seed)
            place.mkdir()
            run(arguments.count, seed, arguments.only, sessions, place)
    print(f"{arguments.count} damaged sessions of {len(sessions)} for each of {len(arguments.seeds)} seeds: survived")


if __name__ == "__main__":
    main()
