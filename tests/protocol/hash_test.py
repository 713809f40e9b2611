"""Computes the protocol hashes (rpc.md section 8.1) from vgi.json and compares them with those that it states.

Needs no package. Record contents are not hashed, so 2.1 and 2.2 have one hash.
"""

import hashlib
import json
import os
import pathlib
import re
import sys

SOURCE = pathlib.Path(os.environ["VGI_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "tools"))
from gen_protocol import Column  # noqa: E402

SPEC = json.loads((SOURCE / "src/protocol/vgi.json").read_text())
PLAIN = {"dictionary<binary>": "dictionary<index:int32,value:binary>", "timestamp": "timestamp(us,tz=UTC)"}


def token(kind):
    """The hash's word for a type of vgi.json."""
    if kind in SPEC["enums"]:
        return "dictionary<index:int16,value:utf8>"
    if match := re.fullmatch(r"list<(.*)>", kind):
        return f"list<item?:{token(match[1])}>"
    if match := re.fullmatch(r"map<(\w+),(\w+)>", kind):
        return f"map<key:{token(match[1])},value?:{token(match[2])}>"
    return PLAIN.get(kind, kind)


def fields(lines):
    columns = [Column(line, SPEC["versions"]) for line in lines]
    return [{"name": c.name, "nullable": c.nullable, "type": token(c.type)} for c in columns]


def protocol_hash(minor):
    methods = []
    for name, method in sorted(SPEC["methods"].items()):
        if "since" in method and int(method["since"].split(".")[1]) > minor:
            continue
        stream = method.get("kind") == "stream"
        params = ["request: binary"] if "request" in method else method["params"]
        row = {"has_header": "header" in method, "has_return": "result" in method, "name": name,
               "params": fields(params), "type": "stream" if stream else "unary"}
        if "result" in method:
            row["result"] = fields(["result: binary" + ("?" if method["result"].endswith("?") else "")])
        if "header" in method:
            row["header"] = fields(SPEC["records"][method["header"]])
        methods.append(row)
    text = json.dumps({"methods": methods, "protocol": SPEC["protocol"]}, sort_keys=True, separators=(",", ":"),
                      ensure_ascii=False)
    return hashlib.sha256(("vgi_rpc.protocol_hash.v1|" + text).encode()).hexdigest()


failed = False
for version, stated in SPEC["hashes"].items():
    computed = protocol_hash(int(version.split(".")[1]))
    print(version, computed, "as stated" if computed == stated else f"but vgi.json states {stated}")
    failed |= computed != stated
sys.exit(failed or "2.0.0" not in SPEC["hashes"])
