"""The recording worker as a process: start it, and read what it has written down."""

import json
import os
import pathlib
import subprocess
import sys

PROGRAM = pathlib.Path(__file__).resolve().parent / "recording_worker.py"


class Recorder:
    """recording_worker.py, or another program that writes down as it does, on a unix socket."""

    def __init__(self, folder, command=(sys.executable, str(PROGRAM)), **environment):
        self.path = folder / "worker.sock"
        self.location = f"unix://{self.path}"
        self.log = folder / "record.jsonl"
        self.process = subprocess.Popen(
            [*command, "--unix", str(self.path)],
            stdout=subprocess.PIPE, env={**os.environ, **environment, "VGI_RECORD": str(self.log)})  # fmt: skip
        assert self.process.stdout.readline().startswith(b"UNIX:")

    def recorded(self):
        """What has been asked since the last time. A call was written down before it was answered."""
        if not self.log.exists():
            return []
        lines = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
        self.log.unlink()
        return lines

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
