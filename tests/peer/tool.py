"""method_tool, the C client, as Python sees it."""

import os
import struct
import subprocess


class Refused(Exception):
    """What the tool was refused: `Exception: message`."""


class Tool:
    """One process of it, which talks to the worker at a location."""

    def __init__(self, location):
        self.process = subprocess.Popen([os.environ["VGI_METHOD_TOOL"], str(location)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)  # fmt: skip

    def ask(self, name, data=b"", flags=0):
        word = name.encode()
        self.process.stdin.write(struct.pack("<III", len(word), flags, len(data)) + word + data)
        self.process.stdin.flush()
        status, size = struct.unpack("<II", self.process.stdout.read(8))
        answer = self.process.stdout.read(size)
        if status:
            raise Refused(answer.decode())
        return answer

    def close(self):
        self.process.stdin.close()
        code = self.process.wait(60)
        self.process.stdout.close()
        assert code == 0
