"""The log and observers of a worker, through the real engine: what they tell, and that secrets, planted wherever a worker
can have some (vault_worker.c), are in nothing that is written."""

import hashlib
import json
import os
import re
import subprocess
import sys

import duckdb
import engine
import pytest
from engine import BIN, connect, location, text
from planted import leaks, planted, self_test
from processes import wait_until

WORKER = "vgi-vault-worker"
END_S = 60  # far above the two seconds that an end may take; who hangs for ever is found all the same
PASSWORD = planted("password")
OPTIONS = f", password {text(PASSWORD)}, region 'eu', flavour 'mild', note {text(planted('note'))}"
ID = re.compile("[0-9a-f]{12}")


class Listening:
    """A worker that listens, and is ended in order: all that it has to tell is then written."""

    def __init__(self, folder, *words):
        self.path = folder / "socket"
        self.worker = subprocess.Popen([BIN / WORKER, "--unix", self.path, *words], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)  # fmt: skip
        assert self.worker.stdout.readline()

    def attach(self, connection, alias="vault", options=OPTIONS):
        connection.execute(f"ATTACH 'vault' AS {alias} (TYPE vgi, LOCATION 'unix://{self.path}'{options})")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.worker.terminate()
        self.errors = self.worker.communicate(timeout=END_S)[1]
        assert self.worker.returncode == 0


def use(worker):
    """Transactions that are committed and rolled back, and calls that fail, with secrets in their arguments. What the
    engine has logged of it."""
    secret = text(planted("argument"))
    connection = connect()
    connection.execute("CALL enable_logging(level = 'trace')")
    worker.attach(connection)
    connection.execute(f"FROM vault.main.trouble('none', {secret})").fetchall()
    for kind in ("value", "own", "runtime"):
        with pytest.raises(duckdb.Error, match=planted("argument")):
            connection.execute(f"FROM vault.main.trouble('{kind}', {secret})")
    with pytest.raises(duckdb.Error, match=PASSWORD):
        worker.attach(connection, alias="nowhere", options=f", password {text(PASSWORD)}, region 'nowhere'")
    said = "\n".join(row[0] for row in connection.execute("SELECT message FROM duckdb_logs()").fetchall())
    connection.close()
    return said


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def vgi(*words):
    return subprocess.run([BIN / "vgi", *words], capture_output=True, text=True, check=True, timeout=END_S)


def test_the_search_finds_what_is_planted():
    self_test()


def test_what_is_told(tmp_path):
    log = tmp_path / "log"
    with Listening(tmp_path, "--log", log, "--log-format", "json", "--log-level", "debug") as worker:
        held = use(worker)
    told = records(log)

    attached = next(record for record in told if record["event"] == "catalog.attach")
    for name, value in {
        "level": "INFO", "logger": "vgi", "catalog": "vault", "data_version": "1.2.3", "status": "ok",
        "options": {"region": "eu", "flavour": "mild", "host": "db.example"},
    }.items():  # fmt: skip
        assert attached[name] == value
    # An operator finds the attachment in the engine's own log: the hash is made of what the engine holds.
    ids = {hashlib.sha256(value.lower().encode()).hexdigest()[:12] for value in re.findall(r"\b[0-9a-fA-F]{40,}\b", held)}
    assert attached["attach_id"] in ids

    for event in ("begin", "commit", "rollback"):
        found = [record for record in told if record["event"] == f"catalog.transaction.{event}"]
        assert found and all(ID.fullmatch(record["transaction_id"]) for record in found)
        assert {record["attach_id"] for record in found} == {attached["attach_id"]}
    failed = {record["error_type"]: record for record in told if record["status"] == "error" and "catalog" in record}
    assert failed["ValueError"]["level"] == "WARN" and failed["ValueError"]["method"] == "init"
    assert failed["VaultError"]["level"] == failed["RuntimeError"]["level"] == failed["OSError"]["level"] == "ERROR"
    assert failed["OSError"]["event"] == "catalog.attach" and failed["OSError"]["options"]["region"] == "nowhere"
    assert any(record["event"] == "call" and record["level"] == "DEBUG" for record in told)


def test_detach_and_create_through_another_client(tmp_path):
    log = tmp_path / "log"
    worker = location(WORKER, "--log", log, "--log-format", "json")
    vgi("detach", worker, "-A", f"password={PASSWORD}", "-A", "region=eu")
    vgi("catalog-create", worker, "new", "--option", f"password={PASSWORD}", "--option", "flavour=hot",
        "-A", f"password={PASSWORD}")  # fmt: skip
    told = {record["event"]: record for record in records(log)}
    assert told["catalog.detach"]["catalog"] == "vault" and ID.fullmatch(told["catalog.detach"]["attach_id"])
    assert told["catalog.create"]["catalog"] == "new"
    assert told["catalog.create"]["options"] == {"flavour": "hot", "host": "db.example"}
    assert not leaks(log.read_bytes())


def test_nothing_that_is_written_holds_a_secret(tmp_path):
    """All outputs at once. The sentences of its errors are the worker's to answer for: they are in the access log, whose
    format wants them, so that one is looked at without them."""
    files = {name: tmp_path / name for name in ("log", "text", "access", "trace", "json", "observer")}
    stderr = tmp_path / "stderr"
    inner = location(WORKER, "--log", files["log"], "--log-level", "debug", "--log-format", "json", "--access-log",
                     files["access"], "--observer", files["observer"])  # fmt: skip
    plain = location(WORKER, "--log", "stderr", "--log-level", "debug", "--log-format", "text")
    for worker in (f"{BIN}/vgi trace -o {files['trace']} --rows 0 -- {inner}",
                   f"{BIN}/vgi trace --format json -o {files['json']} --rows 0 -- sh -c {text(f'exec {plain} 2>>{stderr}')}"
                   .replace("''", "'\\''")):  # fmt: skip
        connection = connect()
        connection.execute(f"ATTACH 'vault' (TYPE vgi, LOCATION {text(worker)}{OPTIONS})")
        connection.execute(f"FROM vault.main.trouble('none', {text(planted('argument'))})").fetchall()
        with pytest.raises(duckdb.Error):
            connection.execute(f"FROM vault.main.trouble('own', {text(planted('argument'))})")
        connection.close()
    last = b"catalog.transaction.rollback"  # the engine does not wait for its workers to end
    assert wait_until(lambda: files["log"].exists() and files["log"].read_bytes().count(last) > 0
                      and stderr.read_bytes().count(last) > 0 and files["observer"].read_bytes().count(last) > 0, END_S)
    written = {name: path.read_bytes() for name, path in files.items() if name != "text"} | {"stderr": stderr.read_bytes()}
    for name, data in written.items():
        assert data.count(b"attach") > 0, f"{name} has nothing of it"
        if name == "access":
            assert b"has been taken" in data
            data = re.sub(rb'"error_message":"(?:[^"\\]|\\.)*"', b"", data)
        if name in ("trace", "json"): # arguments are data, which a trace is there to show
            data = data.replace(planted("argument").encode(), b"")
        assert not leaks(data), name


def test_an_observer_of_the_authors_own(tmp_path):
    seen = tmp_path / "seen"
    with Listening(tmp_path, "--observer", seen) as worker:
        use(worker)
    lines = seen.read_text().splitlines()
    assert lines[0] == "begin vgi-vault-worker 4.5.6" and lines[-1] == "end"
    events = [line.split("|") for line in lines if "|" in line]
    attached = next(event for event in events if event[0] == "catalog.attach")
    assert attached[1:3] == ["catalog_attach", "vault"] and ID.fullmatch(attached[3])
    assert attached[5:7] == ['{"region":"eu","flavour":"mild","host":"db.example"}', "1.2.3"]
    assert {event[8] for event in events} == {"", "ValueError", "VaultError", "RuntimeError", "OSError"}
    assert not leaks(seen.read_bytes())


def test_one_that_hangs_slows_no_query_and_no_end(tmp_path):
    """More calls than its queue holds; the log beside it tells of all of them, and the worker ends."""
    log = tmp_path / "log"
    connection = connect()
    with Listening(tmp_path, "--hang", "--log", log, "--log-level", "debug", "--log-format", "json") as worker:
        worker.attach(connection)
        for _ in range(250):
            connection.execute("FROM vault.main.trouble('none', '')").fetchall()
        connection.close()
    told = records(log)
    assert len(told) > 1024 and not any("dropped_records" in record for record in told)
    assert sum(record["event"] == "catalog.transaction.commit" for record in told) == 250


def test_sinks_that_cannot_be_opened(tmp_path):
    for words, sentence in {
        ("--log", tmp_path): "the log '%s' cannot be opened: Is a directory" % tmp_path,
        ("--log-level", "loud"): "--log-level 'loud': expected debug, info, warn or error",
        ("--log-format", "xml"): "--log-format 'xml': expected text or json",
        ("--observer", tmp_path): "the observer cannot open its file",
    }.items():
        done = subprocess.run([BIN / WORKER, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=END_S)
        assert done.returncode != 0 and sentence in done.stderr


def test_the_environment_of_the_engine_turns_it_on(tmp_path):
    program = f"import engine; engine.attach(engine.connect(), {WORKER!r}, catalog='vault', options={OPTIONS!r})"
    environment = {**os.environ, "VGI_LOG": str(tmp_path / "{server_id}"), "PYTHONPATH": os.path.dirname(engine.__file__)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=END_S)
    logs = list(tmp_path.iterdir())
    assert logs and all(ID.fullmatch(log.name) for log in logs)
    assert wait_until(lambda: any("catalog.attach" in log.read_text() for log in logs), END_S)
