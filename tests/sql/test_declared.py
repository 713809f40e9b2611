"""What a catalog declares beside its schemas, through the real engine: settings, secrets, a catalog attached with it, global
functions, data versions, tables with a past (tests/ops/declared_worker.c)."""

import datetime

import duckdb
import pytest
from engine import attach, connect, location, text
from planted import planted

WORKER = "vgi-declared-worker"
RELEASES = "'1.0.0', '1.2.0', '2.0.0', '3.0.0-rc.1'"


@pytest.fixture
def run():
    connection = attach(connect(), WORKER, catalog="declared", alias="d")
    yield lambda sql: connection.execute(sql).fetchall()
    connection.close()


def refused(run, sql):
    with pytest.raises(duckdb.Error) as caught:
        run(sql)
    return str(caught.value).splitlines()[0]


# ---- settings --------------------------------------------------------------------------------------------------------


def test_settings_are_the_engines(run):
    listed = run("SELECT name, value, description, input_type FROM duckdb_settings() WHERE name LIKE 'declared%' ORDER BY ALL")
    assert listed == [
        ("declared_count", "3", "", "BIGINT"), ("declared_flag", "false", "", "BOOLEAN"),
        ("declared_greeting", "hello", "How to greet.", "VARCHAR"), ("declared_never", None, "", "VARCHAR"),
        ("declared_ratio", "0.5", "", "DOUBLE")]  # fmt: skip
    assert "Could not convert string 'x' to INT64" in refused(run, "SET declared_count = 'x'")


def test_functions_read_settings(run):
    assert run("FROM d.main.settings_seen()") == [("hello", 3, 0.5, False, True)]
    run("SET declared_greeting = 'hi'")
    run("SET declared_count = -9")
    run("SET declared_ratio = 2")
    run("SET declared_flag = true")
    run("SET declared_never = 'now'")
    assert run("FROM d.main.settings_seen()") == [("hi", -9, 2.0, True, False)]
    assert run("SELECT d.main.greet(name) FROM (VALUES ('you'), (NULL)) t(name)") == [("hi, you",), (None,)]
    run("RESET declared_greeting")
    assert run("SELECT d.main.greet('you')") == [("hello, you",)]


@pytest.mark.parametrize("how, sentence", [
    ("unknown", "KeyError: setting nosuch is none that the catalog declares"),
    ("type", "TypeError: setting declared_greeting is utf8, and was asked for as an integer"),
    ("null", "ValueError: setting declared_never must not be NULL"),
])  # fmt: skip
def test_a_setting_that_cannot_be_read(run, how, sentence):
    assert sentence in refused(run, f"FROM d.main.wrong('{how}')")


# ---- secrets ---------------------------------------------------------------------------------------------------------

NO_SECRET = [("-", "-", "-", -1)]
FIRST, SECOND = planted("k1"), planted("k2")


def test_secrets(run):
    assert run("FROM d.main.secret_required()") == NO_SECRET
    assert run("FROM d.main.secret_found('s3://one/x')") == NO_SECRET
    run(f"CREATE SECRET all_ (TYPE declared_secret, api_key {text(FIRST)}, port 5)")
    run(f"CREATE SECRET two (TYPE declared_secret, api_key {text(SECOND)}, SCOPE 's3://two')")
    shown = run("SELECT name, type, secret_string FROM duckdb_secrets() ORDER BY name")
    assert [row[:2] for row in shown] == [("all_", "declared_secret"), ("two", "declared_secret")]
    assert "api_key=redacted;port=5" in shown[0][2] and FIRST not in shown[0][2]
    anywhere, two = ("all_", FIRST, "", 5), ("two", SECOND, "s3://two", -1)
    assert run("FROM d.main.secret_required()") == [anywhere]
    assert run("FROM d.main.secret_found('s3://one/x')") == [anywhere]
    assert run("FROM d.main.secret_found('s3://two/x')") == [two]
    assert run("FROM d.main.secret_found('', name := 'two')") == [two]
    assert run("FROM d.main.secret_found('', name := 'nosuch')") == NO_SECRET
    assert "Unknown parameter 'colour'" in refused(run, "CREATE SECRET x (TYPE declared_secret, colour 'red')")


# ---- what comes and goes with the attachment -------------------------------------------------------------------------


def test_a_catalog_attached_with_it(run):
    names = "SELECT database_name FROM duckdb_databases() WHERE NOT internal ORDER BY ALL"
    assert run(names) == [("d",), ("declared_side",), ("memory",)]
    run("CREATE TABLE declared_side.t AS SELECT 7 AS n")
    assert run("FROM declared_side.t") == [(7,)]
    run("DETACH d")
    assert run(names) == [("memory",)]


def test_global_functions(run):
    assert run("SELECT declared_greet('you'), d.main.greet('you')") == [("hello, you", "hello, you")]
    assert run("FROM declared_versions()") == [("2.0.0", None, None)]
    run("DETACH d")
    assert "'d', which is no longer attached" in refused(run, "SELECT declared_greet('you')")


# ---- versions --------------------------------------------------------------------------------------------------------


def attach_version(option, spec):
    connection = attach(connect(), WORKER, catalog="declared", alias="d", options=f", {option} {text(spec)}")
    return lambda sql: connection.execute(sql).fetchall()


@pytest.mark.parametrize("spec, resolved", [
    ("1.0.0", "1.0.0"), ("1", "1.2.0"), ("^1.0", "1.2.0"), ("~1.0", "1.0.0"), ("1.0 - 1.1", "1.0.0"), ("*", "2.0.0"),
    (">=1 <2 || >5", "1.2.0"), (">=3.0.0-rc", "3.0.0-rc.1"), (">1.2.0", "2.0.0"),
])  # fmt: skip
def test_the_newest_in_a_range(spec, resolved):
    """Given to the functions of this attachment, and kept."""
    run = attach_version("data_version_spec", spec)
    assert run("SELECT data_version FROM d.main.versions()") == [(resolved,)]
    assert run("SELECT data_version FROM d.main.past") == [(resolved,)]


@pytest.mark.parametrize("option, spec, sentence", [
    ("data_version_spec", "^4", f"Unsupported data_version_spec '^4': this worker serves {RELEASES}"),
    ("data_version_spec", "^3", f"Unsupported data_version_spec '^3': this worker serves {RELEASES}"),
    ("data_version_spec", "latest", "Unsupported data_version_spec 'latest': no version range; accepted forms: X, X.Y, "),
    ("implementation_version", "2", "Unsupported implementation_version '2': this worker serves '1.4.2'"),
])  # fmt: skip
def test_what_is_not_served(option, spec, sentence):
    with pytest.raises(duckdb.Error) as caught:
        attach_version(option, spec)
    assert sentence in str(caught.value)


def test_releases_are_advertised():
    names = connect().execute(f"FROM vgi_catalogs({text(location(WORKER))})").description
    at = [column[0] for column in names].index("releases")
    sql = f"SELECT unnest(#{at + 1}, recursive := true) FROM vgi_catalogs({text(location(WORKER))})"
    found = connect().execute(f"SELECT version, epoch_us(released_at), summary, notes_url FROM ({sql})").fetchall()
    # A release that does not tell when it was is one of 1970 to the engine.
    assert found == [("1.0.0", 0, "The first.", None), ("1.2.0", 1_700_000_000_000_000, "", "https://example.org"),
                     ("2.0.0", 0, "", None), ("3.0.0-rc.1", 0, "", None)]  # fmt: skip


def test_time_travel(run):
    at = datetime.datetime(2020, 1, 2, 3, 4, 5)
    assert run("FROM d.main.past") == [("2.0.0", None, None)]
    assert run("FROM d.main.past AT (VERSION => 3)") == [("2.0.0", "VERSION", "3")]
    assert run(f"FROM d.main.past AT (TIMESTAMP => TIMESTAMP '{at}')") == [("2.0.0", "TIMESTAMP", str(at))]
    assert "ValueError: Table main.now does not support time travel queries" in refused(run, "FROM d.main.now AT (VERSION => 3)")
