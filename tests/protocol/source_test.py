"""vgi.json says the same as the protocol's published description: every record, method and enum of 2.0, 2.1 and 2.2.

The description lies beside the project (../shared/protocol); without it the test is skipped by name.
"""

import copy
import json
import re

import pyarrow as pa
import pytest

from records import MINORS, PARAMS, RECORDS, SOURCE, SPEC, VERSIONS, schema_of

FOLDER = SOURCE.parent / "shared/protocol"
if not (FOLDER / "vgi-2.0.json").exists():
    pytest.skip("../shared/protocol/vgi-2.0.json is not there", allow_module_level=True)

WORDS = {"utf8": pa.utf8(), "string": pa.utf8(), "binary": pa.binary(), "large_binary": pa.large_binary(),
         "bool": pa.bool_(), "int16": pa.int16(), "int32": pa.int32(), "int64": pa.int64(), "uint64": pa.uint64(),
         "double": pa.float64(), "timestamp[us, tz=UTC]": pa.timestamp("us", tz="UTC")}
# These two travel inside other records only, and there the published description has uint64.
NESTED_ONLY = {"FilterFunctionCapability": "version", "RuntimeFilterAlgorithmCapability": "version"}


def split(text):
    """The parts of a comma-separated list, brackets respected."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "<[") - (c in ">]")
        if c == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    return parts + [text[start:].strip()]


def arrow_type(text):
    if text in WORDS:
        return WORDS[text]
    word, inner = re.fullmatch(r"(\w+)<(.*)>", text).groups()
    if word == "list":
        return pa.list_(arrow_type(inner))
    if word == "struct":
        members = [re.fullmatch(r"(\w+): (.*?)( not null)?", member) for member in split(inner)]
        return pa.struct([pa.field(m[1], arrow_type(m[2]), not m[3]) for m in members])
    return {"map": pa.map_, "dictionary": pa.dictionary}[word](*map(arrow_type, split(inner)))


def fields_to_schema(fields):
    return pa.schema([pa.field(f["name"], arrow_type(f["type"]), f["nullable"]) for f in fields])


def described():
    """The published description, once a minor version."""
    current = json.loads((FOLDER / "vgi-2.0.json").read_text())
    current = {"records": {n: r["fields"] for n, r in current["records"].items()}, "enums": current["enums"],
               "methods": {m["name"]: m for m in current["methods"]}}
    yield current
    for step in json.loads((FOLDER / "vgi-2.2.delta.json").read_text())["steps"].values():
        current = copy.deepcopy(current)
        current["methods"].update({m["name"]: m for m in step["methods_added"]})
        current["records"].update({n: r["fields"] for n, r in step["records_added"].items()})
        for name, change in step["records_changed"].items():
            fields = [change["fields_changed"].get(f["name"], {"to": f})["to"] for f in current["records"][name]
                      if f["name"] not in change["fields_removed"]]
            for field in sorted(change["fields_added"], key=lambda f: f["position"]):
                fields.insert(field["position"], field)
            current["records"][name] = fields
        yield current


DESCRIBED = list(described())


@pytest.mark.parametrize("minor", MINORS)
def test_records(minor):
    for name, fields in DESCRIBED[minor]["records"].items():
        want, have = fields_to_schema(fields), schema_of(RECORDS[name], minor)
        if name in NESTED_ONLY:
            i = want.get_field_index(NESTED_ONLY[name])
            assert want.field(i).type == pa.int64() and have.field(i).type == pa.uint64()
            want = want.set(i, pa.field(NESTED_ONLY[name], pa.uint64(), False))
        assert have.equals(want), name
    assert set(DESCRIBED[-1]["records"]) == set(RECORDS)


@pytest.mark.parametrize("minor", MINORS)
def test_defaults(minor):
    """What is absent means the same; random ids have no default here, and nullable columns none but null."""
    for name, fields in DESCRIBED[minor]["records"].items():
        columns = {c.name: c for c in RECORDS[name] if c.in_minor(minor)}
        for field in fields:
            column, default = columns[field["name"]], field.get("default")
            if str(default).startswith("random"):
                assert not column.has_default, (name, field)
                continue
            if column.nullable:
                assert column.default is None, (name, field)
                continue
            if isinstance(default, dict) and default:
                default = default.get("enum", bytes.fromhex(default.get("bytes_hex", "")).decode())
            assert (column.has_default, column.default) == ("default" in field, default), (name, field)


@pytest.mark.parametrize("minor", MINORS)
def test_methods(minor):
    version = VERSIONS[minor].rsplit(".", 1)[0]
    ours = {name: m for name, m in SPEC["methods"].items() if m.get("since", "2.0") <= version}
    assert set(ours) == set(DESCRIBED[minor]["methods"])
    for name, method in ours.items():
        theirs = DESCRIBED[minor]["methods"][name]
        assert (method.get("kind", "unary") == "unary") == (theirs["kind"] == "unary")
        if "request" in method:
            (field,) = theirs["request"]
            assert (field["name"], field["carries"]) == ("request", f"record:{method['request']}")
        else:
            have = schema_of(PARAMS.get(name + "_params", []), minor)
            assert have.equals(fields_to_schema(theirs["request"])), name
        if theirs["kind"] != "unary":
            assert method["header"] == theirs["header"]["record"]
            continue
        result = method.get("result", "")
        assert bool(theirs["response"]) == bool(result), name
        for field in theirs["response"]:
            assert (field["type"], field["nullable"]) == ("binary", result.endswith("?")), name
            assert field["carries"].split(":")[1] == result.rstrip("?"), name


def test_enums():
    for name, members in SPEC["enums"].items():
        assert DESCRIBED[0]["enums"][name]["spellings"] == members
