"""A worker in C that has a signing key, asked by the C client and by the reference's: what it hands out opens for whom and
where it was made for, and every other value is refused in every method with one sentence. Callbacks get what they gave.
"""

import os
import subprocess

import pytest
from vgi import worker as sdk
from vgi.protocol import VgiProtocol
from vgi_rpc import AuthContext, crypto
from vgi_rpc.rpc import RpcError, unix_connect

import script
from recorder import Recorder
from test_methods import METHODS
from tool import Refused, Tool

KEY, NEXT = "the key of a fleet, and no other", "the one that comes after it"
ATTACHMENT = "ValueError: attach_opaque_data not recognized"
TRANSACTION = "ValueError: transaction_opaque_data not recognized"
ASKS_NOTHING = {"table_function_dynamic_to_string"}  # the same two empty lists for everybody
RECORDER = os.environ["VGI_OPS_RECORDER"]


class CClient:
    def __init__(self, worker):
        self.tool = Tool(worker.location)
        self.tool.ask("attach", b"full")
        self.close = self.tool.close

    def ask(self, name, row):
        columns, request = METHODS[name]
        return self.tool.ask(name, row_bytes(request or name, row, columns))


class ReferenceClient:
    def __init__(self, worker):
        self.connection = unix_connect(VgiProtocol, str(worker.path))
        self.proxy = self.connection.__enter__()

    def close(self):
        self.connection.__exit__(None, None, None)

    def ask(self, name, row):
        columns, request = METHODS[name]
        if request:
            made = script.sdk_class(request).deserialize_from_bytes(row_bytes(request, row, columns))
            arguments = {"request": made}
        else:
            by_name = {column.name: column for column in columns}
            arguments = {key: script.sdk_argument(by_name[key], value) for key, value in row.items()}
        try:
            return getattr(self.proxy, name)(**arguments)
        except RpcError as error:
            raise Refused(error.error_message) from None


def row_bytes(record, row, columns):
    return script.to_bytes(script.batch_of([row], script.schema_of(columns, script.MINOR)))


def start(folder, key):
    """A worker with that key, or two, or none; or with variables that say where they are."""
    keys = key if isinstance(key, dict) else dict(zip(("VGI_SIGNING_KEY", "VGI_SIGNING_KEY_PREVIOUS"), key))
    folder.mkdir(exist_ok=True)
    answers = folder / "answers"
    answers.mkdir()
    for name, record in (("transaction_begin", "TransactionBeginResponse"), ("catalogs", "CatalogInfo")):
        (answers / f"catalog_{name}.full").write_bytes(script.record_bytes(record, "full"))
    return Recorder(folder, [RECORDER], VGI_ANSWERS=str(answers), **keys)


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    made = start(tmp_path_factory.mktemp("keyed"), [KEY])
    yield made
    made.close()


@pytest.fixture(scope="module", params=[CClient, ReferenceClient])
def client(worker, request):
    made = request.param(worker)
    yield made
    made.close()


@pytest.fixture(scope="module")
def by_c(worker):
    """Attaching and beginning, for either client: who asked is anonymous."""
    made = CClient(worker)
    yield made
    made.close()


def field(answer, record, name):
    return bytes.fromhex(script.plain_record(answer, record)[0][name]["bytes"])


def attach(client):
    answer = client.tool.ask("catalog_attach", script.record_bytes("CatalogAttachRequest", "full"))
    return field(answer, "CatalogAttachResult", "attach_opaque_data")


def begin(client, attachment):
    columns, _ = METHODS["catalog_transaction_begin"]
    answer = client.tool.ask("catalog_transaction_begin",
                             row_bytes("", {"attach_opaque_data": attachment}, columns))  # fmt: skip
    return field(answer, "TransactionBeginResponse", "transaction_opaque_data")


@pytest.fixture
def held(by_c):
    attachment = attach(by_c)
    return attachment, begin(by_c, attachment)


def commit(client, attachment, transaction):
    client.ask("catalog_transaction_commit",
               {"attach_opaque_data": attachment, "transaction_opaque_data": transaction})  # fmt: skip


def refused(client, attachment, transaction):
    with pytest.raises(Refused) as caught:
        commit(client, attachment, transaction)
    return str(caught.value)


def aad(principal=None):
    return sdk._attach_aad(principal and AuthContext(domain="jwt", authenticated=True, principal=principal))


def sealed_by_reference(value, key=KEY, principal=None):
    return crypto.seal_bytes(value, key.encode(), aad=aad(principal), version=sdk._ATTACH_ENVELOPE_VERSION)


def opened(envelope, key=KEY):
    return crypto.open_bytes(envelope, key.encode(), aad=aad(), version=sdk._ATTACH_ENVELOPE_VERSION)


# ---- what is right ---------------------------------------------------------------------------------------------------


def test_callbacks_get_what_they_gave(worker, client, held):
    worker.recorded()
    commit(client, *held)
    columns, _ = METHODS["catalog_transaction_commit"]
    got = script.plain_record(bytes.fromhex(worker.recorded()[0]["asked"]), "", columns)[0]
    assert got["attach_opaque_data"]["bytes"] == b"full".hex()
    assert got["transaction_opaque_data"]["bytes"] == b"transaction of full".hex()


def test_nothing_shows(held):
    attachment, transaction = held
    plain = opened(attachment)
    assert plain.endswith(b"full") and len(attachment) == len(plain) + 41
    assert b"full" not in attachment and b"transaction" not in transaction
    assert len(transaction) == len(b"transaction of full") + 41


def test_one_key_in_two_implementations(client, held):
    """What the reference seals with the key is as good as what the worker has sealed."""
    again = sealed_by_reference(opened(held[0]))
    assert again != held[0]
    assert refused(client, again, held[1]).startswith(TRANSACTION)  # of the other envelope
    client.ask("catalog_detach", {"attach_opaque_data": again})


# ---- what is wrong ---------------------------------------------------------------------------------------------------


def wrong(value):
    """Forged and cut, everywhere; of no bytes."""
    for at in (0, 1, 24, 25, len(value) - 17, len(value) - 16, len(value) - 1):
        yield value[:at] + bytes([value[at] ^ 1]) + value[at + 1:]
    for size in (1, 16, 40, 41, len(value) - 1):
        yield value[:size]
    yield from (value + b"\0", value[1:], bytes(len(value)), b"full")


def test_forged_and_cut(client, held):
    attachment, transaction = held
    for value in wrong(attachment):
        assert refused(client, value, transaction).splitlines()[0] == ATTACHMENT
    for value in wrong(transaction):
        assert refused(client, attachment, value).splitlines()[0] == TRANSACTION
    assert refused(client, b"", transaction).splitlines()[0] == ATTACHMENT  # nobody gets by without
    commit(client, attachment, transaction)


def test_swapped(client, by_c, held):
    attachment, transaction = held
    other = attach(by_c)
    assert refused(client, other, transaction).splitlines()[0] == TRANSACTION
    assert refused(client, attachment, attachment).splitlines()[0] == TRANSACTION
    assert refused(client, transaction, transaction).splitlines()[0] == ATTACHMENT
    commit(client, other, begin(by_c, other))


def test_of_another_caller(client, held):
    """What was sealed with the right key for somebody whose name is known, by somebody whose is not."""
    theirs = sealed_by_reference(opened(held[0]), principal="alice")
    assert refused(client, theirs, held[1]).splitlines()[0] == ATTACHMENT


def test_not_sealed(client, held):
    assert refused(client, opened(held[0]), held[1]).splitlines()[0] == ATTACHMENT
    assert refused(client, held[0], b"transaction of full").splitlines()[0] == TRANSACTION


# The C client speaks the oldest dialect with a worker that speaks all; the rows are made in the reference's.
@pytest.mark.parametrize("client", [ReferenceClient, CClient][:1 if script.MINOR else 2], indirect=True)
def test_every_method_opens_both(client, held):
    """In every method that has one of the two, wherever it stands in the request."""
    attachment, transaction = held
    forged = {"attach_opaque_data": attachment[:-1] + bytes([attachment[-1] ^ 1]),
              "transaction_opaque_data": transaction[:-1] + bytes([transaction[-1] ^ 1])}  # fmt: skip
    bind, asked = script.RECORDS["BindRequest"], {"attach_opaque_data": 0, "transaction_opaque_data": 0}
    for name, (columns, request) in METHODS.items():
        names = {column.name for column in columns}
        for member, sentence in (("attach_opaque_data", ATTACHMENT), ("transaction_opaque_data", TRANSACTION)):
            row = script.row(request or name, "full", columns)
            given = {"attach_opaque_data": attachment, "transaction_opaque_data": transaction, member: forged[member]}
            if "bind_call" in names:
                call = {**script.row("BindRequest", "full"), **given, "copy_from": None, "copy_to": None}
                row["bind_call"] = row_bytes("BindRequest", call, bind)
            elif member not in names:
                continue
            row.update({key: value for key, value in given.items() if key in names})
            row.update({key: None for key in ("copy_from", "copy_to") if key in names})
            try:
                client.ask(name, row)
                said = "no error"
            except Refused as error:
                said = str(error).splitlines()[0]
            if name not in ASKS_NOTHING and not said.startswith("MethodNotImplementedError"):
                assert said == sentence, name
                asked[member] += 1
    assert asked["attach_opaque_data"] >= 50 and asked["transaction_opaque_data"] >= 45, asked


# ---- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [CClient, ReferenceClient])
def test_keys_that_change(tmp_path, kind):
    """Both keys in either order, then the new one alone; no key at all."""
    workers, held = {}, {}
    names = {"old": [KEY], "opens both": [KEY, NEXT], "both": [NEXT, KEY], "new": [NEXT], "none": []}
    try:
        for name, keys in names.items():
            workers[name] = start(tmp_path / name.replace(" ", ""), keys)
            client = CClient(workers[name])
            attachment = attach(client)
            held[name] = attachment, begin(client, attachment)
            client.close()
        opens = {"old": {"old", "opens both"}, "opens both": {"old", "opens both", "both", "new"},
                 "both": {"old", "opens both", "both", "new"}, "new": {"both", "new"}, "none": {"none"}}  # fmt: skip
        for name, worker in workers.items():
            client = kind(worker)
            for other, values in held.items():
                if other in opens[name]:
                    commit(client, *values)
                else:
                    assert refused(client, *values).splitlines()[0] == ATTACHMENT, (name, other)
            client.close()
        assert held["none"][0].endswith(b"full") and held["none"][1] == b"transaction of full"
    finally:
        for worker in workers.values():
            worker.close()


def test_a_bad_key_ends_the_worker(tmp_path):
    for keys, sentence in (
        ({"VGI_SIGNING_KEY": "short"}, "VGI_SIGNING_KEY: a key has 16 to 1024 bytes"),
        ({"VGI_SIGNING_KEY_PREVIOUS": KEY}, "VGI_SIGNING_KEY_PREVIOUS is set, and VGI_SIGNING_KEY"),
        ({"VGI_SIGNING_KEY_FILE": str(tmp_path / "nosuch")}, "cannot be read"),
    ):
        done = subprocess.run([RECORDER], input="", capture_output=True, text=True, timeout=60, env={**os.environ, **keys})
        assert done.returncode == 2 and sentence in done.stderr and "short" not in done.stderr


def test_a_key_in_a_file(tmp_path):
    path = tmp_path / "keys"
    path.touch(0o600)
    path.write_text(f"{NEXT}\n{KEY}\n")
    worker = start(tmp_path / "w", {"VGI_SIGNING_KEY_FILE": str(path)})
    try:
        client = CClient(worker)
        assert opened(attach(client), NEXT).endswith(b"full")
        client.close()
    finally:
        worker.close()
