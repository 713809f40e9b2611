"""The decoder and pyarrow over the same streams: corpus.py own | public

Nothing may crash; nothing that pyarrow refuses may be accepted. Of our own corpus everything is accepted. Of the public
one, a stream that pyarrow accepts is accepted, or refused with NotImplementedError and the name of what is not
supported.
"""

import sys

import streams
from unsupported import UNSUPPORTED

# Accepted by pyarrow, refused by us: a primitive type with children, which no writer makes.
STRICTER = {"clusterfuzz-testcase-minimized-arrow-ipc-stream-fuzz-5718685113384960"}


def main():
    public = sys.argv[1] == "public"
    if public:
        streams.need_public()
    probe, failures, counts = streams.Probe(), [], {}
    for path in streams.files(streams.PUBLIC if public else streams.OWN):
        complaint = streams.oracle(path.read_bytes())
        verdict, text = probe(path)
        unsupported = verdict == "reject" and bool(UNSUPPORTED.match(text))
        key = (f"pyarrow {'rejects' if complaint else 'accepts'}", f"ours {verdict}{', unsupported' * unsupported}")
        counts[key] = counts.get(key, 0) + 1
        if verdict == "crash":
            failures.append(f"{path.name}: {text}")
        elif complaint and verdict == "accept":
            failures.append(f"{path.name}: accepted, but pyarrow says {complaint}")
        elif not complaint and verdict == "reject" and not (public and (unsupported or path.name in STRICTER)):
            failures.append(f"{path.name}: pyarrow accepts, ours says {text}")
    for key, count in sorted(counts.items()):
        print(f"{count:5} {', '.join(key)}")
    total = sum(counts.values())
    if total < (150 if public else 60):
        failures.append(f"only {total} streams were found")
    streams.finish(failures, f"{total} streams")


main()
