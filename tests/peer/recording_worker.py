"""A worker on the reference SDK that accepts every method and writes down what it was asked: recording_worker.py [words]

One JSON object a line goes to the file that VGI_RECORD names: {"method": a method of the protocol, "arguments": what the
SDK decoded}, and {"catalog": a method of the SDK's CatalogInterface, "arguments": what the SDK made of that}. There are
three catalogs, the variants of script.py; each answers with the records that script.py makes for that variant.
"""

import dataclasses
import enum
import functools
import inspect
import json
import os

import pyarrow as pa
from vgi.catalog.catalog_interface import (
    CatalogInterface,
    ColumnStatistics,
    TableColumnStatisticsResult,
    serialize_column_statistics,
)
from vgi.worker import Worker

import script

METHODS = script.methods()
ITEMS = {  # kind of SchemaObjectType -> record
    "TABLE": "TableInfo", "VIEW": "ViewInfo", "INDEX": "IndexInfo", "SCALAR_MACRO": "MacroInfo",
    "TABLE_MACRO": "MacroInfo", "SCALAR_FUNCTION": "FunctionInfo", "TABLE_FUNCTION": "FunctionInfo",
    "AGGREGATE_FUNCTION": "FunctionInfo",
}  # fmt: skip


def write_down(**line):
    with open(os.environ["VGI_RECORD"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def plain(value):
    """Any value of the SDK's, typed, as JSON."""
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, pa.Schema):
        return script.plain_schema(value)
    if isinstance(value, pa.RecordBatch):
        return script.plain_batch(value)
    if isinstance(value, pa.Scalar):
        return [str(value.type), repr(value.as_py())]
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    assert value is None or isinstance(value, (bool, int, float, str)), f"{type(value)} has no plain form"
    return value


def answer(record, variant):
    """The record of that variant, as the SDK's class."""
    made, data = script.sdk_class(record), script.record_bytes(record, variant)
    if hasattr(made, "deserialize_from_bytes"):
        return made.deserialize_from_bytes(data)
    return made.deserialize(script.from_bytes(data))


def listed(record, variant):
    variants = {"full": ("full", "odd"), "bare": (), "odd": ("odd", "bare", "full")}[variant]
    return [answer(record, item) for item in variants]


def schemas(variant):
    """Every schema stands behind those that it lies in."""
    info = answer("SchemaInfo", variant)
    return [dataclasses.replace(info, path=info.path[: i + 1]) for i in range(len(info.path))]


def one(record, variant):
    return None if variant == "bare" else answer(record, variant)


def statistics(variant):
    if variant == "bare":
        return None
    column = ColumnStatistics(column_name=script.ODD, min=pa.scalar(-5), max=pa.scalar(99), has_null=False,
                              has_not_null=True, distinct_count=7)
    text = ColumnStatistics(column_name="name", min=pa.scalar("a"), max=pa.scalar("z"), has_null=True,
                            has_not_null=False, distinct_count=None, contains_unicode=True, max_string_length=12)
    return TableColumnStatisticsResult([column, text], 60 if variant == "full" else None)


# ---- the catalog -----------------------------------------------------------------------------------------------------

RECORD_OF = {
    "schema_get": "SchemaInfo", "table_get": "TableInfo", "view_get": "ViewInfo", "macro_get": "MacroInfo",
    "index_get": "IndexInfo",
}  # fmt: skip
RESULT_OF = {
    "catalog_attach": "CatalogAttachResult", "table_scan_function_get": "ScanFunctionResult",
    "table_scan_branches_get": "ScanBranchesResult", "table_insert_function_get": "WriteFunctionResult",
    "table_update_function_get": "WriteFunctionResult", "table_delete_function_get": "WriteFunctionResult",
}  # fmt: skip
OWN = ("interface_feature_flags", "loggable_attach_options", "catalog_contents")  # not asked for by the wire, or built


def fitting(item, arguments):
    """An item as a listing of that schema and that kind may have it."""
    kind, changes = arguments["type"].name, {"schema_path": list(arguments["path"])}
    if kind.endswith("_FUNCTION"):
        changes["function_type"] = type(item.function_type)[kind.removesuffix("_FUNCTION")]
        if kind != "SCALAR_FUNCTION":
            changes["argument_monotonicity"] = None
    if kind.endswith("_MACRO"):
        changes["macro_type"] = type(item.macro_type)[kind.removesuffix("_MACRO")]
    return dataclasses.replace(item, **changes)


def catalog_answer(name, variant, arguments):
    if name == "catalogs":
        return [answer("CatalogInfo", each) for each in script.VARIANTS]
    if name == "catalog_transaction_begin":
        return script.CHOSEN["TransactionBeginResponse", "transaction_opaque_data"][variant]
    if name == "catalog_version":
        return 1000 + script.VARIANTS.index(variant)
    if name == "table_column_statistics_get":
        return statistics(variant)
    if name == "schema_contents":
        return [fitting(item, arguments) for item in listed(ITEMS[arguments["type"].name], variant)]
    if name == "catalog_attach":
        made = answer("CatalogAttachResult", arguments["name"])
        return dataclasses.replace(made, attach_opaque_data=arguments["name"].encode())
    if name == "schemas":
        return schemas(variant)
    if name == "copy_from_formats":
        return listed("CopyFromFormatInfo", variant)
    if name in RECORD_OF:
        return one(RECORD_OF[name], variant)
    return answer(RESULT_OF[name], variant) if name in RESULT_OF else None


def recording(name):
    def method(self, **arguments):
        arguments.pop("ctx", None)
        write_down(catalog=name, arguments=plain(arguments))
        return catalog_answer(name, (arguments.get("attach_opaque_data") or b"full").decode(), arguments)

    return method


class RecordingCatalog(CatalogInterface):
    """The methods of CatalogInterface, all of them."""

    for name, member in inspect.getmembers(CatalogInterface, inspect.isfunction):
        if not name.startswith("_") and name not in OWN:
            locals()[name] = recording(name)


RecordingCatalog.__abstractmethods__ = frozenset()

# ---- the worker ------------------------------------------------------------------------------------------------------


def arguments_of(name, arguments):
    """What was decoded, as a row of script.py's."""
    columns, request = METHODS[name]
    if request:
        return script.plain_record(arguments["request"].serialize_to_bytes(), request)[0]
    given = {key: value.name if isinstance(value, enum.Enum) else value for key, value in arguments.items()}
    return script.plain_row(given, columns)


def variant_of(request):
    opaque = getattr(getattr(request, "bind_call", request), "attach_opaque_data", None)
    return opaque[16:].decode() if opaque and opaque[16:].decode() in script.VARIANTS else "full"


def function_answer(name, request):
    result = script.SPEC["methods"][name]["result"]
    variant = variant_of(request)
    if result == "ColumnStatistics?":
        made = statistics(variant)
        return made and serialize_column_statistics(made.statistics, made.cache_max_age_seconds)
    return answer(result, variant)


def recorded(name):
    """The SDK's own way for the catalog, the script's answer for functions."""
    original = getattr(Worker, name)

    @functools.wraps(original)
    def method(self, *positional, **arguments):
        bound = inspect.signature(original).bind(self, *positional, **arguments).arguments
        given = {key: value for key, value in bound.items() if key not in ("self", "ctx")}
        write_down(method=name, arguments=arguments_of(name, given))
        if not name.startswith("catalog_"):
            return function_answer(name, given["request"])
        made = original(self, *positional, **arguments)
        if name == "catalog_attach":  # without the random identity that the SDK puts before it
            opaque = script.UUID + made.attach_opaque_data[16:]
            made = dataclasses.replace(made, attach_opaque_data=opaque)
        return made

    return method


class RecordingWorker(Worker):
    """The methods of the protocol, all of them that are unary."""

    catalog_interface = RecordingCatalog

    for name in METHODS:
        locals()[name] = recorded(name)


RecordingWorker.main()
