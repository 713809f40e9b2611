"""The read path of catalogs through the real engine: what ATTACH, the information schema, duckdb_*() and scans show of the
descriptors in tests/fixture/catalog_shop.c, and how every change is refused.
"""

import os
import pathlib

import duckdb
import pytest
from engine import attach, connect, location, text

WORKER = "vgi-fixture-worker"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A connection with both catalogs attached, in a folder that holds the files of the delegated tables."""
    folder = tmp_path_factory.mktemp("shop")
    before = pathlib.Path.cwd()
    os.chdir(folder)
    (folder / "orders.csv").write_text("id,product_id,quantity\n1,1,10\n2,3,1\n3,1,5\n")
    duckdb.sql(
        "SELECT * FROM (VALUES ('north', TIMESTAMP '2024-01-02 03:04:05', 1.25::DECIMAL(9, 2), ['a', 'b']),"
        " ('south', NULL, NULL, NULL)) t(sensor, taken, value, labels)"
    ).write_parquet("measures.parquet")
    connection = connect()
    attach(connection, WORKER, catalog="shop")
    attach(connection, WORKER, catalog="annex")
    yield connection
    connection.close()
    os.chdir(before)


def rows(connection, sql):
    return connection.sql(sql).fetchall()


def refused(connection, sql):
    """The sentence that `sql` is refused with."""
    with pytest.raises(duckdb.Error) as caught:
        connection.execute(sql)
    return str(caught.value).splitlines()[0]


# ---- listings --------------------------------------------------------------------------------------------------------


def test_databases(shop):
    assert rows(
        shop,
        "SELECT database_name, comment, tags['purpose'], type FROM duckdb_databases()"
        " WHERE database_name IN ('shop', 'annex') ORDER BY 1",
    ) == [("annex", None, None, "vgi"), ("shop", "A catalog with one of everything.", "tests", "vgi")]


def test_schemas(shop):
    assert rows(
        shop,
        "SELECT schema_name, comment, tags['owner'] FROM duckdb_schemas() WHERE database_name = 'shop' ORDER BY 1",
    ) == [("Archive", None, None), ("empty", None, None), ("main", "What is on sale.", "shop")]
    assert rows(
        shop, "SELECT schema_name FROM information_schema.schemata WHERE catalog_name = 'annex' ORDER BY 1"
    ) == [("data",)]


def test_show_all_tables(shop):
    shown = rows(
        shop,
        "SELECT database, schema, name, column_names, column_types FROM (SHOW ALL TABLES)"
        " WHERE database IN ('shop', 'annex') ORDER BY ALL",
    )
    assert [row[:3] for row in shown] == [
        ("annex", "data", "numbers"),
        ("shop", "Archive", "numbers"),
        ("shop", "main", 'Odd "table"'),
        ("shop", "main", "by_category"),
        ("shop", "main", "evens"),
        ("shop", "main", "measures"),
        ("shop", "main", "numbers"),
        ("shop", "main", "orders"),
        ("shop", "main", "products"),
        ("shop", "main", "tail"),
    ]
    assert shown[5][3:] == (
        ["sensor", "taken", "value", "labels"],
        ["VARCHAR", "TIMESTAMP", "DECIMAL(9,2)", "VARCHAR[]"],
    )
    assert shown[2][3] == ["select", "with space", 'quo"te']


def test_tables(shop):
    assert rows(
        shop,
        "SELECT table_name, comment, tags, column_count, has_primary_key"
        " FROM duckdb_tables() WHERE database_name = 'shop' AND schema_name = 'main' ORDER BY 1",
    ) == [
        ('Odd "table"', "It's odd", {}, 3, False),
        ("measures", None, {}, 4, False),
        ("numbers", "The first hundred integers.", {"source": "counted", "kind": "sequence"}, 1, False),
        ("orders", None, {}, 3, True),
        ("products", "What the shop sells.", {}, 4, True),
        ("tail", None, {}, 1, False),
    ]
    assert rows(
        shop,
        "SELECT table_schema, table_name, table_type FROM information_schema.tables"
        " WHERE table_catalog = 'shop' AND table_name IN ('numbers', 'evens') ORDER BY ALL",
    ) == [("Archive", "numbers", "BASE TABLE"), ("main", "evens", "VIEW"), ("main", "numbers", "BASE TABLE")]


def test_columns(shop):
    assert rows(
        shop,
        "SELECT column_name, data_type, is_nullable, column_default, comment FROM duckdb_columns()"
        " WHERE database_name = 'shop' AND table_name = 'products' ORDER BY column_index",
    ) == [
        ("id", "BIGINT", False, None, "Number of the product."),
        ("name", "VARCHAR", False, None, None),
        ("price", "DOUBLE", True, "1.5", "Without tax."),
        ("category", "VARCHAR", True, "'none'", None),
    ]
    assert rows(
        shop,
        "SELECT column_name, ordinal_position, is_nullable, data_type FROM information_schema.columns"
        " WHERE table_catalog = 'shop' AND table_name = 'Odd \"table\"' ORDER BY 2",
    ) == [("select", 1, "YES", "BIGINT"), ("with space", 2, "YES", "BIGINT"), ('quo"te', 3, "YES", "BIGINT")]


def test_describe(shop):
    assert [row[:5] for row in rows(shop, "DESCRIBE shop.products")] == [
        ("id", "BIGINT", "NO", "PRI", None),
        ("name", "VARCHAR", "NO", "UNI", None),
        ("price", "DOUBLE", "YES", None, "1.5"),
        ("category", "VARCHAR", "YES", "UNI", "'none'"),
    ]
    assert [row[:2] for row in rows(shop, "DESCRIBE shop.evens")] == [("n", "BIGINT")]


def test_constraints(shop):
    assert rows(
        shop,
        "SELECT table_name, constraint_type, constraint_column_names, constraint_text FROM duckdb_constraints()"
        " WHERE database_name = 'shop' AND table_name IN ('products', 'orders', 'numbers') ORDER BY ALL",
    ) == [
        ("numbers", "NOT NULL", ["n"], "NOT NULL"),
        (
            "orders",
            "FOREIGN KEY",
            ["product_id"],
            "FOREIGN KEY (product_id) REFERENCES products(id)",
        ),
        ("orders", "PRIMARY KEY", ["id"], "PRIMARY KEY(id)"),
        ("products", "CHECK", ["name"], "CHECK((length(\"name\") < 100))"),
        ("products", "CHECK", ["price"], "CHECK((price > 0))"),
        ("products", "NOT NULL", ["id"], "NOT NULL"),
        ("products", "NOT NULL", ["name"], "NOT NULL"),
        ("products", "PRIMARY KEY", ["id"], "PRIMARY KEY(id)"),
        ("products", "UNIQUE", ["category", "name"], "UNIQUE(category, \"name\")"),
        ("products", "UNIQUE", ["name"], "UNIQUE(\"name\")"),
    ]
    assert rows(
        shop,
        "SELECT constraint_type, count(*) FROM information_schema.table_constraints"
        " WHERE table_catalog = 'shop' AND table_name = 'products' GROUP BY ALL ORDER BY 1",
    ) == [("CHECK", 4), ("PRIMARY KEY", 1), ("UNIQUE", 2)]  # NOT NULL counts as CHECK there
    assert rows(
        shop,
        "SELECT column_name, ordinal_position FROM information_schema.key_column_usage"
        " WHERE table_catalog = 'shop' AND table_name = 'orders' ORDER BY ALL",
    ) == [("id", 1), ("product_id", 1)]


def test_views(shop):
    assert rows(
        shop,
        "SELECT view_name, comment, tags['source'], contains(sql, 'n % 2') FROM duckdb_views()"
        " WHERE database_name = 'shop' ORDER BY 1",
    )[1] == ("evens", "Every other number.", "numbers", True)
    assert rows(
        shop, "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'evens' AND database_name = 'shop'"
    ) == [("n", "An even number.")]


def test_functions(shop):
    assert rows(
        shop,
        "SELECT function_name, function_type, return_type, parameters, parameter_types, description, comment,"
        " tags['family'], examples, categories, stability FROM duckdb_functions()"
        " WHERE database_name = 'shop' AND schema_name = 'main' AND function_name IN ('vat', 'count_to') ORDER BY 1",
    ) == [
        (
            "count_to", "table", None, ["stop", "start"], ["BIGINT", "BIGINT"], "Counts upwards.",
            "The integers from start to stop.", "numbers", ["SELECT * FROM count_to(3)"], ["numbers", "tests"], None,
        ),
        (
            "vat", "scalar", "DOUBLE", ["price"], ["DOUBLE"], "Adds a quarter.",
            "The price with tax.", "money", ["SELECT vat(4)"], ["money"], "CONSISTENT",
        ),
    ]  # fmt: skip


def test_macros(shop):
    assert rows(
        shop,
        "SELECT function_name, function_type, parameters, comment FROM duckdb_functions()"
        " WHERE database_name = 'shop' AND function_type LIKE '%macro' ORDER BY 1",
    ) == [
        ("add_tax", "macro", ["price", "rate"], "The price with a tax."),
        ("numbers_between", "table_macro", ["low", "high"], None),
    ]
    assert rows(shop, "SELECT shop.main.add_tax(10), shop.add_tax(10, rate := 1)") == [(15.0, 20)]
    assert rows(shop, "FROM shop.main.numbers_between(1)") == [(1,), (2,), (3,)]
    assert rows(shop, "FROM shop.numbers_between(1, high := 2)") == [(1,), (2,)]


def test_cardinality(shop):
    assert "~100 rows" in rows(shop, "EXPLAIN FROM shop.numbers")[0][1]


# ---- scans -----------------------------------------------------------------------------------------------------------


def test_scan_of_functions(shop):
    assert rows(shop, "SELECT count(*), sum(n), min(n), max(n) FROM shop.numbers") == [(100, 4950, 0, 99)]
    assert rows(shop, "SELECT sum(n) FROM shop.main.tail") == [(sum(range(90, 100)),)]
    assert rows(shop, "SELECT name, price FROM shop.products WHERE category IS NULL") == [("gift", 9.99)]
    assert rows(shop, "SELECT category, id FROM shop.products ORDER BY id LIMIT 2") == [("fruit", 1), ("fruit", 2)]


def test_scan_of_files(shop):
    assert rows(
        shop, "SELECT name, sum(quantity) FROM shop.orders JOIN shop.products p ON p.id = product_id GROUP BY 1 ORDER BY 1"
    ) == [("apple", 15), ("lamp", 1)]
    assert rows(shop, "SELECT sensor, value::VARCHAR, labels[2] FROM shop.measures ORDER BY 1") == [
        ("north", "1.25", "b"),
        ("south", None, None),
    ]
    assert rows(shop, "SELECT typeof(id), typeof(quantity) FROM shop.orders LIMIT 1") == [("BIGINT", "BIGINT")]


def test_views_select(shop):
    assert rows(shop, "SELECT count(*), max(n) FROM shop.evens") == [(50, 98)]
    assert rows(shop, "SELECT * FROM shop.by_category ORDER BY category NULLS LAST") == [
        ("fruit", 2, 1.5625),
        ("home", 2, 200.0),
        (None, 1, pytest.approx(12.4875)),
    ]


def test_names_ignore_case(shop):
    assert rows(shop, "SELECT max(N) FROM SHOP.MAIN.NUMBERS") == [(99,)]
    assert rows(shop, "SELECT max(n) FROM shop.archive.numbers") == [(9,)]
    assert rows(shop, 'SELECT "SELECT" + "With Space" FROM shop."ODD ""TABLE"""') == [(3,)]
    assert rows(shop, "SELECT Shop.Main.VAT(4)") == [(5.0,)]


def test_odd_names(shop):
    assert rows(shop, 'SELECT "select", "with space", "quo""te" FROM shop.main."Odd ""table"""') == [(1, 2, 3)]


def test_two_catalogs_share_names(shop):
    assert rows(shop, "SELECT shop.main.vat(2), annex.data.vat(2)") == [(2.5, 3.0)]
    assert rows(shop, "SELECT (SELECT count(*) FROM shop.numbers), (SELECT count(*) FROM annex.numbers)") == [(100, 5)]
    assert rows(shop, "SELECT count(*) FROM annex.data.count_to(3)") == [(3,)]


def test_use(shop):
    shop.execute("USE shop.main")
    try:
        assert rows(shop, "SELECT vat(max(n)) FROM evens") == [(122.5,)]
        assert rows(shop, "SELECT count(*) FROM count_to(12)") == [(12,)]
    finally:
        shop.execute("USE memory.main")


def test_unknown_names(shop):
    assert "does not exist" in refused(shop, "FROM shop.nosuch")
    assert "does not exist" in refused(shop, "FROM shop.empty.numbers")
    assert "does not exist" in refused(shop, "SELECT shop.main.nosuch(1)")
    assert rows(shop, "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'empty'") == [(0,)]


# ---- changes ---------------------------------------------------------------------------------------------------------

CHANGES = {
    "CREATE SCHEMA shop.more": "create schema more",
    "DROP SCHEMA shop.empty": "drop schema empty",
    "CREATE TABLE shop.t (i INTEGER)": "create table main.t",
    "CREATE TABLE shop.t AS SELECT 1 AS i": "create table main.t",
    "CREATE OR REPLACE TABLE shop.numbers (i INTEGER)": "create table main.numbers",
    "CREATE TABLE IF NOT EXISTS shop.t (i INTEGER)": "create table main.t",
    "DROP TABLE shop.numbers": "drop table main.numbers",
    "ALTER TABLE shop.numbers RENAME TO digits": "rename table main.numbers",
    "COMMENT ON TABLE shop.numbers IS 'x'": "change the comment of table main.numbers",
    "ALTER TABLE shop.numbers ADD COLUMN m INTEGER": "add a column to table main.numbers",
    "ALTER TABLE shop.products DROP COLUMN price": "drop column main.products.price",
    "ALTER TABLE shop.products RENAME price TO cost": "rename column main.products.price",
    "ALTER TABLE shop.products ALTER price TYPE INTEGER": "change the type of a column of table main.products",
    "ALTER TABLE shop.products ALTER price SET DEFAULT 2": "set the default of column main.products.price",
    "ALTER TABLE shop.products ALTER price DROP DEFAULT": "drop the default of column main.products.price",
    "ALTER TABLE shop.products ALTER price SET NOT NULL": "set NOT NULL on column main.products.price",
    "ALTER TABLE shop.products ALTER name DROP NOT NULL": "drop NOT NULL of column main.products.name",
    "COMMENT ON COLUMN shop.products.price IS 'x'": "change the comment of column main.products.price",
    "CREATE VIEW shop.v AS SELECT 1": "create view main.v",
    "CREATE OR REPLACE VIEW shop.evens AS SELECT 1": "create view main.evens",
    "DROP VIEW shop.evens": "drop view main.evens",
    'ALTER TABLE shop."Odd ""table""" RENAME TO plain': 'rename table main."Odd ""table"""',
}


@pytest.mark.parametrize("sql", CHANGES)
def test_changes_are_refused(shop, sql):
    assert refused(shop, sql).endswith(f"CatalogReadOnlyError: Cannot {CHANGES[sql]}: catalog is read-only")
    assert rows(shop, "SELECT count(*) FROM shop.numbers") == [(100,)]  # and nothing is broken


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO shop.numbers VALUES (1)",
        "UPDATE shop.numbers SET n = 1",
        "DELETE FROM shop.numbers",
        "CREATE MACRO shop.m() AS 1",
        "CREATE INDEX i ON shop.numbers (n)",
        "CREATE SEQUENCE shop.s",
        "CREATE TYPE shop.mood AS ENUM ('sad')",
    ],
)
def test_changes_that_the_engine_refuses(shop, sql):
    assert any(word in refused(shop, sql) for word in ("does not support", "read-only"))


def test_drop_if_exists(shop):
    shop.execute("DROP TABLE IF EXISTS shop.nosuch")
    shop.execute("DROP VIEW IF EXISTS shop.nosuch")


# ---- ATTACH ----------------------------------------------------------------------------------------------------------


def attach_error(catalog, options=""):
    with pytest.raises(duckdb.Error) as caught:
        attach(connect(), WORKER, catalog=catalog, alias="x", options=options)
    return str(caught.value)


def test_attach_of_an_unknown_catalog():
    message = attach_error("nosuch")
    assert "ValueError: No catalog 'nosuch' here; this worker serves: " in message
    assert "shop" in message.split("serves: ")[1] and "annex" in message.split("serves: ")[1]


def test_attach_with_unknown_options():
    # The engine knows from catalog_catalogs that there are none, and does not ask the worker.
    assert "Unknown ATTACH option 'speed' for catalog 'shop'. Accepted options: (none)" in attach_error("shop", ", speed 7")


def test_attach_with_versions():
    connection = connect()
    attach(connection, WORKER, catalog="shop", options=", data_version_spec '^2.0', implementation_version '1'")
    assert rows(connection, "SELECT count(*) FROM shop.numbers") == [(100,)]
    assert "Unsupported data_version_spec '3': this worker serves '2.1.0'" in attach_error(
        "shop", ", data_version_spec '3'"
    )
    assert "Unsupported implementation_version '2': this worker serves '1.2.0'" in attach_error(
        "shop", ", implementation_version '2'"
    )


def test_attach_under_other_names_and_twice():
    connection = connect()
    attach(connection, WORKER, catalog="SHOP", alias="one")
    attach(connection, WORKER, catalog="shop", alias="two words")
    assert rows(connection, 'SELECT (SELECT max(n) FROM one.numbers) + max(n) FROM "two words".main.numbers') == [(198,)]
    connection.execute("DETACH one")
    assert rows(connection, 'SELECT max(n) FROM "two words".numbers') == [(99,)]
    attach(connection, WORKER, catalog="shop", alias="one")
    assert rows(connection, "SELECT max(n) FROM one.numbers") == [(99,)]


def test_catalogs_of_a_location():
    found = connect().sql(f"FROM vgi_catalogs({text(location(WORKER))})").fetchall()
    assert {"shop", "annex"} <= {row[0] for row in found}
