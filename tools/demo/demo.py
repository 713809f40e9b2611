"""DuckDB attaches two workers written in C, and answers SQL over both. Called by scripts/demo.

What it shows it also checks, against Python's sqlite3 on the same file: a wrong answer ends the demo with status 1.
"""

import argparse
import os
import pathlib
import sqlite3
import sys
import textwrap
import time

import duckdb

COLOR = sys.stdout.isatty() and "NO_COLOR" not in os.environ
BOLD, DIM, GREEN, RED, BLUE = (f"\033[{code}m" for code in (1, 2, 32, 31, 36))


def paint(style, text):
    return f"{style}{text}\033[0m" if COLOR else text


def title(text):
    print("\n" + paint(BOLD, text))


def show_sql(sql):
    print(paint(BLUE, textwrap.indent(textwrap.dedent(sql).strip(), "  ")))


def cell(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def show_rows(names, rows):
    texts = [[cell(value) for value in row] for row in rows]
    widths = [max(len(text) for text in column) for column in zip(names, *texts)]
    numeric = [all(isinstance(row[i], (int, float)) or row[i] is None for row in rows) for i in range(len(names))]

    def line(values):
        padded = (v.rjust(w) if n else v.ljust(w) for v, w, n in zip(values, widths, numeric))
        return "  │ " + " │ ".join(padded) + " │"

    def rule(left, middle, right):
        return "  " + left + middle.join("─" * (width + 2) for width in widths) + right

    print(rule("┌", "┬", "┐"))
    print(line(names))
    print(rule("├", "┼", "┤"))
    for row in texts:
        print(line(row))
    print(rule("└", "┴", "┘"))


class Demo:
    def __init__(self, options):
        # As a user has them: workers on the PATH, the file in the working directory.
        os.environ["PATH"] = f"{options.bin.resolve()}{os.pathsep}{os.environ['PATH']}"
        extension = pathlib.Path(options.extension).resolve()
        os.chdir(options.database.parent)
        self.engine = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        self.engine.execute(f"LOAD '{extension}'")
        self.sqlite = sqlite3.connect(f"file:{options.database.name}?mode=ro", uri=True)
        self.wrong = 0

    def run(self, sql):
        started = time.perf_counter()
        result = self.engine.execute(sql)
        rows = result.fetchall()
        return [column[0] for column in result.description], rows, (time.perf_counter() - started) * 1000

    def statement(self, sql):
        show_sql(sql)
        _, _, ms = self.run(sql)
        print(paint(GREEN, f"  {ms:.1f} ms"))

    def query(self, heading, sql, same_as=None):
        """Runs and shows a query; `same_as` is what must give the same rows in SQLite."""
        title(heading)
        show_sql(sql)
        names, rows, ms = self.run(sql)
        show_rows(names, rows)
        note = f"  {len(rows)} row{'s' * (len(rows) != 1)} in {ms:,.1f} ms"
        if same_as:
            expected = self.sqlite.execute(same_as).fetchall()
            same = [tuple(row) for row in rows] == expected
            self.wrong += not same
            note += ", the same as SQLite's own answer" if same else paint(RED, f"; SQLite's own answer: {expected}")
        print(paint(GREEN, note))

    def refusal(self, heading, sql, sentence):
        """Runs a query that must fail, with `sentence` in what its user reads."""
        title(heading)
        show_sql(sql)
        try:
            self.run(sql)
        except duckdb.Error as error:
            told = str(error)
        else:
            told = "(no error)"
        self.wrong += sentence not in told
        for line in told.strip().splitlines():
            print(paint(RED, "  " + line))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--extension", required=True)
    parser.add_argument("--database", type=pathlib.Path, required=True)
    options = parser.parse_args()
    demo = Demo(options)

    title(f"DuckDB {duckdb.__version__} attaches two workers written in C")
    demo.statement(f"ATTACH 'nycflights13' AS nyc (TYPE vgi, LOCATION 'vgi-sqlite {options.database.name}')")
    demo.statement("ATTACH 'hello' (TYPE vgi, LOCATION 'hello')")

    demo.query("What is there: tables, keys and a view of the SQLite file, and the hello worker's table", """
        SELECT t.database_name AS catalog, t.table_name AS "table", t.column_count AS columns,
               array_to_string(any_value(c.constraint_column_names), ', ') AS "primary key"
        FROM duckdb_tables() t LEFT JOIN duckdb_constraints() c
          ON (c.database_name, c.schema_name, c.table_name) = (t.database_name, t.schema_name, t.table_name)
         AND c.constraint_type = 'PRIMARY KEY'
        GROUP BY ALL ORDER BY ALL""")
    demo.query("A join and an aggregate over all flights", """
        SELECT a.name AS airline, count(*) AS flights, avg(f.arr_delay) AS mean_delay, sum(f.distance) AS miles
        FROM nyc.flights f JOIN nyc.airlines a USING (carrier)
        GROUP BY a.name ORDER BY flights DESC LIMIT 5""", same_as="""
        SELECT a.name, count(*), avg(f.arr_delay), sum(f.distance) FROM flights f JOIN airlines a USING (carrier)
        GROUP BY a.name ORDER BY count(*) DESC LIMIT 5""")
    demo.query("A scalar function in C over two columns of every flight", """
        SELECT origin, count(*) AS flights, sum(hello.add_ints(dep_delay, arr_delay)) AS minutes_late
        FROM nyc.flights GROUP BY origin ORDER BY origin""", same_as="""
        SELECT origin, count(*), sum(dep_delay + arr_delay) FROM flights GROUP BY origin ORDER BY origin""")
    demo.query("A table function in C", """
        SELECT count(*) AS rows, min(n) AS first, max(n) AS last, sum(n) AS total FROM hello.series(1000000)""",
        same_as="SELECT 1000000, 0, 999999, 499999500000")
    demo.query("Views of both: the ten-hour delays of even days", """
        SELECT l.month, l.day, l.airline, l.flight, l.dest, l.dep_delay
        FROM nyc.late l JOIN hello.evens e ON l.day = e.n
        ORDER BY l.dep_delay DESC LIMIT 5""", same_as="""
        SELECT month, day, airline, flight, dest, dep_delay FROM late WHERE day % 2 = 0
        ORDER BY dep_delay DESC LIMIT 5""")
    demo.refusal("What the author of a function wrote reaches whoever made the mistake", """
        SELECT hello.add_ints(9223372036854775807, 1)""", "9223372036854775807 + 1 is too large for BIGINT")

    if demo.wrong:
        title(f"{demo.wrong} answers are wrong")
        sys.exit(1)
    title("That is it. README.md shows the hello worker, all of it.")


if __name__ == "__main__":
    main()
