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


class Probe:
    """ipc_probe on file after file: ('accept' | 'reject' | 'crash', text) of each."""

    def __init__(self):
        environment = dict(os.environ)
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):  # their own exit status would be 1, that of a refusal
            environment[name] = f"{environment.get(name, '')}:exitcode=99"
        self.process = subprocess.Popen([BIN / "ipc_probe", "--many"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=environment)

    def __call__(self, path):
        self.process.stdin.write(f"{path}\n".encode())
        self.process.stdin.flush()
        lines = []
        while not (line := self.process.stdout.readline()).startswith(b"= "):
            if not line:
                sys.exit(f"ipc_probe ended at {path}")
            lines.append(line)
        text, code = b"".join(lines).decode("utf8", "replace").strip(), int(line[2:])
        if code == 0:
            return "accept", text
        return ("reject", text) if code == 1 and text else ("crash", f"exit {code}: {text[-2000:]}")


def finish(failures, done):
    """Prints, and exits 1 where there are failures or nothing was done."""
    for failure in failures[:50]:
        print(failure)
    print(f"{done}; {len(failures)} failures")
    sys.exit(1 if failures else 0)
