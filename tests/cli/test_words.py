"""What the command line says of itself, without any worker: help, mistakes, exit codes, completion, man page."""

import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cli  # noqa: E402


def commands():
    """The names in `vgi help`: the indented first words of its groups."""
    text = cli.ok("help")
    body = text[text.index("Looking:") : text.index("Options of every command:")]
    return [line.split()[0] for line in body.splitlines() if line.startswith("  ")]


COMMANDS = commands()


def test_every_catalog_method_of_the_protocol_has_a_command():
    header = (pathlib.Path(cli.os.environ["VGI_SOURCE_DIR"]) / "include/vgi/methods.h").read_text()
    methods = sorted({word.split("(")[0] for word in header.split() if word.startswith("vgi_client_catalog_")})
    known = {"catalog_" + name.replace("-", "_") for name in COMMANDS}
    known |= {name.replace("-", "_") for name in COMMANDS}
    missing = [name for name in methods if name.removeprefix("vgi_client_") not in known]
    assert len(methods) > 50
    assert not missing


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_examples(name):
    text = cli.ok(name, "--help")
    assert text.startswith(f"Usage: vgi {name}")
    assert "--output" in text
    assert "Examples:\n  " in text
    assert all(len(line) <= 120 for line in text.splitlines())
    assert cli.ok("help", name) == text


def test_a_mistyped_command_is_answered_with_the_nearest():
    assert "did you mean 'scan'?" in cli.fails(2, "sacn")
    assert "did you mean 'table-rename'?" in cli.fails(2, "table-renam")
    assert "did you mean" not in cli.fails(2, "quux")


@pytest.mark.parametrize(
    "words, said",
    [
        (["scan"], "LOCATION is missing"),
        (["scan", "./w"], "TABLE is missing"),
        (["scan", "./w", "t", "u"], "what is 'u'?"),
        (["scan", "./w", "t", "--limit"], "--limit wants a value"),
        (["scan", "./w", "t", "--limit", "x"], "'x' is not a whole number"),
        (["scan", "./w", "t", "--limit=-1"], "'-1' is not a whole number"),
        (["scan", "./w", "t", "--shm", "x"], "'x' is not a number of bytes"),
        (["scan", "./w", "t", "--shm", "M"], "'M' is not a number of bytes"),
        (["scan", "./w", "t", "--shm=-1"], "'-1' is not a number of bytes"),
        (["scan", "./w", "t", "--shm", "9999999999G"], "is not a number of bytes"),
        (["scan", "./w", "t", "--colums", "a"], "did you mean '--columns'"),
        (["scan", "./w", 'a."b'], "is not a name"),
        (["scan", "./w", "t", "-o", "jsn"], "did you mean 'json'?"),
        (["scan", "./w", "t", "--color", "alway"], "did you mean 'always'?"),
        (["bench", "./w", "f()", "--table", "t"], "either a call or --table"),
        (["bench", "./w", "f()", "-n", "0"], "at least one repetition"),
        (["scan", "./w", "t", "-o", "xml"], "'xml' is not one of: table csv json arrow"),
        (["scan", "./w", "t", "-o", "sv js"], "is not one of"),
        (["scan", "./w", "t", "--quiet=1"], "--quiet takes no value"),
        (["call", "./w", "f(1"], "a comma or ')' is missing here"),
        (["call", "./w", "f('x)"], "a text that has no end"),
        (["call", "./w", "f(1) x"], "there is more behind the call"),
        (["call", "./w", "f([1])"], "lists and structs cannot be written here"),
        (["schema-create", "./w", "s", "--on-conflict", "maybe"], "is not one of ERROR, IGNORE, REPLACE"),
        (["transaction-commit", "./w", "xyz"], "hexadecimal"),
        (["table-create", "./w", "t", "a NOSUCHTYPE"], "COLUMNS"),
    ],
)
def test_mistakes_are_told_and_exit_2(words, said):
    assert said in cli.fails(2, *words)


def test_nobody_at_the_location_is_exit_4():
    assert cli.run("ping", "exec /nonexistent/worker").returncode == 4
    assert cli.run("ping", "unix:///nonexistent/socket").returncode == 4
    assert cli.run("ping", "exec true").returncode == 4
    assert cli.run("ping", "exec echo this is no worker").returncode == 4


def test_no_word_at_all_is_usage():
    done = cli.run()
    assert done.returncode == 2 and done.stdout == "" and "Usage:" in done.stderr


def test_completion_is_bash_that_completes(tmp_path):
    script = tmp_path / "vgi.bash"
    script.write_text(cli.ok("completion", "bash"))

    def complete(*words):
        probe = f"source {script}; COMP_WORDS=(vgi {' '.join(words)}); COMP_CWORD={len(words)}; _vgi; echo ${{COMPREPLY[@]}}"
        return subprocess.run(["bash", "-c", probe], capture_output=True, text=True, check=True).stdout.split()

    assert complete("sca") == ["scan"]
    assert complete("scan", "./w", "t", "--col") == ["--columns", "--color"]
    assert complete("scan", "-o", "j") == ["json"]
    assert "table-create" in complete("help", "table-")
    assert complete("scan", "./w", "t", "--whe") == ["--where"]
    assert complete("schema-create", "./w", "s", "--on-conflict", "r") == ["replace"]
    assert complete("completion", "f") == ["fish"]
    assert "did you mean 'zsh'?" in cli.fails(2, "completion", "zhs")


@pytest.mark.skipif(not shutil.which("zsh"), reason="there is no zsh: run scripts/setup test")
def test_completion_is_zsh_that_completes(tmp_path):
    script = tmp_path / "_vgi"
    script.write_text(cli.ok("completion", "zsh"))

    def complete(*words):
        """What the script gives to zsh's own functions, which only run inside its line editor."""
        probe = (
            "compdef() { }; _describe() { print -l $commands }; _arguments() { print -l -- $@ }; compadd() { print -l $@ };"
            f"source {script}; words=(vgi {' '.join(words)}); CURRENT={len(words) + 1}; _vgi"
        )
        return subprocess.run(["zsh", "-f", "-c", probe], capture_output=True, text=True, check=True).stdout

    assert {line.split(":")[0] for line in complete("sca").splitlines()} == set(COMMANDS)
    assert "*--where[" in complete("scan", "./w") and "*--where[" not in complete("ls", "./w")
    assert ":value:(table csv json arrow)" in complete("ls", "./w")
    assert ":value:(error ignore replace)" in complete("schema-create", "./w")
    assert complete("completion", "").split() == ["bash", "zsh", "fish"]


@pytest.mark.skipif(not shutil.which("fish"), reason="there is no fish: run scripts/setup test")
def test_completion_is_fish_that_completes(tmp_path):
    script = tmp_path / "vgi.fish"
    script.write_text(cli.ok("completion", "fish"))

    def complete(line):
        done = subprocess.run(
            ["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"], capture_output=True, text=True,
            check=True, env={**cli.ENVIRONMENT, "HOME": str(tmp_path)},
        )
        assert done.stderr == ""
        return [answer.split("\t")[0] for answer in done.stdout.splitlines()]

    assert complete("vgi sca") == ["scan"]
    assert complete("vgi scan ./w t --whe") == ["--where"]
    assert complete("vgi ls ./w --whe") == []
    assert complete("vgi scan ./w t -o j") == ["json"] or "-ojson" in complete("vgi scan ./w t -oj")
    assert complete("vgi completion z") == ["zsh"]


def test_the_man_page_names_every_command():
    text = cli.ok("man")
    for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "EXIT STATUS", "ENVIRONMENT"):
        assert f".SH {section}\n" in text
    assert text.startswith(".TH VGI 1\n")
    for name in COMMANDS:
        assert f".SS {name.replace('-', chr(92) + '-')}\n" in text


def test_help_and_man_page_say_the_exit_codes():
    help, man = cli.ok("help"), cli.ok("man")
    for code in range(5):
        assert any(line.startswith(f"  {code}  ") for line in help.splitlines())
        assert any(line.startswith(f"  {code}  ") for line in man[man.index("EXIT STATUS") :].splitlines())
