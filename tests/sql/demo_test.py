"""The demo on the workers of this build: its data set made anew, every answer compared with SQLite's own."""

import os
import pathlib
import subprocess
import sys
import tempfile

DEMO = pathlib.Path(os.environ["VGI_SOURCE_DIR"]) / "tools" / "demo"
BIN = pathlib.Path(os.environ["VGI_BIN_DIR"])

if not os.environ["VGI_FLIGHTS"] or not os.environ["VGI_EXTENSION"]:
    print("SKIPPED: VGI_FLIGHTS or VGI_EXTENSION is not set when configuring: run scripts/setup test first")
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:
    database = pathlib.Path(folder) / "nycflights13.db"
    subprocess.run([sys.executable, DEMO / "flights.py", os.environ["VGI_FLIGHTS"], database], check=True)
    subprocess.run([sys.executable, DEMO / "demo.py", "--bin", BIN, "--extension", os.environ["VGI_EXTENSION"],
                    "--database", database], check=True)
print("1 passed")
