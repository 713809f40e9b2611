"""Puts figures into a document: report.py DOCUMENT NAME=FILE... Each file replaces what stands between the lines
`<!-- NAME -->` and `<!-- /NAME -->`. Run by scripts/bench."""

import pathlib
import re
import sys


def main():
    path = pathlib.Path(sys.argv[1])
    document = path.read_text(encoding="utf-8")
    for word in sys.argv[2:]:
        name, _, file = word.partition("=")
        block = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        figures = pathlib.Path(file).read_text(encoding="utf-8").strip("\n")
        document, count = block.subn(lambda found, figures=figures: f"{found[1]}\n{figures}\n\n{found[2]}", document)
        if count != 1:
            sys.exit(f"{path} has {count} places for {name}")
    path.write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()
