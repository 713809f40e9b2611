"""The script of calls that both clients run, and what a record looks like when two are compared.

Every method of src/protocol/vgi.json is called in three variants: `full` (every column has a value of its own, every
flag is set), `bare` (what may be absent is absent, lists are empty) and `odd` (identifiers that need quotes, nested
schemas, other alphabets, empty texts). The rows are made from the protocol's description, so that no column and no
method can be forgotten; what a method wants beyond its types stands in CHOSEN. The worker answers in the same variants.
"""

import importlib
import pathlib
import re
import sys

import pyarrow as pa
from vgi.protocol import VgiProtocol

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "protocol"))
from records import PARAMS, RECORDS, SPEC, batch_of, from_bytes, schema_of, to_bytes, values_of  # noqa: E402

MINOR = int(VgiProtocol.protocol_version.split(".")[1])  # of the SDK that is installed here, both ends speak it
VARIANTS = ("full", "bare", "odd")
UUID = bytes(16)  # what the reference puts before a catalog's own attach_opaque_data: here always the same
OPAQUE = {}  # variant -> instead, of a worker that was attached
ODD = "Ünï \"q\" 'a' 🦆"
MACROS = {"full": "SCALAR_MACRO", "bare": "TABLE_MACRO", "odd": "TABLE_MACRO"}
FUNCTIONS = {"full": "SCALAR_FUNCTION", "bare": "TABLE_FUNCTION", "odd": "AGGREGATE_FUNCTION"}
# (record or method, column) -> value by variant; * is every record.
CHOSEN = {
    ("*", "at_unit"): {"full": "VERSION", "bare": None, "odd": "TIMESTAMP"},
    ("*", "at_value"): {"full": "7", "bare": None, "odd": "2024-02-29 12:34:56"},
    ("catalog_schema_contents_macros", "type"): MACROS,
    ("catalog_schema_contents_functions", "type"): FUNCTIONS,
    ("FunctionInfo", "function_type"): {"full": "SCALAR", "bare": "TABLE", "odd": "SCALAR"},
    ("FunctionInfo", "argument_monotonicity"): {
        "full": ["STRICTLY_INCREASING", "UNKNOWN"], "bare": None, "odd": ["CONSTANT", "NON_INCREASING"]},
    ("CatalogAttachRequest", "name"): {variant: variant for variant in VARIANTS},
    ("CatalogInfo", "name"): {variant: variant for variant in VARIANTS},
    ("TransactionBeginResponse", "transaction_opaque_data"): {
        "full": b"transaction of full", "bare": None, "odd": b"\0\xff odd"},
}  # fmt: skip
# Filter capabilities are identifiers, which the reference checks.
CAPABILITY = {"namespace": "vgi.test", "name": "some_name", "version": 3, "profile": "vgi.duckdb.session.v1",
              "provider_fingerprint": "f"}  # fmt: skip
MODULES = ("vgi.protocol", "vgi.catalog.catalog_interface", "vgi.invocation", "vgi.table_function", "vgi.metadata")
SCAN_RECORDS = ("ScanFunctionResult", "WriteFunctionResult", "ScanBranch")


def methods():
    """The unary methods of the dialect: name -> (columns, record of the request or None)."""
    found = {}
    for name, method in SPEC["methods"].items():
        since = int(method.get("since", "2.0").split(".")[1])
        if method.get("kind") == "stream" or since > MINOR:
            continue
        request = method.get("request")
        found[name] = (RECORDS[request] if request else PARAMS.get(f"{name}_params", []), request)
    return found


def sdk_class(name):
    """The SDK's class of a record or an enum."""
    modules = map(importlib.import_module, MODULES)
    return next(getattr(module, name) for module in modules if hasattr(module, name))


def sdk_argument(column, value):
    """A value of a row as the SDK's function wants it."""
    if column.type in SPEC["enums"]:
        return getattr(sdk_class(column.type), value)
    return dict(value) if column.type.startswith("map<") and value is not None else value


# ---- values ----------------------------------------------------------------------------------------------------------


def schema_bytes(variant, fields=2):
    if variant == "bare":
        return pa.schema([pa.field("a", pa.int64())]).serialize().to_pybytes()
    name = ODD if variant == "odd" else "price"
    nested = pa.struct([pa.field("x", pa.list_(pa.decimal128(20, 4))), pa.field("y", pa.timestamp("us", "UTC"), False)])
    made = [pa.field(name, pa.float64(), False, {"default": "1.5", "comment": "Without tax."}),
            pa.field("nested", nested if variant == "odd" else pa.utf8())]  # fmt: skip
    return pa.schema(made[:fields]).serialize().to_pybytes()


def batch_bytes(variant, record, column):
    if column.name == "arguments" and record in SCAN_RECORDS:
        given = {"bare": {}, "full": {"arg_0": [7], "arg_1": ["x"], "step": [2.5]}, "odd": {ODD: [ODD]}}[variant]
        return to_bytes(pa.RecordBatch.from_pydict(given) if given else batch_of([{}], pa.schema([])))
    if column.name == "arguments":
        kind = [pa.field("positional_0", pa.int64()), pa.field("named_step", pa.utf8())]
        row = {"positional_0": 42, "named_step": ODD if variant == "odd" else None}
        kind, row = (kind, row) if variant != "bare" else (kind[:1], {"positional_0": 1})
        return to_bytes(pa.RecordBatch.from_pydict({"args": pa.array([row], pa.struct(kind))}))
    return to_bytes(pa.RecordBatch.from_pydict({ODD if variant == "odd" else "x": [column.name], "y": [len(record)]}))


def text(variant, record, column, number):
    if variant == "odd":
        return "" if column.name in ("comment", "description") else f"{ODD} {column.name} {number}"
    return f"{column.name} {number} of {record}"


def carried(variant, record, column):
    if column.carries == "schema":
        return schema_bytes(variant, 1 if column.name == "column_definition" else 2)
    if column.carries == "batch":
        return batch_bytes(variant, record, column)
    return record_bytes(column.carries, variant)


def scalar(variant, record, column, kind, number):
    """A value of a type that is neither list nor map."""
    if kind in SPEC["enums"]:
        members = SPEC["enums"][kind]
        return members[{"full": -1, "bare": 0, "odd": len(members) // 2}[variant]]
    if kind in RECORDS:
        return row(kind, variant)
    if kind == "bool":
        return variant != "bare"
    if kind == "utf8":
        return text(variant, record, column, number)
    if kind in ("binary", "large_binary", "dictionary<binary>"):
        if column.carries:
            return carried(variant, record, column)
        return b"" if variant == "bare" else f"{column.name} {number} \0\xff".encode("latin-1")
    if kind == "float64":
        return 0.25 + number
    spread = sum(map(ord, column.name))
    return number if variant == "bare" else (-spread if variant == "odd" and kind != "uint64" else spread) - number


def value(variant, record, column, kind=None, number=0):
    for key in ((record, column.name), ("*", column.name)):
        if key in CHOSEN and kind is None:
            return CHOSEN[key][variant]
    if record.endswith("Capability"):
        return CAPABILITY[column.name]
    if column.name == "attach_opaque_data":
        return OPAQUE.get(variant, UUID + variant.encode())
    if kind is None and column.nullable and variant == "bare":
        return None
    kind = kind or column.type
    if column.name in ("schema_path", "path", "referenced_schema_path", "source_schema_path"):
        return {"full": ["main"], "bare": ["s"], "odd": ["main", "in.ner", 'a "q" schema']}[variant]
    if match := re.fullmatch(r"list<(.*)>", kind):
        return [] if variant == "bare" else [value(variant, record, column, match[1], i) for i in range(2)]
    if match := re.fullmatch(r"map<utf8,(.*)>", kind):
        keys = {"full": ["insert", "update"], "bare": [], "odd": ["", ODD]}[variant]
        return [(key, value(variant, record, column, match[1], i)) for i, key in enumerate(keys)]
    return scalar(variant, record, column, kind, number)


def row(record, variant, columns=None):
    """A row of a record, or of a method's parameters, whose `columns` are then given."""
    columns = RECORDS[record] if columns is None else columns
    return {column.name: value(variant, record, column) for column in columns if column.in_minor(MINOR)}


def record_bytes(record, variant, columns=None):
    columns = RECORDS[record] if columns is None else columns
    return to_bytes(batch_of([row(record, variant, columns)], schema_of(columns, MINOR)))


# ---- records as they are compared ------------------------------------------------------------------------------------


def plain_bytes(data, carries):
    if data is None:
        return None
    if carries == "schema":
        return plain_schema(pa.ipc.read_schema(pa.BufferReader(data)))
    if carries == "batch":
        return plain_batch(from_bytes(data))
    if carries in RECORDS:
        return plain_record(data, carries)[0] if RECORDS[carries] else {}
    return {"bytes": data.hex()}


def plain_schema(schema):
    return {"schema": [[field.name, str(field.type), field.nullable,
                        sorted((k.decode(), v.decode()) for k, v in (field.metadata or {}).items())]
                       for field in schema]}  # fmt: skip


def plain_batch(batch):
    return {**plain_schema(batch.schema), "rows": repr(batch.to_pylist())}


def plain_value(value, column, kind=None):
    kind = kind or column.type
    if value is None:
        return None
    if kind in RECORDS:
        return plain_row(value, RECORDS[kind])
    if match := re.fullmatch(r"list<(.*)>", kind):
        return [plain_value(item, column, match[1]) for item in value]
    if kind.startswith("map<"):
        return sorted(value.items() if isinstance(value, dict) else map(tuple, value))
    return plain_bytes(value, column.carries) if "binary" in kind else value


def plain_row(row, columns):
    """A row of values_of() as JSON has it: what bytes carry is looked into."""
    by_name = {column.name: column for column in columns if column.in_minor(MINOR)}
    return {name: plain_value(value, by_name[name]) for name, value in row.items()}


def plain_record(data, record, columns=None):
    """The rows of a stream of a record."""
    columns = RECORDS[record] if columns is None else columns
    with pa.ipc.open_stream(data) as reader:
        return [plain_row(row, columns) for batch in reader for row in values_of(batch)]
