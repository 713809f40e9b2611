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
KEEPER = """
#include <stdio.h>
#include <vgi/storage.h>

int main(void)
{
    vgi_storage *storage;
    vgi_error err = {0};
    vgi_stored_attachment record = {{(const uint8_t *)"id", 2}, vgi_str("shop"), {0}, 0};
    vgi_bytes *ids;
    size_t count = 0;

    if (vgi_storage_sqlite_new(NULL, &storage, &err) || vgi_storage_attach_put(storage, &record, &err) ||
        vgi_storage_attach_list(storage, &ids, &count, &err))
        puts(err.message);
    else
        vgi_storage_release(ids);
    vgi_storage_free(storage);
    printf("%zu kept\\n", count);
    return 0;
}
"""
SEALER = """
#include <stdio.h>
#include <vgi/seal.h>

int main(void)
{
    void *keys = NULL;
    vgi_error err = {0};

    if (vgi_seal_where_keyed.start(&keys, &err))
        return puts(err.message), 1;
    vgi_seal_where_keyed.stop(keys);
    puts("keyed");
    return 0;
}
"""
WATCHED = """
#include <vgi/sentry.h>
#include <vgi/vgi.h>

static const vgi_schema MAIN = {.name = "main"};
static const vgi_catalog EMPTY = {.name = "empty", .schemas = VGI_SCHEMAS(&MAIN)};

int main(int argc, char **argv)
{
    const vgi_worker_options options = {.catalogs = VGI_CATALOGS(&EMPTY), .observers = VGI_OBSERVERS(&vgi_sentry)};

    return vgi_worker_main_with(&options, argc, argv);
}
"""
CONSUMER = """
cmake_minimum_required(VERSION 3.25)
project(consumer C)
find_package(vgi 0.1 REQUIRED COMPONENTS core)
add_executable(hello_shared hello.c)
target_link_libraries(hello_shared PRIVATE vgi::core)
add_executable(hello_static hello.c)
target_link_libraries(hello_static PRIVATE vgi::core_static)
find_package(vgi 0.1 REQUIRED COMPONENTS storage)
add_executable(keeper_shared keeper.c)
target_link_libraries(keeper_shared PRIVATE vgi::storage)
add_executable(keeper_static keeper.c)
target_link_libraries(keeper_static PRIVATE vgi::storage_static)
find_package(vgi 0.1 REQUIRED COMPONENTS seal)
add_executable(sealer_shared sealer.c)
target_link_libraries(sealer_shared PRIVATE vgi::seal)
add_executable(sealer_static sealer.c)
target_link_libraries(sealer_static PRIVATE vgi::seal_static)
find_package(vgi 0.1 COMPONENTS http)
if(vgi_FOUND)
    add_executable(watched_shared watched.c)
    target_link_libraries(watched_shared PRIVATE vgi::http)
    add_executable(watched_static watched.c)
    target_link_libraries(watched_static PRIVATE vgi::http_static)
endif()
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


def says_no_dsn(program, env):
    """Whether Sentry is there: it complains of a DSN that is none."""
    done = subprocess.run([program], env={**os.environ, **env}, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return done.returncode == 1 and "SENTRY_DSN is no DSN" in done.stderr


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
        storage = run("objdump", "-p", lib / "libvgi-storage.so")
        check("so has libvgi-storage", "SONAME               libvgi-storage.so.0" in storage)
        needed = [line.split()[1] for line in storage.splitlines() if "NEEDED" in line and "san" not in line]
        check(f"it needs SQLite and libvgi, nothing more: {needed}",
              {name.split(".so")[0] for name in needed} <= {"libvgi", "libsqlite3", "libc", "libgcc_s"})
        seal = run("objdump", "-p", lib / "libvgi-seal.so")
        needed = [line.split()[1] for line in seal.splitlines() if "NEEDED" in line and "san" not in line]
        check(f"libvgi-seal needs libsodium and libvgi, nothing more: {needed}",
              {name.split(".so")[0] for name in needed} <= {"libvgi", "libsodium", "libc", "libgcc_s"})
        has_http = (lib / "libvgi-http.so").exists()
        if has_http:
            http = run("objdump", "-p", lib / "libvgi-http.so")
            needed = [line.split()[1] for line in http.splitlines() if "NEEDED" in line and "san" not in line]
            check(f"libvgi-http needs libcurl and libvgi, nothing more: {needed}",
                  {name.split(".so")[0] for name in needed} <= {"libvgi", "libcurl", "libc", "libgcc_s"})
        headers, wanted = ({path.relative_to(root) for path in (root / "include").rglob("*.h")}
                           for root in (prefix, ROOT))
        check("all public headers are installed", headers == wanted)

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

        # The same for the part `storage`, on top of the core.
        (work / "keeper.c").write_text(KEEPER)
        state = {"XDG_STATE_HOME": str(work / "state")}
        script = f"{options.cc} keeper.c $(pkg-config --cflags --libs vgi-storage) {' '.join(flags)} -o keeper"
        run("sh", "-c", script, env=pc, cwd=work)
        check("vgi-storage.pc builds a program that keeps something",
              "1 kept" in run(work / "keeper", env={**use, **state}))
        libs = run("pkg-config", "--static", "--libs-only-l", "vgi-storage", env=pc).split()
        libs = " ".join(word for word in libs if not word.startswith("-lvgi"))
        script = f"{options.cc} keeper.c $(pkg-config --cflags vgi-storage) '{lib}/libvgi-storage.a' " \
                 f"'{lib}/libvgi.a' {libs} {' '.join(flags)} -o keeper-static"
        run("sh", "-c", script, env=pc, cwd=work)
        check("so it does linked statically", "1 kept" in run(work / "keeper-static", env=state))

        # And for `seal`.
        (work / "sealer.c").write_text(SEALER)
        key = {"VGI_SIGNING_KEY": "a key that is long enough"}
        script = f"{options.cc} sealer.c $(pkg-config --cflags --libs vgi-seal) {' '.join(flags)} -o sealer"
        run("sh", "-c", script, env=pc, cwd=work)
        check("vgi-seal.pc builds a program that has a key", "keyed" in run(work / "sealer", env={**use, **key}))

        no_dsn = {"SENTRY_DSN": "nonsense"}
        if has_http:
            (work / "watched.c").write_text(WATCHED)
            script = f"{options.cc} watched.c $(pkg-config --cflags --libs vgi-http) {' '.join(flags)} -o watched"
            run("sh", "-c", script, env=pc, cwd=work)
            check("vgi-http.pc builds a worker with Sentry", says_no_dsn(work / "watched", env={**use, **no_dsn}))
            libs = run("pkg-config", "--static", "--libs-only-l", "vgi-http", env=pc).split()
            libs = " ".join(word for word in libs if not word.startswith("-lvgi"))
            check("linked statically it needs libcurl", "-lcurl" in libs.split())

        (work / "consumer").mkdir()
        (work / "consumer" / "watched.c").write_text(WATCHED)
        (work / "consumer" / "sealer.c").write_text(SEALER)
        (work / "consumer" / "keeper.c").write_text(KEEPER)
        (work / "consumer" / "CMakeLists.txt").write_text(CONSUMER)
        (work / "consumer" / "hello.c").write_text(HELLO.read_text())
        run(options.cmake, "-G", "Ninja", "-S", work / "consumer", "-B", work / "out", f"-DCMAKE_PREFIX_PATH={prefix}",
            f"-DCMAKE_C_FLAGS={' '.join(flags)}")
        run(options.cmake, "--build", work / "out")
        for program in ("hello_shared", "hello_static"):
            check(f"find_package(vgi) builds {program}", "usage" in run(work / "out" / program, "--help").lower())
        for program in ("keeper_shared", "keeper_static"):
            check(f"and {program}", "1 kept" in run(work / "out" / program, env=state))
        for program in ("sealer_shared", "sealer_static"):
            check(f"and {program}", "keyed" in run(work / "out" / program, env=key))
        check("hello does not need libsodium", "sodium" not in run("objdump", "-p", work / "out" / "hello_static"))
        for program in ("watched_shared", "watched_static") if has_http else ():
            check(f"and {program}", says_no_dsn(work / "out" / program, env=no_dsn))
        check("hello does not need libcurl", "curl" not in run("objdump", "-p", work / "out" / "hello_static"))
        check("hello does not need SQLite", "sqlite" not in run("objdump", "-p", work / "out" / "hello_static"))
    print(f"{passed} passed")


main()
