"""The checker whose soundness is proved in Coq (formal/), where it has been built: docs/formal.md."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

PROGRAM = "copos-verify-formal"
BUILT = Path(__file__).parents[2] / "formal" / "_build" / PROGRAM  # in a checkout, after `make formal`


class FormalVerdict(NamedTuple):
    """What the program says: is the claim proved, and in words what is proved or why it is not."""

    proved: bool
    words: str


def formal_program() -> str | None:
    """The path of the program: COPOS_VERIFY_FORMAL, the one built in this checkout, or one on the PATH."""
    named = os.environ.get("COPOS_VERIFY_FORMAL")
    if named:
        return named
    return str(BUILT) if BUILT.is_file() else shutil.which(PROGRAM)


def formally(path: str | Path, time_limit: float = 600.0) -> FormalVerdict:
    """The formal checker's verdict on the file of a certificate.

    It speaks of the problem that is written in the file alone, and has no proof for every kind: such a certificate is
    not proved, whatever the other checker says.

    Raises
    ------
    ValueError
        If the program is not there, takes longer than `time_limit` seconds, or fails.
    """
    program = formal_program()
    if program is None:
        raise ValueError(f"{PROGRAM} is not built: make formal (docs/formal.md)")
    try:
        run = subprocess.run([program, str(path)], capture_output=True, text=True, check=False, timeout=time_limit)
    except subprocess.TimeoutExpired:
        raise ValueError(f"{PROGRAM} took longer than {time_limit:g} s") from None
    except OSError as error:
        raise ValueError(f"{program} cannot be run: {error}") from None
    words = run.stdout.strip()
    if run.returncode not in (0, 1, 2, 3):
        raise ValueError(f"{PROGRAM}: {words or run.stderr.strip()[:200] or f'status {run.returncode}'}")
    return FormalVerdict(run.returncode == 0, words)
