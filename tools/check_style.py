#!/usr/bin/env python3
"""Checks what CONTRIBUTING.md asks of a C file and clang-format cannot: check_style.py [FILE...]

Opens with a comment; at most 800 lines a file and 60 a function; no alloca, no unfinished business, no tab, no space
at a line's end. Run by ctest; .clang-format-ignore names the generated files, which are left out.
"""

import fnmatch
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ["include", "src", "tools", "workers", "examples", "tests", "bench"]
MAX_FILE, MAX_FUNCTION = 800, 60
WORDS = [
    (re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"), "is finished before it is committed"),
    (re.compile(r"\balloca\s*\("), "alloca is not used"),
    (re.compile(r"\t"), "a tab; indentation is 4 spaces"),
    (re.compile(r"[ \t]+$"), "space at the end of the line"),
]


def files():
    ignored = (ROOT / ".clang-format-ignore").read_text().split()
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.[ch]")):
            if not any(fnmatch.fnmatch(str(path.relative_to(ROOT)), pattern) for pattern in ignored):
                yield path


def functions(lines):
    """First line (from 1), length and first words of every function: a brace alone in column 0 opens its body."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            yield start, number - start + 1, lines[start - 2].strip()
            start = None


def faults_of(path):
    lines = path.read_text(encoding="utf-8").split("\n")
    if not lines[0].startswith("/*"):
        yield 1, "a file opens with a comment: what it is, who calls it"
    if len(lines) - 1 > MAX_FILE:
        yield len(lines), f"{len(lines) - 1} lines, {MAX_FILE} are the limit"
    for number, length, name in functions(lines):
        if length > MAX_FUNCTION:
            yield number, f"{name}: {length} lines, {MAX_FUNCTION} are the limit"
    for number, line in enumerate(lines, 1):
        for pattern, text in WORDS:
            if pattern.search(line):
                yield number, f"{text}: {line.strip()}"


def main():
    paths = [pathlib.Path(name) for name in sys.argv[1:]] or list(files())
    bad = 0
    for path in paths:
        for number, text in faults_of(path):
            print(f"{path.resolve().relative_to(ROOT)}:{number}: {text}")
            bad += 1
    if bad or not paths:
        sys.exit(f"{bad} faults in {len(paths)} files")
    print(f"{len(paths)} files passed")


if __name__ == "__main__":
    main()
