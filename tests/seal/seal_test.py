"""Opaque data sealed by libvgi and opened by the reference SDK, and the other way round: seal_test.py SEAL_TOOL

Every pair of identities: what was sealed for one opens for that one only, in either implementation. In a fleet one of
them answers what the other has sealed.
"""

import os
import random
import subprocess
import sys

from vgi import worker
from vgi_rpc import AuthContext, crypto

KEYS = [b"0123456789abcdef0123456789abcdef", b"a passphrase of the fleet", "Schlüssel, länger als 32 Bytes: €€€€".encode()]
IDENTITIES = [None, ("", ""), ("", "anonymous"), ("jwt", "alice"), ("jwt", "bob"), ("jwta", "lice"), ("mtls", "alice"),
              ("jwt", "Ünïcödé")]
SIZES = [0, 1, 16, 17, 4096, 100_000]
SEED = 20_240_229


def auth_of(identity):
    return identity and AuthContext(domain=identity[0], authenticated=True, principal=identity[1])


def word_of(identity):
    return "-" if identity is None else f"{identity[0].encode().hex()}/{identity[1].encode().hex()}"


class Tool:
    """seal_tool, asked line by line."""

    def __init__(self, path, key):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "VGI_SIGNING_KEY": key.decode()})

    def ask(self, command, kind, identity, value, attach=b""):
        """The result, or None where the value was not recognized."""
        self.process.stdin.write(f"{command} {kind} {word_of(identity)} {value.hex()} {attach.hex()}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if answer.startswith("error"):
            assert answer == f"error: {kind}_opaque_data not recognized", answer
            return None
        return bytes.fromhex(answer)

    def end(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


def aad_of(kind, identity, attach):
    auth = auth_of(identity)
    return worker._attach_aad(auth) if kind == "attach" else worker._transaction_aad(auth, attach)


class Reference:
    def __init__(self, key):
        self.key = key

    def ask(self, command, kind, identity, value, attach=b""):
        aad = aad_of(kind, identity, attach)
        if command == "seal":
            return crypto.seal_bytes(value, self.key, aad=aad, version=worker._ATTACH_ENVELOPE_VERSION)
        try:
            return crypto.open_bytes(value, self.key, aad=aad, version=worker._ATTACH_ENVELOPE_VERSION)
        except crypto.SealError:
            return None


def main():
    rng = random.Random(SEED)
    cases = 0
    for key in KEYS:
        ours, theirs = Tool(sys.argv[1], key), Reference(key)
        for sealer, opener in ((ours, theirs), (theirs, ours), (ours, ours)):
            for identity in IDENTITIES:
                value = rng.randbytes(rng.choice(SIZES))
                attach = sealer.ask("seal", "attach", identity, value)
                transaction = sealer.ask("seal", "transaction", identity, value, attach)
                assert len(attach) == len(transaction) == len(value) + 41
                for other in IDENTITIES:
                    wanted = value if other == identity else None
                    assert opener.ask("open", "attach", other, attach) == wanted, (identity, other)
                    assert opener.ask("open", "transaction", other, transaction, attach) == wanted, (identity, other)
                    cases += 2
                changed = bytearray(attach)
                changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
                assert opener.ask("open", "attach", identity, bytes(changed)) is None
                assert opener.ask("open", "transaction", identity, transaction, bytes(changed)) is None
                assert opener.ask("open", "transaction", identity, attach, attach) is None
                assert opener.ask("open", "attach", identity, transaction) is None
                cases += 4
        ours.end()
    print(f"{cases} passed")


main()
