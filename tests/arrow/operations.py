"""Random streams through the modes of arrow_tool: operations.py COUNT

What is copied value by value, cut into slices, or passed through the C data interface must be what it was; where rows are
invisible, they are NULL and the others are what they were.
"""

import os
import pathlib
import subprocess
import sys

import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, seed, settings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "ipc"))
from random_streams import batches, read, write  # noqa: E402

TOOL = os.environ["VGI_ARROW_TOOL"]


def run(mode, data):
    done = subprocess.run([TOOL, mode], input=data, capture_output=True, timeout=20)
    assert done.returncode == 0, f"{mode}: " + done.stderr[-1000:].decode("utf8", "replace")
    return read(done.stdout)


def check_equal(mode, content):
    schema, expected = content
    got_schema, got = run(mode, write(schema, expected, {}))
    assert got_schema.equals(schema, check_metadata=True), f"{mode}: {got_schema}\n!=\n{schema}"
    assert len(got) == len(expected)
    for (batch, metadata), (want, want_metadata) in zip(got, expected):
        if mode != "copy" or not any(b"\0" in key for key in want_metadata):  # vgi_out_metadata takes a C string
            assert metadata == want_metadata, (metadata, want_metadata)
        same = batch.equals(want, check_metadata=True) or (mode == "copy" and batch.to_pylist() == want.to_pylist())
        assert same, f"{mode}: {batch.to_pylist()} != {want.to_pylist()}"  # copy orders nested dictionaries anew


def check_slices(content):
    schema, expected = content
    got_schema, got = run("slices", write(schema, expected, {}))
    assert got_schema.equals(schema, check_metadata=True)
    for want, _ in expected:
        begin, size = 0, 1
        while begin < want.num_rows or size == 1:
            batch = got.pop(0)[0]
            part = want.slice(begin, size)
            assert batch.equals(part), f"{batch.to_pylist()} != {part.to_pylist()}"
            begin, size = begin + size, size + 1
    assert not got


def check_shown(content):
    schema, expected = content
    _, got = run("show", write(schema, expected, {}))
    for (batch, _), (want, _) in zip(got, expected, strict=True):
        for column, original in zip(batch.columns, want.columns):
            for i in range(want.num_rows):
                if i % 3 != 1:  # pyarrow calls equal values unequal where nested dictionaries are in another order
                    same = column.slice(i, 1).equals(original.slice(i, 1)) or column[i].as_py() == original[i].as_py()
                    assert same, f"row {i} of {column} is not {original}"
                elif pa.types.is_union(column.type):  # has no validity: a member is NULL
                    assert column[i].as_py() is None
                else:
                    assert not column[i].is_valid, f"row {i} of {column} is not NULL"


done = 0


@seed(21)
@settings(max_examples=int(sys.argv[1]), deadline=None, database=None, suppress_health_check=list(HealthCheck),
          phases=[Phase.generate])
@given(batches())
def operations(content):
    global done
    done += 1
    check_equal("copy", content)
    if not any("\0" in name for name in content[0].names):  # the C data interface cannot carry such a name
        check_equal("abi", content)
    check_slices(content)
    check_shown(content)


operations()
print(f"{done} streams came back as they should")
sys.exit(0 if done >= int(sys.argv[1]) // 2 else 1)
