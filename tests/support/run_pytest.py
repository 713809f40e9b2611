"""Runs pytest on files so that CTest reads the result right: run_pytest.py FILE... [pytest options]

Exit 0: at least one test ran and none failed or was skipped. 77: some were skipped; each is printed as `SKIPPED: why`.
Anything else: a failure, also where nothing ran.
"""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))


class Skips:
    """Collects what was skipped, and counts what ran."""

    def __init__(self):
        self.reasons, self.ran = [], 0

    def pytest_runtest_logreport(self, report):
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.reasons.append(f"{report.nodeid}: {reason}")
        elif report.when == "call":
            self.ran += 1

    def pytest_collectreport(self, report):
        if report.skipped:
            self.reasons.append(f"{report.nodeid}: {report.longrepr[2]}")


skips = Skips()
code = pytest.main(["-p", "no:cacheprovider", "-q", "-x", "--tb=short", *sys.argv[1:]], plugins=[skips])
if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
    sys.exit(int(code))
for reason in skips.reasons:
    print("SKIPPED:", reason)
if skips.reasons:
    sys.exit(77)
sys.exit(0 if skips.ran else 1)
