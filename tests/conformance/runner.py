"""The official runner against the conformance worker on every raw transport: runner.py REVISION [--all | --valgrind]

Its counts are asserted, as are the names of what it skips: 106 tests pass, and only those of the HTTP response cap are
skipped. --all runs the one test that the quick run leaves out, a value of 2^31 + 1 bytes. --valgrind runs the quick
run's tests over stdio and unix sockets with the worker under memcheck: errors, leaks and descriptors left open fail.
"""

import collections
import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import worker

PASSED, SKIPPED = 106, 6
LARGE = "large_payload.echo_binary_over_int32_max"
SECONDS = 30  # a test may take, on a machine that has much else to do
TRANSPORTS = ("pipe", "shm", "log", "unix", "unix_threaded", "tcp")
LARGE_TRANSPORTS = ("pipe", "unix", "tcp")
VALGRIND_TRANSPORTS = ("pipe", "unix", "unix_threaded")


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


def run_quick(revision, folder, names, seconds=SECONDS):
    for name in names:
        with transport(name, revision, folder) as where:
            counts = run(where, f"{folder}/{name}.json", "--filter", "!" + LARGE, seconds=seconds)
        assert counts == {"passed": PASSED, "skipped": SKIPPED}, (name, counts)
        print(f"{counts['passed']} passed over {name}")
        print(f"AGREED SKIPS: {counts['skipped']} http_response_cap, which only HTTP has")


def complaints(text):
    """What memcheck says of errors and leaks, and of descriptors other than those that the process was started with."""
    text = re.sub(r"^==\d+== ?", "", text, flags=re.MULTILINE)
    blocks = [block.strip() for block in re.split(r"\n(?=\n|FILE DESCRIPTORS|Open )", text)]
    return [block for block in blocks
            if block and not block.startswith("FILE DESCRIPTORS") and "<inherited from parent>" not in block]


def prove_valgrind(folder):
    """A descriptor left open must be seen; what else memcheck finds, it says in the same file."""
    text = pathlib.Path(folder) / "proof"
    subprocess.run(["valgrind", "--quiet", "--track-fds=yes", f"--log-file={text}", "sh", "-c", "exec 5</dev/null"],
                   stdin=subprocess.DEVNULL, check=True)
    assert len(complaints(text.read_text())) == 1, text.read_text()


def run_valgrind(revision, folder):
    """Nobody reads the exit status of a worker on stdio: memcheck writes a file a process, and each is read."""
    if not shutil.which("valgrind"):
        print("SKIPPED: there is no valgrind; scripts/setup test installs it")
        sys.exit(77)
    worker.PREFIX = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--track-fds=yes",
                     "--show-leak-kinds=definite,indirect", "--errors-for-leak-kinds=definite,indirect",
                     f"--log-file={folder}/memcheck.%p"]
    prove_valgrind(folder)
    run_quick(revision, folder, VALGRIND_TRANSPORTS, seconds=300)
    logs = sorted(pathlib.Path(folder).glob("memcheck.*"))
    assert len(logs) >= len(VALGRIND_TRANSPORTS), f"{len(logs)} processes ran under memcheck"
    said = [complaint for log in logs for complaint in complaints(log.read_text())]
    if said:
        sys.exit("\n\n".join(said))
    print(f"{len(logs)} passed: processes that memcheck has nothing to say of")


def main():
    revision, *options = sys.argv[1:]
    os.environ.update(ARROW_DEFAULT_MEMORY_POOL="system", GLIBC_TUNABLES="glibc.malloc.hugetlb=1")
    with tempfile.TemporaryDirectory() as folder:
        if options == ["--all"]:
            for name in LARGE_TRANSPORTS:
                with transport(name, revision, folder) as where:
                    counts = run(where, f"{folder}/all.json", "--filter", LARGE, seconds=300)
                assert counts == {"passed": 1, "skipped": 0}, (name, counts)
                print(f"1 passed over {name}")
        elif options == ["--valgrind"]:
            run_valgrind(revision, folder)
        else:
            run_quick(revision, folder, TRANSPORTS)


main()
