"""Random streams through ipc_cat, unchanged: roundtrip.py COUNT

Hypothesis draws a schema (any type, nested, dictionaries at any depth, metadata), batches (also sliced and empty) with
custom metadata, and how pyarrow writes them (plain, zstd, lz4, metadata V4). What comes back must be equal in schema,
values and metadata, and valid.
"""

import subprocess
import sys

from hypothesis import HealthCheck, given, seed, settings

import streams
from random_streams import OPTIONS, batches, read, write

done = 0


@seed(20)
@settings(max_examples=int(sys.argv[1]), deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(batches(), OPTIONS)
def round_trip(content, options):
    global done
    done += 1
    schema, expected = content
    data = write(schema, expected, options)
    run = subprocess.run([streams.BIN / "ipc_cat"], input=data, capture_output=True, timeout=20)
    assert run.returncode == 0, run.stderr[-1000:].decode("utf8", "replace")
    got_schema, got = read(run.stdout)
    assert got_schema.equals(schema, check_metadata=True), f"{got_schema}\n!=\n{schema}"
    assert len(got) == len(expected)
    for (batch, metadata), (want, want_metadata) in zip(got, expected):
        assert metadata == want_metadata, (metadata, want_metadata)
        assert batch.equals(want, check_metadata=True), f"{batch.to_pylist()} != {want.to_pylist()}"


round_trip()
print(f"{done} streams came back equal")
sys.exit(0 if done >= int(sys.argv[1]) // 2 else 1)
