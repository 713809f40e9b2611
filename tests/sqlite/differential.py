"""Random DDL and DML, run on DuckDB's own tables and on vgi-sqlite: the same contents, the same columns by look-up, the same
errors by kind, after every statement and after every COMMIT and ROLLBACK. test_differential.py runs it with a seed or many;
by hand: differential.py SEED STATEMENTS. DuckDB's own side speaks first, and what it refuses as a whole kind of statement is
not tried on the other (NATIVE_ONLY); what only the other refuses is listed in SQLITE_ONLY. docs/vgi-sqlite.md tells both."""

import collections
import contextlib
import math
import random
import re
import sys

import duckdb

import engine
import shop

TYPES = ["BIGINT", "VARCHAR", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "BLOB"]
TABLES = ["items", "Order", "sp ace", 'q"uote', "ünï", "t5"]
VIEWS = ["shown", "V iew"]
COLUMNS = ["k", "a", "b", "Select", "d e", 'f"g', "h", "ï"]

# What DuckDB refuses and SQLite would do, by the error of DuckDB: the statement is left out on the other side.
NATIVE_ONLY = [
    r"Cannot alter entry .* because there are entries that depend on it",
    r"Cannot drop this column: an index depends on it",
    r"Cannot change the type of this column: an index depends on it",
    r"Cannot (rename|drop|change|alter).* (index|constraint|CHECK|UNIQUE|PRIMARY KEY|FOREIGN KEY|generated)",
    r"Can only modify table with a single column|Cannot drop column: table only has one column",
    r"TransactionContext Error",
    r"write-write conflict",
    r"(because|as) .*(index|constraint|CHECK).*",
]
# What the other side refuses by name and DuckDB does.
SQLITE_ONLY = [
    r"DEFAULT .*: SQLite has no equal for it",
    r"SQLite runs the SQL of its views, and cannot run this",
    r"after drop column: no such column",
]

KINDS = [
    ("constraint", r"constraint|NOT NULL|duplicate key|violates|Unique"),
    ("exists", r"already exists|there is an? .* already|duplicate column name|there is already another "),
    ("missing", r"does not exist|not found|no such|does not have a column|there is no |has no column"),
    ("conversion", r"Conversion|convert|does not fit"),
]


def kind_of(error):
    """The kind of an error: what a program would act on."""
    text = str(error)
    if isinstance(error, duckdb.ConstraintException):
        return "constraint"
    for kind, pattern in KINDS:
        if re.search(pattern, text, re.IGNORECASE):
            return kind
    return type(error).__name__


def is_one_of(patterns, error):
    return any(re.search(pattern, str(error), re.DOTALL) for pattern in patterns)


def literal(value, type_name):
    if value is None:
        return "NULL"
    if type_name == "VARCHAR":
        return engine.text(value)
    if type_name == "BLOB":
        return "'" + "".join(f"\\x{b:02x}" for b in value) + "'::BLOB"
    if type_name == "DOUBLE":
        return f"'{value!r}'::DOUBLE"
    if type_name in ("DATE", "TIMESTAMP"):
        return f"{type_name} '{value}'"
    return str(value).upper()


class Side:
    """One database, on a connection of its own, where it is called d."""

    def __init__(self, name, connection):
        self.name, self.connection = name, connection
        connection.execute("USE d")

    def run(self, sql):
        """What the statement gave, in an order of its own, or the error."""
        try:
            rows = self.connection.execute(sql).fetchall()
        except duckdb.Error as error:
            return None, error
        return sorted(rows, key=repr), None

    def rows(self, sql):
        return self.connection.execute(sql).fetchall()


class Difference(AssertionError):
    pass


class Script:
    """Writes and runs the statements of one seed."""

    def __init__(self, seed, native, other, report=None):
        self.random = random.Random(seed)
        self.native, self.other, self.report = native, other, report
        self.log, self.counts = [], collections.Counter()
        self.in_transaction = self.is_aborted = False
        self.next_key = 1
        self.tables, self.views = {}, {}
        self.kept = self.tables, self.views

    # ---- what there is, as the native side says: {table: [[column, type, is in a key, has a default], ...]} ----------

    def look(self):
        tables = {}
        for table, column, kind, default in self.native.rows(
                "SELECT table_name, column_name, data_type, column_default FROM duckdb_columns() "
                "WHERE database_name = 'd' AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE database_name = 'd') "
                "ORDER BY column_index"):
            tables.setdefault(table, []).append([column, kind, False, default is not None])
        for table, columns in self.native.rows(
                "SELECT table_name, constraint_column_names FROM duckdb_constraints() WHERE database_name = 'd' "
                "AND constraint_type IN ('PRIMARY KEY', 'UNIQUE')"):
            for column in tables[table]:
                column[2] = column[2] or column[0] in columns
        self.tables = tables
        self.views = {row[0] for row in self.native.rows(
            "SELECT view_name FROM duckdb_views() WHERE database_name = 'd' AND NOT internal")}

    # ---- pieces ----------------------------------------------------------------------------------------------------

    def chance(self, part):
        return self.random.random() < part

    def a_table(self):
        """A name, of a table that is there mostly."""
        if self.tables and self.chance(0.96):
            return self.random.choice(sorted(self.tables))
        return self.random.choice(TABLES)

    def a_value(self, kind, is_key=False):
        if is_key and kind == "BIGINT" and self.chance(0.8):
            self.next_key += 1
            return self.next_key
        if self.chance(0.12):
            return None
        r = self.random
        return {
            "BIGINT": lambda: r.choice([0, 1, -1, 2**63 - 1, -2**63 + 1, r.randint(-50, 50), r.randint(0, 9)]),
            "VARCHAR": lambda: r.choice(["", "a", "b", "A", "it's", "ünï", "x" * 50, "10", "%_", str(r.randint(0, 9))]),
            "DOUBLE": lambda: r.choice([0.0, 1.5, -2.25, 1e300, math.inf, -math.inf, 0.1, float(r.randint(-9, 9))]),
            "BOOLEAN": lambda: r.random() < 0.5,
            "DATE": lambda: f"20{r.randint(10, 40)}-0{r.randint(1, 9)}-1{r.randint(0, 9)}",
            "TIMESTAMP": lambda: f"20{r.randint(10, 40)}-0{r.randint(1, 9)}-1{r.randint(0, 9)} 0{r.randint(0, 9)}:00:0"
                                 f"{r.randint(0, 9)}.{r.randint(0, 999999):06}",
            "BLOB": lambda: bytes(r.randrange(256) for _ in range(r.randint(0, 4))),
        }[kind]()

    def a_literal(self, kind, is_key=False):
        return literal(self.a_value(kind, is_key), kind)

    def columns_of(self, table):
        return self.tables.get(table) or [["k", "BIGINT", True, False]]

    def a_condition(self, table):
        column, kind, *_ = self.random.choice(self.columns_of(table))
        name = shop.name(column)
        return self.random.choice([
            lambda: f"{name} IS NULL", lambda: f"{name} IS NOT NULL",
            lambda: f"{name} = {self.a_literal(kind)}", lambda: f"{name} <> {self.a_literal(kind)}",
            lambda: f"{name} < {self.a_literal(kind)}", lambda: f"{name} >= {self.a_literal(kind)}",
            lambda: f"{name} IN ({self.a_literal(kind)}, {self.a_literal(kind)})",
            lambda: "TRUE" if self.chance(0.2) else "FALSE",
        ])()

    def an_expression(self, table, kind):
        """A value of `kind` out of a row of `table`."""
        fitting = [c for c in self.columns_of(table) if c[1] == kind]
        if not fitting or self.chance(0.5):
            return self.a_literal(kind)
        name = shop.name(self.random.choice(fitting)[0])
        if kind == "BIGINT":
            return f"({name} % 1000) + {self.random.randint(-3, 3)}"
        if kind == "VARCHAR":
            return f"left({name} || 'x', 60)"
        return name

    def returning(self, table):
        if not self.chance(0.25):
            return ""
        return " RETURNING " + ("*" if self.chance(0.5) else
                                shop.name(self.random.choice(self.columns_of(table))[0]) + " AS r, 7 AS seven")

    # ---- statements -------------------------------------------------------------------------------------------------

    def create_table(self):
        r = self.random
        table = r.choice(TABLES)
        if r.random() < 0.15 and self.tables:
            source = self.a_table()
            # The engine makes the new table before it reads the old one, were they the same.
            return table, f"CREATE {'OR REPLACE ' if self.chance(0.3) and source != table else ''}TABLE {shop.name(table)} AS " \
                          f"SELECT * FROM {shop.name(source)} WHERE {self.a_condition(source)}"
        columns, checks = [], []
        names = r.sample(COLUMNS[1:], r.randint(1, 5))
        style = r.choice(["key", "key", "two", "unique", "none"])
        if style != "none":
            columns.append(f"k BIGINT{' PRIMARY KEY' if style == 'key' else ' UNIQUE' if style == 'unique' else ''}")
        for i, name in enumerate(names):
            kind = r.choice(TYPES)
            text = f"{shop.name(name)} {kind}"
            if style == "two" and i == 0:
                checks.append(f"PRIMARY KEY (k, {shop.name(name)})")
            if self.chance(0.15):
                text += " NOT NULL"
            if self.chance(0.3):
                value = self.a_value(kind)
                text += f" DEFAULT {literal(value, kind)}"
            if kind == "BIGINT" and self.chance(0.2):
                checks.append(f"CHECK ({shop.name(name)} < 1000)")
            columns.append(text)
        how = r.choice(["CREATE TABLE", "CREATE TABLE", "CREATE TABLE", "CREATE TABLE IF NOT EXISTS",
                        "CREATE OR REPLACE TABLE"])
        return table, f"{how} {shop.name(table)} ({', '.join(columns + checks)})"

    def drop_table(self):
        if len(self.tables) < 3 and self.chance(0.7):
            return self.create_table()
        table = self.a_table()
        return table, f"DROP TABLE {'IF EXISTS ' if self.chance(0.3) else ''}{shop.name(table)}"

    def insert(self):
        table = self.a_table()
        columns = self.columns_of(table)
        chosen = columns if self.chance(0.6) else self.random.sample(columns, self.random.randint(1, len(columns)))
        names = "" if chosen is columns and self.chance(0.5) else " (" + ", ".join(shop.name(c[0]) for c in chosen) + ")"
        rows = ", ".join(
            "(" + ", ".join("DEFAULT" if names and self.chance(0.05) else self.a_literal(c[1], c[2]) for c in chosen) + ")"
            for _ in range(self.random.randint(1, 4)))
        return table, f"INSERT INTO {shop.name(table)}{names} VALUES {rows}{self.returning(table)}"

    def insert_select(self):
        table, source = self.a_table(), self.a_table()
        columns = self.columns_of(table)
        values = ", ".join(self.a_literal(c[1], True) if c[2] else self.an_expression(source, c[1]) for c in columns)
        return table, f"INSERT INTO {shop.name(table)} SELECT {values} FROM (FROM {shop.name(source)} " \
                      f"WHERE {self.a_condition(source)} ORDER BY ALL LIMIT 1){self.returning(table)}"

    def insert_on_conflict(self):
        with_key = [t for t, columns in sorted(self.tables.items())
                    if columns[0][0] == "k" and columns[0][2] and len([c for c in columns if c[2]]) == 1]
        if not with_key:
            return self.insert()
        table = self.random.choice(with_key)
        columns = self.columns_of(table)
        key = self.random.randint(1, self.next_key + 2)
        rows = []
        for k in range(key, key + self.random.randint(1, 3)):
            rows.append("(" + ", ".join([str(k)] + [self.a_literal(c[1]) for c in columns[1:]]) + ")")
        self.next_key = max(self.next_key, key + 3)
        target = "(k) " if self.chance(0.7) else ""
        return table, f"INSERT INTO {shop.name(table)} VALUES {', '.join(rows)} ON CONFLICT {target}DO NOTHING"

    def merge(self):
        with_key = [t for t, columns in sorted(self.tables.items())
                    if columns[0][0] == "k" and columns[0][2] and len([c for c in columns if c[2]]) == 1
                    and len(columns) > 1]
        if not with_key:
            return self.insert()
        table = self.random.choice(with_key)
        columns = self.columns_of(table)
        key = self.random.randint(1, self.next_key + 2)
        rows = ", ".join(
            "(" + ", ".join([str(k)] + [self.a_literal(c[1]) + "::" + c[1] for c in columns[1:]]) + ")"
            for k in range(key, key + self.random.randint(1, 4)))
        self.next_key = max(self.next_key, key + 4)
        names = ", ".join(shop.name(c[0]) for c in columns)
        head = f"MERGE INTO {shop.name(table)} AS t USING (VALUES {rows}) AS s({names}) ON t.k = s.k WHEN MATCHED THEN "
        if self.chance(0.4):
            column = shop.name(self.random.choice(columns[1:])[0])
            return table, f"{head}UPDATE SET {column} = s.{column}"
        return table, f"{head}{self.random.choice(['DELETE', 'DO NOTHING'])} WHEN NOT MATCHED THEN INSERT VALUES " \
                      f"({', '.join('s.' + shop.name(c[0]) for c in columns)})"

    def update(self):
        table = self.a_table()
        free = [c for c in self.columns_of(table) if not c[2]]
        if not free:
            return self.insert()
        chosen = self.random.sample(free, self.random.randint(1, min(2, len(free))))
        sets = ", ".join(f"{shop.name(c[0])} = {self.an_expression(table, c[1])}" for c in chosen)
        return table, f"UPDATE {shop.name(table)} SET {sets} WHERE {self.a_condition(table)}{self.returning(table)}"

    def delete(self):
        table = self.a_table()
        if self.chance(0.03):
            return table, f"DELETE FROM {shop.name(table)}"
        return table, f"DELETE FROM {shop.name(table)} WHERE {self.a_condition(table)}{self.returning(table)}"

    def alter(self):
        r, table = self.random, self.a_table()
        columns = self.columns_of(table)
        column, kind, _, has_default = r.choice(columns)
        if self.chance(0.05):
            column = "nowhere"
        head, name = f"ALTER TABLE {shop.name(table)}", shop.name(column)
        new = shop.name(r.choice(COLUMNS[1:]))
        return table, r.choice([
            lambda: f"{head} RENAME TO {shop.name(r.choice(TABLES))}",
            lambda: f"{head} ADD COLUMN {'IF NOT EXISTS ' if self.chance(0.3) else ''}{new} {r.choice(TYPES)}",
            lambda: f"{head} ADD COLUMN {new} {r.choice(TYPES)}",
            lambda: f"{head} DROP COLUMN {'IF EXISTS ' if self.chance(0.3) else ''}{name}",
            lambda: f"{head} RENAME COLUMN {name} TO {new}",
            lambda: f"{head} ALTER COLUMN {name} TYPE VARCHAR" if kind in ("BIGINT", "BOOLEAN", "DATE") and not has_default
            else f"{head} ALTER COLUMN {name} TYPE {kind}",
            lambda: f"{head} ALTER COLUMN {name} SET DEFAULT {self.a_literal(kind)}",
            lambda: f"{head} ALTER COLUMN {name} DROP DEFAULT",
            # DuckDB's own looks at rows, too, that its transaction has deleted.
            lambda: f"{head} ALTER COLUMN {name} {'DROP' if self.in_transaction else 'SET'} NOT NULL",
            lambda: f"{head} ALTER COLUMN {name} DROP NOT NULL",
        ])()

    def comment(self):
        text = self.random.choice(["NULL", "'it''s'", "'a comment'", "'ünï'"])
        table = self.a_table()
        if self.chance(0.5):
            return table, f"COMMENT ON TABLE {shop.name(table)} IS {text}"
        column = self.random.choice(self.columns_of(table))[0]
        return table, f"COMMENT ON COLUMN {shop.name(table)}.{shop.name(column)} IS {text}"

    def view(self):
        view, table = self.random.choice(VIEWS), self.a_table()
        name = shop.name(view)
        column = shop.name(self.random.choice(self.columns_of(table))[0])
        return None, self.random.choice([
            f"CREATE VIEW {name} AS SELECT {column} AS x FROM {shop.name(table)} WHERE {column} IS NOT NULL",
            f"CREATE OR REPLACE VIEW {name} AS SELECT count(*) AS n FROM {shop.name(table)}",
            f"CREATE VIEW IF NOT EXISTS {name} AS SELECT {column} AS x FROM {shop.name(table)}",
            f"DROP VIEW {'IF EXISTS ' if self.chance(0.5) else ''}{name}",
            f"COMMENT ON VIEW {name} IS 'seen'",
        ])

    STATEMENTS = [("insert", 26), ("update", 16), ("delete", 8), ("insert_on_conflict", 8), ("merge", 5),
                  ("insert_select", 5), ("create_table", 6), ("drop_table", 3), ("alter", 10), ("comment", 4),
                  ("view", 4), ("boundary", 14)]

    # ---- running ----------------------------------------------------------------------------------------------------

    def say(self, sql, what):
        self.log.append(f"{sql};  -- {what}")
        if self.report:
            print(self.log[-1], file=self.report)

    def differ(self, what, native, other):
        script = "\n".join(self.log[-25:])
        raise Difference(f"{what}\n  DuckDB's own: {native}\n  vgi-sqlite:   {other}\nafter\n{script}")

    def compare(self, sql):
        native, native_error = self.native.run(sql)
        other, other_error = self.other.run(sql)
        if native_error or other_error:
            if not (native_error and other_error):
                self.differ(sql, native_error or native, other_error or other)
        elif repr(native) != repr(other):
            self.differ(sql, native, other)

    def compare_table(self, table):
        name = shop.name(table)
        self.compare(f"SELECT * FROM {name}")
        self.compare(f"SELECT column_name, column_type, \"null\" FROM (DESCRIBE {name})")

    def compare_all(self):
        for table in TABLES:
            self.compare_table(table)
        for view in VIEWS:
            self.compare(f"SELECT * FROM {shop.name(view)}")
        self.compare("SELECT table_name, comment FROM duckdb_tables() WHERE database_name = 'd'")
        self.compare("SELECT table_name, column_name, comment FROM duckdb_columns() WHERE database_name = 'd' AND table_name "
                     "IN (SELECT table_name FROM duckdb_tables() WHERE database_name = 'd')")
        self.compare("SELECT view_name, comment FROM duckdb_views() WHERE database_name = 'd' AND NOT internal")

    def end(self, how):
        """COMMIT or ROLLBACK on both sides."""
        _, native = self.native.run(how)
        left_out = bool(native) and is_one_of(NATIVE_ONLY, native)
        _, other = self.other.run("ROLLBACK" if left_out else how)
        self.say(how, native or "ok")
        self.in_transaction = False
        self.counts["only DuckDB refuses"] += left_out
        if not left_out and bool(native) != bool(other):
            self.differ(how, native, other)
        self.look()
        self.compare_all()

    def begin(self):
        for side in (self.native, self.other):
            side.connection.execute("BEGIN")
        self.in_transaction = True
        self.say("BEGIN", "ok")

    def boundary(self):
        """Begins a transaction, or ends the one that is open."""
        if self.in_transaction:
            self.end("COMMIT" if self.chance(0.65) else "ROLLBACK")
        else:
            self.begin()

    def step(self):
        kinds, weights = zip(*self.STATEMENTS)
        kind = self.random.choices(kinds, weights)[0]
        if not self.tables and kind not in ("boundary", "view"):
            kind = "create_table"
        self.counts[kind] += 1
        if kind == "boundary":
            return self.boundary()
        table, sql = getattr(self, kind)()
        if self.views and (kind in ("alter", "drop_table") or "OR REPLACE TABLE" in sql):
            # SQLite's views follow what is renamed, DuckDB's are broken then; so none is there when tables change.
            table, sql = None, f"DROP VIEW {shop.name(sorted(self.views)[0])}"
        self.run(table, sql)

    def run(self, table, sql):
        """Outside of a transaction DuckDB's own side has one for this statement, so that it can be taken back."""
        alone = not self.in_transaction
        if alone:
            self.native.connection.execute("BEGIN")
        native, native_error = self.native.run(sql)
        if native_error and is_one_of(NATIVE_ONLY, native_error):
            self.counts["only DuckDB refuses"] += 1
            self.say(sql, f"left out: {native_error}")
            self.give_up(alone)
            return
        other, other_error = self.other.run(sql)
        self.say(sql, "ok" if not native_error else f"{kind_of(native_error)}: {native_error}")
        if other_error and not native_error and is_one_of(SQLITE_ONLY, other_error):
            self.counts["only vgi-sqlite refuses"] += 1
            self.give_up(alone)
            return
        if bool(native_error) != bool(other_error) or \
                (native_error and kind_of(native_error) != kind_of(other_error)):
            self.differ(sql, native_error or native, other_error or other)
        if native_error:
            self.counts["errors"] += 1
            self.give_up(alone)
            return
        if repr(native) != repr(other):
            self.differ(sql, native, other)
        if alone:
            self.native.connection.execute("COMMIT")
        self.look()
        if table:
            self.compare_table(table)

    def give_up(self, alone):
        """After an error: what was begun is rolled back on both sides."""
        if alone:
            self.native.connection.execute("ROLLBACK")
            self.look()
            self.compare_all()
        else:
            self.end("ROLLBACK")

    def play(self, statements):
        for _ in range(statements):
            self.step()
        if self.in_transaction:
            self.end("COMMIT")
        self.compare_all()
        return self.counts


def native_side():
    connection = duckdb.connect()
    connection.execute("ATTACH ':memory:' AS d")
    return Side("DuckDB's own", connection)


@contextlib.contextmanager
def sides(path):
    """DuckDB's own tables, and an empty SQLite file."""
    shop.make(path, "VACUUM")
    other = engine.connect()
    engine.attach(other, "vgi-sqlite", path, catalog=path.stem, alias="d")
    native = native_side()
    try:
        yield native, Side("vgi-sqlite", other)
    finally:
        other.close()
        native.connection.close()


def main():
    import pathlib
    import tempfile

    seed, statements = int(sys.argv[1]), int(sys.argv[2])
    if sys.argv[3:] == ["self"]:
        print(dict(Script(seed, native_side(), native_side(), sys.stdout).play(statements)))
        return
    with tempfile.TemporaryDirectory() as folder, sides(pathlib.Path(folder) / "d.db") as (native, other):
        print(dict(Script(seed, native, other, sys.stdout).play(statements)))


if __name__ == "__main__":
    import os
    import pathlib

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
    main()
