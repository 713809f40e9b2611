"""Workers, the process that holds a file's transactions, and engines are killed at random points of transactions. After
that the file is whole, what was committed is in it, and nothing else: a COMMIT that reported an error may be either, as may
one whose engine died before it could say."""

import contextlib
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import time

import engine
import processes

LONG = bool(os.environ.get("VGI_LONG"))
TRANSACTIONS = 200 if LONG else 12
SCRIPT = pathlib.Path(__file__).with_name("crash_engine.py")


def serving(path):
    """The processes of vgi-sqlite that have this file in their command line."""
    found = []
    for pid in processes.running(engine.BIN / "vgi-sqlite"):
        with contextlib.suppress(OSError):
            if str(path).encode() in (processes.PROC / str(pid) / "cmdline").read_bytes():
                found.append(pid)
    return found


def kill(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class Engine:
    def __init__(self, path, first, seed):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        self.process = subprocess.Popen([sys.executable, SCRIPT, path, str(first), str(seed)], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        assert self.line() == ["ready"]

    def line(self):
        return self.process.stdout.readline().split(maxsplit=2)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def check(path, outcomes):
    """What the file has, of every transaction that was begun."""
    with contextlib.closing(sqlite3.connect(path, timeout=60)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = {}
        for i, part in db.execute("SELECT * FROM parts"):
            found.setdefault(i, []).append(part)
        made = {name for name, in db.execute("SELECT name FROM sqlite_master WHERE name LIKE 'made%'")}
        (counter,), = db.execute("SELECT n FROM counter")
    assert all(sorted(parts) == [1, 2, 3] for parts in found.values()), found
    for i, outcome in outcomes.items():
        if outcome == "done":
            assert i in found, (i, outcomes)
        elif outcome not in ("commit", "unknown"):
            assert i not in found and f"made{i}" not in made, (i, outcome)
    assert set(found) <= set(outcomes) and counter == len(found)
    assert {int(name[4:]) for name in made} <= set(found)
    return found


def test_killed(tmp_path):
    path = tmp_path / "crash.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript("PRAGMA journal_mode = WAL; CREATE TABLE parts (i BIGINT, part BIGINT, PRIMARY KEY (i, part));"
                         "CREATE TABLE counter (n BIGINT); INSERT INTO counter VALUES (0)")
    chance = random.Random(7)
    outcomes, killed = {}, {"worker": 0, "engine": 0}
    running = Engine(path, 0, 0)
    try:
        for i in range(TRANSACTIONS):
            victim = chance.choice(["worker", "worker", "engine", None, None])
            event = chance.choice(["begin", "begin", "commit", "rollback", "done"])
            delay = chance.choice([0, 0, chance.random() * 0.02, chance.random() * 0.1])
            running.process.stdin.write("go\n")
            outcomes[i] = "begin"
            while True:
                words = running.line()
                if not words or words[0] == "next":
                    break
                assert int(words[1]) == i
                outcomes[i] = words[0]
                if victim and words[0] == event:
                    time.sleep(delay)
                    if victim == "engine":
                        running.process.kill()
                    else:
                        for pid in serving(path)[:chance.randint(1, 3)]:
                            kill(pid)
                    killed[victim] += 1
                    victim = None
            if not words:
                running.end()
                check(path, outcomes)
                running = Engine(path, i + 1, i)
        found = check(path, outcomes)
        assert min(killed.values()) > 0 and 0 < len(found) < TRANSACTIONS, (killed, outcomes)
        # After all that one more goes through.
        running.process.stdin.write("go\n")
        while (words := running.line()) and words[0] not in ("done", "undone", "failed", "unknown"):
            pass
        assert words[0] in ("done", "undone"), words
    finally:
        running.end()
