"""Makes corpus/filter: documents of filters (encoding v2), as JSON over the values of fuzz_filter.c, and two whole.

  make_filter_corpus.py [DIRECTORY]      (default: corpus/filter beside this script)
"""

import json
import pathlib
import sys

import pyarrow as pa

NAMES = ["n", "i", "s", "b", "d", "dec", "l", "t", "u", "h", "e"]


def column(name):
    return {"node": "column_ref", "column_index": NAMES.index(name), "column_name": name}


def literal(number):
    return {"node": "literal", "value_ref": number}


def compare(op, left, right):
    return {"node": "comparison", "op": op, "left": left, "right": right}


def call(function, *arguments):
    return {"node": "call", "function": function, "arguments": list(arguments)}


def cast(of, number):
    return {"node": "cast", "expression": of, "type_ref": number}


def arithmetic(op, left, right):
    return {"node": "arithmetic", "op": op, "left": left, "right": right}


FIELD = {"node": "field_ref", "expression": column("t"), "field_index": 0, "field_name": "a"}
EXPRESSIONS = {
    "comparisons": {"node": "and", "children": [
        compare(op, column(name), literal(number)) for op, name, number in
        (("ge", "n", 0), ("lt", "s", 1), ("ne", "d", 3), ("distinct_from", "dec", 4), ("le", "i", 5))]},
    "or": {"node": "or", "children": [column("b"), {"node": "not", "expression": column("b")}]},
    "null": {"node": "is_null", "expression": column("h"), "negated": True},
    "in": {"node": "in", "expression": column("n"), "set": {"kind": "literal", "value_ref": 2}, "negated": True},
    "external": {"node": "in", "expression": column("n"), "negated": False,
                 "set": {"kind": "external", "batch_index": 0, "column_index": 0, "column_name": "k"}},
    "field": compare("not_distinct_from", FIELD, literal(0)),
    "enum": compare("eq", column("e"), literal(1)),
    "starts": call("starts_with", column("s"), literal(1)),
    "ends": call("ends_with", column("s"), literal(1)),
    "contains": call("contains", column("s"), literal(1)),
    "list": call("list_contains", column("l"), literal(0)),
    "spatial": call({"namespace": "duckdb.spatial", "name": "intersects_extent", "version": 1}, column("s"), literal(1)),
    "casts": compare("gt", cast(cast(cast(column("n"), 0), 1), 2), cast(literal(3), 2)),
    "arithmetic": compare("lt", arithmetic("multiply", column("n"), arithmetic("add", column("n"), literal(0))),
                          {"node": "negate", "expression": literal(0)}),
    "divide": compare("lt", arithmetic("divide", column("n"), literal(0)), literal(0)),
    "tests": compare("eq", column("b"), compare("eq", column("n"), literal(0))),
    "runtime": {"node": "runtime_filter", "algorithm": {"namespace": "duckdb.runtime_filter", "name": "bloom", "version": 1},
                "input": column("n"), "artifact_ref": 0, "null_handling": "pass"},
}


def document(kind, entries):
    return {"encoding": "vgi.filters.v2", "semantics": "vgi.duckdb.standard.v1", "kind": kind,
            "predicates" if kind == "snapshot" else "updates": entries}


def predicate(expression, mode="required", name="query:0"):
    return {"id": name, "revision": 0, "mode": mode, "source": "query", "expression": expression}


def upsert(expression, name="top_n:0"):
    return {"operation": "upsert", "id": name, "revision": 1, "mode": "advisory", "source": "top_n",
            "expression": expression}


def whole(text):
    """The document with its values, as it travels."""
    fields = [pa.field("filter_spec", pa.string(), nullable=False), pa.field("value_0", pa.int64()),
              pa.field("value_2", pa.list_(pa.int64()))]
    schema = pa.schema(fields, {"vgi_filter_encoding": "vgi.filters.v2", "vgi_filter_version": "2",
                                "vgi_evaluation_context": "vgi.none.v1"})
    batch = pa.record_batch([[text], pa.array([1], pa.int64()), pa.array([[1, None]], pa.list_(pa.int64()))], schema)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "corpus/filter")
    folder.mkdir(parents=True, exist_ok=True)
    for name, expression in EXPRESSIONS.items():
        mode = "advisory" if name in ("runtime", "spatial", "divide") else "required"
        (folder / name).write_text(json.dumps(document("snapshot", [predicate(expression, mode)])))
    every = [predicate(e, "advisory", name) for name, e in EXPRESSIONS.items() if name not in ("external", "runtime")]
    (folder / "every").write_text(json.dumps(document("snapshot", every)))
    updates = [upsert(EXPRESSIONS["comparisons"]), upsert(EXPRESSIONS["in"], "join:0"),
               {"operation": "remove", "id": "join:1", "revision": 3}]
    (folder / "delta").write_text(json.dumps(document("delta", updates)))
    (folder / "whole").write_bytes(whole(json.dumps(document("snapshot", [predicate(EXPRESSIONS["in"])]))))
    (folder / "whole_delta").write_bytes(whole(json.dumps(document("delta", [upsert(EXPRESSIONS["in"])]))))


if __name__ == "__main__":
    main()
