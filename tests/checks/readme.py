"""README's worker is examples/hello.c, to the letter, and short enough to be read there."""

import pathlib
import re
import sys

root = pathlib.Path(__file__).parents[2]
code = (root / "examples" / "hello.c").read_text()
blocks = re.findall(r"^```c\n(.*?)^```", (root / "README.md").read_text(), re.DOTALL | re.MULTILINE)
if code not in blocks:
    sys.exit("README.md shows no code block that equals examples/hello.c")
lines = len(code.splitlines())
if lines >= 60:
    sys.exit(f"examples/hello.c has {lines} lines; README promises fewer than 60")
print("1 passed")
