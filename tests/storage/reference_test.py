"""The reference SDK's storage and ours in the default place, which is one file: reference_test.py STORAGE_TOOL

Whoever comes first, both find what they have put, and neither sees the other's.
"""

import os
import subprocess
import sys
import tempfile

ROUNDS = 3


def ours(*words):
    return subprocess.run([sys.argv[1], "-", *words], capture_output=True, text=True, check=True).stdout.split()


def main():
    passed = 0
    for first in ("ours", "theirs"):
        with tempfile.TemporaryDirectory() as state:
            os.environ["XDG_STATE_HOME"] = state
            os.environ["HOME"] = state
            from vgi.catalog import storage as reference

            path = f"{state}/vgi/vgi_catalog.db"
            os.makedirs(f"{state}/vgi", mode=0o700)
            if first == "ours":
                ours("put", "early")
            theirs = reference.CatalogStorageSqlite(path)
            if first == "theirs":
                ours("put", "early")
            for i in range(ROUNDS):
                ours("put", f"ours{i}")
                theirs.attach_put(f"theirs{i}".encode(), catalog_name="shop", options={"n": i})
            assert ours("list") == ["early", *(f"ours{i}" for i in range(ROUNDS))], ours("list")
            assert sorted(theirs.attach_list()) == [f"theirs{i}".encode() for i in range(ROUNDS)]
            for i in range(ROUNDS):
                assert ours("get", f"ours{i}") == [f"ours{i}"]
                assert theirs.attach_get(f"theirs{i}".encode()) == ("shop", {"n": i})
            assert os.stat(path).st_mode & 0o777 == 0o600, oct(os.stat(path).st_mode)
            passed += 1
    print(f"{passed} passed")


main()
