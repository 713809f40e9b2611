"""SQL types to Arrow and back, against the types that the engine itself exports (arrow_lossless_conversion)."""

import os
import subprocess

import duckdb
import pyarrow as pa
import pytest

TOOL = os.environ["VGI_ARROW_TOOL"]

PLAIN = """TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT HUGEINT UHUGEINT BIGNUM FLOAT DOUBLE
    VARCHAR BLOB BIT UUID JSON GEOMETRY DATE TIME TIME_NS TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS INTERVAL""".split()
TYPES = [*PLAIN, "TIMESTAMP WITH TIME ZONE", "TIME WITH TIME ZONE", "DECIMAL(1,0)", "DECIMAL(18,3)", "DECIMAL(38,38)",
         "BIGINT[]", "VARCHAR[][]", "INTEGER[3]", "UUID[2][]", 'STRUCT(a BIGINT, "b c" VARCHAR)',
         "STRUCT(a STRUCT(b HUGEINT[]))", "MAP(VARCHAR, BIGINT)", "MAP(INTEGER, MAP(VARCHAR, DATE[]))",
         "UNION(n BIGINT, s VARCHAR)", "ENUM('a', 'it''s')", "ENUM('a')[]"]
ALIASES = ["INT", "INT8", "LONG", "TEXT", "STRING", "FLOAT4", "REAL", "NUMERIC(9,2)", "DECIMAL", "DATETIME", "TIMESTAMPTZ",
           "TIMETZ", "BYTEA", "BITSTRING", "GUID", "INT128", "UINT128", "INT1", "INT2", "INT4", "INT16", "INT32", "INT64",
           "UINT8", "UINT16", "UINT32", "UINT64", "SHORT", "SIGNED", "FLOAT8", "DOUBLE PRECISION", "VARCHAR(10)", "CHAR",
           "BPCHAR", "BINARY", "VARBINARY", "NVARCHAR", "CHARACTER VARYING(3)", "OID", "INTEGRAL", "DEC(4)", "VARINT",
           "TIMESTAMP_US", "ROW(a INT)"]


def tool(*args, stdin=b""):
    done = subprocess.run([TOOL, *args], input=stdin, capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def ours(sql):
    return pa.ipc.open_stream(tool("types", f"x {sql}")).schema.field(0)


@pytest.fixture(scope="module")
def engine():
    with duckdb.connect() as connection:
        connection.execute("SET arrow_lossless_conversion = true; SET TimeZone = 'UTC'")
        yield connection


def theirs(engine, sql):
    return engine.execute(f"SELECT CAST(NULL AS {sql}) AS x").fetch_record_batch().schema


def stored(field):
    """The type with its extension, also where pyarrow knows the extension, and the names of lists and maps left out."""
    kind, extension = field.type, None
    if isinstance(kind, pa.BaseExtensionType):
        extension = (kind.extension_name, kind.__arrow_ext_serialize__() if hasattr(kind, "__arrow_ext_serialize__") else b"",
                     str(kind))
        kind = kind.storage_type
    elif field.metadata:
        extension = sorted(field.metadata.items())
    if pa.types.is_dictionary(kind):
        return "dictionary", str(kind), extension
    named = pa.types.is_struct(kind) or pa.types.is_union(kind)
    children = [(child.name if named else "", stored(child)) for child in (kind.field(i) for i in range(kind.num_fields))]
    size = kind.list_size if pa.types.is_fixed_size_list(kind) else None
    return kind.id, str(kind) if not children else "", size, children, extension


@pytest.mark.parametrize("sql", TYPES + ALIASES)
def test_the_engine_exports_the_same(engine, sql):
    assert stored(ours(sql)) == stored(theirs(engine, sql).field(0))


# An ENUM's values are no part of its Arrow type.
@pytest.mark.parametrize("sql", [sql for sql in TYPES if "ENUM" not in sql])
def test_what_the_engine_exports_is_printed(engine, sql):
    printed = tool("sql", stdin=write_schema(theirs(engine, sql))).decode().strip()
    assert printed == sql


def write_schema(schema):
    sink = pa.BufferOutputStream()
    pa.ipc.new_stream(sink, schema).close()
    return sink.getvalue().to_pybytes()


def test_boolean_is_plain():
    """The engine exports arrow.bool8 where it is lossless, and takes both."""
    assert ours("BOOLEAN").type == pa.bool_()


def test_an_enum_of_the_engine_is_a_dictionary(engine):
    assert tool("sql", stdin=write_schema(theirs(engine, "ENUM('a')"))) == b"<dictionary(uint8, VARCHAR)>\n"


def test_any_and_null():
    assert ours("ANY").metadata == {b"vgi_type": b"any"}
    assert ours("NULL").type == pa.null()


def test_not_null_and_metadata_reach_the_wire():
    schema = pa.ipc.open_stream(tool("types", "a BIGINT NOT NULL, b MAP(INT, TEXT)")).schema
    assert not schema.field("a").nullable
    assert schema.field("b").nullable
    assert not schema.field("b").type.key_field.nullable
    assert schema.field("b").type.item_field.nullable


def test_a_mistake_is_pointed_at():
    done = subprocess.run([TOOL, "types", "a BIGINT, b STRUCT(c BIGNIT)"], capture_output=True, timeout=20)
    assert done.returncode == 1
    message, text, caret = done.stderr.decode().rstrip("\n").split("\n")
    assert "unknown type 'BIGNIT'" in message
    assert text[caret.index("^"):].startswith("BIGNIT")
