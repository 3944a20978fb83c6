"""What the tests of hostile input share: the command, files written as they are, and what a refusal is."""

import time
import traceback
from pathlib import Path

import pytest
from click.testing import CliRunner

import copos
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


def require_refusal(function, arguments, argument, value, kinds=(ValueError, TypeError), by_sklearn=False):
    """Within a second of CPU, in some words, by a line of this package or, where that is said, of scikit-learn."""
    start = time.process_time()
    with pytest.raises(kinds) as caught:
        function(**{**arguments, argument: value})
    assert time.process_time() - start < 1.0 and len(str(caught.value)) > 15
    last = traceback.extract_tb(caught.value.__traceback__)[-1].filename
    own = by_sklearn and "sklearn" in last
    assert own or Path(last).is_relative_to(Path(copos.__file__).parent), f"raised by {last}: {caught.value}"
