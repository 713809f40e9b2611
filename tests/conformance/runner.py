"""The official runner against the conformance worker on every raw transport: runner.py REVISION [--all]

Its counts are asserted, as are the names of what it skips: 106 tests pass, and only those of the HTTP response cap are
skipped. --all adds the one test that the quick run leaves out, a value of 2^31 + 1 bytes over stdio.
"""

import collections
import contextlib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

import worker

PASSED, SKIPPED = 106, 6
LARGE = "large_payload.echo_binary_over_int32_max"
SECONDS = 30  # a test may take, on a machine that has much else to do


def run(where, report, *options, seconds=SECONDS):
    """One run; fails but where it passed what it must. Prints a line."""
    program = pathlib.Path(sys.executable).parent / "vgi-rpc-test"
    done = subprocess.run([program, *where, *options, "--timeout", str(seconds), "--format", "json", "-o", report],
                          capture_output=True, text=True)
    if not pathlib.Path(report).exists():
        sys.exit(f"{' '.join(where)}: no report; exit status {done.returncode}\n{done.stdout}{done.stderr}")
    results = json.loads(pathlib.Path(report).read_text())["results"]
    skipped = [r["name"] for r in results if r["skipped"]]
    failed = [f"{r['name']}: {r['error']}" for r in results if not r["passed"] and not r["skipped"]]
    if failed or done.returncode != 0:
        sys.exit("\n".join([f"{where}: exit status {done.returncode}", *failed, done.stdout, done.stderr]))
    assert all(name.startswith("http_response_cap.") for name in skipped), skipped
    return collections.Counter(passed=len(results) - len(skipped), skipped=len(skipped))


@contextlib.contextmanager
def transport(name, revision, folder):
    """The runner's words for one transport, over a worker that ends with the context."""
    stdio = shlex.join(worker.command(revision))
    if name == "pipe":
        yield ["--cmd", stdio]
    elif name == "shm":
        yield ["--cmd", stdio, "--shm", str(4 << 20)]
    elif name == "log":
        log = f"{folder}/access.jsonl"
        yield ["--cmd", shlex.join(worker.command(revision, "--access-log", log)), "--access-log", log]
    elif name == "tcp":
        with worker.tcp(revision) as (_, address):
            yield ["--tcp", address]
    else:
        with worker.unix(revision, *(["--threaded"] if name == "unix_threaded" else [])) as (_, path):
            yield ["--unix", path]


def main():
    revision, *options = sys.argv[1:]
    os.environ.update(ARROW_DEFAULT_MEMORY_POOL="system", GLIBC_TUNABLES="glibc.malloc.hugetlb=1")
    with tempfile.TemporaryDirectory() as folder:
        if options == ["--all"]:
            with transport("pipe", revision, folder) as where:
                counts = run(where, f"{folder}/all.json", "--filter", LARGE, seconds=300)
            assert counts == {"passed": 1, "skipped": 0}, counts
            print(f"{LARGE}: 1 passed")
            return
        for name in ("pipe", "shm", "log", "unix", "unix_threaded", "tcp"):
            with transport(name, revision, folder) as where:
                counts = run(where, f"{folder}/{name}.json", "--filter", "!" + LARGE)
            assert counts == {"passed": PASSED, "skipped": SKIPPED}, (name, counts)
            print(f"{name}: {counts['passed']} passed")
            print(f"AGREED SKIPS: {counts['skipped']} http_response_cap, which only HTTP has")


main()
