"""Writing files so that nothing is lost: an interruption or a full disk leaves the old file or the new one."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any


class NotWrittenWarning(UserWarning):
    """A result is returned although a file that it was to be saved in could not be written."""


@contextmanager
def replacing(path: str | Path, mode: str = "wb", encoding: str | None = None) -> Iterator[IO[Any]]:
    """Open a temporary neighbour of `path` and put it in place only when the block ends well.

    A link is followed, and a file keeps its permissions. What is no ordinary file (a pipe, /dev/stdout) is written to.
    """
    path = Path(os.path.realpath(path))
    if _is_special(path):
        with open(path, mode, encoding=encoding) as handle:
            yield handle
        return
    temporary = _neighbour(path)
    try:
        with open(temporary, mode.replace("w", "x"), encoding=encoding) as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        with suppress(FileNotFoundError):
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def require_writable(path: str | Path) -> None:
    """Find out before the work whether `replacing` could write here; nothing stays behind.

    Raises
    ------
    OSError
        If it could not, with the path.

    Examples
    --------
    >>> require_writable("/no/such/folder/proof.json")
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] cannot be written, No such file or directory: '/no/such/folder/proof.json'
    """
    given = str(path)
    try:
        path = Path(os.path.realpath(given))
        if path.is_dir() or not given:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if not _is_special(path):
            temporary = _neighbour(path)
            os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            temporary.unlink()
    except OSError as error:
        raise type(error)(error.errno, f"cannot be written, {error.strerror}", given) from None
    except ValueError as error:  # a zero byte in the name
        raise OSError(errno.EINVAL, f"cannot be written, {error}", given) from None


def moved_aside(path: Path) -> Path:
    """Give a file another name beside it, NAME.1, NAME.2, …, the first that is free; returns that name."""
    for k in range(1, 10**6):
        free = path.with_name(f"{path.stem}.{k}{path.suffix}")
        try:
            os.link(path, free)  # unlike a renaming, this never replaces a file
        except FileExistsError:
            continue
        except OSError:  # a file system without links
            if free.exists():
                continue
            os.rename(path, free)
            return free
        os.unlink(path)
        return free
    raise OSError(f"{path}: no free name to move it to")


def _neighbour(path: Path) -> Path:
    """A new name in the same folder, not longer than names may be."""
    return path.with_name(f".{path.name[:100]}.{os.getpid()}.{secrets.token_hex(4)}")


def _is_special(path: Path) -> bool:
    try:
        return not stat.S_ISREG(path.stat().st_mode) and not path.is_dir()
    except OSError:
        return False
