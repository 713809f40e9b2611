"""Mutations of valid streams through the decoder, with pyarrow as the judge: mutate.py COUNT [SEED...]

Seeds are our own corpus and, where it is there, the public golden streams. A crash, a hang, or a stream that is
accepted although pyarrow refuses it is a failure; the stream is kept and named. (Values: see values.h.)
"""

import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile

import streams

INTERESTING = (0, 1, 7, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, 1 << 62,
               (1 << 63) - 1, 1 << 63)
# Asked in a process of its own: pyarrow has crashed on damaged streams before.
JUDGE = """
import sys
sys.path.insert(0, sys.argv[1])
import streams
for line in sys.stdin:
    with open(line.rstrip("\\n"), "rb") as f:
        print(streams.oracle(f.read()) or "accept", flush=True)
"""


class Judge:
    def __init__(self):
        self.process = None

    def __call__(self, path):
        if self.process is None or self.process.poll() is not None:
            command = [sys.executable, "-c", JUDGE, str(pathlib.Path(__file__).parent)]
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.DEVNULL, text=True)
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip() or "pyarrow crashed"


def flip_bit(rng, data, at):
    data[at] ^= 1 << rng.randrange(8)


def set_number(rng, data, at):
    """A number of 1, 2, 4 or 8 bytes, at its alignment, becomes an interesting one, or a neighbour of what it was."""
    size = rng.choice((1, 2, 4, 8))
    at -= at % size
    old = int.from_bytes(data[at:at + size], "little")
    new = rng.choice(INTERESTING + (old + 1, old - 1, old * 2, -old, len(data)))
    data[at:at + size] = (new & ((1 << 8 * size) - 1)).to_bytes(size, "little")


def copy_number(rng, data, at):
    """One 8-byte word takes the place of another."""
    other = rng.randrange(len(data)) & ~7
    data[at & ~7:(at & ~7) + 8] = data[other:other + 8]


def cut(rng, data, at):
    del data[at:at + rng.choice((1, 2, 4, 8, 64, len(data)))]


def repeat(rng, data, at):
    """Bytes of one place stand in another, too: at times a whole message again."""
    source = rng.randrange(len(data)) & ~7
    data[at & ~7:at & ~7] = data[source:source + rng.choice((4, 8, 16, 64, 256))]


def messages(data):
    """The places where messages begin, as far as the framing makes sense."""
    at, found = 0, []
    while len(data) - at >= 8:
        marker, size = struct.unpack_from("<Ii", data, at)
        if marker != 0xFFFFFFFF or size <= 0:
            break
        found.append(at)
        at = data.find(b"\xff\xff\xff\xff", at + 8 + size)
        if at < 0:
            break
    return found


def drop_message(rng, data, at):
    """A message is missing, or comes twice."""
    starts = messages(data) + [len(data)]
    if len(starts) < 3:
        return
    i = rng.randrange(len(starts) - 1)
    message = data[starts[i]:starts[i + 1]]
    if rng.random() < 0.5:
        del data[starts[i]:starts[i + 1]]
    else:
        place = rng.choice(starts[:-1])
        data[place:place] = message


MUTATIONS = (flip_bit, set_number, set_number, set_number, copy_number, cut, repeat, drop_message)


def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if len(data) < 16:
            break
        rng.choice(MUTATIONS)(rng, data, rng.randrange(len(data) - 8))
    return bytes(data)


def main():
    count, seeds = int(sys.argv[1]), [int(s) for s in sys.argv[2:]] or [1]
    sources = [p.read_bytes() for p in streams.files(streams.OWN)]
    if streams.PUBLIC.is_dir():
        sources += [p.read_bytes() for p in streams.files(streams.PUBLIC / "integration") if "bigendian" not in str(p)]
    sources = [s for s in sources if len(s) <= 65536]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vgi-mutations-"))
    judge, probe, failures, counts = Judge(), streams.Probe(), [], {}
    for seed in seeds:
        rng = random.Random(seed)
        for i in range(count):
            path = folder / f"{seed}-{i}"
            path.write_bytes(mutate(rng, rng.choice(sources)))
            complaint = judge(path)
            verdict, text = probe(path)
            key = f"pyarrow {'accepts' if complaint == 'accept' else 'rejects'}, ours {verdict}"
            counts[key] = counts.get(key, 0) + 1
            if verdict == "crash":
                failures.append(f"{path}: {text}")
            elif verdict == "accept" and complaint != "accept":
                failures.append(f"{path}: accepted, but pyarrow says {complaint}")
            else:
                path.unlink()
    for key, n in sorted(counts.items()):
        print(f"{n:6} {key}")
    if not failures:
        shutil.rmtree(folder)
    streams.finish(failures, f"{count * len(seeds)} mutations of {len(sources)} streams")


main()
