"""`vgi ls` of workers of protocol 2.1 and 2.2, which give a whole catalog in one answer: it is what the listings say."""

import os
import pathlib
import shlex
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cli  # noqa: E402

WORKER = pathlib.Path(__file__).with_name("types_worker.py")
PEERS = {version: os.environ[f"VGI_PEER_{version}"] for version in ("2_1", "2_2")}


@pytest.mark.parametrize("version", PEERS)
def test_ls_is_what_the_listings_say(version):
    if not PEERS[version]:
        pytest.skip("the reference SDK of that version is not there: run scripts/setup test")
    location = shlex.join([PEERS[version], str(WORKER)])
    said = cli.run("ls", location, "-o", "json")
    assert said.returncode == 0, said.stderr
    assert said.stderr.count("catalog_contents ok") == 1 and "schema_contents" not in said.stderr
    listed = [(row["kind"], row["name"]) for row in map(cli.json.loads, said.stdout.splitlines())]
    tables = [row["name"] for row in cli.lines("schema-contents-tables", location, "main", "-q")]
    functions = [row["name"] for row in cli.lines("schema-contents-functions", location, "main", "table-function", "-q")]
    assert tables == ["pushed", "plain"]
    assert listed == [("catalog", "types"), ("schema", "main")] + [("table", name) for name in tables] + [
        ("table function", name) for name in functions
    ]
    assert cli.lines("describe", location, "plain", "-q")[0]["part"] == "table"
    assert cli.lines("scan", location, "plain", "-w", "id = 7", "--columns", "id", "-q") == [{"id": 7}]


@pytest.mark.parametrize("version", ["2.1.0", "2.2.0"])
def test_contents_of_callbacks(tmp_path, version):
    """Of a catalog of ours that can be listed, put together from its callbacks and what is declared beside them."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    location, root = cli.worker("folder"), f"root={tmp_path}"
    plain = cli.lines("ls", location, "-A", root)
    assert {row["name"] for row in plain if row["kind"] == "table"} == {"one", "two"}
    assert [row["name"] for row in plain if row["kind"] == "table function"] == ["files"]
    assert cli.lines("ls", location, "-A", root, "--protocol", version) == plain
    ask = ("catalog-contents", location, "-A", root, "--protocol", version)
    (whole,) = cli.lines(*ask)
    (again,) = cli.lines(*ask, "--if-none-match", whole["etag"])
    assert again["etag"] == whole["etag"] and (whole["not_modified"], again["not_modified"]) == (False, True)
    (tmp_path / "three").mkdir()
    (changed,) = cli.lines(*ask, "--if-none-match", whole["etag"])
    assert changed["etag"] != whole["etag"] and not changed["not_modified"]
