"""What can be altered in a file of the checker, and the altered function in the place of the one that is loaded."""

from __future__ import annotations

import ast
import functools
import hashlib
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from copos.checker import check

ROOT = Path(check.__file__).parent
PACKAGE = check.__name__.partition(".")[0]
LONGEST = 72  # characters of an expression in the name of a mutant

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.LShift: ast.RShift,
    ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr,
}  # fmt: skip
SIGNS: dict[type[ast.AST], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.In: "in",
    ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not", ast.Add: "+", ast.Sub: "-", ast.Mult: "*",
    ast.FloorDiv: "//", ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: "|", ast.USub: "-",
    ast.Not: "not", ast.And: "and", ast.Or: "or",
}  # fmt: skip
NAMES = {"any": "all", "all": "any", "min": "max", "max": "min"}
UNJUDGED = ("spend", "afford", "budget", "bit_length", "width", "_bits")  # they count work, and decide nothing


class Mutant(NamedTuple):
    """One change: where it is, what it is called, and the node that takes the place of another."""

    path: Path
    function: str  # "" for what stands in the module itself
    expression: str
    change: str
    number: int  # among the mutants of the same name
    lines: range  # of the code that is altered
    unit: ast.stmt  # the statement of the module that holds it
    site: tuple[ast.AST, str, int | None]  # parent, field, and place in a list
    new: ast.AST

    @property
    def file(self) -> str:
        """The name of its file, wherever that lies."""
        return self.path.name

    @property
    def key(self) -> str:
        """Its name inside its file, which edits elsewhere do not change."""
        again = f" #{self.number}" if self.number else ""
        return f"{self.function or '(module)'} | {self.expression} | {self.change}{again}"


def mutants(path: Path) -> Iterator[Mutant]:
    """All mutants of a file."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for unit in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(unit, ast.If | ast.Try | ast.Import | ast.ImportFrom):
            continue  # imports, and what is run only where the file stands alone
        for site, node, trail in places(unit, ()):
            for change, new in alternatives(node):
                ast.fix_missing_locations(ast.copy_location(new, node))
                function = ".".join(n.name for n in trail if isinstance(n, ast.FunctionDef | ast.ClassDef))
                name = function, shown(node, trail), change
                lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)  # type: ignore[attr-defined]
                yield Mutant(path, *name, seen[name], lines, unit, site, new)
                seen[name] += 1


def places(node: ast.AST, trail: tuple[ast.AST, ...]) -> Iterator[tuple[Any, ast.AST, tuple[ast.AST, ...]]]:
    """((parent, field, place), node, ancestors) of everything below that may be altered."""
    if isinstance(node, ast.FunctionDef) and node.name in UNJUDGED:
        return
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in UNJUDGED:
        return
    if isinstance(node, ast.Raise | ast.arg) or (isinstance(node, ast.keyword) and node.arg == "strict"):
        return  # the words of a refusal, and annotations
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        children = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for at, child in children:
            if isinstance(child, ast.AST):
                yield (node, field, at), child, (*trail, node)
                yield from places(child, (*trail, node))


def alternatives(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """(change in words, altered node)."""
    if isinstance(node, ast.Compare):
        for k, op in enumerate(node.ops):
            for kind in COMPARISONS.get(type(op), ()):
                ops = [*node.ops[:k], kind(), *node.ops[k + 1 :]]
                yield f"{SIGNS[type(op)]} → {SIGNS[kind]}", ast.Compare(node.left, ops, node.comparators)
    elif isinstance(node, ast.BoolOp):
        other = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield f"{SIGNS[type(node.op)]} → {SIGNS[type(other)]}", ast.BoolOp(other, node.values)
        for k in range(len(node.values)):
            rest = [v for i, v in enumerate(node.values) if i != k]
            yield f"without operand {k + 1}", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        new = OPERATORS[type(node.op)]
        yield f"{SIGNS[type(node.op)]} → {SIGNS[new]}", ast.BinOp(node.left, new(), node.right)
    elif isinstance(node, ast.AugAssign) and type(node.op) in OPERATORS:
        new = OPERATORS[type(node.op)]
        yield f"{SIGNS[type(node.op)]}= → {SIGNS[new]}=", ast.AugAssign(node.target, new(), node.value)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield f"without {SIGNS[type(node.op)]}", node.operand
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield f"{node.value} → {node.value + 1}", ast.Constant(node.value + 1)
    elif isinstance(node, ast.Constant) and type(node.value) is float:
        yield f"{node.value} → 0.0", ast.Constant(0.0)
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield f"{node.value} → {not node.value}", ast.Constant(not node.value)
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield f"{node.id} → {NAMES[node.id]}", ast.Name(NAMES[node.id], node.ctx)
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        yield "without the refusal", ast.Pass()


def shown(node: ast.AST, trail: tuple[ast.AST, ...]) -> str:
    """The widest expression around a node that is short, in one spelling."""
    text = ast.unparse(node)
    for outer in (n for n in reversed(trail) if not isinstance(n, ast.comprehension | ast.arguments | ast.keyword)):
        wider = ast.unparse(outer)
        if len(wider) > LONGEST or "\n" in wider:
            break
        text = wider
    return " ".join(text.split())[: 2 * LONGEST]


def source_of(unit: ast.stmt) -> str:
    """A digest of the statement of the module that holds a mutant."""
    return hashlib.sha256(ast.unparse(unit).encode()).hexdigest()[:12]


# ---- the altered function instead of the one that is loaded -----------------------------------------------------


def alter(mutant: Mutant) -> None:
    """Put a mutant in the place of the code that is loaded. There is no way back: call it in a process of its own."""
    module = next(m for m in sys.modules.values() if getattr(m, "__file__", None) == str(mutant.path))
    parent, field, at = mutant.site
    if at is None:
        setattr(parent, field, mutant.new)
    else:
        getattr(parent, field)[at] = mutant.new
    made = run(module, [mutant.unit])
    for name, new in made.items():
        exchange(module, name, vars(module)[name], new)
    # what the module computes with this function when it is loaded
    again = [n for n in constants(mutant.path) if calls(n, set(made))]
    for name, new in run(module, again).items():
        setattr(module, name, new)


def run(module: ModuleType, statements: list[ast.stmt]) -> dict[str, Any]:
    """The names that statements define, in the namespace of a module that they do not change."""
    space = dict(vars(module))
    tree = ast.Module([ast.ImportFrom("__future__", [ast.alias("annotations")], 0), *statements], [])
    code = compile(ast.fix_missing_locations(tree), module.__file__ or "", "exec")
    exec(code, space)  # noqa: S102 - the package's own source
    return {name: value for name, value in space.items() if value is not vars(module).get(name) and name in vars(module)
            and name != "annotations"}  # fmt: skip


@functools.cache
def constants(path: Path) -> tuple[ast.Assign, ...]:
    """What a module computes when it is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(n for n in tree.body if isinstance(n, ast.Assign))


def calls(node: ast.AST, names: set[str]) -> bool:
    """Is one of the names called?"""
    return any(isinstance(n, ast.Call) and getattr(n.func, "id", "") in names for n in ast.walk(node))


def exchange(module: ModuleType, name: str, old: Any, new: Any) -> None:
    """Every reference to a function or table keeps it and finds its new content; a number is replaced by name."""
    if isinstance(old, type):
        for key, value in vars(new).items():
            if isinstance(bare(value), FunctionType):
                recode(vars(old)[key], value)
            elif key in old.__dict__.get("_field_defaults", {}):
                raise NotImplementedError("defaults of named tuples are passed on by their __new__")
    elif isinstance(bare(old), FunctionType):
        recode(old, new)
    elif type(old) is dict:
        old.clear()
        old.update(new)
    else:
        for key, other in list(sys.modules.items()):
            if other is module or (key.startswith(PACKAGE) and vars(other).get(name) is old):
                setattr(other, name, new)


def bare(value: Any) -> Any:
    """The function of a property or of a decorated function."""
    return getattr(getattr(value, "fget", value), "__wrapped__", getattr(value, "fget", value))


def recode(old: Any, new: Any) -> None:
    """The code and the defaults of one function become those of another."""
    f, g = bare(old), bare(new)
    if f.__code__ is not g.__code__ and f.__module__ == g.__module__:
        f.__code__, f.__defaults__, f.__kwdefaults__ = g.__code__, g.__defaults__, g.__kwdefaults__
