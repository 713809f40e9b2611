"""Streams that others wrote, decoded and encoded by ipc_cat, hold what pyarrow reads in them: goldens.py own | public

Compared are schema with metadata, every batch with its values and its custom metadata. What is refused must be refused
by the name of what is not supported.
"""

import subprocess
import sys

import pyarrow as pa

import streams
from unsupported import UNSUPPORTED


def contents(data):
    reader = pa.ipc.open_stream(data)
    batches = []
    while True:
        try:
            batch, metadata = reader.read_next_batch_with_custom_metadata()
        except StopIteration:
            return reader.schema, batches
        batches.append((batch, sorted(metadata.items()) if metadata else []))


def difference(path):
    """What is wrong, or None; and whether the stream was refused as not supported."""
    data = path.read_bytes()
    try:
        expected = contents(data)
    except Exception:  # not a stream that can be compared
        return None, True
    run = subprocess.run([streams.BIN / "ipc_cat"], input=data, capture_output=True, timeout=60)
    complaint = run.stderr.decode("utf8", "replace").strip()
    if run.returncode != 0:
        known = run.returncode == 1 and UNSUPPORTED.match(complaint)
        return (None, True) if known else (f"exit {run.returncode}: {complaint[-500:]}", False)
    got = contents(run.stdout)
    if not got[0].equals(expected[0], check_metadata=True):
        return f"the schema differs:\n{got[0]}\n----\n{expected[0]}", False
    if len(got[1]) != len(expected[1]):
        return f"{len(got[1])} batches, not {len(expected[1])}", False
    for i, ((batch, metadata), (want, want_metadata)) in enumerate(zip(got[1], expected[1])):
        if metadata != want_metadata:
            return f"batch {i}: metadata {metadata}, not {want_metadata}", False
        if not batch.equals(want):
            return f"batch {i} differs", False
    return None, False


def main():
    public = sys.argv[1] == "public"
    if public:
        streams.need_public()
    failures, compared, refused = [], 0, 0
    for path in streams.files(streams.PUBLIC / "integration" if public else streams.OWN):
        wrong, unsupported = difference(path)
        refused += unsupported
        compared += not unsupported
        if wrong:
            failures.append(f"{path.parent.name}/{path.name}: {wrong}")
    if compared < (55 if public else 60):
        failures.append(f"only {compared} streams were compared")
    streams.finish(failures, f"{compared} streams equal, {refused} refused as not supported")


main()
