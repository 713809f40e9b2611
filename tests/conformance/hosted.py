"""The official suite of what a worker hosts (vgi-rpc 0.52) against the conformance worker: protocols, routing, errors.

As for the reference, 37 tests pass and 4 skip, which are about HTTP.
"""

import pathlib
import re
import shlex
import subprocess
import sys

import worker

EXPECTED = "ConformanceService,conformance.Secondary.v1"

program = pathlib.Path(sys.executable).parent / "vgi-rpc-test-hosted"
done = subprocess.run([program, "--cmd", shlex.join(worker.command(52)), "--expect", EXPECTED], capture_output=True,
                      text=True)
print(done.stdout, done.stderr)
counts = re.search(r"(\d+) passed, (\d+) skipped", done.stdout)
if done.returncode != 0 or not counts or counts.groups() != ("37", "4"):
    sys.exit(f"exit status {done.returncode}; 37 passed, 4 skipped was expected")
print("AGREED SKIPS: 4, the number that the suite's own reference worker has on this transport")
