"""Every command of `vgi` for a catalog method, against a worker that writes down what it is asked: each word and each
option arrives, as what it was said to be. What is printed is what the worker answered."""

import json
import os
import pathlib
import subprocess

import pyarrow as pa
import pytest

import script
from recorder import Recorder

VGI = pathlib.Path(os.environ["VGI_BIN_DIR"]) / "vgi"
METHODS = [name for name in script.SPEC["methods"] if name.startswith("catalog_")]
MAIN = {"schema_path": ["default_schema 0 of CatalogAttachResult"]}  # where a name is said without a schema
ODD = {"schema_path": ["main", "in.ner", 'a "q" schema'], "name": "t 1"}
ODD_NAME = '"main"."in.ner"."a ""q"" schema"."t 1"'
T = {**MAIN, "name": "t"}
NOT = {"ignore_not_found": False}
IF = {"ignore_not_found": True}
AT = {"at_unit": None, "at_value": None}


def schema(*fields):
    return script.plain_schema(pa.schema(list(fields)))


def values(**columns):
    return script.plain_batch(pa.RecordBatch.from_pydict(columns))


ID = pa.field("id", pa.int64(), False)
NAME = pa.field("name", pa.utf8())
PRICE = pa.field("price", pa.decimal128(9, 2))
# Method, words, what the worker is asked beside its identity and transaction.
CASES = [
    ("catalogs", [], {}),
    ("version", [], {}),
    ("detach", [], {}),
    ("create", ["new 'one'"], {"name": "new 'one'", "on_conflict": "ERROR", "options": None}),
    ("create", ["n", "--on-conflict", "replace", "--option", "a=b=c", "--option", "n:BIGINT=5"],
     {"name": "n", "on_conflict": "REPLACE", "options": values(a=["b=c"], n=[5])}),
    ("drop", ["grüß"], {"name": "grüß"}),
    ("copy_from_formats", [], {}),
    ("schemas", [], {}),
    ("schema_get", ['outer."in.ner"'], {"path": ["outer", "in.ner"]}),
    ("schema_create", ["s"], {"path": ["s"], "on_conflict": "ERROR", "comment": None, "tags": None}),
    ("schema_create", ["a.b", "--on-conflict", "ignore", "--comment", "", "--tag", "k=v=w", "--tag", "a="],
     {"path": ["a", "b"], "on_conflict": "IGNORE", "comment": "", "tags": [["a", ""], ["k", "v=w"]]}),
    ("schema_drop", ["s"], {"path": ["s"], "cascade": False, **NOT}),
    ("schema_drop", ["s", "--if-exists", "--cascade"], {"path": ["s"], "cascade": True, **IF}),
    ("schema_contents_tables", ["s"], {"path": ["s"]}),
    ("schema_contents_views", ["s"], {"path": ["s"]}),
    ("schema_contents_indexes", ["s"], {"path": ["s"]}),
    ("schema_contents_functions", ["s", "aggregate-function"], {"path": ["s"], "type": "AGGREGATE_FUNCTION"}),
    ("schema_contents_macros", ["s", "table-macro"], {"path": ["s"], "type": "TABLE_MACRO"}),
    ("table_get", [ODD_NAME], {**ODD, **AT}),
    ("table_get", ["t", "--at-unit", "VERSION", "--at", "3"], {**T, "at_unit": "VERSION", "at_value": "3"}),
    ("table_create", ["t", "id BIGINT"],
     {**T, "columns": schema(pa.field("id", pa.int64())), "on_conflict": "ERROR", "not_null_constraints": [],
      "unique_constraints": [], "check_constraints": [], "primary_key_constraints": [], "foreign_key_constraints": []}),
    ("table_create",
     [ODD_NAME, "id BIGINT NOT NULL, name VARCHAR, price DECIMAL(9,2)", "--on-conflict", "replace", "--primary-key",
      "id", "--unique", 'price,"name"', "--unique", "id", "--check", "price > 0", "--check", "name <> ','", "--default",
      "price=1.5 + 1", "--comment", "name=What it's called.", "--comment", "price=", "--foreign-key",
      'id,name REFERENCES other."t, 2" (x, "y z")', "--foreign-key", "price references p(v)"],
     {**ODD, "columns": schema(ID, NAME.with_metadata({"comment": "What it's called."}),
                               PRICE.with_metadata({"default": "1.5 + 1", "comment": ""})),
      "on_conflict": "REPLACE", "not_null_constraints": [0], "unique_constraints": [[2, 1], [0]],
      "check_constraints": ["price > 0", "name <> ','"], "primary_key_constraints": [[0]],
      "foreign_key_constraints": [
          {"fk_columns": ["id", "name"], "pk_columns": ["x", "y z"], "referenced_table": "t, 2",
           "referenced_schema_path": ["other"]},
          {"fk_columns": ["price"], "pk_columns": ["v"], "referenced_table": "p",
           "referenced_schema_path": ODD["schema_path"]}]}),
    ("table_drop", ["t"], {**T, "cascade": False, **NOT}),
    ("table_drop", [ODD_NAME, "--cascade", "--if-exists"], {**ODD, "cascade": True, **IF}),
    ("table_rename", ["t", "new"], {**T, "new_name": "new", **NOT}),
    ("table_rename", ["t", "n", "--if-exists"], {**T, "new_name": "n", **IF}),
    ("table_comment_set", ["t", "it's"], {**T, "comment": "it's", **NOT}),
    ("table_comment_set", ["t", "--if-exists"], {**T, "comment": None, **IF}),
    ("table_column_add", ["t", "price DECIMAL(9,2)"],
     {**T, "column_definition": schema(PRICE), "if_column_not_exists": False, **NOT}),
    ("table_column_add",
     ["t", "id BIGINT NOT NULL", "--default", "1+1", "--comment", "c", "--if-exists", "--if-not-exists"],
     {**T, "column_definition": schema(ID.with_metadata({"default": "1+1", "comment": "c"})),
      "if_column_not_exists": True, **IF}),
    ("table_column_drop", ["t", "c"], {**T, "column_name": "c", "if_column_exists": False, "cascade": False, **NOT}),
    ("table_column_drop", ["t", "c", "--if-exists", "--if-column-exists", "--cascade"],
     {**T, "column_name": "c", "if_column_exists": True, "cascade": True, **IF}),
    ("table_column_rename", ["t", "c", "d", "--if-exists"], {**T, "column_name": "c", "new_column_name": "d", **IF}),
    ("table_column_type_change", ["t", "id BIGINT NOT NULL"],
     {**T, "column_definition": schema(ID), "expression": None, **NOT}),
    ("table_column_type_change", ["t", "name VARCHAR", "--using", "name || 'x'", "--if-exists"],
     {**T, "column_definition": schema(NAME), "expression": "name || 'x'", **IF}),
    ("table_column_comment_set", ["t", "c", "text"], {**T, "column_name": "c", "comment": "text", **NOT}),
    ("table_column_comment_set", ["t", "c", "--if-exists"], {**T, "column_name": "c", "comment": None, **IF}),
    ("table_column_default_set", ["t", "c", "now()", "--if-exists"],
     {**T, "column_name": "c", "expression": "now()", **IF}),
    ("table_column_default_drop", ["t", "c", "--if-exists"], {**T, "column_name": "c", **IF}),
    ("table_column_statistics_get", ["t"], T),
    ("table_not_null_set", ["t", "c", "--if-exists"], {**T, "column_name": "c", **IF}),
    ("table_not_null_drop", ["t", "c"], {**T, "column_name": "c", **NOT}),
    ("table_scan_function_get", [ODD_NAME], {**ODD, **AT}),
    ("table_scan_function_get", ["t", "--at-unit", "TIMESTAMP", "--at", "2024-02-29"],
     {**T, "at_unit": "TIMESTAMP", "at_value": "2024-02-29"}),
    ("table_scan_branches_get", ["t", "--at-unit", "VERSION", "--at", "1"],
     {**T, "at_unit": "VERSION", "at_value": "1"}),
    ("table_insert_function_get", ["t"], {**T, "writable_branch_function_name": None}),
    ("table_insert_function_get", ["t", "--branch", "b"], {**T, "writable_branch_function_name": "b"}),
    ("table_update_function_get", [ODD_NAME], ODD),
    ("table_delete_function_get", ["t"], T),
    ("view_get", [ODD_NAME], ODD),
    ("view_create", ["t", "SELECT 'a;b'"], {**T, "definition": "SELECT 'a;b'", "on_conflict": "ERROR"}),
    ("view_create", ["t", "SELECT 1", "--on-conflict", "ignore"],
     {**T, "definition": "SELECT 1", "on_conflict": "IGNORE"}),
    ("view_drop", ["t", "--if-exists", "--cascade"], {**T, "cascade": True, **IF}),
    ("view_rename", ["t", "new"], {**T, "new_name": "new", **NOT}),
    ("view_comment_set", ["t", "c"], {**T, "comment": "c", **NOT}),
    ("macro_get", [ODD_NAME], ODD),
    ("macro_create", ["t", "1"],
     {**T, "definition": "1", "macro_type": "SCALAR", "parameters": [], "on_conflict": "ERROR",
      "parameter_default_values": None, "arguments_schema": None}),
    ("macro_create",
     [ODD_NAME, "SELECT a + b", "--type", "table", "--parameters", "a,b", "--default", "b:BIGINT=-3", "--default", "a=x",
      "--arguments", "id BIGINT NOT NULL, name VARCHAR", "--on-conflict", "replace"],
     {**ODD, "definition": "SELECT a + b", "macro_type": "TABLE", "parameters": ["a", "b"], "on_conflict": "REPLACE",
      "parameter_default_values": values(b=[-3], a=["x"]), "arguments_schema": schema(ID, NAME)}),
    ("macro_drop", ["t", "--if-exists"], {**T, **IF}),
    ("index_get", [ODD_NAME], ODD),
    ("index_create", ["t", "x", "a"],
     {**T, "table_name": "x", "expressions": ["a"], "index_type": "ART", "constraint_type": "NONE",
      "on_conflict": "ERROR", "options": []}),
    ("index_create",
     ["t", "x", "a, lower(b)", "--type", "HNSW", "--constraint", "unique", "--option", "m=8", "--on-conflict", "ignore"],
     {**T, "table_name": "x", "expressions": ["a", "lower(b)"], "index_type": "HNSW", "constraint_type": "UNIQUE",
      "on_conflict": "IGNORE", "options": [["m", "8"]]}),
    ("index_drop", ["t", "--if-exists", "--cascade"], {**T, "cascade": True, **IF}),
    ("transaction_begin", [], {}),
    ("transaction_commit", ["00ff"], {}),
    ("transaction_rollback", ["00ff"], {}),
    ("attach", [], {}),
    ("contents", ["--if-none-match", "etag"], {"if_none_match": "etag"}),
]  # fmt: skip
NAMES = {"create": "catalog-create", "drop": "catalog-drop", "version": "catalog-version", "contents": "catalog-contents"}
IDENTITY, TRANSACTION = script.UUID + b"full", b"\x00\xff"


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    made = Recorder(tmp_path_factory.mktemp("worker"))
    yield made
    made.close()


def run(worker, method, *words, ok=True):
    command = NAMES.get(method, method.replace("_", "-"))
    done = subprocess.run([str(VGI), command, worker.location, *words], capture_output=True, text=True, timeout=60)
    assert (done.returncode == 0) == ok, done.stderr
    return done


def asked(worker, method):
    """The arguments of the only call of a method."""
    (found,) = [line for line in worker.recorded() if line.get("method") == f"catalog_{method}"]
    return found["arguments"]


def identified(method, expected, transaction):
    columns, _ = script.methods()[f"catalog_{method}"]
    for column in columns:
        if column.name == "attach_opaque_data":
            expected = {**expected, column.name: {"bytes": IDENTITY.hex()}}
        if column.name == "transaction_opaque_data" and column.name not in expected:
            expected = {**expected, column.name: transaction and {"bytes": transaction.hex()}}
    return json.loads(json.dumps(expected))


def test_every_method_has_a_case():
    assert {f"catalog_{method}" for method, _, _ in CASES} == set(METHODS)


@pytest.mark.parametrize(("method", "words", "expected"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)])
def test_command(worker, method, words, expected):
    worker.recorded()
    if f"catalog_{method}" not in script.methods():
        assert "2.1.0" in run(worker, method, "-c", "full", *words, ok=False).stderr
        return
    run(worker, method, "-c", "full", *words)
    arguments = asked(worker, method)
    if method == "attach":
        assert arguments["name"] == "full"
        return
    given = TRANSACTION if method in ("transaction_commit", "transaction_rollback") else None
    assert arguments == identified(method, expected, given)


@pytest.mark.parametrize(("method", "words", "expected"), [
    next(case for case in CASES if case[0] == method)
    for method in ("version", "schemas", "schema_create", "schema_contents_functions", "table_get", "table_create",
                   "table_column_add", "table_insert_function_get", "view_create", "macro_create", "index_create")
], ids=lambda each: each if isinstance(each, str) else "")  # fmt: skip
def test_in_a_transaction(worker, method, words, expected):
    """--attachment and --transaction take the place of a new attachment, and of no transaction: nothing is attached, so
    that the default schema is `main`."""
    if expected.get("schema_path") == MAIN["schema_path"]:
        expected = {**expected, "schema_path": ["main"]}
    worker.recorded()
    words = [*words, "-c", "full", "--attachment", IDENTITY.hex(), "--transaction", TRANSACTION.hex()]
    run(worker, method, *words)
    recorded = worker.recorded()
    assert [line["method"] for line in recorded if line.get("method")] == [f"catalog_{method}"]
    assert recorded[0]["arguments"] == identified(method, expected, TRANSACTION)


# ---- what is printed -------------------------------------------------------------------------------------------------

RECORDS = {
    "catalogs": "CatalogInfo", "table_get": "TableInfo", "view_get": "ViewInfo", "macro_get": "MacroInfo",
    "index_get": "IndexInfo", "schema_get": "SchemaInfo", "attach": "CatalogAttachResult",
    "copy_from_formats": "CopyFromFormatInfo", "table_scan_function_get": "ScanFunctionResult",
    "table_insert_function_get": "WriteFunctionResult", "table_scan_branches_get": "ScanBranch",
}  # fmt: skip


def path_text(path):
    quoted = ('"' + part.replace('"', '""') + '"' for part in path)
    return ".".join(part if part.isalnum() else quote for part, quote in zip(path, quoted, strict=True))


def printed(column, value):
    """How a member is shown, or None where only its size or number is, or it is written as SQL."""
    if value is None or column.type in ("utf8", "bool", "int64", "int32") or column.type in script.SPEC["enums"]:
        return value
    if column.name in ("schema_path", "path", "source_schema_path"):
        return path_text(value)
    if column.type == "list<utf8>":
        return value
    if column.type.startswith("map<"):
        return [f"{key}={item}" for key, item in value]
    if column.type == "list<binary>":
        return len(value)
    return None


@pytest.mark.parametrize("variant", ["full", "odd"])
@pytest.mark.parametrize("method", RECORDS)
def test_what_is_printed(worker, method, variant):
    """Texts, numbers, flags, paths and lists are printed as they are."""
    words = [words for each, words, _ in CASES if each == method][0]
    record = RECORDS[method]
    shown = [json.loads(line) for line in run(worker, method, "-c", variant, *words, "-o", "json").stdout.splitlines()]
    rows = [script.row(record, each) for each in (script.VARIANTS if method == "catalogs" else [variant])]
    if method == "attach":
        rows[0]["attach_opaque_data"] = (script.UUID + variant.encode())
    compared = 0
    for row, line in zip(rows, shown, strict=False):
        for column in script.RECORDS[record]:
            if column.in_minor(script.MINOR) and column.name in line:
                expected = printed(column, row[column.name])
                if expected is not None:
                    assert line[column.name] == expected, column.name
                    compared += 1
    assert compared >= 3


def test_the_enums_of_functions_are_printed(worker):
    (line, _) = run(worker, "schema_contents_functions", "-c", "full", "main", "scalar-function", "-o",
                    "json").stdout.splitlines()  # fmt: skip
    row = script.row("FunctionInfo", "full")
    for name in ("stability", "null_handling", "function_type"):
        assert json.loads(line)[name] == row[name]


@pytest.mark.parametrize(("words", "said"), [
    (["table-create", "t", "id BIGINT", "--foreign-key", "id"], "REFERENCES TABLE"),
    (["table-create", "t", "id BIGINT", "--foreign-key", "id REFERENCES (x)"], "REFERENCES TABLE"),
    (["table-create", "t", "id BIGINT", "--foreign-key", "id REFERENCES p(x) y"], "REFERENCES TABLE"),
    (["table-create", "t", "id BIGINT", "--foreign-key", "id REFERENCES p(x,y)"], "REFERENCES TABLE"),
    (["table-create", "t", "id BIGINT", "--foreign-key", " REFERENCES p()"], "REFERENCES TABLE"),
    (["table-create", "t", "id BIGINT", "--foreign-key", "other REFERENCES p(x)"], "no column 'other'"),
    (["table-create", "t", "id BIGINT", "--default", "idd=1"], "no column 'idd'"),
    (["table-column-add", "t", "id BIGINT, name VARCHAR"], "one column"),
], ids=str)  # fmt: skip
def test_mistakes(worker, words, said):
    """They are told, and the worker is not asked."""
    worker.recorded()
    done = subprocess.run([str(VGI), words[0], worker.location, "-c", "full", *words[1:]], capture_output=True,
                          text=True, timeout=60)  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert not [line for line in worker.recorded() if line.get("method", "").startswith("catalog_table_")]
