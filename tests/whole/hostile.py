"""What the tests of wrong files share: the command, files written as they are, and what the command is asked."""

import time

from click.testing import CliRunner

from copos.commands.cli import main

SECONDS, BYTES = 20, 60e6  # of any one case; what is refused by its announcement takes milliseconds and no memory
EXACT, FLOAT = ("copositive",), ("bound", "standard-quadratic")
BOM = b"\xef\xbb\xbf"
COORDINATE, SYMMETRIC = "coordinate real general", "coordinate real symmetric"


def run(*arguments):
    begin = time.process_time()
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert time.process_time() - begin < SECONDS
    return result


def put(folder, name, content):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def market(first, *lines):
    return "\n".join([f"%%MatrixMarket matrix {first}", *lines, ""])
