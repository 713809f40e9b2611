"""Rows of every type of the engine, and random predicates over them: rows(n, seed) and predicate(random)."""

import random

WORDS = ["", "a", "A", "ab", "abc", "it''s", "日本語", "é", "z", "a%b", "_", "b\x01c"]
TYPES = {
    "truth": ("BOOLEAN", ["true", "false"]),
    "i8": ("TINYINT", ["-128", "-1", "0", "1", "2", "127"]),
    "i16": ("SMALLINT", ["-32768", "-1", "0", "1", "300", "32767"]),
    "i32": ("INTEGER", ["-2147483648", "-1", "0", "1", "2", "16777217", "2147483647"]),
    "i64": ("BIGINT", ["-9223372036854775808", "-1", "0", "1", "9007199254740993", "9223372036854775807"]),
    "u8": ("UTINYINT", ["0", "1", "200", "255"]),
    "u16": ("USMALLINT", ["0", "1", "65535"]),
    "u32": ("UINTEGER", ["0", "1", "4294967295"]),
    "u64": ("UBIGINT", ["0", "1", "9223372036854775808", "18446744073709551615"]),
    "huge": ("HUGEINT", ["-170141183460469231731687303715884105728", "-1", "0", "1", "18446744073709551616",
                         "170141183460469231731687303715884105727"]),
    "uhuge": ("UHUGEINT", ["0", "1", "18446744073709551616", "340282366920938463463374607431768211455"]),
    "single": ("FLOAT", ["0", "'-0.0'", "0.5", "0.1", "-2.25", "16777216", "'nan'", "'inf'", "'-inf'", "3.4e38"]),
    "real": ("DOUBLE", ["0", "'-0.0'", "0.5", "0.1", "-2.5", "2.5", "1e300", "'nan'", "'inf'", "'-inf'"]),
    "dec4": ("DECIMAL(4,1)", ["-1.5", "0", "0.1", "2.5", "999.9"]),
    "dec9": ("DECIMAL(9,2)", ["-1.25", "0", "0.01", "2.50", "1234567.89"]),
    "dec18": ("DECIMAL(18,3)", ["-1.125", "0", "0.001", "2.5", "900719925474099.301"]),
    "dec38": ("DECIMAL(38,10)", ["-1.0000000001", "0", "2.5", "1234567890123456789012345678.0123456789"]),
    "word": ("VARCHAR", [f"'{word}'" for word in WORDS]),
    "bytes": ("BLOB", [r"'\x00'::BLOB", r"'\x00\xFF'::BLOB", "''::BLOB", "'ab'::BLOB"]),
    "bits": ("BIT", ["'0'", "'1'", "'0101'", "'01011'", "'010100000'"]),
    "id128": ("UUID", ["'00000000-0000-0000-0000-000000000000'", "'7fffffff-0000-0000-0000-000000000001'",
                       "'80000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"]),
    "day": ("DATE", ["'1969-12-31'", "'1970-01-01'", "'2024-02-29'", "'infinity'", "'0044-03-15 (BC)'"]),
    "clock": ("TIME", ["'00:00:00'", "'01:02:03.000001'", "'23:59:59.999999'"]),
    "zoned_clock": ("TIMETZ", ["'00:00:00+00'", "'01:02:03+02'", "'01:02:03-05'"]),
    "at_s": ("TIMESTAMP_S", ["'1969-12-31 23:59:59'", "'2024-01-01 00:00:00'", "'2024-01-01 00:00:01'"]),
    "at_ms": ("TIMESTAMP_MS", ["'1969-12-31 23:59:59.999'", "'2024-01-01 00:00:00'", "'2024-01-01 00:00:00.001'"]),
    "at_us": ("TIMESTAMP", ["'1969-12-31 23:59:59.999999'", "'2024-01-01'", "'2024-01-01 00:00:00.000001'",
                            "'infinity'", "'-infinity'"]),
    "at_ns": ("TIMESTAMP_NS", ["'1969-12-31 23:59:59.999999999'", "'2024-01-01'", "'2024-01-01 00:00:00.000000001'"]),
    "zoned": ("TIMESTAMPTZ", ["'2024-01-01 00:00:00+00'", "'2024-01-01 00:00:00+05'", "'1969-12-31 23:00:00-02'"]),
    "span": ("INTERVAL", ["'1 month'", "'30 days'", "'24 hours'", "'1 day'", "'29 days 25 hours'", "'-1 day'"]),
    "color": ("ENUM('red', 'green', 'blue')", ["'red'", "'green'", "'blue'"]),
    "list": ("INTEGER[]", ["[]::INTEGER[]", "[1]", "[1, 2]", "[2]", "[NULL]::INTEGER[]", "[1, NULL]"]),
    "words": ("VARCHAR[]", ["[]::VARCHAR[]", "['a']", "['a', 'b']", "[NULL]::VARCHAR[]"]),
    "pair": ("INTEGER[2]", ["[1, 2]::INTEGER[2]", "[2, 1]::INTEGER[2]", "[1, NULL]::INTEGER[2]"]),
    "thing": ("STRUCT(a BIGINT, b STRUCT(c VARCHAR, d DOUBLE))",
              ["{'a': 1, 'b': {'c': 'x', 'd': 0.5}}", "{'a': NULL, 'b': {'c': 'y', 'd': 'nan'::DOUBLE}}",
               "{'a': 2, 'b': {'c': NULL, 'd': NULL}}", "{'a': 2, 'b': NULL}"]),
    "map": ("MAP(VARCHAR, INTEGER)", ["MAP {}", "MAP {'k': 1}", "MAP {'k': 2}", "MAP {'k': 1, 'l': NULL}"]),
    "either": ("UNION(n INTEGER, s VARCHAR)", ["union_value(n := 1)", "union_value(n := 2)", "union_value(s := 'x')"]),
}
SHAPES = {"thing.a": ("BIGINT", ["1", "2", "NULL"]), "thing.b.c": ("VARCHAR", ["'x'", "'y'"]),
          "thing.b.d": ("DOUBLE", ["0.5", "'nan'"])}
OPERATORS = ["=", "<>", "<", "<=", ">", ">="]
NUMBERS = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "huge", "single", "real", "dec4", "dec9", "dec18",
           "dec38"]


def literal(kind, text):
    return "NULL" if text == "NULL" else f"CAST({text} AS {kind})"


def rows(count, seed):
    """SQL that gives `count` rows of all of that."""
    r = random.Random(seed)
    lines = []
    for i in range(count):
        values = [str(i)]
        for kind, texts in TYPES.values():
            values.append("NULL" if r.random() < 0.15 else literal(kind, r.choice(texts)))
        lines.append("(" + ", ".join(values) + ")")
    typed = [f"CAST({name} AS {kind}) AS {name}" for name, (kind, _) in TYPES.items()]
    return f"SELECT id::INTEGER AS id, {', '.join(typed)} FROM (VALUES {', '.join(lines)}) t(id, {', '.join(TYPES)})"


def cast(r):
    """A number compared as another type: the engine pushes such casts down."""
    name = r.choice(NUMBERS)
    kind = r.choice(["BIGINT", "INTEGER", "DOUBLE", "FLOAT", "DECIMAL(12,2)", "DECIMAL(38,4)", "HUGEINT", "SMALLINT"])
    value = r.choice(["0", "1", "-1", "2.5", "0.1", "100"])
    return f"CAST({name} AS {kind}) {r.choice(OPERATORS)} CAST({value} AS {kind})"


def text_test(r):
    word = r.choice(["word", "thing.b.c"])
    part = r.choice(WORDS)
    return r.choice([f"starts_with({word}, '{part}')", f"ends_with({word}, '{part}')", f"contains({word}, '{part}')",
                     f"{word} LIKE '{part}%'", f"{word} LIKE '%{part}'", f"{word} NOT LIKE '{part}%'",
                     f"list_contains(list, {r.choice(['1', '2', 'NULL'])})", f"list_contains(words, '{part}')"])


def leaf(r, columns):
    name = r.choice(sorted(columns))
    kind, texts = columns[name]
    what = r.random()
    if what < 0.08:
        return f"{name} IS {r.choice(['', 'NOT '])}NULL"
    if what < 0.16:
        return text_test(r)
    if what < 0.24:
        return cast(r)
    if what < 0.42:
        values = [literal(kind, r.choice(texts)) for _ in range(r.randint(1, 4))]
        if r.random() < 0.2:
            values.append("NULL")
        return f"{name} {r.choice(['', 'NOT '])}IN ({', '.join(values)})"
    if what < 0.5:
        return f"{name} IS {r.choice(['', 'NOT '])}DISTINCT FROM {literal(kind, r.choice([*texts, 'NULL']))}"
    if name == "truth" and what < 0.8:
        return r.choice(["truth", "NOT truth", "truth IS TRUE", "truth IS NOT FALSE"])
    return f"{name} {r.choice(OPERATORS)} {literal(kind, r.choice(texts))}"


def predicate(r, columns=None, depth=2):
    """Random SQL; it may fail in the engine (a cast out of range), where the pushed one must fail, too."""
    columns = columns or {**TYPES, **SHAPES}
    what = r.random()
    if depth == 0 or what < 0.45:
        return leaf(r, columns)
    if what < 0.55:
        return f"NOT ({predicate(r, columns, depth - 1)})"
    if what < 0.7:  # the engine pushes OR down where both sides are about one column
        name = r.choice(sorted(columns))
        return f"({leaf(r, {name: columns[name]})} OR {leaf(r, {name: columns[name]})})"
    joined = r.choice([" AND ", " AND ", " OR "])
    return f"({predicate(r, columns, depth - 1)}{joined}{predicate(r, columns, depth - 1)})"
