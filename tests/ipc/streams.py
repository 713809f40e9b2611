"""What the IPC test scripts share: where streams lie, how a decoder is run, what pyarrow says to the same bytes."""

import os
import pathlib
import subprocess
import sys

import pyarrow as pa

BIN = pathlib.Path(os.environ["VGI_BIN_DIR"])
SOURCE = pathlib.Path(os.environ["VGI_SOURCE_DIR"])
OWN = SOURCE / "tests" / "fuzz" / "corpus" / "ipc"
SHARED = SOURCE.parent / "shared"
PUBLIC = SHARED / "data" / "arrow-testing" / "arrow-ipc-stream"
NOT_STREAMS = {".md", ".gz", ".json", ".arrow_file"}


def files(folder):
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix not in NOT_STREAMS)


def need_public():
    """Ends the script where the public corpus is not there: skipped, or failed where CI=true demands it."""
    if PUBLIC.is_dir():
        return
    if os.environ.get("CI") == "true":
        sys.exit(f"FAILED: CI=true demands the public corpus at {PUBLIC}")
    print(f"SKIPPED: no public Arrow corpus at {PUBLIC}")
    sys.exit(77)


def oracle(data):
    """None where pyarrow reads the stream and validates it in full, else its complaint."""
    try:
        for batch in pa.ipc.open_stream(data):
            batch.validate(full=True)
        return None
    except Exception as e:  # whatever pyarrow raises is a refusal
        return f"{type(e).__name__}: {e}".replace("\n", " ")[:200]


def probe(path, timeout=20):
    """('accept' | 'reject' | 'crash', text) of ipc_probe on a file."""
    try:
        run = subprocess.run([BIN / "ipc_probe", path], capture_output=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return "crash", f"no answer within {timeout} s"
    text = run.stdout.decode("utf8", "replace").strip()
    if run.returncode == 0:
        return "accept", text
    return ("reject", text) if run.returncode == 1 and text else ("crash", f"exit {run.returncode}: {text}")


def finish(failures, done):
    """Prints, and exits 1 where there are failures or nothing was done."""
    for failure in failures[:50]:
        print(failure)
    print(f"{done}; {len(failures)} failures")
    sys.exit(1 if failures else 0)
