"""Builds a fuzz target with clang and libFuzzer, ASan and UBSan, and runs it: fuzz.py TARGET.c CORPUS

VGI_LONG_MINUTES says for how long (default 10). What the fuzzer finds stays in the build folder; its file is named.
Past findings belong into CORPUS, where a plain test replays them.
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent


def build(*words):
    subprocess.run([str(word) for word in words], check=True)


def main():
    target, corpus = HERE / sys.argv[1], HERE / sys.argv[2]
    seconds = round(60 * float(os.environ.get("VGI_LONG_MINUTES", "10")))
    names = ("clang-19", "clang", "clang-18", "clang-17", "clang-16")
    clang = next(filter(None, map(shutil.which, names)), None)
    if not clang:
        print("SKIPPED: no clang with libFuzzer")
        return 77
    work = pathlib.Path(tempfile.mkdtemp(prefix="vgi-fuzz-"))
    sources = [p for f in ("base", "arrow", "ipc", "filter", "transport", "observe", "rpc", "protocol", "client",
                             "worker", "seal")
               for p in sorted((SOURCE / "src" / f).glob("*.c")) if not p.name.endswith("_test.c")]
    sources += [SOURCE / "tests" / "rpc" / f"{name}.c" for name in ("bindings", "streams", "unary")]
    sources += [p for p in sorted((SOURCE / "tests" / "conformance").glob("*.c")) if p.name != "main.c"]
    sources += [HERE / f"{name}.c" for name in ("connection", "session", "client_session",
                                              "worker_session", "worker_catalogs")]
    flags = ["-g", "-O1", "-std=gnu11", "-D_GNU_SOURCE", f"-I{SOURCE / 'include'}", f"-I{SOURCE / 'src'}",
             f"-I{SOURCE / 'tests' / 'rpc'}",
             "-fsanitize=fuzzer-no-link,address,undefined", "-fno-sanitize-recover=all"]
    program, archive = work / target.stem, work / "vgi.a"
    objects = [work / f"{p.parent.name}_{p.stem}.o" for p in sources]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda pair: build(clang, *flags, "-c", pair[0], "-o", pair[1]), zip(sources, objects)))
    build("ar", "rcs", archive, *objects)  # so that only what the target reaches is linked
    build(clang, *flags, "-fsanitize=fuzzer", target, archive, "-lzstd", "-llz4", "-lsodium", "-lm", "-lpthread", "-o", program)
    (work / "found").mkdir()
    fuzzer = [str(program), f"-max_total_time={seconds}", "-timeout=5", "-rss_limit_mb=2048", "-malloc_limit_mb=512",
              "-max_len=65536", "-print_final_stats=1", "-print_funcs=0", f"-artifact_prefix={work}/",
              str(work / "found"), str(corpus)]
    # Reports belong on stderr, where libFuzzer's own words are, not into the files of a test's other programs.
    environment = {name: value for name, value in os.environ.items() if not name.endswith("SAN_OPTIONS")}
    run = subprocess.run(fuzzer, env=environment, capture_output=True, text=True, errors="replace")
    print(run.stderr[-3000:])
    if run.returncode != 0:
        print(f"FAILED: see the files in {work}")
        return 1
    shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
