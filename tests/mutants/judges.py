"""What must hold of the checker: certificates that it accepts, forgeries that it refuses, and tests of its pieces."""

from __future__ import annotations

import contextlib
import copy
import functools
import hashlib
import importlib
import inspect
import itertools
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from copos.checker import check
from tests.checker import test_forgeries as forgeries
from tests.checker.test_certificate_check import get, places
from tests.checker.test_certificate_fuzz import MORE
from tests.checker.test_certificate_mutation import SMALL, TRUTHS
from tests.mutants.alterations import ROOT

# files of tests that ask the checker, whole or in its pieces; a test that takes longer than `PATIENCE` is not asked
FILES = (
    "checker/test_[!m]*.py", "checker/test_matrices.py", "checker/test_multiplier.py",
    "certificate/test_certificate_branched.py",
    "certificate/test_certificate_charts.py",
    "certificate/test_certificate_sums.py", "polynomial/test_polynomial_proof.py",
    "normal/test_scaling.py", "levels/test_singular_cells.py", "decision/test_copositivity_cones.py",
    "decision/test_cover_tree.py",
    "reformulation/linear_network/test_network_proofs.py", "levels/test_local_levels.py",
)  # fmt: skip
TESTS = Path(__file__).parent.parent
PATIENCE = 0.5  # seconds of processor time
NOT_ASKED = (  # what is a judge by itself, and what looks at the checker's text or repeats the solver's work
    "test_a_forgery_is_refused", "test_every_refusal", "test_the_honest_twins", "test_every_kind_has",
    "test_every_mutation", "test_truncated_files", "test_damaged", "test_checker_runs_without", "test_bounds_scale",
    "test_bounds_lie_below", "test_bounds_of_scaled",
)  # fmt: skip
CLOCKS = re.compile(r"perf_counter|monotonic|process_time")  # a test that fails on a busy machine is not asked
ALTERED = 12  # false certificates made of every small one
LINES = Path("results/mutants_judges.json")  # through which lines a judge runs, from one run to the next


class Judge(NamedTuple):
    """Something that must hold: `call` says why it does not, or nothing."""

    name: str
    call: Callable[[], str]
    lines: frozenset[tuple[str, int]]  # of the checker that it runs through
    seconds: float
    shares: dict[str, float]  # how much of what it runs through lies in a file


def judges() -> list[Judge]:
    """All of them, the cheapest first; each runs once for its time, and once to learn through which lines it goes."""
    known: dict[str, Any] = json.loads(LINES.read_text(encoding="utf-8")) if LINES.exists() else {}
    out, checker, written = [], digest(ROOT.glob("check*.py")), 0
    LINES.parent.mkdir(exist_ok=True)
    for name, origin, call in calls():
        state = f"{checker} {origin}"
        if known.get(name, {}).get("state") != state:
            start = time.process_time()
            said = call()
            assert not said, f"{name}: {said}"
            seconds = time.process_time() - start
            lines = traced(call) if seconds < PATIENCE else frozenset()
            known[name] = {"state": state, "seconds": seconds, "lines": packed(lines)}
            written += 1
            if written % 100 == 0:
                LINES.write_text(json.dumps(known), encoding="utf-8")
        by_file = known[name]["lines"]
        lines = frozenset((file, k) for file, ks in by_file.items() for k in ks)
        if lines:
            shares = {file: len(ks) / len(lines) for file, ks in by_file.items()}
            out.append(Judge(name, call, lines, known[name]["seconds"], shares))
    LINES.write_text(json.dumps(known), encoding="utf-8")
    return sorted(out, key=lambda judge: judge.seconds)


def packed(lines: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    """File ↦ lines."""
    out: dict[str, list[int]] = {}
    for file, k in sorted(lines):
        out.setdefault(file, []).append(k)
    return out


def digest(paths: Iterable[Path]) -> str:
    """Of the content of files."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(paths))).hexdigest()[:12]


def calls() -> Iterator[tuple[str, str, Callable[[], str]]]:
    """(name, state of the files that it stands in, what must return nothing)."""
    rows = digest((TESTS / "checker").glob("*forgeries*.py"))
    small = digest((TESTS / "checker").glob("test_certificate_*.py"))
    for k, document in enumerate(forgeries.honest()):
        yield f"honest {k}", rows, partial(accepted, document)
    for words, k in forgeries.CASES:
        yield f"forgery '{words}' {k}", rows, partial(refused, words, k)
    for name, certificate in SMALL.items():
        yield f"small {name}", small, partial(accepted, certificate.document())
    for name, document in MORE.items():
        yield f"small {name}", small, partial(accepted, document)
    for name, document in altered():
        yield f"altered {name}", small, partial(false, document)
    for path in sorted({path for pattern in FILES for path in TESTS.glob(pattern)}):
        module = importlib.import_module(".".join(path.relative_to(TESTS.parent).with_suffix("").parts))
        for name, call in pieces(module):
            yield name, digest([path]), call


def accepted(document: Any) -> str:
    """An honest certificate."""
    said = check.check(document)
    return "" if said.proved else f"an honest certificate is refused: {said.reason}"


def refused(words: str, k: int) -> str:
    """A row of the forgeries, which is refused for its reason."""
    with tempfile.TemporaryDirectory() as folder:
        said = forgeries.verdict(forgeries.ROWS[words][k], Path(folder))
    if said.proved:
        return "a forgery is accepted"
    return "" if re.search(words, said.reason) else f"a forgery is refused otherwise: {said.reason}"


def false(document: Any) -> str:
    """A false certificate."""
    return "a false certificate is accepted" if check.check(document).proved else ""


def altered() -> Iterator[tuple[str, Any]]:
    """Small certificates of every kind with a number altered, where that made them false and they are refused."""
    for name, certificate in SMALL.items():
        document, count = certificate.document(), 0
        for path in [p for p in places(document["proof"]) if p]:
            old = get(document["proof"], path)
            if type(old) is int and count < ALTERED:
                out = copy.deepcopy(document)
                get(out["proof"], path[:-1])[path[-1]] = old + 1
                if not TRUTHS[out["kind"]](out) and not check.check(out).proved:
                    count += 1
                    yield f"{name} {count}", out


def pieces(module: Any) -> Iterator[tuple[str, Callable[[], str]]]:
    """The tests of a file, with their parameters."""
    for name, test in list(vars(module).items()):
        if not name.startswith("test_") or name.startswith(NOT_ASKED):
            continue
        if not fixtures(module, test) <= set(vars(module)) or CLOCKS.search(inspect.getsource(test)):
            continue
        for fixture in fixtures(module, test):
            made(module, fixture)  # once and for all, by the checker as it is
        for k, values in enumerate(parameters(test)):
            yield f"{module.__name__.rpartition('.')[2]} {name} {k}", partial(holds, module, test, values)


def fixtures(module: Any, test: Callable[..., Any]) -> set[str]:
    """Arguments of a test that are neither parameters nor a folder."""
    first = next(parameters(test), {})
    return {name for name in inspect.signature(test).parameters if name not in first and name != "tmp_path"}


@functools.cache
def made(module: Any, name: str) -> Any:
    """What a fixture of a module without arguments returns; None where it needs a library that is not there."""
    found = getattr(module, name)
    with contextlib.suppress(pytest.skip.Exception):
        return getattr(found, "__wrapped__", found)()
    return None


def parameters(test: Any) -> Iterator[dict[str, Any]]:
    """The arguments of a test, one after the other."""
    tables = []
    for mark in getattr(test, "pytestmark", []):
        if mark.name == "parametrize":
            names = [n.strip() for n in mark.args[0].split(",")] if isinstance(mark.args[0], str) else mark.args[0]
            rows = [row if len(names) > 1 else (row,) for row in mark.args[1]]
            tables.append([dict(zip(names, getattr(row, "values", row), strict=True)) for row in rows])
    for chosen in itertools.product(*tables):
        yield functools.reduce(lambda a, b: a | b, chosen, {})


def holds(module: Any, test: Callable[..., Any], values: dict[str, Any]) -> str:
    """A test passes; an exception says that it does not."""
    with tempfile.TemporaryDirectory() as folder:
        more: dict[str, Any] = {name: made(module, name) for name in fixtures(module, test)}
        if None in more.values():
            return ""
        if "tmp_path" in inspect.signature(test).parameters:
            more["tmp_path"] = Path(folder)
        test(**values, **more)
    return ""


def traced(call: Callable[[], str], paths: Iterable[Path] = ()) -> frozenset[tuple[str, int]]:
    """(file, line) of the checker (or of other files) that a call runs through."""
    seen: set[tuple[str, int]] = set()
    names = {str(path): path.name for path in paths or ROOT.glob("check*.py")}

    def local(frame: Any, event: str, _: Any) -> Any:
        seen.add((names[frame.f_code.co_filename], frame.f_lineno))
        return local

    sys.settrace(lambda frame, event, _: local(frame, event, _) if frame.f_code.co_filename in names else None)
    try:
        call()
    finally:
        sys.settrace(None)
    return frozenset(seen)
