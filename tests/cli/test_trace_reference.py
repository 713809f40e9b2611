"""`vgi trace` between the engine and the reference's fixture worker, in Python: every call can be read, and what is secret
cannot."""

import json
import os
import pathlib
import shlex
import sys

from engine import connect, text
from planted import planted

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cli  # noqa: E402

WORKER = pathlib.Path(os.environ["VGI_SOURCE_DIR"]) / "tests/client/python_worker.py"
PYTHON = shlex.join([sys.executable, str(WORKER)])
PLANTED = planted("4711")  # in secrets, options, settings
SETUP = [
    f"CREATE SECRET s (TYPE vgi_example, secret_string '{PLANTED}-a', api_key '{PLANTED}-b', port 5432, use_ssl true)",
    f"SET greeting = '{PLANTED}-c'",
]
QUERIES = [
    "SELECT count(*), sum(n) FROM example.main.sequence(2500)",
    "SELECT sum(example.main.multiply(i, 3)) FROM range(3000) t(i)",
    "SELECT example.main.vgi_sum(i) FROM range(1000) t(i)",
    "SELECT example.main.secret_typed_sum(i) FROM range(3) t(i)",
    "SELECT count(*) FROM example.main.settings_aware(0)",
]
ANSWERS = [[(2500, 3123750)], [(13495500,)], [(499500,)], [(3.0,)], [(0,)]]


def traced(path, worker, *options):
    return cli.worker("vgi", "trace", "-o", path, *options) + " -- " + worker


def session(location, queries):
    with connect(threads="2") as db:
        db.execute(f"ATTACH 'example' AS example (TYPE vgi, LOCATION {text(location)})")
        for sql in SETUP:
            db.execute(sql)
        return [db.execute(sql).fetchall() for sql in queries]


def test_a_session_of_the_engine(tmp_path):
    path = tmp_path / "trace.json"
    assert session(traced(path, PYTHON, "--format", "json"), QUERIES) == ANSWERS
    told = path.read_text()
    assert PLANTED not in told
    assert PLANTED.encode().hex() not in told.lower()
    events = [json.loads(line) for line in told.splitlines()]
    assert not [event for event in events if event["event"] == "lost"]
    requests = [event for event in events if event["event"] == "request"]
    assert {event["method"] for event in requests} >= {
        "catalog_attach", "bind", "init", "aggregate_bind", "aggregate_update", "aggregate_finalize"}
    ended = [(event["pid"], event["call"]) for event in events if event["event"] == "end"]
    assert sorted(ended) == sorted((event["pid"], event["call"]) for event in requests)
    updates = [event["params"]["request"]["value"] for event in requests if event["method"] == "aggregate_update"]
    assert all(update["input_batch"]["value"]["columns"] for update in updates
               if isinstance(update["input_batch"]["value"], dict) and "rows" in update["input_batch"]["value"])
    binds = [event["params"]["request"]["value"] for event in requests if event["method"] in ("bind", "aggregate_bind")]
    secrets = [bind["secrets"]["value"] for bind in binds if bind["secrets"]["value"]]
    assert secrets and all(secret.startswith("sha256:") for secret in secrets)
    settings = [bind["settings"]["value"] for bind in binds if bind["settings"]["value"]]
    greetings = [setting["greeting"] for setting in settings if "greeting" in setting]
    assert greetings and all(greeting["value"].startswith("sha256:") for greeting in greetings)
    opaque = [event["params"]["attach_opaque_data"]["value"] for event in requests
              if "attach_opaque_data" in event.get("params", {})]
    assert opaque and all(data.startswith("sha256:") for data in opaque)
    sequence = [event for event in events if event["event"] == "output" and event["columns"][0]["name"] == "n"]
    assert sum(event["rows"] for event in sequence) == 2500


def test_secrets_in_lines_for_people(tmp_path):
    path = tmp_path / "trace"
    assert session(traced(path, PYTHON), QUERIES[3:4]) == ANSWERS[3:4]
    told = path.read_text()
    assert "request.secrets = sha256:" in told
    assert "request.function_name VARCHAR = 'secret_typed_sum'" in told
    assert PLANTED not in told


def test_attach_options_are_hashed_unless_asked_for(tmp_path):
    worker = shlex.join([sys.executable, "-m", "vgi._test_fixtures.attach_options"])
    told = []
    for options in ((), ("--show-options",)):
        path = tmp_path / f"trace{len(options)}"
        cli.ok("ls", traced(path, worker, *options), "-c", "attach_options", "-A", f"opt_string={PLANTED}", "-q")
        told.append(path.read_text())
    assert PLANTED not in told[0]
    assert "request.options.opt_string VARCHAR = sha256:" in told[0]
    assert f"request.options.opt_string VARCHAR = '{PLANTED}'" in told[1]
    assert all("attach_opaque_data = sha256:" in text for text in told)
