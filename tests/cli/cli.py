"""Runs `vgi`, for tests: run() gives what it wrote and its exit code, ok() wants 0, lines() reads JSON lines."""

import json
import os
import pathlib
import shlex
import subprocess

BIN = pathlib.Path(os.environ["VGI_BIN_DIR"])
VGI = str(BIN / "vgi")
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}
for name in ("NO_COLOR", "COLUMNS"):
    ENVIRONMENT.pop(name, None)


def worker(program, *words):
    """LOCATION of one of our executables."""
    return shlex.join([str(BIN / program), *map(str, words)])


def run(*words, **environment):
    return subprocess.run(
        [VGI, *map(str, words)], capture_output=True, text=True, timeout=120, env={**ENVIRONMENT, **environment}
    )


def ok(*words):
    done = run(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def lines(*words):
    return [json.loads(line) for line in ok(*words, "-o", "json").splitlines()]


def fails(code, *words):
    """The command ends with that code and says one line, which is given, on stderr; nothing on stdout."""
    done = run(*words)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    return done.stderr
