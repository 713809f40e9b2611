"""A raw client of the RPC layer for tests: it writes any bytes, right or wrong, and reads replies with pyarrow."""

import json
import os
import pathlib
import socket
import subprocess
import time

import pyarrow as pa

SERVICE = str(pathlib.Path(os.environ["VGI_BIN_DIR"]) / "rpc-test-service")
WORKER = str(pathlib.Path(os.environ["VGI_BIN_DIR"]) / "vgi-conformance-worker")  # as any program made with vgi/rpc.h
PROTOCOL = "ConformanceService"
EMPTY = pa.schema([])


def not_null(name, kind):
    return pa.field(name, kind, nullable=False)


ADD = pa.schema([not_null("a", pa.float64()), not_null("b", pa.float64())])
COUNT = pa.schema([not_null("count", pa.int64())])
FACTOR = pa.schema([not_null("factor", pa.float64())])
VALUE = pa.schema([pa.field("value", pa.float64())])


def row(schema, *values):
    return pa.record_batch([pa.array([v], f.type) for v, f in zip(values, schema)], schema=schema)


def empty_batch(schema=EMPTY):
    return pa.record_batch([pa.array([], f.type) for f in schema], schema=schema)


def one_row_without_columns():
    """As DuckDB sends for a method without parameters."""
    return pa.RecordBatch.from_struct_array(pa.array([{}], pa.struct([])))


def stream(schema, *batches):
    """An IPC stream; a batch may be a pair (batch, metadata)."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            batch, metadata = batch if isinstance(batch, tuple) else (batch, None)
            writer.write_batch(batch, custom_metadata=metadata)
    return sink.getvalue().to_pybytes()


def metadata(method, **changes):
    """The metadata of a request; a change to None leaves the key out."""
    items = {"method": method, "request_version": "1", "protocol": PROTOCOL, "protocol_version": "2.0.0", **changes}
    return {f"vgi_rpc.{k}": v for k, v in items.items() if v is not None}


def request(method, batch=None, **changes):
    batch = batch if batch is not None else empty_batch()
    return stream(batch.schema, (batch, metadata(method, **changes)))


class Reply:
    """A whole IPC stream that was read: data batches with metadata, logs, and the error if there is one."""

    def __init__(self, reader):
        self.schema, self.batches, self.logs, self.error = reader.schema, [], [], None
        while True:
            try:
                batch, meta = reader.read_next_batch_with_custom_metadata()
            except StopIteration:
                return
            self.take(batch, {k.decode(): v.decode() for k, v in dict(meta or {}).items()})

    def take(self, batch, meta):
        level = meta.get("vgi_rpc.log_level") if batch.num_rows == 0 else None
        if level == "EXCEPTION":
            self.error = Failure(meta)
        elif level:
            self.logs.append(meta)
        else:
            self.batches.append((batch, meta))

    @property
    def rows(self):
        assert self.error is None, self.error.message
        return [r for batch, _ in self.batches for r in batch.to_pylist()]

    @property
    def result(self):
        assert self.error is None, self.error.message
        return self.batches[0][0].column("result")[0].as_py()


class Failure:
    """The fields of an EXCEPTION batch, checked for what every one must have (rpc.md §6.3, §18)."""

    def __init__(self, meta):
        self.meta = meta
        self.message = meta["vgi_rpc.log_message"]
        self.extra = json.loads(meta["vgi_rpc.log_extra"])
        self.type = self.extra["exception_type"]
        self.kind = meta.get("vgi_rpc.error_kind")
        self.code = meta["vgi_rpc.error_code"]
        assert self.message == f"{self.type}: {self.extra['exception_message']}"
        assert self.extra["traceback"] and self.extra["frames"] == []
        assert self.extra.get("error_kind") == self.kind and self.extra["error_code"] == self.code
        assert len(meta["vgi_rpc.server_id"]) == 12 and int(meta["vgi_rpc.server_id"], 16) >= 0
        assert len(meta["vgi_rpc.request_id"]) == 16 and int(meta["vgi_rpc.request_id"], 16) >= 0


class Peer:
    """One connection: raw bytes out, IPC streams in."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def send(self, *parts):
        self.writer.write(b"".join(parts))
        self.writer.flush()

    def open(self):
        return pa.ipc.open_stream(self.reader)

    def read(self):
        return Reply(self.open())

    def call(self, method, batch=None, **changes):
        self.send(request(method, batch, **changes))
        return self.read()

    def check_alive(self):
        assert self.call("add_floats", row(ADD, 1.5, 2.5)).result == 4.0

    def at_end(self):
        return self.reader.read(1) == b""


class Process(Peer):
    """The service over stdio."""

    def __init__(self, *prefix, words=(), env=None, stderr=None, program=None):
        self.process = subprocess.Popen([*prefix, program or SERVICE, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                                        stderr=stderr, env={**os.environ, **(env or {})})
        super().__init__(_Whole(self.process.stdout), self.process.stdin)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(10) == 0


class _Whole:
    """Reads exactly what was asked for, nothing ahead, as a pipe gives less."""

    closed = False

    def __init__(self, raw):
        self.raw, self.total = raw, 0

    def read(self, size=-1):
        parts, got = [], 0
        while size < 0 or got < size:
            part = self.raw.read(size - got if size >= 0 else 1 << 16)
            if not part:
                break
            parts.append(part)
            got += len(part)
        self.total += got
        return b"".join(parts)

    def readable(self):
        return True


class Server:
    """The service behind a listener."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([SERVICE, *map(str, arguments)], stdout=subprocess.PIPE)
        self.announcement = self.process.stdout.readline().decode().rstrip("\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.stdout.close()
        assert self.process.wait(10) == 0

    def connect(self):
        kind, where = self.announcement.split(":", 1)
        if kind == "UNIX":
            s = socket.socket(socket.AF_UNIX)
            s.connect(where)
        else:
            host, port = where.rsplit(":", 1)
            s = socket.create_connection((host.strip("[]"), int(port)))
        return Connected(s)


class Connected(Peer):
    def __init__(self, s):
        self.socket = s
        super().__init__(_Whole(s.makefile("rb", buffering=0)), s.makefile("wb", buffering=0))

    def send(self, *parts):
        self.socket.sendall(b"".join(parts))

    def close(self):
        self.reader.raw.close()
        self.writer.close()
        self.socket.close()


def wait_for(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
