"""CPU seconds of every test, which other programs on the machine do not change: `python -m pytest -p tests.cpu`.

A test's own process and the children that it has waited for count, fixtures with the test that needs them first.
With `-n 2` the workers of xdist hand over theirs. `CPU_TABLE=file.csv` writes all rows; the summary names the files and
the functions that take most.
"""

import os
import resource
from collections import Counter
from pathlib import Path

import pytest

SECONDS: Counter[tuple[str, str]] = Counter()  # (file, test) ↦ seconds


def used():
    """CPU seconds of this process and of the children that have ended."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    """Setup, call and teardown of one test."""
    begin = used()
    yield
    file, _, name = item.nodeid.partition("::")
    SECONDS[file, name] += used() - begin


def pytest_sessionfinish(session):
    """A worker hands over what its tests took."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["cpu"] = [[*test, seconds] for test, seconds in SECONDS.items()]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """The session takes it."""
    for file, name, seconds in getattr(node, "workeroutput", {}).get("cpu", []):
        SECONDS[file, name] += seconds


def pytest_terminal_summary(terminalreporter):
    """The files and the functions that take most."""
    files, functions = Counter(), Counter()
    for (file, name), seconds in SECONDS.items():
        files[file] += seconds
        functions[f"{file}::{name.partition('[')[0]}"] += seconds
    write = terminalreporter.write_line
    write(f"{sum(files.values()):.1f} CPU seconds in {len(SECONDS)} tests")
    for table in (files, functions):
        for name, seconds in table.most_common(25):
            write(f"{seconds:8.1f}  {name}")
    if path := os.environ.get("CPU_TABLE"):
        rows = (f'{seconds:.3f},"{file}","{name}"' for (file, name), seconds in SECONDS.most_common())
        Path(path).write_text("\n".join(["seconds,file,test", *rows]), encoding="utf-8")
