"""Engine connections that attach, change and detach at once: crowd_engine.py FILE FIRST CONNECTIONS ROUNDS. The connections
are threads of this one DuckDB. Prints how many transactions each has committed, and every error that it met."""

import sys
import threading
import time

import duckdb

import engine

path, first, connections, rounds = sys.argv[1], *map(int, sys.argv[2:])
database = engine.connect(threads=2)
start = threading.Barrier(connections)


def change(c, alias, number, turn):
    c.execute("BEGIN")
    c.execute(f"UPDATE {alias}.counter SET n = n + 1")
    c.execute(f"INSERT INTO {alias}.log VALUES ({number}, {turn})")
    if turn == 0:
        c.execute(f"CREATE TABLE {alias}.own{number} (a BIGINT)")
        c.execute(f"INSERT INTO {alias}.own{number} VALUES ({number})")
    c.execute("COMMIT")


def one(number):
    c, alias, committed = database.cursor(), f"d{number}", 0
    start.wait()
    for turn in range(rounds):
        while True:
            try:
                engine.attach(c, "vgi-sqlite", path, catalog="crowd", alias=alias)
                change(c, alias, number, turn)
                committed += 1
                break
            except duckdb.Error as error:
                print("error", number, str(error).splitlines()[0], flush=True)
                try:
                    c.execute("ROLLBACK")
                except duckdb.Error:
                    pass
                time.sleep(0.01)
            finally:
                c.execute(f"DETACH DATABASE IF EXISTS {alias}")
    print("committed", number, committed, flush=True)


threads = [threading.Thread(target=one, args=(first + i,)) for i in range(connections)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
