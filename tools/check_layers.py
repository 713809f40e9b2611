#!/usr/bin/env python3
"""Checks that includes point one way (docs/ARCHITECTURE.md): check_layers.py [ROOT]

A folder of src/ includes itself and folders above it in LAYERS, and the public headers; worker/ and client/ never each
other. Public headers include only public headers. tools/, workers/, examples/ and bench/ use <vgi/...> and
nothing else of ours, but for headers of their own folder and for what INSIDE names. Run by ctest; --self-test checks the checker.
"""

import pathlib
import re
import sys
import tempfile

LAYERS = [
    "base", "seal", "arrow", "ipc", "filter", "transport", "observe", "rpc", "protocol", "storage", "state", "sentry",
    "worker", "client",
]
PEERS = {("worker", "client"), ("client", "worker")}
PUBLIC_ONLY = ["tools", "workers", "examples", "bench"]
INSIDE = {"bench/ipc.c": "ipc"}  # a program that times a layer below the public API, and how far up it may look
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def sources(folder):
    return sorted(path for path in folder.rglob("*") if path.suffix in (".c", ".h", ".def", ".inc"))


def includes(path):
    text = path.read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1 + match.group(0).count("\n"), match.group(1), match.group(2)


def layer_of(name):
    first = name.split("/")[0]
    return first if "/" in name and first in LAYERS else None


def check_source(root, path):
    """A file of src/: what its includes may name."""
    folder = path.relative_to(root / "src").parts[0]
    if folder not in LAYERS:
        yield 1, f"src/{folder}/ is not a layer: {', '.join(LAYERS)}"
        return
    for line, mark, name in includes(path):
        if name.startswith("vgi/"):
            if mark != "<":
                yield line, f'public headers are included as <{name}>'
            if not (root / "include" / name).exists():
                yield line, f"<{name}> does not exist in include/"
            continue
        layer = layer_of(name)
        if mark == '"' and layer is None:
            yield line, f'"{name}": say the folder too, "{folder}/{name}"'
        if layer is None:
            continue
        if (folder, layer) in PEERS:
            yield line, f'"{name}": {folder}/ and {layer}/ are peers, neither includes the other'
        elif LAYERS.index(layer) > LAYERS.index(folder):
            yield line, f'"{name}": {layer}/ is built on {folder}/, not the other way round'
        elif mark == '"' and not (root / "src" / name).exists():
            yield line, f'"{name}" does not exist in src/'


def check_public_header(root, path):
    for line, mark, name in includes(path):
        if mark == '"' or layer_of(name) or (name.startswith("vgi/") and not (root / "include" / name).exists()):
            yield line, f"{name}: a public header includes public headers, as <vgi/...>, and the system's"


def check_program(root, path):
    inside = INSIDE.get(str(path.relative_to(root)))
    for line, mark, name in includes(path):
        layer = layer_of(name)
        if inside and layer and (root / "src" / name).exists() and LAYERS.index(layer) <= LAYERS.index(inside):
            continue
        if mark == '"' and not (path.parent / name).exists():
            yield line, f'"{name}": programs include <vgi/...>, and headers that lie beside them'
        elif layer_of(name) and mark == "<":
            yield line, f"<{name}>: programs use the public API only"


def check(root):
    """Every fault as FILE:LINE: TEXT, and how many files were read."""
    groups = [(check_source, sources(root / "src")), (check_public_header, sources(root / "include"))]
    groups += [(check_program, sources(root / folder)) for folder in PUBLIC_ONLY]
    faults = [
        f"{path.relative_to(root)}:{line}: {text}"
        for rule, paths in groups for path in paths for line, text in rule(root, path)
    ]
    return faults, sum(len(paths) for _, paths in groups)


def self_test():
    """A tree with one fault of each kind: each must be found, and nothing else."""
    files = {
        "include/vgi/a.h": "#include <vgi/b.h>\n#include <stdint.h>\n",
        "include/vgi/b.h": '#include "base/buf.h"\n',
        "src/base/buf.h": "#include <vgi/a.h>\n",
        "src/base/buf.c": '#include "base/buf.h"\n#include "ipc/reader.h"\n',
        "src/ipc/reader.h": '#include "base/buf.h"\n#include "reader_private.h"\n',
        "src/client/c.h": "",
        "src/worker/w.c": '#include "client/c.h"\n#include "base/none.h"\n#include "vgi/a.h"\n',
        "examples/x.c": "#include <vgi/a.h>\n#include <base/buf.h>\n",
        "tools/vgi/main.c": '#include "main.h"\n#include "base/buf.h"\n',
        "tools/vgi/main.h": "",
        "bench/ipc.c": '#include "base/buf.h"\n#include "ipc/reader.h"\n#include "rpc/r.h"\n',
        "src/rpc/r.h": "",
    }
    wanted = [
        "src/base/buf.c:2", "src/ipc/reader.h:2", "src/worker/w.c:1", "src/worker/w.c:2", "src/worker/w.c:3",
        "include/vgi/b.h:1", "tools/vgi/main.c:2", "examples/x.c:2",
        "bench/ipc.c:3",
    ]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        faults, _ = check(root)
    found = [":".join(fault.split(":")[:2]) for fault in faults]
    if found != wanted:
        sys.exit(f"self-test: found {found}, wanted {wanted}")


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        print("1 passed")
        return
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    faults, count = check(root)
    print(*faults, sep="\n", end="\n" if faults else "")
    if faults or count == 0:
        sys.exit(f"{len(faults)} faults in {count} files")
    print(f"{count} files passed")


if __name__ == "__main__":
    main()
