"""What a run of the tests has written must hold no secret: leaks.py clear FOLDER | check FOLDER LOG | self-test

Every worker that a test starts logs all its calls into a file of FOLDER (cmake/python_tests.cmake), ctest collects what the
tests and their workers print in LOG. After the last test both are searched for the secrets that tests plant
(support/planted.py), and every record for values that are longer than an identifier may be. --self-test shows that each kind
of leak is found.
"""

import json
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from planted import leaks, planted, self_test  # noqa: E402

SHORT_ID = re.compile("[0-9a-f]{12}")
IDS = {"attach_id": SHORT_ID, "transaction_id": SHORT_ID, "server_id": SHORT_ID, "request_id": re.compile("[0-9a-f]{16}"),
       "trace_id": re.compile("[0-9a-f]{32}"), "span_id": re.compile("[0-9a-f]{16}")}  # fmt: skip
OTHERS = {"timestamp", "level", "logger", "event", "method", "catalog", "data_version_spec", "implementation_version_spec",
          "data_version", "implementation_version", "options", "duration_ms", "status", "error_type", "error_code",
          "dropped_records"}  # fmt: skip
LONG = re.compile("[0-9a-fA-F]{24}|[A-Za-z0-9+/_-]{40}")  # opaque data begins with 17 bytes
COUNTED = 5


def faults_of_record(line):
    """What is wrong with a record of the log."""
    try:
        record = json.loads(line)
    except ValueError:
        return ["no JSON"]
    faults = [f"unknown field {name}" for name in record if name not in OTHERS and name not in IDS]
    faults += [f"{name} is no identifier" for name, form in IDS.items() if name in record and not form.fullmatch(record[name])]
    for name in ("method", "error_type", "error_code", "event"):
        if LONG.search(str(record.get(name, ""))):
            faults.append(f"{name} holds a long value")
    return faults


def faults_of(path, is_log):
    """Faults of a file, without what was found: it would be printed into the next file that is searched."""
    data = path.read_bytes()
    faults = [f"a planted secret, {spelling}, at byte {at}" for spelling, at in leaks(data)]
    for number, line in enumerate(data.decode(errors="replace").splitlines() if is_log else [], 1):
        faults += [f"line {number}: {fault}" for fault in faults_of_record(line)]
    return [f"{path.name}: {fault}" for fault in faults[:COUNTED]] + ["..."] * (len(faults) > COUNTED)


def check(folder, printed):
    """All faults, and how many files and records were read."""
    logs = sorted(folder.glob("*.jsonl"))
    running = printed.with_name(printed.name + ".tmp")  # while ctest runs
    files = [path for path in (running if running.exists() else printed,) if path.exists()]
    faults = [fault for path in logs for fault in faults_of(path, True)]
    faults += [fault for path in files for fault in faults_of(path, False)]
    return faults, len(logs) + len(files), sum(path.read_bytes().count(b"\n") for path in logs)


def check_itself():
    self_test()
    good = {"timestamp": "t", "event": "catalog.attach", "attach_id": "0123456789ab", "server_id": "0123456789ab"}
    long = "02" + "ab" * 20
    leaking = [{"attach_id": long}, {"transaction_id": "0123456789abcdef"}, {"attach_id": planted()}, {"method": long},
               {"options": {"token": planted("token")}}, {"catalog": planted().encode().hex()}, {"error_message": "x"}]  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        log, printed = folder / "test.jsonl", folder / "LastTest.log"
        log.write_text(json.dumps(good) + "\n")
        printed.with_name("LastTest.log.tmp").write_text("worker: all is well\n")
        assert check(folder, printed) == ([], 2, 1)
        for more in leaking:
            log.write_text(json.dumps(good) + "\n" + json.dumps({**good, **more}) + "\n")
            assert check(folder, printed)[0], more
        log.write_text(json.dumps(good) + "\n")
        for said in (planted("said"), planted("said").encode().hex().upper()):
            printed.with_name("LastTest.log.tmp").write_text(f"worker: {said}\n")
            faults = check(folder, printed)[0]
            assert faults and said not in str(faults), said
        log.write_text("{\n")
        assert check(folder, printed)[0]
    print(f"{len(leaking) + 3} passed")


def main():
    if sys.argv[1:] == ["self-test"]:
        check_itself()
        return
    folder = pathlib.Path(sys.argv[2])
    if sys.argv[1] == "clear":
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        return
    faults, files, records = check(folder, pathlib.Path(sys.argv[3]))
    print(*faults, sep="\n")
    if faults:
        sys.exit("secrets, or what may be some, were written")
    print(f"{files} files with {records} records are clean")


main()
