"""Is every rule of the checker tested? Alter one sign, comparison or constant at a time, and see who notices.

    python -m tests.mutants [FILE …] [--seconds S] [--out PATH]

A mutant is a file of the checker with one change: a comparison, `and`/`or`, `+`/`−`, `any`/`all`, `min`/`max`,
    a number,
a negation, or a `raise` that is left out. It is compiled into the module that is loaded, and those forgeries, honest
twins, small certificates of every kind and tests of single pieces that run through its function are judged again. It is
noticed if a forgery is accepted, or refused for another reason, if an honest certificate is refused,
    or if a test fails.
What the work of a document costs is not altered. docs/mutants.md lists those that survive, with explanations.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from copos.checker import check
from tests.checker import test_certificate_truths, test_questions_cones, test_questions_truths
from tests.checker import test_forgeries as forgeries
from tests.checker.test_certificate_fuzz import MORE
from tests.checker.test_certificate_mutation import SMALL, TRUTHS

ROOT = Path(check.__file__).parent
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.LShift: ast.RShift,
    ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr,
}  # fmt: skip
UNJUDGED = ("spend", "afford", "budget", "bit_length", "width")  # work is measured in seconds, not judged by verdicts
NAMES = {"any": "all", "all": "any", "min": "max", "max": "min"}


class Place(ast.NodeTransformer):
    """Counts what can be altered, and alters number `at`."""

    def __init__(self, at: int = -1) -> None:
        self.at, self.seen, self.words, self.line = at, 0, "", 0

    def offer(self, node: ast.AST, words: str, make: Any) -> ast.AST | None:
        """The altered node if this is the one."""
        self.seen += 1
        if self.seen - 1 != self.at:
            return None
        self.words, self.line = words, getattr(node, "lineno", 0)
        return ast.copy_location(make(), node)

    def visit(self, node: ast.AST) -> Any:
        """Every alternative of a node, then its children."""
        for words, make in alternatives(node):
            new = self.offer(node, words, make)
            if new is not None:
                return ast.fix_missing_locations(new)
        if isinstance(node, ast.FunctionDef) and node.name in UNJUDGED:
            return node
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in UNJUDGED:
            return node
        if isinstance(node, ast.keyword) and node.arg == "strict":
            return node
        return self.generic_visit(node)


def alternatives(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """(what is altered, how) for one node."""
    if isinstance(node, ast.Compare):
        for k, op in enumerate(node.ops):
            for new in COMPARISONS.get(type(op), ()):
                ops = [*node.ops[:k], new(), *node.ops[k + 1 :]]
                yield f"{type(op).__name__} → {new.__name__}", lambda ops=ops: ast.Compare(node.left, ops,
                    node.comparators)
    elif isinstance(node, ast.BoolOp):
        other = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield f"{type(node.op).__name__} swapped", lambda: ast.BoolOp(other, node.values)
        for k in range(len(node.values)):
            rest = [v for i, v in enumerate(node.values) if i != k]
            yield f"operand {k} left out", lambda rest=rest: rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        new = OPERATORS[type(node.op)]
        yield f"{type(node.op).__name__} → {new.__name__}", lambda: ast.BinOp(node.left, new(), node.right)
    elif isinstance(node, ast.AugAssign) and type(node.op) in OPERATORS:
        new = OPERATORS[type(node.op)]
        yield f"{type(node.op).__name__}= → {new.__name__}=", lambda: ast.AugAssign(node.target, new(), node.value)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield f"{type(node.op).__name__} left out", lambda: node.operand
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield f"{node.value} → {node.value + 1}", lambda: ast.Constant(node.value + 1)
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield f"{node.value} → {not node.value}", lambda: ast.Constant(not node.value)
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield f"{node.id} → {NAMES[node.id]}", lambda: ast.Name(NAMES[node.id], node.ctx)
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        yield "raise left out", lambda: ast.Pass()


def mutants(source: str) -> Iterator[tuple[str, int, ast.AST]]:
    """(words, line, tree) of every mutant of a file."""
    tree = ast.parse(source)
    # what only runs without the package, and what only formats, is not altered
    tree.body = [n for n in tree.body if not isinstance(n, ast.If)]
    yield "nothing", 0, tree
    counter = Place()
    counter.visit(copy.deepcopy(tree))
    for at in range(counter.seen):
        place = Place(at)
        changed = place.visit(copy.deepcopy(tree))
        yield place.words, place.line, changed


class Judge(NamedTuple):
    """Something that must hold of the checker: `call` says why it does not, or nothing."""

    name: str
    call: Callable[[], str]
    lines: set[tuple[str, int]]  # of the checker that it runs through


def judges(folder: Path) -> list[Judge]:
    """Honest certificates, forgeries, small certificates of every kind and tests of the pieces."""

    def accepted(document: Any) -> str:
        return "" if check.check(document).proved else "an honest certificate is refused"

    def refused(words: str, k: int) -> str:
        said = forgeries.verdict(forgeries.ROWS[words][k], folder)
        return "" if not said.proved and re.search(words,
            said.reason) else "a forgery is accepted, or refused otherwise"

    def false(document: Any) -> str:
        return "a false certificate is accepted" if check.check(document).proved else ""

    def holds(test: Callable[[], Any]) -> str:
        test()
        return ""

    calls: list[tuple[str, Callable[[], str]]] = []
    calls += [("honest", partial(accepted, document)) for document in forgeries.honest()]
    calls += [(f"{words} {k}", partial(refused, words, k)) for words, k in forgeries.CASES]
    calls += [(name, partial(accepted, c.document())) for name, c in SMALL.items()]
    calls += [(name, partial(accepted, document)) for name, document in MORE.items()]
    calls += [(f"altered {name}", partial(false, document)) for name, document in altered()]
    calls += [(name, partial(holds, test)) for name, test in truths()]
    out = [Judge(name, call, traced(call)) for name, call in calls]
    assert not [j.name for j in out if j.call()]
    return out


def traced(call: Callable[[], str]) -> set[tuple[str, int]]:
    """Lines of the checker that a call runs through."""
    seen: set[tuple[str, int]] = set()
    names = {str(path) for path in ROOT.glob("check*.py")}

    def local(frame: Any, event: str, _: Any) -> Any:
        if event == "line":
            seen.add((frame.f_code.co_filename, frame.f_lineno))
        return local

    sys.settrace(lambda frame, event, _: local if frame.f_code.co_filename in names else None)
    try:
        call()
    finally:
        sys.settrace(None)
    return seen


def truths() -> Iterator[tuple[str, Any]]:
    """The tests of the checker's pieces, with their parameters."""
    for module in (test_certificate_truths, test_questions_cones, test_questions_truths):
        for name, test in vars(module).items():
            if not name.startswith("test_"):
                continue
            marks = getattr(test, "pytestmark", [])
            rows = marks[0].args[1] if marks else [()]
            for row in rows:
                values = row if isinstance(row, tuple) else (row,)
                yield name, lambda test=test, values=values: test(*values)


class TooLong(BaseException):
    """A mutant that does not end."""


def late(*_: Any) -> None:
    raise TooLong


def run(path: Path, seconds: float, all_judges: list[Judge]) -> Iterator[tuple[int, str, str]]:
    """(line, words, who noticed) for the mutants of a file; asked are those who run through its function."""
    module = importlib.import_module(f"copos.checker.{path.stem}")
    source, before, end = path.read_text(encoding="utf-8"), dict(vars(module)), time.monotonic() + seconds
    everywhere = [m for name, m in sys.modules.items() if name.startswith("copos.checker.check")]
    kept = {m: dict(vars(m)) for m in everywhere}
    tables = {id(t): (t, copy.copy(t)) for m in everywhere for t in vars(m).values() if type(t) is dict}
    spans = [(n.lineno, n.end_lineno or n.lineno) for n in ast.walk(ast.parse(source)) if isinstance(n,
        ast.FunctionDef)]
    for words, line, tree in mutants(source):
        if time.monotonic() > end:
            yield 0, "", "out of time"
            return
        first, last = max((span for span in spans if span[0] <= line <= span[1]), default=(0, 0))
        asked = [j for j in all_judges if not last or any((str(path), k) in j.lines for k in range(first, last + 1))]
        signal.alarm(60)
        noticed = ""
        try:
            exec(compile(tree, str(path), "exec"), vars(module))  # noqa: S102 - the package's own source
            _rewire(kept, before, module)
            noticed = next((f"{j.name}: {why}" for j in asked if (why := j.call())), "")
        except TooLong:
            noticed = "it does not end"
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it raises, it was noticed; a failure of pytest is none
            noticed = f"{type(error).__name__}: {error}"
        finally:
            signal.alarm(0)
            for m, values in kept.items():
                vars(m).update(values)
            for table, values in tables.values():
                table.clear()
                table.update(values)
        if words == "nothing":
            assert not noticed, f"the unaltered {path.name} is noticed: {noticed}"
        else:
            yield line, words, noticed


def _rewire(kept: dict[Any, dict[str, Any]], before: dict[str, Any], module: Any) -> None:
    """Other files that imported a name of the module, or keep it in a table, get the altered one."""
    new = {
        id(old): vars(module)[name]
        for name, old in before.items()
        if callable(old) and getattr(old, "__module__", "") == module.__name__ and not isinstance(old, type)
    }
    kinds = {name: old for name, old in before.items() if isinstance(old, type)}
    classes = {name: old for name, old in kinds.items() if issubclass(old, (Exception, tuple))}
    vars(module).update(classes)  # exceptions and named tuples stay the ones that others catch
    for m, values in kept.items():
        for name, old in values.items():
            if id(old) in new and m is not module:
                setattr(m, name, new[id(old)])
            elif type(old) is dict:
                _swap(old, new)


def _swap(table: dict[Any, Any], new: dict[int, Any]) -> None:
    for key, value in table.items():
        if type(value) is dict:
            inner = dict(value)
            _swap(inner, new)
            table[key] = inner
        elif id(value) in new:
            table[key] = new[id(value)]


def altered(limit: int = 12) -> Iterator[tuple[str, Any]]:
    """False certificates: small certificates of every kind with numbers altered, those that the checker refuses."""
    for name, certificate in SMALL.items():
        document, count = certificate.document(), 0
        for path in [p for p in forgeries_places(document["proof"]) if p]:
            old = forgeries_get(document["proof"], path)
            if type(old) is int and count < limit:
                out = copy.deepcopy(document)
                forgeries_get(out["proof"], path[:-1])[path[-1]] = old + 1
                if not TRUTHS[out["kind"]](out) and not check.check(out).proved:
                    count += 1
                    yield name, out


def forgeries_places(value: Any) -> list[Any]:
    """Paths of everything in a proof."""
    from tests.checker.test_certificate_check import places

    return list(places(value))


def forgeries_get(value: Any, path: Any) -> Any:
    """What stands at a path."""
    for key in path:
        value = value[key]
    return value


def main() -> None:
    """Print the survivors of every file, and how many were killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="names of files, all of the checker by default")
    parser.add_argument("--seconds", type=float, default=600.0, help="for each file")
    parser.add_argument("--out", type=Path, help="write the survivors here, too")
    arguments = parser.parse_args()
    signal.signal(signal.SIGALRM, late)
    with tempfile.TemporaryDirectory() as folder:
        report(arguments, judges(Path(folder)))


def report(arguments: argparse.Namespace, asked: list[Judge]) -> None:
    """Run and print."""
    lines = []
    for path in sorted(ROOT.glob("check*.py")):
        if arguments.files and path.name not in arguments.files:
            continue
        found = list(run(path, arguments.seconds, asked))
        survivors = [(line, words) for line, words, noticed in found if not noticed]
        tried = [f for f in found if f[2] != "out of time"]
        lines.append(f"{path.name}: {len(tried)} mutants, {len(tried) - len(survivors)} noticed"
                     + (", out of time" if len(tried) < len(found) else ""))  # fmt: skip
        text = path.read_text(encoding="utf-8").splitlines()
        lines += [f"    {line}: {words}: {text[line - 1].strip()[:90]}" for line, words in survivors]
        print("\n".join(lines[-1 - len(survivors) :]), flush=True)
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
