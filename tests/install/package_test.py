"""Installs the build into a fresh prefix, moves that, and uses it as its users do: with cc and pkg-config, and with CMake.

Called by ctest as install/package; README's worker is the program.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
HELLO = ROOT / "examples" / "hello.c"
CONSUMER = """
cmake_minimum_required(VERSION 3.25)
project(consumer C)
find_package(vgi 0.1 REQUIRED COMPONENTS core)
add_executable(hello_shared hello.c)
target_link_libraries(hello_shared PRIVATE vgi::core)
add_executable(hello_static hello.c)
target_link_libraries(hello_static PRIVATE vgi::core_static)
find_package(vgi QUIET COMPONENTS core nonsense)
if(vgi_FOUND)
    message(FATAL_ERROR "a component that does not exist was found")
endif()
"""
passed = 0


def run(*command, env=None, **options):
    """The output of a command; a failure shows what it said."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env={**os.environ, **(env or {})}, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(word) for word in command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def check(what, claim):
    global passed
    if not claim:
        sys.exit(f"not so: {what}")
    print("ok:", what)
    passed += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--sanitize", default="")
    parser.add_argument("--coverage", default="OFF")
    options = parser.parse_args()
    # A program that links a sanitized library must be sanitized too.
    flags = [f"-fsanitize={options.sanitize}"] if options.sanitize else ["-fno-lto"]  # which would take long
    flags += ["--coverage"] if options.coverage == "ON" else []

    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        run(options.cmake, "--install", options.build, "--prefix", work / "first")
        prefix = work / "moved"
        (work / "first").rename(prefix)
        lib = next(path.parent for path in prefix.rglob("libvgi.a"))
        pc = {"PKG_CONFIG_PATH": str(lib / "pkgconfig")}
        use = {"LD_LIBRARY_PATH": str(lib)}

        soname = run("objdump", "-p", lib / "libvgi.so")
        check("the shared library has a soname with its version", "SONAME               libvgi.so.0" in soname)
        needed = [line.split()[1] for line in soname.splitlines() if "NEEDED" in line and "san" not in line]
        check(f"it needs zstd, lz4 and libc only: {needed}",
              {name.split(".so")[0] for name in needed} <= {"libzstd", "liblz4", "libc", "libm", "libgcc_s"})
        headers = {path.name for path in (prefix / "include" / "vgi").glob("*.h")}
        check("all public headers are installed", headers == {p.name for p in (ROOT / "include" / "vgi").glob("*.h")})

        pages = {"man/man1/vgi.1": ".TH VGI 1", "bash-completion/completions/vgi": "complete -o filenames -F _vgi vgi",
                 "zsh/site-functions/_vgi": "#compdef vgi", "fish/vendor_completions.d/vgi.fish": "complete -c vgi"}
        for page, line in pages.items():
            check(f"share/{page} is installed", line in (prefix / "share" / page).read_text())

        # cc hello.c $(pkg-config --cflags --libs vgi), through the shell as README has it
        script = f"{options.cc} '{HELLO}' $(pkg-config --cflags --libs vgi) {' '.join(flags)} -o shared"
        run("sh", "-c", script, env=pc, cwd=work)
        check("README's one line builds hello", "usage" in run(work / "shared", "--help", env=use).lower())
        script = f"{options.cc} '{HELLO}' $(pkg-config --cflags vgi) '{lib}/libvgi.a' " \
                 f"$(pkg-config --static --libs-only-l vgi | sed 's/-lvgi //') {' '.join(flags)} -o static"
        run("sh", "-c", script, env=pc, cwd=work)
        check("hello runs with libvgi linked statically", "usage" in run(work / "static", "--help").lower())
        check("and does not need libvgi.so", "libvgi" not in run("objdump", "-p", work / "static"))

        (work / "consumer").mkdir()
        (work / "consumer" / "CMakeLists.txt").write_text(CONSUMER)
        (work / "consumer" / "hello.c").write_text(HELLO.read_text())
        run(options.cmake, "-G", "Ninja", "-S", work / "consumer", "-B", work / "out", f"-DCMAKE_PREFIX_PATH={prefix}",
            f"-DCMAKE_C_FLAGS={' '.join(flags)}")
        run(options.cmake, "--build", work / "out")
        for program in ("hello_shared", "hello_static"):
            check(f"find_package(vgi) builds {program}", "usage" in run(work / "out" / program, "--help").lower())
    print(f"{passed} passed")


main()
