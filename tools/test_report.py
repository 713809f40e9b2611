#!/usr/bin/env python3
"""Reads what ctest wrote about each lane and says what ran: test_report.py [options] LANE=JUNIT:FLOOR ...

Counts the cases inside each test (cmocka, pytest, and closing lines `N passed`), lists every failure and every skip with
its reason, and demands at least FLOOR cases of a lane that skipped nothing: a suite that died early can still end green.
A test that names the skips of a suite that is not ours, and demands exactly those, says `AGREED SKIPS: which, why`: these
are listed, and fail nothing. Exit status 1 for a failure, for a lane below its floor or without results, and, where the
environment says CI=true, for a skip.
--markdown FILE writes the same as a document. Called by scripts/test.
"""

import argparse
import collections
import dataclasses
import datetime
import os
import pathlib
import platform
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

# What the runners print about the cases of one test, and about those that they left out.
CASES = [r"^\[  PASSED  \] (\d+) test", r"^(?:=+ )?(?:.*?, )?(\d+) passed", r"^Ran (\d+) tests? in"]
HIDDEN_SKIPS = [r"^\[  SKIPPED \] (?!\d+ test)(.*)", r"^(?:=+ )?(?:.*, )?(\d+ skipped.*)", r"^OK \((skipped=\d+)\)"]


@dataclasses.dataclass
class Test:
    lane: str
    name: str
    seconds: float
    status: str  # passed, failed, skipped
    cases: int
    why: str

    @property
    def suite(self):
        return self.name.split("/")[0]


def read_test(lane, element):
    output = element.findtext("system-out") or ""
    seconds = float(element.get("time", "0"))
    found = [int(n) for pattern in CASES for n in re.findall(pattern, output, re.MULTILINE)]
    skips = re.findall(r"^.*?SKIPPED: (.*)", output, re.MULTILINE)
    agreed = "; ".join(dict.fromkeys(re.findall(r"^AGREED SKIPS: (.*)", output, re.MULTILINE)))
    if not agreed:
        skips += [text for pattern in HIDDEN_SKIPS for text in re.findall(pattern, output, re.MULTILINE)]
    if element.find("failure") is not None or element.get("status") == "fail":
        failure = element.find("failure")
        return Test(lane, element.get("name"), seconds, "failed", 0, failure.get("message", "") if failure is not None else "")
    if element.get("status") != "run" or skips:
        skipped = element.find("skipped")
        why = "; ".join(skips) or (skipped.get("message", "") if skipped is not None else element.get("status"))
        return Test(lane, element.get("name"), seconds, "skipped", 0, why)
    return Test(lane, element.get("name"), seconds, "passed", sum(found) or 1, agreed and f"agreed skips: {agreed}")


def read_lane(lane, path):
    if not path.exists():
        return []
    return [read_test(lane, element) for element in ElementTree.parse(path).iter("testcase")]


def table(tests):
    """Rows of lane, suite, tests, cases, failed, skipped, seconds."""
    groups = collections.defaultdict(list)
    for test in tests:
        groups[test.lane, test.suite].append(test)
    for (lane, suite), group in groups.items():
        count = collections.Counter(test.status for test in group)
        yield (lane, suite, len(group), sum(t.cases for t in group), count["failed"], count["skipped"],
               f"{sum(t.seconds for t in group):.1f}")


HEADINGS = ("lane", "suite", "tests", "cases", "failed", "skipped", "seconds")


def print_table(rows):
    rows = [HEADINGS, *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    for row in rows:
        print("  " + "  ".join(cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))))


def output_of(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.strip().splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "not found"


def write_markdown(path, rows, tests, problems, minutes, pythons):
    def version(python, package):
        return output_of(python, "-c", f"import importlib.metadata as m; print(m.version('{package}'))")

    uncommitted = "" if output_of("git", "status", "--porcelain") == "not found" else ", with uncommitted changes"
    lines = [
        "# Test report", "",
        "Written by `scripts/test --all`: the submission lane and the long one.", "",
        f"- date: {datetime.date.today().isoformat()}; took {minutes} minutes on {os.cpu_count()} cores",
        f"- commit: {output_of('git', 'rev-parse', 'HEAD')}{uncommitted}",
        f"- machine: {platform.system()} {platform.machine()}, {output_of('gcc', '--version')}, "
        f"{output_of('cmake', '--version')}",
        f"- engine: DuckDB {version(pythons[0], 'duckdb')}, its VGI extension, pyarrow {version(pythons[0], 'pyarrow')}",
        f"- reference: vgi-python {version(pythons[1], 'vgi-python')}, vgi-rpc {version(pythons[1], 'vgi-rpc')}",
        "", "| " + " | ".join(HEADINGS) + " |", "|---|---|" + "---:|" * (len(HEADINGS) - 2),
        *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows),
    ]
    for title, chosen in (("Long tests", [t for t in tests if t.lane == "long"]),
                          ("Skipped", [t for t in tests if t.status == "skipped"]),
                          ("Agreed skips", [t for t in tests if t.status == "passed" and t.why]),
                          ("Failed", [t for t in tests if t.status == "failed"])):
        if chosen:
            lines += ["", f"## {title}", ""]
            lines += [f"- {t.lane}: `{t.name}` {t.status}, {t.seconds:.0f} s, {t.cases} cases"
                      + (f": {t.why}" if t.why else "") for t in chosen]
    if problems:
        lines += ["", "## Not met", "", *(f"- {problem}" for problem in problems)]
    path.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("lanes", nargs="*", metavar="LANE=JUNIT:FLOOR")
    parser.add_argument("--problem", action="append", default=[], help="something else that went wrong")
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--minutes", default="?")
    parser.add_argument("--python", action="append", default=[], help="for the versions: the engine's, the reference's")
    options = parser.parse_args()

    tests, problems = [], list(options.problem)
    for word in options.lanes:
        lane, _, rest = word.partition("=")
        path, _, floor = rest.rpartition(":")
        ran = read_lane(lane, pathlib.Path(path))
        tests += ran
        cases = sum(test.cases for test in ran)
        if not ran:
            problems.append(f"lane {lane}: no test ran")
        elif cases < int(floor) and not any(test.status == "skipped" for test in ran):
            problems.append(f"lane {lane}: {cases} cases passed, at least {floor} are expected")
    rows = list(table(tests))
    print("\nWhat ran:")
    print_table(rows)
    count = collections.Counter(test.status for test in tests)
    for status in ("skipped", "failed"):
        for test in tests:
            if test.status == status:
                print(f"{status.upper()}: {test.lane}: {test.name}" + (f": {test.why}" if test.why else ""))
    for test in tests:
        if test.status == "passed" and test.why:
            print(f"AGREED: {test.lane}: {test.name}: {test.why}")
    if count["failed"]:
        problems.append(f"{count['failed']} tests failed")
    if count["skipped"] and os.environ.get("CI") == "true":
        problems.append(f"{count['skipped']} tests were skipped, which CI=true does not allow")
    for problem in problems:
        print(f"NOT MET: {problem}")
    if options.markdown:
        write_markdown(options.markdown, rows, tests, problems, options.minutes, (options.python + ["", ""])[:2])
        print(f"Wrote {options.markdown}")
    print(f"\n{count['passed']} passed, {max(count['failed'], 1 if problems else 0)} failed, {count['skipped']} skipped")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
