"""The checks that are not ours, where they lie beside the repository: shared_tools.py MUTATIONS EXAMPLES

ipc_corpus.py --strict over the public corpus and mutations of it, ipc_roundtrip.py plain and compressed.
"""

import os
import shlex
import subprocess
import sys

import streams


def run(*words):
    print("+", shlex.join(map(str, words[1:])), flush=True)
    environment = {**os.environ, "ASAN_BUILD": os.environ.get("VGI_SANITIZED", "0")}
    return subprocess.run([str(word) for word in words], env=environment)


def main():
    streams.need_public()
    tools = streams.SHARED / "tools"
    probe, cat = (shlex.quote(str(streams.BIN / name)) for name in ("ipc_probe", "ipc_cat"))
    corpus = [sys.executable, tools / "ipc_corpus.py", "--strict", "--decoder", f"ours={probe}", "--timeout", "20"]
    runs = [
        [*corpus, "--corpus", streams.PUBLIC],
        [*corpus, "--corpus", streams.PUBLIC / "integration", "--mutate", sys.argv[1], "--seed", "7"],
    ]
    for codec in ("none", "zstd", "lz4"):
        runs.append([sys.executable, tools / "ipc_roundtrip.py", "--cmd", cat, "--examples", sys.argv[2],
                     "--compress", codec])
    failures = [f"exit {r.returncode}: {r.args[1]}" for r in (run(*words) for words in runs) if r.returncode != 0]
    streams.finish(failures, f"{len(runs)} runs")


main()
