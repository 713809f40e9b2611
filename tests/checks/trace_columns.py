"""What `vgi trace` opens (tools/vgi/trace_value.c) against what the protocol's columns hold (src/protocol/vgi.json).

A column that holds a record, a batch or a schema must have a row in the trace's table, or stand below with the reason why
it is hashed. A row must be of a column that there is, and of none that is opaque in another record.

With --self-test, no file is read, and the check is shown to find what it is for."""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Never opened, though their bytes are a record.
SECRET = {
    ("secrets", False): "values of secrets",
    ("values", False): "values of a secret that was looked up",
}
# Opened by their meaning: vgi.json says binary, and no more.
BY_MEANING = {(name, False) for name in (
    "request", "result",  # the records of unary calls
    "column_definition", "column_statistics", "schema",
    "functions", "indexes", "macros", "schemas", "tables", "views",  # listings as one batch
)} | {(name, True) for name in (
    "aggregate_functions", "indexes", "scalar_functions", "scalar_macros", "table_functions", "table_macros", "tables", "views",
)}


def read_protocol(source):
    """{(column, in a list): {True: where it holds something, False: where it is opaque}}"""
    found = {}
    methods = {name: method.get("params", []) for name, method in source["methods"].items()}
    for record, fields in [*source["records"].items(), *methods.items()]:
        for field in fields:
            name, rest = field.split(": ", 1)
            if "binary" in rest.split(",")[0].split(" = ")[0]:
                place = found.setdefault((name, rest.startswith("list<")), {True: [], False: []})
                place["carries" in rest].append(record)
    return found


def read_rules(text):
    """{(column, in a list): opened}"""
    rows = re.findall(r'\{"(\w+)", (TRACE_\w+), (TRACE_\w+)\}', text)
    return {(name, in_list): rule != "TRACE_HASH" for name, *rules in rows for in_list, rule in zip((False, True), rules)}


def check(columns, rules):
    mistakes = []
    for place, where in sorted(columns.items()):
        name = place[0] + (" (a list)" if place[1] else "")
        opened = rules.get(place, False)
        if where[True] and not opened and place not in SECRET:
            mistakes.append(f"{name} of {', '.join(where[True])} holds something, and the trace hashes it")
        if place in SECRET and opened:
            mistakes.append(f"{name}: {SECRET[place]}, and the trace opens it")
        if where[False] and opened and place not in BY_MEANING:
            mistakes.append(f"{name} of {', '.join(where[False])} is opaque, and the trace opens it")
    for place, opened in sorted(rules.items()):
        if opened and place not in columns and place not in BY_MEANING:
            mistakes.append(f"{place[0]}{' (a list)' if place[1] else ''}: no such column, and the trace opens it")
    return mistakes


def self_test():
    columns = read_protocol({"records": {"A": ["a: binary, carries batch", "b: list<binary>? = null, carries B",
                                                "secrets: binary?, carries batch", "c: binary"]}, "methods": {"m": {"params": ["d: int64", "e: binary"]}}})
    good = 'X[] = {{"a", TRACE_OPEN, TRACE_HASH}, {"b", TRACE_HASH, TRACE_HIDE}, {"request", TRACE_OPEN, TRACE_HASH}'
    assert check(columns, read_rules(good)) == [], check(columns, read_rules(good))
    for changed, said in ((good.replace('"a"', '"z"'), "a of A holds"), (good.replace("HIDE", "HASH"), "b (a list) of A"),
                          (good.replace('"a"', '"z"'), "z: no such column"),
                          (good + '{"e", TRACE_OPEN, TRACE_HASH}', "e of m is opaque"),
                          (good + '{"c", TRACE_OPEN, TRACE_HASH}', "c of A is opaque"),
                          (good + '{"secrets", TRACE_HIDE, TRACE_HASH}', "secrets: values of secrets")):
        assert any(said in mistake for mistake in check(columns, read_rules(changed))), said


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    columns = read_protocol(json.loads((ROOT / "src/protocol/vgi.json").read_text()))
    rules = read_rules((ROOT / "tools/vgi/trace_value.c").read_text())
    mistakes = check(columns, rules) if columns and rules else ["the sources cannot be read"]
    for mistake in mistakes:
        print(mistake)
    return 1 if mistakes else 0


sys.exit(main())
