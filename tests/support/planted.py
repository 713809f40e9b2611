"""Secrets that tests plant, and the search for them in what was written: planted("token") is one, leaks(bytes) finds all.

Whatever a test gives to a worker as a secret is made here, so that the search of all that a test run has written
(tests/observe/leaks.py) knows what it looks like, in whichever spelling.
"""

import base64
import re

STEM = "pl4nted-s3cret"


def planted(name="x"):
    """A secret."""
    return f"{STEM}-{name}"


def _spellings():
    raw = STEM.encode()
    yield "as it is", raw
    yield "in hexadecimal digits", raw.hex().encode()
    yield "in UTF-16", STEM.encode("utf-16-le")
    yield "backwards", raw[::-1]
    # However it lies between groups of three bytes; the ends depend on what stands beside it.
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw)
        yield "in base64", text[4 if shift else 0 : 4 * ((shift + len(raw)) // 3)]


_PATTERN = re.compile(b"|".join(re.escape(text) for _, text in _spellings()), re.IGNORECASE)
_PATTERNS = [(name, re.compile(re.escape(text), re.IGNORECASE)) for name, text in _spellings()]


def leaks(data):
    """[(how it is spelled, where)] of the planted secrets in some bytes."""
    if not _PATTERN.search(data):
        return []
    return [(name, match.start()) for name, pattern in _PATTERNS for match in pattern.finditer(data)]


def self_test():
    for before in ("", "a", "ab", "abc"):
        secret = (before + planted("token")).encode()
        for written in (secret, secret.hex().encode(), secret.hex().upper().encode(), base64.b64encode(secret),
                        base64.urlsafe_b64encode(secret + b"tail"), secret.upper(), secret.decode().encode("utf-16-le"),
                        b"\0" * 5000 + secret):  # fmt: skip
            assert leaks(b"..." + written + b"..."), (before, written)
    assert not leaks(b"pl4nted s3cret, hush, " + base64.b64encode(b"planted-secret"))
