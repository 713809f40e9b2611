"""Makes corpus/worker and corpus/sealed: sessions of the real engine with fuzz-worker, for fuzz_worker.c and fuzz_sealed.c.

  make_worker_corpus.py [DIRECTORY]      (default: corpus beside this script; the environment is that of a test)

What the engine sends to one process is one session. Some are changed where the engine itself would never do it. Committed,
so that a build needs no engine.
"""

import os
import pathlib
import re
import sys
import tempfile

import duckdb
import pyarrow as pa

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parent / "worker")]
from engine import BIN, connect, text  # noqa: E402
from hostile_sessions import parse, write  # noqa: E402
from processes import running, wait_until  # noqa: E402

WORKER = BIN / "fuzz-worker"
KEY = re.search(r'FUZZ_SIGNING_KEY "(\w+)"', (HERE / "worker_session.h").read_text())[1]
ROWS = "(SELECT range AS id, 'x' AS name FROM range(3))"
SESSIONS = {
    "scan": ["SELECT sum(n) FROM still.main.series(250) WHERE n > 7", "SELECT n FROM still.main.series(3000) LIMIT 1",
             "SELECT * FROM still.main.numbers"],
    "in_out": [f"SELECT * FROM still.main.echo({ROWS})", f"SELECT name FROM still.main.echo({ROWS})",
               f"SELECT * FROM still.main.total({ROWS})"],
    "declared_insert": ["INSERT INTO still.main.numbers VALUES (1), (2)"],
    "settings": ["SET fuzz_factor = 5", "SET fuzz_mood = 'good'",
                 "CREATE SECRET key1 (TYPE fuzz_key, token 'token-1', SCOPE 's3://bucket')",
                 "SELECT * FROM still.main.asks()", "SET fuzz_factor = 7", "SELECT * FROM still.main.asks()"],
    "no_secret": ["SELECT * FROM still.main.asks()"],
    "listing": ["SHOW ALL TABLES", "SELECT count(*) FROM duckdb_functions()"],
    "transaction": ["BEGIN", "CREATE TABLE live.main.t (a INT)", f"INSERT INTO live.main.items FROM {ROWS}",
                    "SELECT * FROM live.main.items", "COMMIT"],
    "rolled_back": ["BEGIN", f"INSERT INTO live.main.items FROM {ROWS}", "ROLLBACK"],
    "commit_fails": ["BEGIN", "CREATE TABLE live.main.a (a INT)", "CREATE TABLE live.main.b (a INT)",
                     "CREATE TABLE live.main.c (a INT)", "COMMIT"],
    "returning": [f"INSERT INTO live.main.items FROM {ROWS} RETURNING id, name",
                  f"INSERT INTO live.main.items FROM {ROWS} ON CONFLICT DO NOTHING"],
    "outside": ["CREATE TABLE twin.main.t (a INT)", "DROP TABLE live.main.items"],
}


def record(statements):
    """What each process is sent, with the most said first."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        location = f"tee '{folder}/'$$.in | '{WORKER}'"
        connection = connect(threads=1)
        for catalog in sorted(set(re.findall(r"still|live|twin", " ".join(statements)))) or ("still", "live"):
            connection.execute(f"ATTACH '{catalog}' AS {catalog} (TYPE vgi, LOCATION {text(location)})")
        for statement in statements:
            try:
                connection.execute(statement).fetchall()
            except duckdb.Error as error:
                print(f"  {statement}: {str(error).splitlines()[0]}")
        connection.close()
        wait_until(lambda: running(WORKER) == [])
        said = [path.read_bytes() for path in folder.glob("*.in")]
    return sorted(said, key=len, reverse=True)


def methods(data):
    return [batches[0][1][b"vgi_rpc.method"].decode() for _, batches in parse(data)
            if batches and b"vgi_rpc.method" in batches[0][1]]


def contents(data):
    """The same session, which asks for everything at once instead of for the schemas."""
    said = b""
    for schema, batches in parse(data):
        if batches and batches[0][1].get(b"vgi_rpc.method") == b"catalog_schemas":
            for version, columnar in ((b"2.1.0", "x"), (b"2.2.0", None)):
                batch, metadata = batches[0]
                attached = batch.column(batch.schema.get_field_index("attach_opaque_data"))
                asked = pa.record_batch([attached, pa.array([columnar], pa.string())], schema=pa.schema([
                    pa.field("attach_opaque_data", pa.binary(), nullable=False), pa.field("if_none_match", pa.string())]))
                said += write(asked.schema, [(asked, {**metadata, b"vgi_rpc.method": b"catalog_contents",
                                                      b"vgi_rpc.protocol_version": version})])
        said += write(schema, batches)
    return said


def without(data, *left_out):
    """The same session without the calls of some methods."""
    said, skips = b"", False
    for schema, batches in parse(data):
        method = batches[0][1].get(b"vgi_rpc.method", b"").decode() if batches else ""
        skips = method in left_out if method else skips
        said += b"" if skips else write(schema, batches)
    return said


def changed(name, data):
    """Sessions that no engine has."""
    if name == "transaction":
        end = without(data, "catalog_transaction_commit")
        yield "open", end
        yield "twice", data + data[len(end) // 2:]
        yield "of_another_catalog", end + end.replace(b"\4\0live", b"\4\0twin")
        yield "unknown", re.sub(rb"\x01([\x00-\xff]{16})([0-9a-f]{16})", lambda m: b"\1" + bytes(16) + m[2], data)
    if name == "listing":
        yield "contents", contents(data)
    if name == "in_out":
        yield "finish_alone", b"".join(write(schema, batches[:1]) for schema, batches in parse(data))


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "corpus"
    for folder in ("worker", "sealed"):
        (root / folder).mkdir(parents=True, exist_ok=True)
        os.environ["VGI_SIGNING_KEY"] = KEY
        if folder == "worker":
            del os.environ["VGI_SIGNING_KEY"]
        for name, statements in SESSIONS.items():
            for i, data in enumerate(record(statements)):
                print(folder, name, i, len(data), *methods(data))
                (root / folder / (f"{name}_{i}" if i else name)).write_bytes(data)
                for change, made in changed(name, data):
                    (root / folder / (f"{name}_{i}_{change}" if i else f"{name}_{change}")).write_bytes(made)


if __name__ == "__main__":
    main()
