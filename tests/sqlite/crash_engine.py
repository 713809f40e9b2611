"""An engine that writes, to be killed: crash_engine.py FILE FIRST SEED. Tells line by line what it is about to do and what
came of it, one transaction after the other: `begin I`, `commit I`, then `done I` or `unknown I`; `rollback I`, then
`undone I`; or `failed I` and why, before the commit. Ends with its stdin."""

import random
import sys

import duckdb

import shop

path, first, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed)
connection = shop.attach(path, catalog="crash")


def say(*words):
    print(*words, flush=True)


def transaction(i):
    say("begin", i)
    connection.execute("BEGIN")
    connection.execute(f"INSERT INTO parts VALUES ({i}, 1)")
    if chance.random() < 0.3:
        connection.execute(f"CREATE TABLE made{i} (a BIGINT)")
    connection.execute(f"INSERT INTO parts SELECT {i}, range FROM range(2, 4)")
    connection.execute("UPDATE counter SET n = n + 1")
    if chance.random() < 0.2:
        say("rollback", i)
        connection.execute("ROLLBACK")
        say("undone", i)
        return
    say("commit", i)
    try:
        connection.execute("COMMIT")
    except duckdb.Error as error:
        say("unknown", i, str(error).splitlines()[0])
        return
    say("done", i)


say("ready")
for line in sys.stdin:
    i = first
    first += 1
    try:
        transaction(i)
    except duckdb.Error as error:
        say("failed", i, str(error).splitlines()[0])
    try:
        connection.execute("ROLLBACK")
    except duckdb.Error:
        pass  # there is none, or it went with a worker
    say("next")
