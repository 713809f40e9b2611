"""What vgi.json declares, as pyarrow schemas; random rows of them; and the C program that decodes and encodes rows."""

import io
import json
import os
import pathlib
import re
import string
import struct
import subprocess
import sys

import pyarrow as pa

SOURCE = pathlib.Path(os.environ["VGI_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "tools"))
from gen_protocol import Column  # noqa: E402

SPEC = json.loads((SOURCE / "src/protocol/vgi.json").read_text())
VERSIONS = SPEC["versions"]
MINORS = range(len(VERSIONS))
PLAIN = {"bool": pa.bool_(), "int32": pa.int32(), "int64": pa.int64(), "uint64": pa.uint64(), "float64": pa.float64(),
         "utf8": pa.utf8(), "binary": pa.binary(), "large_binary": pa.large_binary(),
         "timestamp": pa.timestamp("us", tz="UTC"), "dictionary<binary>": pa.dictionary(pa.int32(), pa.binary())}
RECORDS = {name: [Column(line, VERSIONS) for line in lines] for name, lines in SPEC["records"].items()}
PARAMS = {name + "_params": [Column(line, VERSIONS) for line in method["params"]]
          for name, method in SPEC["methods"].items() if method.get("params")}


def arrow_type(kind, minor):
    """The pyarrow type of a type of vgi.json."""
    if kind in PLAIN:
        return PLAIN[kind]
    if kind in SPEC["enums"]:
        return pa.dictionary(pa.int16(), pa.utf8())
    if kind in RECORDS:
        return pa.struct(list(schema_of(RECORDS[kind], minor)))
    if match := re.fullmatch(r"list<(.*)>", kind):
        return pa.list_(arrow_type(match[1], minor))
    match = re.fullmatch(r"map<(\w+),(\w+)>", kind)
    return pa.map_(PLAIN[match[1]], PLAIN[match[2]])


def schema_of(columns, minor):
    return pa.schema([pa.field(c.name, arrow_type(c.type, minor), c.nullable) for c in columns if c.in_minor(minor)])


# ---- random values ---------------------------------------------------------------------------------------------------

ALPHABET = string.ascii_letters + "äß€語🦆\0 '\""


def random_value(random, kind, minor):
    """A Python value of a type of vgi.json that is not null."""
    if kind in SPEC["enums"]:
        return random.choice(SPEC["enums"][kind])
    if kind in RECORDS:
        return random_row(random, RECORDS[kind], minor)
    if match := re.fullmatch(r"list<(.*)>", kind):
        null = match[1] in ("utf8", "binary", "large_binary") and random.random() < 0.1
        return [None if null else random_value(random, match[1], minor) for _ in range(random.choice((0, 1, 2, 5)))]
    if match := re.fullmatch(r"map<(\w+),(\w+)>", kind):
        return [(random_value(random, "utf8", minor), random_value(random, match[2], minor))
                for _ in range(random.choice((0, 1, 3)))]
    size = random.choice((0, 1, 3, 9, 70))
    if kind == "utf8":
        return "".join(random.choice(ALPHABET) for _ in range(size))
    if kind in ("binary", "large_binary", "dictionary<binary>"):
        return random.randbytes(size)
    limits = {"int32": 31, "int64": 63, "timestamp": 50}
    if kind in limits:
        bound = 1 << limits[kind]
        return random.choice((0, 1, -1, bound - 1, -bound, random.randrange(-bound, bound)))
    if kind == "uint64":
        return random.choice((0, 1, (1 << 64) - 1, random.randrange(1 << 64)))
    return random.random() < 0.5 if kind == "bool" else random.choice((0.0, -1.5, 1e300, random.random()))


def random_row(random, columns, minor):
    return {c.name: None if c.nullable and random.random() < 0.3 else random_value(random, c.type, minor)
            for c in columns if c.in_minor(minor)}


# ---- streams ---------------------------------------------------------------------------------------------------------


def column_array(values, kind):
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode().cast(kind)
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.int64()).cast(kind)
    return pa.array(values, kind)


def batch_of(rows, schema):
    arrays = [column_array([row[field.name] for row in rows], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema) if arrays else \
        pa.RecordBatch.from_struct_array(pa.array([{}] * len(rows), pa.struct([])))


def to_bytes(batch):
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def from_bytes(data):
    with pa.ipc.open_stream(data) as reader:
        batches = list(reader)
    assert len(batches) == 1
    batches[0].validate(full=True)
    return batches[0]


def values_of(batch):
    """The rows of a batch as Python values; dictionaries as their values, timestamps as microseconds."""
    def plain(array):
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if pa.types.is_timestamp(array.type):
            array = array.cast(pa.int64())
        return array.to_pylist()

    columns = {name: plain(batch.column(i)) for i, name in enumerate(batch.schema.names)}
    return [{name: values[i] for name, values in columns.items()} for i in range(batch.num_rows)]


class CodecError(Exception):
    """The C codec refused; the text is `Exception: message`."""


class Codec:
    """record_tool, one process for many records."""

    def __init__(self):
        self.process = subprocess.Popen([os.environ["VGI_RECORD_TOOL"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def recode(self, name, data, minor, many=False):
        """Decodes a stream as record `name` and encodes it in the dialect; `many`: all rows."""
        word = name.encode()
        self.process.stdin.write(struct.pack("<IiII", len(word), minor, many, len(data)) + word + data)
        self.process.stdin.flush()
        status, size = struct.unpack("<II", self.process.stdout.read(8))
        answer = self.process.stdout.read(size)
        if status != 0:
            raise CodecError(answer.decode())
        return answer

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0
