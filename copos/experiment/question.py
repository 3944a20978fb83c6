"""An experiment: one question, the grid of cases that answers it, and how its table is drawn and told."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from itertools import product
from pathlib import Path
from traceback import extract_tb
from typing import Any

import copos
from copos.experiment.code import fingerprint
from copos.support.looks import one_line

Case = dict[str, Any]  # plain values: strings, numbers, booleans
Row = dict[str, Any]


@one_line
@dataclass(frozen=True, eq=False)
class Experiment:
    """One question.

    Attributes
    ----------
    question : what is asked, one sentence
    sets : name ↦ cases; "small" runs in seconds, "full" is what a paper would show
    columns : names of what `run` returns, in the table's order
    run : case (as keywords) ↦ row; it is called in another process and must depend on nothing but its arguments
    draw : (rows, matplotlib figure) ↦ nothing
    findings : rows ↦ a paragraph; every number in it comes from the rows
    code : fingerprint of the code, filled in by `find`
    """

    question: str
    sets: Mapping[str, Sequence[Case]]
    columns: tuple[str, ...]
    run: Callable[..., Row]
    draw: Callable[[list[Row], Any], None]
    findings: Callable[[list[Row]], str]
    code: str = ""

    def cases(self, which: str) -> list[Case]:
        """The cases of a set, each once.

        Raises
        ------
        ValueError
            For an unknown set, or cases that do not have the same fields.
        """
        if which not in self.sets:
            raise ValueError(f"no set {which!r}; there are {', '.join(self.sets)}")
        cases = list({key_of(case): case for case in self.sets[which]}.values())
        odd = [case for case in cases if list(case) != list(cases[0])]
        if odd:
            raise ValueError(f"cases have the fields {', '.join(cases[0])}, but one has {', '.join(odd[0])}")
        return cases

    def fields(self) -> tuple[str, ...]:
        """The names that cases have."""
        return tuple(next(iter(self.sets.values()))[0])


def grid(**axes: Sequence[Any]) -> list[Case]:
    """Every combination of values.

    >>> grid(n=(1, 2), kind=("a",))
    [{'n': 1, 'kind': 'a'}, {'n': 2, 'kind': 'a'}]
    """
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def key_of(case: Case) -> str:
    """A short name of a case that stays the same between runs."""
    text = json.dumps(case, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def folder() -> Path:
    """Where the experiments of this package lie: inside it when installed, beside it in a checkout."""
    inside = Path(copos.__file__).parent
    return next((at for at in (inside / "experiments", inside.parent / "experiments") if at.is_dir()), inside)


def known() -> dict[str, Path]:
    """The experiments that come with the package, by name."""
    return {path.stem: path for path in sorted(folder().glob("[a-z]*.py"))}


def find(name: str) -> Experiment:
    """An experiment by its name, or from a Python file that defines `EXPERIMENT`.

    Raises
    ------
    ValueError
        If there is no such name or file, it defines none, fails, or needs a package that is not installed.
    """
    path = file_of(name)
    try:
        source = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error})") from None
    return _load(path, source, fingerprint(source, path))


def file_of(name: str) -> Path:
    """The file of an experiment, by its name or its path.

    Raises
    ------
    ValueError
        If there is none.
    """
    path = Path(name).resolve() if name.endswith(".py") else known().get(name)
    if path is None or not path.is_file():
        raise ValueError(f"no experiment {name!r}; there are {', '.join(known())}, or give the path of a .py file")
    return path


@lru_cache(maxsize=32)
def _load(path: Path, source: bytes, code: str) -> Experiment:
    spec = spec_from_file_location(f"copos_experiment_{path.stem}", path)
    assert spec is not None
    module = sys.modules[spec.name] = module_from_spec(spec)  # dataclasses look their module up there
    try:  # these very bytes, not what the file or a compiled copy of it holds by now
        exec(compile(source, str(path), "exec"), module.__dict__)
    except ModuleNotFoundError as error:
        message = f"this experiment needs {error.name}, which is not installed: pip install 'copos[all]'"
        raise ValueError(message) from None
    except SyntaxError as error:
        raise ValueError(f"{path}: {error}") from None
    except Exception as error:
        lines = [part.lineno for part in extract_tb(error.__traceback__) if part.filename == str(path)]
        where = f"{path}:{lines[-1]}" if lines else str(path)
        raise ValueError(f"{where}: {type(error).__name__}: {error}") from error
    found = getattr(module, "EXPERIMENT", None)
    if not isinstance(found, Experiment):
        raise ValueError(f"{path} defines no EXPERIMENT of type copos.experiment.Experiment")
    return replace(found, code=code)
